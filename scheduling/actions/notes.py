"""The note of a visit: what the next person at the chair has to know. It merges with whatever else happens to it."""

import datetime as dt

from django.db import transaction

from clinic import actions as clinic_actions
from scheduling.actions import meanwhile
from scheduling.errors import NotFound, Stale
from scheduling.models import Session, SessionEvent

LONGEST = 300


@transaction.atomic(durable=True)
def write_note(*, request: clinic_actions.Request, session_id: int, note: str, seen: int, now: dt.datetime) -> bool:
    """Write the note of a visit; return whether it is another one than before.

    The visit's own version stays: who writes a note and who checks the patient in do not meet. `seen`: the version of
    the note that was read.

    :raises NotFound: there is no such visit.
    :raises Stale: somebody wrote another note since it was read.
    """
    rows = Session.objects.select_for_update(of=("self",), no_key=True).select_related("site")
    row = rows.filter(pk=session_id).first()
    if row is None:
        raise NotFound("There is no such visit.")
    text = " ".join(note.split())[:LONGEST]
    if text == row.note:
        return False
    if row.note_version != seen:
        raise Stale(_who_wrote(row))
    event = SessionEvent(
        session=row,
        kind="noted",
        from_state=row.state,
        to_state=row.state,
        at=now,
        by=request.user,
        data={"number": row.number, "was": row.note},
    )
    row.note, row.note_version = text, row.note_version + 1
    row.save(update_fields=["note", "note_version"])
    event.save()
    clinic_actions.write_audit(
        request=request,
        site=row.site,
        action="session.noted",
        patient_ids=[row.patient_id],
        object_type="session",
        object_id=row.pk,
        now=now,
    )
    return True


def _who_wrote(row: Session) -> str:
    latest = SessionEvent.objects.filter(session=row, kind="noted").select_related("by").order_by("pk").last()
    who = meanwhile.who_did(latest) if latest else "Somebody"
    return f'{who} wrote another note meanwhile: "{row.note}". Yours is not saved. Change it and save it again.'
