"""Booking a whole course: all or nothing, locked in one order, remembered under its idempotency key."""

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, OperationalError, connection, transaction

from clinic import actions as clinic_actions
from clinic import queries as clinic_queries
from patients import actions as patient_actions
from scheduling import bulk
from scheduling.domain import local_time
from scheduling.domain.planner import PlannedSession
from scheduling.domain.states import CourseState, SessionState
from scheduling.errors import Busy, PlanGone, Rejected, SlotTaken
from scheduling.models import (
    Closure,
    Course,
    CourseEvent,
    Outage,
    Reservation,
    Resource,
    Session,
    SessionEvent,
)
from scheduling.queries.planning import Proposal
from scheduling.wishes import stored_wish

TRIES = 3
LOCK_TIMEOUT = "3s"
OVERLAPS = ("reservation_no_overlap", "session_patient_no_overlap")


class _Visit:
    """A planned session with its instants."""

    __slots__ = ("ends_at", "planned", "starts_at")

    def __init__(self, planned: PlannedSession, zone: str) -> None:
        self.planned = planned
        self.starts_at = local_time.to_utc(planned.day, planned.minute, zone)
        self.ends_at = self.at(planned.minute + planned.minutes)

    def at(self, minute: int) -> dt.datetime:
        """Return the instant of a wall-clock minute of the visit's day, counted from its start."""
        return self.starts_at + dt.timedelta(minutes=minute - self.planned.minute)


class KeyReused(Rejected):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"


def course_already_booked(*, request: clinic_actions.Request) -> int | None:
    """Return the id of the course this very request booked before, or None.

    :raises KeyReused: the key was used with another body or address.
    """
    seen = clinic_queries.remembered_request(user=request.user, key=request.key) if request.key else None
    if seen is None:
        return None
    if (seen.route, seen.body_sha256) != (request.route, request.body_sha256):
        raise KeyReused("This Idempotency-Key was used for another request. Use a new one.")
    return seen.result_id


def book_course(*, request: clinic_actions.Request, proposal: Proposal, now: dt.datetime) -> tuple[int, bool]:
    """Book every session of a plan or none, and return the course's id and whether it was booked before.

    :raises SlotTaken: a time is taken meanwhile; nothing was booked.
    :raises PlanGone: the plan starts in the past, or meets a closure or an outage made after the preview.
    :raises KeyReused: the Idempotency-Key belongs to another request.
    :raises Busy: the database is contended; nothing was booked.
    """
    for attempt in range(TRIES):
        # Not on the first try: a key that was used stops the insert below, which costs less than asking every time.
        if attempt and (course_id := course_already_booked(request=request)) is not None:
            return course_id, True
        try:
            return _book(request=request, proposal=proposal, now=now), False
        except IntegrityError as error:
            if any(name in str(error) for name in OVERLAPS):
                raise SlotTaken(_words_for_taken(proposal)) from error
            if "idempotencykey" not in str(error):
                raise
            # Twins with one key: the other has just committed, so the next look finds its course.
        except OperationalError as error:
            if not _is_contention(error):
                raise
    raise Busy("Too many people are booking at this moment. Nothing was saved. Try again.")


@transaction.atomic(durable=True)
def _book(*, request: clinic_actions.Request, proposal: Proposal, now: dt.datetime) -> int:
    plan, site = proposal.plan, proposal.site
    course = Course.objects.create(
        site=site,
        patient_id=proposal.wish.patient_id,
        protocol=proposal.protocol,
        state=CourseState.ACTIVE,
        prescribed=len(plan.sessions),
        standing_minute=plan.standing_minute,
        booked_at=now,
        wish=stored_wish(proposal.wish),
    )
    # Before the locks: a twin with the same key waits here and is then turned into a replay.
    clinic_actions.remember_request(request=request, result_id=course.pk, now=now)
    _lock(proposal)
    visits = [_Visit(planned, site.zone) for planned in plan.sessions]
    _check_still_open(proposal, visits, now)
    session_ids = _insert_sessions(course, proposal, visits)
    _insert_reservations(session_ids, visits)
    bulk.insert(
        SessionEvent,
        {"session_id": session_ids},
        kind="booked",
        to_state=SessionState.BOOKED,
        at=now,
        by_id=request.user.pk,
    )
    CourseEvent.objects.create(
        course=course,
        kind="booked",
        to_state=course.state,
        at=now,
        by=request.user,
        data={"sessions": len(visits), "first": str(visits[0].planned.day), "last": str(visits[-1].planned.day)},
    )
    clinic_actions.write_audit(
        request=request,
        site=site,
        action="course.booked",
        patient_ids=[proposal.wish.patient_id],
        object_type="course",
        object_id=course.pk,
        now=now,
    )
    return course.pk


