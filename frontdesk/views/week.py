"""The week: how full each device is, and every patient's visits, for planning on Mondays and for rounds."""

import datetime as dt
import hashlib
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from attention import queries as attention
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from clinic.models import Site
from frontdesk import show_calendar
from frontdesk.guard import needs
from frontdesk.noting import note_listed
from frontdesk.site import current_site
from frontdesk.views.board import clock_at, is_known
from scheduling import access
from scheduling.domain import local_time
from scheduling.queries import board as boards
from scheduling.queries import week as weeks

WAYS = (("device", "Devices"), ("patient", "Patients"))
A_WEEK = dt.timedelta(days=7)


@require_GET
@needs(Permission.VIEW_DAY)
def week(request: HttpRequest) -> HttpResponse:
    """Show seven days by device or by patient: the whole page, or only its changing part when the page asks."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_DAY)
    context = _context(request, site, now)
    if not request.headers.get("HX-Request"):
        _note(request, site, context, now)
        return render(request, "frontdesk/week/page.html", context)
    etag = _etag(request, context)
    if is_known(request, etag):
        return HttpResponse(status=304, headers={"ETag": etag})
    _note(request, site, context, now)
    response = render(request, "frontdesk/week/_week.html", context)
    response["ETag"] = etag
    return response


def _context(request: HttpRequest, site: Site, now: dt.datetime) -> dict[str, Any]:
    user: Any = request.user
    today = local_time.today(now, site.zone)
    first = local_time.week_of(_day(request, today), site.region)
    by, only_risk = _way(request), request.GET.get("risk") == "1"
    may = access.permissions(user, site.pk)
    knows_risk = by == "patient" and Permission.VIEW_ATTENTION in may
    read = weeks.week_by_course if by == "patient" else weeks.week_by_device
    found = read(site=site, first=first)
    at_risk = attention.at_risk_by_course([site.pk], now) if knows_risk else {}
    rows = show_calendar.course_rows(
        found, at_risk=at_risk, is_private=user.is_private, only_risk=only_risk and knows_risk
    )
    has_visits = bool(found.courses) or any(day.visits for each in found.devices for day in each.days)
    last = first + A_WEEK - dt.timedelta(days=1)
    asked = {"site": site.slug, "from": first, "by": by} | ({"risk": 1} if only_risk else {})
    return {
        "site": site,
        "page": "week",
        "by": by,
        "ways": WAYS,
        "words": show_calendar.head_words(first),
        "first": first,
        "is_this_week": first <= today <= last,
        "previous": first - A_WEEK,
        "next": first + A_WEEK,
        "days": show_calendar.day_heads(found, today=today),
        "devices": show_calendar.device_rows(found, today=today),
        "courses": rows,
        "knows_risk": knows_risk,
        "only_risk": only_risk,
        "at_risk": sum(each.course_id in at_risk for each in found.courses),
        "may_move": Permission.BOOK_COURSE in may,
        "may_open": Permission.VIEW_COURSE in may,
        "here": f"{reverse('week')}?{urlencode(asked)}",
        "clock": clock_at(site, now),
        "ways_on": [] if has_visits else _ways_on(site, last, by),
        "has_visits": has_visits,
    }


def _ways_on(site: Site, last: dt.date, by: str) -> list[tuple[str, str]]:
    """Return where an empty week leads: to the next one that is not."""
    day = boards.next_day_with_visits(site=site, after=last)
    if day is None:
        return []
    query = urlencode({"site": site.slug, "from": day, "by": by})
    return [(f"{reverse('week')}?{query}", "Next week with visits")]


def _note(request: HttpRequest, site: Site, context: dict[str, Any], now: dt.datetime) -> None:
    note_listed(request, site, (row.patient_id for row in context["courses"]), "week.listed", now)


def _etag(request: HttpRequest, context: dict[str, Any]) -> str:
    user: Any = request.user
    shown = [user.pk, user.is_private, context["days"], context["devices"], context["courses"], context["at_risk"]]
    return f'"{hashlib.sha256(repr(shown).encode()).hexdigest()[:20]}"'


def _way(request: HttpRequest) -> str:
    """Return how the week is looked at: as asked, else as last time."""
    by = request.GET.get("by") or request.session.get("week_by", "")
    by = by if by in dict(WAYS) else "device"
    if request.session.get("week_by") != by:
        request.session["week_by"] = by
    return by


def _day(request: HttpRequest, today: dt.date) -> dt.date:
    text = request.GET.get("from", "")
    if not text:
        return today
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f'"{text[:12]}" is not a day. Use a date like 2026-11-24.') from error
