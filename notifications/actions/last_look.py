"""The last look before a message leaves: still true, still wanted, still time, and not said already."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from notifications import hours
from notifications.actions import merging
from notifications.actions.answering import reach_back
from notifications.actions.batch import Batch
from notifications.actions.merging import Beside
from notifications.actions.resending import was_asked_for
from notifications.actions.transitions import address_hash, one_at_a_time
from notifications.actions.withdrawing import QUIET
from notifications.channels import registry
from notifications.channels.base import Outgoing
from notifications.domain import cadence, texts
from notifications.domain.cadence import ANSWERS, DESPITE_STOP, REMINDERS, VITAL
from notifications.domain.states import Kind, MessageState
from notifications.domain.window import LAW, Caps
from notifications.models import Message, SitePolicy
from notifications.policies import caps_of, hours_of
from notifications.rendering import Changed, Rendered, render
from patients.domain.contact import Channel as Way
from patients.domain.contact import Purpose
from patients.reach import Reach
from scheduling.domain import local_time

A_MINUTE = dt.timedelta(minutes=1)
A_DAY = dt.timedelta(days=1)
# Said the day before or not at all: these don't give way to another text of the day.
_ON_THE_DAY = frozenset({Kind.DAY_BEFORE, Kind.PREP, Kind.SAME_DAY, Kind.ESCORT, Kind.ESCORT_OFF, Kind.OPENING})
_M = MessageState


@dataclass(frozen=True, slots=True)
class Settled:
    """What the last look decided instead of sending. `due_at` is set when the message waits."""

    state: MessageState
    reason: str
    said: dict[str, Any] = field(default_factory=dict)  # the columns that say the text again
    due_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """What may leave now, and the columns that prove it later."""

    outgoing: Outgoing
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Now:
    """What one look goes by."""

    at: dt.datetime
    zone: str
    policy: SitePolicy
    hashed: str
    is_asked_for: bool  # by a person who knows what was said before

    @property
    def day_began(self) -> dt.datetime:
        """When the reader's day began."""
        return local_time.day_bounds(local_time.today(self.at, self.zone), self.zone)[0]

    @property
    def tomorrow(self) -> dt.datetime:
        """When the reader may be written to on the next day."""
        return hours.opening_of_next_day(self.at, self.zone, hours_of(self.policy))


def look(message: Message, *, is_real: bool, now: dt.datetime, batch: Batch) -> Settled | Ready:
    """Return what to send, or what becomes of the message instead. Inside the transaction that decides.

    `is_real`: somebody would get it; else it is shown in the outbox. `batch`: what was read of this message and those
    claimed with it. What it says as well, for other messages to the same number, is settled with it.
    """
    if now >= message.send_by:
        return Settled(_M.SKIPPED_STALE, "Too late to be of use.")
    if batch.has_ended_quietly(message.course_id):
        return Settled(_M.SKIPPED_CHANGED, QUIET)
    reach = recipient(message, batch)
    if reach is None:
        return Settled(_M.UNREACHABLE, "The consent or the address was taken away.")
    hashed = address_hash(reach.address)
    if message.kind not in DESPITE_STOP and batch.is_suppressed(channel=message.channel, hashed=hashed):
        return Settled(_M.SUPPRESSED, "This address asked for no more messages.")
    seen = _Now(now, reach.zone or message.site.zone, batch.policy(message.site_id), hashed, was_asked_for(message))
    others = _beside(message, seen)
    joined = merging.followers(message, others, now=now)
    told = [*batch.joined(message), *joined]
    try:
        words = render(message, language=reach.language, now=now, sources=batch.sources, joined=told)
    except Changed as change:
        return Settled(_M.SKIPPED_CHANGED, str(change))
    if verdict := _is_said(message, others, seen) or _must_wait(message, others, seen):
        return verdict
    return _decided(message, reach, words, joined, is_real=is_real, now=now, hashed=hashed)


def recipient(message: Message, batch: Batch) -> Reach | None:
    """Return whom a message goes to at this moment, and how; None: nobody any more."""
    if message.inbound_id is not None:
        return reach_back(message)
    return batch.reach(message, Purpose(cadence.PURPOSES[Kind(message.kind)]))


def _beside(message: Message, seen: _Now) -> Beside:
    if message.kind in ANSWERS:
        return Beside()
    one_at_a_time(seen.hashed)  # two workers must not both find room for the last text of a day
    return merging.beside(message, hashed=seen.hashed, since=seen.day_began, now=seen.at)


