"""When a gap asks for a re-mapping, and that a change gives it."""

import datetime as dt
from dataclasses import replace

import pytest

from scheduling.domain import changes, remap
from scheduling.domain.choices import as_counted, to_move
from scheduling.domain.plan import Plan
from scheduling.domain.planner import plan_course
from tests.scheduling.domain.test_changes import course_of
from tests.scheduling.domain.test_planner import protocol
from tests.scheduling.domain.test_wishes import asked, ground


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_course(asked(), ground())


@pytest.mark.parametrize(
    ("code", "phase", "days", "due"),
    [
        ("tms_mdd_36", "acute", 6, False),
        ("tms_mdd_36", "acute", 7, True),
        ("tms_mdd_36", "taper", 7, False),  # one visit a week is a week apart
        ("tms_mdd_36", "taper", 8, True),
        ("ect_index", "index", 30, False),  # no threshold to be determined
    ],
)
def test_a_re_mapping_is_due_from_seven_days_on_that_the_phase_did_not_ask_for(
    code: str, phase: str, days: int, due: bool
) -> None:
    found = next(each for each in protocol(code).phases if each.name == phase)

    assert remap.is_due(protocol(code), found, days) is due


def test_the_first_visit_after_a_week_away_is_a_re_mapping(plan: Plan) -> None:
    course = as_counted(course_of(plan, delivered=9))  # the tenth is on Tue Dec 8

    change = changes.move_rest(course, ground(), 10, from_day=dt.date(2026, 12, 15))

    assert [(move.to.day, move.to.visit_type) for move in change.moves][:2] == [
        (dt.date(2026, 12, 15), "remap"),
        (dt.date(2026, 12, 16), "treatment"),
    ]


def test_a_re_mapping_whose_gap_is_gone_is_an_ordinary_visit_again(plan: Plan) -> None:
    course = as_counted(course_of(plan, delivered=9))
    sittings = [replace(each, visit_type="remap") if each.number == 12 else each for each in course.sittings]

    change = changes.move_rest(
        replace(course, sittings=tuple(sittings)), ground(), 10, from_day=plan.sessions[9].day, minute=600
    )

    assert {move.to.visit_type for move in change.moves} == {"treatment"}


def test_a_visit_booked_as_an_ordinary_one_is_offered_as_the_re_mapping_it_has_to_be(plan: Plan) -> None:
    course = course_of(plan, delivered=5, lost=(6, 7, 8, 9, 10), today=plan.sessions[9].day)

    first = to_move(course, ground(), ground(), 11)[0]

    assert first.change is not None
    [move] = first.change.moves
    assert (first.kind, move.to.day, move.to.visit_type) == ("visit_type", plan.sessions[10].day, "remap")
