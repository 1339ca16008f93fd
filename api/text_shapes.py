"""What the OpenAPI description says about the words of messages."""

from rest_framework import serializers

from api.shapes import Shape


class FaultOut(Shape):
    code = serializers.CharField()
    text = serializers.CharField()


class TextOut(Shape):
    form = serializers.CharField()
    kind = serializers.CharField()
    channel = serializers.CharField()
    language = serializers.CharField()
    is_own = serializers.BooleanField()
    version = serializers.IntegerField()
    subject = serializers.CharField()
    body = serializers.CharField()
    letters = serializers.IntegerField()
    facts = serializers.ListField(child=serializers.CharField())
    faults = FaultOut(many=True)
    changed_at = serializers.DateTimeField(allow_null=True)
    changed_by = serializers.CharField()


class TextsOut(Shape):
    texts = TextOut(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class TextPreviewOut(Shape):
    subject = serializers.CharField()
    sample = serializers.CharField()
    longest = serializers.CharField()
    letters = serializers.IntegerField()
    segments = serializers.IntegerField()
    faults = FaultOut(many=True)
    page = serializers.CharField()
