"""Today's board, and one visit of it."""

import datetime as dt
import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attention import queries as attention
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from clinic.models import Site
from frontdesk import alarms, show
from frontdesk.alarms import Alarm
from frontdesk.guard import needs, who
from frontdesk.site import current_site
from frontdesk.views.panel import panel_context
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import attendance, undoing
from scheduling.actions.cancelling import cancel_sessions
from scheduling.domain import local_time
from scheduling.domain.states import CancelledBy
from scheduling.queries import board as boards

VERBS = {
    "arrive": attendance.arrive,
    "start": attendance.start,
    "monitor": attendance.monitor,
    "no-show": attendance.mark_no_show,
    "undo": undoing.undo,
}
SAID = {
    "arrive": "{name} is here.",
    "start": "{name} is in the chair.",
    "monitor": "{name} is being watched.",
    "complete": "{name} is done.",
    "no-show": "{name} didn't come. The session is still owed.",
    "cancel": "Visit cancelled. The time is free.",
    "not-treated": "{name} was turned away.",
    "undo": "Taken back.",
}


@require_GET
@needs(Permission.VIEW_DAY)
def day(request: HttpRequest) -> HttpResponse:
    """Show a day: the whole page, or only its changing part when the page asks for news."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_DAY)
    chosen = _day(request, site, now)
    stopped = alarms.alarms(site=site, now=now)
    etag = _etag(site, chosen, now, stopped)
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    name = "frontdesk/board/_day.html" if request.headers.get("HX-Request") else "frontdesk/board/page.html"
    response = render(request, name, day_context(request, site, chosen, now, stopped))
    response["ETag"] = etag
    return response


def day_context(
    request: HttpRequest, site: Site, chosen: dt.date, now: dt.datetime, stopped: list[Alarm] | None = None
) -> dict[str, Any]:
    """Return what the day's templates print, and note who looked at whom."""
    found = boards.board(site=site, day=chosen, now=now)
    managed = [site.pk] if access.holds(request.user, site.pk, Permission.MANAGE_SITE) else []  # type: ignore[arg-type]
    items = attention.items(site_ids=[site.pk], now=now, managed_site_ids=managed)
    seen = {card.patient_id for card in found.cards} | {item.patient_id for item in items if item.patient_id}
    patient_actions.record_access(
        request=who(request), site=site, patient_ids=sorted(seen), action="day.listed", now=now
    )
    today, minute = local_time.wall(now, site.zone)
    stopped = alarms.alarms(site=site, now=now) if stopped is None else stopped
    return {
        "site": site,
        "alarms": stopped,
        "day": chosen,
        "view": show.day_view(found, now=now, zone=site.zone),
        "items": items,
        "etag_json": json.dumps(_etag(site, chosen, now, stopped)),
        "page": "today",
        "previous": chosen - dt.timedelta(days=1),
        "next": chosen + dt.timedelta(days=1),
        "is_today": chosen == today,
        "clock": local_time.clock_text(minute),
        "next_with_visits": None if found.cards else boards.next_day_with_visits(site=site, after=chosen),
        "as_list": request.GET.get("view") == "list",
        "sending_is_off": not settings.SEND_MESSAGES,
    }


@require_POST
@needs(Permission.RECORD_ATTENDANCE)
def record(request: HttpRequest, session_id: int, verb: str) -> HttpResponse:
    """Record one step of a visit, and show the day as it is now, with the way back."""
    now = clock.now()
    session = access.session(_user(request), session_id, Permission.RECORD_ATTENDANCE)
    version = _version(request)
    by = _user(request)
    if verb == "complete":
        let_go_by = request.POST.get("let_go_by", "")
        attendance.complete(session_id=session.pk, version=version, now=now, by=by, let_go_by=let_go_by)
    elif verb in VERBS:
        VERBS[verb](session_id=session.pk, version=version, now=now, by=by)
    elif verb == "cancel":
        _cancel(request, session.pk, version, now)
    elif verb == "not-treated":
        reason = request.POST.get("reason", "")
        attendance.turn_away(session_id=session.pk, version=version, reason=reason, now=now, by=by)
    else:
        raise Malformed("There is no such step.")
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('board')}?site={session.site.slug}&day={session.day}#visit-{session.pk}")
    context = day_context(request, session.site, session.day, now) | _toast(session_id, verb, by, session)
    return render(request, "frontdesk/board/_after.html", context)


def _cancel(request: HttpRequest, session_id: int, version: int, now: dt.datetime) -> None:
    by_whom = request.POST.get("by", "")
    if by_whom not in (CancelledBy.PATIENT, CancelledBy.CLINIC):
        raise Malformed("Say who cancels: the patient or the clinic.")
    cancel_sessions(
        request=who(request),
        session_id=session_id,
        version=version,
        reason=request.POST.get("reason", ""),
        by_whom=CancelledBy(by_whom),
        now=now,
    )


def _toast(session_id: int, verb: str, by: Any, session: Any) -> dict[str, Any]:
    fresh = access.session(by, session_id)
    name = f"{session.patient.last_name}, {session.patient.first_name[:1]}."
    context: dict[str, Any] = {"said": SAID[verb].format(name=name), "focus": f"visit-{session_id}"}
    if verb != "undo":
        context |= {"undo_id": session_id, "undo_version": fresh.version}
    return context


@require_GET
@needs(Permission.VIEW_DAY)
def visit(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show everything about one visit: beside the board, or as a page of its own."""
    now = clock.now()
    session = access.session(_user(request), session_id)
    patient_actions.record_access(
        request=who(request),
        site=session.site,
        patient_ids=[session.patient_id],
        action="visit.opened",
        now=now,
    )
    name = "frontdesk/board/_panel.html" if request.headers.get("HX-Request") else "frontdesk/board/visit.html"
    context = panel_context(session, now=now, user=_user(request))
    return render(request, name, context | {"is_page": not request.headers.get("HX-Request")})


def _day(request: HttpRequest, site: Site, now: dt.datetime) -> dt.date:
    text = request.GET.get("day") or ""
    if not text:
        return local_time.today(now, site.zone)
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f'"{text[:12]}" is not a day. Use a date like 2026-11-24.') from error


def _etag(site: Site, chosen: dt.date, now: dt.datetime, stopped: list[Alarm]) -> str:
    # Five minutes of the clock are part of it: a visit becomes late without anybody touching it.
    today, minute = local_time.wall(now, site.zone)
    looks = "".join(alarm.css for alarm in stopped)
    return f'"{boards.day_version(site=site, day=chosen)}-{today.toordinal()}-{minute // 5}{looks}"'


def _version(request: HttpRequest) -> int:
    try:
        return int(request.POST["version"])
    except (KeyError, ValueError) as error:
        raise Malformed("This page is out of date. Reload it.") from error


def _user(request: HttpRequest) -> Any:
    if not request.user.is_authenticated:
        raise Rejected("Sign in first.")
    return request.user
