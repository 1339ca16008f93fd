"""How the installation does, for whoever watches it; no word about anybody."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic import clock as product_clock
from clinic.actions import record_heartbeat, seal_audit
from clinic.models import AuditEntry
from notifications.actions import planning
from notifications.models import Message, MessageAttempt
from tests.factories import NOW, World

HOUR = dt.timedelta(hours=1)
POISON = ["Maria", "Garcia", "5550102040", "Daniel", "TMS", "Riverside"]


@pytest.fixture(autouse=True)
def local(settings: Any, tmp_path: Any, clock: Any) -> None:
    settings.SENDER_FILE = tmp_path / "sender"
    settings.METRICS_TOKEN = ""


def figures(**headers: str) -> dict[str, float]:
    """Return every figure by its name without the product's."""
    answer = Client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name.removeprefix("coursekeeper_"): float(value) for name, value in (line.split(" ") for line in lines)}


def messages(world: World, *states: dict[str, Any]) -> list[Message]:
    """Make messages due an hour ago, in any state."""
    course = world.book()
    common = {"site": world.site, "patient": world.maria, "course": course, "kind": "booked", "channel": "sms"}
    times = {"due_at": NOW - HOUR, "send_by": NOW + HOUR, "created_at": NOW - HOUR, "template_version": "x"}
    return Message.objects.bulk_create(
        Message(dedupe_key=f"made-{number}", **common | times | facts) for number, facts in enumerate(states)
    )


def test_every_indicator_is_there_on_an_empty_installation(db: None) -> None:
    found = figures()

    assert [name.partition("{")[0] for name in found] == [
        "message_oldest_due_seconds",
        "messages_due",
        "messages_unknown",
        "message_oldest_unknown_seconds",
        "message_stale_ratio",
        "message_filtered_ratio",
        "message_dwell_p99_seconds",
        "message_leases_lost",
        "sender_on",
        "sender_armed",
        "heartbeat_age_seconds",
        "clock_difference_seconds",
        "audit_unsealed_seconds",
        "tzdata_info",
        "tzdata_installed_seconds",
    ]
    assert found["heartbeat_age_seconds"] == float("inf")


def test_each_figure_has_its_words_and_its_type(db: None) -> None:
    lines = Client().get("/metrics").content.decode().splitlines()

    assert [line.split(" ")[1] if line.startswith("#") else "value" for line in lines] == (
        ["HELP", "TYPE", "value"] * (len(lines) // 3)
    )


def test_the_oldest_message_that_nobody_took_shows(world: World) -> None:
    messages(world, {"state": "pending", "due_at": NOW - 2 * HOUR}, {"state": "pending"}, {"state": "accepted"})

    found = figures()

    assert (found["messages_due"], found["message_oldest_due_seconds"]) == (2, 7200)


def test_what_nobody_knows_shows_with_its_age(world: World) -> None:
    messages(world, {"state": "unknown", "unknown_since": dt.datetime.now(dt.UTC) - HOUR})

    found = figures()

    assert found["messages_unknown"] == 1
    assert found["message_oldest_unknown_seconds"] == pytest.approx(3600, abs=30)


def test_what_came_too_late_and_what_carriers_filtered_show_as_shares(world: World) -> None:
    left = {"handed_at": NOW - HOUR / 2}
    messages(
        world,
        {"state": "skipped_stale"},
        {"state": "delivered"} | left,
        {"state": "undelivered", "error_code": "30007"} | left,
        {"state": "sent", "channel": "email"} | left,
        {"state": "skipped_stale", "due_at": NOW - 30 * HOUR},
    )

    found = figures()

    assert (found["message_stale_ratio"], found["message_filtered_ratio"]) == (0.25, 0.5)


def test_the_dwell_of_99_of_100_messages_shows(world: World) -> None:
    late = [{"state": "sent", "handed_at": NOW - HOUR + dt.timedelta(seconds=second)} for second in range(1, 201)]
    messages(world, *late)

    assert figures()["message_dwell_p99_seconds"] == 198


def test_a_worker_that_lost_its_lease_shows(world: World) -> None:
    (message,) = messages(world, {"state": "accepted"})
    MessageAttempt.objects.create(message=message, number=1, step="ended", at=NOW, code="lease_lost")
    MessageAttempt.objects.create(message=message, number=1, step="ended", at=NOW)

    assert figures()["message_leases_lost"] == 1


def test_the_heartbeat_and_the_seal_show_their_age(db: None) -> None:
    record_heartbeat(name="worker", now=NOW - dt.timedelta(seconds=40))
    AuditEntry.objects.create(at=NOW - 2 * HOUR, action="x")
    before = figures()["audit_unsealed_seconds"]
    seal_audit(now=NOW)

    found = figures()

    assert (before, found["audit_unsealed_seconds"], found["heartbeat_age_seconds"]) == (7200, 0, 40)


def test_a_machine_whose_clock_is_wrong_shows(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = product_clock.ahead_of
    monkeypatch.setattr(product_clock, "ahead_of", lambda other: ahead(other) + dt.timedelta(seconds=90))

    assert figures()["clock_difference_seconds"] == pytest.approx(90, abs=5)


def test_a_disarmed_sender_shows(world: World, settings: Any) -> None:
    messages(world, {"state": "accepted"})
    MessageAttempt.objects.create(message=Message.objects.get(), number=1, step="started", at=NOW)
    settings.SEND_MESSAGES = True

    found = figures()

    assert (found["sender_on"], found["sender_armed"]) == (1, 0)


def test_nobody_is_named(world: World) -> None:
    world.book()
    planning.plan_messages(now=NOW + dt.timedelta(minutes=4))

    page = Client().get("/metrics").content.decode()

    assert [word for word in POISON if word.lower() in page.lower()] == []


def test_it_costs_the_same_statements_whatever_there_is(world: World) -> None:
    messages(world, *({"state": "sent", "handed_at": NOW} for _number in range(50)))

    with CaptureQueriesContext(connection) as queries:
        figures()

    assert len(queries) == 14


def test_with_a_token_only_who_has_it_may_look(db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = uuid.uuid4().hex

    answers = [
        Client().get("/metrics", headers=headers).status_code
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {settings.METRICS_TOKEN}"})
    ]

    assert answers == [404, 404, 200]


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, {"REMOTE_ADDR": "10.1.2.3"}),
        ({}, {"HTTP_X_FORWARDED_FOR": "10.1.2.3"}),
        ({"TRUSTED_PROXIES": ["127.0.0.1"]}, {}),
        ({"PRODUCTION": True}, {}),
    ],
)
def test_without_one_only_this_machine_may_look(
    db: None, settings: Any, changes: dict[str, Any], asked: dict[str, str]
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)

    assert Client().get("/metrics", **asked).status_code == 404  # type: ignore[arg-type]
