"""A text sent once more since the handset was off: what the provider says of the first is no word about the second."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.actions import events, planning, reconciling, sending
from notifications.models import Message, MessageAttempt, ProviderEvent
from tests.factories import NOW, World
from tests.notifications.made import texted
from tests.servers import Gateway

SOON = NOW + dt.timedelta(minutes=4)
AGAIN = SOON + dt.timedelta(minutes=31)
LATER = SOON + dt.timedelta(hours=1)
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
FIRST, SECOND = (f"SM{number:032}" for number in (1, 2))


def say(message: Message, status: str, sid: str, code: str = "") -> None:
    """Let the provider call back."""
    events.store_status(
        provider="twilio",
        message_id=message.pk,
        fields={"MessageSid": sid, "MessageStatus": status, "ErrorCode": code},
        now=SOON,
    )


def first_one_missed(world: World) -> Message:
    """Let a text reach a handset that is off, so that it is due again half an hour later."""
    world.book()
    planning.plan_messages(now=SOON)
    sending.drain_messages(now=SOON)
    message = Message.objects.get()
    say(message, "undelivered", FIRST, "30003")
    events.apply_events(now=SOON)
    return message


def state(message: Message) -> tuple[str, str | None]:
    message.refresh_from_db()
    return message.state, message.provider_sid


@pytest.mark.parametrize("before", ["sending", "unknown"])
def test_what_is_said_late_of_the_first_does_not_settle_the_second(world: World, gateway: Gateway, before: str) -> None:
    message = first_one_missed(world)
    Message.objects.update(state=before, attempt=2, lease_until=SOON)

    say(message, "sent", FIRST)
    events.apply_events(now=AGAIN)
    assert state(message) == (before, None)
    say(message, "sent", SECOND)
    events.apply_events(now=AGAIN)

    assert state(message) == ("sent", SECOND)


def test_a_first_one_whose_id_was_only_ever_called_back_does_not_settle_the_second(
    world: World, gateway: Gateway
) -> None:
    gateway.moods = ["hang_up", "ok"]
    message = first_one_missed(world)
    assert not MessageAttempt.objects.exclude(provider_sid="").exists()
    Message.objects.update(state="unknown", attempt=2)

    say(message, "failed", FIRST)
    events.apply_events(now=AGAIN)

    assert state(message) == ("unknown", None)


def test_a_first_one_that_arrived_after_all_settles_the_second(world: World, gateway: Gateway) -> None:
    message = first_one_missed(world)
    Message.objects.update(state="unknown", attempt=2)

    say(message, "delivered", FIRST)
    events.apply_events(now=AGAIN)

    assert state(message) == ("delivered", FIRST)


@pytest.mark.parametrize("first", ["ok", "hang_up"])
def test_a_look_up_of_the_second_does_not_find_the_first(world: World, gateway: Gateway, first: str) -> None:
    gateway.moods = [first, "lost"]
    message = first_one_missed(world)
    sending.drain_messages(now=AGAIN)
    assert (state(message), len(gateway.texts)) == (("unknown", None), 1)
    Message.objects.update(quarantine_until=LONG_AGO)

    reconciling.reconcile_messages(now=LATER)

    assert MessageAttempt.objects.get(step="looked_up").outcome == "absent"
    assert state(message) == ("abandoned", None)


def test_what_is_known_of_attempts_is_read_when_no_worker_can_add_to_it(world: World) -> None:
    say(texted(world, world.maria, state="accepted", provider_sid=FIRST), "sent", FIRST)

    with CaptureQueriesContext(connection) as statements:
        events.apply_events(now=SOON)

    read = [
        table
        for each in statements.captured_queries
        for table in ("notifications_message", "notifications_messageattempt")
        if each["sql"].startswith("SELECT") and f'FROM "{table}"' in each["sql"]
    ]
    assert read[:2] == ["notifications_message", "notifications_messageattempt"]


def test_a_call_back_that_can_not_be_applied_keeps_no_other_one_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    poisoned = texted(world, world.maria, state="accepted", provider_sid=FIRST)
    message = texted(world, world.maria, state="accepted", provider_sid=SECOND, subject="another")
    forward = events.forward

    def fail_at_one(given: Message, *said: Any, **at: Any) -> None:
        forward(given, *said, **at)
        if given.pk == poisoned.pk:
            raise ValueError("a move the table does not know")

    monkeypatch.setattr(events, "forward", fail_at_one)
    for each, sid in ((poisoned, FIRST), (message, SECOND)):
        say(each, "delivered", sid)

    assert [events.apply_events(now=SOON) for _look in range(2)] == [2, 0]

    assert (state(poisoned)[0], state(message)[0]) == ("accepted", "delivered")
    assert f"about message {poisoned.pk}" in caplog.text
    assert ProviderEvent.objects.filter(applied_at=None).count() == 0
