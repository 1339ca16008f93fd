"""When a site is open beside its week: extra hours, and public holidays."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import block_shapes, shapes, show_blocks
from api.fields import Strict, WallTime, site_of
from api.views.base import words_in
from api.views.changes import REFUSALS, Change
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.models import Site
from scheduling import access
from scheduling.actions import blocks, extra_hours
from scheduling.domain import local_time
from scheduling.domain.operations import BlockKind
from scheduling.queries import hours, outages


class ExtraIn(Strict):
    """A day that opens beside the week: the whole site, or one resource; wall clock."""

    day = serializers.DateField()
    from_time = WallTime()
    to_time = WallTime()
    resource = serializers.IntegerField(min_value=1, required=False, default=None, allow_null=True)
    reason = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class ClosedDayIn(Strict):
    """A day to close: all of it, or from a time on, or up to a time."""

    day = serializers.DateField()
    from_time = WallTime(required=False, default=None)
    to_time = WallTime(required=False, default=None)
    reason = serializers.CharField(max_length=80)


class ClosedDaysIn(Strict):
    """The days to close."""

    days = ClosedDayIn(many=True)


class OfSite(Change):
    """What the views about one site share: everybody looks, a manager changes."""

    @property
    def permission(self) -> Permission:  # type: ignore[override]
        """Looking is everybody's."""
        return Permission.VIEW_DAY if self.request.method in {"GET", "HEAD"} else Permission.MANAGE_SITE

    def site(self, request: Request, site_id: int) -> Site:
        """Return a site of this person's."""
        return site_of(request.user, site_id, self.permission)


class ExtraHours(OfSite):
    """`GET sites/{id}/extra-hours/`: from today on. `POST`: open a day."""

    @extend_schema(operation_id="sites_extra_hours", responses=shapes.answers(block_shapes.ExtraHoursListOut, 404))
    def get(self, request: Request, site_id: int) -> Response:
        site = self.site(request, site_id)
        found = hours.extra_hours_of(site=site, since=local_time.today(clock.now(), site.zone))
        return Response({"extra_hours": [show_blocks.extra_hours(row) for row in found]})

    @extend_schema(
        operation_id="sites_extra_hours_open",
        request=ExtraIn,
        responses=shapes.answers({201: shapes.IdOut}, *REFUSALS),
    )
    def post(self, request: Request, site_id: int) -> Response:
        data: dict[str, Any] = self.read(ExtraIn(data=request.data))
        row, again = extra_hours.open_extra(
            request=self.asker(request),
            site=self.site(request, site_id),
            day=data["day"],
            from_minute=data["from_time"],
            to_minute=data["to_time"],
            resource_id=data["resource"],
            reason=data["reason"],
            now=clock.now(),
        )
        return Response({"id": row}, status=201, headers={"Idempotency-Replayed": "true"} if again else {})


class Extra(OfSite):
    """`DELETE sites/{id}/extra-hours/{n}/`: take hours back, if nobody is booked then."""

    @extend_schema(operation_id="sites_extra_hours_close", responses={204: None, **shapes.answers({}, 404, 409, 503)})
    def delete(self, request: Request, site_id: int, extra_id: int) -> Response:
        site = self.site(request, site_id)
        row = access.extra_hours(request.user, extra_id, Permission.MANAGE_SITE, site_id=site.pk)  # type: ignore[arg-type]
        extra_hours.remove_extra(request=self.asker(request), extra_id=row.pk, now=clock.now())
        return Response(status=204)


class PublicHolidays(OfSite):
    """`GET sites/{id}/public-holidays/`: the coming ones. `POST`: close days, all of them or none; nobody is moved."""

    @extend_schema(
        operation_id="sites_public_holidays",
        parameters=[OpenApiParameter("subdivision", OpenApiTypes.STR, description="A state or province, like CA")],
        responses=shapes.answers(block_shapes.HolidaysOut, 404, 422),
    )
    def get(self, request: Request, site_id: int) -> Response:
        found = outages.coming_holidays(
            site=self.site(request, site_id), now=clock.now(), subdivision=words_in(request, "subdivision") or None
        )
        return Response({"holidays": [show_blocks.holiday(row) for row in found]})

    @extend_schema(
        operation_id="sites_public_holidays_close",
        request=ClosedDaysIn,
        responses=shapes.answers({201: block_shapes.ClosedOut}, *REFUSALS),
    )
    def post(self, request: Request, site_id: int) -> Response:
        data = self.read(ClosedDaysIn(data=request.data))
        site, now = self.site(request, site_id), clock.now()
        wanted = []
        for row in data["days"]:
            since, until = outages.span_of(
                site, first=row["day"], last=row["day"], from_minute=row["from_time"], to_minute=row["to_time"]
            )
            wanted.append(
                outages.blocking_of(
                    site=site,
                    resource_ids=[],
                    starts_at=since,
                    ends_at=until,
                    reason=row["reason"],
                    now=now,
                    kind=BlockKind.CLOSED,
                )
            )
        made, again = blocks.close_days(request=self.asker(request), blockings=wanted, now=now)
        return Response({"blocks": made}, status=201, headers={"Idempotency-Replayed": "true"} if again else {})
