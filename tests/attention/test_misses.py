"""Missed visits: twice in ten days is the desk's (Q5), the protocol's own rule the clinician's (Q18)."""

import datetime as dt
from typing import Any

import pytest

from attention.queries.misses import missed_twice, review_of_misses
from scheduling.actions import attendance
from scheduling.domain.states import CancelledBy, CourseState
from tests.attention.desk import HOUR, Desk, deliver, miss, nth, step
from tests.attention.paper import course

MONDAY = dt.date(2026, 11, 2)
TODAY = MONDAY + dt.timedelta(days=11)  # Friday of the next week


def week(letters: str, *, code: str = "tms_mdd_36", owed: int = 3, today: dt.date = TODAY, **more: Any) -> Any:
    """Return a course on the weekdays from a Monday on, a letter for each day; a dot: none on that day."""
    days = [MONDAY + dt.timedelta(days=offset) for offset in range(60)]
    weekdays = [day for day in days if day.isoweekday() < 6]
    given = {day: letter for day, letter in zip(weekdays, letters, strict=False) if letter != "."}
    return course(code, given, today=today, owed=owed, **more)


def titles(items: Any) -> list[str]:
    return [item.title for item in items]


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ("CCCCCCNCNC", ["2 visits missed in 10 days"]),
        ("CCCCCCTCLC", ["2 visits missed in 10 days"]),  # turned away, cancelled too late
        ("CCNNCCNCNC", ["4 visits missed in 10 days"]),
        ("CCCCCCNCCC", []),
        ("CCCCCCECEC", []),  # in good time
        ("CCCCCCKCKC", []),  # by the clinic
        ("CCCCCCDCDC", []),  # the device was down
        ("CCCCCCMCMC", []),  # nobody has said what happened
    ],
)
def test_two_misses_in_ten_days_are_the_desks_to_ask_about(letters: str, said: list[str]) -> None:
    assert titles(missed_twice(week(letters))) == said


@pytest.mark.parametrize(("days_later", "is_shown"), [(0, True), (1, False)])
def test_a_miss_eleven_days_ago_is_none_of_the_last_ten_days(days_later: int, is_shown: bool) -> None:
    missed = week("NCCCCCCN", today=dt.date(2026, 11, 12) + dt.timedelta(days=days_later))  # Mon Nov 2, Wed Nov 11

    assert bool(titles(missed_twice(missed))) is is_shown


def test_the_key_names_the_latest_miss_so_that_the_next_one_is_a_new_cause() -> None:
    [two] = missed_twice(week("CCCCCCNNCC"))
    [attended_since] = missed_twice(week("CCCCCCNNCCC"))
    [three] = missed_twice(week("CCCCCCNNNC"))

    assert (two.key, attended_since.key, three.key) == (
        "missed_twice:1:108",
        "missed_twice:1:108",
        "missed_twice:1:109",
    )


@pytest.mark.parametrize("state", [CourseState.ON_HOLD, CourseState.COMPLETED])
def test_a_course_on_hold_or_completed_is_not_asked_about(state: CourseState) -> None:
    missed = week("CCCCCCNNNN", state=state)

    assert [*missed_twice(missed), *review_of_misses(missed)] == []


def test_the_desk_is_shown_the_make_up_of_the_latest_miss(desk: Desk) -> None:
    booked = desk.book()
    first, second = nth(booked, 1, 2)
    miss([first, second])

    [item] = desk.items(second.starts_at + 2 * HOUR, kind="missed_twice")

    assert (item["session"], item["action"]["path"]) == (second.pk, f"/api/v1/sessions/{second.pk}/make-up/preview/")
    assert item["detail"] == "The last one on Wed Nov 25. Call, ask why, and agree on a plan."


