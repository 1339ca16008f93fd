"""Times held while an authorisation is pending: confirmed by a person, or given back by the clock."""

import datetime as dt

from django.db import connection, transaction
from django.db.models import F

from clinic import actions as clinic_actions
from scheduling.actions import locking, recount
from scheduling.actions.gates import refuse_unmet
from scheduling.actions.ledger import Hand
from scheduling.actions.visits import grace_of
from scheduling.domain import gate_kinds
from scheduling.domain.gates import Gate
from scheduling.domain.states import CancelledBy, CourseState, SessionState
from scheduling.errors import IllegalMove
from scheduling.models import Course, CourseEvent, Reservation, Session, SessionEvent
from scheduling.queries.courses import is_brief
from scheduling.queries.definitions import definition_of
from scheduling.queries.gates import gates_of_course

BATCH = 50
EXPIRED = "The hold ran out"


@transaction.atomic(durable=True)
def confirm_hold(*, request: clinic_actions.Request, course_id: int, now: dt.datetime) -> None:
    """Book the times a course holds: the authorisation has come. From here on the patient is told.

    :raises IllegalMove: the course holds no times, or its first visit has passed.
    :raises GateRed: something the course needs first is not there.
    """
    course = _held(course_id)
    locking.patient(course.patient_id)
    sessions = Session.objects.filter(course=course, state=SessionState.HELD)
    ids = list(sessions.order_by("number").values_list("pk", flat=True))
    if sessions.filter(starts_at__lt=now).exists():
        raise IllegalMove("The first visit of this hold has passed. Release it and plan the course again.")
    refuse_unmet(_gates(course, now), "These times can't be booked yet")
    grace = grace_of(course.site, definition_of(course.protocol))
    since = F("starts_at") if grace.is_from_start else F("ends_at")
    missed_after = since + dt.timedelta(minutes=grace.minutes)
    sessions.update(state=SessionState.BOOKED, missed_after=missed_after, version=F("version") + 1)
    _settle(course, CourseState.ACTIVE)
    SessionEvent.objects.bulk_create(
        SessionEvent(
            session_id=pk,
            kind="booked",
            from_state=SessionState.HELD,
            to_state=SessionState.BOOKED,
            at=now,
            by=request.user,
        )
        for pk in ids
    )
    _note(course, "booked", CourseState.ACTIVE, request.staff.pk, now)
    _audit(request, course, "course.booked", now)


@transaction.atomic(durable=True)
def release_hold(*, request: clinic_actions.Request, course_id: int, reason: str, now: dt.datetime) -> None:
    """Give the held times of a course back; nobody is told, for nobody was.

    :raises IllegalMove: the course holds no times.
    """
    course = _held(course_id)
    _release(course, reason=reason.strip() or "Released", by_id=request.staff.pk, now=now)
    _audit(request, course, "course.released", now)


def release_within(*, course: Course, reason: str, hand: Hand) -> None:
    """Give the held times of a locked course back inside the caller's transaction."""
    _release(course, reason=reason, by_id=hand.by.pk if hand.by else None, now=hand.now)


def release_expired_holds(*, now: dt.datetime) -> int:
    """Give back the times of every hold that has run out and return how many; again changes nothing."""
    released = 0
    while count := _release_batch(now):
        released += count
    return released


@transaction.atomic(durable=True)
def _release_batch(now: dt.datetime) -> int:
    due = Course.objects.filter(held_until__lte=now).order_by("held_until", "pk")
    if connection.vendor == "postgresql":
        # A person confirming at this very moment goes first; what is left is found by the next run.
        due = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    rows = list(due[:BATCH])
    for course in rows:
        _release(course, reason=EXPIRED, by_id=None, now=now)
    return len(rows)


def _gates(course: Course, now: dt.datetime) -> list[Gate]:
    """Return the gates of a hold; of one that lasts only while somebody chooses those of a booking at once."""
    found = gates_of_course(course, now=now).gates
    if not is_brief(course):
        return list(found)
    wanted = gate_kinds.requirements(definition_of(course.protocol))
    kinds = {each.kind for each in wanted if each.is_before_booking}
    return [gate for gate in found if gate.kind in kinds]


def _audit(request: clinic_actions.Request, course: Course, action: str, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=course.site,
        action=action,
        patient_ids=[course.patient_id],
        object_type="course",
        object_id=course.pk,
        now=now,
    )


def _held(course_id: int) -> Course:
    locked = Course.objects.select_for_update(no_key=True, of=("self",)).select_related("site", "protocol")
    course = locked.get(pk=course_id)
    if course.held_until is None:
        raise IllegalMove("This course holds no times any more. Look at it again.")
    return course


def _release(course: Course, *, reason: str, by_id: int | None, now: dt.datetime) -> None:
    ids = list(
        Session.objects.filter(course=course, state=SessionState.HELD).order_by("number").values_list("pk", flat=True)
    )
    Reservation.objects.filter(session__in=ids).update(is_active=False)
    Session.objects.filter(pk__in=ids).update(
        state=SessionState.CANCELLED,
        is_active=False,
        is_counted=False,
        cancelled_by=CancelledBy.CLINIC if by_id else CancelledBy.SYSTEM,
        reason=reason,
        billing_code="",
        authorization=None,
        uncovered="",
        version=F("version") + 1,
    )
    recount.recount(course.patient_id)
    SessionEvent.objects.bulk_create(
        SessionEvent(
            session_id=pk,
            kind="released",
            from_state=SessionState.HELD,
            to_state=SessionState.CANCELLED,
            at=now,
            by_id=by_id,
            reason=reason,
        )
        for pk in ids
    )
    # Nobody ever meant to have a course of what was only held while somebody chose.
    state = CourseState.ENTERED_IN_ERROR if is_brief(course) else CourseState.DISCONTINUED
    _settle(course, state)
    _note(course, "released", state, by_id, now, reason)


def _settle(course: Course, state: CourseState) -> None:
    Course.objects.filter(pk=course.pk).update(state=state, held_until=None, version=F("version") + 1)


def _note(course: Course, kind: str, state: CourseState, by_id: int | None, now: dt.datetime, reason: str = "") -> None:
    CourseEvent.objects.create(
        course=course, kind=kind, from_state=CourseState.DRAFT, to_state=state, at=now, by_id=by_id, reason=reason
    )
