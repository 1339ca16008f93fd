"""A plan of which some times went meanwhile, with other places for just those sessions."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scheduling.domain import bitmap
from scheduling.domain.alternatives import Alternative, alternatives, rebuilt
from scheduling.domain.ground import day_book
from scheduling.domain.local_time import QUANTUM, clock_text, day_text
from scheduling.domain.options import DayBook
from scheduling.domain.plan import Plan, PlannedSession
from scheduling.errors import PlanGone
from scheduling.queries import planning
from scheduling.queries.planning import Asked, Proposal


@dataclass(frozen=True, slots=True)
class Mended:
    """A plan that is free as a whole again; `lost`: how many of its times had gone; `rows`: the numbers to look at."""

    proposal: Proposal
    lost: int
    rows: tuple[int, ...]


def mended(proposal: Proposal, *, now: dt.datetime) -> Mended:
    """Return a plan with the sessions whose places went elsewhere, the others where they are; writes nothing.

    :raises PlanGone: no time went, or one of the sessions fits nowhere else without moving others.
    :raises NotFound, Rejected, CannotPlan: as `planning.propose_course`.
    """
    asked, proposal = planning.asked_again(proposal, now=now)
    book = day_book(asked.wish, asked.ground)
    before = proposal.plan
    lost = [session for session in before.sessions if not _is_free(session, book)]
    if not lost:
        raise PlanGone("None of these times is taken. Look at the plan again.")
    plan = before
    for session in lost:
        plan = _with_another_place(asked, book, plan, session).plan
    plan = _said(plan, before, lost, asked)
    stays = {_place(session) for session in before.sessions}
    rows = tuple(session.number for session in plan.sessions if _place(session) not in stays)
    return Mended(planning.with_plan(asked, proposal, plan), len(lost), rows)


def _place(session: PlannedSession) -> tuple[dt.date, int, int]:
    return session.day, session.minute, session.uses[0].resource_id


def _is_free(session: PlannedSession, book: DayBook) -> bool:
    day = session.day.toordinal()
    free = {lane.id: lane.free.get(day, 0) for lane in book.lanes}
    for use in session.uses:
        span = bitmap.span(use.from_minute // QUANTUM, (use.to_minute - use.from_minute) // QUANTUM)
        if span & ~free.get(use.resource_id, 0):
            return False
    during = bitmap.span(session.minute // QUANTUM, session.minutes // QUANTUM)
    return not book.life.visits.get(day, 0) & during


def _with_another_place(asked: Asked, book: DayBook, plan: Plan, session: PlannedSession) -> Alternative:
    """Return the nearest other place: within an hour that day, another device, or else a later day."""
    # A session put later takes the number of those behind it.
    number = next(each.number for each in plan.sessions if _place(each) == _place(session))
    found = alternatives(asked.wish, asked.ground, plan, number, book=book, enough=1)
    kept = {_place(each) for each in plan.sessions if each.number != number}
    for each in found:
        if kept <= {_place(other) for other in each.plan.sessions}:
            return each
    raise PlanGone("Too many times were taken while you were choosing. Here is what is free now.")


def _said(plan: Plan, before: Plan, lost: Sequence[PlannedSession], asked: Asked) -> Plan:
    """Return a plan whose new places say which time went."""
    stays = {_place(session) for session in before.sessions}
    new_days = {session.day for session in plan.sessions if _place(session) not in stays}
    same_day = {session.day: session for session in lost if session.day in new_days}
    elsewhere = iter([session for session in lost if session.day not in new_days])
    sessions = []
    for session in plan.sessions:
        if _place(session) not in stays:
            went = same_day.get(session.day) or next(elsewhere, session)
            session = replace(session, deviation=_went(went, session.day))
        sessions.append(session)
    return rebuilt(plan, sessions, asked.wish)


def _went(session: PlannedSession, day: dt.date) -> str:
    at = clock_text(session.minute)
    return f"{at if session.day == day else f'{day_text(session.day)}, {at}'} was taken while you were choosing."
