"""Taking back: a new event that restores what the undone one changed, checked against what is there now."""

import datetime as dt
from typing import Any

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.models import StaffUser
from patients import actions as patient_actions
from scheduling.actions import completion, ledger, locking, makeups, meanwhile, open_places
from scheduling.actions.ledger import Edit, Hand
from scheduling.domain import local_time
from scheduling.domain.history import BESIDE, Step, latest_in_force
from scheduling.domain.operations import BlockState
from scheduling.domain.states import RELEASED, CancelledBy, EndReason, SessionState, may_undo
from scheduling.errors import IllegalMove, Stale
from scheduling.models import Course, CourseEvent, Resource, Session, SessionEvent
from scheduling.queries import legality

NOTHING = "There is nothing to undo on this visit."
GONE = "That time has gone to somebody else. Book a new one instead."
# Changes of a course as a whole that can be taken back as one.
UNDOABLE = (
    "moved",
    "pulled_forward",
    "levelled",
    "made_up",
    "makeup_waived",
    "came_late",
    "cancelled",
    "put_on_hold",
    "resumed",
    "ended",
    "resized",
    "reseated",
    "moved_back",
)
PART_OF_A_BLOCK = "This is part of a block. Undo the block, or move this visit."


@transaction.atomic(durable=True)
def undo(
    *,
    session_id: int,
    version: int,
    now: dt.datetime,
    by: StaffUser | None,
    own: clinic_actions.Request | None = None,
) -> None:
    """Take back the latest step of a session that is still in force; one of a bigger change takes the whole back.

    `own`: somebody who is not on the staff asks, and may take back nothing but a step of their own.

    :raises IllegalMove: there is nothing to take back, or a rule of the protocol would be broken by it.
    :raises SlotTaken: the session's time has gone to somebody else.
    :raises Stale: somebody changed it meanwhile.
    """
    seen = _in_force(session_id)  # before the locks: it says which resources may be taken again
    session = locking.session(session_id, version, holds=_resources_of(seen.change if seen else None, session_id))
    event = _in_force(session_id)
    if event is None or not event.from_state or not _is_undoable(event):
        raise IllegalMove(NOTHING)
    if own and event.data.get("actor") != own.actor:
        raise IllegalMove(NOTHING)
    hand = Hand.of(own, now) if own else Hand(now, by)
    _check_no_block(event.change)
    if event.change_id:
        _undo_change(session.course, event.change, hand)  # type: ignore[arg-type]
        return
    edits = [_restored(session, event)]
    if _comes_back(event):
        edits += makeups.withdrawn(session)
    ledger.write(edits, hand, words_for_taken=GONE)
    legality.check_restored(session.course, [session], since=event.at, now=now)
    completion.reopen_course(session.course_id, hand)


def undo_change(*, request: clinic_actions.Request, course_id: int, version: int, now: dt.datetime) -> tuple[int, bool]:
    """Take back the latest change of a course as a whole that is still in force; return its id, and if it was before.

    :raises IllegalMove: there is nothing to take back, or a rule of the protocol would be broken by it.
    :raises SlotTaken: a time has gone to somebody else.
    :raises Stale: somebody changed the course, or one of its sessions since.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=course_id, now=now)
        course = locking.course(course_id, version)
        change = _latest_change(course)
        if change is None:
            raise IllegalMove("There is nothing to undo on this course.")
        _check_no_block(change)
        locking.resources(_resources_of(change))
        locking.patient(course.patient_id)
        _undo_change(course, change, Hand.of(request, now))
        _audit(request, course, now)
        return course_id

    return locking.once(request, run)


def _audit(request: clinic_actions.Request, course: Course, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=course.site,
        action="course.undone",
        patient_ids=[course.patient_id],
        object_type="course",
        object_id=course.pk,
        now=now,
    )


def _latest_change(course: Course) -> CourseEvent | None:
    undone: set[int] = set()
    for event in CourseEvent.objects.filter(course=course).order_by("-pk"):
        if event.kind == "undone" and "undoes" in event.data:
            undone.add(event.data["undoes"])
        elif event.kind in UNDOABLE and event.pk not in undone:
            return event
    return None


def _resources_of(change: CourseEvent | None, session_id: int | None = None) -> list[int]:
    """Return every resource that a change's sessions, or one session, ever held."""
    ids = set(change.sessions.values_list("session_id", flat=True)) if change else {session_id}
    found = Resource.objects.filter(reservations__session__in=ids, is_active=True)
    return list(found.order_by("pk").values_list("pk", flat=True).distinct())


