"""What comes forward into a freed time, and a course that begins in one: no rule is broken, whatever the case."""

import itertools
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scheduling.domain import bitmap, local_time
from scheduling.domain.choices import as_counted
from scheduling.domain.forward import WHY, begins_at, brought, only_at, to_bring
from scheduling.domain.ground import Ground, day_book, with_sessions
from scheduling.domain.living import Sitting, Under
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.options import Lane
from scheduling.domain.plan import Plan, PlannedSession
from scheduling.domain.planner import plan_course
from scheduling.domain.protocol import Gaps, Need, Phase, Step, VisitType
from scheduling.domain.refill import (
    Slot,
)
from scheduling.domain.wish import Infeasible, Life, Wish
from tests.scheduling.domain.plain import DAY, MONDAY, ZONE, protocol, slot_at
from tests.scheduling.living.rulebook import cadence_faults
from tests.scheduling.oracle.cases import mapping, realistic_case
from tests.scheduling.oracle.validator import faults

pytestmark = pytest.mark.once

# The long run: REFILL_EXAMPLES=5000 script/test tests/scheduling/domain/test_forward.py
EXAMPLES = int(os.environ.get("REFILL_EXAMPLES", "150"))


# What comes forward.


def course(*days: int, phases: Sequence[tuple[Phase, int]] = (), **more: Any) -> Under:
    """Return a course whose visits are at ten on these days after Monday; `phases`: each with its number of visits."""
    definition = protocol(**({"phases": tuple(phase for phase, _count in phases)} if phases else {}), **more)
    names = [phase.name for phase, count in phases for _each in range(count)] or ["acute"] * len(days)
    sittings = tuple(
        Sitting(number, name, MONDAY + day * DAY, 600, 1, day >= 0, "visit")
        for number, (day, name) in enumerate(zip(days, names, strict=True), start=1)
    )
    wish = Wish(definition, MONDAY, 600, None, {}, (MONDAY, 0), 60)
    return Under(wish, sittings, MONDAY, 600)


OPEN = bitmap.span(84, 132)  # seven to six


def ground(*lanes: str) -> Ground:
    days = {MONDAY.toordinal() + day: OPEN for day in range(60)}
    kinds = enumerate(lanes or ("device",), start=1)
    return Ground([Lane(number, kind, f"{kind} {number}", frozenset(), days, days) for number, kind in kinds], ZONE)


def day(offset: int, minute: int = 480) -> Slot:
    return slot_at(MONDAY + offset * DAY, minute)


@pytest.mark.parametrize(("is_behind", "expected"), [(False, [2, 3]), (True, [3, 2])])
def test_the_next_visit_is_tried_first_unless_the_course_is_behind(is_behind: bool, expected: list[int]) -> None:
    taper = Phase("taper", sessions=1)
    under = course(0, 2, 4, 8, phases=[(Phase("acute", sessions=3), 3), (taper, 1)])

    assert [each.number for each in to_bring(under, day(1), is_behind=is_behind)] == expected


def test_what_took_place_or_lies_before_stays() -> None:
    under = course(-1, 0, 2)

    assert [each.number for each in to_bring(under, day(0, 660), is_behind=False)] == [3]
    assert to_bring(under, day(3), is_behind=False) == []


def bring(under: Under, number: int, slot: Slot, on: Ground | None = None) -> PlannedSession | str:
    sitting = next(each for each in under.sittings if each.number == number)
    return brought(under, on or ground(), sitting, slot)


def test_a_visit_is_put_exactly_there_and_says_why() -> None:
    found = bring(course(0, 2), 2, day(1))

    assert isinstance(found, PlannedSession)
    assert (found.day, found.minute, found.uses[0].resource_id, found.why) == (MONDAY + DAY, 480, 1, WHY)


def test_what_a_visit_leaves_behind_must_keep_the_rules_too() -> None:
    """The last one of the first phase comes to Tuesday: the taper would follow after nine days, eight are too many."""
    phases = [(Phase("acute", sessions=3), 3), (Phase("taper", sessions=1), 1)]
    under = course(0, 2, 5, 11, phases=phases, gaps=Gaps(hard_days=8))

    assert bring(under, 3, day(1)) == "not allowed, less than 8 days apart"
    assert isinstance(bring(course(0, 2, 5, 11, phases=phases), 3, day(1)), PlannedSession)


