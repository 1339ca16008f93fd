"""Wanting an earlier time: a place on the waiting list, the days and times that are good, and off the list again."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from patients.domain.contact import Channel, Purpose
from patients.own import own_choices
from portal import words
from portal.pages import Visitor, go, number, page, show
from portal.places import Place, is_for_first, places
from portal.settings import is_reached_by_text
from portal.show import coming_of
from portal.words.offers import WORDS
from scheduling.actions import waitlist as actions
from scheduling.actions.waitlist import AskedFor
from scheduling.domain.local_time import MINUTES_A_DAY, QUANTUM
from scheduling.errors import Conflict, Stale
from scheduling.queries import hours
from scheduling.queries import waitlist as stored
from scheduling.queries.waitlist import OwnEntry

NOON, HALF_HOUR = 12 * 60, 30
LEFT = "Left on their own page"
SPANS = {"any": (0, MINUTES_A_DAY), "morning": (0, NOON), "afternoon": (NOON, MINUTES_A_DAY)}
BETWEEN = "between"


@page()
def waitlist(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show and change what a patient waits for."""
    found = places(visitor, coming_of(visitor))
    if request.method != "POST":
        return show(request, visitor, "portal/waitlist.html", _list(request, visitor, found), WORDS)
    place = next((each for each in found if each.key == request.POST.get("of")), None)
    if place is None:
        return go(visitor, "waitlist/")
    if request.POST.get("do") == "leave":
        return _left(visitor, place)
    asked = _asked(request)
    if asked is None:
        context = _list(request, visitor, found) | {"problem": WORDS[visitor.language]["no_span"]}
        return show(request, visitor, "portal/waitlist.html", context, WORDS, status=422)
    _save(request, visitor, place, asked)
    return go(visitor, "waitlist/", saved="1")


def _left(visitor: Visitor, place: Place) -> HttpResponse:
    """Take somebody off the list they were put on for a course under way; who waits for a first visit calls."""
    entry = place.entry
    if entry is None or entry.course_id is None:
        return go(visitor, "waitlist/")
    actions.close_entry(
        request=visitor.request, entry_id=entry.entry_id, version=entry.version, reason=LEFT, now=visitor.now
    )
    return go(visitor, "waitlist/", left="1")


def _save(request: HttpRequest, visitor: Visitor, place: Place, asked: AskedFor) -> None:
    try:
        if place.entry is None:
            assert place.course_id, "nobody puts themselves on the list for a first visit"
            actions.join_standby(request=visitor.request, course_id=place.course_id, asked=asked, now=visitor.now)
        elif not _is(place.entry, asked):
            _change(visitor, place.entry.entry_id, number(request, "version"), asked)
    except (Conflict, Stale):
        now_there = stored.own_list(visitor.link.patient_id)
        if not any(each.course_id == place.course_id and _is(each, asked) for each in now_there):
            raise  # a double tap is the same asked for twice; this is not


def _change(visitor: Visitor, entry_id: int, version: int, asked: AskedFor) -> None:
    actions.change_entry(
        request=visitor.request,
        entry_id=entry_id,
        version=version,
        now=visitor.now,
        weekdays=asked.weekdays,
        from_minute=asked.from_minute,
        to_minute=asked.to_minute,
    )


def _is(entry: OwnEntry, asked: AskedFor) -> bool:
    """Tell whether just this is what an entry asks for."""
    here = (entry.weekdays, entry.from_minute, entry.to_minute)
    return here == (tuple(asked.weekdays), asked.from_minute, asked.to_minute)


def _asked(request: HttpRequest) -> AskedFor | None:
    """Return the days and times somebody chose; None: they end before they begin."""
    days = sorted({int(day) for day in request.POST.getlist("day") if day in set("1234567")})
    chosen = request.POST.get("times", "")
    since, until = SPANS.get(chosen, SPANS["any"])
    if chosen == BETWEEN:
        since, until = number(request, "since"), number(request, "until")
    return AskedFor(weekdays=days, from_minute=since, to_minute=until) if since < until <= MINUTES_A_DAY else None


