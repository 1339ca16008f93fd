"""One session of a plan on a day somebody chose: the others stay, every rule holds, and a no says what is near."""

import datetime as dt
from typing import Any

import pytest

from scheduling.domain.chosen_day import ChosenDay, put_on
from scheduling.domain.ground import Ground
from scheduling.domain.options import Lane
from scheduling.domain.plan import Plan
from scheduling.domain.planner import Wish, plan_course
from tests.scheduling.domain.test_planner import HOLIDAYS, NEW_YORK, TUESDAY, protocol, tms_lanes

pytestmark = pytest.mark.once


def tried(number: int, day: dt.date, lanes: list[Lane] | None = None, **wish: Any) -> tuple[Plan, ChosenDay]:
    asked = Wish(protocol("tms_mdd_36"), TUESDAY, 510, None, {}, (dt.date(2026, 11, 16), 600), 130, **wish)
    ground = Ground(lanes=lanes or tms_lanes(), zone=NEW_YORK, closures=HOLIDAYS)
    plan = plan_course(asked, ground)
    return plan, put_on(asked, ground, plan, number, day)


def test_a_session_goes_to_the_chosen_day_at_its_time_and_the_others_stay() -> None:
    before, found = tried(36, dt.date(2027, 1, 26))

    assert found.plan is not None
    assert [(s.day, s.minute) for s in found.plan.sessions[:35]] == [(s.day, s.minute) for s in before.sessions[:35]]
    last = found.plan.sessions[35]
    assert (last.day, last.minute, last.deviation) == (dt.date(2027, 1, 26), 510, "Chosen: Tue Jan 26, 8:30am.")
    assert "36 sessions, Tue Nov 24 to Tue Jan 26." in found.plan.summary


@pytest.mark.parametrize(
    ("number", "day", "why"),
    [
        (36, dt.date(2027, 1, 31), "Not allowed, it is not given on Sundays"),
        (36, dt.date(2027, 1, 21), "Not allowed, one a day"),
        (36, dt.date(2027, 1, 18), "Closed: Martin Luther King Jr. Day"),
        (1, dt.date(2026, 11, 23), "The course begins on Tue Nov 24 or later"),
    ],
)
def test_a_day_it_may_not_be_on_says_why_with_the_nearest_that_fit(number: int, day: dt.date, why: str) -> None:
    before, found = tried(number, day)

    assert (found.plan, found.why) == (None, why)
    taken = {session.day for session in before.sessions}
    assert all(place.day not in taken for place in found.near)


def test_the_nearest_days_are_offered_at_the_time_of_the_session() -> None:
    _before, found = tried(36, dt.date(2027, 1, 18))

    assert [(place.day.day, place.minute) for place in found.near] == [(26, 510), (27, 510), (28, 510)]
