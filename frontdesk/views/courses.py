"""A course with its sessions and its history."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import access as clinic_access
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from frontdesk import show_course, show_history
from frontdesk.guard import needs, version_in, who
from frontdesk.toasts import Toast, Undo
from frontdesk.views import after
from notifications.actions import withdrawing
from notifications.wake import wake_sender
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import course_states, holds, meanwhile, moving, undoing
from scheduling.domain.states import EndReason
from scheduling.queries import repairs, resizing

MOST_LINES = 2000


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
    lines = request.GET.get("lines", "")
    context = show_course.course_page(
        found,
        now=now,
        with_messages=may_read,
        with_answers=found.site_id in clinic_access.site_ids(request.user, Permission.DECIDE_COURSE),  # type: ignore[arg-type]
        part=request.GET.get("show", "") if may_read else "",
        shown=min(int(lines), MOST_LINES) if lines.isdecimal() and len(lines) < 6 else show_history.A_PAGE,
    )
    return render(request, "frontdesk/courses/course.html", context | {"page": "patients"})


def _day(request: HttpRequest, name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(request.POST.get(name, "")) if request.POST.get(name) else None
    except ValueError as error:
        raise Malformed("That is not a day. Use a date like 2026-11-24.") from error


def _do(
    request: HttpRequest, course_id: int, act: Callable[[Any], Any], said: str, *, undo: bool = True
) -> HttpResponse:
    """Change a course and come back to it with what happened, and the way back."""
    found = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    act(found)
    fresh = access.course(request.user, course_id)  # type: ignore[arg-type]
    way_back = Undo("course", fresh.pk, fresh.version) if undo else None
    return after.done(request, reverse("course", args=[found.pk]), Toast(said, way_back, course_id=found.pk))


@require_POST
@needs(Permission.BOOK_COURSE)
def hold(request: HttpRequest, course_id: int) -> HttpResponse:
    """Put a course on hold."""

    def act(found: Any) -> None:
        course_states.hold_course(
            request=who(request),
            course_id=found.pk,
            version=version_in(request),
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
            version=version_in(request),
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
        undoing.undo_change(request=who(request), course_id=found.pk, version=version_in(request), now=clock.now())

    return _do(request, course_id, act, "Taken back.", undo=False)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.BOOK_COURSE)
def resize(request: HttpRequest, course_id: int) -> HttpResponse:
    """Say what so many sessions more or fewer would come to, or book or cancel them."""
    now = clock.now()
    found = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    if request.method != "POST":
        return render(request, "frontdesk/courses/_resized.html", {"words": _what_if(request, found, now)})
    _check_version(found, version_in(request))
    add = _add(request.POST.get("add", ""))
    choice = resizing.resize_choice(found, add=add, now=now)

    def act(row: Any) -> None:
        moving.apply_change(request=who(request), token=choice.token, now=now)
        withdrawing.withdraw_messages(now=now)
        wake_sender()

    return _do(request, course_id, act, show_course.resized(choice, add))


def _what_if(request: HttpRequest, found: Any, now: dt.datetime) -> str:
    if not request.GET.get("add", "").strip(" +-"):
        return ""
    try:
        add = _add(request.GET["add"])
        return show_course.resized(resizing.resize_choice(found, add=add, now=now), add)
    except Rejected as refusal:
        return refusal.message


def _add(text: str) -> int:
    text = text.strip().replace("\u2212", "-")
    if not re.fullmatch(r"[+-]?[0-9]{1,2}", text):
        raise Malformed("Enter a number of sessions like 6, or -2 to remove two.")
    return int(text)


def _check_version(found: Any, version: int) -> None:
    if found.version != version:
        raise meanwhile.stale_course(found)


@require_POST
@needs(Permission.BOOK_COURSE)
def confirm(request: HttpRequest, course_id: int) -> HttpResponse:
    """Book the times a course holds."""

    def act(found: Any) -> None:
        holds.confirm_hold(request=who(request), course_id=found.pk, now=clock.now())
        wake_sender()

    return _do(request, course_id, act, "Booked.", undo=False)


@require_POST
@needs(Permission.BOOK_COURSE)
def release(request: HttpRequest, course_id: int) -> HttpResponse:
    """Give the held times of a course back."""

    def act(found: Any) -> None:
        holds.release_hold(request=who(request), course_id=found.pk, reason="", now=clock.now())

    return _do(request, course_id, act, "Released. The times are free again.", undo=False)