def test_a_late_cancellation_by_the_patient_counts_and_one_by_the_clinic_does_not(desk: Desk) -> None:
    theirs, ours = desk.book(), desk.book(preferred_minute=660)
    for booked, by_whom in ((theirs, CancelledBy.PATIENT), (ours, CancelledBy.CLINIC)):
        first, second = nth(booked, 1, 2)
        miss([first])
        desk.cancel(second, now=second.starts_at - HOUR, by_whom=by_whom)

    items = desk.items(second.starts_at + HOUR, kind="missed_twice")

    assert [item["course"] for item in items] == [theirs.pk]


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ("CCCCCCCCNN", ["2 visits missed in a row"]),
        ("CCCCCCCTDN", ["3 visits missed in a row"]),  # whoever is to blame, the days are missing
        ("CCCCCCCCNC", []),
        ("CCCCCCCNNC", []),  # came again: the row is over
        ("CNCCNCCCNC", ["3 of the last 10 visits missed"]),
        ("CNCNCCCCEC", []),
        ("NCNCNCCCCCCC", []),  # the first two are no longer among the last ten
        ("CCCCCCCNKN", ["2 visits missed in a row"]),  # what the clinic cancelled is neither missed nor attended
        ("CCCCCCCPNC", []),  # stopped early: the patient was there
        ("CCCCCCCNPN", []),
    ],
)
def test_daily_stimulation_goes_to_a_clinician_after_two_in_a_row_or_three_of_ten(
    letters: str, said: list[str]
) -> None:
    assert titles(review_of_misses(week(letters))) == said


@pytest.mark.parametrize(
    ("code", "letters", "said"),
    [
        ("ect_index", "CCN", ["1 visit missed"]),
        ("ect_index", "CCNC", []),
        ("ect_cont_stable", "CCN", []),  # it has no rule of its own
        ("esk_trd", "CCNN", []),
        ("dbt_52", "CNNN......B", []),
        ("dbt_52", "CNNNN.....B", ["4 visits missed in a row"]),
    ],
)
def test_the_rule_is_the_protocols(code: str, letters: str, said: list[str]) -> None:
    assert titles(review_of_misses(week(letters, code=code))) == said


def test_two_series_side_by_side_are_counted_each_by_itself() -> None:
    days = [MONDAY + dt.timedelta(days=offset) for offset in range(8)]
    booked = (TODAY + dt.timedelta(days=1), "B", "individual")
    both = [(day, "N", ("individual", "skills group")[place % 2]) for place, day in enumerate(days)]
    only_groups = [(day, "N" if place % 2 else "C", phase) for place, (day, _letter, phase) in enumerate(both)]

    three_of_each = course("dbt_52", [*both[:6], booked], today=TODAY)
    four_groups = course("dbt_52", [*only_groups, booked], today=TODAY)

    assert titles(review_of_misses(three_of_each)) == []
    assert titles(review_of_misses(four_groups)) == ["4 visits missed in a row"]


def test_the_clinician_is_shown_the_facts_and_asked_anew_after_the_next_miss(desk: Desk) -> None:
    booked = desk.book()
    first, second, third, fourth, fifth, sixth = nth(booked, 1, 2, 3, 4, 5, 6)
    deliver([first])
    miss([second, third])
    now = third.starts_at + 2 * HOUR
    [item] = desk.items(now, kind="clinician_review")
    desk.answer(now, item["key"], "done")
    deliver([fourth])
    after_coming_again = desk.keys(fourth.ends_at, "clinician_review")
    miss([fifth])

    [again] = desk.items(fifth.starts_at + 2 * HOUR, kind="clinician_review")

    assert item["action"]["path"] == f"/api/v1/courses/{booked.pk}/history/"
    assert (item["severity"], item["detail"]) == (
        "high",
        "The last one on Fri Nov 27. The protocol asks a clinician after that.",
    )
    assert after_coming_again == []
    assert (again["title"], again["session"]) == ("3 of the last 10 visits missed", fifth.pk)
    assert sixth.state == "booked"


def test_came_late_takes_the_question_back(desk: Desk) -> None:
    booked = desk.book()
    lost = nth(booked, 1, 2)
    miss(lost)
    now = lost[-1].starts_at + 2 * HOUR
    assert desk.keys(now, "clinician_review") != []

    step(attendance.arrive, lost[-1], now)

    assert desk.keys(now, "clinician_review") == []
