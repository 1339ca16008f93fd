"""How full a house is, how scarce a slot is, where a course starts best; the planner takes the least scarce slot."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain import capacity, load
from scheduling.domain.bitmap import span
from scheduling.domain.capacity import Start
from scheduling.domain.ground import with_sessions
from scheduling.domain.options import Lane, Use
from scheduling.domain.planner import Infeasible, Wish, plan_course
from scheduling.domain.prescription import prescribed
from scheduling.domain.protocol import ProtocolDefinition
from tests.scheduling.domain.test_planner import HOLIDAYS, OPEN, TUESDAY, lane, protocol, tms_lanes
from tests.scheduling.domain.test_wishes import asked, ground

MONDAY = dt.date(2026, 11, 30)
DAY = dt.timedelta(days=1)
WEEK = [MONDAY.toordinal() + offset for offset in range(7)]
OPEN_DAYS = [
    day
    for offset in range(140)
    if (day := TUESDAY + dt.timedelta(days=offset)).isoweekday() < 6 and day not in HOLIDAYS
]


def at(minute: int, length: int = 30) -> int:
    return span(minute // 5, length // 5)


def without(minute: int, days: list[dt.date], length: int = 30) -> dict[dt.date, int]:
    """The device's days, a stretch of some of them taken."""
    return dict.fromkeys(days, OPEN & ~at(minute, length))


def device(free: dict[int, int], hours: dict[int, int] | None = None, number: int = 1) -> Lane:
    return Lane(number, "tms_device", f"Device {number}", frozenset(), free, hours or dict.fromkeys(free, OPEN))


@given(st.lists(st.integers(0, (1 << 288) - 1), max_size=40), st.integers(0, 287))
def test_masks_are_added_up_bit_by_bit(masks: list[int], quantum: int) -> None:
    planes = load.add_up(masks)

    assert load.count_at(planes, quantum) == sum(mask >> quantum & 1 for mask in masks)


def test_the_free_minutes_of_a_half_hour_are_counted_by_five() -> None:
    minutes = load.free_minutes(at(480) | at(515, 10))

    assert (minutes[16], minutes[17], sum(minutes)) == (30, 10, 40)


def test_a_slot_is_scarce_by_the_share_of_its_days_that_is_taken() -> None:
    monday, tuesday, wednesday, thursday = WEEK[:4]
    lanes = [
        device({monday: OPEN & ~at(480), tuesday: OPEN, wednesday: OPEN & ~at(490, 5), thursday: OPEN}),
        device({monday: 0}, {monday: at(480)}, number=2),
    ]

    demand = load.demand_of(lanes, load.HALF, WEEK)

    assert [(demand.days_open(q), demand.days_free(q), demand.scarcity(q)) for q in (96, 102, 12)] == [
        (5, 2, 600),  # 8am: one half hour taken, one cut into, one device there only then and full
        (4, 4, 0),
        (0, 0, 1000),  # 1am: never open, so nothing is left of it
    ]


def test_a_slot_needs_its_set_up_and_its_turnover() -> None:
    day = WEEK[0]
    use = Use("tms_device", frozenset(), 0, 6, 1, 2)

    demand = load.demand_of([device({day: at(480, 45)})], use, [day])

    assert [q for q in range(288) if demand.days_free(q)] == [97]


def test_a_day_that_is_closed_is_neither_open_nor_taken() -> None:
    demand = load.demand_of([device({WEEK[0]: OPEN})], load.HALF, WEEK)

    assert (demand.days_open(96), demand.scarcity(96)) == (1, 0)


def test_the_cells_tell_weekdays_apart_and_count_odd_minutes() -> None:
    lanes = [device({WEEK[0]: at(480, 55), WEEK[1]: at(480)}, {WEEK[0]: at(480, 60), WEEK[1]: at(480)})]

    cells = load.cells(lanes, WEEK)

    assert [(c.weekday, c.minute, c.days_open, c.days_free, c.minutes_free, c.scarcity) for c in cells] == [
        (1, 480, 1, 1, 30, 0),
        (1, 510, 1, 0, 25, 1000),
        (2, 480, 1, 1, 30, 0),
    ]


