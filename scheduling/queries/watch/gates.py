"""What lacks before the visits that come next, what is complete, and the forms that are due after visits."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from patients.domain.contact import GONE
from scheduling.domain.gates import Gate, of_course
from scheduling.domain.operations import GateKind
from scheduling.domain.states import DELIVERED, SessionState
from scheduling.models import Prerequisite, Protocol, Session
from scheduling.queries.courses import BRIEF_HOLD
from scheduling.queries.gates import Asked, standing
from scheduling.queries.watch.courses import WatchedCourse, WatchedSession
from scheduling.queries.watch.visits import VISIT, WatchedVisit, visit_of

FORM_DAYS = 60  # how far back a form that was not filed is looked for
_TO_BEGIN = (SessionState.HELD, SessionState.BOOKED, SessionState.ARRIVED)


@dataclass(frozen=True, slots=True)
class GatedCourse:
    """A course under way, the visit that comes next, and its gates."""

    course: WatchedCourse
    session: WatchedSession
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class GatedHold:
    """Times that are held: the first of them, how many, until when, and the gates of the course."""

    first: WatchedVisit
    count: int
    held_until: dt.datetime
    booked_at: dt.datetime
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class FormDue:
    """A visit after which a form is due within so many days, and nobody has recorded it."""

    visit: WatchedVisit
    days: int


def gates_watched(
    courses: Sequence[WatchedCourse], *, site_ids: Sequence[int], now: dt.datetime
) -> tuple[list[GatedCourse], list[GatedHold]]:
    """Return the gates of courses under way and of held ones at some sites, each for its next visit; 7 statements."""
    going = [(course, session) for course in courses if (session := _next(course)) is not None]
    held = _held(site_ids, now)
    asked = [_asked(course, session) for course, session in going] + [each for each, *_rest in held]
    found = [each.gates for each in standing(asked, now=now)]
    of_holds = found[len(going) :]
    return (
        [GatedCourse(course, session, gates) for (course, session), gates in zip(going, found, strict=False)],
        [
            GatedHold(first, count, until, booked_at, tuple(of_course(gates)))
            for (_asked_of, first, count, until, booked_at), gates in zip(held, of_holds, strict=True)
        ],
    )


def _next(course: WatchedCourse) -> WatchedSession | None:
    """Return the visit of a course that begins next; who is here already still has to begin."""
    for session in course.sessions:
        is_to_begin = session.state in _TO_BEGIN and session.day >= course.today
        if is_to_begin and (session.state == SessionState.ARRIVED or not course.is_over(session)):
            return session
    return None


def _asked(course: WatchedCourse, session: WatchedSession) -> Asked:
    return Asked(
        course_id=course.course_id,
        patient_id=course.patient_id,
        protocol_id=course.protocol_id,
        site_id=course.site_id,
        zone=course.zone,
        session_id=session.id,
        day=session.day,
        starts_at=course.starts_at(session),
        authorization_id=session.authorization_id,
        uncovered=session.uncovered,
    )


_Held = tuple[Asked, WatchedVisit, int, dt.datetime, dt.datetime]


def _held(site_ids: Sequence[int], now: dt.datetime) -> list[_Held]:
    rows = (
        Session.objects.filter(
            state=SessionState.HELD, site_id__in=site_ids, course__held_until__gt=now, starts_at__gt=now
        )
        .exclude(patient__state__in=GONE)
        .order_by("course_id", "starts_at")
    )
    more = ("course__protocol_id", "authorization_id", "uncovered", "course__held_until", "course__booked_at")
    found: dict[int, _Held] = {}
    for *row, protocol_id, authorization_id, uncovered, until, booked_at in rows.values_list(*VISIT.values(), *more):
        first = visit_of(row, booked_at)
        if first.course_id in found:
            asked, known, count, *_until = found[first.course_id]
            found[first.course_id] = (asked, known, count + 1, until, booked_at)
            continue
        asked = Asked(
            course_id=first.course_id,
            patient_id=first.patient_id,
            protocol_id=protocol_id,
            site_id=first.site_id,
            zone=first.zone,
            session_id=first.session_id,
            day=first.day,
            starts_at=first.starts_at,
            authorization_id=authorization_id,
            uncovered=uncovered,
        )
        found[first.course_id] = (asked, first, 1, until, booked_at)
    return [each for each in found.values() if each[3] - each[4] > BRIEF_HOLD]


def forms_due(*, site_ids: Sequence[int], now: dt.datetime) -> list[FormDue]:
    """Return the visits of the last weeks whose form nobody has recorded, the oldest first, since their end.

    Few protocols ask for one: which do is asked first, so that the visits of the others need not be looked through.
    """
    asking = Protocol.objects.filter(definition__form_due_days__isnull=False)
    days = dict(asking.values_list("pk", "definition__form_due_days"))
    if not days:
        return []
    recorded = Prerequisite.objects.filter(
        session=OuterRef("pk"), kind=GateKind.MONITORING_FORM, withdrawn_at=None, starts_at=OuterRef("starts_at")
    )
    rows = Session.objects.filter(
        ~Exists(recorded),
        state__in=DELIVERED,
        site_id__in=site_ids,
        day__range=(now.date() - dt.timedelta(days=FORM_DAYS), now.date() + dt.timedelta(days=1)),
        course__protocol_id__in=list(days),
    ).order_by("starts_at", "pk")
    more = ("ended_at", "ends_at", "course__protocol_id")
    return [
        FormDue(visit_of(row, ended_at or ends_at), days[protocol_id])
        for *row, ended_at, ends_at, protocol_id in rows.values_list(*VISIT.values(), *more)
    ]
