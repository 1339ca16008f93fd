"""The one place where a message's row is made: its key, and from the key its id."""

import datetime as dt
import uuid

from clinic.models import Site
from notifications.actions.transitions import address_hash
from notifications.domain import texts
from notifications.domain.states import MessageState
from notifications.models import Message
from patients.domain.contact import Channel
from patients.reach import Reach

NOBODY = "No consent with a usable phone or e-mail. Call the patient."
_NAMES = uuid.UUID("5f1f4b0e-6c1d-4a53-9f0e-0a6f2f2b7c11")


def row(draft: Message, *, site: Site, now: dt.datetime, channel: Channel, reach: Reach | None) -> Message:
    """Return the unsaved row of a draft for one channel and recipient; no `reach`: it says nobody could be reached.

    The draft's `dedupe_key` names the subject only; kind, channel and recipient are added here.
    """
    key = f"{draft.dedupe_key}:{draft.kind}:{channel}:{_recipient(reach)}"
    made = Message(
        # Made of the key: planned again after a restore, it is the message the provider knows already.
        id=uuid.uuid5(_NAMES, key),
        dedupe_key=key,
        site=site,
        patient_id=draft.patient_id,
        course_id=draft.course_id,
        session_id=draft.session_id,
        timing_version=draft.timing_version,
        week_of=draft.week_of,
        offer_id=draft.offer_id,
        inbound_id=draft.inbound_id,
        contact_point_id=reach.contact_point_id if reach else None,
        related_person_id=reach.person_id if reach else None,
        address_hash=address_hash(reach.address) if reach else "",
        language=reach.language if reach else "",
        facts=draft.facts,
        kind=draft.kind,
        channel=channel,
        due_at=draft.due_at,
        send_by=draft.send_by,
        template_version=texts.VERSION,
        created_at=now,
    )
    if reach is None:
        made.state, made.reason, made.settled_at = MessageState.UNREACHABLE, NOBODY, now
    return made


def _recipient(reach: Reach | None) -> str:
    if reach is None:
        return "nobody"
    return f"person-{reach.person_id}" if reach.person_id else str(reach.contact_point_id or "nobody")
