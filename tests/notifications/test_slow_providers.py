"""A provider that takes its time: what it costs others, and from when what is put off is counted."""

import datetime as dt
import time
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from notifications.actions import planning, reconciling, sending
from notifications.channels.base import Receipt, Sought
from notifications.channels.sms import TwilioSms
from notifications.models import Message, Pace
from tests.factories import NOW, World, make_patient
from tests.notifications.made import with_mail
from tests.servers import Gateway, Mailbox

SOON = NOW + dt.timedelta(minutes=4)
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def book(world: World, number: int) -> None:
    """Let so many texts be due, each to a number of its own."""
    for n in range(number):
        patient = make_patient(world.site, world.receptionist, f"Slow{n}", "Lee", phone=f"+1555010{6000 + n}")
        world.book(patient, protocol_code="consult", preferred_minute=None, start_on=dt.date(2026, 11, 23))
    planning.plan_messages(now=SOON)


def due_in(message: Message) -> float:
    message.refresh_from_db()
    return (message.due_at - SOON).total_seconds()


def test_a_silent_gateway_and_a_backlog_of_texts_take_no_time_from_e_mail(
    world: World, gateway: Gateway, mailbox: Mailbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROVIDER_TIMEOUT = 0.3
    gateway.moods, gateway.silence = ["silent"], 1.0
    world.book(with_mail(world, phone=None, sms_consent=False))
    book(world, 5)
    monkeypatch.setattr(sending, "STOP_AFTER", 0.25)

    sending.drain_messages(now=SOON)

    assert (len(gateway.texts), len(mailbox.mails)) == (1, 1)


def test_after_two_lost_answers_in_a_row_the_channel_rests_for_a_while(world: World, gateway: Gateway) -> None:
    book(world, 5)
    gateway.moods, texts = ["hang_up", "ok", "hang_up", "hang_up", "ok"], list[int]()

    for seconds in (0, 30, 90):
        sending.drain_messages(now=SOON + dt.timedelta(seconds=seconds))
        texts.append(len(gateway.texts))

    assert texts == [4, 4, 5]
    assert Message.objects.filter(state="unknown", attempt=1).count() == 3


@pytest.mark.parametrize(("mood", "least"), [("busy", 1), ("refuse:30003", 120)])
def test_what_is_put_off_is_put_off_from_the_moment_it_was_refused(
    world: World, gateway: Gateway, mood: str, least: int
) -> None:
    book(world, 1)
    gateway.moods, gateway.delay = [mood], 0.6

    sending.drain_messages(now=SOON)

    assert due_in(Message.objects.get()) >= least + 0.6


def test_a_gateway_that_asks_to_slow_down_is_left_alone_from_the_moment_it_says_so(
    world: World, gateway: Gateway
) -> None:
    book(world, 1)
    gateway.moods, gateway.delay = ["busy"], 0.6

    sending.drain_messages(now=SOON)

    until = Pace.objects.get(channel="sms").paused_until
    assert until is not None
    assert until >= SOON + dt.timedelta(seconds=1.6)


def lose_three_answers(world: World, gateway: Gateway) -> None:
    """Let three texts be unknown whose quarantine is over."""
    book(world, 3)
    gateway.moods = ["hang_up"]
    for minute in range(3):
        sending.drain_messages(now=SOON + dt.timedelta(minutes=minute * 2))
    Message.objects.update(quarantine_until=LONG_AGO)
    assert set(Message.objects.values_list("state", flat=True)) == {"unknown"}


def test_a_gateway_slow_to_be_asked_takes_no_more_than_its_time_and_the_rest_is_asked_about_later(
    world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_three_answers(world, gateway)
    monkeypatch.setattr(reconciling, "STOP_AFTER", 0.25)
    find = TwilioSms.find

    def slowly(channel: TwilioSms, sought: Sought) -> Receipt | None:
        time.sleep(0.3)
        return find(channel, sought)

    monkeypatch.setattr(TwilioSms, "find", slowly)

    assert [reconciling.reconcile_messages(now=SOON), gateway.look_ups] == [1, 1]
    Message.objects.filter(state="unknown").update(lease_until=LONG_AGO)
    assert reconciling.reconcile_messages(now=SOON) == 1


def test_a_look_up_out_of_its_tasks_time_ends_the_task(
    world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_three_answers(world, gateway)

    def out_of_time(_channel: TwilioSms, _sought: Sought) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(TwilioSms, "find", out_of_time)

    with pytest.raises(SoftTimeLimitExceeded):
        reconciling.reconcile_messages(now=SOON)
