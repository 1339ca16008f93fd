"""The days a site is closed: public holidays to tick, days of its own, and opening again."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from clinic.models import Site
from clinic.queries import sites_where
from frontdesk import forms_settings, show_closures
from frontdesk.guard import needs, who
from frontdesk.settings_pages import page, site_of, tried, version_of
from frontdesk.show_settings import counted, with_errors
from frontdesk.toasts import Toast, Undo, leave
from scheduling import access
from scheduling.actions import blocks
from scheduling.actions.sites import open_day
from scheduling.domain.operations import BlockKind
from scheduling.public_holidays import subdivisions
from scheduling.queries import outages, setup
from scheduling.queries.availability import closed_days


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def closures(request: HttpRequest) -> HttpResponse:
    """List when a site is closed, and close it on more days."""
    site = site_of(request)
    if request.method != "POST":
        return _shown(request, site)
    made: list[int] = []

    def close() -> None:
        wanted = _own_day(request) if request.POST.get("do") == "own" else _ticked(request)
        also = request.POST.getlist("also")
        user: Any = request.user
        others = [each for each in sites_where(user, Permission.MANAGE_SITE) if each.slug in also and each != site]
        for each in (site, *others):
            made.extend(_close(request, each, wanted))

    if refusal := tried(close):
        return _shown(request, site, refusal)
    said = f"{counted(len(made), 'day')} closed. Visits on them stay booked until they are moved."
    leave(request, Toast(said, Undo("closed_days", ",".join(map(str, made)), 1) if 0 < len(made) < 20 else None))
    return redirect(f"{reverse('settings-closures')}?{_asked(request, site)}")


@require_POST
@needs(Permission.MANAGE_SITE)
def reopen(request: HttpRequest) -> HttpResponse:
    """Open a site again on a day that was to be closed."""
    site = site_of(request)
    user: Any = request.user
    now = clock.now()

    def reopened() -> None:
        if number := request.POST.get("block", ""):
            block = access.block(user, int(number) if number.isdecimal() else 0, Permission.MANAGE_SITE)
            blocks.reopen_block(request=who(request), block_id=block.pk, version=version_of(request), now=now)
        else:
            number = request.POST.get("closure", "")
            open_day(request=who(request), site=site, closure_id=int(number) if number.isdecimal() else 0, now=now)

    if refusal := tried(reopened):
        return _shown(request, site, refusal)
    leave(request, Toast("Open again. Visits can be booked then."))
    return redirect(f"{reverse('settings-closures')}?{_asked(request, site)}")


def _close(request: HttpRequest, site: Site, days: list[tuple[dt.date, str]]) -> list[int]:
    now = clock.now()
    shut = closed_days(site=site, first=days[0][0], last=days[-1][0])
    wanted = []
    for day, reason in days:
        if day in shut:
            continue
        since, until = outages.span_of(site, first=day, last=day)
        wanted.append(
            outages.blocking_of(
                site=site,
                resource_ids=[],
                starts_at=since,
                ends_at=until,
                reason=reason,
                now=now,
                kind=BlockKind.CLOSED,
            )
        )
    if not wanted:
        return []
    return blocks.close_days(request=who(request), blockings=wanted, now=now)[0]


def _own_day(request: HttpRequest) -> list[tuple[dt.date, str]]:
    faults = {}
    first = _day(request.POST.get("first", ""))
    last = _day(request.POST.get("last", "")) if request.POST.get("last") else first
    reason = request.POST.get("reason", "").strip()
    if first is None:
        faults["first"] = "Pick the day."
    if first and (last is None or not dt.timedelta() <= last - first < dt.timedelta(days=62)):
        faults["last"] = "Pick a day on or after the first, within two months."
    if not reason or len(reason) > 80:
        faults["reason"] = "Say why, in up to 80 letters. Staff read it on the board."
    if faults:
        raise forms_settings.refused(faults)
    assert first is not None
    assert last is not None
    return [(first + dt.timedelta(days=offset), reason) for offset in range((last - first).days + 1)]


def _ticked(request: HttpRequest) -> list[tuple[dt.date, str]]:
    found = [
        (day, request.POST.get(f"name-{day}", "")[:80]) for text in request.POST.getlist("day") if (day := _day(text))
    ]
    if not found:
        raise Rejected("Mark at least one day.", code="fields", fields={"day": "none"})
    return sorted((day, name.strip() or "Closed") for day, name in found)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _asked(request: HttpRequest, site: Site) -> str:
    state = request.POST.get("state") or request.GET.get("state", "")
    return f"site={site.slug}" + (f"&state={state}" if state.isalnum() and len(state) < 7 else "")


def _shown(request: HttpRequest, site: Site, refusal: Rejected | None = None) -> HttpResponse:
    now = clock.now()
    user: Any = request.user
    states = subdivisions(site.region)
    state = request.POST.get("state") or request.GET.get("state", "")
    state = state if state in states else ""
    try:
        holidays = outages.coming_holidays(site=site, now=now, subdivision=state or None)
    except Rejected:
        holidays = []  # no list is known for this region: days of its own are left
    found, year = setup.closures_of(site=site, now=now), now + dt.timedelta(days=366)
    context = {
        "closed": show_closures.lines_of([row for row in found if row.starts_at < year], site),
        "later": show_closures.lines_of([row for row in found if row.starts_at >= year], site),
        "holidays": show_closures.to_tick(holidays),
        "states": states,
        "state": state,
        "others": [each for each in sites_where(user, Permission.MANAGE_SITE) if each != site],
        "fields": with_errors(
            show_closures.OWN_DAY, request.POST if refusal else {}, refusal.fields if refusal else {}
        ),
        "refusal": refusal,
        "version_now": "",
        "did": request.POST.get("do", "") if refusal else "",
    }
    return page(request, site, "closures", context, status=refusal.status if refusal else 200)
