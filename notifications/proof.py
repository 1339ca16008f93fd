"""The proof: what was said to whom, why, when, each attempt, what the provider answered, and what was said instead."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count, Min, Q, QuerySet

from notifications.domain import twilio
from notifications.domain.states import MessageState
from notifications.domain.texts import Words
from notifications.models import Message
from notifications.rendering import shown
from notifications.wording import words_of
from patients import phones
from scheduling.domain.local_time import clock_text, day_text

_M = MessageState
MOST_EXPORTED = 20_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class Show(StrEnum):
    """The parts of the list a person looks at."""

    WAITING = "waiting"
    SENT = "sent"
    PROBLEMS = "problems"
    NOT_SENT = "not_sent"


PARTS: dict[Show, tuple[MessageState, ...]] = {
    Show.WAITING: (_M.PENDING, _M.CLAIMED, _M.SENDING),
    Show.SENT: (_M.ACCEPTED, _M.SENT, _M.DELIVERED, _M.SHOWN),
    Show.PROBLEMS: (_M.UNDELIVERED, _M.FAILED, _M.DEAD, _M.UNREACHABLE, _M.UNKNOWN, _M.ABANDONED),
    Show.NOT_SENT: (
        _M.SKIPPED_STALE,
        _M.SKIPPED_CHANGED,
        _M.SKIPPED_MERGED,
        _M.SKIPPED_LIST,
        _M.SUPPRESSED,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages to list; what is None or empty leaves nothing out."""

    show: Show | None = None
    states: tuple[MessageState, ...] = ()
    kind: str = ""
    channel: str = ""
    patient_id: int | None = None
    course_id: int | None = None
    session_id: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `to`: the address by its end; `address`: whole, for who may see the patient; `text`: anew."""

    message_id: str
    site_id: int
    zone: str
    patient_id: int | None
    record_number: str
    first_name: str
    last_name: str
    course_id: int | None
    session_id: int | None
    kind: str
    channel: str
    to: str
    address: str
    contact_point_id: int | None
    contact_problem: str
    why: str
    created_at: dt.datetime
    due_at: dt.datetime
    send_by: dt.datetime
    handed_at: dt.datetime | None
    settled_at: dt.datetime | None
    state: MessageState
    reason: str
    attempts: int
    provider: str
    provider_sid: str
    provider_status: str
    code: str
    language: str
    version: str
    merged_into: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a message. `what`: started, ended, looked_up, called_back."""

    at: dt.datetime
    what: str
    number: int
    outcome: str
    code: str
    http_status: int | None
    provider_sid: str
    worker: str


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Messages that wait for a provider. `why`: of most of them; `since`: the first try."""

    number: int
    why: str
    since: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """A message with everything that is known about it."""

    line: Line
    steps: list[Step]
    merged: list[Line]  # said in this one
    others: list[Line]  # about the same thing: by another way, or again


def listed(*, site_ids: Sequence[int], wanted: Wanted) -> QuerySet[Message]:
    """Return the messages of some sites, the latest due first, as a query to be paged."""
    states = PARTS[wanted.show] if wanted.show else wanted.states
    given = {
        "state__in": states,
        "kind": wanted.kind,
        "channel": wanted.channel,
        "patient_id": wanted.patient_id,
        "course_id": wanted.course_id,
        "session_id": wanted.session_id,
        "due_at__gte": wanted.since,
        "due_at__lt": wanted.until,
    }
    chosen = {name: value for name, value in given.items() if value not in (None, "", ())}
    return _with_all(Message.objects.filter(site_id__in=site_ids, **chosen)).order_by("-due_at", "-created_at", "pk")


def own_words(rows: Iterable[Message]) -> dict[str, Words]:
    """Return the sites' own words that rows of `listed` were said with, for `line`; at most one statement."""
    return words_of(row.template_version for row in rows)


def lines(rows: Iterable[Message]) -> list[Line]:
    """Return rows of `listed` as they are shown."""
    found = list(rows)
    own = own_words(found)
    return [line(row, own) for row in found]


def line(row: Message, own: Mapping[str, Words] | None = None) -> Line:
    """Return one row as it is shown; `own`: what `own_words` read for it and others."""
    return _line(row, shown(row, own))


