"""What the first pages print: the next visit, the others, the ways on. Nothing a stranger may not read."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from notifications.policies import policy_of
from portal import show_ready, words
from portal.pages import Visitor
from portal.places import is_for_first, places
from portal.show_forms import forms_to_fill
from portal.words import calendar, driver
from portal.words.forms import WORDS as FORMS
from portal.words.offers import WORDS as OFFER_WORDS
from portal.words.ready import WORDS as READY
from scheduling.queries import coming, rides
from scheduling.queries.coming import ComingVisit

BEGUN = dt.timedelta(hours=4)  # a visit under way is still shown: somebody who is late looks for the way
SHOWN = 60
LATE_AHEAD = dt.timedelta(hours=3)  # before a visit somebody may say that they run late
MAP = "https://www.google.com/maps/search/?api=1&query="


@dataclass(frozen=True, slots=True)
class Way:
    """A line of the first page that leads on."""

    url: str
    icon: str
    title: str
    more: str
    is_needed: bool = False


def home(visitor: Visitor) -> dict[str, Any]:
    """Return what the first page shows."""
    found = coming_of(visitor)
    first = found[0] if found else None
    return {
        "next": as_read(first, visitor) if first else None,
        "map": f"{MAP}{quote_plus(visitor.site.address)}",
        "said": words.WORDS[visitor.language]["thanks"].format(day=words.weekday(first.day, visitor.language))
        if first
        else "",
        "week": _week(found, visitor),
        "progress": _progress(first, visitor),
        "ways": _ways(visitor, found),
        "others": [_line(each, visitor) for each in found[1:SHOWN]],
    }


def visits(visitor: Visitor) -> dict[str, Any]:
    """Return what the page of all coming visits shows."""
    return {"visits": [as_read(each, visitor) for each in coming_of(visitor)[:SHOWN]]}


def coming_of(visitor: Visitor) -> list[ComingVisit]:
    """Return the visits ahead, and one that is under way."""
    found = coming.visits_coming([visitor.link.patient_id], since=visitor.now - BEGUN)
    return [each for each in found if each.ends_at > visitor.now]


def as_read(visit: ComingVisit, visitor: Visitor) -> dict[str, Any]:
    """Return a visit as a patient reads it, in the clinic's time."""
    language = visitor.language
    return {
        "visit": visit,
        "day": words.long_day(visit.day, language),
        "line": words.one_line(visit.day, language),
        "time": words.clock(visit.minute, language, visitor.site.region),
        "about": words.about(visit.minutes, language),
        "may_answer": visit.starts_at > visitor.now,
        "is_soon": visit.starts_at - visitor.now <= LATE_AHEAD,
        "change_url": visitor.url("change/", visit=str(visit.session_id)),
        "late_url": visitor.url("late/", visit=str(visit.session_id)),
    }


def _progress(first: ComingVisit | None, visitor: Visitor) -> str:
    """Return how far the course is, in words, where the birth date was given and the clinic shows it."""
    if not visitor.is_checked or not policy_of(visitor.site.pk).shows_progress:
        return ""
    w = words.WORDS[visitor.language]
    if first:
        return w["visit_of"].format(number=first.number, count=first.prescribed) if first.prescribed > 1 else ""
    done = coming.course_done(visitor.link.patient_id)
    return w["all_done"].format(number=done[0], count=done[1]) if done else ""


def week_of(found: Sequence[ComingVisit], visitor: Visitor) -> list[ComingVisit]:
    """Return the visits of the week of the next one that are still ahead."""
    ahead = [each for each in found if each.starts_at > visitor.now]
    return [each for each in ahead if each.day.isocalendar()[:2] == ahead[0].day.isocalendar()[:2]]


def _week(found: Sequence[ComingVisit], visitor: Visitor) -> dict[str, Any] | None:
    """Return the one tap for a week of visits; None: there are fewer than two, or all were answered."""
    mine = week_of(found, visitor)
    if len(mine) < 2 or all(each.is_confirmed for each in mine):
        return None
    return {"said": words.WORDS[visitor.language]["week"].format(count=len(mine)), "visits": mine}


def _ways(visitor: Visitor, found: Sequence[ComingVisit]) -> list[Way]:
    w = words.WORDS[visitor.language]
    then = found[1] if len(found) > 1 else None
    ways = []
    if found and (more := show_ready.prep_line(visitor, found[0])):
        ways.append(Way(visitor.url("ready/"), "list", READY[visitor.language]["ready_title"], more))
    ways += _drive(visitor, found)
    form = FORMS[visitor.language]
    ways += [Way(url, "form", form["form_title"], form["form_more"]) for url in forms_to_fill(visitor)]
    if then:
        when = words.clock(then.minute, visitor.language, visitor.site.region)
        more = w["then"].format(day=words.one_line(then.day, visitor.language), time=when)
        ways.append(Way(visitor.url("visits/"), "calendar", w["all"], more))
    return ways + _earlier(visitor, found) + _calendar(visitor, found)


def _earlier(visitor: Visitor, found: Sequence[ComingVisit]) -> list[Way]:
    """Return the way to the waiting list, for whoever is on it or may be."""
    mine, w = places(visitor, found), OFFER_WORDS[visitor.language]
    title = w["list_title_first" if is_for_first(mine) else "list_way"]
    more = w["list_way_more"] if any(each.entry for each in mine) else ""
    return [Way(visitor.url("waitlist/"), "clock", title, more)] if mine else []


def _drive(visitor: Visitor, found: Sequence[ComingVisit]) -> list[Way]:
    is_asked = any(each.needs_company for each in found)
    ride = rides.next_ride(visitor.link.patient_id, now=visitor.now) if is_asked else None
    if ride is None:
        return []
    w = driver.WORDS[visitor.language]
    if not visitor.is_checked:  # what somebody answered is for who gave the birth date
        more = "" if ride.is_confirmed else w["driver_needed"]
        return [Way(visitor.url("driver/"), "car", w["driver"], more, is_needed=not ride.is_confirmed)]
    state = "yes" if ride.is_confirmed else "no" if ride.is_refused else "asked" if ride.is_named else "needed"
    return [Way(visitor.url("driver/"), "car", w["driver"], w[f"driver_{state}"], is_needed=not ride.is_confirmed)]


def _calendar(visitor: Visitor, found: Sequence[ComingVisit]) -> list[Way]:
    if not found:
        return []
    return [Way(visitor.url("calendar/"), "calendar-plus", calendar.WORDS[visitor.language]["calendar"], "")]


def _line(visit: ComingVisit, visitor: Visitor) -> tuple[str, str]:
    when = words.clock(visit.minute, visitor.language, visitor.site.region)
    return words.one_line(visit.day, visitor.language), when
