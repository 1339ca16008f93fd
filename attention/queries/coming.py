"""What will need a person next, while nothing does now: the nearest deadline of a gate, a hold or a grant."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scheduling.domain import local_time
from scheduling.domain.gate_kinds import NAMED
from scheduling.domain.local_time import day_text
from scheduling.domain.operations import GateKind
from scheduling.queries import watch
from scheduling.queries.watch import GatedCourse, GatedHold, WatchedCourse


@dataclass(frozen=True, slots=True)
class Due:
    """Something due at an instant: one of it in words, and how many of it are called."""

    at: dt.datetime
    zone: str
    one: str
    many: str
    is_whole_day: bool = False


def next_due(*, site_ids: Sequence[int], now: dt.datetime) -> str:
    """Return what is due next at some sites: `2 rides to confirm by 3pm`; empty if nothing is known."""
    courses = watch.courses_watched(site_ids=site_ids, now=now)
    gated, held = watch.gates_watched(courses, site_ids=site_ids, now=now)
    found = [*_of_gates(gated), *_of_holds(held), *_of_grants(courses)]
    first = min((each for each in found if each.at > now), key=lambda each: each.at, default=None)
    if first is None:
        return ""
    count = found.count(first)
    return f"{f'{count} {first.many}' if count > 1 else f'1 {first.one}'} {_when(first, now)}"


def _of_gates(found: Sequence[GatedCourse]) -> Iterator[Due]:
    for each in found:
        for gate in each.gates:
            if gate.is_met or gate.kind is GateKind.FASTING:  # fasting is asked at the door
                continue
            name = gate.info.in_a_sentence
            if gate.kind in NAMED:
                name = "ride" if gate.kind is GateKind.RIDE else name
                yield Due(gate.due_at, each.course.zone, f"{name} to confirm by", f"{name}s to confirm by")
            else:
                yield Due(gate.due_at, each.course.zone, f"visit needs: {name}, by", f"visits need: {name}, by")


def _of_holds(found: Sequence[GatedHold]) -> Iterator[Due]:
    for each in found:
        yield Due(each.held_until, each.first.zone, "hold to book or release by", "holds to book or release by")


def _of_grants(courses: Sequence[WatchedCourse]) -> Iterator[Due]:
    """Yield when payers' grants end that courses under way go by."""
    going = [course for course in courses if course.state in watch.LIVE and course.goes_on]
    grants = watch.grants_watched({course.patient_id for course in going})
    for course in going:
        for grant in grants.get(course.patient_id, ()):
            if grant.is_granted and grant.codes & course.definition.billing.codes:
                ends = local_time.day_bounds(grant.ends_on, course.zone)[1] - dt.timedelta(minutes=1)
                yield Due(ends, course.zone, "authorisation ends", "authorisations end", is_whole_day=True)


def _when(due: Due, now: dt.datetime) -> str:
    if due.is_whole_day:
        return day_text(local_time.today(due.at, due.zone))
    return local_time.when_text(due.at, due.zone, now)
