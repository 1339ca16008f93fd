"""Pure: for one session of a plan, where else it could be, in the order a desk offers it.

Same day within an hour on the same device, then another device that day, then the next allowed day: the session goes to
the end of its phase and the end moves.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scheduling.domain import words
from scheduling.domain.bitmap import each
from scheduling.domain.costs import NEAR_QUANTA
from scheduling.domain.ground import HALF_HOUR, Ground, day_book
from scheduling.domain.living import Limits, Sitting, Under, numbers, rest_of
from scheduling.domain.local_time import QUANTUM, clock_text, day_text
from scheduling.domain.options import DayBook
from scheduling.domain.plan import Deviation, Plan, PlannedSession, PlannedUse
from scheduling.domain.wish import Infeasible, Wish

SAME_DEVICE, OTHER_DEVICES = 2, 1
LEAST_AWAY = 3  # quanta: five minutes earlier is not another time


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another place for a session: `kind` (`other_time`, `other_device`, `later_day`), words, and the whole plan."""

    kind: str
    text: str
    plan: Plan


def alternatives(
    wish: Wish, ground: Ground, plan: Plan, number: int, *, book: DayBook | None = None, enough: int | None = None
) -> list[Alternative]:
    """Return where else one session of a plan could be, the best first; every plan keeps every hard rule.

    `book`: the day book of the wish, made once for several sessions. `enough`: with so many places on its own day no
    later day is searched for; None: one always is.
    """
    session = plan.sessions[number - 1]
    found = [*_same_day(wish, book or day_book(wish, ground), plan, session)]
    if enough is not None and len(found) >= enough:
        return found
    later = _later(wish, ground, plan, session)
    return [*found, later] if later else found


def _series_of(wish: Wish, session: PlannedSession) -> str:
    return next(phase.series for phase in wish.protocol.phases if phase.name == session.phase)


def _same_day(wish: Wish, book: DayBook, plan: Plan, session: PlannedSession) -> Iterator[Alternative]:
    if any(other.day == session.day and other.number != session.number for other in plan.sessions):
        return  # the visits of a day with several belong together
    day, quantum, main = session.day.toordinal(), session.minute // QUANTUM, session.uses[0].resource_id
    starts = book.starts(day, session.visit_type)
    for start in _near(starts.get(main, 0), quantum):
        yield _moved(wish, book, plan, session, start, main, "other_time")
    if wish.protocol.keep_provider == "hard":
        return
    others = [
        (abs(q - quantum), q, lane)
        for lane, mask in starts.items()
        if lane != main
        for q in each(mask)
        if abs(q - quantum) <= NEAR_QUANTA
    ]
    for _away, start, lane in sorted(others)[:OTHER_DEVICES]:
        yield _moved(wish, book, plan, session, start, lane, "other_device")


def _near(mask: int, quantum: int) -> list[int]:
    """Return two starts within an hour, whole half hours away first: odd times leave odd gaps."""
    found: list[int] = []
    away = [q for q in each(mask) if LEAST_AWAY <= abs(q - quantum) <= NEAR_QUANTA]
    for start in sorted(away, key=lambda q: (abs(q - quantum) % HALF_HOUR != 0, abs(q - quantum), q)):
        if all(abs(start - other) >= LEAST_AWAY for other in found):
            found.append(start)
    return found[:SAME_DEVICE]


def _moved(
    wish: Wish, book: DayBook, plan: Plan, session: PlannedSession, quantum: int, main: int, kind: str
) -> Alternative:
    day = session.day.toordinal()
    lanes = book.assign(day, session.visit_type, quantum, main, {}) or []
    uses = tuple(
        PlannedUse(
            resource_id=lane.id,
            kind=lane.kind,
            name=lane.name,
            from_minute=(quantum + use.at - use.before) * QUANTUM,
            to_minute=(quantum + use.at + use.length + use.after) * QUANTUM,
        )
        for use, lane in zip(book.uses[session.visit_type], lanes, strict=True)
    )
    at = clock_text(quantum * QUANTUM)
    where = f"{at} on {uses[0].name}" if kind == "other_device" else at
    there = replace(session, minute=quantum * QUANTUM, uses=uses, deviation=f"Chosen: {where}.")
    sessions = [there if other.number == session.number else other for other in plan.sessions]
    return Alternative(kind, f"{where} that day", rebuilt(plan, sessions, wish))


def _later(wish: Wish, ground: Ground, plan: Plan, session: PlannedSession) -> Alternative | None:
    series = _series_of(wish, session)
    phases = {phase.name for phase in wish.protocol.phases if phase.series == series}
    sittings = tuple(
        Sitting(s.number, s.phase, s.day, s.minute, s.uses[0].resource_id, is_open=True, visit_type=s.visit_type)
        for s in plan.sessions
        if s.phase in phases and s.number != session.number
    )
    first = session.number == 1
    under = Under(wish, sittings, wish.start_on, plan.standing_minute, series)
    shut = _until(wish.start_on, session.day) if first else frozenset({session.day})
    try:
        change = rest_of(under, ground, Limits(told=numbers(sittings), shut=shut))
    except Infeasible:
        return None
    moved = {move.number: move.to for move in change.moves}
    sessions = [moved.get(s.number, s) for s in plan.sessions if s.number != session.number]
    sessions += change.added
    new = rebuilt(plan, sessions, wish)
    where = change.added[0] if change.added else new.sessions[-1]
    more = f", {len(change.moves)} more move" if change.moves else ""
    text = f"{day_text(where.day)}, {clock_text(where.minute)}{more}; the last day is {day_text(new.sessions[-1].day)}"
    return Alternative("later_day", text, new)


def _until(first: dt.date, last: dt.date) -> frozenset[dt.date]:
    return frozenset(first + dt.timedelta(days=offset) for offset in range((last - first).days + 1))


def rebuilt(plan: Plan, sessions: Sequence[PlannedSession], wish: Wish) -> Plan:
    """Return a plan with other sessions: numbered, summed up and its deviations listed again."""
    ordered = words.numbered(sorted(sessions, key=lambda session: (session.day, session.minute)))
    skipped = tuple((day, name) for day, name in plan.skipped if ordered[0].day <= day <= ordered[-1].day)
    late = tuple(each for each in plan.deviations if each.code == "late_start")
    deviations = late + tuple(
        Deviation(session.number, "other_time", session.deviation) for session in ordered if session.deviation
    )
    return replace(
        plan,
        sessions=tuple(ordered),
        summary=words.summary(ordered, skipped, wish),
        skipped=skipped,
        deviations=deviations,
    )
