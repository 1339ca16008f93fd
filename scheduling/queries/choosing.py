"""One session of a previewed plan put on a day somebody chose; writes nothing."""

import datetime as dt
from dataclasses import dataclass

from scheduling.domain import chosen_day
from scheduling.domain.plan import PlannedSession
from scheduling.errors import NotFound
from scheduling.queries import planning
from scheduling.queries.planning import Proposal


@dataclass(frozen=True, slots=True)
class Chosen:
    """The plan with the session there; else why it can't be there, and the nearest places it can."""

    proposal: Proposal | None
    why: str = ""
    near: tuple[PlannedSession, ...] = ()


def put_on(proposal: Proposal, *, number: int, day: dt.date, now: dt.datetime) -> Chosen:
    """Return a previewed plan with one session on a chosen day, or why it can't be there.

    :raises NotFound: the plan has no session of that number.
    :raises Rejected, CannotPlan: what was asked for can't be planned any more.
    """
    if not 1 <= number <= len(proposal.plan.sessions):
        raise NotFound("The plan has no such session.", fields={"number": "unknown"})
    asked = planning.prepared(site=proposal.site, wish=proposal.wish, now=now)
    found = chosen_day.put_on(asked.wish, asked.ground, proposal.plan, number, day)
    whole = planning.with_plan(asked, proposal, found.plan) if found.plan else None
    return Chosen(whole, found.why, found.near)
