"""A course made longer or shorter: what would happen, as one choice with a token that does exactly it."""

import datetime as dt
from collections import Counter

from scheduling.domain import choices
from scheduling.domain.choices import as_counted
from scheduling.domain.living import Change, Limits, numbers, rest_of
from scheduling.domain.prescription import NotPermitted, prescribed
from scheduling.domain.protocol import Phase, ProtocolDefinition
from scheduling.domain.states import MOVABLE, CourseState
from scheduling.domain.wish import Infeasible
from scheduling.errors import CannotPlan, IllegalMove, Rejected
from scheduling.models import Course, Session
from scheduling.queries.living import definition_under, standing_of
from scheduling.queries.repairs import Choice, as_choice, together

MOST = 60  # at once: more is another course


def resize_choice(course: Course, *, add: int, now: dt.datetime) -> Choice:
    """Return the course with so many sessions more, put behind its last phase, or fewer, taken from its end.

    What is owed goes first when a course becomes shorter, and stays owed when it becomes longer.

    :raises IllegalMove: the course is not going on.
    :raises Rejected: nothing is added or taken away, or too much at once.
    :raises CannotPlan: the protocol does not permit it, there is no place, or not so many are ahead.
    """
    if course.state not in (CourseState.ACTIVE, CourseState.READY) or not course.wish:
        raise IllegalMove("This course is not going on. Only a course under way is made longer or shorter.")
    if not 0 < abs(add) <= MOST:
        raise Rejected(f"Say how many sessions more or fewer, from 1 to {MOST}.", fields={"add": "out of range"})
    definition = definition_under(course)
    counts, booked = _longer(definition, add) if add > 0 else _shorter(course, definition, -add, now)
    _check(definition, counts)
    parts = [_part(course, definition, series, booked, now) for series in _series_in(definition, booked)]
    change = together(parts) if parts else _as_it_is(course)
    wish = {**course.wish, "counts": {**course.wish.get("counts", {}), **counts}}
    standing = standing_of(course, now=now, definition=definition)
    facts = {"prescribed": course.prescribed + add, "wish": wish}
    label = f"{abs(add)} {'more' if add > 0 else 'fewer'}"
    return as_choice(standing, choices.Choice("resized", label, change), kind="resized", facts=facts)


def _longer(definition: ProtocolDefinition, add: int) -> tuple[dict[str, int], dict[str, int]]:
    """Return the counts by phase of a longer course, and how many more are booked by phase: in the last that may."""
    why = "This treatment has no phase that can be longer."
    for phase in reversed(_closed(definition)):
        counts = {phase.name: phase.planned + add}
        try:
            prescribed(definition, counts=counts)
        except NotPermitted as refusal:
            why = str(refusal)
        else:
            return counts, {phase.name: add}
    raise CannotPlan(why, code="not_permitted")


def _shorter(
    course: Course, definition: ProtocolDefinition, fewer: int, now: dt.datetime
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the counts by phase of a shorter course, and how many fewer are booked by phase (below 0)."""
    rows = Session.objects.filter(course=course, is_counted=True).values_list("phase", "state", "starts_at")
    counted, ahead = Counter[str](), Counter[str]()
    for name, state, starts_at in rows:
        counted[name] += 1
        ahead[name] += state in MOVABLE and starts_at > now
    phases = list(reversed(_closed(definition)))
    left = {phase.name: phase.planned for phase in phases}
    booked: dict[str, int] = {}
    for phase in phases:
        owed = min(fewer, max(0, phase.planned - counted[phase.name]))
        left[phase.name] -= owed
        fewer -= owed
    for phase in phases:
        taken = min(fewer, ahead[phase.name])
        left[phase.name] -= taken
        fewer -= taken
        if taken:
            booked[phase.name] = -taken
    if fewer:
        most = sum(phase.planned for phase in phases) - sum(left.values())
        raise CannotPlan(
            f"Only {most} sessions are still ahead. Remove at most {most}, or end the course.", code="too_few"
        )
    return {phase.name: left[phase.name] for phase in phases if left[phase.name] != phase.planned}, booked


def _closed(definition: ProtocolDefinition) -> list[Phase]:
    """Return the phases with an end: one without is booked ahead by the clock."""
    return [phase for phase in definition.phases if not phase.open_ended]


def _check(definition: ProtocolDefinition, counts: dict[str, int]) -> None:
    try:
        prescribed(definition, counts=counts)
    except NotPermitted as refusal:
        raise CannotPlan(f"{refusal} To stop the treatment, end the course.", code="not_permitted") from refusal


def _series_in(definition: ProtocolDefinition, booked: dict[str, int]) -> list[str]:
    meant = {phase.series for phase in definition.phases if phase.name in booked}
    return [series for series in definition.series if series in meant]


def _part(
    course: Course, definition: ProtocolDefinition, series: str, booked: dict[str, int], now: dt.datetime
) -> Change:
    """Return what happens in one series: what counts now and so many more or fewer, everything told where it is."""
    standing = standing_of(course, now=now, definition=definition, series=series)
    own = {phase.name for phase in definition.phases if phase.series == series}
    under = as_counted(standing.under, {name: count for name, count in booked.items() if name in own})
    told = numbers(sitting for sitting in under.sittings if sitting.is_open)
    try:
        return rest_of(under, standing.ground(), Limits(told=told))
    except Infeasible as refusal:
        raise CannotPlan(str(refusal), code=refusal.code) from refusal


def _as_it_is(course: Course) -> Change:
    """Return that no session moves: only what is owed becomes less."""
    days = Session.objects.filter(course=course, is_counted=True).values_list("day", flat=True)
    last = max(days, default=course.booked_at.date())
    return Change(moves=(), added=(), dropped=(), ended_on=last, ends_on=last)
