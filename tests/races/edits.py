"""Two people who edit one visit: requests that name the version they read, and what the history must explain."""

import http.client
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from scheduling.actions import ledger
from scheduling.models import Reservation, Session, SessionEvent
from tests.races.conftest import SECONDS, Answer

TRIO = """
code: trio
name: Trio
tag: TMS
modality: tms
summary: Three daily visits on a device.
phases:
  - {name: acute, sessions: 3, weekdays: [1, 2, 3, 4, 5]}
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
_keys = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Desk:
    """One person with a token of their own."""

    host: str
    name: str
    token: str

    def post(self, path: str, body: Any = None, *, version: int | None = None, key: str = "") -> Answer:
        """Send one request on a connection of its own."""
        line = http.client.HTTPConnection(self.host, timeout=SECONDS)
        headers = {
            "Authorization": f"Token {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or f"desk-{next(_keys)}",
        } | ({} if version is None else {"If-Match": f'"{version}"'})
        try:
            line.request("POST", f"/api/v1/{path}", json.dumps(body or {}), headers)
            answer = line.getresponse()
            content, headers = answer.read(), dict(answer.getheaders())
            is_ours = headers.get("Content-Type") == "application/json"  # a page says that something broke
            return answer.status, json.loads(content) if is_ours else {"message": content.decode()}, headers
        finally:
            line.close()

    def must(self, path: str, body: Any = None, *, version: int | None = None) -> dict[str, Any]:
        """Send a request that nobody is in the way of, and return what it answers."""
        status, answer, _headers = self.post(path, body, version=version)
        assert status in {200, 201}, (path, body, answer)
        return answer


class Ready(Protocol):
    """A request made ready (whatever must be looked at first is), to be sent when others are."""

    def __call__(self, key: str = "") -> Answer: ...


Edit = Callable[[Desk, Session], Ready]


def step(name: str, **body: Any) -> Edit:
    """Return a step of attendance."""
    return lambda desk, row: lambda key="": desk.post(f"sessions/{row.pk}/{name}/", body, version=row.version, key=key)


def move(later: int) -> Edit:
    """Return a move to a time of the same day, so many minutes later."""

    def ready(desk: Desk, row: Session) -> Ready:
        place = {"day": str(row.day), "time": clock_time(row.minute + later)}
        return lambda key="": desk.post(f"sessions/{row.pk}/move/", place, version=row.version, key=key)

    return ready


def move_rest(later: int) -> Edit:
    """Return a move of this visit and all after it, chosen from a preview."""

    def ready(desk: Desk, row: Session) -> Ready:
        wish = {"scope": "rest", "from_day": str(row.day), "time": clock_time(row.minute + later)}
        plan = desk.must(f"sessions/{row.pk}/move/preview/", wish)["choices"][0]["plan"]
        return lambda key="": desk.post(f"sessions/{row.pk}/move/", {"plan": plan}, version=row.version, key=key)

    return ready


def make_up(desk: Desk, row: Session) -> Ready:
    """Book the first make-up that is offered."""
    plan = desk.must(f"sessions/{row.pk}/make-up/preview/")["choices"][0]["plan"]
    return lambda key="": desk.post(f"sessions/{row.pk}/make-up/", {"plan": plan}, version=row.version, key=key)


def hold(desk: Desk, row: Session) -> Ready:
    """Put the course on hold."""
    version = row.course.version
    return lambda key="": desk.post(f"courses/{row.course_id}/hold/", {"reason": "Travels"}, version=version, key=key)


def clock_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def unexplained(session_id: int) -> list[str]:
    """Play a session's events from the first to the last, and return what they don't explain about its row."""
    row = Session.objects.get(pk=session_id)
    events = list(SessionEvent.objects.filter(session=row).order_by("pk"))
    state, facts, faults = "", dict[str, Any](), []
    for event in events:
        before, after = (dict(event.data.get(side, {})) for side in ("before", "after"))
        # What an event found must be what the one before it left.
        faults += [f"{name} overwritten" for name in before.keys() & facts.keys() if before[name] != facts[name]]
        faults += [f"{event.kind} came from {event.from_state}, not {state}"] * (event.from_state != state)
        state, facts = event.to_state, facts | before | after
    active = Reservation.objects.filter(session=row, is_active=True).order_by("pk")
    held = facts.pop("held", [each.pk for each in active])
    faults += [f"{name} is not as its events say" for name in facts if ledger.plain(getattr(row, name)) != facts[name]]
    faults += ["state is not as its events say"] * (row.state != state)
    faults += ["what it holds is not as its events say"] * ([each.pk for each in active] != held)
    faults += ["it holds another time"] * ({(each.starts_at, each.ends_at) for each in active} != _time_of(row))
    steps = sum(event.kind != "noted" for event in events)  # a note has a version of its own
    faults += [f"version {row.version} after {steps} events"] * (row.version != steps)
    return faults


def _time_of(row: Session) -> set[tuple[Any, Any]]:
    return {(row.starts_at, row.ends_at)} if row.is_active else set()
