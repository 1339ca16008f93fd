"""Clocks that differ: said at two seconds, and at a minute nothing is sent."""

import datetime as dt
import logging

import pytest

from clinic import clock as product_clock
from clinic import queries
from notifications.actions import clocks, sending
from notifications.models import Message
from tests.factories import NOW, World
from tests.notifications.made import texted
from tests.servers import Gateway

pytestmark = pytest.mark.services


def off(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let this machine's clock be wrong."""
    ahead = product_clock.ahead_of
    monkeypatch.setattr(product_clock, "ahead_of", lambda other: ahead(other) + dt.timedelta(seconds=seconds))


def test_one_machine_agrees_with_itself(db: None) -> None:
    assert abs(clocks.difference()) < dt.timedelta(seconds=1.5)
    assert queries.database_clock().tzinfo is not None


@pytest.mark.parametrize(
    ("seconds", "agree", "said"),
    [(0, True, []), (5, True, ["WARNING"]), (-5, True, ["WARNING"]), (90, False, ["ERROR"]), (-90, False, ["ERROR"])],
)
def test_a_difference_is_said_and_a_minute_stops_everything(
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    seconds: float,
    agree: bool,
    said: list[str],
) -> None:
    off(monkeypatch, seconds)

    with caplog.at_level(logging.WARNING):
        assert clocks.agree() is agree

    assert [record.levelname for record in caplog.records] == said


def test_nothing_is_claimed_or_sent_while_the_clocks_are_a_minute_apart(
    world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    texted(world, world.maria, state="pending", attempt=0, handed_at=None, settled_at=None)
    off(monkeypatch, 61)

    sent = sending.drain_messages(now=NOW)

    assert (sent, gateway.texts, Message.objects.get().state) == (0, [], "pending")
