"""Today's board, and one visit of it."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from clinic.models import Site
from frontdesk import alarms, draw, show_day, show_look, steps, toasts
from frontdesk.alarms import Alarm
from frontdesk.day_look import DayLook
from frontdesk.guard import needs, version_in
from frontdesk.noting import note_listed
from frontdesk.site import current_site, day_named
from frontdesk.views import visits
from frontdesk.views.stopped import refused
from frontdesk.views.visits import visit_or_board
from scheduling import access
from scheduling.domain import local_time
from scheduling.errors import GateRed
from scheduling.queries import board as boards
from scheduling.queries.day_version import day_version
from scheduling.queries.outages import moved_away

NOTED_AS = "day.listed"


@require_GET
@needs(Permission.VIEW_DAY)
def day(request: HttpRequest) -> HttpResponse:
    """Show a day: the whole page, or only its changing part when the page asks for news."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_DAY)
    look = DayLook.of(request, day_named(request.GET.get("day"), site, now), site)
    stopped = alarms.alarms(site=site, now=now)
    etag = _etag(request, site, look, now, stopped)
    if is_known(request, etag):
        response = HttpResponse(status=304, headers={"ETag": etag})
    else:
        is_poll = bool(request.headers.get("HX-Request"))
        name = "frontdesk/board/_day.html" if is_poll else "frontdesk/board/page.html"
        context = day_context(request, site, look, now, stopped)
        note_listed(request, site, (card.patient_id for card in context["view"].cards), NOTED_AS, now)
        response = render(request, name, context | {"etag": etag})
        response["ETag"] = etag
    response["X-Clock"] = clock_at(site, now)
    return response


def day_context(
    request: HttpRequest, site: Site, look: DayLook, now: dt.datetime, stopped: list[Alarm]
) -> dict[str, Any]:
    """Return what the day's templates print."""
    found = boards.board(site=site, day=look.day, now=now, by_staff=look.by_staff)
    user = _user(request)
    shown = look.narrowed(found)
    view = show_day.day_view(shown, now=now, zone=site.zone, is_private=user.is_private, only=look.device)
    may_record = access.holds(user, site.pk, Permission.RECORD_ATTENDANCE)
    base = f"{reverse('board')}?site={site.slug}&day={look.day}"
    return {
        "site": site,
        "alarms": stopped,
        "day": look.day,
        "view": view,
        "pen": draw.pen(may_record=may_record),
        "may_book": access.holds(user, site.pk, Permission.BOOK_COURSE),
        "book_at": f"{reverse('course-new')}?site={site.slug}&start_on={look.day}",
        "page": "today",
        "previous": look.day - dt.timedelta(days=1),
        "next": look.day + dt.timedelta(days=1),
        "is_today": look.day == local_time.today(now, site.zone),
        "clock": clock_at(site, now),
        "server_time": now.isoformat(timespec="seconds"),
        "base": base,
        "here": f"{base}&view={look.view}" + (f"&device={look.device}" if look.device else ""),
        "next_with_visits": None if shown.cards else boards.next_day_with_visits(site=site, after=look.day),
        "moved": moved_away(site=site, day=look.day) if view.closed else None,
        "view_name": look.view,
        "as_list": look.as_list,
        "by_staff": look.by_staff,
        "look": show_look.look(look, found, shown),
        "only_state": look.only,
        "device": look.device,
    }


def is_known(request: HttpRequest, etag: str) -> bool:
    """Tell whether a page has this answer already; packing an answer marks its tag as weak."""
    return request.headers.get("If-None-Match", "").removeprefix("W/") == etag


def clock_at(site: Site, now: dt.datetime) -> str:
    """Return the time it is at a site, as its people say it."""
    return local_time.clock_text(local_time.wall(now, site.zone)[1])


@require_POST
@needs(Permission.RECORD_ATTENDANCE)
def record(request: HttpRequest, session_id: int, verb: str) -> HttpResponse:
    """Record one step of a visit, and show the day as it is now, with the way back; a panel that asked stays open."""
    now = clock.now()
    session = access.session(_user(request), session_id, Permission.RECORD_ATTENDANCE)
    try:
        steps.take(request, session, verb, version=version_in(request), now=now)
    except GateRed as refusal:
        return refused(request, session, refusal, now)
    if not request.headers.get("HX-Request"):
        toasts.leave(request, visits.told(request, session_id, verb))
        return redirect(visit_or_board(request, session))
    if request.POST.get("panel"):
        return visits.after_step(request, session_id, verb, now)
    more = {"toast": visits.told(request, session_id, verb)} | visits.beside(request, session_id, verb, now)
    return changed(request, session, now, "frontdesk/board/_after.html", more)


def changed(request: HttpRequest, session: Any, now: dt.datetime, template: str, more: dict[str, Any]) -> HttpResponse:
    """Answer a step taken on a board: the column or line of its visit, the strip, and what `more` adds."""
    look = DayLook.of(request, session.day, session.site)
    context = day_context(request, session.site, look, now, [])
    view = context["view"]
    context["shown_columns"] = [c for c in view.columns if any(card.id == session.pk for card in c.cards)]
    context["shown_cards"] = [card for card in view.cards if card.id == session.pk]
    shown = [card for column in context["shown_columns"] for card in column.cards] or context["shown_cards"]
    note_listed(request, session.site, (card.patient_id for card in shown), NOTED_AS, now)
    response = render(request, template, context | more)
    response["HX-Reswap"], response["HX-Trigger"] = "none", "changed"
    return response


def _etag(request: HttpRequest, site: Site, look: DayLook, now: dt.datetime, stopped: list[Alarm]) -> str:
    # Five minutes of the clock are part of it: a visit becomes late without anybody touching it.
    today, minute = local_time.wall(now, site.zone)
    user = _user(request)
    mine = f"{user.pk}{'p' if user.is_private else ''}{look.version}"
    looks = "".join(alarm.css for alarm in stopped)
    return f'"{day_version(site=site, day=look.day)}-{today.toordinal()}-{minute // 5}-{mine}{looks}"'


def _user(request: HttpRequest) -> Any:
    if not request.user.is_authenticated:
        raise Rejected("Sign in first.")
    return request.user
