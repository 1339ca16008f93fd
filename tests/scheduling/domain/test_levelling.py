"""Level the future: who moves so that a first visit fits, what it costs, and when it is better left alone."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.domain import bitmap, opening
from scheduling.domain.levelling import MOST_MOVES, Levelling, Room, level
from scheduling.domain.opening import Rigid, Seated, Way, Ways, price, roomy
from scheduling.domain.options import DayBook, Lane
from scheduling.domain.plan import PlannedSession
from scheduling.domain.protocol import Need, Step, VisitType
from scheduling.domain.wish import FREE
from tests.scheduling.domain.test_planner import NEW_YORK, protocol

MONDAY = dt.date(2026, 12, 7).toordinal()
TMS = protocol("tms_mdd_36")
MAPPING = Rigid(TMS.visit_types["mapping"], ("TMS standard 36",), frozenset(range(1, 6)))
CONSULT = Rigid(protocol("consult").visit_types["consult"], ("Consult",), frozenset(range(1, 6)))
DEVICES, OPERATORS, PSYCHIATRIST = (1, 2), (3, 4), 5
KINDS = {1: "tms_device", 2: "tms_device", 3: "operator", 4: "operator", 5: "psychiatrist"}
MORNING = bitmap.span(96, 24)  # 8am to 10am


def at(minute: int, length: int = 30) -> int:
    return bitmap.span(minute // 5, length // 5)


def sits(
    number: int, minute: int, device: int = 1, operator: int = 3, *, day: int = MONDAY, patient: int = 0
) -> Seated:
    """A treatment of half an hour; each is of a course and a patient of its own."""
    return Seated(number, 100 + number, patient or 200 + number, day, {device: at(minute), operator: at(minute)})


def house(
    seated: Sequence[Seated],
    *,
    days: Sequence[int] = (MONDAY,),
    hours: int = MORNING,
    taken: dict[int, int] | None = None,
) -> list[Lane]:
    """Two devices, two operators and a psychiatrist; `taken`: by lane what else is booked, every day."""
    lanes = []
    for number, kind in KINDS.items():
        free = {}
        for day in days:
            busy = (taken or {}).get(number, 0)
            for each in seated:
                busy |= each.takes.get(number, 0) if each.day == day else 0
            free[day] = hours & ~busy
        lanes.append(Lane(number, kind, f"{kind} {number}", frozenset(), free, dict.fromkeys(days, hours)))
    return lanes


def everywhere(lanes: Sequence[Lane], seated: Sequence[Seated]) -> Callable[[Seated], Ways]:
    """Whoever is asked may go to any half hour of the day, and would rather stay near where they are."""

    def ways_of(each: Seated) -> Ways:
        of_day = [other for other in seated if other.day == each.day]
        book = DayBook(roomy(lanes, each.day, of_day), {}, FREE, {}, {}, {"treatment": TMS.visit_types["treatment"]})
        [device] = [lane for lane in each.takes if lane in DEVICES]
        [standing] = {next(bitmap.each(mask)) for mask in each.takes.values()}
        ways = [
            Way(quantum, main, price(quantum=quantum, main=main, standing=standing, now=(standing, device)))
            for main, mask in book.starts(each.day, "treatment").items()
            for quantum in bitmap.each(mask)
            if quantum % 6 == 0
        ]
        return Ways(book, "acute", "treatment", tuple(sorted(ways, key=lambda way: (way.cost, way.quantum, way.main))))

    return ways_of


def levelled(
    seated: Sequence[Seated],
    lanes: Sequence[Lane],
    *,
    rigids: Sequence[Rigid] = (MAPPING,),
    days: Sequence[int] = (MONDAY,),
    ways_of: Callable[[Seated], Ways | None] | None = None,
) -> Levelling | None:
    return level(
        days=days,
        lanes=lanes,
        zone=NEW_YORK,
        seated=seated,
        rigids=rigids,
        ways_of=ways_of or everywhere(lanes, seated),
    )


def moved(found: Levelling | None) -> list[tuple[int, int, int]]:
    """Who goes where: session, minute, device."""
    assert found is not None
    return [(move.session_id, move.to.minute, move.to.uses[0].resource_id) for move in found.moves]


def test_who_stands_in_the_way_goes_to_another_device_at_the_same_time() -> None:
    seated = [sits(1, 510, 1, 3), sits(2, 540, 2, 4)]  # 8:30 and 9am cut both devices in two

    found = levelled(seated, house(seated))

    assert moved(found) == [(1, 510, 2)]
    assert found is not None
    assert [(each.day, each.cost, each.opens) for each in found.openings] == [(MONDAY, 2, {0: 480})]
    assert found.room == (Room(before=0, after=1, days=1),)


def test_the_place_says_what_it_holds_and_why_it_is_there() -> None:
    seated = [sits(1, 510, 1, 3), sits(2, 540, 2, 4)]

    found = levelled(seated, house(seated))

    assert found is not None
    [move] = found.moves
    assert (move.course_id, move.to.phase, move.to.visit_type, move.to.minutes, move.to.why) == (
        101,
        "acute",
        "treatment",
        30,
        opening.WHY,
    )
    assert [(use.kind, use.resource_id) for use in move.to.uses] == [("tms_device", 2), ("operator", 4)]


def test_where_there_is_room_nobody_moves() -> None:
    seated = [sits(1, 480, 1, 3)]

    assert levelled(seated, house(seated)) is None


def test_who_may_not_move_stays_and_closes_the_day() -> None:
    fixed = [sits(1, 510, 1, 3), sits(2, 540, 2, 4)]

    assert levelled([], house(fixed)) is None


def test_of_two_in_the_way_only_the_one_who_may_move_is_moved() -> None:
    told, free = sits(1, 510, 1, 3), sits(2, 540, 2, 4)
    lanes = house([told, free])

    assert moved(levelled([free], lanes)) == [(2, 540, 1)]


def test_a_session_whose_rules_let_it_go_nowhere_stays() -> None:
    seated = [sits(1, 510, 1, 3), sits(2, 540, 2, 4)]

    assert levelled(seated, house(seated), ways_of=lambda _seated: None) is None


def test_the_cheapest_way_is_taken() -> None:
    seated = [sits(1, 510, 1, 3)]
    lanes = house(seated, taken={2: MORNING & ~at(480) & ~at(570)})  # the other device: 8am and 9:30am only

    found = levelled(seated, lanes)

    # Half an hour earlier on its own device leaves 8:30am to 10am there, and costs less than the same on the other.
    assert moved(found) == [(1, 480, 1)]
    assert found is not None
    assert [(each.cost, each.opens) for each in found.openings] == [(4, {0: 510})]


def test_where_a_helper_is_lacking_only_the_helper_changes() -> None:
    seated = [sits(1, 510, 1, 3), sits(2, 540, 1, 4)]  # device 2 is free all morning, each operator only in parts

    found = levelled(seated, house(seated))

    assert moved(found) == [(1, 510, 1)]
    assert found is not None
    assert [use.resource_id for use in found.moves[0].to.uses] == [1, 4]
    assert [each.cost for each in found.openings] == [opening.OTHER_HELPER]


@pytest.mark.parametrize(("second", "expected"), [(8, [(1, 510, 2), (2, 510, 6)]), (7, None)], ids=["two", "one"])
def test_a_patient_is_not_put_into_two_places_at_once(second: int, expected: list[tuple[int, int, int]] | None) -> None:
    seated = [sits(1, 510, 1, 3, patient=7), sits(2, 540, 1, 3, patient=second)]
    short = bitmap.span(96, 18)  # 8am to 9:30am: both have to go, and elsewhere only 8:30am is free
    lanes = house(seated, hours=short, taken={2: short & ~at(510)})
    lanes += [
        Lane(6, "tms_device", "Device 6", frozenset(), {MONDAY: at(510)}, {MONDAY: short}),
        Lane(7, "operator", "Operator 7", frozenset(), {MONDAY: short}, {MONDAY: short}),
    ]

    found = levelled(seated, lanes)

    assert (None if found is None else moved(found)) == expected


def test_what_is_out_of_service_is_not_given_back() -> None:
    seated = [sits(1, 510, 1, 3)]
    lanes = house(seated, taken={2: MORNING})
    broken = [
        replace(lane, hours={MONDAY: MORNING & ~at(510)}, free={MONDAY: lane.free[MONDAY] & ~at(510)})
        if lane.id == 1
        else lane
        for lane in lanes
    ]

    assert levelled(seated, broken) is None


def test_a_day_on_which_the_visit_is_never_given_is_not_opened() -> None:
    seated = [sits(1, 510, 1, 3), sits(2, 540, 2, 4)]
    fridays = replace(MAPPING, weekdays=frozenset({5}))

    assert levelled(seated, house(seated), rigids=[fridays]) is None


def test_no_other_rigid_visit_loses_its_room() -> None:
    # The psychiatrist has an hour for a consult; the first visit of 90 minutes would need it, and who could go.
    seated = [sits(1, 510, 1, 3), sits(2, 540, 2, 4)]
    lanes = house(seated)
    before = levelled(seated, lanes, rigids=[MAPPING, CONSULT])

    assert before is not None
    assert [(room.before, room.after) for room in before.room] == [(0, 1), (1, 1)]


def test_a_seat_that_another_rigid_visit_needs_is_not_taken() -> None:
    # Only the second device is navigated, and has room for an hour at 8:30am: the cheapest seat would take it.
    step = Step("treatment", 0, 60, (Need("tms_device", capabilities=("navigated",)), Need("operator")))
    navigated = Rigid(VisitType("nav", "Navigated", 60, (step,)), ("Navigated",), frozenset(range(1, 6)))
    seated = [sits(1, 510, 1, 3)]
    lanes = [
        replace(lane, capabilities=frozenset({"navigated"})) if lane.id == 2 else lane
        for lane in house(seated, taken={2: MORNING & ~at(510, 60)})
    ]

    alone, beside = levelled(seated, lanes), levelled(seated, lanes, rigids=[MAPPING, navigated])

    assert moved(alone) == [(1, 510, 2)]
    assert moved(beside) == [(1, 480, 1)]
    assert beside is not None
    assert [(room.before, room.after) for room in beside.room] == [(0, 1), (1, 1)]


def test_where_most_days_have_room_one_more_is_not_worth_a_move() -> None:
    days = [*range(MONDAY, MONDAY + 5), *range(MONDAY + 7, MONDAY + 12)]
    seated = [sits(1, 510, 1, 3), sits(2, 540, 2, 4)]

    assert levelled(seated, house(seated, days=days), days=days) is None


def test_each_day_that_is_opened_makes_the_next_worth_less() -> None:
    days = [MONDAY + offset for offset in range(5)]
    seated = [
        each
        for place, day in enumerate(days)
        for each in (sits(10 * place + 1, 510, 1, 3, day=day), sits(10 * place + 2, 540, 2, 4, day=day))
    ]

    found = levelled(seated, house(seated, days=days), days=days)

    # Five days without room: 20, 16, 12, 8 points, and the last 4 are just twice what a change of device costs.
    assert found is not None
    assert [each.day for each in found.openings] == days
    assert found.room == (Room(before=0, after=5, days=5),)


def test_no_more_moves_than_a_person_reads() -> None:
    days = [MONDAY + 7 * (offset // 5) + offset % 5 for offset in range(20)]
    seated = [
        each
        for place, day in enumerate(days)
        for each in (sits(10 * place + 1, 510, 1, 3, day=day), sits(10 * place + 2, 540, 2, 4, day=day))
    ]

    found = levelled(seated, house(seated, days=days), days=days)

    assert found is not None
    assert len(found.moves) == MOST_MOVES


def test_a_price_names_helper_device_and_time() -> None:
    costs = [
        price(quantum=quantum, main=main, standing=102, now=(102, 1))
        for quantum, main in [(102, 1), (102, 2), (108, 1), (96, 2), (114, 1)]
    ]

    assert costs == [1, 2, 4, 6, 5]


@st.composite
def days_of_work(draw: st.DrawFn) -> tuple[list[Seated], list[Seated]]:
    """Sessions on a morning, none on another: those that may move and those that may not."""
    slots = draw(st.sets(st.sampled_from(list(product((480, 510, 540, 570), DEVICES))), max_size=7))
    found: list[Seated] = []
    for number, (minute, device) in enumerate(sorted(slots), start=1):
        others = [each.takes for each in found]
        free = [operator for operator in OPERATORS if not any(t.get(operator, 0) & at(minute) for t in others)]
        if free:
            found.append(sits(number, minute, device, free[0]))
    told = draw(st.sets(st.integers(1, 7)))
    return [s for s in found if s.session_id not in told], [s for s in found if s.session_id in told]


@settings(max_examples=300, deadline=None)
@given(days_of_work())
def test_a_proposal_moves_nobody_onto_another_leaves_the_told_alone_and_opens_what_it_says(
    case: tuple[list[Seated], list[Seated]],
) -> None:
    free, told = case
    lanes = house([*free, *told])

    found = levelled(free, lanes)

    if found is None:
        return
    places = {move.session_id: _taken(move.to) for move in found.moves}
    assert set(places) <= {each.session_id for each in free}
    held = [places.get(each.session_id, dict(each.takes)) for each in [*free, *told]]
    for lane in KINDS:
        masks = [takes[lane] for takes in held if lane in takes]
        assert sum(mask.bit_count() for mask in masks) == _union(masks).bit_count()
        assert not _union(masks) & ~MORNING
    assert _has_room(held)


def _taken(place: PlannedSession) -> dict[int, int]:
    return {use.resource_id: at(use.from_minute, use.to_minute - use.from_minute) for use in place.uses}


def _union(masks: Sequence[int]) -> int:
    together = 0
    for mask in masks:
        together |= mask
    return together


def _has_room(held: Sequence[dict[int, int]]) -> bool:
    """Tell by trying everything whether a first visit of 90 minutes fits beside what is held."""
    return any(
        not any(takes.get(lane, 0) & at(minute, 90) for takes in held for lane in (device, operator, PSYCHIATRIST))
        for minute in range(480, 511, 5)
        for device in DEVICES
        for operator in OPERATORS
    )
