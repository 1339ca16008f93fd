"""Pure: a re-seating in words for the desk: what happens to one visit, and to all of them."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from scheduling.domain.living import Sitting
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.plan import PlannedSession


class MoveKind(StrEnum):
    """How far a visit goes: another person beside it, another device, another time that day, another day, nowhere."""

    OTHER_PERSON = "other_person"
    OTHER_DEVICE = "other_device"
    OTHER_TIME = "other_time"
    OTHER_DAY = "other_day"
    CALL = "call"


def kind_of(was: Sitting, place: PlannedSession | None) -> MoveKind:
    """Return how far a visit goes; None: it stays, and somebody calls."""
    if place is None:
        return MoveKind.CALL
    if place.day != was.day:
        return MoveKind.OTHER_DAY
    if place.minute != was.minute:
        return MoveKind.OTHER_TIME
    return MoveKind.OTHER_DEVICE if place.uses[0].resource_id != was.main else MoveKind.OTHER_PERSON


def words_of(was: Sitting, place: PlannedSession) -> str:
    """Return where a visit goes, and from where: `9am instead of 8:30am, NeuroStar 1`."""
    kind, name = kind_of(was, place), place.uses[0].name
    if kind is MoveKind.OTHER_PERSON:
        others = ", ".join(use.name for use in place.uses[1:])
        return f"Same time on {name}{f', with {others}' if others else ''}"
    if kind is MoveKind.OTHER_DEVICE:
        return f"Same time on {name}"
    if kind is MoveKind.OTHER_TIME:
        return f"{clock_text(place.minute)} instead of {clock_text(was.minute)}, {name}"
    return f"{_when(place.day, place.minute)} instead of {_when(was.day, was.minute)}, {name}"


def label_of(place: PlannedSession) -> str:
    """Return a place by itself: `Mon Nov 30, 9am, NeuroStar 1`."""
    return f"{_when(place.day, place.minute)}, {place.uses[0].name}"


def summary(rows: Iterable[tuple[Sitting, PlannedSession | None]], *, later: int, today: dt.date) -> str:
    """Return what happens to all the visits: `14 sessions: 11 move to NeuroStar 1, 2 to tomorrow, 1 needs you.`

    `later`: how many later visits of the same courses shift with them.
    """
    rows = list(rows)
    if not rows:
        return "Nothing is booked in that time."
    parts = Counter(_goes(was, place, today) for was, place in rows if place)
    calls = sum(place is None for _was, place in rows)
    words = []
    for place, (goes, count) in enumerate(parts.most_common()):
        verb = ("moves " if count == 1 else "move ") if not place else ""
        words.append(f"{count} {verb}{goes}")
    if calls:
        words.append(f"{calls} {'needs' if calls == 1 else 'need'} you")
    also = f" {later} later {'visit shifts' if later == 1 else 'visits shift'}." if later else ""
    return f"{len(rows)} {'session' if len(rows) == 1 else 'sessions'}: {', '.join(words)}.{also}"


def _goes(was: Sitting, place: PlannedSession, today: dt.date) -> str:
    kind = kind_of(was, place)
    if kind is MoveKind.OTHER_PERSON:
        return "to somebody else at the same time"
    if kind is MoveKind.OTHER_DAY:
        return "to tomorrow" if place.day == today + dt.timedelta(days=1) else "to another day"
    return f"to {place.uses[0].name}" if place.uses[0].resource_id != was.main else "to another time"


def _when(day: dt.date, minute: int) -> str:
    return f"{day_text(day)}, {clock_text(minute)}"
