"""What the desk does to a visit that its patient has to hear of."""

import datetime as dt

from scheduling.actions import attendance, cancelling, moving, undoing
from scheduling.domain.states import CancelledBy
from scheduling.models import Session
from tests.factories import World


def fresh(session: Session) -> Session:
    """Return a visit as it stands now."""
    return Session.objects.get(pk=session.pk)


def move_visit(world: World, session: Session, day: dt.date, minute: int, *, now: dt.datetime) -> Session:
    """Move a visit where the desk wants it, whatever the protocol wishes."""
    moving.move_to(
        request=world.request,
        session_id=session.pk,
        version=fresh(session).version,
        day=day,
        minute=minute,
        now=now,
        override="The patient asked",
    )
    return fresh(session)


def cancel_visit(
    world: World, session: Session, *, now: dt.datetime, by_whom: CancelledBy = CancelledBy.CLINIC
) -> Session:
    """Cancel one visit."""
    cancelling.cancel_sessions(
        request=world.request,
        session_id=session.pk,
        version=fresh(session).version,
        reason="The doctor is ill",
        now=now,
        by_whom=by_whom,
    )
    return fresh(session)


def take_back(world: World, session: Session, *, now: dt.datetime) -> Session:
    """Undo the latest step of a visit."""
    undoing.undo(session_id=session.pk, version=fresh(session).version, now=now, by=world.receptionist)
    return fresh(session)


def nobody_came(world: World, session: Session, *, now: dt.datetime) -> Session:
    """Settle that a visit was missed."""
    attendance.mark_no_show(session_id=session.pk, version=fresh(session).version, now=now, by=world.receptionist)
    return fresh(session)
