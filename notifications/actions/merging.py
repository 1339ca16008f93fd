"""What else a number was told, or is about to be: the same is said once."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db import connection
from django.db.models import Q

from notifications.actions.transitions import FREE, move
from notifications.domain.cadence import ANSWERS, REMINDERS
from notifications.domain.merging import About, carries, covers, leads
from notifications.domain.states import COUNTED, Kind, MessageState
from notifications.models import Message

SOON = dt.timedelta(minutes=3)  # what is held that long is said together with what is due now
LATE = dt.timedelta(hours=1)
DIGEST_FRESH = dt.timedelta(days=3)
_WAITING = [MessageState.PENDING, MessageState.CLAIMED]
# What is looked at of the messages beside one: this is read before every text that leaves.
_TOLD = [
    "state",
    "kind",
    "patient_id",
    "course_id",
    "session_id",
    "session__day",
    "timing_version",
    "week_of",
    "due_at",
    "handed_at",
]


@dataclass(frozen=True, slots=True)
class Beside:
    """The messages to one number beside one of them: waiting for the same patient; handed over today; this week.

    `digests`: of the last days. Who was told the times of a week on Friday is not told Monday's on Sunday again.
    """

    waiting: Sequence[Message] = ()
    today: Sequence[Message] = ()
    digests: Sequence[Message] = ()
    in_a_week: int = 0
    joined: Sequence[Message] = field(default_factory=list)  # what was merged into one of today's

    @property
    def reminders(self) -> int:
        """How many planned reminders the number got today."""
        return sum(each.kind in REMINDERS for each in self.today)


def beside(message: Message, *, hashed: str, since: dt.datetime, now: dt.datetime) -> Beside:
    """Return what stands beside a message; `since`: when its reader's day began. One statement, or two."""
    a_week = since - dt.timedelta(days=6)
    rows = list(
        Message.objects.filter(
            Q(state__in=_WAITING, due_at__lte=now + SOON) | Q(state__in=COUNTED, handed_at__gte=a_week),
            address_hash=hashed,
            channel=message.channel,
        )
        .exclude(pk=message.pk)
        .exclude(kind__in=ANSWERS)
        .select_related("session")
        .only(*_TOLD)
        .order_by("pk")
    )
    counted = [row for row in rows if row.state not in _WAITING]
    today = [row for row in counted if row.handed_at and row.handed_at >= since]
    joined = Message.objects.filter(merged_into__in=[row.pk for row in today]).select_related("session")
    return Beside(
        # Two records may share a number; the link in a text opens one of them.
        waiting=[row for row in rows if row.state in _WAITING and row.patient_id == message.patient_id],
        today=today,
        digests=[row for row in counted if row not in today and _is_fresh_digest(row, now)],
        in_a_week=len(counted),
        joined=list(joined) if today else [],
    )


def _is_fresh_digest(row: Message, now: dt.datetime) -> bool:
    return row.kind == Kind.WEEK and row.handed_at is not None and row.handed_at >= now - DIGEST_FRESH


def said_already(message: Message, others: Beside, *, now: dt.datetime) -> Message | None:
    """Return a message that was handed over and says what this one would."""
    mine = about(message, now=now)
    for other in [*others.today, *others.digests]:
        joined = [row for row in others.joined if row.merged_into_id == other.pk]
        says = replace(about(other, joined, now=now), has_left=True, is_old=other in others.digests)
        if other.patient_id == message.patient_id and covers(says, mine):
            return other
    return None


def leader(message: Message, others: Beside, *, now: dt.datetime) -> Message | None:
    """Return a waiting message that will say what this one would, once it is its turn."""
    mine = about(message, now=now)
    return next((other for other in others.waiting if leads(about(other, now=now), mine)), None)


def followers(message: Message, others: Beside, *, now: dt.datetime) -> list[Message]:
    """Return the waiting messages this one says as well, each free to be taken."""
    mine = about(message, now=now)
    found: list[Message] = []
    for other in others.waiting:
        joined = about(message, found, now=now) if message.kind in REMINDERS else mine
        if carries(joined, about(other, now=now)):
            found.append(other)
    return _free(found)


def _free(found: Sequence[Message]) -> list[Message]:
    """Return those no other worker is deciding about; they stay locked. Whoever is left out waits for its own turn."""
    if not found:
        return []
    rows = Message.objects.filter(pk__in=[row.pk for row in found], state__in=_WAITING)
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return list(rows.select_related("session").order_by("pk"))


def absorb(message: Message, joined: Iterable[Message], *, now: dt.datetime) -> None:
    """Settle messages that another one says as well. Inside its transaction."""
    for each in joined:
        move(
            each,
            MessageState.SKIPPED_MERGED,
            merged_into=message,
            reason="Said in another message to the same number.",
            **FREE,
            settled_at=now,
        )


def is_late(message: Message, *, now: dt.datetime) -> bool:
    """Tell whether a message should have left long ago, whatever it waited for since."""
    return now - min(message.due_at, message.created_at) > LATE


def about(message: Message, joined: Sequence[Message] = (), *, now: dt.datetime) -> About:
    """Return what a message is about, with those that are said in it."""
    rows = [row for row in [message, *joined] if row.session_id is not None]
    return About(
        kind=Kind(message.kind),
        course_id=message.course_id,
        visits=frozenset((row.session_id or 0, row.timing_version) for row in rows),
        days=frozenset(row.session.day for row in rows if row.session),
        week_of=message.week_of,
        is_first=any(row.session is not None and row.session.number == 1 for row in rows),
        is_late=is_late(message, now=now),
    )
