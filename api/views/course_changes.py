"""A course as a whole: hold it, go on, end it, take a change back; what happened, and what is left to be paid."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import change_shapes, shapes, show_changes
from api.fields import Strict
from api.views.base import expected_version
from api.views.changes import REFUSALS, Change
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import NotAllowed
from notifications.actions import withdrawing
from notifications.wake import wake_sender
from patients import access as patient_access
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import course_states, misses, moving, undoing
from scheduling.domain import local_time
from scheduling.domain.states import EndReason
from scheduling.queries import burn_down, history, repairs, resizing


class HoldIn(Strict):
    """Why, and when the patient expects to go on."""

    reason = serializers.CharField(max_length=120)
    resume_on = serializers.DateField(required=False, default=None)


class ResumePreviewIn(Strict):
    """The day to go on from; `decided`: a clinician says so, past a hard gap."""

    on = serializers.DateField()
    decided = serializers.BooleanField(required=False, default=False)


class PlanIn(Strict):
    """The choice taken."""

    plan = serializers.CharField(max_length=200_000)


class ResizeIn(Strict):
    """How many sessions more; below 0: fewer."""

    add = serializers.IntegerField(min_value=-resizing.MOST, max_value=resizing.MOST)


class EndIn(Strict):
    """Why a course ends."""

    reason = serializers.ChoiceField(choices=[reason.value for reason in EndReason])
    note = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)


class GapIn(Strict):
    """Whether nobody came; else each visit is recorded by hand."""

    nobody_came = serializers.BooleanField()


class Hold(Change):
    """`POST courses/{id}/hold/`: what lies ahead is given back and owed."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_hold",
        request=HoldIn,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(shapes.CourseOut, *REFUSALS),
    )
    def post(self, request: Request, course_id: int) -> Response:
        version, data = expected_version(request), self.read(HoldIn(data=request.data))
        row = self.course(request, course_id)
        _id, again = course_states.hold_course(
            request=self.asker(request),
            course_id=row.pk,
            version=version,
            reason=data["reason"],
            resume_on=data["resume_on"],
            now=clock.now(),
        )
        return self.whole(request, course_id, again=again)


class ResumePreview(Change):
    """`POST courses/{id}/resume/preview/`: how it would go on from a day."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_resume_preview",
        request=ResumePreviewIn,
        responses=shapes.answers(change_shapes.ChoicesOut, 400, 404, 409, 422),
    )
    def post(self, request: Request, course_id: int) -> Response:
        data = self.read(ResumePreviewIn(data=request.data))
        row = self.course(request, course_id)
        if data["decided"] and not self.may(request, row.site_id, Permission.DECIDE_COURSE):
            raise NotAllowed("A clinician decides whether to go on after such a gap.", code="needs_clinician")
        found = repairs.resume_choices(row, on=data["on"], now=clock.now(), is_decided=data["decided"])
        return Response(show_changes.choices(found, row.site.zone), headers={"ETag": f'"{row.version}"'})


class Resume(Change):
    """`POST courses/{id}/resume/`: go on as previewed."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_resume",
        request=PlanIn,
        parameters=[shapes.IDEMPOTENCY_KEY],
        responses=shapes.answers(shapes.CourseOut, *REFUSALS),
    )
    def post(self, request: Request, course_id: int) -> Response:
        asker, data = self.keyed(request), self.read(PlanIn(data=request.data))
        row = self.course(request, course_id)
        _id, again = moving.apply_change(
            request=asker,
            token=data["plan"],
            now=clock.now(),
            may_decide=self.may(request, row.site_id, Permission.DECIDE_COURSE),
        )
        wake_sender()
        return self.whole(request, course_id, again=again)


class ResizePreview(Change):
    """`POST courses/{id}/resize/preview/`: what so many sessions more, or fewer, would come to."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_resize_preview",
        request=ResizeIn,
        responses=shapes.answers(change_shapes.ChoicesOut, 400, 404, 409, 422),
    )
    def post(self, request: Request, course_id: int) -> Response:
        data = self.read(ResizeIn(data=request.data))
        row = self.course(request, course_id)
        found = resizing.resize_choice(row, add=data["add"], now=clock.now())
        return Response(show_changes.choices([found], row.site.zone), headers={"ETag": f'"{row.version}"'})


class Resize(Change):
    """`POST courses/{id}/resize/`: make it longer or shorter as previewed."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_resize",
        request=PlanIn,
        parameters=[shapes.IDEMPOTENCY_KEY],
        responses=shapes.answers(shapes.CourseOut, *REFUSALS),
    )
    def post(self, request: Request, course_id: int) -> Response:
        asker, data = self.keyed(request), self.read(PlanIn(data=request.data))
        self.course(request, course_id)
        _id, again = moving.apply_change(request=asker, token=data["plan"], now=clock.now())
        withdrawing.withdraw_messages(now=clock.now())
        wake_sender()
        return self.whole(request, course_id, again=again)


