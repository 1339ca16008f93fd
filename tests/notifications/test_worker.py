import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from django.conf import settings

from notifications.models import Message
from scheduling.models import Session
from testkit import wait_until
from tests.factories import World, somebody_came
from tests.servers import Gateway

pytestmark = pytest.mark.services


def address_of_test_database() -> str:
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{database['NAME']}"
    return f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


@pytest.fixture
def worker(gateway: Gateway) -> Iterator[Any]:
    """Run a Celery worker on real Redis, its clock four minutes after the booking; gives a way to call its tasks."""
    redis = os.environ["TEST_REDIS_URL"]
    env = os.environ | {
        "DATABASE_URL": address_of_test_database(),
        "REDIS_URL": redis,
        "TEST_CLOCK": "2026-11-16T14:04:00+00:00",
        "SEND_MESSAGES": "true",
        "SMS_URL": "twilio://AC1:secret@/?from=+15550109999",
        "SMS_API_BASE": gateway.address,
    }
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "config",
        "worker",
        "--pool",
        "threads",
        "-c",
        "2",
        "--loglevel",
        "ERROR",
    ]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    publisher = Celery(broker=redis)
    try:
        yield publisher.send_task
    finally:
        process.terminate()
        process.wait(20)
        publisher.close()


def test_a_celery_worker_on_redis_plans_and_sends_once_however_often_it_is_woken(
    live_world: World, gateway: Gateway, worker: Any
) -> None:
    live_world.book()

    worker("notifications.plan_messages")
    wait_until(lambda: Message.objects.exists(), "the plan", 30)
    for _wake in range(10):
        worker("notifications.drain_messages")
    wait_until(lambda: Message.objects.filter(state="accepted").exists(), "the text", 30)
    worker("notifications.drain_messages")

    assert [text["To"] for text in gateway.texts] == ["+15550102040"]


def test_a_celery_worker_on_redis_flags_a_session_nobody_came_to(live_world: World, worker: Any) -> None:
    somebody_came(live_world)
    session = live_world.visit()
    Session.objects.filter(pk=session.pk).update(missed_after="2026-11-16T14:03:00+00:00")

    worker("scheduling.flag_missed_sessions")

    wait_until(lambda: Session.objects.filter(pk=session.pk, state="missed").exists(), "the flag", 30)
    assert list(session.events.order_by("pk").values_list("kind", flat=True)) == ["booked", "flagged"]
