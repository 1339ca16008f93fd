"""What nobody knows: waited for, looked up, decided by the kind's policy."""

import datetime as dt
import itertools

import pytest

from notifications.actions import claiming, planning, reconciling, recording, sending
from notifications.channels import registry
from notifications.domain.states import Kind, MessageState
from notifications.domain.unresolved import POLICIES, LookUp, Policy, resolve
from notifications.models import Message, MessageAttempt
from tests.factories import NOW, World, make_patient
from tests.notifications.unsure import LATER, LONG_AGO, SOON, planned, quarantine_over, settle, state
from tests.servers import Gateway, Mailbox

_M = MessageState


def lose_the_answer(world: World, gateway: Gateway, mood: str = "hang_up") -> Message:
    message = planned(world)
    gateway.moods = [mood, "ok"]
    sending.drain_messages(now=SOON)
    return message


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
    assert isinstance(claimed, claiming.Claim)
    leaving = sending._look_again(message.pk, claimed.token, registry.channel_for("sms"), SOON)
    assert leaving is not None
    Message.objects.filter(pk=message.pk).update(lease_until=LONG_AGO)
    reconciling.reconcile_messages(now=SOON)

    recording.record(leaving.message, _M.ACCEPTED, now=SOON)

    assert state(message) == "unknown"
    assert list(MessageAttempt.objects.order_by("pk").values_list("step", "outcome", "code")) == [
        ("started", "", ""),
        ("ended", "accepted", "lease_lost"),
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
