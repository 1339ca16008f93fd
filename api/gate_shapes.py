"""What the OpenAPI description says about the answers in show_gates.py."""

from rest_framework import serializers

from api.shapes import Shape


class BesideOut(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    phone = serializers.CharField()


class ShownOut(Shape):
    id = serializers.IntegerField()
    evidence = serializers.CharField()
    person = BesideOut(allow_null=True)
    is_confirmed = serializers.BooleanField()
    is_override = serializers.BooleanField()
    reason = serializers.CharField()
    ate_at = serializers.DateTimeField(allow_null=True)
    drank_at = serializers.DateTimeField(allow_null=True)
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)


class GateOut(Shape):
    kind = serializers.CharField()
    name = serializers.CharField()
    scope = serializers.CharField()
    owner = serializers.CharField()
    state = serializers.CharField()
    is_met = serializers.BooleanField()
    lack = serializers.CharField()
    text = serializers.CharField()
    due_at = serializers.DateTimeField()
    valid_until = serializers.DateField(allow_null=True)
    shown = ShownOut(allow_null=True)


class GatesOut(Shape):
    gates = GateOut(many=True)
