"""The canaries are in the record, and the watch notices each of them wherever it could get out."""

import logging
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from django.test import Client

from config.celery import app
from notifications import rendering
from notifications.models import Message
from patients import phones
from tests import canary
from tests.factories import NOW, World
from tests.notifications.letters import driver

SAID = [
    "Dear Maria",
    "Dear Ms Garcia",
    "Ivy will drive you",
    "born Mar 7, 1984",
    "born 1/1/1990",
    "nació el 19 de agosto de 1979",
    "call 555-010-2041",
    "call (555) 010-2040",
    "your next TMS visit",
    "for your depression",
]
KEPT = ["Daniel", "Garcia", "1984-03-07", "+15550102041", "ketamine"]


def caught() -> int:
    """Return how many leaks the watch found since the last time, and forget them."""
    count = len(canary.found)
    canary.found.clear()
    return count


def test_the_record_holds_every_canary(world: World) -> None:
    course, ivy = world.book(), driver(world, at=NOW)
    people = [world.maria, world.daniel, world.foreign]
    numbers = [person.contact_points.get(kind="phone").value for person in people] + [ivy.phone]

    held = {
        "first name": [person.first_name for person in people],
        "last name": [person.last_name for person in people],
        "driver": [ivy.name],
        "birth date": [str(person.birth_date) for person in people],
        "phone": numbers + [phones.readable(number) for number in numbers],
        "treatment": [course.protocol.tag],
    }
    for texts in held.values():
        for text in texts:
            canary.told("the record", text)
    assert [line.split(" holds a ")[1].split(":")[0] for line in canary.found] == [
        what for what, texts in held.items() for _text in texts
    ]
    canary.found.clear()


@pytest.mark.parametrize("words", SAID)
def test_a_text_and_a_mail_that_say_it_are_noticed(words: str) -> None:
    canary.texted({"Body": words})
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "maria.garcia@example.com", "Your visit"
    mail.set_content(words)
    canary.mailed(mail)

    assert caught() == 2


def test_a_header_and_a_calendar_are_read_as_a_mail_program_reads_them() -> None:
    mail = EmailMessage()
    mail["Subject"] = "La visita de la Señora García"
    mail.set_content("Tiene una visita.")
    mail.add_attachment("SUMMARY:A visit of Gar\r\n cia\r\n", subtype="calendar")
    canary.mailed(message_from_bytes(bytes(mail)))

    assert [line.split(" holds a ")[0] for line in canary.found] == ["a mail's Subject", "a mail's text/calendar"]
    canary.found.clear()


def test_what_is_made_of_a_message_is_read_whether_it_leaves_or_not(world: World) -> None:
    world.site.message_name = "Garcia"
    session = world.visit()
    for channel in ("sms", "email"):
        message = Message(
            site=world.site,
            kind="day_before",
            channel=channel,
            patient=world.maria,
            session=session,
            timing_version=session.timing_version,
        )
        rendering.render(message, language="en", now=NOW)

    assert [line.split(" holds a ")[0] for line in canary.found] == [
        "the body of day_before",
        "the body of day_before",
        "the page of day_before",
        "the calendar of day_before",
    ]
    canary.found.clear()


def test_whom_a_mail_goes_to_is_no_leak_and_its_subject_is_one() -> None:
    mail = EmailMessage()
    mail["To"] = "garcia@example.com"
    mail.set_content("You have a visit.")
    canary.mailed(mail)
    alone = caught()
    mail["Subject"] = "Garcia: your visit"
    canary.mailed(mail)

    assert (alone, caught()) == (0, 1)


@pytest.mark.parametrize("words", KEPT)
def test_a_log_line_and_a_traceback_that_hold_it_are_noticed(words: str) -> None:
    logger = logging.getLogger("scheduling.actions")
    logger.error("Could not book %s", words)
    logger.error("Could not book", exc_info=ValueError(words))

    assert caught() == 2


def test_an_address_that_holds_a_name_is_noticed(client: Client, db: None) -> None:
    client.get("/patients/", {"q": "garcia"})
    client.get("/patients/", {"treatment": "ketamine"})

    assert caught() == 2


def test_a_task_asked_with_a_name_is_noticed() -> None:
    app.send_task("notifications.plan_messages", args=["Garcia"])

    assert caught() == 1


def test_neutral_words_are_no_leak() -> None:
    canary.told(
        "a text", "Riverside Clinic: You have a visit Tue, Nov 24 at 8:30am. Call (555) 010-2000. STOP to opt out."
    )

    assert caught() == 0
