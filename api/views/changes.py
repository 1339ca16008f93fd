"""Changing when a session is: look at the choices and take one, or book a make-up for a lost one."""

import datetime as dt
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import change_shapes, shapes, show_changes
from api.fields import Strict, WallTime
from api.views.base import Endpoint, expected_version, whole_course
from api.views.sessions import shown
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, NotAllowed
from notifications.wake import wake_sender
from scheduling import access
from scheduling.actions import moving
from scheduling.domain import local_time
from scheduling.domain.states import Scope
from scheduling.queries import repairs

REFUSALS = (400, 404, 409, 412, 422, 428, 503)


class MovePreviewIn(Strict):
    """Which visits move: this one, it and all after (from a day, at another time), or all of its weekday."""

    scope = serializers.ChoiceField(choices=[scope.value for scope in Scope], default=Scope.ONE.value)
    from_day = serializers.DateField(required=False, default=None)
    time = WallTime(required=False, default=None)


class MoveIn(Strict):
    """One of the choices (`plan`), or a place of your own: `starts_at`, or `day` and `time`, and a device.

    `override`: why a rule of the protocol is broken; for those who may.
    """

    plan = serializers.CharField(max_length=200_000, required=False)
    starts_at = serializers.DateTimeField(required=False)
    day = serializers.DateField(required=False)
    time = WallTime(required=False)
    resource = serializers.IntegerField(min_value=1, required=False, default=None)
    override = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)


class MakeUpIn(Strict):
    """One of the choices (`plan`), or the decision that nothing is made up (`waive`: why)."""

    plan = serializers.CharField(max_length=200_000, required=False)
    waive = serializers.CharField(max_length=120, required=False)


class Change(Endpoint):
    """What the changes share: the body read, the key asked for, what the person may decide."""

    def read(self, body: Strict) -> dict[str, Any]:
        """Return the body, checked."""
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def keyed(self, request: Request) -> Any:
        """Return who is asking, with the idempotency key this change needs."""
        asker = self.asker(request)
        if not asker.key or len(asker.key) > 255:
            raise Malformed(
                "Send an Idempotency-Key of 1 to 255 letters, so that a repeated request acts once.",
                code="key_required",
            )
        return asker

    def session(self, request: Request, session_id: int, permission: Permission) -> Any:
        """Return a session this person may change."""
        return access.session(request.user, session_id, permission)  # type: ignore[arg-type]

    def course(self, request: Request, course_id: int, permission: Permission = Permission.BOOK_COURSE) -> Any:
        """Return a course this person may change."""
        return access.course(request.user, course_id, permission)  # type: ignore[arg-type]

    def may(self, request: Request, site_id: int, permission: Permission) -> bool:
        """Tell whether this person holds a permission at a site."""
        return access.holds(request.user, site_id, permission)  # type: ignore[arg-type]

    def whole(self, request: Request, course_id: int, *, again: bool = False) -> Response:
        """Return a course with its sessions as they are now."""
        row = self.course(request, course_id, Permission.VIEW_COURSE)
        headers = {"ETag": f'"{row.version}"'} | ({"Idempotency-Replayed": "true"} if again else {})
        return Response(whole_course(row), headers=headers)


class MovePreview(Change):
    """`POST sessions/{id}/move/preview/`: where it could go instead, the best first; writes nothing."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="sessions_move_preview",
        request=MovePreviewIn,
        responses=shapes.answers(change_shapes.ChoicesOut, 400, 404, 409, 422),
    )
    def post(self, request: Request, session_id: int) -> Response:
        data = self.read(MovePreviewIn(data=request.data))
        row = self.session(request, session_id, Permission.BOOK_COURSE)
        found = repairs.move_choices(
            row, scope=Scope(data["scope"]), now=clock.now(), from_day=data["from_day"], minute=data["time"]
        )
        return Response(show_changes.choices(found, row.zone), headers={"ETag": f'"{row.version}"'})


class Move(Change):
    """`POST sessions/{id}/move/`: take a choice, or put the visit somewhere of your own."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="sessions_move",
        request=MoveIn,
        parameters=[shapes.IDEMPOTENCY_KEY, shapes.IF_MATCH],
        responses=shapes.answers(shapes.SessionOut, *REFUSALS),
    )
    def post(self, request: Request, session_id: int) -> Response:
        asker, version = self.keyed(request), expected_version(request)
        data = self.read(MoveIn(data=request.data))
        row = self.session(request, session_id, Permission.BOOK_COURSE)
        now = clock.now()
        if data.get("plan"):
            _id, again = moving.apply_change(
                request=asker,
                token=data["plan"],
                session_id=row.pk,
                version=version,
                now=now,
                may_decide=self.may(request, row.site_id, Permission.DECIDE_COURSE),
            )
        else:
            if data["override"] and not self.may(request, row.site_id, Permission.OVERRIDE_RULE):
                raise NotAllowed("Only a clinician or a manager may override a rule.")
            day, minute = _place(data, row.zone)
            _id, again = moving.move_to(
                request=asker,
                session_id=row.pk,
                version=version,
                day=day,
                minute=minute,
                resource_id=data["resource"],
                override=data["override"],
                now=now,
            )
        wake_sender()
        return shown(self.session(request, session_id, Permission.BOOK_COURSE), again=again)


def _place(data: dict[str, Any], zone: str) -> tuple[dt.date, int]:
    if data.get("starts_at"):
        return local_time.wall(data["starts_at"], zone)
    if data.get("day") and data.get("time") is not None:
        return data["day"], data["time"]
    raise Malformed("Send a plan, or starts_at, or day and time.", fields={"plan": "required"})


class MakeUpPreview(Change):
    """`POST sessions/{id}/make-up/preview/`: three legal places, the best first, then what may not be and why."""

    permission = Permission.RECORD_ATTENDANCE

    @extend_schema(
        operation_id="sessions_make_up_preview",
        request=None,
        responses=shapes.answers(change_shapes.ChoicesOut, 404, 409, 422),
    )
    def post(self, request: Request, session_id: int) -> Response:
        row = self.session(request, session_id, Permission.RECORD_ATTENDANCE)
        found = repairs.make_up_choices(row, now=clock.now())
        return Response(show_changes.choices(found, row.zone), headers={"ETag": f'"{row.version}"'})


class MakeUp(Change):
    """`POST sessions/{id}/make-up/`: book the make-up that was chosen, or decide that there is none."""

    permission = Permission.RECORD_ATTENDANCE

    @extend_schema(
        operation_id="sessions_make_up",
        request=MakeUpIn,
        parameters=[shapes.IDEMPOTENCY_KEY, shapes.IF_MATCH],
        responses=shapes.answers(shapes.CourseOut, *REFUSALS),
    )
    def post(self, request: Request, session_id: int) -> Response:
        asker, version = self.keyed(request), expected_version(request)
        data = self.read(MakeUpIn(data=request.data))
        row = self.session(request, session_id, Permission.RECORD_ATTENDANCE)
        if data.get("waive"):
            self.course(request, row.course_id)
            _id, again = moving.waive_make_up(
                request=asker, session_id=row.pk, version=version, reason=data["waive"], now=clock.now()
            )
        else:
            _id, again = moving.apply_change(
                request=asker,
                token=data.get("plan", ""),
                session_id=row.pk,
                version=version,
                now=clock.now(),
                may_decide=self.may(request, row.site_id, Permission.DECIDE_COURSE),
            )
        wake_sender()
        return self.whole(request, row.course_id, again=again)