def test_a_lost_visit_does_not_shorten_the_weekly_pattern() -> None:
    """3, 2 and 1 a week with one of the six lost and the second week closed: the third still allows one."""
    taper = Phase("taper", weeks=(3, 2, 1))
    under = course(0, 2, 3, 14, 21, phases=[(taper, 5)])

    assert bring(under, 5, day(16)) == "not allowed, 1 a week"
    assert isinstance(bring(under, 5, day(8)), PlannedSession)


def test_no_other_visit_becomes_one_of_another_kind() -> None:
    step = Step("visit", 0, 30, (Need("device"),))
    types = {code: VisitType(code, code, 30, (step,)) for code in ("visit", "remap")}
    phases = [(Phase("acute", sessions=3), 3), (Phase("taper", sessions=1), 1)]
    more: dict[str, Any] = {"visit_types": types, "remap_visit": "remap", "gaps": Gaps(remap_days=7)}
    under = course(0, 2, 5, 11, phases=phases, **more)

    assert bring(under, 3, day(1)) == "not allowed, another visit would have to be of another kind"


@pytest.mark.parametrize(
    "phase",
    [
        Phase("acute", sessions=2, per_day=2),
        Phase("acute", sessions=2, consecutive_days=5),
        Phase("acute", windows_days=((1, 3), (5, 9))),
    ],
)
def test_visits_that_belong_together_are_moved_by_people(phase: Phase) -> None:
    assert bring(course(0, 2, phases=[(phase, 2)]), 2, day(1)) == "the visits of acute belong together"


def test_another_device_may_be_taken_but_no_other_kind_and_no_other_therapist() -> None:
    two = ground("device", "device", "room")
    under = course(0, 2)
    other, room = slot_at(MONDAY + DAY, 480, resource_id=2), slot_at(MONDAY + DAY, 480, resource_id=3, kind="room")
    kept = replace(under, wish=replace(under.wish, protocol=replace(under.wish.protocol, keep_provider="hard")))

    assert isinstance(bring(under, 2, other, two), PlannedSession)
    assert bring(under, 2, room, two) == "needs another place: device"
    assert bring(kept, 2, other, two) == "keeps to the same person"


def test_the_week_has_no_more_trips_than_the_patient_makes() -> None:
    under = course(0, 3)
    limited = replace(under, wish=replace(under.wish, max_travel_days=2))
    other = MONDAY.toordinal() + 5
    busy = replace(ground(), life=Life(visits={other: bitmap.span(100, 6)}))

    assert isinstance(bring(limited, 2, day(1)), PlannedSession)
    assert bring(limited, 2, day(1), busy) == "not allowed, the patient comes on 2 days a week at the most"
    assert isinstance(bring(limited, 2, slot_at(MONDAY + 5 * DAY, 660), busy), PlannedSession)


# Whatever comes forward keeps every rule: an independent judge looks at cases as clinics have them.


def _under(wish: Wish, plan: Plan, lost: frozenset[int]) -> Under:
    """Return the course of a plan some of whose visits were lost, as many as that prescribed."""
    series = wish.protocol.series[0]
    phases = {phase.name for phase in wish.protocol.phases if phase.series == series}
    sittings = tuple(
        Sitting(each.number, each.phase, each.day, each.minute, each.uses[0].resource_id, True, each.visit_type)
        for each in plan.sessions
        if each.phase in phases and each.number not in lost
    )
    return as_counted(Under(wish, sittings, wish.start_on, plan.standing_minute, series))


def _judged(under: Under, plan: Plan, sessions: Sequence[PlannedSession], on: Ground) -> list[str]:
    """Return what two judges find. In a course under way the first visit of a phase says which week is its first; the
    judge of plans counts from the first day the phase could use, so its word on weeks is not asked for."""
    ordered = sorted(sessions, key=lambda each: (each.day, each.minute))
    numbered = tuple(replace(each, number=number) for number, each in enumerate(ordered, start=1))
    of_plan = faults(replace(plan, sessions=numbered), under.wish, on)
    rows = [{"id": each.number, "phase": each.phase, "day": each.day} for each in numbered]
    of_rhythm = cadence_faults(mapping(under.wish.protocol.code), None, rows)
    unasked = _words_on_due_remaps(under, numbered)
    kept = [text for text in of_plan if " in the week of " not in text and text not in unasked]
    return kept + [fault.text for fault in of_rhythm]