class Discontinue(Change):
    """`POST courses/{id}/discontinue/`: the course ends; what lies ahead is cancelled."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_discontinue",
        request=EndIn,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(shapes.CourseOut, *REFUSALS),
    )
    def post(self, request: Request, course_id: int) -> Response:
        version, data = expected_version(request), self.read(EndIn(data=request.data))
        row = self.course(request, course_id)
        _id, again = course_states.discontinue_course(
            request=self.asker(request),
            course_id=row.pk,
            version=version,
            reason=EndReason(data["reason"]),
            note=data["note"],
            now=clock.now(),
        )
        withdrawing.withdraw_messages(now=clock.now())
        return self.whole(request, course_id, again=again)


class Undo(Change):
    """`POST courses/{id}/undo/`: take back the latest change that is still in force."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_undo",
        request=None,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(shapes.CourseOut, *REFUSALS),
    )
    def post(self, request: Request, course_id: int) -> Response:
        version = expected_version(request)
        row = self.course(request, course_id)
        _id, again = undoing.undo_change(
            request=self.asker(request), course_id=row.pk, version=version, now=clock.now()
        )
        return self.whole(request, course_id, again=again)


class CourseHistory(Change):
    """`GET courses/{id}/history/`: what happened, newest first."""

    permission = Permission.VIEW_COURSE

    @extend_schema(
        operation_id="courses_history", parameters=shapes.PAGE, responses=shapes.page_of(change_shapes.HappeningOut)
    )
    def get(self, request: Request, course_id: int) -> Response:
        row = self.course(request, course_id, Permission.VIEW_COURSE)
        _note(self, request, row, "course.opened")
        return self.paged(request, history.history_of(row), lambda each: show_changes.happening(each, row.site.zone))


class SessionHistory(Change):
    """`GET sessions/{id}/history/`: what happened to one visit, newest first."""

    permission = Permission.VIEW_DAY

    @extend_schema(
        operation_id="sessions_history", parameters=shapes.PAGE, responses=shapes.page_of(change_shapes.HappeningOut)
    )
    def get(self, request: Request, session_id: int) -> Response:
        row = self.session(request, session_id, Permission.VIEW_DAY)
        _note(self, request, row, "visit.opened")
        found = history.session_history_of(row)
        return self.paged(request, found, lambda each: show_changes.happening(each, row.zone))


class SettleGap(Change):
    """`POST recording-gaps/{id}/settle/`: what happened on a day nobody recorded."""

    permission = Permission.SETTLE_MISS

    @extend_schema(
        operation_id="recording_gaps_settle",
        request=GapIn,
        responses=shapes.answers(change_shapes.SettledOut, 400, 404, 409),
    )
    def post(self, request: Request, gap_id: int) -> Response:
        data = self.read(GapIn(data=request.data))
        gap = access.recording_gap(request.user, gap_id, Permission.SETTLE_MISS)  # type: ignore[arg-type]
        _id, flagged = misses.settle_gap(
            request=self.asker(request), gap_id=gap.pk, nobody_came=data["nobody_came"], now=clock.now()
        )
        return Response({"id": gap.pk, "flagged": flagged})


class BurnDown(Change):
    """`GET patients/{id}/burn-down/`: how far each authorisation is used up."""

    permission = Permission.VIEW_COURSE

    @extend_schema(operation_id="patients_burn_down", responses=shapes.answers(change_shapes.BurnDownOut, 404))
    def get(self, request: Request, patient_id: int) -> Response:
        row = patient_access.patient(request.user, patient_id, Permission.VIEW_COURSE)  # type: ignore[arg-type]
        now = clock.now()
        _note_patient(self, request, row, "patient.burn_down_opened")
        lines = burn_down.burn_down(row.pk, today=local_time.today(now, row.site.zone))
        return Response({"authorizations": [show_changes.burn_down(line) for line in lines]})


def _note(view: Change, request: Request, row: Any, action: str) -> None:
    patient_actions.record_access(
        request=view.asker(request), site=row.site, patient_ids=[row.patient_id], action=action, now=clock.now()
    )


def _note_patient(view: Change, request: Request, row: Any, action: str) -> None:
    patient_actions.record_access(
        request=view.asker(request), site=row.site, patient_ids=[row.pk], action=action, now=clock.now()
    )
