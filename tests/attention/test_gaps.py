"""Courses that stand still: the desk looks (Q6), the clinician decides, the next visit may have to be another (Q18)."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from attention.queries.gaps import gap_too_long, next_visit_type, review_of_gap
from scheduling.domain.states import CourseState
from tests.attention.desk import DAY, HOUR, Desk, deliver, miss, nth
from tests.attention.paper import course

MONDAY = dt.date(2026, 11, 2)


def day(number: int) -> dt.date:
    """Return a day of the course, 0 the Monday it began."""
    return MONDAY + dt.timedelta(days=number)


def given(code: str, letters: dict[int, str], *, on: int, owed: int = 3, **more: Any) -> Any:
    """Return a course by day of the course and letter, as it stands at noon of a day."""
    return course(code, {day(number): letter for number, letter in letters.items()}, today=day(on), owed=owed, **more)


def gaps(letters: dict[int, str], on: int, *, code: str = "tms_mdd_36", **more: Any) -> list[str]:
    found = given(code, letters, on=on, **more)
    items = [*gap_too_long(found), *review_of_gap(found)]
    return [f"{item.kind}: {item.title}" for item in items]


LOOK = "gap_too_long: {} days since the last visit"
DECIDE = "clinician_review: {} days since the last visit"


@pytest.mark.parametrize(
    ("on", "asked"),
    [
        (3, []),
        (4, [LOOK.format(4)]),
        (13, [LOOK.format(13)]),
        (14, [DECIDE.format(14)]),  # from here on it is not the desk's any more
        (40, [DECIDE.format(40)]),
    ],
)
def test_daily_stimulation_is_looked_at_from_the_fourth_day_and_decided_about_from_the_fourteenth(
    on: int, asked: list[str]
) -> None:
    assert gaps({0: "C", 1: "N", 2: "N", 50: "B"}, on) == asked


def test_a_gap_the_plan_has_by_itself_is_no_cause() -> None:
    holiday = {0: "C", 4: "B", 5: "B"}  # Monday, then nothing before Friday

    assert gaps(holiday, 3) == []
    assert gaps({0: "C", 6: "B"}, 5) == []


@pytest.mark.parametrize("lost", ["N", "T", "E", "K", "M", "B"])
def test_whatever_became_of_what_was_due_the_course_stands_still(lost: str) -> None:
    assert gaps({0: "C", 1: lost, 20: "B"}, 5) == [LOOK.format(5)]


def test_a_visit_of_the_day_itself_may_still_be_recorded() -> None:
    assert gaps({0: "C", 4: "B", 5: "B"}, 4) == []
    assert gaps({0: "C", 4: "N", 5: "B"}, 4) == [LOOK.format(4)]


def test_without_a_next_visit_the_plan_has_no_gap_of_its_own() -> None:
    assert gaps({0: "C"}, 4) == [LOOK.format(4)]


@pytest.mark.parametrize(
    "more", [{"state": CourseState.ON_HOLD}, {"state": CourseState.COMPLETED}, {"owed": 0}], ids=str
)
def test_a_course_on_hold_completed_or_at_its_end_does_not_stand_still(more: dict[str, Any]) -> None:
    assert gaps({0: "C", 1: "N"}, 20, **more) == []


def test_before_the_first_delivery_there_is_no_clock() -> None:
    assert gaps({0: "N", 1: "N", 20: "B"}, 15) == []


def test_what_was_stopped_early_and_does_not_count_does_not_stop_the_clock() -> None:
    assert gaps({0: "C", 3: "P", 20: "B"}, 5) == [LOOK.format(5)]


@pytest.mark.parametrize(
    ("on", "asked"),
    [(6, []), (7, [DECIDE.format(7)]), (21, [DECIDE.format(21)]), (60, [DECIDE.format(60)])],
)
def test_a_missed_week_of_supervised_dosing_is_a_clinicians_from_the_seventh_day(on: int, asked: list[str]) -> None:
    assert gaps({0: "C", 3: "N", 70: "B"}, on, code="esk_trd") == asked


def test_a_week_between_two_doses_is_no_missed_week() -> None:
    assert gaps({0: "C", 7: "B"}, 7, code="esk_trd", phase="weekly", owed=0) == []


@pytest.mark.parametrize(("on", "asked"), [(14, []), (15, [LOOK.format(15)]), (21, [DECIDE.format(21)])])
def test_where_visits_keep_a_distance_only_what_is_beyond_it_is_a_gap(on: int, asked: list[str]) -> None:
    every_two_weeks = {0: "C", 14: "B"}

    assert gaps(every_two_weeks, on, code="esk_trd", phase="maintenance", owed=0) == asked


def test_each_limit_is_a_cause_of_its_own() -> None:
    keys = []
    for on in (8, 9, 21, 59, 60):
        found = given("esk_trd", {0: "C", 3: "N", 70: "B"}, on=on)
        [item] = review_of_gap(found)
        keys.append(item.key)

    assert keys == ["review_gap:1:101:missed"] * 2 + ["review_gap:1:101:flag"] * 2 + ["review_gap:1:101:close"]


def test_a_phase_the_protocol_no_longer_has_keeps_to_the_general_limits() -> None:
    assert gaps({0: "C", 1: "N", 20: "B"}, 4, phase="renamed") == [LOOK.format(4)]


def test_the_desk_sees_since_when_until_when_and_what_comes_next(desk: Desk) -> None:
    booked = desk.book()
    first, second, third = nth(booked, 1, 2, 3)
    deliver([first])
    miss([second, third])

    [item] = desk.items(first.starts_at + 4 * DAY, kind="gap_too_long")

    assert (item["since"], item["deadline"]) == ("2026-11-28T00:00:00-05:00", "2026-12-01T00:00:00-05:00")
    assert item["detail"] == "From 4 days on somebody looks. The next one is Mon Nov 30, 8:30am."
    assert item["action"]["path"] == f"/api/v1/sessions/{third.pk}/make-up/preview/"
    assert (item["session"], item["session_version"]) == (first.pk, first.version)


def wanted(
    letters: dict[int, str], on: int, *, booked: str = "treatment", code: str = "tms_mdd_36", phase: str = ""
) -> list[str]:
    """Return what is said of the next visit, booked as a visit type."""
    found = given(code, letters, on=on, phase=phase)
    coming = tuple(each._replace(visit_type=booked) for each in found.coming)
    return [item.detail for item in next_visit_type(replace(found, coming=coming))]


def test_after_a_lost_first_visit_the_next_one_has_to_be_the_first() -> None:
    said = ["Tue Nov 3, 9am: nothing was given yet, so this is the first visit."]

    assert wanted({0: "N", 1: "B", 2: "B"}, 0) == said
    assert wanted({0: "N", 1: "B", 2: "B"}, 0, booked="mapping") == []
    assert wanted({0: "M", 1: "B", 2: "B"}, 0) == []  # first somebody says what happened


@pytest.mark.parametrize(
    ("next_on", "booked", "said"),
    [
        (6, "treatment", []),
        (7, "treatment", ["Mon Nov 9, 9am: 7 days after the last one, it begins with a new measurement."]),
        (7, "remap", []),
    ],
)
def test_a_week_after_the_last_visit_the_threshold_is_due(next_on: int, booked: str, said: list[str]) -> None:
    assert wanted({0: "C", next_on: "B"}, 1, booked=booked) == said


def test_one_visit_a_week_is_a_week_apart_and_measures_nothing_anew() -> None:
    assert wanted({0: "C", 7: "B"}, 1, phase="taper") == []
    assert wanted({0: "C", 8: "B"}, 1, phase="taper") != []


def test_a_protocol_that_measures_no_threshold_asks_for_none() -> None:
    assert wanted({0: "C", 9: "B"}, 1, code="ect_index") == []


def test_the_clinicians_gap_comes_before_the_misses_that_led_to_it(desk: Desk) -> None:
    booked = desk.book()
    first, *lost = nth(booked, *range(1, 11))
    deliver([first])
    miss(lost)

    items = desk.items(first.starts_at + 14 * DAY + HOUR, kind="clinician_review")

    assert [item["title"] for item in items] == ["14 days since the last visit"]
