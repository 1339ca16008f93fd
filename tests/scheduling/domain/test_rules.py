"""Which rules one session of a course breaks where it stands."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain import policy
from scheduling.domain.living import Sitting
from scheduling.domain.plan import Plan
from scheduling.domain.planner import plan_course
from scheduling.domain.policy import Notice
from scheduling.domain.rules import broken
from tests.scheduling.domain.test_planner import protocol
from tests.scheduling.domain.test_wishes import asked, ground

MONDAY = dt.date(2026, 11, 30)
ZONE = "America/New_York"


def sitting(number: int, day: dt.date, *, phase: str = "acute", minute: int = 510) -> Sitting:
    return Sitting(number, phase, day, minute, 1, True, "treatment")


def codes(others: list[Sitting], session: Sitting, **limits: Any) -> set[str]:
    return {each.code for each in broken(protocol("tms_mdd_36"), others, session, **limits)}


def week(*weekdays: int, phase: str = "acute") -> list[Sitting]:
    return [sitting(n, MONDAY + dt.timedelta(days=day - 1), phase=phase) for n, day in enumerate(weekdays, start=1)]


def test_a_session_between_its_neighbours_breaks_nothing() -> None:
    assert codes(week(1, 2, 4, 5), sitting(9, MONDAY + dt.timedelta(days=2))) == set()


def test_one_a_day() -> None:
    assert "per_day" in codes(week(1, 2), sitting(9, MONDAY, minute=900))


def test_no_weekend() -> None:
    assert codes(week(1, 2), sitting(9, MONDAY + dt.timedelta(days=5))) == {"weekday"}


def test_three_a_week_in_the_first_week_of_the_taper() -> None:
    acute = sitting(1, MONDAY - dt.timedelta(days=5))
    taper = week(1, 2, 3, phase="taper")

    assert codes([acute, *taper], sitting(9, MONDAY + dt.timedelta(days=3), phase="taper")) == {"per_week"}


def test_an_acute_session_after_the_taper_began_is_out_of_order() -> None:
    assert codes(week(1, phase="taper"), sitting(9, MONDAY + dt.timedelta(days=1))) == {"phase_order"}


def test_the_taper_waits_for_the_monday_after_the_last_acute_session() -> None:
    assert codes(week(1, 2), sitting(9, MONDAY + dt.timedelta(days=3), phase="taper")) == {"phase_order"}


def test_a_gap_from_the_limit_on_is_a_clinicians_to_decide() -> None:
    far = sitting(9, MONDAY + dt.timedelta(days=14))

    assert (codes(week(1), far, longest_gap=14), codes(week(1), far, longest_gap=15)) == ({"gap_too_long"}, set())


def test_every_rule_says_so_in_words() -> None:
    [fault] = broken(protocol("tms_mdd_36"), week(1, 2), sitting(9, MONDAY + dt.timedelta(days=5)))

    assert fault.text == "it is not given on Saturdays"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_course(asked(), ground())


def test_a_plan_of_the_planner_breaks_nothing(plan: Plan) -> None:
    sittings = [
        Sitting(s.number, s.phase, s.day, s.minute, s.uses[0].resource_id, True, s.visit_type) for s in plan.sessions
    ]

    assert [broken(protocol("tms_mdd_36"), sittings, each, longest_gap=14) for each in sittings] == [[]] * 36


@given(number=st.integers(1, 36), away=st.integers(-40, 40))
def test_moving_onto_another_sessions_day_is_always_found(plan: Plan, number: int, away: int) -> None:
    sittings = [
        Sitting(s.number, s.phase, s.day, s.minute, s.uses[0].resource_id, True, s.visit_type) for s in plan.sessions
    ]
    moved = replace(sittings[number - 1], day=sittings[number - 1].day + dt.timedelta(days=away), minute=900)
    taken = {each.day for each in sittings if each.number != number}

    found = {each.code for each in broken(protocol("tms_mdd_36"), sittings, moved)}

    assert ("per_day" in found) == (moved.day in taken)


# How early a cancellation must come.

START = dt.datetime(2026, 11, 24, 14, 0, tzinfo=dt.UTC)  # Tuesday, 9am in New York


@pytest.mark.parametrize(
    ("notice", "hours_before", "late"),
    [
        (Notice(hours=24), 24, False),
        (Notice(hours=24), 23.9, True),
        (Notice(), 0.1, False),
        (Notice(business_days=1, cutoff_minute=16 * 60), 17, False),  # Monday, 4pm
        (Notice(business_days=1, cutoff_minute=16 * 60), 16.9, True),
        (Notice(business_days=2, cutoff_minute=16 * 60), 24 * 4, False),  # Friday at 9am
        (Notice(business_days=2, cutoff_minute=16 * 60), 24, True),
    ],
)
def test_a_cancellation_is_late_by_the_policy(notice: Notice, hours_before: float, late: bool) -> None:
    at = START - dt.timedelta(hours=hours_before)

    assert policy.is_late(notice, cancelled_at=at, starts_at=START, zone=ZONE) is late


def test_d4_a_day_before_across_the_change_of_clocks_is_elapsed_hours() -> None:
    nine = dt.datetime(2026, 3, 8, 13, 0, tzinfo=dt.UTC)  # 9am, the day the clocks go forward
    eight_the_day_before = dt.datetime(2026, 3, 7, 13, 0, tzinfo=dt.UTC)

    assert not policy.is_late(Notice(hours=24), cancelled_at=eight_the_day_before, starts_at=nine, zone=ZONE)
