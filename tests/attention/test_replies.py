"""What people write back: a crisis before everything (Q0), a no (Q2), what nobody understands (Q3), CANCEL, late."""

import datetime as dt
from typing import Any

import pytest

from clinic.models import StaffUser
from notifications.models import InboundMessage, Suppression
from patients.models import Patient, RelatedPerson
from scheduling.actions import moving, setup
from scheduling.models import Session
from tests.attention.desk import DAY, HOUR, Desk, nth
from tests.attention.reply_scenes import MINUTE, phone_of, write
from tests.attention.scenes import LateArrival
from tests.factories import FIRST_DAY, NOW, World
from tests.scheduling.living.clinic import ROOMS

STRANGER = "+15550107777"


@pytest.fixture
def visit(desk: Desk) -> Session:
    return desk.visit()


@pytest.fixture
def phone(visit: Session) -> str:
    return phone_of(Patient.objects.get(pk=visit.patient_id))


def replies(desk: Desk, now: dt.datetime) -> list[dict[str, Any]]:
    return desk.items(now, group="replies")


def test_a_crisis_is_the_first_of_all_whatever_else_is_grave(desk: Desk) -> None:
    now = LateArrival(desk).begin()
    other = desk.visit(day=FIRST_DAY + DAY)
    write(phone_of(Patient.objects.get(pk=other.patient_id)), "quiero morir", now)

    first, second = desk.items(now + MINUTE)[:2]

    assert (first["kind"], first["severity"], second["kind"], second["severity"]) == (
        "crisis",
        "high",
        "late_arrival",
        "high",
    )
    assert first["title"] == "They may be in danger"


def test_a_crisis_of_a_stranger_is_somebodys_too(desk: Desk) -> None:
    write(STRANGER, "I want to kill myself", NOW)

    [item] = replies(desk, NOW + MINUTE)

    assert (item["kind"], item["patient"], item["severity"]) == ("crisis", None, "high")


def test_a_crisis_with_stop_is_listed_and_stays_until_a_person_says_what_was_done(desk: Desk, phone: str) -> None:
    write(phone, "stop. i want to die", NOW)

    assert [item["kind"] for item in replies(desk, NOW + 30 * DAY)] == ["crisis"]


@pytest.mark.parametrize(("before", "severity"), [(2 * DAY, "medium"), (HOUR, "high")])
def test_a_no_is_about_the_visit_and_graver_the_nearer_it_is(
    desk: Desk, visit: Session, phone: str, before: dt.timedelta, severity: str
) -> None:
    write(phone, "2", visit.starts_at - before)

    [item] = desk.items(visit.starts_at - before, kind="cant_come")

    assert (item["session"], item["severity"], item["title"]) == (visit.pk, severity, "Can't come, by text")
    assert item["detail"] == "Tue Nov 24, 8:30am. It stays booked. Call, and find another time."
    assert item["deadline"] == "2026-11-24T08:30:00-05:00"
    assert item["action"]["path"] == f"/api/v1/inbound/{InboundMessage.objects.get().pk}/"


def test_a_no_that_became_a_yes_is_settled(desk: Desk, visit: Session, phone: str) -> None:
    now = visit.starts_at - DAY
    write(phone, "2", now)

    write(phone, "1", now + HOUR)

    assert replies(desk, now + 2 * HOUR) == []


def test_a_no_to_a_visit_that_was_moved_is_settled(desk: Desk, visit: Session, phone: str) -> None:
    now = visit.starts_at - DAY
    write(phone, "2", now)

    version = Session.objects.get(pk=visit.pk).version
    moving.move_to(
        request=desk.request, session_id=visit.pk, version=version, day=FIRST_DAY, minute=780, now=now + HOUR
    )

    assert replies(desk, now + 2 * HOUR) == []


def test_a_no_to_a_visit_that_has_begun_is_settled(desk: Desk, visit: Session, phone: str) -> None:
    write(phone, "2", visit.starts_at - HOUR)

    assert replies(desk, visit.starts_at + MINUTE) == []


def test_a_no_that_names_no_visit_waits_for_a_person(desk: Desk) -> None:
    patient = desk.new_patient()
    write(phone_of(patient), "I can't come tomorrow", NOW)

    [item] = replies(desk, NOW + 9 * DAY)

    assert (item["kind"], item["session"], item["title"]) == ("cant_come", None, "Wants to change a visit")


