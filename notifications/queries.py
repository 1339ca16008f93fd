"""What was said, and the proof."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from notifications.domain.states import NEEDS_A_PERSON, MessageState
from notifications.models import Message
from notifications.rendering import said


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One message as staff see it; the address only by its end."""

    message_id: str
    site_id: int
    zone: str
    patient_id: int | None
    first_name: str
    last_name: str
    course_id: int | None
    session_id: int | None
    kind: str
    channel: str
    to: str
    due_at: dt.datetime
    settled_at: dt.datetime | None
    state: MessageState
    reason: str
    text: str


def outbox(*, site_ids: Sequence[int], limit: int = 200) -> list[OutboxLine]:
    """Return the latest messages of some sites, newest first, in one query."""
    return _lines(Message.objects.filter(site_id__in=site_ids), limit)


def messages_of(
    *,
    site_ids: Sequence[int],
    course_id: int | None = None,
    patient_id: int | None = None,
    session_id: int | None = None,
) -> list[OutboxLine]:
    """Return the messages about a course, a patient or a session, newest first, in one query."""
    wanted = {"course_id": course_id, "patient_id": patient_id, "session_id": session_id}
    return _lines(
        Message.objects.filter(
            site_id__in=site_ids, **{key: value for key, value in wanted.items() if value is not None}
        ),
        200,
    )


def undelivered(*, site_ids: Sequence[int], since: dt.datetime) -> list[OutboxLine]:
    """Return the messages that did not get through and that nobody but a person can help."""
    return _lines(
        Message.objects.filter(
            site_id__in=site_ids, state__in=NEEDS_A_PERSON, created_at__gte=since, send_by__gte=since
        ),
        50,
    )


def waiting(*, now: dt.datetime) -> int:
    """Return how many messages are due and not yet taken by a worker."""
    return Message.objects.filter(state=MessageState.PENDING, due_at__lte=now).count()


def _lines(rows: QuerySet[Message], limit: int) -> list[OutboxLine]:
    found = rows.select_related("site", "patient", "contact_point").order_by("-due_at", "-created_at", "pk")[:limit]
    return [
        OutboxLine(
            message_id=str(row.pk),
            site_id=row.site_id,
            zone=row.site.zone,
            patient_id=row.patient_id,
            first_name=(row.patient.preferred_name or row.patient.first_name) if row.patient else "",
            last_name=row.patient.last_name if row.patient else "",
            course_id=row.course_id,
            session_id=row.session_id,
            kind=row.kind,
            channel=row.channel,
            to=_masked(row.contact_point.value) if row.contact_point else "",
            due_at=row.due_at,
            settled_at=row.settled_at,
            state=MessageState(row.state),
            reason=row.reason,
            text=said(row),
        )
        for row in found
    ]


def _masked(address: str) -> str:
    if "@" in address:
        return f"{address[0]}…@{address.rpartition('@')[2]}"
    return f"…{address[-4:]}"
