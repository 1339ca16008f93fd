"""The broker only wakes people up: emptied, stopped or doubled, it costs time and no text."""

import datetime as dt
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

import testkit
from clinic import actions as clinic_actions
from notifications.models import Message
from testkit import die_with_parent, wait_until
from tests.factories import NOW, make_patient
from tests.faults.conftest import Clinic, Crew, Outcome
from tests.running import ROOT

pytestmark = [pytest.mark.services, pytest.mark.postgres]
TASKS = ["plan_messages", "drain_messages", "apply_events", "reconcile_messages"]


@pytest.fixture
def worker(clinic: Clinic) -> Iterator[Callable[[], None]]:
    """Start a Celery worker on Redis when asked."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "threads", "-c", "2"]
    env = clinic.env | {"REDIS_URL": os.environ["TEST_REDIS_URL"]}
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, cwd=ROOT, env=env, preexec_fn=die_with_parent, **quiet))  # type: ignore[call-overload]

    yield start
    for process in started:
        process.terminate()
        process.wait(20)


@pytest.fixture
def wake() -> Iterator[Callable[[str], None]]:
    """Publish a task, as beat does."""
    publisher = Celery(broker=os.environ["TEST_REDIS_URL"])
    yield lambda name: publisher.send_task(f"notifications.{name}", ignore_result=True)
    publisher.close()


def test_redis_emptied_again_and_again_costs_no_text(
    clinic: Clinic, worker: Callable[[], None], wake: Callable[[str], None]
) -> None:
    clinic.plan(60)
    broker = redis.Redis.from_url(os.environ["TEST_REDIS_URL"])
    # The twin: were the broker the truth, what it forgets would be lost. Nobody looks again, nothing leaves.
    wake("drain_messages")
    broker.flushall()
    worker()
    with pytest.raises(TimeoutError):
        wait_until(lambda: bool(clinic.gateway.texts), "a text", 6)

    def look_again() -> bool:
        wake("drain_messages")
        broker.flushall()
        wake("drain_messages")
        return clinic.is_over()

    wait_until(look_again, "all texts", 60)

    assert clinic.outcome() == Outcome(0, 0, 0)


def test_two_beats_and_three_pollers_at_once_for_a_day_say_everything_once(
    clinic: Clinic, crew: Callable[..., Crew], worker: Callable[[], None], wake: Callable[[str], None]
) -> None:
    world = clinic.world
    for number in range(6):
        patient = make_patient(world.site, world.receptionist, "Two", f"B{'x' * number}", phone=f"+155501{number:05}")
        world.visit(patient, start_on=dt.date(2026, 11, 17), preferred_minute=600 + 60 * number)
    worker()
    crew(3, naive="planners")
    clinic.speed = 3600.0  # a day in 24 seconds
    stopping = threading.Event()

    def beat() -> None:
        while not stopping.wait(0.3):
            for task in TASKS:
                wake(task)

    beats = [threading.Thread(target=beat) for _beat in range(2)]
    for each in beats:
        each.start()
    wait_until(lambda: clinic.now > NOW + dt.timedelta(hours=25), "the next day", 60)
    stopping.set()
    for each in beats:
        each.join()

    said = [(text["To"], text["Body"]) for text in clinic.gateway.texts]
    assert len(said) == len(set(said)) == 12  # that it is booked, and the reminder, of six visits
    assert Message.objects.count() == 12


BOOK = """
import sys, time, django
django.setup()
from django.test import Client
token, *patients = sys.argv[1:]
for patient in patients:
    sys.stdin.readline()
    wish = {"patient": int(patient), "protocol": "consult", "start_on": "2026-11-24"}
    began = time.monotonic()
    answer = Client(SERVER_NAME="localhost").post(
        "/api/v1/courses/", wish, content_type="application/json",
        headers={"Authorization": "Token " + token, "Idempotency-Key": patient},
    )
    print(answer.status_code, time.monotonic() - began, flush=True)
"""


def test_a_booking_takes_less_than_a_second_while_redis_is_stopped_and_after(clinic: Clinic, tmp_path: Path) -> None:
    world = clinic.world
    patients = [
        make_patient(world.site, world.receptionist, "Red", f"Is{'x' * n}", phone=f"+155502{n:05}") for n in range(9)
    ]
    address = testkit.start_redis(tmp_path)
    env = clinic.env | {"REDIS_URL": address}
    token = clinic_actions.create_token(user=world.receptionist, now=NOW)
    command = [sys.executable, "-c", BOOK, token, *(str(patient.pk) for patient in patients)]
    took: list[tuple[str, float]] = []
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
    ) as web:
        for number in range(len(patients)):
            if number == 4:
                redis.Redis.from_url(address).shutdown(nosave=True)
            took.append(_book(web))

    assert [status for status, _seconds in took] == ["201"] * len(patients)
    assert max(seconds for _status, seconds in took[4:]) < 1


def _book(web: Any) -> tuple[str, float]:
    web.stdin.write("\n")
    web.stdin.flush()
    status, seconds = web.stdout.readline().split()
    return status, float(seconds)
