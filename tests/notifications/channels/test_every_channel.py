"""What every channel promises (`channels/base.py`), against a real provider on a socket. A new one joins by a wire."""

from contextlib import suppress
from typing import Any

import pytest

from notifications.channels import registry
from notifications.channels.base import AnswerLost, CannotLookUp, ChannelError
from notifications.channels.log import Log
from tests.notifications.channels.conftest import WIRES, Wire

pytestmark = [pytest.mark.once, pytest.mark.services]


def test_every_channel_is_in_this_suite() -> None:
    assert sorted(WIRES) == sorted(registry.CHANNELS)


def test_a_message_arrives_once_with_its_words_and_an_id(wire: Wire) -> None:
    receipt = wire.channel.send(wire.message(body="Riverside Clinic: Sí, mañana no.\n"))

    assert (len(wire.taken()), bool(receipt.sid)) == (1, True)


def test_a_batch_keeps_its_connection(wire: Wire) -> None:
    for _message in range(5):
        wire.channel.send(wire.message())

    assert (len(wire.taken()), wire.connections()) == (5, 1)


def test_a_new_batch_after_close_works(wire: Wire) -> None:
    wire.channel.send(wire.message())
    wire.channel.close()

    wire.channel.send(wire.message())

    assert len(wire.taken()) == 2


def test_a_provider_that_is_not_there_has_certainly_not_got_it(wire: Wire) -> None:
    wire.mood("gone")

    with pytest.raises(ChannelError) as caught:
        wire.channel.send(wire.message())

    assert (caught.value.permanent, wire.taken()) == (False, [])


def test_an_address_that_is_none_is_refused_for_good(wire: Wire) -> None:
    wire.mood("refuses")

    with pytest.raises(ChannelError) as caught:
        wire.channel.send(wire.message())

    assert (caught.value.permanent, bool(caught.value.code), wire.taken()) == (True, True, [])


def test_a_busy_provider_is_asked_again_later(wire: Wire) -> None:
    wire.mood("busy")

    with pytest.raises(ChannelError) as caught:
        wire.channel.send(wire.message())

    assert (caught.value.permanent, wire.taken()) == (False, [])


def test_an_answer_lost_after_the_provider_took_it_is_no_error_and_no_success(wire: Wire) -> None:
    wire.mood("hangs_up")

    with pytest.raises(AnswerLost):
        wire.channel.send(wire.message())

    assert len(wire.taken()) == 1


@pytest.mark.parametrize("mood", ["refuses", "refuses_text", "busy", "hangs_up", "gone"])
def test_after_any_trouble_the_next_message_leaves(wire: Wire, mood: str) -> None:
    wire.mood(mood)
    with suppress(ChannelError, AnswerLost):
        wire.channel.send(wire.message())
    before = len(wire.taken())
    wire.mood("ok")

    wire.channel.send(wire.message())

    assert len(wire.taken()) == before + 1


def test_what_left_can_be_looked_up_or_the_channel_says_that_it_can_not(wire: Wire) -> None:
    sent = wire.message()
    receipt = wire.channel.send(sent)

    if wire.channel.can_look_up:
        found = wire.channel.find(wire.sought(sent.body))
        assert found is not None
        assert found.sid == receipt.sid
    else:
        with pytest.raises(CannotLookUp):
            wire.channel.find(wire.sought(sent.body))


def test_with_sending_off_every_channel_only_shows(wire: Wire, settings: Any) -> None:
    settings.SEND_MESSAGES = False

    shown = {way: type(registry.channel_for(way)) for way in registry.CHANNELS}

    assert (set(shown.values()), wire.taken()) == ({Log}, [])