def _in_force(session_id: int) -> SessionEvent | None:
    """Return the newest event of a session that was not taken back."""
    rows = SessionEvent.objects.filter(session=session_id).exclude(kind__in=BESIDE)
    events = list(rows.select_related("by", "change").order_by("pk"))
    step = latest_in_force(
        Step(id=e.pk, kind=e.kind, from_state=e.from_state, to_state=e.to_state, undoes=e.data.get("undoes"))
        for e in events
    )
    return next((event for event in events if step and event.pk == step.id), None)


def _is_undoable(event: SessionEvent) -> bool:
    return "before" in event.data and may_undo(SessionState(event.from_state), SessionState(event.to_state))


def _comes_back(event: SessionEvent) -> bool:
    return SessionState(event.to_state) in RELEASED and SessionState(event.from_state) not in RELEASED


def _undo_change(course: Course, change: CourseEvent, hand: Hand) -> None:
    """Take back everything one change did; the course, its resources and the patient must be locked."""
    _check_newest(course, change)
    events = list(change.sessions.select_related("session").order_by("pk"))
    edits = []
    for event in events:
        session = Session.objects.select_for_update(no_key=True).get(pk=event.session_id)
        session.course = course
        _check_untouched(session, event)
        edits.append(_restored(session, event) if event.from_state else _withdrawn(session, event))
    if change.data.get("end_reason") == EndReason.DIED:
        patient_actions.take_back_death(patient_id=course.patient_id)
    facts = ledger.revived(Course, change.data.get("before", {}))
    undone = ledger.header(course, "undone", hand, facts=facts, data={"undoes": change.pk, "of": change.kind})
    if edits:
        ledger.write(edits, hand, change=undone, words_for_taken=GONE)
    if change.block_id and open_places.blocked_now(edit.session.pk for edit in edits):
        raise IllegalMove("Can't undo: the place it was moved from is still blocked then. Move the visit by hand.")
    legality.check_restored(course, [edit.session for edit in edits], since=change.at, now=hand.now)
    completion.reopen_course(course.pk, hand)


def _check_no_block(change: CourseEvent | None) -> None:
    """Refuse to take one course out of a block in force: what it was moved for still stands."""
    if change is not None and change.block is not None and change.block.state == BlockState.IN_FORCE:
        raise IllegalMove(PART_OF_A_BLOCK)


def _check_newest(course: Course, change: CourseEvent) -> None:
    """Refuse to take back what a newer change of the course as a whole stands on."""
    newer = CourseEvent.objects.filter(course=course, pk__gt=change.pk).select_related("by").order_by("-pk")
    undone = {event.data.get("undoes") for event in newer}
    for event in newer:
        is_in_force = event.kind in UNDOABLE and event.pk not in undone
        if is_in_force and set(event.data.get("before", {})) & set(change.data.get("before", {})):
            raise IllegalMove("Can't undo: the course was changed as a whole since. Take the newer change back first.")


def _check_untouched(session: Session, event: SessionEvent) -> None:
    latest = _in_force(session.pk)
    if latest is None or latest.pk == event.pk:
        return
    who = meanwhile.who_did(latest)
    day, minute = local_time.wall(latest.at, session.zone)
    raise Stale(
        f"Can't undo: {who} changed visit {session.number} on {local_time.day_text(day)} at "
        f"{local_time.clock_text(minute)}. Look at it and change it by hand."
    )


def _restored(session: Session, event: SessionEvent) -> Edit:
    kept = dict(event.data["before"])
    held = kept.pop("held", None)
    facts = ledger.revived(Session, kept)
    if session.state == SessionState.MISSED:
        # A person has looked: the worker must not flag this session a second time.
        facts["missed_after"] = None
    if "starts_at" in facts:
        facts.setdefault("recording_gap_id", None)  # what was asked about the other day is not asked about this one
    if not facts.get("is_counted", session.is_counted):
        facts["number"] = event.data[
            "number"
        ]  # a lost one keeps the number it had, which counting again may have changed
    is_elsewhere = held != event.data.get("after", {}).get("held")
    return Edit(session, "undone", facts, held=held if is_elsewhere else None, undoes=event.pk)


def _withdrawn(session: Session, event: SessionEvent) -> Edit:
    """Return what takes back a session that a change added."""
    facts: dict[str, Any] = {
        "state": SessionState.CANCELLED,
        "cancelled_by": CancelledBy.SYSTEM,
        "reason": "Taken back",
    }
    return Edit(session, "undone", facts, undoes=event.pk)
