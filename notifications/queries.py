"""What was said, and the proof."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.domain.states import NEEDS_A_PERSON, Kind, MessageState
from notifications.models import Message, Suppression
from notifications.proof import masked
from notifications.rendering import shown
from notifications.wording import words_of
from scheduling.domain.local_time import monday_of
from scheduling.queries import messaging

_M = MessageState
# Told, or about to be told.
_WORKS = (_M.PENDING, _M.CLAIMED, _M.SENDING, _M.ACCEPTED, _M.SENT, _M.DELIVERED, _M.SHOWN)


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


def messages_of(
    *,
    site_ids: Sequence[int],
    course_id: int | None = None,
    patient_id: int | None = None,
    session_id: int | None = None,
    limit: int = 200,
) -> list[OutboxLine]:
    """Return the messages about a course, a patient or a session, newest first; one statement or two."""
    wanted = {"course_id": course_id, "patient_id": patient_id, "session_id": session_id}
    return _lines(
        Message.objects.filter(
            site_id__in=site_ids, **{key: value for key, value in wanted.items() if value is not None}
        ),
        limit,
    )


def was_written_to_lately(patient_id: int, *, since: dt.datetime) -> bool:
    """Tell whether a message to a patient was given to a provider after an instant."""
    return Message.objects.filter(patient=patient_id, handed_at__gte=since).exists()


def is_stopped(*, channel: str, hashed: str) -> bool:
    """Tell whether an address, by its hash, asked for no more messages: only a START from it begins them again."""
    return Suppression.objects.filter(channel=channel, address_hash=hashed).exists()


def messages_counted(patient_id: int) -> int:
    """Return how many messages a patient's record has; one statement."""
    return Message.objects.filter(patient=patient_id).count()


def undelivered(*, site_ids: Sequence[int], since: dt.datetime) -> list[OutboxLine]:
    """Return the messages that did not get through by any way and that nobody but a person can help."""
    failed = Message.objects.filter(
        site_id__in=site_ids, state__in=NEEDS_A_PERSON, created_at__gte=since, send_by__gte=since
    )
    return _lines(failed.exclude(_said_otherwise()), 50)


def messages_of_offers(offer_ids: Collection[int]) -> dict[int, MessageState]:
    """Return what became of the latest message about each of some offers; one statement."""
    rows = Message.objects.filter(offer__in=offer_ids).order_by("created_at", "pk")
    return {offer: MessageState(state) for offer, state in rows.values_list("offer_id", "state")}


def _said_otherwise() -> Q:
    """Tell of a message whether the patient was told the same by another one, or is about to be."""
    others = Message.objects.filter(
        patient=OuterRef("patient"), course=OuterRef("course"), kind=OuterRef("kind"), state__in=_WORKS
    )
    of_visit = others.filter(session=OuterRef("session"), timing_version=OuterRef("timing_version"))
    of_course = others.filter(Q(week_of=OuterRef("week_of")) | Q(week_of=None), session=None, offer=None)
    return Q(Exists(of_visit)) | Q(Exists(of_course), session=None, offer=None)


def untold_from(today: dt.date) -> dt.date:
    """Return the first day no digest or reminder is about before a manager has had days to decide.

    It is the Monday after next week: the digest about a week goes out on the Friday before it, a reminder the day
    before a visit.
    """
    return today + dt.timedelta(days=15 - today.isoweekday())


def told_of(session_ids: Collection[int], *, today: dt.date) -> frozenset[int]:
    """Return those of some sessions that somebody was told about, or is about to be; two statements.

    A message counts whatever became of it: what was not sent may have been read out on the phone. One about a session
    tells of it, one about a week of its course's visits in that week, any other of all its visits; only the message
    about the booking names nothing but the first and the last day, which stay.
    """
    days = messaging.days_of(session_ids=session_ids)
    about = Q(course__in={course for _pk, course, _day in days}) | Q(session__in=session_ids)
    rows = Message.objects.filter(about).exclude(kind=Kind.BOOKED)
    said = {
        ("session", pk) if pk else ("week", course, week) if week else ("course", course)
        for course, pk, week in rows.values_list("course_id", "session_id", "week_of").distinct()
    }
    first = untold_from(today)
    return frozenset(
        pk
        for pk, course, day in days
        if day < first or {("session", pk), ("week", course, monday_of(day)), ("course", course)} & said
    )


def waiting(*, now: dt.datetime) -> int:
    """Return how many messages are due and not yet taken by a worker."""
    return Message.objects.filter(state=MessageState.PENDING, due_at__lte=now).count()


def _lines(rows: QuerySet[Message], limit: int) -> list[OutboxLine]:
    latest = rows.select_related("site", "patient", "contact_point").order_by("-due_at", "-created_at", "pk")
    found = list(latest[:limit])
    own = words_of(row.template_version for row in found)
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
            to=masked(row.contact_point.value) if row.contact_point else "",
            due_at=row.due_at,
            settled_at=row.settled_at,
            state=MessageState(row.state),
            reason=row.reason,
            text=shown(row, own),
        )
        for row in found
    ]
