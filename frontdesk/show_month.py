"""A plan by month: a strip of days with a dot for each session, and what is posted when a dot is put elsewhere."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.plan import Plan, PlannedSession

COLUMNS = 37  # six weeks begin on a Sunday
ON_DAY = "day."


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of a month strip; `number`: of the session on it, 0: none."""

    text: str
    css: str
    title: str
    day: str = ""
    number: int = 0


def months(plan: Plan) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    """Return the months of a plan, each with a cell for every day of its strip."""
    by_day = {session.day: session for session in plan.sessions}
    closed = dict(plan.skipped)
    return tuple(_month(year, month, by_day, closed) for year, month in _months_of(plan))


def day_choices(number: int, places: Sequence[PlannedSession]) -> list[tuple[int, str, str]]:
    """Return the nearest places for a session as buttons: which key, in words, and what is posted to take it."""
    return [
        (n, f"{day_text(place.day)}, {clock_text(place.minute)}", f"{number}.{ON_DAY}{place.day}")
        for n, place in enumerate(places, start=1)
    ]


def _months_of(plan: Plan) -> list[tuple[int, int]]:
    first, last = plan.sessions[0].day, plan.sessions[-1].day
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1) for n in range(count)]


def _month(
    year: int, month: int, by_day: Mapping[dt.date, PlannedSession], closed: Mapping[dt.date, str]
) -> tuple[str, tuple[Cell, ...]]:
    first = dt.date(year, month, 1)
    cells = [Cell("", "blank", "")] * (first.isoweekday() % 7)
    day = first
    while day.month == month:
        cells.append(_cell(day, by_day.get(day), closed.get(day, "")))
        day += dt.timedelta(days=1)
    cells += [Cell("", "blank", "")] * (COLUMNS - len(cells))
    return f"{first:%b}", tuple(cells)


def _cell(day: dt.date, session: PlannedSession | None, closed: str) -> Cell:
    if session is None:
        return Cell(str(day.day), "off" if closed else "", closed, str(day))
    title = f"Session {session.number}, {day_text(day)}, {clock_text(session.minute)}"
    if session.number == 1:
        css = "on first"
    elif session.deviation:
        css = "alt"
    else:
        css = "taper" if session.phase == "taper" else "on"
    return Cell(str(day.day), css, title, str(day), session.number)
