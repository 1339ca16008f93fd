"""Cancelling visits: one, this one and all after, or all of one weekday; the course goes on owing them."""

import datetime as dt
from collections.abc import Sequence

from clinic import actions as clinic_actions
from scheduling.actions import completion, ledger, locking
from scheduling.actions.ledger import Edit, Hand
from scheduling.domain import policy
from scheduling.domain.states import MOVABLE, WORDS, CancelledBy, Scope, SessionState, may_move
from scheduling.errors import IllegalMove, Rejected
from scheduling.models import Course, Session
from scheduling.queries.definitions import definition_of
from scheduling.queries.policies import notice_for


def cancel_sessions(
    *,
    request: clinic_actions.Request,
    session_id: int,
    version: int,
    reason: str,
    now: dt.datetime,
    by_whom: CancelledBy,
    scope: Scope = Scope.ONE,
) -> tuple[int, bool]:
    """Cancel visits and free their devices, people and times; return the session's id, and if it was done before.

    A cancellation by the patient is late by the clinic's policy; no fee follows from it. One by the clinic is told.

    :raises Rejected: no reason is given.
    :raises IllegalMove: treatment has already begun.
    :raises Stale: somebody changed it meanwhile.
    """
    if not reason.strip():
        raise Rejected("Say why.", fields={"reason": "required"})

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=session_id, now=now)
        session = locking.session(session_id, version)
        if not may_move(SessionState(session.state), SessionState.CANCELLED):
            state = WORDS[SessionState(session.state)]
            raise IllegalMove(f"This visit is {state}, so it can't become cancelled.")
        meant = [session, *_others(session, scope)]
        hand = Hand.of(request, now)
        change = ledger.header(session.course, "cancelled", hand, reason=reason) if len(meant) > 1 else None
        ledger.write(cancelled(session.course, meant, reason, by_whom, now), hand, change=change)
        completion.settle_course(session.course_id, hand)
        return session_id

    return locking.once(request, run)


def cancelled(
    course: Course, sessions: Sequence[Session], reason: str, by_whom: CancelledBy, now: dt.datetime
) -> list[Edit]:
    """Return the cancellation of locked sessions of a course."""
    notice = notice_for(course.site, definition_of(course.protocol))
    return [
        Edit(
            session,
            "moved",
            {
                "state": SessionState.CANCELLED,
                "cancelled_by": by_whom,
                "reason": reason.strip()[:120],
                "recording_gap_id": None,
                "is_late_cancel": by_whom is CancelledBy.PATIENT
                and policy.is_late(notice, cancelled_at=now, starts_at=session.starts_at, zone=session.zone),
            },
        )
        for session in sessions
    ]


def _others(session: Session, scope: Scope) -> list[Session]:
    if scope is Scope.ONE:
        return []
    rows = Session.objects.select_for_update(no_key=True).filter(
        course=session.course_id, state__in=MOVABLE, starts_at__gt=session.starts_at
    )
    if scope is Scope.WEEKDAY:
        rows = rows.filter(day__iso_week_day=session.day.isoweekday())
    return list(rows.order_by("starts_at", "pk"))
