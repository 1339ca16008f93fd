"""A clinic with a protocol that asks for everything there is to ask for, and a desk that shows it."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic.actions import Request
from clinic.models import StaffUser
from scheduling.actions import attendance, catalogue, gates, moving
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain.gate_kinds import GATES, GateScope
from scheduling.domain.operations import GateKind
from scheduling.models import Course, Prerequisite, Session
from scheduling.queries import gates as stored
from scheduling.queries.gates import Standing
from tests.factories import NOW, World

LISTED = [kind for kind in GateKind if kind not in (GateKind.FASTING, GateKind.MONITORING_FORM)]
BEFORE = [*LISTED, GateKind.FASTING]  # what stops a visit
EVERYTHING = f"""
code: everything
name: Everything
tag: ALL
modality: ketamine_iv
summary: A protocol that asks for whatever can be asked for.
phases:
  - {{name: weekly, sessions: 3, per_week: 1, weekdays: [1, 2, 3, 4, 5], min_gap_days: 2}}
visit_types:
  visit:
    name: Visit
    minutes: 30
    steps:
      - {{name: visit, minutes: 30, needs: [{{kind: tms_device}}]}}
visits: {{first: visit, other: visit}}
gates: [{", ".join(LISTED)}]
fasting: {{food_hours: 4, fluid_hours: 2}}
form_due_days: 7
billing: {{first: "96365", other: "96366"}}
sources:
  "phases[0]": default
  visit_types: default
  fasting: default
  form_due_days: default
"""


@dataclass(slots=True)
class Gatehouse:
    """A course of which nothing is there yet, and what a desk does about it. Visits are at nine, in New York."""

    world: World
    course: Course

    @property
    def first(self) -> Session:
        return self.visit(1)

    def visit(self, number: int) -> Session:
        rows = Session.objects.select_related("course__protocol", "course__site", "site", "patient")
        return rows.get(course=self.course, number=number, is_counted=True)

    @property
    def at_the_door(self) -> dt.datetime:
        """Five minutes before the first visit begins."""
        return self.first.starts_at - dt.timedelta(minutes=5)

    def whose(self, kind: GateKind, number: int = 1) -> Whose:
        """Return whom a gate is recorded for."""
        if GATES[kind].scope is GateScope.SESSION:
            return Whose(session_id=self.visit(number).pk)
        return Whose(course_id=self.course.pk)

    def record(
        self,
        kind: GateKind,
        *,
        now: dt.datetime | None = None,
        by: StaffUser | None = None,
        whose: Whose | None = None,
        replaces: int | None = None,
        **shown: Any,
    ) -> None:
        """Record what is usually shown for a gate; as late as can be: fasting is asked at the door."""
        at_the_door = kind is GateKind.FASTING
        usual: dict[str, Any] = {"ate_minute": 4 * 60, "drank_minute": 6 * 60} if at_the_door else {"text": "Seen"}
        gates.record_gate(
            request=Request(user=by or self.world.receptionist),
            whose=whose or self.whose(kind),
            kind=kind,
            evidence=Evidence(**usual | shown),
            now=now or (self.at_the_door if at_the_door else NOW),
            replaces=replaces,
        )

    def record_all(self, *, but: GateKind | None = None) -> None:
        """Record everything that is asked for before a visit, but one."""
        for kind in BEFORE:
            if kind is not but:
                self.record(kind)

    def pass_by_hand(self, kind: GateKind, reason: str = "The psychiatrist says so", **more: Any) -> None:
        asked: dict[str, Any] = {"whose": self.whose(kind), "now": NOW} | more
        gates.pass_gate(request=self.world.request, kind=kind, reason=reason, **asked)

    def withdraw(self, kind: GateKind, *, by: StaffUser | None = None, now: dt.datetime = NOW) -> None:
        """Withdraw what was recorded last for a gate."""
        row = Prerequisite.objects.filter(kind=kind).latest("pk")
        gates.withdraw_gate(request=Request(user=by or self.world.receptionist), row_id=row.pk, kind=kind, now=now)

    def arrive(self, number: int = 1) -> None:
        self._step(attendance.arrive, number)

    def start(self, number: int = 1) -> None:
        self._step(attendance.start, number)

    def complete(self, number: int = 1) -> None:
        self._step(attendance.complete, number, minutes=30)

    def _step(self, verb: Any, number: int, minutes: int = -5) -> None:
        row = self.visit(number)
        at = row.starts_at + dt.timedelta(minutes=minutes)
        verb(session_id=row.pk, version=row.version, now=at, by=self.world.technician)

    def standing(self, *, now: dt.datetime | None = None, number: int = 1) -> Standing:
        return stored.gates_of_session(self.visit(number), now=now or self.at_the_door)

    def states(self, **more: Any) -> dict[str, str]:
        """Return how each gate of a visit stands, by kind."""
        return {gate.kind.value: gate.state.value for gate in self.standing(**more).gates}


def make_gatehouse(world: World, folder: Path) -> Gatehouse:
    """Load the protocol and book a course by it, of which nothing was shown yet."""
    (folder / "everything.yaml").write_text(EVERYTHING)
    catalogue.load_protocols(folder=folder, now=NOW)
    course = world.book(protocol_code="everything", preferred_minute=9 * 60)
    Prerequisite.objects.all().delete()
    return Gatehouse(world, Course.objects.select_related("site", "patient", "protocol").get(pk=course.pk))


def move_first(house: Gatehouse, days: int) -> None:
    """Move the first visit by so many days."""
    row = house.first
    moving.move_to(
        request=house.world.request,
        session_id=row.pk,
        version=row.version,
        day=row.day + dt.timedelta(days=days),
        minute=row.minute,
        now=NOW,
    )
