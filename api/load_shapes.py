"""What the OpenAPI description says about the answers in show_load.py."""

from rest_framework import serializers

from api.shapes import DeviationOut, PlannedOut, Shape


class DayLoadOut(Shape):
    day = serializers.DateField()
    open = serializers.ListField(child=serializers.IntegerField())
    free = serializers.ListField(child=serializers.IntegerField())


class DeviceLoadOut(Shape):
    resource = serializers.IntegerField()
    kind = serializers.CharField()
    name = serializers.CharField()
    days = DayLoadOut(many=True)


class SlotOut(Shape):
    weekday = serializers.IntegerField()
    time = serializers.CharField()
    days_open = serializers.IntegerField()
    days_free = serializers.IntegerField()
    minutes_free = serializers.IntegerField()
    scarcity = serializers.IntegerField()


class KindLoadOut(Shape):
    kind = serializers.CharField()
    slots = SlotOut(many=True)


class LoadOut(Shape):
    first = serializers.DateField()
    last = serializers.DateField()
    times = serializers.ListField(child=serializers.CharField())
    devices = DeviceLoadOut(many=True)
    kinds = KindLoadOut(many=True)


class StartOut(Shape):
    rank = serializers.IntegerField()
    day = serializers.DateField()
    time = serializers.CharField()
    resource = serializers.IntegerField()
    name = serializers.CharField()
    days_free = serializers.IntegerField()
    days = serializers.IntegerField()
    scarcity = serializers.IntegerField()
    ends_on = serializers.DateField()
    why = serializers.CharField()


class StartsOut(Shape):
    protocol = serializers.CharField()
    starts = StartOut(many=True)


class ImaginedOut(Shape):
    number = serializers.IntegerField()
    fits = serializers.BooleanField()
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    time = serializers.CharField(allow_null=True)
    days_later = serializers.IntegerField()
    deviations = DeviationOut(many=True)
    text = serializers.CharField()


class WhatIfOut(Shape):
    protocol = serializers.CharField()
    courses = ImaginedOut(many=True)
    before = LoadOut()
    after = LoadOut()


class OpenedOut(Shape):
    day = serializers.DateField()
    time = serializers.CharField()
    visit = serializers.CharField()
    protocols = serializers.ListField(child=serializers.CharField())


class RoomOut(Shape):
    visit = serializers.CharField()
    protocols = serializers.ListField(child=serializers.CharField())
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    days = serializers.IntegerField()


class LevelMoveFromOut(Shape):
    starts_at = serializers.DateTimeField()
    resource = serializers.IntegerField()
    name = serializers.CharField()


class LevelMoveOut(Shape):
    session = serializers.IntegerField()
    course = serializers.IntegerField()
    was = LevelMoveFromOut()
    to = PlannedOut()


class LevelProposalOut(Shape):
    id = serializers.IntegerField()
    site = serializers.IntegerField()
    state = serializers.CharField()
    version = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    text = serializers.CharField()
    opens = OpenedOut(many=True)
    room = RoomOut(many=True)
    moves = LevelMoveOut(many=True)