def test_a_device_is_shown_on_the_days_it_is_there_even_if_it_is_full() -> None:
    lane_ = device({WEEK[0]: 0, WEEK[1]: at(480)}, {WEEK[0]: at(480), WEEK[1]: at(480, 60)})

    found = load.device_load(lane_, WEEK)

    assert [(day.day, day.minutes_open[16:18], day.minutes_free[16:18]) for day in found.days] == [
        (WEEK[0], (30, 0), (0, 0)),
        (WEEK[1], (30, 30), (30, 0)),
    ]
    assert list(load.times_of([found])) == [16, 17]
    assert list(load.times_of([])) == []


def short(**more: Any) -> Wish:
    """A wish for five daily sessions, Tue Nov 24 to Tue Dec 1."""
    wish = asked(**more)
    return replace(wish, protocol=prescribed(wish.protocol, counts={"acute": 5, "taper": 0}))


def after(days: int) -> list[dt.date]:
    return [day for day in OPEN_DAYS if day > TUESDAY + dt.timedelta(days=days)]


def test_of_equally_good_standing_times_the_least_scarce_is_given() -> None:
    taken_later = without(450, after(20)[:8], 60 * 8)  # every half hour fits the course; until 3:30pm others want it

    plan = plan_course(short(preferred_minute=None), ground(tms_lanes(first=taken_later, second=taken_later)))

    assert plan.standing_minute == 15 * 60 + 30


def test_of_equally_scarce_standing_times_the_earliest_is_given() -> None:
    assert plan_course(asked(preferred_minute=None), ground()).standing_minute == 450


def test_a_time_that_fits_more_days_goes_before_a_less_scarce_one() -> None:
    wanted_later = without(450, after(20)[:8], 90) | {dt.date(2026, 12, 1): at(450, 90)}

    plan = plan_course(short(preferred_minute=None), ground(tms_lanes(first=wanted_later, second=wanted_later)))

    assert (plan.standing_minute, {session.minute for session in plan.sessions}) == (450, {450})


def test_a_window_is_kept_before_scarcity_is_asked() -> None:
    taken_later = without(540, after(20), 60)

    plan = plan_course(
        short(preferred_minute=None, window=(540, 600)), ground(tms_lanes(first=taken_later, second=taken_later))
    )

    assert plan.standing_minute == 540


def test_of_equally_good_devices_the_least_scarce_is_given() -> None:
    plan = plan_course(short(), ground(tms_lanes(first=without(510, after(20)))))

    assert {session.uses[0].name for session in plan.sessions} == {"NeuroStar 2"}


def test_of_equally_good_devices_for_one_day_the_least_scarce_helps_out() -> None:
    day = dt.date(2026, 12, 1)
    lanes = [
        *tms_lanes(first={day: 0}, second=without(510, after(20))),
        lane(6, "tms_device", "NeuroStar 3", free=without(510, after(20)[5:])),
    ]

    plan = plan_course(asked(), ground(lanes))

    assert {s.uses[0].name for s in plan.sessions if s.day != day} == {"NeuroStar 1"}
    assert [(s.minute, s.uses[0].name) for s in plan.sessions if s.day == day] == [(510, "NeuroStar 3")]


def test_scarcity_has_no_price() -> None:
    scarce, free = ground(tms_lanes(first=without(510, after(70)), second=without(510, after(70)))), ground()

    assert plan_course(asked(), scarce).cost == plan_course(asked(), free).cost


def test_an_empty_house_starts_a_course_at_once_and_on_every_day() -> None:
    [first, second, third] = capacity.best_starts(asked(preferred_minute=None), ground(), most=3)

    assert first == Start(
        day=TUESDAY,
        minute=450,
        resource_id=1,
        name="NeuroStar 1",
        days_free=36,
        days=36,
        scarcity=0,
        ends_on=dt.date(2027, 1, 25),
        why="Free on all 36 days on NeuroStar 1.",
    )
    assert [(start.day, start.minute) for start in (second, third)] == [(TUESDAY, 480), (TUESDAY + DAY, 450)]


