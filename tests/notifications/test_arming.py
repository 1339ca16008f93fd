"""Whether a database may send: the first does, a restored one once somebody says so, and then nothing twice."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from notifications.actions import arming, planning, reconciling, sending
from notifications.models import Message, MessageAttempt, Sender
from patients.models import PatientLink
from tests.factories import World, make_patient
from tests.notifications.made import texted
from tests.notifications.unsure import LATER, LONG_AGO, SOON, planned, quarantine_over, settle, state
from tests.servers import Gateway, Mailbox

EVENING = dt.datetime(2026, 11, 17, 2, 30, tzinfo=dt.UTC)  # half past nine in New York
MORNING = dt.datetime(2026, 11, 17, 14, 0, tzinfo=dt.UTC)


def test_the_first_sender_arms_itself(world: World, gateway: Gateway) -> None:
    planned(world)

    sending.drain_messages(now=SOON)

    assert (len(gateway.texts), Sender.objects.count()) == (1, 1)


@pytest.mark.parametrize("how", ["no file", "another epoch", "behind"])
def test_a_database_that_is_not_the_one_that_sent_sends_nothing(
    world: World, gateway: Gateway, settings: Any, how: str
) -> None:
    planned(world)
    sending.drain_messages(now=SOON)
    world.book(world.daniel)
    planning.plan_messages(now=SOON)
    if how == "no file":
        settings.SENDER_FILE.unlink()
    elif how == "another epoch":
        Sender.objects.update(epoch="of a copy")
    else:
        settings.SENDER_FILE.write_text(settings.SENDER_FILE.read_text().replace('"mark": ', '"mark": 99'))

    sending.drain_messages(now=SOON)

    assert len(gateway.texts) == 1


def test_disarmed_it_sends_nothing_until_armed(world: World, gateway: Gateway) -> None:
    arming.disarm()
    planned(world)
    sending.drain_messages(now=SOON)
    assert gateway.texts == []

    arming.arm(now=SOON)

    assert arming.is_armed()


def test_an_epoch_from_the_environment_counts_where_no_file_lasts(world: World, settings: Any) -> None:
    settings.SENDER_EPOCH = "1"
    assert arming.is_armed()

    settings.SENDER_EPOCH = "2"

    assert not arming.is_armed()
    assert not settings.SENDER_FILE.exists()


def test_a_restored_copy_sends_nothing_twice_and_what_never_left_once(
    world: World, gateway: Gateway, clock: Any
) -> None:
    world.book()
    world.book(world.daniel)
    planning.plan_messages(now=SOON)
    maria, daniel = Message.objects.get(patient=world.maria), Message.objects.get(patient=world.daniel)
    arming.arm(now=SOON)
    # What happened after the copy was made, and the copy does not know: Maria's text left, and its row came after it.
    Message.objects.filter(patient=world.daniel).update(due_at=LATER)
    sending.drain_messages(now=SOON)
    assert [text["To"] for text in gateway.texts] == ["+15550102040"]
    Message.objects.filter(pk=maria.pk).update(state="pending", provider_sid=None, handed_at=None, attempt=0)
    arming.disarm()
    clock(LATER)

    call_command("arm_sender")
    sending.drain_messages(now=LATER)
    assert len(gateway.texts) == 1
    quarantine_over()
    settle()

    assert [text["To"] for text in gateway.texts] == ["+15550102040", "+15550102041"]
    assert (state(maria), state(daniel)) == ("sent", "accepted")


def as_of_the_copy(*messages: Message) -> None:
    """Let some messages be as a copy knows them that was made before they left."""
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        state="pending", provider_sid=None, handed_at=None, settled_at=None, attempt=0, body_hash="", facts={}
    )


def hours_ago(gateway: Gateway, hours: int) -> None:
    """Let what the gateway got have come that long ago."""
    for text in gateway.texts:
        text["at"] = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)).isoformat()


@pytest.mark.parametrize("hours", [6, 20])
def test_a_text_that_left_hours_before_the_copy_was_armed_is_found_by_its_words(
    world: World, gateway: Gateway, hours: int
) -> None:
    message = planned(world)
    sending.drain_messages(now=SOON)
    hours_ago(gateway, hours)
    as_of_the_copy(message)
    arming.disarm()

    arming.arm(now=LATER)
    quarantine_over()
    settle()

    message.refresh_from_db()
    assert (message.state, message.provider_sid, len(gateway.texts)) == ("sent", f"SM{1:032}", 1)


def test_what_may_be_a_text_that_left_in_other_words_goes_to_a_person(world: World, gateway: Gateway) -> None:
    message = planned(world)
    sending.drain_messages(now=SOON)
    hours_ago(gateway, 6)
    gateway.texts[0]["Body"] += " And more."
    as_of_the_copy(message)
    arming.disarm()
    arming.arm(now=LATER)

    quarantine_over()
    settle()
    asked_once = state(message)
    Message.objects.update(unknown_since=LONG_AGO)
    quarantine_over()
    settle()

    assert (asked_once, state(message), len(gateway.texts)) == ("unknown", "abandoned", 1)


def test_of_two_texts_to_one_number_only_the_one_that_left_is_found(world: World, gateway: Gateway) -> None:
    first = planned(world)
    sending.drain_messages(now=SOON)
    hours_ago(gateway, 6)
    second = texted(world, world.maria, due_at=LATER, created_at=LATER)
    as_of_the_copy(first, second)
    arming.disarm()

    arming.arm(now=LATER)
    for _round in range(2):
        quarantine_over()
        settle()

    assert (state(first), gateway.texts[0]["sid"]) == ("sent", Message.objects.get(pk=first.pk).provider_sid)
    assert gateway.of_message(second.pk) == 1


def test_looking_for_a_text_by_its_words_makes_no_link(world: World, gateway: Gateway) -> None:
    planned(world)
    arming.disarm()
    arming.arm(now=LATER)
    gateway.is_blind = True
    quarantine_over()

    reconciling.reconcile_messages(now=LATER)

    assert (PatientLink.objects.count(), gateway.look_ups, MessageAttempt.objects.count()) == (0, 0, 0)


def test_what_was_planned_anew_for_the_next_morning_is_asked_about_too(world: World, gateway: Gateway) -> None:
    message = planned(world)
    sending.drain_messages(now=SOON)
    as_of_the_copy(message)
    Message.objects.update(due_at=MORNING)
    arming.disarm()

    doubtful = arming.arm(now=EVENING)
    sending.drain_messages(now=MORNING + dt.timedelta(minutes=1))

    assert (doubtful, state(message), len(gateway.texts)) == (1, "unknown", 1)


def test_a_sender_whose_file_can_not_be_written_is_not_said_to_be_armed(
    world: World, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    settings.SENDER_FILE = tmp_path / "file" / "sender"

    with pytest.raises(CommandError, match="can't be written"):
        call_command("arm_sender")

    assert not arming.is_armed()


def test_an_e_mail_of_a_restored_copy_goes_to_a_person(world: World, mailbox: Mailbox) -> None:
    patient = make_patient(
        world.site,
        world.receptionist,
        "Lucía",
        "Núñez",
        phone=None,
        sms_consent=False,
        email="l@example.com",
        email_consent=True,
    )
    world.book(patient)
    planning.plan_messages(now=SOON)
    arming.disarm()

    arming.arm(now=SOON)
    quarantine_over()
    settle()

    assert (mailbox.mails, Message.objects.get().state) == ([], "abandoned")


def test_a_message_planned_again_is_the_same_one(world: World) -> None:
    message = planned(world)
    Message.objects.all().delete()

    planning.plan_messages(now=SOON)

    assert Message.objects.get().pk == message.pk
