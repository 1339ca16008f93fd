"""An e-mail from the record to the mailbox: the calendar that follows a visit, and the stop that ends it."""

import datetime as dt
import re
import uuid
from email.message import Message as Mail
from typing import Any

import pytest
from django.test import Client

from notifications import mailing
from notifications.actions import sending
from notifications.models import Message
from notifications.rendering import said, shown
from patients.models import Consent, ContactPoint, Patient
from scheduling.models import Session
from tests.factories import NOW, World, cancel, make_patient
from tests.notifications import ics
from tests.servers import Mailbox

pytestmark = [pytest.mark.services]
SOON = NOW + dt.timedelta(minutes=4)
CANARIES = ("Lucia", "Nunez", "1984", "Mar 7", "TMS", "tms", "NeuroStar", "of 36", "36 ", "lucia")


@pytest.fixture
def lucia(world: World) -> Patient:
    return make_patient(
        world.site,
        world.receptionist,
        "Lucia",
        "Nunez",
        phone="+15550107000",
        email="lucia@example.com",
        email_consent=True,
    )


@pytest.fixture
def visit(world: World, lucia: Patient) -> Session:
    course = world.book(lucia)
    return Session.objects.filter(course=course).order_by("starts_at")[0]


def send(about: Session, kind: str, **more: Any) -> Message:
    """Let an e-mail about a visit leave."""
    message = queue(about, kind, **more)
    sending.drain_messages(now=SOON)
    message.refresh_from_db()
    return message


def queue(about: Session, kind: str, **more: Any) -> Message:
    about.refresh_from_db()
    facts: dict[str, Any] = {"session": about, "timing_version": about.timing_version} | more
    return Message.objects.create(
        dedupe_key=str(uuid.uuid4()),
        site_id=about.site_id,
        patient_id=about.patient_id,
        course_id=about.course_id,
        contact_point=ContactPoint.objects.get(patient=about.patient_id, kind="email"),
        kind=kind,
        channel="email",
        due_at=NOW,
        send_by=NOW + dt.timedelta(hours=20),
        template_version="2026-11",
        created_at=NOW,
        **facts,
    )


def part(mail: Mail, kind: str) -> str:
    [found] = [each for each in mail.walk() if each.get_content_type() == kind]
    content = found.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def calendar_of(mail: Mail) -> ics.Part:
    return ics.read(part(mail, "text/calendar"))


def test_a_booking_puts_every_visit_into_the_calendar_under_a_neutral_title(visit: Session, mailbox: Mailbox) -> None:
    send(visit, "booked", session=None)

    found = calendar_of(mailbox.mails[0])
    stored = Session.objects.filter(course=visit.course_id).order_by("starts_at")
    assert [ics.instant(found, event, "DTSTART") for event in ics.events(found)] == [row.starts_at for row in stored]
    assert {ics.text_of(event["SUMMARY"]) for event in ics.events(found)} == {"Visit - Riverside Clinic"}
    assert len({event["UID"] for event in ics.events(found)}) == stored.count()


def test_a_moved_and_a_cancelled_visit_keep_their_name_and_count_up(visit: Session, mailbox: Mailbox) -> None:
    send(visit, "day_before")
    Session.objects.filter(pk=visit.pk).update(minute=visit.minute + 5, timing_version=2)
    send(visit, "moved")
    visit.refresh_from_db()
    cancel(session_id=visit.pk, version=visit.version, reason="Clinic", now=NOW, by=None)
    send(visit, "cancelled")

    calendars = list(map(calendar_of, mailbox.mails))
    events = [ics.events(found)[0] for found in calendars]
    assert [found["METHOD"] for found in calendars] == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert len({event["UID"] for event in events}) == 1
    assert [event["SEQUENCE"] for event in events] == ["1", "2", "3"]
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]


def test_a_mail_that_says_two_changes_carries_both(visit: Session) -> None:
    other = Session.objects.filter(course=visit.course_id).order_by("starts_at")[1]
    cancel(session_id=other.pk, version=other.version, reason="Clinic", now=NOW, by=None)
    moved, cancelled = queue(visit, "moved"), queue(other, "cancelled")

    together = mailing.invite(moved, [cancelled, moved], language="en", now=NOW)

    assert together is not None
    assert [event["STATUS"] for event in ics.events(ics.read(together.text))] == ["CONFIRMED", "CANCELLED"]


def test_a_mail_tells_nothing_but_that_there_is_a_visit(visit: Session, mailbox: Mailbox) -> None:
    send(visit, "day_before")

    (mail,) = mailbox.mails
    told = " ".join(part(mail, kind) for kind in ("text/plain", "text/html", "text/calendar"))
    headers = " ".join(f"{name}: {value}" for name, value in mail.items() if name != "To")
    without_tokens = re.sub(
        r"/[vu]/[\w.-]+/|UID:.*|#[0-9a-f]{6}|\d+px", "", told + headers.replace(mail["Message-ID"], "")
    )
    boundaries = re.sub(r"=+\d+=+", "", without_tokens)
    assert [canary for canary in CANARIES if canary in boundaries] == []
    assert mail["To"] == "lucia@example.com"


def test_the_page_the_plain_words_and_the_proof_say_the_same(visit: Session, mailbox: Mailbox) -> None:
    message = send(visit, "day_before")

    (mail,) = mailbox.mails
    assert said(message) == part(mail, "text/plain").replace("\r\n", "\n")
    assert "You have a visit Tue, Nov 24 at 8:30am ET." in part(mail, "text/html")
    assert not re.search(r"/[vu]/(?:\d+\.)?[\w-]{20,}", shown(message))


def test_one_click_in_the_mail_program_ends_e_mails_and_the_next_one_is_not_sent(
    visit: Session, lucia: Patient, mailbox: Mailbox, clock: Any
) -> None:
    send(visit, "day_before")
    (mail,) = mailbox.mails
    address = mail["List-Unsubscribe"].strip("<>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in part(mail, "text/plain")

    answer = Client(enforce_csrf_checks=True).post(
        address.removeprefix("http://127.0.0.1:8000"), {"List-Unsubscribe": "One-Click"}
    )
    message = send(visit, "prep")

    assert (answer.status_code, len(mailbox.mails), message.state) == (200, 1, "unreachable")
    kept = Consent.objects.filter(patient=lucia, revoked_at=None).values_list("channel", flat=True)
    assert list(kept) == ["sms"]


def test_a_spanish_reader_gets_a_spanish_mail_page_and_calendar(
    visit: Session, lucia: Patient, mailbox: Mailbox
) -> None:
    Patient.objects.filter(pk=lucia.pk).update(language="es")

    send(visit, "day_before")

    (mail,) = mailbox.mails
    assert part(mail, "text/plain").startswith("Tiene visita el mar 24 nov, 8:30 a.m. ET.")
    assert '<html lang="es">' in part(mail, "text/html")
    assert ics.text_of(ics.events(calendar_of(mail))[0]["SUMMARY"]) == "Visita - Riverside Clinic"
