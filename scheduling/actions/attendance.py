"""The day: arrive, start, complete, no-show, and taking any of it back."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q

from clinic.models import StaffUser
from scheduling.domain import local_time
from scheduling.domain.history import Step, latest_in_force
from scheduling.domain.states import DELIVERED, OPEN, RELEASED, CourseState, SessionState, may_move, may_undo
from scheduling.errors import IllegalMove, NotFound, Rejected, SlotTaken, Stale
from scheduling.models import Course, CourseEvent, Reservation, Session, SessionEvent

_S = SessionState
WORDS = {
    _S.HELD: "held",
    _S.BOOKED: "booked",
    _S.ARRIVED: "here",
    _S.IN_TREATMENT: "in the chair",
    _S.MONITORING: "being watched",
    _S.COMPLETED: "done",
    _S.PARTIAL: "stopped early",
    _S.NOT_TREATED: "turned away",
    _S.MISSED: "waiting to be settled",
    _S.NO_SHOW: "a no-show",
    _S.CANCELLED: "cancelled",
    _S.ENTERED_IN_ERROR: "entered in error",
}
# Which facts a state has: undoing clears the others.
_HAS_ARRIVED = {_S.ARRIVED, _S.IN_TREATMENT, _S.MONITORING, _S.COMPLETED, _S.PARTIAL}
_HAS_STARTED = {_S.IN_TREATMENT, _S.MONITORING, _S.COMPLETED, _S.PARTIAL}
_HAS_ENDED = {_S.COMPLETED, _S.PARTIAL}


@transaction.atomic(durable=True)
def arrive(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None) -> None:
    """Record that the patient is here; on a no-show or a flagged miss it means "came late".

    :raises Rejected: the visit is on a later day.
    :raises IllegalMove: the session is past that.
    :raises Stale: somebody changed it meanwhile.
    """
    session = _locked(session_id, version)
    if local_time.today(now, session.zone) < session.day:
        raise _too_early(session, "Check it in on that day.")
    _move(session, _S.ARRIVED, now=now, by=by, arrived_at=now)


@transaction.atomic(durable=True)
def start(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None) -> None:
    """Record that treatment has begun.

    :raises IllegalMove: the patient is not recorded as here.
    :raises Stale: somebody changed it meanwhile.
    """
    _move(_locked(session_id, version), _S.IN_TREATMENT, now=now, by=by, started_at=now)


@transaction.atomic(durable=True)
def monitor(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None) -> None:
    """Record that treatment is over and the patient is being watched.

    :raises IllegalMove: treatment has not begun.
    :raises Stale: somebody changed it meanwhile.
    """
    _move(_locked(session_id, version), _S.MONITORING, now=now, by=by)


@transaction.atomic(durable=True)
def complete(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None) -> None:
    """Record a delivered session; the last one completes its course.

    :raises IllegalMove: treatment has not begun.
    :raises Stale: somebody changed it meanwhile.
    """
    session = _locked(session_id, version)
    _move(session, _S.COMPLETED, now=now, by=by, ended_at=now)
    _settle_course(session.course_id, now=now, by=by)


@transaction.atomic(durable=True)
def mark_no_show(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None) -> None:
    """Record that nobody came.

    :raises Rejected: the visit has not begun yet.
    :raises IllegalMove: the patient was here.
    :raises Stale: somebody changed it meanwhile.
    """
    session = _locked(session_id, version)
    if now < session.starts_at:
        raise Rejected(
            f"This visit begins at {local_time.clock_text(session.minute)}. Cancel it if the patient won't come.",
            code="too_early",
        )
    _move(session, _S.NO_SHOW, now=now, by=by)


@transaction.atomic(durable=True)
def turn_away(*, session_id: int, version: int, reason: str, now: dt.datetime, by: StaffUser | None) -> None:
    """Record that the patient came and could not be treated, with the reason (domain.md 1.0).

    :raises Rejected: no reason is given, or the visit is on a later day.
    :raises IllegalMove: treatment has already begun.
    :raises Stale: somebody changed it meanwhile.
    """
    session = _locked(session_id, version)
    if local_time.today(now, session.zone) < session.day:
        raise _too_early(session, "Cancel it if the patient won't come.")
    _move(session, _S.NOT_TREATED, now=now, by=by, reason=_required(reason))


@transaction.atomic(durable=True)
def cancel(*, session_id: int, version: int, reason: str, now: dt.datetime, by: StaffUser | None) -> None:
    """Cancel one session and free its device, people and time.

    :raises Rejected: no reason is given.
    :raises IllegalMove: treatment has already begun.
    :raises Stale: somebody changed it meanwhile.
    """
    session = _locked(session_id, version)
    Reservation.objects.filter(session=session).update(is_active=False)
    _move(
        session,
        _S.CANCELLED,
        now=now,
        by=by,
        reason=_required(reason),
        timing_version=F("timing_version") + 1,
    )


@transaction.atomic(durable=True)
def undo(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None) -> None:
    """Take back the latest step that is still in force, as a new event; history keeps both.

    :raises IllegalMove: there is nothing to take back.
    :raises SlotTaken: the cancelled session's time has gone to somebody else.
    :raises Stale: somebody changed it meanwhile.
    """
    session = _locked(session_id, version)
    step = _step_to_undo(session)
    target = SessionState(step.from_state)
    facts = _facts_kept(session, target)
    if _S(session.state) in RELEASED:
        facts["timing_version"] = F("timing_version") + 1
    try:
        with transaction.atomic():
            _write(session, target, kind="undone", now=now, by=by, data={"undoes": step.id}, **facts)
            if target not in RELEASED:
                Reservation.objects.filter(session=session, is_active=False).update(is_active=True)
    except IntegrityError as error:
        if "no_overlap" not in str(error):
            raise
        raise SlotTaken("That time has gone to somebody else. Book a new one instead.") from error
    _reopen_course(session, now=now, by=by)


def _step_to_undo(session: Session) -> Step:
    events = SessionEvent.objects.filter(session=session).order_by("pk")
    steps = [
        Step(id=e.pk, kind=e.kind, from_state=e.from_state, to_state=e.to_state, undoes=e.data.get("undoes"))
        for e in events
    ]
    step = latest_in_force(steps)
    if step is None or not step.from_state or not may_undo(SessionState(step.from_state), SessionState(step.to_state)):
        raise IllegalMove("There is nothing to undo on this visit.")
    return step


def _facts_kept(session: Session, target: SessionState) -> dict[str, Any]:
    facts: dict[str, Any] = {"reason": ""}
    if target not in _HAS_ARRIVED:
        facts["arrived_at"] = None
    if target not in _HAS_STARTED:
        facts["started_at"] = None
    if target not in _HAS_ENDED:
        facts["ended_at"] = None
    if session.state == _S.MISSED:
        # A person has looked: the worker must not flag this session a second time.
        facts["missed_after"] = None
    return facts


def _locked(session_id: int, version: int) -> Session:
    session = Session.objects.select_for_update(of=("self",), no_key=True).filter(pk=session_id).first()
    if session is None:
        raise NotFound("There is no such visit.")
    if session.version != version:
        raise Stale(_who_changed(session))
    return session


def _who_changed(session: Session) -> str:
    latest = SessionEvent.objects.filter(session=session).select_related("by").order_by("pk").last()
    who = latest.by.name if latest and latest.by else "The clock"
    day, minute = local_time.wall(latest.at, session.zone) if latest else (session.day, session.minute)
    at = f"{local_time.clock_text(minute)} on {local_time.day_text(day)}"
    return f"{who} changed this visit at {at}: it is {WORDS[_S(session.state)]} now. Look at it and try again."


def _too_early(session: Session, instead: str) -> Rejected:
    return Rejected(f"This visit is on {local_time.day_text(session.day)}. {instead}", code="too_early")


def _required(reason: str) -> str:
    if not reason.strip():
        raise Rejected("Say why.", fields={"reason": "required"})
    return reason.strip()[:120]


def _move(session: Session, to: SessionState, *, now: dt.datetime, by: StaffUser | None, **facts: Any) -> None:
    if not may_move(SessionState(session.state), to):
        raise IllegalMove(f"This visit is {WORDS[_S(session.state)]}, so it can't become {WORDS[to]}.")
    _write(session, to, kind="moved", now=now, by=by, data={}, **facts)


def _write(
    session: Session,
    to: SessionState,
    *,
    kind: str,
    now: dt.datetime,
    by: StaffUser | None,
    data: dict[str, Any],
    **facts: Any,
) -> None:
    """Change the row and add its event: the only place a session's state is written."""
    Session.objects.filter(pk=session.pk).update(
        state=to, is_active=to not in RELEASED, version=F("version") + 1, **facts
    )
    SessionEvent.objects.create(
        session=session,
        kind=kind,
        from_state=session.state,
        to_state=to,
        at=now,
        by=by,
        reason=facts.get("reason", ""),
        data=data,
    )


