"""Courses at risk: nothing is booked (Q7), a pause is over, held times are about to go back (Q14)."""

import datetime as dt
from typing import Any

import pytest

from attention.queries.at_risk import hold_over, no_next_session
from scheduling.actions import holds
from scheduling.domain.states import CourseState, Scope
from tests.attention.desk import DAY, Desk, deliver, nth
from tests.attention.paper import course
from tests.factories import FIRST_DAY, NOW

MONDAY = dt.date(2026, 11, 2)
NEXT = MONDAY + dt.timedelta(days=1)


def details(code: str, letters: dict[dt.date, str], *, owed: int = 0, **more: Any) -> list[str]:
    found = course(code, letters, today=MONDAY, owed=owed, **more)
    return [item.detail for item in no_next_session(found)]


@pytest.mark.parametrize(
    ("letters", "owed", "said"),
    [
        ({MONDAY: "C", NEXT: "E"}, 35, ["35 of 36 are still owed."]),
        ({MONDAY: "C", NEXT: "B"}, 34, []),  # something is booked
        ({MONDAY: "C"}, 0, []),  # nothing is owed
        ({MONDAY: "M"}, 0, []),  # first somebody says what happened
    ],
)
def test_a_course_that_owes_visits_and_has_none_booked_is_at_risk(
    letters: dict[dt.date, str], owed: int, said: list[str]
) -> None:
    assert details("tms_mdd_36", letters, owed=owed) == said


def test_where_nothing_is_made_up_nothing_is_owed() -> None:
    assert details("mbct_8", {MONDAY: "N"}, owed=7) == []


def test_a_phase_without_an_end_always_goes_on() -> None:
    assert details("esk_trd", {MONDAY: "C"}, phase="maintenance") == ["The course goes on."]


@pytest.mark.parametrize("state", [CourseState.ON_HOLD, CourseState.COMPLETED])
def test_a_course_on_hold_or_completed_needs_no_next_visit(state: CourseState) -> None:
    assert details("tms_mdd_36", {MONDAY: "C"}, owed=35, state=state) == []


def test_the_desk_sees_what_is_owed_and_where_to_begin(desk: Desk) -> None:
    booked = desk.book()
    first, second = nth(booked, 1, 2)
    deliver([first])
    desk.cancel(second, now=first.ends_at, scope=Scope.REST)

    [item] = desk.items(first.ends_at + DAY, kind="no_next_session")

    last = nth(booked, 36)[0]
    assert (item["title"], item["detail"]) == ("No visit is booked", "35 of 36 are still owed.")
    assert (item["since"], item["deadline"]) == ("2026-11-24T10:00:00-05:00", "2026-11-28T00:00:00-05:00")
    assert (item["severity"], item["action"]["path"]) == ("high", f"/api/v1/sessions/{last.pk}/make-up/preview/")


@pytest.mark.parametrize(
    ("resume_on", "state", "is_shown"),
    [
        (MONDAY, CourseState.ON_HOLD, True),
        (NEXT, CourseState.ON_HOLD, False),
        (None, CourseState.ON_HOLD, False),
        (MONDAY, CourseState.ACTIVE, False),
    ],
)
def test_a_pause_is_over_on_its_day(resume_on: dt.date | None, state: CourseState, is_shown: bool) -> None:
    found = course("tms_mdd_36", {MONDAY: "C"}, today=MONDAY, owed=35, state=state, resume_on=resume_on)

    titles = [item.title for item in hold_over(found)]

    assert titles == ["The pause was to end on Mon Nov 2"] * is_shown


def test_held_times_about_to_go_back_are_confirmed_in_one_request(desk: Desk) -> None:
    booked = desk.book(start_on=FIRST_DAY + 14 * DAY, held_until=NOW + 9 * DAY)
    now = NOW + 8 * DAY

    [item] = desk.items(now, kind="hold_ending")

    assert (item["title"], item["deadline"]) == ("36 times are held until Wed Nov 25, 9am", "2026-11-25T09:00:00-05:00")
    assert item["action"]["path"] == f"/api/v1/courses/{booked.pk}/confirm/"
    assert desk.api.post(f"courses/{booked.pk}/confirm/").status_code == 200
    assert desk.kinds(now) == []


def test_times_given_back_are_nobodys_any_more(desk: Desk) -> None:
    booked = desk.book(start_on=FIRST_DAY + 14 * DAY, held_until=NOW + 9 * DAY)

    holds.release_hold(request=desk.request, course_id=booked.pk, reason="Denied", now=NOW + 8 * DAY)

    assert desk.kinds(NOW + 8 * DAY) == []
