"""What a manager sets up: closed groups, who stands where, what payers forbid."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes
from api.fields import Strict, WallTime, site_of
from api.views.base import Endpoint
from clinic import queries as clinic_queries
from clinic.domain.permissions import Permission
from clinic.errors import NotFound
from scheduling import access
from scheduling.actions import authorizations, groups, rosters
from scheduling.actions.groups import NewGroup


class GroupIn(Strict):
    """A closed group: weekly from its first day, a closed day skipped. `holds`: names of its room and leader."""

    site = serializers.JSONField(required=False, default=None)
    name = serializers.CharField(max_length=40)
    topic = serializers.CharField(max_length=30)
    places = serializers.IntegerField(min_value=1)
    first_day = serializers.DateField()
    time = WallTime()
    minutes = serializers.IntegerField(min_value=5, max_value=720)
    meetings = serializers.IntegerField(min_value=1)
    holds = serializers.ListField(child=serializers.CharField(max_length=60), required=False, default=list)


class ShiftIn(Strict):
    """Who stands at a role place, on a day, from when to when."""

    place = serializers.IntegerField(min_value=1)
    staff = serializers.EmailField()
    day = serializers.DateField()
    from_time = WallTime()
    to_time = WallTime()


class PayerIn(Strict):
    """What a payer forbids: pairs of modalities `not_together` or `not_same_day`."""

    name = serializers.CharField(max_length=80)
    rules = serializers.DictField(
        child=serializers.ListField(child=serializers.ListField(child=serializers.CharField(max_length=30)))
    )


class Groups(Endpoint):
    """`POST groups/`."""

    permission = Permission.MANAGE_SITE

    @extend_schema(
        operation_id="groups_add", request=GroupIn, responses=shapes.answers({201: shapes.IdOut}, 400, 404, 409, 422)
    )
    def post(self, request: Request) -> Response:
        body = GroupIn(data=request.data)
        body.is_valid(raise_exception=True)
        data: dict[str, Any] = body.validated_data
        site = site_of(request.user, data["site"], Permission.MANAGE_SITE)
        group = NewGroup(
            name=data["name"],
            topic=data["topic"],
            places=data["places"],
            first_day=data["first_day"],
            minute=data["time"],
            minutes=data["minutes"],
            meetings=data["meetings"],
            holds=data["holds"],
        )
        return Response({"id": groups.add_group(site=site, group=group)}, status=201)


class Shifts(Endpoint):
    """`POST shifts/`: name or swap who stands at a place; no visit moves."""

    permission = Permission.MANAGE_SITE

    @extend_schema(
        operation_id="shifts_name", request=ShiftIn, responses=shapes.answers({201: shapes.IdOut}, 400, 404, 409, 422)
    )
    def post(self, request: Request) -> Response:
        body = ShiftIn(data=request.data)
        body.is_valid(raise_exception=True)
        data: dict[str, Any] = body.validated_data
        place = access.resource(request.user, data["place"], Permission.MANAGE_SITE)  # type: ignore[arg-type]
        staff = clinic_queries.staff_by_email(data["staff"])
        if staff is None:
            raise NotFound("There is nobody like that at this site.", fields={"staff": "unknown"})
        shift = rosters.name_staff(
            place=place, staff=staff, day=data["day"], from_minute=data["from_time"], to_minute=data["to_time"]
        )
        return Response({"id": shift}, status=201)


class Payers(Endpoint):
    """`PUT payers/`: what a payer forbids."""

    permission = Permission.MANAGE_SITE

    @extend_schema(operation_id="payers_set", request=PayerIn, responses=shapes.answers(shapes.IdOut, 400, 422))
    def put(self, request: Request) -> Response:
        body = PayerIn(data=request.data)
        body.is_valid(raise_exception=True)
        row = authorizations.set_payer(name=body.validated_data["name"], rules=body.validated_data["rules"])
        return Response({"id": row})
