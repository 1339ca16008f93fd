"""Help asked for at a chair: everybody at the desk sees it until somebody says that they are there."""

import datetime as dt

from django.db import transaction

from clinic import actions as clinic_actions
from scheduling.domain.states import RELEASED, SessionState
from scheduling.errors import IllegalMove, NotFound
from scheduling.models import Session, SessionEvent
from scheduling.queries.watch.help import asked_for


@transaction.atomic(durable=True)
def ask_for_help(*, request: clinic_actions.Request, session_id: int, resource_id: int, now: dt.datetime) -> bool:
    """Ask for help at a chair, about the patient of a visit; return whether it was not asked for already.

    The visit's own version stays: who asks for help and who records a step do not meet.

    :raises NotFound: there is no such visit.
    :raises IllegalMove: nobody is there for this visit any more.
    """
    row = _locked(session_id)
    if SessionState(row.state) in RELEASED:
        raise IllegalMove("Nobody is in the chair for this visit.")
    if asked_for(row.pk):
        return False
    _note(row, request, "help_asked", now, resource_id=resource_id)
    return True


@transaction.atomic(durable=True)
def give_help(*, request: clinic_actions.Request, session_id: int, now: dt.datetime) -> bool:
    """Record that somebody is there to help; return whether help was still asked for.

    :raises NotFound: there is no such visit.
    """
    row = _locked(session_id)
    if not asked_for(row.pk):
        return False
    _note(row, request, "help_given", now)
    return True


def _locked(session_id: int) -> Session:
    rows = Session.objects.select_for_update(of=("self",), no_key=True).select_related("site")
    row = rows.filter(pk=session_id).first()
    if row is None:
        raise NotFound("There is no such visit.")
    return row


def _note(row: Session, request: clinic_actions.Request, kind: str, now: dt.datetime, **data: int) -> None:
    SessionEvent.objects.create(
        session=row,
        kind=kind,
        from_state=row.state,
        to_state=row.state,
        at=now,
        by=request.user,
        data={"number": row.number, **data},
    )
    clinic_actions.write_audit(
        request=request,
        site=row.site,
        action=f"session.{kind}",
        patient_ids=[row.patient_id],
        object_type="session",
        object_id=row.pk,
        now=now,
    )
