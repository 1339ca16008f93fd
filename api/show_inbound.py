"""The shape of a text that came in, for those on the staff who may read it."""

from typing import Any

from api.show import instant
from notifications.inbox import InboundLine


def inbound(row: InboundLine) -> dict[str, Any]:
    """Return one text: the number to call back, what was written, what the system and what a person did."""
    return {
        "id": row.inbound_id,
        "site": row.site_id,
        "received_at": instant(row.received_at, row.zone),
        "number": row.number,
        "patient": row.patient_id,
        "person": row.person_name or None,
        "session": row.about.session_id if row.about else None,
        "text": row.body,
        "outcome": row.outcome,
        "what_was_done": row.what_was_done,
        "minutes_late": row.minutes,
        "is_crisis": row.is_crisis,
        "is_waiting": row.is_waiting,
        "done_at": instant(row.done_at, row.zone) if row.done_at else None,
        "done_by": row.done_by or None,
        "done_what": row.done_what,
    }
