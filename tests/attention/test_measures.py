"""Scores that are due (Q13): before the first visit, and after as many visits as the protocol says."""

import datetime as dt

import pytest

from patients import life_actions
from patients.domain.clinical import Instrument
from patients.models import Patient
from scheduling.actions import course_states
from scheduling.models import Course, Session
from tests.attention.desk import DAY, HOUR, Desk, deliver, nth
from tests.factories import FIRST_DAY, NOW


@pytest.fixture
def booked(desk: Desk) -> Course:
    """A course that asks for the PHQ-9 after visits 0, 5, 10, 15, 20, 25, 30 and 36."""
    return desk.book()


def record(desk: Desk, course: Course, on: dt.date, instrument: Instrument = Instrument.PHQ9) -> None:
    life_actions.record_measure(
        request=desk.request,
        patient=Patient.objects.get(pk=course.patient_id),
        instrument=instrument,
        score=12,
        measured_on=on,
        now=NOW,
    )


def due(desk: Desk, now: dt.datetime) -> list[tuple[str, str]]:
    return [(item["title"], item["detail"]) for item in desk.items(now, kind="measure_due")]


BASELINE = ("PHQ-9 is due", "Before the first visit, on Tue Nov 24.")


def test_the_first_score_is_asked_for_from_the_day_before_the_first_visit(desk: Desk, booked: Course) -> None:
    [first] = nth(booked, 1)

    assert due(desk, first.starts_at - 2 * DAY) == []
    assert due(desk, first.starts_at - DAY) == [BASELINE]


@pytest.mark.parametrize(("days_before_booking", "is_due"), [(31, True), (30, False), (0, False)])
def test_a_score_taken_shortly_before_the_booking_is_a_first_score(
    desk: Desk, booked: Course, days_before_booking: int, is_due: bool
) -> None:
    record(desk, booked, NOW.date() - days_before_booking * DAY)

    assert due(desk, nth(booked, 1)[0].starts_at - DAY) == [BASELINE] * is_due


def test_the_next_score_is_due_after_the_fifth_visit(desk: Desk, booked: Course) -> None:
    five = nth(booked, 1, 2, 3, 4, 5)
    record(desk, booked, FIRST_DAY)
    deliver(five[:4])
    after_four = due(desk, five[3].ends_at)
    deliver(five[4:])

    [item] = desk.items(five[4].ends_at, kind="measure_due")

    assert after_four == []
    assert (item["title"], item["detail"]) == ("PHQ-9 is due", "After visit 5, on Tue Dec 1. None is recorded since.")
    assert item["action"]["path"] == f"/api/v1/patients/{booked.patient_id}/measures/"
    assert item["key"] == f"measure:{booked.pk}:phq9:5"


@pytest.mark.parametrize(
    ("on", "instrument", "is_due"),
    [
        (dt.date(2026, 12, 1), Instrument.PHQ9, False),  # on the day of the visit
        (dt.date(2026, 11, 30), Instrument.PHQ9, True),
        (dt.date(2026, 12, 1), Instrument.QIDS, True),  # another scale says nothing about this one
    ],
)
def test_a_score_since_that_visit_is_what_was_asked_for(
    desk: Desk, booked: Course, on: dt.date, instrument: Instrument, is_due: bool
) -> None:
    five = nth(booked, 1, 2, 3, 4, 5)
    deliver(five)

    record(desk, booked, on, instrument)

    assert bool(due(desk, five[4].ends_at + HOUR)) is is_due


def test_another_patients_score_is_not_this_ones(desk: Desk, booked: Course) -> None:
    record(desk, desk.book(preferred_minute=660), NOW.date())

    assert due(desk, nth(booked, 1)[0].starts_at - DAY) == [BASELINE]


def test_the_next_milestone_takes_the_place_of_the_one_before(desk: Desk, booked: Course) -> None:
    ten = nth(booked, *range(1, 11))
    deliver(ten)

    assert due(desk, ten[9].ends_at) == [("PHQ-9 is due", "After visit 10, on Tue Dec 8. None is recorded since.")]


def test_the_last_score_is_asked_for_when_the_course_is_complete_but_not_for_ever(desk: Desk, booked: Course) -> None:
    for session in nth(booked, *range(1, 36)):
        Session.objects.filter(pk=session.pk).update(state="completed", arrived_at=session.starts_at)
    [last] = nth(booked, 36)
    deliver([last])
    booked.refresh_from_db()
    assert booked.state == "completed"

    found = due(desk, last.ends_at)
    later = due(desk, last.ends_at + 16 * DAY)
    record(desk, booked, last.day)

    assert found == [("PHQ-9 is due", "After visit 36, on Mon Jan 25. None is recorded since.")]
    assert (later, due(desk, last.ends_at)) == ([], [])


def test_a_course_on_hold_is_not_measured(desk: Desk, booked: Course) -> None:
    five = nth(booked, 1, 2, 3, 4, 5)
    deliver(five)
    booked.refresh_from_db()
    course_states.hold_course(
        request=desk.request, course_id=booked.pk, version=booked.version, reason="Away", now=five[4].ends_at
    )

    assert due(desk, five[4].ends_at) == []
