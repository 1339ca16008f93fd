"""The day: list sessions, look at one, record attendance."""

import datetime as dt
from collections.abc import Callable
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
from clinic.errors import NotAllowed
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import attendance
from scheduling.actions.cancelling import cancel_sessions
from scheduling.domain.states import CancelledBy, Scope, StoppedEarly, TurnedAway
from scheduling.queries import courses, gates


class Nothing(Strict):
    """No field at all."""


class StartIn(Strict):
    """The dose in milligrams, where the dose decides."""

    dose_mg = serializers.IntegerField(min_value=1, max_value=500, required=False)


class CompleteIn(Strict):
    """Who lets the patient go before the observation is over."""

    let_go_by = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class ReasonIn(Strict):
    """Why."""

    reason = serializers.CharField(max_length=120)


class TurnedAwayIn(ReasonIn):
    """Why a patient could not be treated: a code of the list, and words."""

    code = serializers.ChoiceField(choices=[code.value for code in TurnedAway], default=TurnedAway.OTHER.value)


class StoppedEarlyIn(ReasonIn):
    """Why a treatment was stopped, and whether it counts: a clinician's decision."""

    code = serializers.ChoiceField(choices=[code.value for code in StoppedEarly], default=StoppedEarly.OTHER.value)
    counts = serializers.BooleanField(default=False)
    let_go_by = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class CountIn(Strict):
    """Whether a session that was stopped early counts toward the course."""

    counts = serializers.BooleanField()


class CancelIn(ReasonIn):
    """Why, by whom, and how many: this one, it and all after, or all of its weekday."""

    by = serializers.ChoiceField(
        choices=[CancelledBy.PATIENT.value, CancelledBy.CLINIC.value], default=CancelledBy.PATIENT.value
    )
    scope = serializers.ChoiceField(choices=[scope.value for scope in Scope], default=Scope.ONE.value)


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
        red: dict[int, list[str]] = {}
        return self.paged_records(
            request,
            rows,
            lambda row: show.session(row, red.get(row.pk, ())),
            sites=sites,
            action="session.listed",
            look=lambda page: red.update(gates.red_kinds(page, now=clock.now())),
        )


def _day(request: Request) -> dt.date | None:
    text = request.query_params.get("date", "")
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ValidationError({"date": "Send a date like 2026-11-24."}) from error


class Session(Endpoint):
    """`GET sessions/{id}/`: one visit; its ETag is what If-Match of a change must name."""

    permission = Permission.VIEW_DAY

    @extend_schema(operation_id="sessions_read", responses=shapes.answers(shapes.SessionOut, 404))
    def get(self, request: Request, session_id: int) -> Response:
        row = access.session(request.user, session_id)  # type: ignore[arg-type]
        patient_actions.record_access(
            request=self.asker(request),
            site=row.site,
            patient_ids=[row.patient_id],
            action="visit.opened",
            now=clock.now(),
        )
        return shown(row)


def shown(row: Any, *, again: bool = False) -> Response:
    """Return a session with its ETag."""
    headers = {"ETag": f'"{row.version}"'} | ({"Idempotency-Replayed": "true"} if again else {})
    red = gates.red_kinds([row], now=clock.now())
    return Response(show.session(row, red.get(row.pk, ())), headers=headers)


class Record(Endpoint):
    """`POST sessions/{id}/arrive/` and the other steps; If-Match names the version that was read."""

    permission = Permission.RECORD_ATTENDANCE
    verb: Any = None  # the action; set by the address
    body: type[Strict] = Nothing

    @extend_schema(
        request=None,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(shapes.SessionOut, 400, 404, 409, 412, 422, 428, 503),
    )
    def post(self, request: Request, session_id: int) -> Response:
        return self.record(request, session_id)

    def record(self, request: Request, session_id: int) -> Response:
        """Record the step and return the session as it is then."""
        version = expected_version(request)
        wanted = self.permission or Permission.RECORD_ATTENDANCE
        row = access.session(request.user, session_id, wanted)  # type: ignore[arg-type]
        body = self.body(data=request.data)
        body.is_valid(raise_exception=True)
        self.verb(session_id=row.pk, version=version, now=clock.now(), by=request.user, **body.validated_data)
        return shown(access.session(request.user, session_id, wanted))  # type: ignore[arg-type]


Post = Callable[[Any, Request, int], Response]


def _described(body: type[Strict]) -> Callable[[Post], Post]:
    described: Callable[[Post], Post] = extend_schema(
        request=body,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(shapes.SessionOut, 400, 404, 409, 412, 422, 428, 503),
    )
    return described


class Start(Record):
    """`POST sessions/{id}/start/`."""

    verb = staticmethod(attendance.start)
    body = StartIn

    @_described(StartIn)
    def post(self, request: Request, session_id: int) -> Response:
        return self.record(request, session_id)


class Complete(Record):
    """`POST sessions/{id}/complete/`."""

    verb = staticmethod(attendance.complete)
    body = CompleteIn

    @_described(CompleteIn)
    def post(self, request: Request, session_id: int) -> Response:
        return self.record(request, session_id)


class NotTreated(Record):
    """`POST sessions/{id}/not-treated/`."""

    verb = staticmethod(attendance.turn_away)
    body = TurnedAwayIn

    @_described(TurnedAwayIn)
    def post(self, request: Request, session_id: int) -> Response:
        return self.record(request, session_id)


class StopEarly(Record):
    """`POST sessions/{id}/stop-early/`."""

    verb = staticmethod(attendance.stop_early)
    body = StoppedEarlyIn

    @_described(StoppedEarlyIn)
    def post(self, request: Request, session_id: int) -> Response:
        counts = isinstance(request.data, dict) and request.data.get("counts")
        row = access.session(request.user, session_id, Permission.RECORD_ATTENDANCE)  # type: ignore[arg-type]
        if counts and not access.holds(request.user, row.site_id, Permission.DECIDE_COURSE):  # type: ignore[arg-type]
            raise NotAllowed("A clinician decides whether it counts. Record it without, and ask one.")
        return self.record(request, session_id)


class Count(Record):
    """`POST sessions/{id}/count/`: whether a session stopped early counts."""

    permission = Permission.DECIDE_COURSE
    verb = staticmethod(attendance.count_partial)
    body = CountIn

    @_described(CountIn)
    def post(self, request: Request, session_id: int) -> Response:
        return self.record(request, session_id)


class InError(Record):
    """`POST sessions/{id}/error/`: this visit never was."""

    permission = Permission.CORRECT_RECORD
    verb = staticmethod(attendance.enter_in_error)
    body = ReasonIn

    @_described(ReasonIn)
    def post(self, request: Request, session_id: int) -> Response:
        return self.record(request, session_id)


class Cancel(Endpoint):
    """`POST sessions/{id}/cancel/`: one visit, it and all after, or all of its weekday."""

    permission = Permission.RECORD_ATTENDANCE

    @_described(CancelIn)
    def post(self, request: Request, session_id: int) -> Response:
        version = expected_version(request)
        row = access.session(request.user, session_id, Permission.RECORD_ATTENDANCE)  # type: ignore[arg-type]
        body = CancelIn(data=request.data)
        body.is_valid(raise_exception=True)
        _id, again = cancel_sessions(
            request=self.asker(request),
            session_id=row.pk,
            version=version,
            reason=body.validated_data["reason"],
            by_whom=CancelledBy(body.validated_data["by"]),
            scope=Scope(body.validated_data["scope"]),
            now=clock.now(),
        )
        return shown(access.session(request.user, session_id, Permission.RECORD_ATTENDANCE), again=again)  # type: ignore[arg-type]
