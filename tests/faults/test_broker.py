"""The broker only wakes people up: emptied, stopped or doubled, it costs time and no text."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

import testkit
from clinic import actions as clinic_actions
from notifications.models import Message
from patients.models import Patient
from testkit import die_with_parent, wait_until
from tests.factories import NOW, World, make_patient
from tests.faults.conftest import FINE, Clinic, Crew
from tests.running import ROOT

pytestmark = [pytest.mark.services, pytest.mark.postgres]
TASKS = ["plan_messages", "drain_messages", "apply_events", "reconcile_messages"]


@pytest.fixture
def worker(clinic: Clinic) -> Iterator[Callable[..., None]]:
    """Start a Celery worker on a Redis when asked: `worker(broker=…)`."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "threads", "-c", "2"]
    started: list[subprocess.Popen[bytes]] = []

    def start(broker: str = os.environ["TEST_REDIS_URL"]) -> None:
        env = clinic.env | {"REDIS_URL": broker}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, cwd=ROOT, env=env, preexec_fn=die_with_parent, **quiet))  # type: ignore[call-overload]

    yield start
    for process in started:
        process.terminate()
        process.wait(60)


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
    wake("apply_events")
    wait_until(lambda: not broker.llen("celery"), "the worker", 60)
    time.sleep(1)
    assert clinic.gateway.texts == []

    def look_again() -> bool:
        wake("drain_messages")
        broker.flushall()
        wake("drain_messages")
        return not clinic.open()

    wait_until(look_again, "all texts", 120)

    assert clinic.outcome() == FINE


def test_two_beats_and_three_pollers_at_once_for_a_day_say_everything_once(
    clinic: Clinic, crew: Callable[..., Crew], worker: Callable[[], None], wake: Callable[[str], None]
) -> None:
    worker()

    said = a_day(clinic, crew, wake)

    states = list(Message.objects.order_by("kind", "pk").values_list("kind", "state"))
    assert states == [("booked", "accepted")] * 6 + [("day_before", "accepted")] * 6
    assert len(said) == len(set(said)) == 12


def test_the_twin_that_plans_without_a_key_plans_everything_again(clinic: Clinic, crew: Callable[..., Crew]) -> None:
    six_visits(clinic.world)

    crew(2, naive="keyless")

    wait_until(lambda: Message.objects.filter(kind="booked").count() == 12, "both plans", 60)


def six_visits(world: World) -> None:
    """Book six people for tomorrow."""
    for number in range(6):
        patient = make_patient(world.site, world.receptionist, "Two", f"B{'x' * number}", phone=f"+155501{number:05}")
        world.visit(patient, start_on=dt.date(2026, 11, 17), preferred_minute=600 + 60 * number)


def a_day(clinic: Clinic, crew: Callable[..., Crew], wake: Callable[[str], None]) -> list[tuple[str, str]]:
    """Let two beats and three pollers work for a day on six new visits; return what was said to whom."""
    six_visits(clinic.world)
    crew(3, naive="planners")
    stopping = threading.Event()

    def beat() -> None:
        while not stopping.wait(0.3):
            for task in TASKS:
                wake(task)

    beats = [threading.Thread(target=beat) for _beat in range(2)]
    for each in beats:
        each.start()
    for number, speed in ((6, 600.0), (12, 14_400.0)):
        with suppress(TimeoutError):
            wait_until(lambda number=number: len(clinic.gateway.texts) >= number, "texts", 90)  # type: ignore[misc]
        clinic.speed = speed
    # The rest of the day in seconds, in which nothing may follow.
    wait_until(lambda: clinic.now > NOW + dt.timedelta(hours=25), "the next day", 60)
    stopping.set()
    for each in beats:
        each.join()
    return [(text["To"], text["Body"]) for text in clinic.gateway.texts]


BOOK = """
import sys, time, django
django.setup()
from django.test import Client
from notifications import wake
patience, token, *patients = sys.argv[1:]
if patience:
    wake.IMPATIENT.update(socket_timeout=float(patience))
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


class Desk:
    """Somebody who books, in a process of its own that wakes workers through a broker; at work while that is well."""

    def __init__(self, clinic: Clinic, broker: str, bookings: int, patience: str = "") -> None:
        world, first = clinic.world, Patient.objects.count()
        patients = [
            make_patient(world.site, world.receptionist, "Red", f"Is{'x' * n}", phone=f"+155502{n:05}")
            for n in range(first, first + bookings + 2)
        ]
        token = clinic_actions.create_token(user=world.receptionist, now=NOW)
        self.process = subprocess.Popen(
            [sys.executable, "-c", BOOK, patience, token, *(str(patient.pk) for patient in patients)],
            cwd=ROOT,
            env=clinic.env | {"REDIS_URL": broker},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )
        self._booked()  # the first one loads the program
        _status, self.usual = self._booked()

    def book(self) -> tuple[str, bool]:
        """Book a course; return the answer's status, and whether it took less than a second more than usual."""
        status, seconds = self._booked()
        return status, seconds < self.usual + 1.0

    def _booked(self) -> tuple[str, float]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        status, seconds = self.process.stdout.readline().split()
        return status, float(seconds)

    def close(self) -> None:
        """Go home."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def desk(clinic: Clinic) -> Iterator[Callable[..., Desk]]:
    """Open desks: `desk(broker, bookings, patience="")`."""
    opened: list[Desk] = []

    def open_(*given: Any) -> Desk:
        opened.append(Desk(clinic, *given))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


GOOD = ("201", True)


def test_redis_down_for_two_minutes_costs_no_text_and_no_booking_a_second(
    clinic: Clinic,
    crew: Callable[..., Crew],
    desk: Callable[..., Desk],
    worker: Callable[..., None],
    tmp_path: Path,
) -> None:
    address = testkit.start_redis(tmp_path)
    broker = redis.Redis.from_url(address)
    books, poller = desk(address, 5), crew(1)
    worker(address)
    wait_until(lambda: not broker.llen("celery"), "the worker", 60)
    clinic.plan(20)
    broker.shutdown(nosave=True)
    down_since = clinic.now

    assert [books.book() for _booking in range(4)] == [GOOD] * 4
    wait_until(lambda: clinic.now > down_since + dt.timedelta(minutes=2), "two minutes", 30)
    assert poller.finish() == FINE
    poller.stop()

    testkit.start_redis(tmp_path, int(address.rpartition(":")[2].partition("/")[0]))
    assert books.book() == GOOD
    clinic.plan(5)  # the worker that lived through it is the only one to send them
    with Celery(broker=address) as publisher:
        publisher.send_task("notifications.drain_messages", ignore_result=True)
    wait_until(lambda: not clinic.open(), "the texts of the worker", 60)
    assert clinic.outcome() == FINE


def test_redis_that_hangs_delays_no_booking(clinic: Clinic, desk: Callable[..., Desk], tmp_path: Path) -> None:
    address = testkit.start_redis(tmp_path)
    books, twin = desk(address, 3), desk(address, 1, "5")
    with frozen(address):
        # The twin is as patient as a worker, who waits for something to do.
        assert ([books.book() for _booking in range(3)], twin.book()) == ([GOOD] * 3, ("201", False))


@contextmanager
def frozen(address: str) -> Iterator[None]:
    """Let a broker take connections and say nothing."""
    pid = int(redis.Redis.from_url(address).info("server")["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
