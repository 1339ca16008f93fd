"""How often a calendar is read: counted for itself, whoever fetches it and whatever else they fetch."""

from typing import Any

import pytest
from django.test import Client

from clinic.actions import Request
from patients import feed_actions, feeds
from portal.throttling import RATE
from scheduling.models import Session
from tests.factories import NOW, World
from tests.portal.phone import path_of


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, nine in the morning in New York."""


@pytest.fixture
def visit(world: World) -> Session:
    return world.visit()


@pytest.fixture
def feed(world: World, visit: Session) -> str:
    """The address of Maria's calendar."""
    made = feed_actions.make_feed(request=Request(user=None, actor="patient"), patient_id=world.maria.pk, now=NOW)
    return f"/c/{feeds.token_of(made)}.ics"


def test_one_calendar_is_not_read_more_than_thirty_times_a_minute(
    world: World, visit: Session, feed: str, client: Client
) -> None:
    statuses = [client.get(feed, REMOTE_ADDR=f"10.0.0.{number}").status_code for number in range(31)]

    assert (RATE, statuses) == ("30/min", [200] * 30 + [429])


def test_many_calendars_read_from_one_address_do_not_count_for_each_other_nor_for_pages(
    world: World, visit: Session, feed: str, client: Client
) -> None:
    for _time in range(30):
        client.get(feed)
    others = [client.get(f"/c/{n:022}.ics").status_code for n in range(40)]

    assert set(others) == {404}
    assert (client.get(feed).status_code, client.get(path_of(world)).status_code) == (429, 200)
