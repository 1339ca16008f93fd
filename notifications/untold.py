"""Visits ahead that nobody was told of in time: a message was skipped, and no other one says it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from notifications.domain.cadence import CHANGES
from notifications.domain.states import COUNTED, Kind, MessageState
from notifications.models import Message
from scheduling.domain.local_time import monday_of
from scheduling.domain.states import CancelledBy, SessionState
from scheduling.queries import spoken
from scheduling.queries.spoken import SpokenVisit

LOOK_BACK = dt.timedelta(days=14)
A_WEEK = dt.timedelta(days=7)
_M, _S = MessageState, SessionState
_SAYS_IT = [*COUNTED, _M.PENDING, _M.CLAIMED, _M.SKIPPED_MERGED]
_BY_ITSELF = [Kind.PREP, Kind.CANCELLED]  # no other message says how to get ready, or that nobody should come
_OF_COURSE = [Kind.BOOKED, Kind.WEEK]
_NOT_IN_WEEK = CHANGES | {Kind.PREP}


@dataclass(frozen=True, slots=True)
class Untold:
    """A visit ahead, or cancelled and not called off with its patient, and why nothing was sent."""

    session_id: int
    session_version: int
    timing_version: int
    course_id: int
    site_id: int
    zone: str
    patient_id: int
    first_name: str
    last_name: str
    day: dt.date
    minute: int
    starts_at: dt.datetime
    is_cancelled: bool
    reason: str
    since: dt.datetime


def visits_untold(*, site_ids: Sequence[int], now: dt.datetime) -> list[Untold]:
    """Return the visits of some sites that nobody was told of in time, each once, the soonest first.

    One statement, and up to three more where there is any.
    """
    says = _says().filter(session=OuterRef("session"), timing_version=OuterRef("timing_version"))
    of_visit = Q(session__state=_S.BOOKED) | Q(kind=Kind.CANCELLED) & (
        Q(session__state=_S.ENTERED_IN_ERROR)
        | Q(session__state=_S.CANCELLED) & ~Q(session__cancelled_by=CancelledBy.PATIENT)
    )
    is_said = Q(kind__in=_BY_ITSELF) & Exists(says.filter(kind=OuterRef("kind"))) | ~Q(kind__in=_BY_ITSELF) & Exists(
        says
    )
    rows = (
        Message.objects.filter(
            of_visit & Q(session__starts_at__gt=now, session__timing_version=F("timing_version")) & ~is_said
            | Q(session=None, kind__in=_OF_COURSE),
            site__in=site_ids,
            due_at__gte=now - LOOK_BACK,
            state=_M.SKIPPED_STALE,
            related_person=None,
        )
        .select_related("patient", "site")
        .order_by("pk")
    )
    found: dict[int, tuple[Message, SpokenVisit]] = {}
    for row, visit in [*_with_visit(rows), *_with_next_visit(rows, now)]:
        found.setdefault(visit.session_id, (row, visit))
    told = _courses_told([row for row, _visit in found.values()])
    untold = [_untold(row, visit) for row, visit in found.values() if not _is_in(told, row, visit)]
    return sorted(untold, key=lambda each: (each.starts_at, each.session_id))


def _says() -> QuerySet[Message]:
    """Return what says to a patient when a visit is."""
    return Message.objects.filter(state__in=_SAYS_IT, related_person=None).exclude(kind=Kind.FORM_DUE)


def _with_visit(rows: Iterable[Message]) -> list[tuple[Message, SpokenVisit]]:
    of_visit = {row.session_id: row for row in rows if row.session_id}
    visits = spoken.visits_by_id(of_visit) if of_visit else []
    return [(of_visit[visit.session_id], visit) for visit in visits]


def _with_next_visit(rows: Iterable[Message], now: dt.datetime) -> list[tuple[Message, SpokenVisit]]:
    """Return the messages about a course or its week, each with the next visit, if nothing else says that one."""
    of_course = [row for row in rows if row.session_id is None and (row.week_of or row.send_by > now)]
    if not of_course:
        return []
    visits = spoken.visits_of_courses({row.course_id or 0 for row in of_course}, since=now)
    found = [(row, next((each for each in visits if _is_about(row, each)), None)) for row in of_course]
    of_visits = _says().filter(session__in={visit.session_id for _row, visit in found if visit})
    said = set(of_visits.values_list("session_id", "timing_version"))
    return [(row, visit) for row, visit in found if visit and (visit.session_id, visit.timing_version) not in said]


def _is_about(row: Message, visit: SpokenVisit) -> bool:
    is_then = row.week_of is None or row.week_of <= visit.day < row.week_of + A_WEEK
    return visit.course_id == row.course_id and is_then


def _courses_told(rows: Sequence[Message]) -> set[tuple[int | None, dt.date | None]]:
    """Return which courses were told which of their weeks; no week: that they are booked."""
    digests = Message.objects.filter(course__in={row.course_id for row in rows}, kind__in=_OF_COURSE, state__in=COUNTED)
    return set(digests.values_list("course_id", "week_of"))


def _is_in(told: set[tuple[int | None, dt.date | None]], row: Message, visit: SpokenVisit) -> bool:
    """Tell whether a visit's time was said with those of its week; of a changed one, another time was."""
    if row.kind == Kind.BOOKED and (row.course_id, None) in told:
        return True  # by another channel
    monday = monday_of(visit.day)
    return (row.course_id, monday) in told and row.kind not in _NOT_IN_WEEK


def _untold(row: Message, visit: SpokenVisit) -> Untold:
    patient = row.patient
    assert patient is not None
    return Untold(
        session_id=visit.session_id,
        session_version=visit.version,
        timing_version=visit.timing_version,
        course_id=visit.course_id,
        site_id=row.site_id,
        zone=row.site.zone,
        patient_id=patient.pk,
        first_name=patient.preferred_name or patient.first_name,
        last_name=patient.last_name,
        day=visit.day,
        minute=visit.minute,
        starts_at=visit.starts_at,
        is_cancelled=visit.is_called_off,
        reason=row.reason,
        since=row.settled_at or row.due_at,
    )
