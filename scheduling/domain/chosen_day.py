"""Pure: one session of a plan put on a day somebody chose; or why it can't be there, and the nearest days it can."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scheduling.domain.alternatives import rebuilt
from scheduling.domain.choices import Places, as_counted
from scheduling.domain.ground import Ground, with_sessions
from scheduling.domain.living import Sitting, Under
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.plan import Plan, PlannedSession
from scheduling.domain.wish import Wish

NEAREST = 3  # as many as a hand takes in at a glance
NEARBY_DAYS = 14


@dataclass(frozen=True, slots=True)
class ChosenDay:
    """The plan with a session on the chosen day; else why it can't be there, and the nearest places it can."""

    plan: Plan | None
    why: str = ""
    near: tuple[PlannedSession, ...] = ()


def put_on(wish: Wish, ground: Ground, plan: Plan, number: int, day: dt.date) -> ChosenDay:
    """Return one session of a plan on another day, as near to its time as anything is free; the others stay."""
    session = plan.sessions[number - 1]
    places = _places(wish, ground, plan, session)
    there = f"closed: {ground.closures[day]}" if day in ground.closures else _on(places, session, day)
    if isinstance(there, str):
        return ChosenDay(None, f"{there[0].upper()}{there[1:]}", tuple(_near(places, session, day)))
    sessions = [there if other.number == number else other for other in plan.sessions]
    return ChosenDay(rebuilt(plan, sessions, wish))


def _places(wish: Wish, ground: Ground, plan: Plan, session: PlannedSession) -> Places:
    series = next(phase.series for phase in wish.protocol.phases if phase.name == session.phase)
    phases = {phase.name for phase in wish.protocol.phases if phase.series == series}
    sittings = tuple(
        Sitting(s.number, s.phase, s.day, s.minute, s.uses[0].resource_id, is_open=True, visit_type=s.visit_type)
        for s in plan.sessions
        if s.phase in phases
    )
    others = [other for other in plan.sessions if other.number != session.number]
    under = Under(wish, sittings, wish.start_on, plan.standing_minute, series)
    return Places(as_counted(under), with_sessions(ground, others), phase=session.phase, number=session.number)


def _on(places: Places, session: PlannedSession, day: dt.date) -> PlannedSession | str:
    if any(each.day == session.day for each in places.others):
        return "the visits of one day stay together"
    if day < places.under.wish.start_on:
        return f"the course begins on {day_text(places.under.wish.start_on)} or later"
    if faults := places.faults(day, session.minute):
        return f"not allowed, {faults[0].text}"
    found = places.on(day, session.minute, session.uses[0].resource_id)
    if isinstance(found, str):
        return found
    words = f"Chosen: {day_text(day)}, {clock_text(found.minute)}."
    return replace(found, number=session.number, deviation=words)


def _near(places: Places, session: PlannedSession, day: dt.date) -> Iterator[PlannedSession]:
    """Yield places on the days around one, the nearest first; never the day the session is on."""
    left = NEAREST
    for away in range(1, NEARBY_DAYS + 1):
        for near in (day - dt.timedelta(days=away), day + dt.timedelta(days=away)):
            found = _on(places, session, near) if near != session.day else ""
            if left and isinstance(found, PlannedSession):
                left -= 1
                yield found
