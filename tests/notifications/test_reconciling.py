"""What nobody knows: waited for, looked up, decided by the kind's policy; and what a restored database may do."""

import datetime as dt
import itertools
from typing import Any

import pytest
from django.core.management import call_command

from notifications.actions import arming, claiming, planning, reconciling, sending
from notifications.channels import registry
from notifications.domain.states import Kind, MessageState
from notifications.domain.unresolved import POLICIES, LookUp, Policy, resolve
from notifications.models import Message, MessageAttempt, Sender
from tests.factories import NOW, World, make_patient
from tests.servers import Gateway, Mailbox

SOON = NOW + dt.timedelta(minutes=4)
LATER = SOON + dt.timedelta(hours=1)
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_M = MessageState


def planned(world: World, **facts: Any) -> Message:
    course = world.book()
    planning.plan_messages(now=SOON)
    message = Message.objects.get(course=course)
    Message.objects.filter(pk=message.pk).update(**facts)
    return message


def lose_the_answer(world: World, gateway: Gateway, mood: str = "hang_up") -> Message:
    message = planned(world)
    gateway.moods = [mood, "ok"]
    sending.drain_messages(now=SOON)
    return message


def quarantine_over() -> None:
    Message.objects.filter(state="unknown").update(quarantine_until=LONG_AGO)


def settle(now: dt.datetime = LATER) -> None:
    reconciling.reconcile_messages(now=now)
    sending.drain_messages(now=now)


def state(message: Message) -> str:
    message.refresh_from_db()
    return str(message.state)


def test_within_its_quarantine_nobody_is_asked(world: World, gateway: Gateway) -> None:
    message = lose_the_answer(world, gateway)

    settle()

    assert (state(message), gateway.look_ups, len(gateway.texts)) == ("unknown", 0, 1)


def test_a_text_the_provider_has_is_found_and_not_sent_again(world: World, gateway: Gateway) -> None:
    message = lose_the_answer(world, gateway)
    quarantine_over()

    settle()

    message.refresh_from_db()
    assert (message.state, message.provider_sid, len(gateway.texts)) == ("sent", f"SM{1:032}", 1)
    assert MessageAttempt.objects.filter(message=message, step="looked_up", outcome="found").count() == 1


def test_a_text_the_provider_never_got_is_sent_once_more_and_once_only(world: World, gateway: Gateway) -> None:
    message = lose_the_answer(world, gateway, "lost")
    gateway.moods = ["lost"]

    for _round in range(4):
        quarantine_over()
        settle()

    message.refresh_from_db()
    assert (message.state, message.resends, message.attempt) == ("abandoned", 1, 2)


def test_a_provider_that_can_not_be_asked_is_asked_again_later_and_not_for_ever(world: World, gateway: Gateway) -> None:
    message = lose_the_answer(world, gateway)
    gateway.is_blind = True
    quarantine_over()
    settle()
    assert (state(message), gateway.look_ups) == ("unknown", 0)

    Message.objects.update(unknown_since=LONG_AGO)
    quarantine_over()
    settle()

    assert (state(message), len(gateway.texts)) == ("accepted", 2)  # this kind is sent once more


def test_an_address_that_changed_since_is_not_asked_about(world: World, gateway: Gateway) -> None:
    message = lose_the_answer(world, gateway)
    world.maria.contact_points.update(value="+15550107070")
    quarantine_over()

    reconciling.reconcile_messages(now=LATER)

    assert (state(message), gateway.look_ups) == ("pending", 0)


def test_an_e_mail_nobody_knows_about_is_sent_once_more_under_the_same_id(world: World, mailbox: Mailbox) -> None:
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
    mailbox.mood = "hang_up"

    sending.drain_messages(now=SOON)
    for _round in range(3):
        quarantine_over()
        settle()

    assert len(mailbox.mails) == 2
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1
    assert Message.objects.get().state == "abandoned"


def test_a_worker_that_died_five_times_at_a_message_is_the_last(world: World, gateway: Gateway) -> None:
    message = planned(world, state="claimed", lease_until=LONG_AGO, attempt=5)

    reconciling.reconcile_messages(now=SOON)

    assert state(message) == "dead"


def test_a_late_worker_writes_its_attempt_and_nothing_else(world: World, gateway: Gateway) -> None:
    message = planned(world)
    claimed = claiming.claim(channel="sms", now=SOON, is_paced=False)
    assert claimed is not None
    outgoing = sending._prepare(message.pk, claimed.token, registry.channel_for("sms"), SOON)
    assert outgoing is not None
    Message.objects.filter(pk=message.pk).update(lease_until=LONG_AGO)
    reconciling.reconcile_messages(now=SOON)

    sending._record(message.pk, claimed.token, _M.ACCEPTED, now=SOON)

    assert state(message) == "unknown"
    assert list(MessageAttempt.objects.order_by("pk").values_list("step", "outcome")) == [
        ("started", ""),
        ("ended", "accepted"),
    ]


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(
    ("look_up", "was_resent", "in_time", "ahead"),
    list(itertools.product(LookUp, [False, True], [False, True], [dt.timedelta(hours=1), dt.timedelta(hours=3)])),
)
def test_what_stays_unknown_is_decided_by_the_table(
    policy: Policy, look_up: LookUp, was_resent: bool, in_time: bool, ahead: dt.timedelta
) -> None:
    decided = resolve(
        policy=policy,
        look_up=look_up,
        was_resent=was_resent,
        now=NOW,
        send_by=NOW + dt.timedelta(hours=1 if in_time else -1),
        starts_at=NOW + ahead,
    )

    may = {Policy.RESEND: True, Policy.RESEND_IF_AHEAD: ahead > dt.timedelta(hours=2), Policy.CALL: False}[policy]
    again = in_time and not was_resent and (look_up is LookUp.ABSENT or may)
    assert decided == (_M.ACCEPTED if look_up is LookUp.FOUND else _M.PENDING if again else _M.ABANDONED)


def test_every_kind_has_its_policy() -> None:
    assert set(POLICIES) == set(Kind)


# --- a restored database ------------------------------------------------------------------------------------------


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
