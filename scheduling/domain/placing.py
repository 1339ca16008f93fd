"""Pure: one visit put at a place somebody chose: what it holds there, or why it can't be there."""

import datetime as dt
from collections.abc import Mapping

from scheduling.domain import bitmap, explain
from scheduling.domain.local_time import QUANTA_A_DAY, QUANTUM
from scheduling.domain.options import DayBook
from scheduling.domain.plan import PlannedSession, PlannedUse

HALF_HOUR = 30 // QUANTUM
# Starts a whole number of half hours away from a wanted one, by its place within the half hour.
_ROUND = [sum(1 << quantum for quantum in range(at, QUANTA_A_DAY, HALF_HOUR)) for at in range(HALF_HOUR)]


def held(
    book: DayBook, day: int, visit: str, quantum: int, main: int, liked: Mapping[int, int] | None = None
) -> tuple[PlannedUse, ...] | None:
    """Return what a visit occupies when it starts at a quantum on a main device, or None if something is taken."""
    lanes = book.assign(day, visit, quantum, main, liked or {})
    if lanes is None:
        return None
    return tuple(
        PlannedUse(
            resource_id=lane.id,
            kind=lane.kind,
            name=lane.name,
            from_minute=(quantum + use.at - use.before) * QUANTUM,
            to_minute=(quantum + use.at + use.length + use.after) * QUANTUM,
        )
        for use, lane in zip(book.uses[visit], lanes, strict=True)
    )


def at(
    book: DayBook, *, day: dt.date, minute: int, main: int, phase: str, visit: str, why: str
) -> PlannedSession | None:
    """Return a visit at a time of day (minutes) on a device, not numbered, or None if something it needs is taken."""
    quantum = minute // QUANTUM
    starts = book.starts(day.toordinal(), visit).get(main, 0)
    uses = held(book, day.toordinal(), visit, quantum, main) if starts >> quantum & 1 else None
    if uses is None:
        return None
    minutes = book.visits[visit].minutes
    return PlannedSession(0, phase, visit, day, minute, minutes, uses, why, None)


def why_taken(book: DayBook, *, day: dt.date, minute: int, main: int, visit: str) -> str:
    """Return why a visit can't start at a time of day (minutes) on a device: `NeuroStar 2 is taken at 8:30am`."""
    reason = explain.why_not(book, day.toordinal(), visit, minute // QUANTUM, main)
    return reason or "that place is taken"


def mains_of(book: DayBook, visit: str) -> list[int]:
    """Return the ids of what can be the main device of a visit."""
    return [lane.id for lane in book.by_use[book.uses[visit][0]]]


def nearest(book: DayBook, *, day: int, visit: str, wanted: int, liked: int) -> tuple[int, int] | None:
    """Return the start (quantum) nearest to a wanted one and its device, the liked device before others; or None."""
    found = []
    for main, mask in book.starts(day, visit).items():
        round_ones = bitmap.nearest(mask & _ROUND[wanted % HALF_HOUR], wanted)
        for quantum in {bitmap.nearest(mask, wanted), round_ones} - {None}:
            assert quantum is not None
            found.append((abs(quantum - wanted), main != liked, quantum, main))
    # A start within half an hour on the usual device goes before the exact time on another; odd times leave odd gaps.
    found.sort(key=lambda row: (row[0] + HALF_HOUR * row[1] + HALF_HOUR * (row[0] % HALF_HOUR > 0), row[2]))
    return (found[0][2], found[0][3]) if found else None