def _words_on_due_remaps(under: Under, rows: Sequence[PlannedSession]) -> set[str]:
    """Return what the judge of plans, who knows no gaps, says of the re-mappings that a gap asks for."""
    protocol = under.wish.protocol
    return {
        f"{later.number}: is a visit of type {protocol.remap_visit} instead of {protocol.other_visit}"
        for earlier, later in itertools.pairwise(rows)
        if protocol.gaps.remap_days and (later.day - earlier.day).days >= protocol.gaps.remap_days
    }


def _some_slot(rng: random.Random, under: Under, on: Ground) -> Slot | None:
    """Return a time on one of the main devices at which a visit could begin, somewhere in the course."""
    book = day_book(under.wish, on)
    first, last = under.sittings[0].day, under.sittings[-1].day
    days = [first + offset * DAY for offset in range((last - first).days)]
    for at in rng.sample(days, len(days)):
        starts = book.starts(at.toordinal(), under.wish.protocol.other_visit)
        free = [(main, quantum) for main, mask in starts.items() for quantum in bitmap.each(mask)]
        if free and rng.random() < 0.5:
            main, quantum = rng.choice(free)
            kind = next(lane.kind for lane in on.lanes if lane.id == main)
            return Slot(at, quantum * QUANTUM, local_time.to_utc(at, quantum * QUANTUM, on.zone), main, kind, on.zone)
    return None


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
def test_whatever_comes_forward_breaks_no_rule(seed: int) -> None:
    rng = random.Random(seed)
    wish, on = realistic_case(rng.randrange(2_000))
    wish = replace(wish, covered=None)  # who pays is asked where it is stored
    try:
        plan = plan_course(wish, on)
    except Infeasible:
        assume(False)
        raise
    lost = frozenset(rng.sample(range(2, len(plan.sessions) + 1), min(len(plan.sessions) - 1, rng.randint(1, 5))))
    under = _under(wish, plan, lost)
    left = [each for each in plan.sessions if any(each.number == one.number for one in under.sittings)]
    assume(len(under.sittings) > 1 and _judged(under, plan, left, on) == [])
    slot = _some_slot(rng, under, on)
    assume(slot is not None)
    assert slot is not None

    for sitting in to_bring(under, slot, is_behind=rng.random() < 0.5):
        others = [each for each in left if each.number != sitting.number]
        found = brought(under, with_sessions(on, others), sitting, slot)
        if isinstance(found, PlannedSession):
            assert (found.day, found.minute, found.uses[0].resource_id) == (slot.day, slot.minute, slot.resource_id)
            assert (found.day, found.minute) < (sitting.day, sitting.minute)
            assert _judged(under, plan, [*others, found], on) == []


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
def test_a_course_that_begins_in_a_freed_time_breaks_no_rule(seed: int) -> None:
    rng = random.Random(seed)
    wish, on = realistic_case(rng.randrange(2_000))
    book, first = day_book(wish, on), wish.protocol.phases[0]
    starts = book.starts(wish.start_on.toordinal(), first.visit or wish.protocol.first_visit)
    free = [(main, quantum) for main, mask in starts.items() for quantum in bitmap.each(mask)]
    assume(free)
    main, quantum = rng.choice(free)
    minute, kind = quantum * QUANTUM, next(lane.kind for lane in on.lanes if lane.id == main)
    slot = Slot(wish.start_on, minute, local_time.to_utc(wish.start_on, minute, on.zone), main, kind, on.zone)
    asked = replace(wish, preferred_minute=minute)
    try:
        plan = plan_course(asked, only_at(on, wish.protocol, slot))
    except Infeasible:
        return

    if begins_at(plan, slot):
        assert faults(plan, asked, on) == []
    else:
        assert plan.sessions[0].day > slot.day