def _line(row: Message, text: str) -> Line:
    patient, point = row.patient, row.contact_point
    address = point.value if point else row.related_person.phone if row.related_person else ""
    return Line(
        message_id=str(row.pk),
        site_id=row.site_id,
        zone=row.site.zone,
        patient_id=row.patient_id,
        record_number=patient.record_number if patient else "",
        first_name=(patient.preferred_name or patient.first_name) if patient else "",
        last_name=patient.last_name if patient else "",
        course_id=row.course_id,
        session_id=row.session_id,
        kind=row.kind,
        channel=row.channel,
        to=masked(address),
        address=address if "@" in address else phones.readable(address),
        contact_point_id=row.contact_point_id,
        contact_problem=point.problem if point else "",
        why=_why(row),
        created_at=row.created_at,
        due_at=row.due_at,
        send_by=row.send_by,
        handed_at=row.handed_at,
        settled_at=row.settled_at,
        state=MessageState(row.state),
        reason=row.reason,
        attempts=row.attempt,
        provider=row.provider,
        provider_sid=row.provider_sid or "",
        provider_status=row.provider_status,
        code=row.error_code,
        language=row.language,
        version=row.template_version,
        merged_into=str(row.merged_into_id or ""),
        text=text,
    )


def proof_of(row: Message) -> Proof:
    """Return everything that is known about a message; four statements."""
    merged = _with_all(Message.objects.filter(merged_into=row)).order_by("due_at")
    same = Q(kind=row.kind, patient=row.patient_id, course=row.course_id, week_of=row.week_of, offer=row.offer_id)
    same &= Q(session=row.session_id, timing_version=row.timing_version)
    others = Message.objects.filter(same, inbound=row.inbound_id).exclude(pk=row.pk) if row.patient_id else []
    rows = _with_all(others).order_by("created_at", "pk") if isinstance(others, QuerySet) else []
    return Proof(line(row), _steps(row), lines(merged), lines(rows))


def held_up(*, site_id: int, now: dt.datetime) -> HeldUp | None:
    """Return what a provider did not take of a site's messages, if anything; one statement.

    A handset that is switched off is not the provider's doing.
    """
    waiting = Message.objects.filter(site=site_id, state=_M.PENDING, send_by__gt=now, handed_at=None)
    refused = waiting.exclude(error_code__in=["", *twilio.codes(twilio.Meaning.HANDSET_OFF)])
    reasons = refused.values_list("reason").annotate(number=Count("pk", distinct=True), since=Min("attempts__at"))
    found = list(reasons.order_by("-number"))
    if not found:
        return None
    since = min((since for _reason, _number, since in found if since), default=None)
    return HeldUp(sum(number for _reason, number, _since in found), found[0][0], since)


def as_csv(rows: Iterable[Message]) -> str:
    """Return messages as a table: everything but the words and the names, and nothing a spreadsheet would run."""
    out = io.StringIO()
    table = csv.writer(out, quoting=csv.QUOTE_ALL)
    table.writerow(_COLUMNS)
    for row in rows:
        shape = _line(row, "")
        table.writerow([_cell(getattr(shape, name)) for name in _COLUMNS])
    return out.getvalue()


_COLUMNS = (
    "message_id",
    "record_number",
    "kind",
    "channel",
    "to",
    "why",
    "created_at",
    "due_at",
    "send_by",
    "handed_at",
    "settled_at",
    "state",
    "reason",
    "attempts",
    "provider",
    "provider_sid",
    "provider_status",
    "code",
    "language",
    "version",
    "merged_into",
)


def masked(address: str) -> str:
    """Return an address by what tells it from a patient's others, and no more."""
    if "@" in address:
        return f"{address[0]}…@{address.rpartition('@')[2]}"
    return f"…{address[-4:]}" if address else ""


def _cell(value: object) -> str:
    text = f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, dt.datetime) else "" if value is None else str(value)
    # Spreadsheets pass over what is blank before a formula.
    is_run = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if is_run else text


def _why(row: Message) -> str:
    if row.session is not None:
        return f"Visit {day_text(row.session.day)}, {clock_text(row.session.minute)}"
    if row.week_of is not None:
        return f"Week of {day_text(row.week_of)}"
    if row.offer_id:
        return "A time that became free"
    return "Answer to a text" if row.inbound_id else "The course"


def _steps(row: Message) -> list[Step]:
    attempts = [
        Step(a.at, a.step, a.number, a.outcome, a.code, a.http_status, a.provider_sid, a.worker)
        for a in row.attempts.order_by("at", "pk")
    ]
    calls = [
        Step(e.received_at, "called_back", 0, e.status, e.error_code, None, e.provider_sid, "")
        for e in row.events.order_by("received_at", "pk")
    ]
    return sorted([*attempts, *calls], key=lambda step: step.at)


def _with_all(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.select_related("site", "patient", "contact_point", "related_person", "session")
