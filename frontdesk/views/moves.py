"""Another time for a visit, a make-up for a lost one: the choices beside the board or as a page, one key takes one."""

import datetime as dt
import uuid
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from frontdesk import show_choices, toasts
from frontdesk.guard import needs, who
from frontdesk.show_choices import Line
from frontdesk.toasts import Toast, Undo
from frontdesk.views import visits
from frontdesk.views.panel import head_context
from frontdesk.views.visits import board_url, opened, user_of
from notifications.wake import wake_sender
from scheduling import access, change_token
from scheduling.actions import moving
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.states import Scope
from scheduling.errors import CannotPlan, PlanGone, SlotTaken
from scheduling.queries import courses, repairs

PAGES = {"move": "frontdesk/visit/_move.html", "make-up": "frontdesk/visit/_make_up_choices.html"}
HALF_HOURS = range(7 * 60, 18 * 60, 30)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.BOOK_COURSE)
def move(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show where a visit, or it and all after, could go instead; or move it there."""
    row = access.session(user_of(request), session_id, Permission.BOOK_COURSE)
    if request.method == "POST":
        return _take(request, row, "move")
    return _show(request, row, "move")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.RECORD_ATTENDANCE)
def make_up(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show where a lost visit could be made up, or book it there."""
    row = access.session(user_of(request), session_id, Permission.RECORD_ATTENDANCE)
    if request.method == "POST":
        return _take(request, row, "make-up")
    return _show(request, row, "make-up")


@require_POST
@needs(Permission.RECORD_ATTENDANCE)
def no_make_up(request: HttpRequest, session_id: int) -> HttpResponse:
    """Decide that a lost visit is not made up."""
    row = access.session(user_of(request), session_id, Permission.RECORD_ATTENDANCE)
    moving.waive_make_up(
        request=_asked(request),
        session_id=row.pk,
        version=visits.number(request, "version"),
        reason=request.POST.get("reason", "").strip() or "Patient's wish",
        now=clock.now(),
    )
    fresh = access.course(user_of(request), row.course_id, Permission.VIEW_COURSE)
    undo = Undo("course", fresh.pk, fresh.version)
    return moved(request, row, "No make-up. The course is one session shorter.", undo)


def _show(request: HttpRequest, row: Any, kind: str, *, note: str = "", status: int = 200) -> HttpResponse:
    now = clock.now()
    opened(request, row, now)
    if kind == "make-up" and request.method == "GET" and request.headers.get("HX-Target") == "panel":
        return render(request, "frontdesk/visit/_make_up.html", visits.make_up_context(row, now=now))
    is_part = bool(request.headers.get("HX-Request"))
    name = PAGES[kind] if is_part else "frontdesk/visit/choices.html"
    context = box_context(request, row, kind, now) | {"note": note, "page": "today", "kind": kind}
    return render(request, name, context, status=status)


def box_context(request: HttpRequest, row: Any, kind: str, now: dt.datetime) -> dict[str, Any]:
    """Return the box of a move or a make-up: the choices, what each does, who hears of it; or why there is none."""
    scope = _scope(request)
    lines, refusal, code, failed = [], "", "", False
    try:
        lines = _lines(request, row, kind, scope, now)
    except Rejected as error:
        refusal, code = error.message, error.code
    except OperationalError:
        failed = True
    return head_context(row, now=now) | {
        "title": "Move" if kind == "move" else "Make it up",
        "lines": lines,
        "first": next((line.number for line in lines if line.number), 0),
        "refusal": refusal,
        "code": code,
        "failed": failed,
        "told": show_choices.told_words(row.patient_id) if lines else "",
        "key": uuid.uuid4().hex,
        "may_decide": access.holds(user_of(request), row.site_id, Permission.DECIDE_COURSE),
        "scope": scope.value,
        "scopes": _scopes(row),
        "times": [(clock_text(minute), minute) for minute in HALF_HOURS],
        "minute": _minute(request),
    }


def _lines(request: HttpRequest, row: Any, kind: str, scope: Scope, now: dt.datetime) -> list[Line]:
    today = local_time.today(now, row.zone)
    if kind == "make-up":
        return show_choices.make_up_lines(repairs.make_up_choices(row, now=now), today)
    if scope is Scope.ONE:
        return show_choices.move_lines(repairs.move_choices(row, scope=scope, now=now), today)
    return show_choices.many_lines(_many(row, scope, _minute(request), now))


def _many(row: Any, scope: Scope, minute: int | None, now: dt.datetime) -> list[tuple[str, repairs.Choice]]:
    """Return what can be done with this visit and all after: a day or a week later, or another time of day."""
    if scope is Scope.WEEKDAY:
        return [(f"Off {row.day:%A}s", repairs.move_choices(row, scope=scope, now=now)[0])]
    if minute is not None:
        return [(f"At {clock_text(minute)}", repairs.move_choices(row, scope=scope, now=now, minute=minute)[0])]
    found, refusal = [], None
    for label, days in (("One day later", 1), ("One week later", 7)):
        try:
            choices = repairs.move_choices(row, scope=scope, now=now, from_day=row.day + dt.timedelta(days=days))
        except Rejected as error:
            refusal = error
            continue
        found.append((label, choices[0]))
    if not found and refusal:
        raise refusal
    return found


def _scopes(row: Any) -> list[tuple[str, str]]:
    return [
        (Scope.ONE.value, "Just this one"),
        (Scope.REST.value, "This and all after"),
        (Scope.WEEKDAY.value, f"All {row.day:%A}s"),
    ]


def _scope(request: HttpRequest) -> Scope:
    text = request.GET.get("scope") or request.POST.get("scope") or Scope.ONE.value
    if text not in set(Scope):
        raise Malformed("There is no such choice. Reload the page.")
    return Scope(text)


def _minute(request: HttpRequest) -> int | None:
    text = request.GET.get("minute") or request.POST.get("minute") or ""
    if text and not (text.isdecimal() and len(text) < 5 and int(text) < 24 * 60):
        raise Malformed("That is not a time of day.")
    return int(text) if text else None


def _take(request: HttpRequest, row: Any, kind: str) -> HttpResponse:
    try:
        _change(request, row, kind)
    except (SlotTaken, PlanGone, CannotPlan) as refusal:
        if request.headers.get("HX-Request"):
            return _show(request, row, kind, note=refusal.message, status=refusal.status)
        return _refused(request, refusal)
    except Rejected as refusal:
        if request.headers.get("HX-Request"):
            raise
        return _refused(request, refusal)
    wake_sender()
    return moved(request, row, _said(request, row, kind))


def _change(request: HttpRequest, row: Any, kind: str) -> None:
    """Make the change that was chosen; who insists on a place after somebody else's move has seen what is there now."""
    now, token, version = clock.now(), request.POST.get("plan", ""), visits.number(request, "version")
    insists = kind == "move" and request.POST.get("insist") == "1"
    shown = change_token.read(token, now=now) if insists else None
    place = shown.one_place if shown and shown.course_id == row.course_id else None
    if place:
        moving.move_to(
            request=_asked(request),
            session_id=row.pk,
            version=version,
            day=place.day,
            minute=place.minute,
            resource_id=place.uses[0].resource_id,
            now=now,
        )
        return
    moving.apply_change(
        request=_asked(request),
        token=token,
        session_id=row.pk,
        version=version,
        now=now,
        may_decide=access.holds(user_of(request), row.site_id, Permission.DECIDE_COURSE),
    )


def _asked(request: HttpRequest) -> Any:
    return who(request, key=request.POST.get("key", "")[:255], route=request.path[:80])


def _refused(request: HttpRequest, refusal: Rejected) -> HttpResponse:
    toasts.leave(request, Toast(refusal.message, is_problem=True))
    return redirect(request.path)


def _said(request: HttpRequest, row: Any, kind: str) -> str:
    """Return what the toast says: where the visit is now."""
    if kind == "make-up":
        made = courses.make_up_of(row.pk)
        where = f" {day_text(made.day)}, {clock_text(made.minute)}" if made else ""
        return f"No-show. Make-up booked{where}."
    if _scope(request) is not Scope.ONE:
        return "Moved, with all after it."
    fresh = access.session(user_of(request), row.pk)
    return f"Moved to {day_text(fresh.day)}, {clock_text(fresh.minute)}."


def moved(request: HttpRequest, row: Any, said: str, undo: Undo | None = None) -> HttpResponse:
    """Close the box: the board shows what is where now, a toast says it and takes it back."""
    fresh = access.session(user_of(request), row.pk)
    undo = undo or Undo("session", row.pk, fresh.version)
    toast = Toast(said, undo, course_id=row.course_id, focus=f"visit-{row.pk}")
    if not request.headers.get("HX-Request"):
        toasts.leave(request, toast)
        return redirect(board_url(row))
    return visits.answer(request, "", {}, toast)
