"""A machine's hands: JSON in, JSON out, a token in the header."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from clinic import actions as clinic_actions
from clinic.models import AuditEntry, StaffUser
from scheduling.actions import catalogue
from tests.factories import NOW, World

_keys = itertools.count(1)
DAILY = """
code: daily
name: Daily
tag: TMS
modality: tms
summary: Once a day.
phases:
  - {{name: daily, sessions: {sessions}, per_week: 5, weekdays: [1, 2, 3, 4, 5], min_gap_days: 1}}
visit_types:
  treatment:
    name: Treatment
    minutes: 30
    steps:
      - {{name: treatment, minutes: 30, needs: [{{kind: tms_device}}, {{kind: operator}}]}}
visits: {{first: treatment, other: treatment}}
sources:
  "phases[0]": default
  "visit_types": default
"""


class Api:
    """One person's API client."""

    def __init__(self, user: StaffUser) -> None:
        self.token = clinic_actions.create_token(user=user, now=NOW)
        self.client = Client(headers={"Authorization": f"Token {self.token}"})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json", headers=named)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a PUT, PATCH or DELETE."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        verb = getattr(self.client, method)
        return verb(f"/api/v1/{path}", body, content_type="application/json", headers=named)

    def book(self, body: Any, key: str = "") -> Any:
        return self.post("courses/", body, Idempotency_Key=key or f"key-{next(_keys)}")

    def step(self, session: Any, step: str, body: Any = None, *, version: int | None = None) -> Any:
        meant = session.version if version is None else version
        return self.post(f"sessions/{session.pk}/{step}/", body, If_Match=f'"{meant}"')


@pytest.fixture
def api(world: World, clock: Any) -> Api:
    return Api(world.receptionist)


@pytest.fixture
def outsider(world: World, clock: Any) -> Api:
    return Api(world.outsider)


@pytest.fixture
def rows() -> Callable[[], dict[str, int]]:
    """Count every table but the audit log: what must stay as it is when something is refused."""
    models = [model for model in apps.get_models() if model is not AuditEntry]
    return lambda: {model._meta.label: model._default_manager.count() for model in models}


def wish(world: World, **changes: Any) -> dict[str, Any]:
    """Return a body that can be booked."""
    body = {"patient": world.maria.pk, "protocol": "tms_mdd_36", "start_on": "2026-11-24", "preferred_time": "08:30"}
    return {key: value for key, value in (body | changes).items() if value is not None}


@pytest.fixture
def protocol_of(world: World, tmp_path: Path) -> Callable[[int], str]:
    """Load a protocol of so many daily sessions on a device with an operator."""

    def load(sessions: int) -> str:
        (tmp_path / "daily.yaml").write_text(DAILY.format(sessions=sessions))
        catalogue.load_protocols(folder=tmp_path, now=NOW)
        return "daily"

    return load