def _list(request: HttpRequest, visitor: Visitor, found: Sequence[Place]) -> dict[str, Any]:
    """Return what the page shows: a form for each place there is or may be."""
    open_days, opens, closes = _open(visitor)
    w = WORDS[visitor.language]
    is_for_call = any(each.entry and each.entry.is_call_only for each in found)
    reached = "" if not found else "list_call" if is_for_call else _reached(visitor)
    return {
        "heading": w["list_title_first" if is_for_first(found) else "list_title"],
        "forms": [
            _form(each, visitor, open_days=open_days, opens=opens, closes=closes, is_named=len(found) > 1)
            for each in found
        ],
        "is_on": any(each.entry for each in found),
        "is_left": "left" in request.GET,
        "reached": w[reached] if reached else "",
        "is_silent": reached == "list_silent",
    }


def _open(visitor: Visitor) -> tuple[list[int], int, int]:
    """Return the weekdays the site is open on, and the half hours its earliest and latest day lie between."""
    week = hours.week_of(visitor.site)
    mask = 0
    for each in week.values():
        mask |= each
    if not mask:
        return [], 0, MINUTES_A_DAY
    opens, closes = ((mask & -mask).bit_length() - 1) * QUANTUM, mask.bit_length() * QUANTUM
    return sorted(week), opens // HALF_HOUR * HALF_HOUR, -(-closes // HALF_HOUR) * HALF_HOUR


def _reached(visitor: Visitor) -> str:
    choices = own_choices(visitor.link.patient_id)
    if is_reached_by_text(choices, Purpose.OFFERS):
        return "list_text"
    by_mail = (Channel.EMAIL, Purpose.OFFERS) in choices.given and Channel.EMAIL in choices.addresses
    return "list_email" if by_mail else "list_silent"


def _form(
    place: Place, visitor: Visitor, *, open_days: Sequence[int], opens: int, closes: int, is_named: bool
) -> dict[str, Any]:
    w, entry = WORDS[visitor.language], place.entry
    days = entry.weekdays if entry else ()
    span = (entry.from_minute, entry.to_minute) if entry else SPANS["any"]
    kind = next((name for name, each in SPANS.items() if each == span), BETWEEN)
    since, until = max(span[0], opens), min(span[1], closes)
    halves = [*range(opens, closes + 1, HALF_HOUR)]
    return {
        "place": place,
        "about": _about(place, visitor) if is_named else "",
        "chosen": _chosen(days, kind, since, until, visitor) if entry else "",
        "days": [
            (day, words.weekday_name(day, visitor.language).capitalize(), day in days)
            for day in sorted({*open_days, *days})
        ],
        "kinds": [(name, w[name], name == kind) for name in (*SPANS, BETWEEN)],
        "since": _times({*halves[:-1], since}, since, visitor),
        "until": _times({*halves[1:], until}, until, visitor),
        "may_leave": bool(entry and entry.course_id),
    }


def _about(place: Place, visitor: Visitor) -> str:
    w = WORDS[visitor.language]
    return w["list_about"].format(day=words.one_line(place.since, visitor.language)) if place.since else ""


def _chosen(days: Sequence[int], kind: str, since: int, until: int, visitor: Visitor) -> str:
    w, language, region = WORDS[visitor.language], visitor.language, visitor.site.region
    named = words.listed([words.weekday_name(day, language) for day in days], language)
    begins, ends = (words.clock(minute, language, region) for minute in (since, until))
    times = w[f"{kind}_said"].format(since=begins, until=ends)
    return words.ended(w["list_chosen"].format(days=named or w["days_any"], times=times))


def _times(minutes: set[int], chosen: int, visitor: Visitor) -> list[tuple[int, str, bool]]:
    """Return the choices of a select: minute, as it is read, whether it is the one chosen."""
    return [
        (minute, words.clock(minute % MINUTES_A_DAY, visitor.language, visitor.site.region), minute == chosen)
        for minute in sorted(minutes)
    ]
