"""Scenes about gates: a ride nobody promised, a consent nobody saw, a form nobody filed, a hold that is complete."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.actions import gates, holds, setup
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain.operations import GateKind
from scheduling.models import Prerequisite
from tests.attention.desk import DAY, HOUR, Desk, deliver, nth
from tests.attention.scene import Scene
from tests.factories import FIRST_DAY, NOW
from tests.scheduling.living.clinic import ROOMS

MINUTE = dt.timedelta(minutes=1)
WEEK = dt.timedelta(days=7)


def shown(desk: Desk, kind: GateKind, **whose: Any) -> None:
    """Record what a gate asks for."""
    gates.record_gate(
        request=desk.request, whose=Whose(**whose), kind=kind, evidence=Evidence("Seen"), now=NOW + 10 * DAY
    )


class RideNotConfirmed(Scene):
    def begin(self) -> dt.datetime:
        setup.add_resources(site=self.desk.site, resources=ROOMS)
        course = self.desk.book(protocol_code="esk_trd", preferred_minute=540)
        self.first, self.second = nth(course, 1, 2)  # Tue Nov 24, Fri Nov 27
        return dt.datetime.combine(FIRST_DAY - DAY, dt.time(15), ZoneInfo(self.desk.site.zone))

    def solve(self) -> None:
        shown(self.desk, GateKind.RIDE, session_id=self.first.pk)

    def again(self) -> dt.datetime:
        deliver([self.first])
        # Thanksgiving is no working day: by Wednesday somebody has to be named for Friday.
        return dt.datetime.combine(FIRST_DAY + DAY, dt.time(15), ZoneInfo(self.desk.site.zone))


class GateDue(Scene):
    minute = 510

    def begin(self) -> dt.datetime:
        self.course = self.desk.book(preferred_minute=self.minute)
        Prerequisite.objects.filter(course=self.course, kind=GateKind.CONSENT).delete()
        return dt.datetime.combine(FIRST_DAY - DAY, dt.time(15), ZoneInfo(self.desk.site.zone))

    def solve(self) -> None:
        shown(self.desk, GateKind.CONSENT, course_id=self.course.pk)

    def again(self) -> dt.datetime:
        self.minute = 660
        return self.begin()


class DocumentDue(Scene):
    def begin(self) -> dt.datetime:
        setup.add_resources(site=self.desk.site, resources=ROOMS)
        course = self.desk.book(protocol_code="esk_trd", preferred_minute=540)
        self.first, self.second = nth(course, 1, 2)
        deliver([self.first])
        return self.first.ends_at + HOUR

    def solve(self) -> None:
        shown(self.desk, GateKind.MONITORING_FORM, session_id=self.first.pk)

    def again(self) -> dt.datetime:
        deliver([self.second])
        return self.second.ends_at + HOUR


class HoldReady(Scene):
    until = NOW + 9 * DAY
    minute = 510

    def begin(self) -> dt.datetime:
        self.course = self.desk.book(
            start_on=FIRST_DAY + 2 * WEEK, preferred_minute=self.minute, held_until=self.until, now=NOW + MINUTE
        )
        return NOW + HOUR

    def solve(self) -> None:
        holds.confirm_hold(request=self.desk.request, course_id=self.course.pk, now=NOW + HOUR)

    def again(self) -> dt.datetime:
        self.minute = 660
        return self.begin()


GATE_SCENES: dict[str, Callable[[Desk], Any]] = {
    "ride_not_confirmed": RideNotConfirmed,
    "gate_due": GateDue,
    "document_due": DocumentDue,
    "hold_ready": HoldReady,
}