def _decided(
    message: Message,
    reach: Reach,
    words: Rendered,
    joined: Sequence[Message],
    *,
    is_real: bool,
    now: dt.datetime,
    hashed: str,
) -> Settled | Ready:
    said = _said(words, reach, hashed)
    refusal = _may_not_leave(message, reach, words, said, is_real=is_real)
    if refusal is None or refusal.state is _M.SHOWN:
        merging.absorb(message, joined, now=now)
    return refusal or Ready(_outgoing(message, reach, words, now), said)


def _said(words: Rendered, reach: Reach, hashed: str) -> dict[str, Any]:
    return {
        "facts": words.facts,
        "language": reach.language,
        "address_hash": hashed,
        "template_version": words.version,
        "body_hash": hashlib.sha256(words.body.encode()).hexdigest(),
    }


def _outgoing(message: Message, reach: Reach, words: Rendered, now: dt.datetime) -> Outgoing:
    valid = int((message.send_by - now).total_seconds())
    return Outgoing(
        message_id=str(message.pk),
        address=reach.address,
        subject=words.subject,
        body=words.body,
        valid_seconds=valid,
        unsubscribe_url=words.stop_url,
        html=words.html,
        invite=words.invite,
    )


def _may_not_leave(
    message: Message, reach: Reach, words: Rendered, said: dict[str, Any], *, is_real: bool
) -> Settled | None:
    if not is_real:
        return Settled(_M.SHOWN, "Sending is off.", said)
    if not registry.may_reach(reach.address):
        return Settled(_M.SKIPPED_LIST, "Not on the list this installation may send to.", said)
    if faults := texts.faults(words.body, is_sms=message.channel == Way.SMS, form=words.form):
        return Settled(_M.DEAD, f"The text {'; '.join(faults)}."[:160], said)
    return None


def _is_said(message: Message, others: Beside, seen: _Now) -> Settled | None:
    if seen.is_asked_for:
        return None
    if other := merging.said_already(message, others, now=seen.at):
        said = {"merged_into": other}
        return Settled(_M.SKIPPED_MERGED, "Said in another message to the same number.", said)
    if other := merging.leader(message, others, now=seen.at):
        # It is said there as soon as it is that one's turn; if it never is, this one is still here.
        return _later(message, max(other.due_at, seen.at) + A_MINUTE, "Will be said with another message.")
    return None


def _must_wait(message: Message, others: Beside, seen: _Now) -> Settled | None:
    """Return where the message goes when this is no time to write, or the number was written to enough."""
    if message.kind in ANSWERS:
        return None
    if not hours.is_open(seen.at, seen.zone, hours_of(seen.policy)):
        return _until_open(message, seen)
    return _gives_way(message, others, seen) or _over_cap(message, others, seen)


def _until_open(message: Message, seen: _Now) -> Settled | None:
    opening = hours.next_opening(seen.at, seen.zone, hours_of(seen.policy))
    why = "Outside the hours at which this site writes."
    if message.kind in VITAL and opening >= message.send_by:
        # Else somebody comes in vain: up to the limits of the law.
        if hours.is_open(seen.at, seen.zone, LAW):
            return None
        opening = hours.next_opening(seen.at, seen.zone, LAW)
    return _later(message, opening, why)


def _gives_way(message: Message, others: Beside, seen: _Now) -> Settled | None:
    """Return the wait for the next day of what can wait: one planned reminder a day, and after an outage one text."""
    if seen.is_asked_for or message.channel != Way.SMS or message.kind in _ON_THE_DAY:
        return None
    is_late = merging.is_late(message, now=seen.at)
    is_crowded = bool(others.today) if is_late else message.kind in REMINDERS and others.reminders > 0
    last = message.send_by - A_DAY if message.kind in VITAL else message.send_by
    if is_crowded and seen.tomorrow < last:
        return _later(message, seen.tomorrow, "Another text went to this number that day.")
    return None


def _over_cap(message: Message, others: Beside, seen: _Now) -> Settled | None:
    if message.channel != Way.SMS or (why := _cap(others, caps_of(seen.policy))) is None:
        return None
    if message.kind in VITAL and seen.tomorrow >= message.send_by:
        return None  # the cap merges what keeps somebody from coming in vain, and never drops it
    return _later(message, seen.tomorrow, why)


def _cap(others: Beside, caps: Caps) -> str | None:
    if len(others.today) >= caps.a_day:
        return f"{_texts(caps.a_day)} went to this number that day."
    return f"{_texts(caps.a_week)} went to this number in a week." if others.in_a_week >= caps.a_week else None


def _texts(number: int) -> str:
    words = {1: "One text", 2: "Two texts"}
    return words.get(number, f"{number} texts")


def _later(message: Message, at: dt.datetime, why: str) -> Settled:
    if at >= message.send_by:
        return Settled(_M.SKIPPED_STALE, f"{why} Later would be too late.")
    return Settled(_M.PENDING, why, due_at=at)
