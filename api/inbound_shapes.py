"""What the OpenAPI description says about the answers in show_inbound.py; a test holds the two together."""

from rest_framework import serializers

from api.shapes import Shape


class InboundOut(Shape):
    id = serializers.IntegerField()
    site = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    number = serializers.CharField()
    patient = serializers.IntegerField(allow_null=True)
    person = serializers.CharField(allow_null=True)
    session = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()
    outcome = serializers.CharField()
    what_was_done = serializers.CharField()
    minutes_late = serializers.IntegerField(allow_null=True)
    is_crisis = serializers.BooleanField()
    is_waiting = serializers.BooleanField()
    done_at = serializers.DateTimeField(allow_null=True)
    done_by = serializers.CharField(allow_null=True)
    done_what = serializers.CharField()
