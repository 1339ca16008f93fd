"""Writing visits: the locks they need, their rows, and what they occupy. Used inside the caller's transaction."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from clinic.models import Site
from patients import actions as patient_actions
from scheduling import bulk
from scheduling.domain import local_time
from scheduling.domain.plan import PlannedSession
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import SessionState
from scheduling.errors import PlanGone
from scheduling.models import Course, Reservation, Resource, Session, SessionEvent

LOCK_TIMEOUT = "3s"


class Visit:
    """A planned session with its instants."""

    __slots__ = ("ends_at", "planned", "starts_at")

    def __init__(self, planned: PlannedSession, zone: str) -> None:
        self.planned = planned
        self.starts_at = local_time.to_utc(planned.day, planned.minute, zone)
        self.ends_at = self.at(planned.minute + planned.minutes)

    def at(self, minute: int) -> dt.datetime:
        """Return the instant of a wall-clock minute of the visit's day, counted from its start."""
        return self.starts_at + dt.timedelta(minutes=minute - self.planned.minute)


@dataclass(frozen=True, slots=True)
class Grace:
    """How long nobody may have arrived before a visit is flagged, counted from its planned end or from its start."""

    minutes: int
    is_from_start: bool = False

    def missed_after(self, visit: Visit) -> dt.datetime:
        """Return the instant from which on a visit nobody arrived for is flagged."""
        return (visit.starts_at if self.is_from_start else visit.ends_at) + dt.timedelta(minutes=self.minutes)


def grace_of(site: Site, definition: ProtocolDefinition) -> Grace:
    """Return after how long a visit of a protocol is flagged: the protocol's minutes, else the site's."""
    minutes = definition.missed_grace_minutes
    return Grace(
        minutes if minutes is not None else site.missed_grace_minutes, is_from_start=definition.missed_from == "start"
    )


def lock(*, site: Site, patient_id: int, planned: Iterable[PlannedSession]) -> None:
    """Lock every resource, then the patient: one fixed order, so that two bookings wait and never deadlock.

    :raises PlanGone: a resource is no longer in use.
    """
    wait_briefly()
    ids = {use.resource_id for session in planned for use in session.uses}
    rows = Resource.objects.select_for_update(no_key=True).filter(pk__in=ids, site=site, is_active=True)
    if len(rows.order_by("pk").values_list("pk")) != len(ids):
        raise PlanGone("A device or person of this plan is no longer in use. Preview the course again.")
    patient_actions.lock_active_patient(patient_id=patient_id, site=site)


def wait_briefly() -> None:
    """Wait for no lock longer than people wait at a desk, in this transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")


def insert(
    *,
    course: Course,
    visits: Sequence[Visit],
    state: SessionState,
    grace: Grace,
    now: dt.datetime,
    by_id: int | None,
    change_id: int | None = None,
    makeup_of_id: int | None = None,
    codes: Sequence[str] | None = None,
) -> list[int]:
    """Insert sessions, what they occupy and their events; a held session is never flagged as missed.

    `codes`: what each is billed under, where the caller does not recount the course right after.
    """
    is_booked = state is SessionState.BOOKED
    ids = bulk.insert(
        Session,
        {
            "number": [visit.planned.number for visit in visits],
            "phase": [visit.planned.phase for visit in visits],
            "visit_type": [visit.planned.visit_type for visit in visits],
            "starts_at": [visit.starts_at for visit in visits],
            "ends_at": [visit.ends_at for visit in visits],
            "day": [visit.planned.day for visit in visits],
            "minute": [visit.planned.minute for visit in visits],
            "why": [visit.planned.why[:200] for visit in visits],
            "deviation": [(visit.planned.deviation or "")[:300] for visit in visits],
            "missed_after": [grace.missed_after(visit) if is_booked else None for visit in visits],
            "billing_code": codes or [""] * len(visits),
        },
        course_id=course.pk,
        site_id=course.site_id,
        patient_id=course.patient_id,
        state=state,
        zone=course.site.zone,
        makeup_of_id=makeup_of_id,
    )
    insert_reservations(ids, visits)
    bulk.insert(
        SessionEvent,
        {"session_id": ids},
        kind=state.value,
        to_state=state,
        at=now,
        by_id=by_id,
        change_id=change_id,
    )
    return ids


def insert_reservations(session_ids: Sequence[int], visits: Sequence[Visit]) -> None:
    """Insert what visits occupy, set-up and turnover included."""
    held = [
        (use.resource_id, visit.at(use.from_minute), visit.at(use.to_minute), session_id, visit.planned.day, use)
        for session_id, visit in zip(session_ids, visits, strict=True)
        for use in visit.planned.uses
    ]
    # By (resource, start): two courses in opposite order would deadlock inside the index.
    held.sort(key=lambda row: row[:2])
    resources, starts, ends, sessions, days, uses = zip(*held, strict=True)
    bulk.insert(
        Reservation,
        {
            "resource_id": resources,
            "session_id": sessions,
            "starts_at": starts,
            "ends_at": ends,
            "day_number": [day.toordinal() for day in days],
            "first_quantum": [use.from_minute // local_time.QUANTUM for use in uses],
            "end_quantum": [-(-use.to_minute // local_time.QUANTUM) for use in uses],
        },
    )
