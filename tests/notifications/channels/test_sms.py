"""What only text messages know: Twilio's codes and its look-up."""

import datetime as dt
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from notifications.channels import registry
from notifications.channels.base import AnswerLost, Busy, CannotLookUp, ChannelError, OptedOut, Outgoing, Sought
from tests.notifications.channels.conftest import MESSAGE_ID
from tests.servers import Gateway

pytestmark = [pytest.mark.once, pytest.mark.services]
OTHER_ID = "0c9a5a0e-35f6-4e6f-8b1c-0d3c33a9a002"
TEXT = "Riverside Clinic: a visit."


def outgoing(message_id: str = MESSAGE_ID, body: str = TEXT, valid_seconds: int = 3600) -> Outgoing:
    return Outgoing(message_id, "+15550102040", "", body, valid_seconds)


def sought(message_id: str = MESSAGE_ID, body: str = TEXT, **more: Any) -> Sought:
    now = dt.datetime.now(dt.UTC)
    facts = {"since": now - dt.timedelta(minutes=2), "until": now} | more
    return Sought(message_id, "+15550102040", hashlib.sha256(body.encode()).hexdigest(), **facts)


@pytest.mark.parametrize(
    ("mood", "kind", "permanent"),
    [
        ("refuse:21610", OptedOut, True),
        ("refuse:21211", ChannelError, True),
        ("refuse:21614", ChannelError, True),
        ("refuse:30006", ChannelError, True),
        ("refuse:30007", ChannelError, True),
        ("refuse:30003", ChannelError, False),
        ("refuse:20429", Busy, False),
        ("busy", Busy, False),
        ("broken", AnswerLost, None),
        ("lost", AnswerLost, None),
        ("gibberish", AnswerLost, None),
        ("no_sid", AnswerLost, None),
    ],
)
def test_each_answer_means_what_the_table_says(gateway: Gateway, mood: str, kind: type, permanent: bool | None) -> None:
    gateway.moods = [mood]

    with pytest.raises(kind) as caught:
        registry.channel_for("sms").send(outgoing())

    assert (type(caught.value), getattr(caught.value, "permanent", None)) == (kind, permanent)


def test_a_gateway_that_takes_a_text_and_answers_too_late_leaves_it_unknown(gateway: Gateway, settings: Any) -> None:
    settings.PROVIDER_TIMEOUT = 0.3
    gateway.moods, gateway.silence = ["silent"], 1.0

    with pytest.raises(AnswerLost):
        registry.channel_for("sms").send(outgoing())

    assert len(gateway.texts) == 1


@pytest.mark.parametrize(("left", "valid"), [(90_000, "36000"), (3600, "3600"), (0, "1")])
def test_a_text_carries_where_to_call_back_and_how_long_it_is_of_use(
    gateway: Gateway, settings: Any, left: int, valid: str
) -> None:
    settings.BASE_URL = "https://visits.example.org/"

    registry.channel_for("sms").send(outgoing(valid_seconds=left))

    assert (gateway.texts[0]["StatusCallback"], gateway.texts[0]["ValidityPeriod"]) == (
        f"https://visits.example.org/hooks/twilio/status/{MESSAGE_ID}/",
        valid,
    )


def test_a_look_up_knows_a_text_by_our_id_among_others_to_the_same_number(gateway: Gateway) -> None:
    gateway.names_callback = True
    channel = registry.channel_for("sms")
    ours = channel.send(outgoing())
    channel.send(outgoing(OTHER_ID))

    found = channel.find(sought())

    assert found is not None
    assert (found.sid, found.status) == (ours.sid, "sent")


def test_a_text_of_another_message_is_not_ours(gateway: Gateway) -> None:
    gateway.names_callback = True
    channel = registry.channel_for("sms")
    channel.send(outgoing(OTHER_ID))

    assert channel.find(sought()) is None


def test_without_our_id_the_words_and_the_time_decide(gateway: Gateway) -> None:
    channel = registry.channel_for("sms")
    channel.send(outgoing(OTHER_ID, "Riverside Clinic: something else."))
    ours = channel.send(outgoing())

    found = channel.find(sought())

    assert found is not None
    assert found.sid == ours.sid


def test_without_our_id_a_text_from_before_and_one_that_is_another_messages_are_not_ours(gateway: Gateway) -> None:
    channel = registry.channel_for("sms")
    receipt = channel.send(outgoing())
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)

    found = [channel.find(sought(since=later, until=later)), channel.find(sought(taken=frozenset({receipt.sid})))]

    assert found == [None, None]


def test_a_long_list_is_read_to_its_end(gateway: Gateway) -> None:
    gateway.names_callback = True
    channel = registry.channel_for("sms")
    ours = channel.send(outgoing())
    for _other in range(120):
        channel.send(outgoing(OTHER_ID))

    found = channel.find(sought())

    assert found is not None
    assert (found.sid, gateway.look_ups) == (ours.sid, 2)


def test_a_supposed_text_is_known_by_its_words_and_one_in_other_words_proves_nothing(gateway: Gateway) -> None:
    channel = registry.channel_for("sms")
    assert channel.find(sought(is_supposed=True)) is None
    other = channel.send(outgoing(OTHER_ID, "Riverside Clinic: something else."))

    for unsure in (sought(is_supposed=True), replace(sought(is_supposed=True), body_hash="")):
        with pytest.raises(CannotLookUp):
            channel.find(unsure)
    known = channel.find(sought(is_supposed=True, taken=frozenset({other.sid})))
    ours = channel.send(outgoing())
    found = channel.find(sought(is_supposed=True))

    assert known is None
    assert found is not None
    assert found.sid == ours.sid


def test_a_gateway_that_does_not_answer_a_look_up_proves_nothing(gateway: Gateway) -> None:
    gateway.is_blind = True

    with pytest.raises(CannotLookUp):
        registry.channel_for("sms").find(sought())
