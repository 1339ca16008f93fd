"""A desk nobody sits at locks: how long ago a session was touched by a hand, and whether it may still show anything."""

import datetime as dt
from collections.abc import MutableMapping
from typing import Any

from clinic import queries
from clinic.models import StaffUser

TOUCHED = "touched"
LIMIT = "lock_after"
LOCKED = "locked"
DEFAULT = 10
RARELY = 60  # seconds between two writes of the same session
Session = MutableMapping[str, Any]


def minutes_of(user: StaffUser) -> int:
    """Return after how many minutes a person's screen locks: as they chose, or as the strictest of their sites."""
    return user.lock_minutes or min((m.site.lock_minutes for m in queries.memberships_of(user)), default=DEFAULT)


def touch(session: Session, *, user: StaffUser, now: dt.datetime) -> None:
    """Note that a hand was there, at most once a minute: a session is a row."""
    at = int(now.timestamp())
    if not 0 <= at - session.get(TOUCHED, 0) < RARELY:
        session[TOUCHED], session[LIMIT] = at, minutes_of(user) * 60


def is_over(session: Session, *, now: dt.datetime) -> bool:
    """Tell whether a session is locked: by hand, or because nobody touched it for too long."""
    if session.get(LOCKED):
        return True
    touched = session.get(TOUCHED)
    return touched is not None and now.timestamp() - touched > session.get(LIMIT, DEFAULT * 60)


def lock(session: Session) -> None:
    """Lock a session now; only the person's password opens it again."""
    session[LOCKED] = True


def unlock(session: Session, *, user: StaffUser, now: dt.datetime) -> None:
    """Open a session whose person has just given their password."""
    session.pop(LOCKED, None)
    session[TOUCHED], session[LIMIT] = int(now.timestamp()), minutes_of(user) * 60
