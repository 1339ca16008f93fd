"""What the OpenAPI description says about the answers in show_blocks.py."""

from rest_framework import serializers

from api.shapes import PlannedOut, Shape


class BlockedThingOut(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()


class BlockOut(Shape):
    id = serializers.IntegerField()
    site = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.CharField()
    resources = BlockedThingOut(many=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField()
    by = serializers.CharField(allow_null=True)
    made_at = serializers.DateTimeField()
    is_running = serializers.BooleanField()
    left = serializers.IntegerField()
    version = serializers.IntegerField()


class HarmOut(Shape):
    score = serializers.IntegerField()
    words = serializers.CharField()


class StandsOut(Shape):
    starts_at = serializers.DateTimeField()
    resource = serializers.IntegerField()


class SpotOut(Shape):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    day = serializers.DateField()
    time = serializers.CharField()
    resource = serializers.IntegerField()


class ReseatedOut(Shape):
    session = serializers.IntegerField()
    version = serializers.IntegerField()
    course = serializers.IntegerField()
    patient = serializers.IntegerField()
    number = serializers.IntegerField()
    rank = serializers.IntegerField()
    harm = HarmOut(allow_null=True)
    to = PlannedOut(allow_null=True)
    kind = serializers.CharField()
    text = serializers.CharField()
    fixed = serializers.BooleanField()
    choices = SpotOut(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        """Return the fields; one is named by a word of the language."""
        return super().get_fields() | {"from": StandsOut()}


class ReseatCountsOut(Shape):
    hit = serializers.IntegerField()
    move = serializers.IntegerField()
    call = serializers.IntegerField()
    later = serializers.IntegerField()
    patients = serializers.IntegerField()


class UnderWayOut(Shape):
    session = serializers.IntegerField()
    patient = serializers.IntegerField()
    starts_at = serializers.DateTimeField()


class ReseatingOut(Shape):
    block = serializers.IntegerField(allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    words = serializers.CharField()
    plan = serializers.CharField()
    counts = ReseatCountsOut()
    rows = ReseatedOut(many=True)
    later = ReseatedOut(many=True)
    under_way = UnderWayOut(many=True)


class ExtraHoursOut(Shape):
    id = serializers.IntegerField()
    day = serializers.DateField()
    from_time = serializers.CharField()
    to_time = serializers.CharField()
    resource = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    reason = serializers.CharField()


class ExtraHoursListOut(Shape):
    extra_hours = ExtraHoursOut(many=True)


class HolidayOut(Shape):
    day = serializers.DateField()
    name = serializers.CharField()
    is_observed = serializers.BooleanField()
    is_open = serializers.BooleanField()
    is_closed = serializers.BooleanField()
    visits = serializers.IntegerField()


class HolidaysOut(Shape):
    holidays = HolidayOut(many=True)


class ClosedOut(Shape):
    blocks = serializers.ListField(child=serializers.IntegerField())
