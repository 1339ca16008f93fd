"""What the OpenAPI description says about the answers in show_changes.py."""

from rest_framework import serializers

from api.shapes import PlannedOut, Shape


class MovedOut(Shape):
    number = serializers.IntegerField()
    to = PlannedOut()


class ChoiceOut(Shape):
    rank = serializers.IntegerField()
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    summary = serializers.CharField()
    plan = serializers.CharField()
    why_not = serializers.CharField()
    needs_clinician = serializers.BooleanField()
    uncovered = serializers.ListField(child=serializers.IntegerField())
    moves = MovedOut(many=True)
    added = PlannedOut(many=True)
    dropped = serializers.ListField(child=serializers.IntegerField())
    ends_on = serializers.DateField(allow_null=True)


class ChoicesOut(Shape):
    choices = ChoiceOut(many=True)


class HappeningOut(Shape):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    number = serializers.IntegerField(allow_null=True)
    from_state = serializers.CharField()
    to_state = serializers.CharField()
    by = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    text = serializers.CharField()
    change = serializers.IntegerField(allow_null=True)


class BurnDownLineOut(Shape):
    authorization = serializers.IntegerField()
    payer = serializers.CharField()
    number = serializers.CharField()
    state = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    unit = serializers.CharField()
    approved = serializers.IntegerField()
    used = serializers.IntegerField()
    booked = serializers.IntegerField()
    left = serializers.IntegerField()
    free = serializers.IntegerField()
    level = serializers.CharField()
    uncovered = serializers.ListField(child=serializers.IntegerField())
    text = serializers.CharField()


class BurnDownOut(Shape):
    authorizations = BurnDownLineOut(many=True)


class SettledOut(Shape):
    id = serializers.IntegerField()
    flagged = serializers.IntegerField()
