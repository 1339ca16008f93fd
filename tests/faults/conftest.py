"""A clinic with hundreds of texts due, a gateway whose own list is the truth, and workers to be killed."""

import contextlib
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from notifications.actions import arming
from notifications.actions.transitions import address_hash
from notifications.models import Message, MessageAttempt
from patients.models import Consent, ContactPoint, Patient
from testkit import die_with_parent, wait_until
from tests.factories import NOW, World
from tests.notifications.test_worker import address_of_test_database
from tests.running import ROOT
from tests.servers import Gateway, sms_gateway

# Seconds; the product's are 120 and 600. A machine so busy that half a second passes between two lines needs more.
LEASE = int(os.environ.get("FAULT_LEASE", "1"))
QUARANTINE = 3 * LEASE
SPEED = 60  # seconds on the product's clock for each real one: waiting two minutes to try again takes two seconds
OPEN = ["pending", "claimed", "sending", "unknown"]


@dataclass
class Outcome:
    """What the gateway's own list says about the messages there were, and how many did not come to their end."""

    lost: int
    doubled: int
    unexplained: int
    open: int


FINE = Outcome(lost=0, doubled=0, unexplained=0, open=0)


@dataclass
class Clinic:
    """Messages, a gateway and a clock that all workers share."""

    world: World
    gateway: Gateway
    folder: Path
    ids: list[Any] = field(default_factory=list)
    course: Any = None
    speed: float = SPEED
    quarantine: int = QUARANTINE
    now: dt.datetime = NOW + dt.timedelta(minutes=10)

    @property
    def env(self) -> dict[str, str]:
        """The environment of a worker."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": address_of_test_database(),
            "DATA_DIR": str(self.folder),
            "TEST_CLOCK": str(self.folder / "clock"),
            "SEND_MESSAGES": "true",
            "SMS_URL": "twilio://AC1:secret@/?from=+15550109999",
            "SMS_API_BASE": self.gateway.address,
            "SMS_PER_SECOND": "1000",
            "MESSAGE_LEASE": str(LEASE),
            "MESSAGE_QUARANTINE": str(self.quarantine),
            "PROVIDER_TIMEOUT": "1",
            "PGOPTIONS": "-c synchronous_commit=on",  # the test server forgets on purpose; a sender must not
            "LOG_LEVEL": "CRITICAL",
        }

    def plan(self, number: int) -> None:
        """Make so many texts due, each to a number of its own; again: as many more."""
        numbers = range(len(self.ids), len(self.ids) + number)
        course = self.course or self.world.book()
        self.course = course
        site, now = self.world.site, NOW
        patients = Patient.objects.bulk_create(
            Patient(
                site=site,
                record_number=f"F{n}",
                first_name="Fay",
                last_name="Fault",
                birth_date=dt.date(1980, 1, 1),
                search_text="",
                created_at=now,
            )
            for n in numbers
        )
        points = ContactPoint.objects.bulk_create(
            ContactPoint(patient=patient, kind="phone", value=f"+1555{n:07}")
            for n, patient in zip(numbers, patients, strict=True)
        )
        Consent.objects.bulk_create(
            Consent(patient=patient, channel="sms", wording="2026-11", how="at the desk", given_at=now)
            for patient in patients
        )
        rows = Message.objects.bulk_create(
            Message(
                dedupe_key=f"fault-{point.pk}",
                site=site,
                patient_id=point.patient_id,
                course=course,
                contact_point=point,
                address_hash=address_hash(point.value),
                kind="booked",
                channel="sms",
                due_at=now,
                send_by=now + dt.timedelta(days=3),
                template_version="",
                created_at=now,
            )
            for point in points
        )
        self.ids += [row.pk for row in rows]

    def open(self) -> int:
        """Return how many messages did not come to their end."""
        return Message.objects.filter(pk__in=self.ids, state__in=OPEN).count()

    def outcome(self) -> Outcome:
        """Count the lost, the doubled, the doubled that no row explains, and those that go on."""
        # Also of messages that the workers planned themselves: a course that was booked is told of.
        texts = Counter(text["StatusCallback"].rstrip("/").rpartition("/")[2] for text in self.gateway.texts)
        doubled = [uuid.UUID(message_id) for message_id, count in texts.items() if count > 1]
        doubtful = MessageAttempt.objects.filter(message__in=doubled, step="looked_up").values("message").distinct()
        lost = sum(str(message_id) not in texts for message_id in self.ids)
        return Outcome(lost, len(doubled), len(doubled) - doubtful.count(), self.open())


@pytest.fixture
def clinic(live_world: World, tmp_path: Path, settings: Any) -> Iterator[Clinic]:
    """A clinic at 9:10 in the morning, its sender armed; the clock runs sixty times as fast."""
    settings.SENDER_FILE = tmp_path / "sender"
    arming.arm(now=NOW)
    stopping = threading.Event()

    def tick(clinic: Clinic) -> None:
        last = time.monotonic()
        while not stopping.wait(0.05):
            clinic.now += dt.timedelta(seconds=clinic.speed * (time.monotonic() - last))
            last = time.monotonic()
            (tmp_path / "next").write_text(clinic.now.isoformat())
            (tmp_path / "next").replace(tmp_path / "clock")

    with sms_gateway() as gateway:
        gateway.delay = 0.01
        gateway.lag = QUARANTINE / 3
        clinic = Clinic(live_world, gateway, tmp_path)
        (tmp_path / "clock").write_text(clinic.now.isoformat())
        ticking = threading.Thread(target=tick, args=(clinic,))
        ticking.start()
        yield clinic
        stopping.set()
        ticking.join()
    connections.close_all()


class Crew:
    """Pollers that can be killed, frozen and replaced at once."""

    def __init__(self, clinic: Clinic, naive: str) -> None:
        self.clinic = clinic
        command = [sys.executable, "-m", "tests.faults.crew", naive]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=clinic.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )
        assert self._said() == "ready"
        self.pids: list[int] = []
        self.killed = 0

    def start(self, number: int = 1) -> None:
        """Start so many pollers."""
        for _poller in range(number):
            assert self.process.stdin
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            self.pids.append(int(self._said()))

    def kill_one(self, generator: random.Random) -> None:
        """Kill -9 any of them and put another in its place."""
        pid = self.pids.pop(generator.randrange(len(self.pids)))
        os.kill(pid, signal.SIGKILL)
        self.killed += 1
        self.start()

    def are_frozen(self) -> bool:
        """Tell whether every poller is frozen."""
        return all(_state(pid) == "T" for pid in self.pids)

    def thaw(self) -> None:
        """Let every poller go on."""
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)

    def finish(self, seconds: float = 60) -> Outcome:
        """Wait until every message came to its end; the outcome says how many did not in that time."""
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: not self.clinic.open(), "the end of all messages", seconds)
        return self.clinic.outcome()

    def doubles(self) -> bool:
        """Tell whether more than one text is said twice: what a twin must do, whether or not it ever ends."""
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: self.clinic.outcome().doubled > 1, "a second doubled text", 60)
        return self.clinic.outcome().doubled > 1

    def stop(self) -> None:
        """End everybody."""
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.pids.clear()
        self.process.kill()
        self.process.communicate()

    def _said(self) -> str:
        assert self.process.stdout
        said: str = self.process.stdout.readline()
        return said.strip()


def _state(pid: int) -> str:
    try:
        state: str = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
    return state


@pytest.fixture
def crew(clinic: Clinic) -> Iterator[Callable[..., Crew]]:
    """Hire pollers: `crew(pollers, naive="")`."""
    hired: list[Crew] = []

    def hire(pollers: int, *, naive: str = "") -> Crew:
        hired.append(Crew(clinic, naive))
        hired[-1].start(pollers)
        return hired[-1]

    yield hire
    for each in hired:
        each.stop()
