"""Is it in the right hands? The birth date, once on each device, before anything that is not neutral is shown."""

import datetime as dt
import re
from dataclasses import replace

from django.http import HttpRequest, HttpResponse

from patients import link_actions, links
from patients.link_actions import Checked
from portal import door
from portal.pages import HOME, Visitor, closed, go, page, show
from portal.words.check import WORDS

KEPT = dt.timedelta(days=400)  # as long as browsers keep anything; the link ends before
ELDEST = 1900
OWN_PATH = re.compile(r"[a-z0-9/-]{0,60}")
US_ORDER, DAY_FIRST = ("month", "day", "year"), ("day", "month", "year")


@page()
def ask(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Ask for the birth date; the right one opens the other pages on this device and leaves the token behind."""
    if visitor.is_checked:
        return go(visitor, _wanted(request))
    if request.method != "POST":
        return _asked(request, visitor, "shut" if links.is_closed(visitor.link.patient_id) else "")
    born = _date(request, visitor.now)
    if born is None:
        return _asked(request, visitor, "no_date")
    found = link_actions.check_birth_date(patient_id=visitor.link.patient_id, birth_date=born, now=visitor.now)
    if found is Checked.CLOSED:
        return closed(request, "ended", status=404)
    return _let_in(request, visitor) if found is Checked.RIGHT else _asked(request, visitor, "wrong")


def _let_in(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    response = go(replace(visitor, base=HOME), _wanted(request))
    response.set_cookie(
        door.DEVICE,
        door.device_value(visitor.link),
        max_age=KEPT,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def _asked(request: HttpRequest, visitor: Visitor, problem: str) -> HttpResponse:
    order = US_ORDER if visitor.site.region in ("US", "PR") else DAY_FIRST
    context = {"order": order, "problem": problem, "to": _wanted(request)}
    return show(request, visitor, "portal/check.html", context, WORDS, status=422 if request.method == "POST" else 200)


def _date(request: HttpRequest, now: dt.datetime) -> dt.date | None:
    """Return the date that was given; None: there is no such day, so it is no try."""
    given = [request.POST.get(name, "").strip() for name in ("year", "month", "day")]
    if not all(text.isascii() and text.isdecimal() and len(text) <= 4 for text in given):
        return None
    try:
        found = dt.date(*map(int, given))
    except ValueError:
        return None
    return found if found.year >= ELDEST and found <= now.date() else None


def _wanted(request: HttpRequest) -> str:
    """Return the page to go on to: one of the link's own, else the first."""
    path = request.POST.get("to") or request.GET.get("to", "")
    return path if OWN_PATH.fullmatch(path) and "//" not in path else ""
