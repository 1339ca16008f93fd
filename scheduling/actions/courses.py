"""Booking a whole course: all or nothing, locked in one order, remembered under its idempotency key."""

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, OperationalError, transaction

from clinic import actions as clinic_actions
from clinic import queries as clinic_queries
from clinic.models import Site
from scheduling.actions import visits
from scheduling.actions.visits import Visit
from scheduling.domain import local_time
from scheduling.domain.plan import PlannedSession
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import CourseState, SessionState
from scheduling.errors import Busy, PlanGone, Rejected, SlotTaken
from scheduling.models import (
    Closure,
    Course,
    CourseEvent,
    Outage,
    Reservation,
)
from scheduling.queries import life
from scheduling.queries.planning import Proposal
from scheduling.wishes import stored_wish

TRIES = 3
LONGEST_HOLD = dt.timedelta(days=60)
OVERLAPS = ("reservation_no_overlap", "session_patient_no_overlap")


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


def book_course(
    *,
    request: clinic_actions.Request,
    proposal: Proposal,
    now: dt.datetime,
    held_until: dt.datetime | None = None,
) -> tuple[int, bool]:
    """Book every session of a plan or none, and return the course's id and whether it was booked before.

    `held_until`: the times are only held, while an authorisation is pending; nobody is told, and they go back to the
    clinic then unless somebody confirms them.

    :raises Rejected: the hold would end in the past or more than `LONGEST_HOLD` ahead.
    :raises SlotTaken: a time is taken meanwhile; nothing was booked.
    :raises PlanGone: the plan starts in the past, or meets a closure or an outage made after the preview.
    :raises KeyReused: the Idempotency-Key belongs to another request.
    :raises Busy: the database is contended; nothing was booked.
    """
    _check_hold(held_until, now)
    for attempt in range(TRIES):
        # Not on the first try: a key that was used stops the insert below, which costs less than asking every time.
        if attempt and (course_id := course_already_booked(request=request)) is not None:
            return course_id, True
        try:
            return _book(request=request, proposal=proposal, now=now, held_until=held_until), False
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


def _check_hold(held_until: dt.datetime | None, now: dt.datetime) -> None:
    if held_until is not None and not now < held_until <= now + LONGEST_HOLD:
        words = f"Hold times for up to {LONGEST_HOLD.days} days from now."
        raise Rejected(words, code="hold_range", fields={"hold_until": "range"})


@transaction.atomic(durable=True)
def _book(
    *, request: clinic_actions.Request, proposal: Proposal, now: dt.datetime, held_until: dt.datetime | None
) -> int:
    plan, site = proposal.plan, proposal.site
    state = CourseState.DRAFT if held_until else CourseState.ACTIVE
    course = Course.objects.create(
        site=site,
        patient_id=proposal.wish.patient_id,
        protocol=proposal.protocol,
        state=state,
        prescribed=len(plan.sessions),
        standing_minute=plan.standing_minute,
        booked_at=now,
        wish=stored_wish(proposal.wish),
        held_until=held_until,
    )
    # Before the locks: a twin with the same key waits here and is then turned into a replay.
    clinic_actions.remember_request(request=request, result_id=course.pk, now=now)
    visits.lock(site=site, patient_id=proposal.wish.patient_id, planned=plan.sessions)
    timed = [Visit(planned, site.zone) for planned in plan.sessions]
    _check_still_open(proposal, timed, now)
    visits.insert(
        course=course,
        visits=timed,
        state=SessionState.HELD if held_until else SessionState.BOOKED,
        grace=grace_of(site, proposal.definition),
        now=now,
        by_id=request.user.pk,
    )
    _check_rules_of_the_day(course, proposal, timed)
    span = {"sessions": len(timed), "first": str(timed[0].planned.day), "last": str(timed[-1].planned.day)}
    CourseEvent.objects.create(
        course=course,
        kind="held" if held_until else "booked",
        to_state=course.state,
        at=now,
        by=request.user,
        data=span | ({"until": held_until.isoformat()} if held_until else {}),
    )
    clinic_actions.write_audit(
        request=request,
        site=site,
        action="course.held" if held_until else "course.booked",
        patient_ids=[proposal.wish.patient_id],
        object_type="course",
        object_id=course.pk,
        now=now,
    )
    return course.pk


def _check_rules_of_the_day(course: Course, proposal: Proposal, visits: Sequence[Visit]) -> None:
    """Refuse what another course of the patient forbids; after the rows, so that a taken time is called just that."""
    broken = life.broken_day_rule(
        patient_id=course.patient_id,
        course_id=course.pk,
        modality=proposal.definition.modality,
        visits=[(visit.planned.day, visit.planned.minute, visit.planned.minutes) for visit in visits],
        zone=proposal.site.zone,
    )
    if broken:
        raise PlanGone(f"Another course was booked meanwhile: {broken}. Preview the course again.")


def grace_of(site: Site, definition: ProtocolDefinition) -> dt.timedelta:
    """Return how long after its planned end a session nobody arrived for is flagged."""
    return dt.timedelta(minutes=definition.missed_grace_minutes or site.missed_grace_minutes)


def _check_still_open(proposal: Proposal, visits: Sequence[Visit], now: dt.datetime) -> None:
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
