"""The banners everybody at the desk sees when the machinery stands still."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.actions import record_heartbeat
from frontdesk import alarms
from notifications.actions import arming
from tests.factories import NOW, World

MINUTE = dt.timedelta(minutes=1)
STOPPED = "Reminders have stopped. Nothing was sent or checked since "


@pytest.fixture
def desk(world: World, clock: Any, settings: Any, tmp_path: Path) -> Client:
    settings.SENDER_FILE = tmp_path / "sender"
    client = Client()
    client.force_login(world.receptionist)
    return client


def words(client: Client, path: str = "/") -> list[str]:
    return [alarm.text for alarm in client.get(path).context["alarms"]]


@pytest.mark.parametrize("path", ["/", "/messages/"])
def test_a_worker_silent_for_more_than_three_minutes_is_said(desk: Client, path: str) -> None:
    record_heartbeat(name="worker", now=NOW - 3 * MINUTE)
    fresh = words(desk, path)
    record_heartbeat(name="worker", now=NOW - 4 * MINUTE)

    stopped = words(desk, path)

    assert (fresh, [text.startswith(f"{STOPPED}8:56") for text in stopped]) == ([], [True])


def test_a_silence_since_another_day_names_the_day(desk: Client) -> None:
    record_heartbeat(name="worker", now=NOW - 2880 * MINUTE)

    (text,) = words(desk)

    assert text.startswith(f"{STOPPED}Sat Nov 14, 9am")


def test_a_new_installation_that_sends_nothing_is_not_alarmed(desk: Client) -> None:
    assert words(desk) == []


def test_one_that_shall_send_and_never_had_a_worker_is(desk: Client, settings: Any) -> None:
    settings.SEND_MESSAGES = True

    assert words(desk) == [alarms.NEVER]


@pytest.mark.parametrize("path", ["/", "/messages/"])
def test_a_sender_that_is_not_armed_is_said_where_sending_is_on(desk: Client, settings: Any, path: str) -> None:
    record_heartbeat(name="worker", now=NOW)
    arming.disarm()
    off = words(desk, path)
    settings.SEND_MESSAGES = True

    assert (off, words(desk, path)) == ([], [alarms.DISARMED])


def test_a_board_that_polls_learns_of_it(desk: Client) -> None:
    record_heartbeat(name="worker", now=NOW)
    first = desk.get("/")
    record_heartbeat(name="worker", now=NOW - 5 * MINUTE)

    again = desk.get("/", headers={"If-None-Match": first["ETag"], "HX-Request": "true"})

    assert (again.status_code, STOPPED in again.content.decode()) == (200, True)


@pytest.mark.parametrize("has_beaten", [False, True])
def test_where_only_the_loop_without_a_broker_runs_texts_still_go_out_and_that_is_said(
    desk: Client, settings: Any, has_beaten: bool
) -> None:
    settings.SEND_MESSAGES = True
    arming.is_armed()
    if has_beaten:
        record_heartbeat(name="worker", now=NOW - 60 * MINUTE)
    record_heartbeat(name="poller", now=NOW - MINUTE)
    polled = desk.get("/").context["alarms"]
    record_heartbeat(name="poller", now=NOW - 4 * MINUTE)

    (stopped,) = words(desk)

    assert [(alarm.css, alarm.text) for alarm in polled] == [("is-late", alarms.POLLED)]
    assert stopped == alarms.NEVER or stopped.startswith(STOPPED)


def test_a_poll_costs_one_statement_more(world: World, clock: Any, settings: Any, desk: Client) -> None:
    settings.SEND_MESSAGES = True
    record_heartbeat(name="worker", now=NOW)
    arming.is_armed()
    alarms.alarms(site=world.site, now=NOW)

    with CaptureQueriesContext(connection) as queries:
        found = alarms.alarms(site=world.site, now=NOW)

    assert (found, len(queries)) == ([], 1)
