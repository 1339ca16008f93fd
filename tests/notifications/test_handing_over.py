"""Messages are read a few at a time; what changes before the turn of one of them is seen all the same."""

import datetime as dt
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.actions import batch, claiming, planning, recording, sending, transitions
from notifications.channels.sms import TwilioSms
from notifications.models import Message, MessageAttempt, Pace
from patients import links
from patients.models import PatientLink
from scheduling.models import Session
from tests.factories import NOW, World, cancel, make_patient
from tests.servers import Gateway

SOON = NOW + dt.timedelta(minutes=4)
EVE = dt.datetime(2026, 11, 17, 15, 0, tzinfo=dt.UTC)


def book_five(world: World) -> list[str]:
    """Book a course for five patients, each with a number of their own; return the numbers."""
    numbers = [f"+155501070{n:02}" for n in range(5)]
    for n, number in enumerate(numbers):
        patient = make_patient(world.site, world.receptionist, "Five", f"Lee{'x' * n}", phone=number)
        world.book(patient, protocol_code="consult", preferred_minute=None, start_on=dt.date(2026, 11, 23 + n % 2))
    planning.plan_messages(now=SOON)
    return numbers


def before_the_second(monkeypatch: pytest.MonkeyPatch, do: Callable[[], Any]) -> None:
    """Let something happen when the first message of a claim has left and the second was read, but not looked at."""
    send = TwilioSms.send
    sent: list[object] = []

    def sends(channel: TwilioSms, outgoing: Any) -> Any:
        receipt = send(channel, outgoing)
        if not sent:
            do()
        sent.append(outgoing)
        return receipt

    monkeypatch.setattr(TwilioSms, "send", sends)
    monkeypatch.setattr(batch, "FRESH", 60.0)


