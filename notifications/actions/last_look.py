"""The last look before a message leaves: still true, still wanted, still time."""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from notifications.actions.transitions import address_hash, one_at_a_time
from notifications.actions.withdrawing import QUIET
from notifications.channels import registry
from notifications.channels.base import Outgoing
from notifications.domain import texts, window
from notifications.domain.states import COUNTED, MessageState
from notifications.models import Message, Suppression
from notifications.rendering import Changed, Words, render
from patients.domain.contact import Channel as Way
from patients.reach import Reach, reach_of
from scheduling.domain import local_time
from scheduling.queries import messaging

DAILY_CAP = 2
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


def look(message: Message, *, is_real: bool, now: dt.datetime) -> Settled | Ready:
    """Return what to send, or what becomes of the message instead. Inside the transaction that decides.

    `is_real`: somebody would get it; else it is shown in the outbox.
    """
    if now >= message.send_by:
        return Settled(_M.SKIPPED_STALE, "Too late to be of use.")
    if message.course_id and messaging.has_ended_quietly(course_id=message.course_id):
        return Settled(_M.SKIPPED_CHANGED, QUIET)
    reach = _reach(message)
    if reach is None:
        return Settled(_M.UNREACHABLE, "The consent or the address was taken away.")
    hashed = address_hash(reach.address)
    if Suppression.objects.filter(channel=message.channel, address_hash=hashed).exists():
        return Settled(_M.SUPPRESSED, "This address asked for no more messages.")
    try:
        words = render(message, language=reach.language, now=now)
    except Changed as change:
        return Settled(_M.SKIPPED_CHANGED, str(change))
    said = _said(words, reach, hashed)
    return (
        _must_wait(message, reach, hashed, now)
        or _may_not_leave(message, reach, words, said, is_real=is_real)
        or Ready(_outgoing(message, reach, words, now), said)
    )


def _reach(message: Message) -> Reach | None:
    if message.patient_id is None:
        return None
    found = reach_of([message.patient_id]).get((message.patient_id, Way(message.channel)))
    return found if found and found.contact_point_id == message.contact_point_id else None


def _said(words: Words, reach: Reach, hashed: str) -> dict[str, Any]:
    return {
        "facts": words.facts,
        "language": reach.language,
        "address_hash": hashed,
        "template_version": texts.VERSION,
        "body_hash": hashlib.sha256(words.body.encode()).hexdigest(),
    }


def _outgoing(message: Message, reach: Reach, words: Words, now: dt.datetime) -> Outgoing:
    valid = int((message.send_by - now).total_seconds())
    return Outgoing(str(message.pk), reach.address, words.subject, words.body, valid_seconds=valid)


def _may_not_leave(
    message: Message, reach: Reach, words: Words, said: dict[str, Any], *, is_real: bool
) -> Settled | None:
    if not is_real:
        return Settled(_M.SHOWN, "Sending is off.", said)
    if not registry.may_reach(reach.address):
        return Settled(_M.SKIPPED_LIST, "Not on the list this installation may send to.", said)
    if faults := texts.faults(words.body, is_sms=message.channel == Way.SMS):
        return Settled(_M.DEAD, f"The text {'; '.join(faults)}."[:160], said)
    return None


def _must_wait(message: Message, reach: Reach, hashed: str, now: dt.datetime) -> Settled | None:
    """Return where the message goes when this is no time to write, or today's share is used up."""
    zone = reach.zone or message.site.zone
    today, minute = local_time.wall(now, zone)
    if not window.is_open(minute):
        day = today if minute < window.OPENS else today + dt.timedelta(days=1)
        return _later(message, local_time.to_utc(day, window.OPENS, zone), "Outside 9am to 8pm.")
    if message.channel != Way.SMS:
        return None
    one_at_a_time(hashed)  # two workers must not both find room for the last text of a day
    since = local_time.day_bounds(today, zone)[0]
    counted = Message.objects.filter(
        Q(handed_at__gte=since), address_hash=hashed, channel=message.channel, state__in=COUNTED
    )
    if counted.exclude(pk=message.pk).count() >= DAILY_CAP:
        tomorrow = local_time.to_utc(today + dt.timedelta(days=1), window.OPENS, zone)
        return _later(message, tomorrow, "Two texts went to this number that day.")
    return None


def _later(message: Message, at: dt.datetime, why: str) -> Settled:
    if at >= message.send_by:
        return Settled(_M.SKIPPED_STALE, f"{why} Later would be too late.")
    return Settled(_M.PENDING, why, due_at=at)