def _settle_course(course_id: int, *, now: dt.datetime, by: StaffUser | None) -> None:
    """Complete the course once everything prescribed is delivered and nothing is open."""
    counts = Session.objects.filter(course_id=course_id).aggregate(
        delivered=Count("pk", filter=Q(state__in=DELIVERED)), still_open=Count("pk", filter=Q(state__in=OPEN))
    )
    done = Course.objects.filter(pk=course_id, state=CourseState.ACTIVE, prescribed__lte=counts["delivered"])
    if not counts["still_open"] and done.update(state=CourseState.COMPLETED, version=F("version") + 1):
        CourseEvent.objects.create(
            course_id=course_id,
            kind="completed",
            from_state=CourseState.ACTIVE,
            to_state=CourseState.COMPLETED,
            at=now,
            by=by,
        )


def _reopen_course(session: Session, *, now: dt.datetime, by: StaffUser | None) -> None:
    if _S(session.state) not in DELIVERED:
        return
    reopened = Course.objects.filter(pk=session.course_id, state=CourseState.COMPLETED)
    if reopened.update(state=CourseState.ACTIVE, version=F("version") + 1):
        CourseEvent.objects.create(
            course_id=session.course_id,
            kind="undone",
            from_state=CourseState.COMPLETED,
            to_state=CourseState.ACTIVE,
            at=now,
            by=by,
        )