def to(gateway: Gateway) -> list[str]:
    return [text["To"] for text in gateway.texts]


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Message.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def test_who_says_stop_after_the_messages_were_read_gets_none(
    world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    book_five(world)

    def stop() -> None:
        waiting = Message.objects.filter(state="claimed").order_by("send_by", "pk")
        stopped.extend(waiting)
        for message in waiting:
            transitions.suppress(hashed=message.address_hash, channel="sms", cause="said STOP", now=SOON)

    stopped: list[Message] = []
    before_the_second(monkeypatch, stop)
    sending.drain_messages(now=SOON)

    assert len(stopped) == 4
    assert (len(gateway.texts), states()) == (1, {"accepted": 1, "suppressed": 4})


def test_a_visit_cancelled_after_the_messages_were_read_is_not_reminded_of(
    world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = []
    for n in range(3):
        patient = make_patient(world.site, world.receptionist, "Three", f"Lee{'x' * n}", phone=f"+155501080{n:02}")
        visits.append(world.visit(patient, start_on=dt.date(2026, 11, 18), preferred_minute=600 + 60 * n))
    planning.plan_messages(now=EVE)
    Message.objects.exclude(kind="day_before").delete()

    def cancel_the_others() -> None:
        done = Message.objects.exclude(state="claimed").values_list("session_id", flat=True)
        for visit in visits:
            if visit.pk not in done:
                cancel(session_id=visit.pk, version=1, reason="Ill", now=EVE, by=world.receptionist)

    before_the_second(monkeypatch, cancel_the_others)
    sending.drain_messages(now=EVE)

    assert (len(gateway.texts), states()) == (1, {"accepted": 1, "skipped_changed": 2})
    assert Session.objects.filter(state="cancelled").count() == 2


def test_a_message_another_worker_took_after_it_was_read_is_left_alone(
    world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    book_five(world)
    before_the_second(monkeypatch, lambda: Message.objects.filter(state="claimed").update(state="dead"))

    sending.drain_messages(now=SOON)

    assert (len(gateway.texts), states()) == (1, {"accepted": 1, "dead": 4})


def test_every_text_of_a_claim_carries_a_link_that_opens(world: World, gateway: Gateway) -> None:
    book_five(world)

    sending.drain_messages(now=SOON)

    tokens = [re.findall(r"/v/([\w-]+)/", text["Body"]) for text in gateway.texts]
    found = [links.find(token) for [token] in tokens]
    assert sorted(link.patient_id for link in found if link) == sorted(
        PatientLink.objects.values_list("patient_id", flat=True)
    )
    assert len(found) == len(set(map(str, tokens))) == 5


def test_a_text_takes_few_statements(world: World, gateway: Gateway) -> None:
    sending.drain_messages(now=SOON)  # arms itself
    book_five(world)

    with CaptureQueriesContext(connection) as statements:
        sending.drain_messages(now=SOON)

    assert len(gateway.texts) == 5
    around = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    counted = [each["sql"] for each in statements.captured_queries if not each["sql"].startswith(around)]
    assert len(counted) <= 5 * 6 + 37  # six for each text, and what is read, claimed and made for all five at once


def test_a_drain_begins_nothing_when_its_time_is_over_and_leaves_the_rest_to_the_next(
    world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    book_five(world)
    before_the_second(monkeypatch, lambda: monkeypatch.setattr(sending, "STOP_AFTER", 0.0))

    assert sending.drain_messages(now=SOON) == 1

    left = Message.objects.filter(state="pending").values_list("attempt", "lease_token")
    assert (len(gateway.texts), list(left)) == (1, [(0, None)] * 4)


def test_a_drain_out_of_its_tasks_time_stops_and_what_was_leaving_is_asked_about(
    world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    book_five(world)

    def out_of_time(_channel: TwilioSms, _outgoing: Any) -> Any:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(TwilioSms, "send", out_of_time)
    with pytest.raises(SoftTimeLimitExceeded):
        sending.drain_messages(now=SOON)

    assert (gateway.texts, states()) == ([], {"sending": 1, "claimed": 4})


def test_a_drain_faster_than_the_pace_waits_for_it(world: World, gateway: Gateway, settings: Any) -> None:
    settings.PACE = {"sms": 4, "email": 4}
    book_five(world)
    Pace.objects.update_or_create(
        channel="sms", defaults={"tokens": 2, "filled_at": transitions.db_clock(), "paused_until": None}
    )
    began = time.monotonic()

    assert sending.drain_messages(now=SOON) == 5

    assert time.monotonic() - began > 0.7  # two at once, three more at four a second


def test_workers_that_wait_for_the_pace_come_back_at_different_moments(world: World, settings: Any) -> None:
    settings.PACE = {"sms": 1, "email": 1}
    book_five(world)
    Pace.objects.update_or_create(channel="sms", defaults={"tokens": 0, "filled_at": transitions.db_clock()})

    waits = [claiming.claim(channel="sms", now=SOON, is_paced=True) for _worker in range(5)]

    seconds = [wait.seconds for wait in waits if isinstance(wait, claiming.Wait)]
    assert len(set(seconds)) == 5
    assert all(0 < each <= 2 for each in seconds)


def test_workers_told_to_slow_down_come_back_later_each_time_and_at_different_moments() -> None:
    waits = [[claiming.back_off(tries) for _worker in range(20)] for tries in range(8)]

    assert all(len(set(some)) == 20 for some in waits)
    assert [
        (min(some) >= 2 ** min(tries, 6), max(some) <= 1.5 * 2 ** min(tries, 6)) for tries, some in enumerate(waits)
    ] == [(True, True)] * 8


def test_busy_again_and_again_costs_no_attempt(world: World, gateway: Gateway) -> None:
    world.book()
    planning.plan_messages(now=SOON)
    gateway.moods = ["busy"] * 8 + ["ok"]

    for minute in range(0, 40, 4):
        sending.drain_messages(now=SOON + dt.timedelta(minutes=minute))

    ended = MessageAttempt.objects.filter(step="ended").order_by("pk").values_list("number", "outcome", "http_status")
    assert list(ended) == [(1, "not_sent", 429)] * 8 + [(1, "accepted", 201)]
    assert Message.objects.get().attempt == 1


def test_what_was_certainly_not_sent_is_written_down_though_the_lease_is_lost(world: World, gateway: Gateway) -> None:
    world.book()
    planning.plan_messages(now=SOON)
    claimed = claiming.claim(channel="sms", now=SOON, is_paced=False)
    assert isinstance(claimed, claiming.Claim)
    leaving = sending._look_again(claimed.ids[0], claimed.token, TwilioSms(), SOON)
    assert leaving is not None
    Message.objects.update(state="unknown", lease_token=None, lease_until=None)

    recording.put_back(leaving.message, now=SOON, reason="The worker was too slow.")

    assert list(MessageAttempt.objects.order_by("pk").values_list("step", "outcome", "code")) == [
        ("started", "", ""),
        ("ended", "not_sent", "lease_lost"),
    ]
    assert Message.objects.get().state == "unknown"
