"""A crowd: threads that stand on one line and send real HTTP requests to a threaded server on the test database."""

import http.client
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connection
from django.test.testcases import QuietWSGIRequestHandler

from clinic import actions as clinic_actions
from config.wsgi import application
from patients.models import Patient
from scheduling.actions import catalogue, courses, locking, visits
from scheduling.models import Reservation, Session
from tests.factories import NOW, World, make_patient

Answer = tuple[int, dict[str, Any], dict[str, str]]
SECONDS = 60
_keys = itertools.count(1)


class Crowd:
    """Many clients of one person's token."""

    def __init__(self, host: str, world: World) -> None:
        self.host = host
        self.world = world
        self.token = clinic_actions.create_token(user=world.receptionist, now=NOW)

    def patients(self, number: int) -> list[Patient]:
        """Add so many patients."""
        return [
            make_patient(self.world.site, self.world.receptionist, "Crowd", f"No{_letters(n)}", phone=f"+155501{n:05}")
            for n in range(30_000, 30_000 + number)
        ]

    def post(self, path: str, body: dict[str, Any], key: str = "") -> Answer:
        """Send one request on a connection of its own."""
        line = http.client.HTTPConnection(self.host, timeout=SECONDS)
        headers = {
            "Authorization": f"Token {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or f"crowd-{next(_keys)}",
        }
        try:
            line.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read()), dict(answer.getheaders())
        finally:
            line.close()

    def plan(self, patient: Patient, **wish: Any) -> str:
        """Return the token of a previewed plan."""
        status, answer, _headers = self.post("courses/preview/", {"patient": patient.pk, **wish})
        assert status == 200, answer
        token: str = answer["plans"][0]["plan"]
        return token

    def at_once(self, *calls: Callable[[], Any]) -> list[Any]:
        """Start every call at the same moment and return what they return."""
        line = threading.Barrier(len(calls))
        results: list[Any] = [None] * len(calls)

        def run(place: int, call: Callable[[], Any]) -> None:
            line.wait()
            results[place] = call()

        threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
        return results

    def book_at_once(self, bodies: Sequence[dict[str, Any]], key: str = "") -> list[Answer]:
        """Post every booking at the same moment."""
        return self.at_once(*(lambda body=body: self.post("courses/", body, key) for body in bodies))


def overlaps() -> int:
    """Count pairs of active rows that share a resource or a patient at the same time, by plain SQL."""
    reservations, sessions = Reservation._meta.db_table, Session._meta.db_table
    with connection.cursor() as cursor:
        found = 0
        for table, key in ((reservations, "resource_id"), (sessions, "patient_id")):
            cursor.execute(
                f"SELECT count(*) FROM {table} a JOIN {table} b ON a.{key} = b.{key} AND a.id < b.id "
                "AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at WHERE a.is_active AND b.is_active"
            )
            found += cursor.fetchone()[0]
    return found


class _Server(ThreadedWSGIServer):
    """One thread a connection, and room for a crowd at the door."""

    request_queue_size = 128


@pytest.fixture
def crowd(live_world: World, clock: Any, tmp_path: Any) -> Iterator[Crowd]:
    (tmp_path / "single.yaml").write_text(SINGLE)
    catalogue.load_protocols(folder=tmp_path, now=NOW)
    server = _Server(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Crowd(f"127.0.0.1:{server.server_port}", live_world)
    server.shutdown()
    server.server_close()
    thread.join(SECONDS)


@pytest.fixture
def unguarded(live_world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The twin: no lock, no second look, and no constraint in the database."""
    guards = [
        (model, constraint)
        for model in (Reservation, Session)
        for constraint in model._meta.constraints
        if constraint.name in locking.OVERLAPS
    ]
    assert len(guards) == 2
    monkeypatch.setattr(visits, "lock", lambda **_names: None)
    monkeypatch.setattr(courses, "check_other_courses", lambda *_rows, **_more: None)
    with connection.schema_editor() as editor:
        for model, constraint in guards:
            editor.execute(constraint.remove_sql(model, editor))
    yield
    call_command(
        "flush", interactive=False, verbosity=0, reset_sequences=False
    )  # or the constraint could not come back
    with connection.schema_editor() as editor:
        for model, constraint in guards:
            editor.execute(constraint.create_sql(model, editor))


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


SINGLE = """
code: single
name: Single
tag: TMS
modality: tms
summary: One visit on a device.
phases:
  - {name: single, sessions: 1, weekdays: [1, 2, 3, 4, 5]}
visit_types:
  treatment:
    name: Treatment
    minutes: 30
    steps:
      - {name: treatment, minutes: 30, needs: [{kind: tms_device}, {kind: operator}]}
visits: {first: treatment, other: treatment}
sources:
  "phases[0]": default
  "visit_types": default
"""
