"""The day: arrive, start, watch, complete, stop early, turn away, no-show; each a step that can be taken back."""

import datetime as dt
from typing import Any

from django.db import transaction

from clinic.models import StaffUser
from scheduling.actions import completion, ledger, locking, makeups
from scheduling.actions.gates import refuse_unmet
from scheduling.actions.ledger import Edit, Hand
from scheduling.domain import local_time
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import (
    RELEASED,
    WORDS,
    SessionState,
    StoppedEarly,
    TurnedAway,
    may_move,
)
from scheduling.errors import IllegalMove, Rejected
from scheduling.models import Reservation, Session, SessionEvent
from scheduling.queries import legality
from scheduling.queries.definitions import definition_of
from scheduling.queries.gates import gates_of_session

_S = SessionState
_GAVE_BACK = RELEASED | {_S.MISSED}
PLACE_GONE = "The place of this visit has gone to somebody else. Move the visit to a free time first."


@transaction.atomic(durable=True)
def arrive(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None) -> None:
    """Record that the patient is here; on a no-show or a flagged miss it means "came late".

    A make-up booked for it goes, and what the visit held is taken again if it is still free.

    :raises Rejected: the visit is on a later day.
    :raises IllegalMove: the session is past that.
    :raises SlotTaken: its place has gone to somebody else.
    :raises Stale: somebody changed it meanwhile.
    """
    session = locking.session(session_id, version, holds=_places_of(session_id))
    if local_time.today(now, session.zone) < session.day:
        raise _too_early(session, "Check it in on that day.")
    late = int((now - session.starts_at).total_seconds() // 60)
    _step(session, _S.ARRIVED, Hand(now, by), {"arrived_at": now, "recording_gap_id": None}, late_minutes=max(0, late))


@transaction.atomic(durable=True)
def start(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None, dose_mg: int | None = None) -> None:
    """Record that treatment has begun, with the dose (milligrams) where the dose decides the code.

    :raises IllegalMove: the patient is not recorded as here.
    :raises GateRed: something that must be there first is not.
    :raises Stale: somebody changed it meanwhile.
    """
    session = locking.session(session_id, version)
    if may_move(_S(session.state), _S.IN_TREATMENT):
        refuse_unmet(gates_of_session(session, now=now).gates, "This visit can't begin")
    facts: dict[str, Any] = {"started_at": now}
    if dose_mg is not None:
        facts["dose_mg"] = dose_mg
    _step(session, _S.IN_TREATMENT, Hand(now, by), facts)


@transaction.atomic(durable=True)
def monitor(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None) -> None:
    """Record that treatment is over and the patient is being watched, for as long as the protocol asks.

    :raises IllegalMove: treatment has not begun.
    :raises Stale: somebody changed it meanwhile.
    """
    session = locking.session(session_id, version)
    watched = dt.timedelta(minutes=_definition(session).observe_minutes or 0)
    _step(session, _S.MONITORING, Hand(now, by), {"observation_until": now + watched})


@transaction.atomic(durable=True)
def complete(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None, let_go_by: str = "") -> None:
    """Record a delivered session; the last one completes its course.

    Whoever leaves before the observation is over was let go by somebody with a name: two hours after esketamine
    [S1, S4 A].

    :raises Rejected: the observation is not over, and no name is given.
    :raises IllegalMove: treatment has not begun.
    :raises Stale: somebody changed it meanwhile.
    """
    session = locking.session(session_id, version)
    name = _let_go(session, _S.COMPLETED, let_go_by, now)
    _step(session, _S.COMPLETED, Hand(now, by), {"ended_at": now}, **name)
    completion.settle_course(session.course_id, Hand(now, by))


@transaction.atomic(durable=True)
def stop_early(
    *,
    session_id: int,
    version: int,
    reason: str,
    now: dt.datetime,
    by: StaffUser | None,
    code: str = StoppedEarly.OTHER,
    counts: bool = False,
    let_go_by: str = "",
) -> None:
    """Record a treatment that was stopped before its time; it counts toward the course if a clinician says so.

    :raises Rejected: no reason is given, or the observation is not over and no name is given.
    :raises IllegalMove: treatment has not begun.
    :raises Stale: somebody changed it meanwhile.
    """
    session = locking.session(session_id, version)
    name = _let_go(session, _S.PARTIAL, let_go_by, now)
    facts = {"ended_at": now, "reason": _required(reason), "reason_code": StoppedEarly(code), "is_counted": counts}
    _step(session, _S.PARTIAL, Hand(now, by), facts, **name)
    completion.settle_course(session.course_id, Hand(now, by))


@transaction.atomic(durable=True)
def count_partial(*, session_id: int, version: int, counts: bool, now: dt.datetime, by: StaffUser | None) -> None:
    """Record whether a session that was stopped early counts toward the course: a clinician's decision.

    :raises IllegalMove: it was not stopped early, or that is what it does already.
    :raises Stale: somebody changed it meanwhile.
    """
    session = locking.session(session_id, version)
    if session.state != _S.PARTIAL or session.is_counted == counts:
        raise IllegalMove(f"This visit is {WORDS[_S(session.state)]}. There is nothing to decide about it.")
    ledger.write([Edit(session, "counted" if counts else "not_counted", {"is_counted": counts})], Hand(now, by))
    completion.settle_course(session.course_id, Hand(now, by))


@transaction.atomic(durable=True)
def mark_no_show(*, session_id: int, version: int, now: dt.datetime, by: StaffUser | None) -> None:
    """Record that nobody came; what the visit held is free at once.

    :raises Rejected: the visit has not begun yet.
    :raises IllegalMove: the patient was here.
    :raises Stale: somebody changed it meanwhile.
    """
    session = locking.session(session_id, version)
    if now < session.starts_at:
        raise Rejected(
            f"This visit begins at {local_time.clock_text(session.minute)}. Cancel it if the patient won't come.",
            code="too_early",
        )
    _step(session, _S.NO_SHOW, Hand(now, by), {"recording_gap_id": None})


@transaction.atomic(durable=True)
def turn_away(
    *,
    session_id: int,
    version: int,
    reason: str,
    now: dt.datetime,
    by: StaffUser | None,
    code: str = TurnedAway.OTHER,
) -> None:
    """Record that the patient came and could not be treated, with the reason (domain.md 1.0).

    :raises Rejected: no reason is given, or the visit is on a later day.
    :raises IllegalMove: treatment has already begun.
    :raises Stale: somebody changed it meanwhile.
    """
    session = locking.session(session_id, version)
    if local_time.today(now, session.zone) < session.day:
        raise _too_early(session, "Cancel it if the patient won't come.")
    facts = {"reason": _required(reason), "reason_code": TurnedAway(code), "recording_gap_id": None}
    _step(session, _S.NOT_TREATED, Hand(now, by), facts)


@transaction.atomic(durable=True)
def enter_in_error(*, session_id: int, version: int, reason: str, now: dt.datetime, by: StaffUser | None) -> None:
    """Record that this visit never was: it is hidden, frees what it holds, and can't be taken back.

    :raises Rejected: no reason is given.
    :raises IllegalMove: it is recorded as an error already.
    :raises Stale: somebody changed it meanwhile.
    """
    session = locking.session(session_id, version)
    facts = {"reason": _required(reason), "recording_gap_id": None}
    _step(session, _S.ENTERED_IN_ERROR, Hand(now, by), facts)
    completion.reopen_course(session.course_id, Hand(now, by))


def _definition(session: Session) -> ProtocolDefinition:
    return definition_of(session.course.protocol)


def _step(session: Session, to: SessionState, hand: Hand, facts: dict[str, Any], **note: Any) -> None:
    if not may_move(SessionState(session.state), to):
        raise IllegalMove(f"This visit is {WORDS[_S(session.state)]}, so it can't become {WORDS[to]}.")
    frm = _S(session.state)
    edits = [Edit(session, "moved", {"state": to, **facts}, note={k: v for k, v in note.items() if v})]
    change = None
    if frm in _GAVE_BACK and to not in RELEASED:
        edits[0].held = _held_before(session)
    if frm in RELEASED and to not in RELEASED:
        edits += makeups.withdrawn(session)
        # The visit and its make-up are taken back together.
        change = ledger.header(session.course, "came_late", hand) if len(edits) > 1 else None
    ledger.write(edits, hand, change=change, words_for_taken=PLACE_GONE)
    if frm in RELEASED and to not in RELEASED:
        legality.check_beside(session, now=hand.now)


def _places_of(session_id: int) -> list[int]:
    """Return the resources a lost or flagged session would take again."""
    lost = Session.objects.filter(pk=session_id, state__in=_GAVE_BACK).exists()
    found = Reservation.objects.filter(session=session_id, resource__is_active=True) if lost else []
    return sorted({row.resource_id for row in found})


def _held_before(session: Session) -> list[int] | None:
    """Return all that a lost or flagged session held before it began to let go, or None if it holds that."""
    held: set[int] = set()
    for event in SessionEvent.objects.filter(session=session).order_by("-pk"):
        if event.to_state not in _GAVE_BACK:
            break
        held.update(event.data.get("before", {}).get("held", []))
    now = set(Reservation.objects.filter(session=session, is_active=True).values_list("pk", flat=True))
    return sorted(held | now) if held - now else None


def _let_go(session: Session, to: SessionState, let_go_by: str, now: dt.datetime) -> dict[str, str]:
    until = _observed_until(session)
    if until is None or now >= until or not may_move(SessionState(session.state), to):
        return {}
    if not let_go_by.strip():
        _day, minute = local_time.wall(until, session.zone)
        raise Rejected(
            f"The observation lasts until {local_time.clock_text(minute)}. Wait, or say who lets the patient go.",
            code="too_early_to_leave",
            fields={"let_go_by": "required"},
        )
    return {"let_go_by": let_go_by.strip()[:80]}


def _observed_until(session: Session) -> dt.datetime | None:
    """Return when the observation ends: counted from where it was begun, or from the start of treatment."""
    watched = _definition(session).observe_minutes
    if session.observation_until or not watched or not session.started_at:
        return session.observation_until
    return session.started_at + dt.timedelta(minutes=watched)


def _too_early(session: Session, instead: str) -> Rejected:
    return Rejected(f"This visit is on {local_time.day_text(session.day)}. {instead}", code="too_early")


def _required(reason: str) -> str:
    if not reason.strip():
        raise Rejected("Say why.", fields={"reason": "required"})
    return reason.strip()[:120]