def _lock(proposal: Proposal) -> None:
    """Lock every resource, then the patient: one fixed order, so that two bookings wait and never deadlock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    ids = {use.resource_id for session in proposal.plan.sessions for use in session.uses}
    rows = Resource.objects.select_for_update(no_key=True).filter(pk__in=ids, site=proposal.site, is_active=True)
    if len(rows.order_by("pk").values_list("pk")) != len(ids):
        raise PlanGone("A device or person of this plan is no longer in use. Preview the course again.")
    patient_actions.lock_active_patient(patient_id=proposal.wish.patient_id, site=proposal.site)


def _insert_sessions(course: Course, proposal: Proposal, visits: Sequence[_Visit]) -> list[int]:
    grace = dt.timedelta(minutes=proposal.definition.missed_grace_minutes or proposal.site.missed_grace_minutes)
    return bulk.insert(
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
            "missed_after": [visit.ends_at + grace for visit in visits],
        },
        course_id=course.pk,
        site_id=course.site_id,
        patient_id=course.patient_id,
        state=SessionState.BOOKED,
        zone=proposal.site.zone,
    )


def _insert_reservations(session_ids: Sequence[int], visits: Sequence[_Visit]) -> None:
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


def _check_still_open(proposal: Proposal, visits: Sequence[_Visit], now: dt.datetime) -> None:
    first, last = visits[0].starts_at, visits[-1].ends_at
    if first < now:
        raise PlanGone("The first visit of this plan has passed. Preview the course again.")
    shut = Closure.objects.filter(site=proposal.site, starts_at__lt=last, ends_at__gt=first).values_list(
        "starts_at", "ends_at"
    )
    if any(since < visit.ends_at and until > visit.starts_at for since, until in shut for visit in visits):
        raise PlanGone("The clinic closed on a day of this plan. Preview the course again.")
    ids = {use.resource_id for planned in proposal.plan.sessions for use in planned.uses}
    out = Outage.objects.filter(resource__in=ids, starts_at__lt=last, ends_at__gt=first)
    for resource_id, since, until in out.values_list("resource_id", "starts_at", "ends_at"):
        for visit in visits:
            is_used = any(use.resource_id == resource_id for use in visit.planned.uses)
            if is_used and since < visit.ends_at and until > visit.starts_at:
                raise PlanGone("A device of this plan went out of service. Preview the course again.")


def _words_for_taken(proposal: Proposal) -> str:
    """Say which times went, from what is stored now (the refused rows are rolled back)."""
    wanted = {
        (use.resource_id, planned.day.toordinal()): (planned, use)
        for planned in proposal.plan.sessions
        for use in planned.uses
    }
    rows = Reservation.objects.filter(
        resource_id__in={key[0] for key in wanted}, day_number__in={key[1] for key in wanted}, is_active=True
    ).values_list("resource_id", "day_number", "first_quantum", "end_quantum")
    taken: dict[int, str] = {}
    for resource_id, number, first, end in rows:
        planned, use = wanted.get((resource_id, number), (None, None))
        if (
            planned
            and use
            and first * local_time.QUANTUM < use.to_minute
            and end * local_time.QUANTUM > use.from_minute
        ):
            taken.setdefault(planned.number, f"{_when(planned)} on {use.name}")
    if not taken:
        return "The patient has another visit at one of these times. Nothing was booked. Pick other times."
    times = "; ".join(words for _number, words in sorted(taken.items())[:3])
    more = f" and {len(taken) - 3} more" if len(taken) > 3 else ""
    return f"Just taken: {times}{more}. Nothing was booked. Take one of the plans below."


def _when(planned: PlannedSession) -> str:
    return f"{local_time.clock_text(planned.minute)} on {local_time.day_text(planned.day)}"


def _is_contention(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", "")
    # Deadlock, serialization, lock time-out; SQLite says it in words.
    return state in {"40P01", "40001", "55P03"} or "database is locked" in str(error)
