"""What a patient changes about a visit on their own page: another time, or not this time; taken back by themselves.

A text never does any of this: on the page they see what they choose.
"""

import datetime as dt
from enum import StrEnum

from clinic import actions as clinic_actions
from scheduling.actions import cancelling, moving, undoing
from scheduling.domain.states import CancelledBy
from scheduling.errors import CannotPlan, Conflict, IllegalMove, Rejected
from scheduling.models import Session
from scheduling.queries import other_times


class Why(StrEnum):
    """Why somebody can't come: they may say it, and need not."""

    NONE = ""
    SICK = "sick"
    RIDE = "ride"
    WORK = "work"
    FEEL = "feel"
    OTHER = "other"


# As the desk reads it.
REASONS = {
    Why.NONE: "Can't come",
    Why.SICK: "Sick",
    Why.RIDE: "No ride",
    Why.WORK: "Work",
    Why.FEEL: "How they feel",
    Why.OTHER: "Another reason",
}


class Outcome(StrEnum):
    """What became of a change a patient asked for."""

    DONE = "done"
    GONE = "gone"  # the visit, or the time they chose, is not there any more
    TOO_LATE = "too_late"  # the clinic's notice is over: they call


def move_own(
    *,
    request: clinic_actions.Request,
    patient_id: int,
    session_id: int,
    timing_version: int,
    to: tuple[dt.date, int],
    why: Why,
    now: dt.datetime,
) -> Outcome:
    """Move a patient's own visit to a day and minute (wall clock) the page offered; return what became of it.

    Again, the visit is there already and nothing changes.
    """
    session = other_times.visit_to_change(session_id, patient_id=patient_id, now=now)
    if session is None:
        return Outcome.GONE
    if (session.day, session.minute) == to:
        return Outcome.DONE
    if session.timing_version != timing_version:
        return Outcome.GONE
    if other_times.is_too_late(session, now=now):
        return Outcome.TOO_LATE
    chosen = [each for each in other_times.other_times(session, now=now) if (each.day, each.minute) == to]
    if not chosen:
        return Outcome.GONE
    try:
        moving.apply_change(
            request=request,
            token=chosen[0].token,
            session_id=session.pk,
            version=session.version,
            reason=REASONS[why],
            now=now,
        )
    except Conflict:
        return Outcome.GONE
    return Outcome.DONE


def cancel_own(
    *,
    request: clinic_actions.Request,
    patient_id: int,
    session_id: int,
    timing_version: int,
    why: Why,
    now: dt.datetime,
) -> Outcome:
    """Cancel a patient's own visit, this one only; return what became of it. Again changes nothing."""
    session = other_times.visit_to_change(session_id, patient_id=patient_id, now=now)
    if session is None:
        return Outcome.DONE if _is_cancelled(session_id, patient_id) else Outcome.GONE
    if session.timing_version != timing_version:
        return Outcome.GONE
    if other_times.is_too_late(session, now=now):
        return Outcome.TOO_LATE
    try:
        cancelling.cancel_sessions(
            request=request,
            session_id=session.pk,
            version=session.version,
            reason=REASONS[why],
            by_whom=CancelledBy.PATIENT,
            now=now,
        )
    except (Conflict, IllegalMove):
        return Outcome.GONE
    return Outcome.DONE


def take_back_own(
    *, request: clinic_actions.Request, patient_id: int, session_id: int, version: int, now: dt.datetime
) -> bool:
    """Take back what a patient did last to their own visit; return False if it can't be: the time is gone, say."""
    step = other_times.own_step(patient_id, now=now)
    if step is None or not step.may_undo or (step.session_id, step.version) != (session_id, version):
        return other_times.was_taken_back(session_id, patient_id=patient_id, version=version)
    try:
        undoing.undo(session_id=session_id, version=version, now=now, by=None, own=request)
    except (Rejected, CannotPlan):
        return False
    return True


def _is_cancelled(session_id: int, patient_id: int) -> bool:
    mine = Session.objects.filter(pk=session_id, patient=patient_id)
    return mine.filter(cancelled_by=CancelledBy.PATIENT).exists()