def test_cancel_within_three_days_of_a_visit_asks_whether_it_was_meant(desk: Desk, visit: Session, phone: str) -> None:
    now = visit.starts_at - 2 * DAY
    write(phone, "Cancel", now)

    [item] = replies(desk, now)

    assert (item["kind"], item["code"], item["severity"], item["title"]) == (
        "meant_visit",
        "Q3",
        "high",
        "Texts are off now",
    )
    assert item["detail"] == "They may have meant the visit. Tue Nov 24, 8:30am; it stays booked. Call."
    assert Suppression.objects.count() == 1


def test_a_plain_stop_and_a_cancel_weeks_ahead_ask_nothing(desk: Desk, visit: Session, phone: str) -> None:
    write(phone, "STOP", visit.starts_at - DAY)
    early = desk.visit(day=FIRST_DAY + 14 * DAY)
    write(phone_of(Patient.objects.get(pk=early.patient_id)), "CANCEL", NOW)

    assert replies(desk, visit.starts_at - DAY + MINUTE) == []


@pytest.mark.parametrize(("before", "severity"), [(2 * DAY, "high"), (9 * DAY, "medium")])
def test_a_stop_among_other_words_is_read_by_a_person_until_they_say_what_they_did(
    desk: Desk, visit: Session, phone: str, before: dt.timedelta, severity: str
) -> None:
    now = visit.starts_at - before
    write(phone, "Please stop texting, I can't come Tuesday, cancel my appointment", now)

    [item] = replies(desk, now)

    assert (item["kind"], item["severity"], item["title"]) == (
        "reply",
        severity,
        "Texts are off now, and they wrote more",
    )
    assert len(replies(desk, visit.starts_at + 9 * DAY)) == 1


def test_running_late_is_of_the_day_and_says_how_late(desk: Desk, visit: Session, phone: str) -> None:
    now = visit.starts_at - HOUR
    write(phone, "running 15 min late", now)

    [item] = desk.items(now, kind="running_late")

    assert (item["title"], item["group"], item["session"]) == ("Running 15 minutes late", "today", visit.pk)
    assert desk.keys(visit.starts_at + 3 * HOUR, "running_late") == []


@pytest.mark.parametrize(
    ("body", "title", "severity"),
    [
        ("is it ok to eat?", "A text to read", "medium"),
        ("1", "An answer that fits no visit, or more than one", "medium"),
    ],
)
def test_what_nobody_understands_waits_for_a_person(desk: Desk, body: str, title: str, severity: str) -> None:
    patient = desk.new_patient()
    write(phone_of(patient), body, NOW)

    [item] = replies(desk, NOW + 9 * DAY)

    assert (item["kind"], item["title"], item["severity"], item["patient"]) == ("reply", title, severity, patient.pk)


def test_a_strangers_text_is_listed_low_and_names_nobody(desk: Desk) -> None:
    write(STRANGER, "hi", NOW)

    [item] = replies(desk, NOW)

    assert (item["kind"], item["severity"], item["patient"]) == ("reply", "low", None)


def test_a_text_the_worker_left_lying_is_listed_after_five_minutes(desk: Desk, phone: str) -> None:
    write(phone, "1", NOW, is_worked=False)

    assert [len(replies(desk, NOW + minutes * MINUTE)) for minutes in (4, 6)] == [0, 1]


def test_a_yes_help_and_start_ask_nothing(desk: Desk, visit: Session, phone: str) -> None:
    now = visit.starts_at - DAY
    for body in ("1", "HELP", "STOP", "START"):
        write(phone, body, now)

    assert replies(desk, now + MINUTE) == []


def test_a_driver_who_can_not_come_is_a_no_about_the_ride(desk: Desk) -> None:
    setup.add_resources(site=desk.site, resources=ROOMS)
    course = desk.book(protocol_code="esk_trd", preferred_minute=540)
    [visit] = nth(course, 1)
    ivy = "+15550102049"
    RelatedPerson.objects.create(patient_id=course.patient_id, role="escort", name="Ivy", phone=ivy)
    now = visit.starts_at - DAY
    write(ivy, "2", now)

    [item] = desk.items(now, kind="cant_come")
    write(ivy, "1", now + HOUR)

    assert (item["title"], item["session"]) == ("Who drives can't come", visit.pk)
    assert desk.keys(now + 2 * HOUR, "cant_come") == []


def test_a_person_says_what_was_done_and_it_is_gone_for_everybody(
    desk: Desk, world: World, phone: str, clock: Any
) -> None:
    text = write(phone, "hello?", NOW)

    answer = desk.api.post(f"inbound/{text.pk}/done/", {"what": "Called, all is well"})

    text.refresh_from_db()
    by = StaffUser.objects.get(pk=desk.user.pk)
    assert (answer.status_code, text.done_by, text.done_what) == (200, by, "Called, all is well")
    assert replies(desk, NOW + MINUTE) == []
