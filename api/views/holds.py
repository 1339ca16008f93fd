"""What is done to a course as a whole: a hold confirmed or released, the protocol version moved."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes
from api.fields import Strict
from api.views.base import Endpoint, expected_version, whole_course
from clinic import clock
from clinic.domain.permissions import Permission
from notifications.wake import wake_sender
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import holds, versions
from scheduling.queries.versions import version_preview


class ReasonIn(Strict):
    """Why."""

    reason = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)


class VersionIn(Strict):
    """The protocol version that was previewed."""

    to_version = serializers.IntegerField(min_value=1)


class Confirm(Endpoint):
    """`POST courses/{id}/confirm/`: the held times are booked."""

    permission = Permission.BOOK_COURSE

    @extend_schema(operation_id="courses_confirm", request=None, responses=shapes.answers(shapes.CourseOut, 404, 409))
    def post(self, request: Request, course_id: int) -> Response:
        row = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        holds.confirm_hold(request=self.asker(request), course_id=row.pk, now=clock.now())
        wake_sender()
        return _course(request, course_id)


class Release(Endpoint):
    """`POST courses/{id}/release/`: the held times go back."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_release", request=ReasonIn, responses=shapes.answers(shapes.CourseOut, 400, 404, 409)
    )
    def post(self, request: Request, course_id: int) -> Response:
        body = ReasonIn(data=request.data)
        body.is_valid(raise_exception=True)
        row = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        holds.release_hold(
            request=self.asker(request), course_id=row.pk, reason=body.validated_data["reason"], now=clock.now()
        )
        return _course(request, course_id)


class Version(Endpoint):
    """`GET` and `POST courses/{id}/protocol/`: what the current protocol version would change, and moving to it."""

    permission = Permission.BOOK_COURSE

    @extend_schema(operation_id="courses_protocol_preview", responses=shapes.answers(shapes.VersionOut, 404, 422))
    def get(self, request: Request, course_id: int) -> Response:
        now = clock.now()
        row = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        patient_actions.record_access(
            request=self.asker(request), site=row.site, patient_ids=[row.patient_id], action="course.opened", now=now
        )
        found = version_preview(row, now=now)
        answer: dict[str, Any] = {
            "from_version": found.from_version,
            "to_version": found.to_version,
            "differences": [
                {"path": path, "before": before, "after": after} for path, before, after in found.differences
            ],
            "if_replanned": found.change.words if found.change else found.problem,
        }
        return Response(answer, headers={"ETag": f'"{row.version}"'})

    @extend_schema(
        operation_id="courses_protocol_move",
        request=VersionIn,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(shapes.CourseOut, 400, 404, 409, 412, 428),
    )
    def post(self, request: Request, course_id: int) -> Response:
        body = VersionIn(data=request.data)
        body.is_valid(raise_exception=True)
        row = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        versions.move_to_current(
            request=self.asker(request),
            course_id=row.pk,
            version=expected_version(request),
            to_version=body.validated_data["to_version"],
            now=clock.now(),
        )
        return _course(request, course_id)


def _course(request: Request, course_id: int) -> Response:
    row = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    return Response(whole_course(row), headers={"ETag": f'"{row.version}"'})
