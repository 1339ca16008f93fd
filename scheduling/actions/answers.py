"""What patients say about a visit themselves, by text or on their page: they come, or take that back.

Nothing here moves, cancels or releases a visit. A step of their own is one event, by nobody on the staff.
"""

import datetime as dt
from enum import StrEnum

from django.db import transaction

from scheduling.actions import ledger, locking
from scheduling.actions.ledger import Edit, Hand
from scheduling.domain.states import SessionState
from scheduling.errors import NotFound
from scheduling.models import Session
from scheduling.queries import coming

PATIENT = "patient"


class Via(StrEnum):
    """How they said it."""

    TEXT = "text"
    LINK = "link"


@transaction.atomic(durable=True)
def answer_on_page(
    *, patient_id: int, session_id: int, timing_version: int, is_coming: bool, now: dt.datetime, agent: str = ""
) -> bool:
    """Note what a patient says on their page: they come, or take that back; return False if it can't be said any more.

    Again changes nothing. `agent`: the browser it was said with.
    """
    if not coming.is_of(session_id, patient_id=patient_id):
        return False
    say = confirm_visit if is_coming else take_back
    return say(session_id=session_id, timing_version=timing_version, via=Via.LINK, now=now, agent=agent)


def confirm_visit(
    *, session_id: int, timing_version: int, via: Via, now: dt.datetime, agent: str = "", has_ride: bool = False
) -> bool:
    """Note inside the caller's transaction that a patient will come; return False if it is not that visit any more.

    Again changes nothing. `timing_version`: of the visit as it was shown, so that nobody confirms a time they never
    read. `agent`: the browser it was said with. `has_ride`: they say so; the gate asks the desk all the same.
    """
    session = _locked(session_id, timing_version, now)
    if session is None:
        return False
    if session.confirmed_at is None:
        said = {"via": via.value} | ({"ride": "yes"} if has_ride else {})
        _write(session, "confirmed", now, said, agent, confirmed_at=now)
    return True


def take_back(*, session_id: int, timing_version: int, via: Via, now: dt.datetime, agent: str = "") -> bool:
    """Take a patient's own yes back inside the caller's transaction; return False if it is not that visit any more.

    Again changes nothing; the visit stays booked.
    """
    session = _locked(session_id, timing_version, now)
    if session is None:
        return False
    if session.confirmed_at is not None:
        _write(session, "unconfirmed", now, {"via": via.value}, agent, confirmed_at=None)
    return True


def _locked(session_id: int, timing_version: int, now: dt.datetime) -> Session | None:
    """Lock a visit that is still ahead at the time it was shown for, and its course first, like everybody."""
    course_id = Session.objects.filter(pk=session_id).values_list("course_id", flat=True).first()
    if course_id is None:
        raise NotFound("There is no such visit.")
    course = locking.course(course_id)
    session = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)
    session.course = course
    is_ahead = session.state == SessionState.BOOKED and session.starts_at > now
    return session if is_ahead and session.timing_version == timing_version else None


def _write(
    session: Session, kind: str, now: dt.datetime, said: dict[str, str], agent: str, *, confirmed_at: dt.datetime | None
) -> None:
    edit = Edit(session, kind, {"confirmed_at": confirmed_at}, note=said)
    ledger.write([edit], Hand(now, actor=PATIENT, agent=agent))
