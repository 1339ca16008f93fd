"""What the OpenAPI description says about the answers in show_waitlist.py."""

from rest_framework import serializers

from api.shapes import PlannedOut, Shape


class EntryOut(Shape):
    id = serializers.IntegerField()
    site = serializers.IntegerField()
    patient = serializers.IntegerField()
    kind = serializers.CharField()
    course = serializers.IntegerField(allow_null=True)
    protocol = serializers.CharField()
    weekdays = serializers.ListField(child=serializers.IntegerField())
    from_time = serializers.CharField(allow_null=True)
    to_time = serializers.CharField(allow_null=True)
    lead_minutes = serializers.IntegerField()
    urgency = serializers.CharField()
    call_only = serializers.BooleanField()
    since = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_because = serializers.CharField()
    version = serializers.IntegerField()


class FreedTimeOut(Shape):
    session = serializers.IntegerField()
    site = serializers.IntegerField()
    resource = serializers.IntegerField()
    resource_name = serializers.CharField()
    kind = serializers.CharField()
    starts_at = serializers.DateTimeField()
    free_until = serializers.DateTimeField()
    minutes_to_start = serializers.IntegerField()
    why = serializers.CharField()
    since = serializers.DateTimeField()
    open_offers = serializers.IntegerField()
    offered_until = serializers.DateTimeField(allow_null=True)


class CandidateOut(Shape):
    rank = serializers.IntegerField()
    entry = EntryOut()
    why = serializers.CharField()
    session = serializers.IntegerField(allow_null=True)
    sooner_days = serializers.IntegerField(allow_null=True)
    sessions = serializers.IntegerField()
    ends_on = serializers.DateField(allow_null=True)
    planned = PlannedOut()


class MisfitOut(Shape):
    entry = EntryOut()
    why_not = serializers.CharField()


class CandidatesOut(Shape):
    freed = FreedTimeOut()
    candidates = CandidateOut(many=True)
    others = MisfitOut(many=True)
    accept_rate = serializers.FloatField(allow_null=True)
    chance_to_fill = serializers.FloatField(allow_null=True)


class OfferOut(Shape):
    id = serializers.IntegerField()
    entry = serializers.IntegerField()
    patient = serializers.IntegerField()
    freed_session = serializers.IntegerField()
    session = serializers.IntegerField(allow_null=True)
    course = serializers.IntegerField(allow_null=True)
    resource = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    state = serializers.CharField()
    by_phone = serializers.BooleanField()
    why = serializers.CharField()
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class OffersOut(Shape):
    offers = OfferOut(many=True)
