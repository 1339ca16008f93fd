"""The day: list sessions, record attendance."""

import datetime as dt
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes, show
from api.fields import Strict
from api.views.base import Endpoint, expected_version, number_in
from clinic import clock
from clinic.domain.permissions import Permission
from scheduling import access
from scheduling.queries import courses


class ReasonIn(Strict):
    """Why a visit is cancelled or a patient turned away."""

    reason = serializers.CharField(max_length=120)


class Sessions(Endpoint):
    """`GET sessions/?site=&date=&course=&patient=`."""

    permission = Permission.VIEW_DAY

    @extend_schema(
        operation_id="sessions_list",
        parameters=[
            shapes.SITE,
            OpenApiParameter("date", OpenApiTypes.DATE),
            *shapes.numbers("course", "patient"),
            *shapes.PAGE,
        ],
        responses=shapes.page_of(shapes.SessionOut),
    )
    def get(self, request: Request) -> Response:
        sites = self.sites(request, Permission.VIEW_DAY)
        rows = courses.sessions_listed(
            site_ids=[site.pk for site in sites],
            day=_day(request),
            course_id=number_in(request, "course"),
            patient_id=number_in(request, "patient"),
        )
        return self.paged_records(request, rows, show.session, sites=sites, action="session.listed")


def _day(request: Request) -> dt.date | None:
    text = request.query_params.get("date", "")
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ValidationError({"date": "Send a date like 2026-11-24."}) from error


class Record(Endpoint):
    """`POST sessions/{id}/arrive/` and the other steps; If-Match names the version that was read."""

    permission = Permission.RECORD_ATTENDANCE
    verb: Any = None  # the action; set by the address
    body: type[Strict] = Strict  # no field at all

    @extend_schema(
        request=None,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(shapes.SessionOut, 400, 404, 409, 412, 422, 428, 503),
    )
    def post(self, request: Request, session_id: int) -> Response:
        version = expected_version(request)
        row = access.session(request.user, session_id, Permission.RECORD_ATTENDANCE)  # type: ignore[arg-type]
        body = self.body(data=request.data)
        body.is_valid(raise_exception=True)
        self.verb(session_id=row.pk, version=version, now=clock.now(), by=request.user, **body.validated_data)
        fresh = access.session(request.user, session_id, Permission.RECORD_ATTENDANCE)  # type: ignore[arg-type]
        return Response(show.session(fresh), headers={"ETag": f'"{fresh.version}"'})


class RecordWithReason(Record):
    """The same for steps that must say why."""

    body = ReasonIn

    @extend_schema(
        request=ReasonIn,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(shapes.SessionOut, 400, 404, 409, 412, 422, 428, 503),
    )
    def post(self, request: Request, session_id: int) -> Response:
        return super().post(request, session_id)