def test_the_best_start_is_on_the_half_hour_asked_for_least() -> None:
    taken_later = without(450, after(20)[:8], 60 * 8)

    best = capacity.best_starts(
        short(preferred_minute=None), ground(tms_lanes(first=taken_later, second=taken_later)), most=2
    )

    assert [(start.minute, start.scarcity, start.why) for start in best] == [
        (930, 0, "Free on all 5 days on NeuroStar 1; the least asked half hour."),
        (960, 0, "Free on all 5 days on NeuroStar 1; the least asked half hour."),
    ]


def test_a_start_says_on_how_many_days_it_is_free_and_how_full_it_is() -> None:
    some = without(450, after(2)[:2], 600)

    [best] = capacity.best_starts(short(preferred_minute=None), ground(tms_lanes(first=some, second=some)), most=1)

    # Fri Nov 27 and Mon Nov 30 are full: the course is laid out around them and ends two days later.
    assert (best.day, best.days_free, best.days, best.ends_on) == (TUESDAY, 5, 5, dt.date(2026, 12, 3))
    assert best.why == "Free on all 5 days on NeuroStar 1; that half hour is 5 % taken."


def test_a_day_without_a_psychiatrist_is_no_first_day() -> None:
    away = ground(tms_lanes(psychiatrist=dict.fromkeys(OPEN_DAYS[:2], 0)))

    starts = capacity.best_starts(asked(preferred_minute=None), away)

    assert min(start.day for start in starts) == OPEN_DAYS[2]


def test_a_course_that_finds_no_place_for_its_rest_has_no_start() -> None:
    full = dict.fromkeys(OPEN_DAYS[3:], 0)

    assert capacity.best_starts(short(preferred_minute=None), ground(tms_lanes(first=full, second=full))) == []


def test_a_protocol_that_plans_nothing_ahead_has_no_start() -> None:
    with pytest.raises(Infeasible, match="plans no sessions ahead"):
        capacity.best_starts(asked("ect_cont_stable", protocol=_without_plan()), ground())


def _without_plan() -> ProtocolDefinition:
    stable = protocol("ect_cont_stable")
    return replace(stable, phases=tuple(phase for phase in stable.phases if not phase.planned))


def test_a_house_without_the_device_has_no_start() -> None:
    with pytest.raises(Infeasible, match="no TMS device"):
        capacity.best_starts(asked(), ground([lane(1, "psychiatrist", "Dr. Weiss")]))


def test_more_courses_are_planned_one_after_the_other_and_begin_later() -> None:
    house = ground(tms_lanes())
    wish = asked(preferred_minute=None)

    found, _after = capacity.what_if(wish, house, 9)

    # One psychiatrist and two devices: five first visits a day of 90 minutes, then the next day.
    begun = [(each.plan.sessions[0].day - TUESDAY).days for each in found if each.plan]
    assert begun == sorted(begun)
    assert [each.later_days for each in found] == begun
    assert found[0].text == "The 1st would start on Tue Nov 24."
    assert found[1].text == "The 2nd would start on the same day."
    assert [each.text for each in found if each.later_days == 1][:1] == [
        f"The {capacity.ordinal(begun.index(1) + 1)} would start 1 day later."
    ]


def test_what_the_imagined_courses_take_is_gone_afterwards_and_nobody_elses_time_is() -> None:
    house = ground(tms_lanes())

    [one, two], left = capacity.what_if(asked(), house, 2)

    assert one.plan is not None
    assert two.plan is not None
    laid = with_sessions(with_sessions(house, one.plan.sessions), two.plan.sessions)
    assert (left.lanes, left.life) == (laid.lanes, house.life)


def test_it_ends_with_the_course_that_does_not_fit_and_says_why() -> None:
    one_day = dict.fromkeys(OPEN_DAYS[1:], 0)
    wish = replace(asked("consult", preferred_minute=None), horizon_days=20)

    found, _left = capacity.what_if(wish, ground([lane(1, "psychiatrist", "Dr. Weiss", free=one_day)]), 20)

    assert [each.plan is not None for each in found] == [True] * 10 + [False]
    assert found[-1].text.startswith("The 11th would not fit. Visit 1 does not fit: no psychiatrist has 60 minutes")


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st")],
)
def test_a_place_in_a_row_is_said_as_people_do(number: int, words: str) -> None:
    assert capacity.ordinal(number) == words
