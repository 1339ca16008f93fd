"""A course with its sessions and its history."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from clinic import access as clinic_access
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from frontdesk.guard import needs, who
from frontdesk.show_people import course_page
from notifications.actions import withdrawing
from notifications.wake import wake_sender
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import course_states, holds, moving, undoing
from scheduling.domain.states import EndReason
from scheduling.queries import repairs


@require_GET
@needs(Permission.VIEW_COURSE)
def course(request: HttpRequest, course_id: int) -> HttpResponse:
    """Show one course."""
    now = clock.now()
    found = access.course(request.user, course_id)  # type: ignore[arg-type]
    patient_actions.record_access(
        request=who(request), site=found.site, patient_ids=[found.patient_id], action="course.opened", now=now
    )
    may_read = found.site_id in clinic_access.site_ids(request.user, Permission.VIEW_MESSAGES)  # type: ignore[arg-type]
    return render(
        request,
        "frontdesk/courses/course.html",
        course_page(found, now=now, with_messages=may_read) | {"page": "patients"},
    )


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isdecimal():
        raise Malformed("This page is out of date. Reload it.")
    return int(text)


def _day(request: HttpRequest, name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(request.POST.get(name, "")) if request.POST.get(name) else None
    except ValueError as error:
        raise Malformed("That is not a day. Use a date like 2026-11-24.") from error


def _do(request: HttpRequest, course_id: int, act: Callable[[Any], Any], said: str) -> HttpResponse:
    """Change a course and come back to it with what happened."""
    found = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    try:
        act(found)
        messages.success(request, said)
    except Rejected as refusal:
        messages.error(request, refusal.message)
    return redirect("course", found.pk)


@require_POST
@needs(Permission.BOOK_COURSE)
def hold(request: HttpRequest, course_id: int) -> HttpResponse:
    """Put a course on hold."""

    def act(found: Any) -> None:
        course_states.hold_course(
            request=who(request),
            course_id=found.pk,
            version=_version(request),
            reason=request.POST.get("reason", ""),
            resume_on=_day(request, "resume_on"),
            now=clock.now(),
        )

    return _do(request, course_id, act, "On hold. The times ahead are free again.")


@require_POST
@needs(Permission.BOOK_COURSE)
def resume(request: HttpRequest, course_id: int) -> HttpResponse:
    """Let a course on hold go on from a day; past a hard gap a clinician must ask."""

    def act(found: Any) -> None:
        now = clock.now()
        decides = access.holds(request.user, found.site_id, Permission.DECIDE_COURSE)  # type: ignore[arg-type]
        on = _day(request, "on")
        if on is None:
            raise Malformed("Say from which day on.")
        [choice] = repairs.resume_choices(found, on=on, now=now, is_decided=decides)
        moving.apply_change(request=who(request), token=choice.token, now=now, may_decide=decides)
        wake_sender()

    return _do(request, course_id, act, "The course goes on.")


@require_POST
@needs(Permission.BOOK_COURSE)
def end(request: HttpRequest, course_id: int) -> HttpResponse:
    """End a course before its time."""

    def act(found: Any) -> None:
        reason = request.POST.get("reason", "")
        if reason not in set(EndReason):
            raise Malformed("Say why the course ends.")
        course_states.discontinue_course(
            request=who(request),
            course_id=found.pk,
            version=_version(request),
            reason=EndReason(reason),
            note=request.POST.get("note", "")[:120],
            now=clock.now(),
        )
        withdrawing.withdraw_messages(now=clock.now())

    return _do(request, course_id, act, "The course has ended. What lay ahead is cancelled.")


@require_POST
@needs(Permission.BOOK_COURSE)
def undo(request: HttpRequest, course_id: int) -> HttpResponse:
    """Take back the latest change of a course."""

    def act(found: Any) -> None:
        undoing.undo_change(request=who(request), course_id=found.pk, version=_version(request), now=clock.now())

    return _do(request, course_id, act, "Taken back.")


@require_POST
@needs(Permission.BOOK_COURSE)
def confirm(request: HttpRequest, course_id: int) -> HttpResponse:
    """Book the times a course holds."""
    found = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    try:
        holds.confirm_hold(request=who(request), course_id=found.pk, now=clock.now())
        wake_sender()
        messages.success(request, "Booked.")
    except Rejected as refusal:
        messages.error(request, refusal.message)
    return redirect("course", found.pk)


@require_POST
@needs(Permission.BOOK_COURSE)
def release(request: HttpRequest, course_id: int) -> HttpResponse:
    """Give the held times of a course back."""
    found = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    try:
        holds.release_hold(request=who(request), course_id=found.pk, reason="", now=clock.now())
        messages.success(request, "Released. The times are free again.")
    except Rejected as refusal:
        messages.error(request, refusal.message)
    return redirect("course", found.pk)
