"""The day: list sessions, record attendance."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import show
from api.fields import Strict, site_of
from api.views.base import Endpoint, expected_version, number_in
from clinic import access as clinic_access
from clinic import clock
from clinic.domain.permissions import Permission
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import attendance
from scheduling.queries import courses


class ReasonIn(Strict):
    """Why a visit is cancelled or a patient turned away."""

    reason = serializers.CharField(max_length=120)


class Sessions(Endpoint):
    """`GET sessions/?site=&date=&course=&patient=`."""

    permission = Permission.VIEW_DAY

    def get(self, request: Request) -> Response:
        now = clock.now()
        ids = clinic_access.site_ids(request.user, Permission.VIEW_DAY)  # type: ignore[arg-type]
        if named := request.query_params.get("site"):
            ids = [site_of(request.user, named, Permission.VIEW_DAY).pk]
        rows = courses.sessions_listed(
            site_ids=ids, day=_day(request), course_id=number_in(request, "course"), patient_id=number_in(request, "patient")
        )
        for site in {row.site for row in rows}:
            seen = sorted({row.patient_id for row in rows if row.site_id == site.pk})
            patient_actions.record_access(request=self.asker(request), site=site, patient_ids=seen, action="session.listed", now=now)
        return self.paged(request, [show.session(row) for row in rows])


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
    verb: Callable[..., None] = staticmethod(attendance.arrive)
    needs_reason = False

    def post(self, request: Request, session_id: int) -> Response:
        version = expected_version(request)
        row = access.session(request.user, session_id, Permission.RECORD_ATTENDANCE)  # type: ignore[arg-type]
        more: dict[str, Any] = {}
        if self.needs_reason:
            body = ReasonIn(data=request.data)
            body.is_valid(raise_exception=True)
            more["reason"] = body.validated_data["reason"]
        type(self).verb(session_id=row.pk, version=version, now=clock.now(), by=request.user, **more)
        fresh = access.session(request.user, session_id)  # type: ignore[arg-type]
        return Response(show.session(fresh), headers={"ETag": f'"{fresh.version}"'})
