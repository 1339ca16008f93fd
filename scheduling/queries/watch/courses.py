"""Courses under way with all their sessions."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Q

from clinic.lookups import among
from patients.domain.contact import GONE
from scheduling.domain import local_time
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import DELIVERED, MOVABLE, CourseState, SessionState
from scheduling.models import Course, Session
from scheduling.queries.definitions import definitions_of

LIVE = (CourseState.ACTIVE, CourseState.ON_HOLD)
ENDED_DAYS = 14  # a course just completed is still asked for its last score


class WatchedSession(NamedTuple):
    """A session as far as watching goes; the names are its columns. Wall clock only: reading instants costs more."""

    id: int
    course_id: int
    version: int
    phase: str
    visit_type: str
    state: str
    day: dt.date
    minute: int
    is_counted: bool
    cancelled_by: str
    is_late_cancel: bool
    reason_code: str
    makeup_of_id: int | None
    uncovered: str
    authorization_id: int | None


@dataclass(frozen=True, slots=True)
class WatchedCourse:
    """A course under way, or just completed: whose it is, what its protocol says, and its sessions in time order.

    `delivered` and `coming` are its sessions that count and are done, or lie ahead. `today` and `minute` are what the
    wall of its site shows.
    """

    course_id: int
    version: int
    site_id: int
    zone: str
    today: dt.date
    minute: int
    patient_id: int
    last_name: str
    first_name: str
    state: CourseState
    prescribed: int
    booked_at: dt.datetime
    resume_on: dt.date | None
    protocol_id: int
    definition: ProtocolDefinition
    sessions: tuple[WatchedSession, ...]
    delivered: tuple[WatchedSession, ...]
    coming: tuple[WatchedSession, ...]

    @property
    def is_active(self) -> bool:
        """Whether sessions are given: neither on hold nor completed."""
        return self.state is CourseState.ACTIVE

    @property
    def owed(self) -> int:
        """How many prescribed sessions are neither delivered nor booked; none where nothing is made up."""
        counted = sum(session.is_counted for session in self.sessions)
        return max(0, self.prescribed - counted) if self.definition.makeup != "none" else 0

    @property
    def is_endless(self) -> bool:
        """Whether the course is in a phase without an end, booked a few sessions ahead."""
        return self.definition.phases[-1].open_ended

    @property
    def goes_on(self) -> bool:
        """Whether sessions are still to come, or owed."""
        return bool(self.coming) or self.owed > 0 or self.is_endless

    def starts_at(self, session: WatchedSession) -> dt.datetime:
        """Return the instant a session begins."""
        return local_time.to_utc(session.day, session.minute, self.zone)

    def ends_at(self, session: WatchedSession) -> dt.datetime:
        """Return the instant a session is to end."""
        return self.starts_at(session) + dt.timedelta(minutes=self._minutes(session))

    def is_over(self, session: WatchedSession) -> bool:
        """Tell whether the time of a session has passed."""
        return (session.day, session.minute + self._minutes(session)) <= (self.today, self.minute)

    def _minutes(self, session: WatchedSession) -> int:
        visit = self.definition.visit_types.get(session.visit_type)
        return visit.minutes if visit else 0


def courses_watched(*, site_ids: Sequence[int], now: dt.datetime) -> list[WatchedCourse]:
    """Return the courses under way at some sites, and those completed in the last days; three statements."""
    days = (now.date() - dt.timedelta(days=ENDED_DAYS), now.date() + dt.timedelta(days=1))
    just_done = Session.objects.filter(site_id__in=site_ids, day__range=days, state__in=DELIVERED)
    rows = (
        Course.objects.filter(
            Q(state__in=LIVE) | Q(state=CourseState.COMPLETED, pk__in=just_done.values("course_id")),
            site_id__in=site_ids,
        )
        .exclude(patient__state__in=GONE)
        .order_by("pk")
        .values_list(
            "pk",
            "version",
            "site_id",
            "site__zone",
            "patient_id",
            "patient__last_name",
            "patient__first_name",
            "state",
            "prescribed",
            "booked_at",
            "resume_on",
            "protocol_id",
            "patient__preferred_name",
        )
    )
    found = list(rows)
    definitions = definitions_of(row[11] for row in found)
    sessions = _sessions_of([row[0] for row in found])
    return [_watched(row, definitions[row[11]], sessions[row[0]], now) for row in found]


def _sessions_of(course_ids: Collection[int]) -> dict[int, list[WatchedSession]]:
    rows = Session.objects.filter(among("course_id", course_ids)).exclude(state=SessionState.ENTERED_IN_ERROR)
    found: dict[int, list[WatchedSession]] = defaultdict(list)
    for row in rows.order_by("day", "minute", "pk").values_list(*WatchedSession._fields):
        session = WatchedSession._make(row)
        found[session.course_id].append(session)
    return found


def _watched(
    row: tuple[Any, ...], definition: ProtocolDefinition, sessions: Sequence[WatchedSession], now: dt.datetime
) -> WatchedCourse:
    *facts, protocol_id, preferred_name = row
    course_id, version, site_id, zone, patient_id, last_name, first_name, state, prescribed, booked_at, resume = facts
    today, minute = local_time.wall(now, zone)
    return WatchedCourse(
        course_id=course_id,
        version=version,
        site_id=site_id,
        zone=zone,
        today=today,
        minute=minute,
        patient_id=patient_id,
        last_name=last_name,
        first_name=preferred_name or first_name,
        state=CourseState(state),
        prescribed=prescribed,
        booked_at=booked_at,
        resume_on=resume,
        protocol_id=protocol_id,
        definition=definition,
        sessions=tuple(sessions),
        delivered=tuple(s for s in sessions if s.state in DELIVERED and s.is_counted),
        coming=tuple(s for s in sessions if s.state in MOVABLE and (s.day, s.minute) > (today, minute)),
    )
