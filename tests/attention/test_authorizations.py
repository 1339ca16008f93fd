"""What payers granted runs out (Q8): red when a booked visit is not paid for, amber when little is left."""

import datetime as dt

import pytest

from patients.models import Patient
from scheduling.actions import authorizations
from scheduling.domain.states import AuthorizationState, Scope
from scheduling.models import Authorization, Course, Session
from tests.attention.desk import DAY, Desk, authorize, nth
from tests.factories import FIRST_DAY, NOW

FAR = dt.date(2027, 6, 30)


@pytest.fixture
def booked(desk: Desk) -> Course:
    """A course of 36, the last on Mon Jan 25."""
    return desk.book()


@pytest.fixture
def patient(booked: Course) -> Patient:
    return Patient.objects.get(pk=booked.patient_id)


def change(desk: Desk, grant: Authorization, **changed: object) -> None:
    grant.refresh_from_db()
    authorizations.change_authorization(
        request=desk.request,
        patient=grant.patient,
        authorization_id=grant.pk,
        version=grant.version,
        now=NOW,
        **changed,
    )


def shown(desk: Desk, now: dt.datetime = NOW) -> list[tuple[str, str, str]]:
    items = desk.items(now, kind="authorization_short")
    return [(item["severity"], item["title"], item["detail"]) for item in items]


def delivered(course: Course, count: int) -> dt.datetime:
    """Let the first sessions have taken place, by the back door; return the end of the last of them."""
    sessions = nth(course, *range(1, count + 1))
    for session in sessions:
        Session.objects.filter(pk=session.pk).update(state="completed", arrived_at=session.starts_at)
    return sessions[-1].ends_at


def test_what_no_unit_is_left_for_is_named(desk: Desk, booked: Course, patient: Patient) -> None:
    authorize(desk, patient, 30, FAR)

    [item] = desk.items(NOW, kind="authorization_short")

    [first_unpaid] = nth(booked, 31)
    assert (item["severity"], item["title"]) == ("high", "6 booked visits are not covered")
    assert item["detail"] == (
        "30 of 36 are authorised; the last 6 have no authorised unit left. Ask for an extension, or move them."
    )
    assert (item["session"], item["deadline"]) == (
        first_unpaid.pk,
        first_unpaid.starts_at.isoformat()[:10] + "T08:30:00-05:00",
    )
    assert item["action"]["path"] == f"/api/v1/patients/{patient.pk}/authorizations/"


def test_what_falls_after_the_last_day_is_named(desk: Desk, booked: Course, patient: Patient) -> None:
    last = nth(booked, 36)[0].day
    authorize(desk, patient, 50, last - DAY)

    [(severity, title, detail)] = shown(desk)

    assert (severity, title) == ("high", "1 booked visit is not covered")
    assert detail.startswith("35 of 36 are authorised; the last one falls after ")


def test_an_extension_asked_for_stays_red_until_the_payer_answers(desk: Desk, booked: Course, patient: Patient) -> None:
    authorize(desk, patient, 30, FAR)
    extension = authorize(desk, patient, 10, FAR, state=AuthorizationState.SUBMITTED)

    [item] = desk.items(NOW, kind="authorization_short")
    change(desk, extension, state=AuthorizationState.APPROVED)

    assert item["detail"].endswith("An extension was asked for.")
    assert item["action"]["path"] == f"/api/v1/patients/{patient.pk}/life/"
    assert shown(desk) == []


@pytest.mark.parametrize(("units", "is_shown"), [(46, True), (47, False)])
def test_at_ten_units_left_the_extension_is_asked_for(
    desk: Desk, booked: Course, patient: Patient, units: int, is_shown: bool
) -> None:
    authorize(desk, patient, units, FAR)
    now = delivered(booked, 36)
    Course.objects.filter(pk=booked.pk).update(prescribed=40)

    found = shown(desk, now)

    said = ("medium", "10 units left, until Wed Jun 30", "Nothing is booked on it. 4 more are owed.")
    assert found == [said] * is_shown


def test_at_ten_left_it_is_said_whether_that_is_enough(desk: Desk, booked: Course, patient: Patient) -> None:
    authorize(desk, patient, 36, FAR)

    at_eleven = shown(desk, delivered(booked, 25))
    now = delivered(booked, 26)
    at_ten = shown(desk, now)
    desk.cancel(nth(booked, 36)[0], now=now)
    owing = shown(desk, now)

    assert at_eleven == []
    assert at_ten == [("low", "10 units left, until Wed Jun 30", "Enough for what is booked (10).")]
    assert owing == [("medium", "10 units left, until Wed Jun 30", "Enough for what is booked (9). 1 more is owed.")]


@pytest.mark.parametrize(("days", "is_shown"), [(15, False), (14, True), (1, True)])
def test_two_weeks_before_the_last_day_somebody_looks(
    desk: Desk, booked: Course, patient: Patient, days: int, is_shown: bool
) -> None:
    last = nth(booked, 36)[0]
    authorize(desk, patient, 90, last.day + DAY)

    found = shown(desk, last.starts_at + DAY - days * DAY - dt.timedelta(hours=1))

    assert bool(found) is is_shown


def test_asked_for_the_amber_item_is_answered(desk: Desk, booked: Course, patient: Patient) -> None:
    grant = authorize(desk, patient, 36, FAR)
    now = delivered(booked, 26)
    [item] = desk.items(now, kind="authorization_short")

    authorize(desk, patient, 10, FAR, state=AuthorizationState.SUBMITTED)

    assert item["key"] == f"running_out:{booked.pk}:{grant.pk}:1"
    assert shown(desk, now) == []


def test_an_extension_granted_counts_with_what_is_left(desk: Desk, booked: Course, patient: Patient) -> None:
    authorize(desk, patient, 36, FAR)
    authorize(desk, patient, 10, FAR + DAY)
    now = delivered(booked, 26)

    assert shown(desk, now) == []


def test_over_and_still_owing_is_said_even_when_nothing_is_booked(desk: Desk, booked: Course, patient: Patient) -> None:
    first, second = nth(booked, 1, 2)
    authorize(desk, patient, 36, FIRST_DAY + 30 * DAY)
    delivered(booked, 1)
    desk.cancel(second, now=first.ends_at, scope=Scope.REST)

    found = shown(desk, first.ends_at + 40 * DAY)

    assert found == [("medium", "Ended on Thu Dec 24", "Nothing is booked on it. 35 more are owed.")]


def test_a_unit_that_is_a_day_is_counted_in_days(desk: Desk, booked: Course, patient: Patient) -> None:
    authorize(desk, patient, 46, FAR, unit="day")
    now = delivered(booked, 35)

    assert shown(desk, now) == []
    assert shown(desk, delivered(booked, 36)) == []  # the course is at its end


@pytest.mark.parametrize(
    "more",
    [
        {"state": AuthorizationState.NEEDED},
        {"state": AuthorizationState.DENIED},
        {"pools": [(["90870"], 3)]},  # about another treatment
    ],
    ids=["needed", "denied", "other"],
)
def test_what_no_payer_granted_for_this_course_runs_out_of_nothing(
    desk: Desk, booked: Course, patient: Patient, more: dict[str, object]
) -> None:
    authorize(desk, patient, 3, FAR, **more)

    assert shown(desk) == []


def test_another_patients_grant_is_not_this_ones(desk: Desk, booked: Course, patient: Patient) -> None:
    authorize(desk, desk.new_patient(), 3, FAR)

    assert shown(desk) == []
