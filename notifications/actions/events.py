"""What providers call back to say: stored first and once, applied later, forward only, in whatever order it comes."""

import datetime as dt
import hashlib
import logging
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from notifications.actions.recording import OUT_OF_REACH
from notifications.actions.transitions import FREE, move, suppress
from notifications.domain import twilio
from notifications.domain.states import MessageState
from notifications.domain.twilio import Meaning
from notifications.models import Message, MessageAttempt, ProviderEvent

logger = logging.getLogger(__name__)

BATCH = 500
HANDSET_WAIT = dt.timedelta(minutes=30)
_M = MessageState
_BEFORE = frozenset({_M.PENDING, _M.CLAIMED, _M.SENDING, _M.UNKNOWN, _M.ABANDONED})
_AT_REST = frozenset({_M.PENDING, _M.CLAIMED})  # an earlier attempt is over, the next has not begun
_REFUSED = frozenset({_M.FAILED, _M.UNDELIVERED})


@dataclass(frozen=True, slots=True)
class Said:
    """One status of one attempt, as the provider tells it."""

    sid: str
    status: str
    code: str = ""

    @property
    def rank(self) -> int:
        """How far along it is."""
        return twilio.RANK[self.status]


@transaction.atomic(durable=True)
def store_status(*, provider: str, message_id: uuid.UUID, fields: Mapping[str, str], now: dt.datetime) -> None:
    """Keep a call-back whose signature was checked, once however often it comes. Nothing is done about it here.

    The key is made of signed fields alone: the signature has no time in it, so a captured request could come for ever.
    """
    sid, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
    message = Message.objects.filter(pk=message_id).values_list("pk", flat=True).first()
    is_of_use = bool(message and sid and status in twilio.RANK)
    event = ProviderEvent(
        provider=provider,
        event_key=f"{sid}:{status}"[:160],
        message_id=message,
        provider_sid=sid[:120],
        status=status[:16],
        error_code=fields.get("ErrorCode", "")[:16],
        payload_hash=hashlib.sha256(repr(sorted(fields.items())).encode()).hexdigest(),
        received_at=now,
        applied_at=None if is_of_use else now,
    )
    ProviderEvent.objects.bulk_create([event], ignore_conflicts=True)


def apply_events(*, now: dt.datetime) -> int:
    """Let what was called back become the state of its messages; return how many call-backs were new."""
    applied = 0
    while batch := _apply_batch(now):
        applied += batch
    return applied


@transaction.atomic(durable=True)
def _apply_batch(now: dt.datetime) -> int:
    waiting = ProviderEvent.objects.filter(applied_at=None).order_by("pk")
    if connection.vendor == "postgresql":
        waiting = waiting.select_for_update(skip_locked=True)
    events = list(waiting[:BATCH])
    of_message: defaultdict[uuid.UUID, list[Said]] = defaultdict(list)
    for event in events:
        assert event.message_id is not None  # what is about nothing here is stored as applied
        of_message[event.message_id].append(Said(event.provider_sid, event.status, event.error_code))
    messages = list(Message.objects.select_for_update().filter(pk__in=of_message).order_by("pk"))
    over = _sids_before(list(of_message))  # under their locks: no worker writes an attempt down meanwhile
    for message in messages:
        _apply_safely(message, of_message[message.pk], over[message.pk], now)
    ProviderEvent.objects.filter(pk__in=[event.pk for event in events]).update(applied_at=now)
    return len(events)


def _sids_before(messages: Sequence[uuid.UUID]) -> defaultdict[uuid.UUID, set[str]]:
    """Return the provider's ids of the attempts that are over, of messages that have no id at present.

    The latest attempt is over where the message waits for the next. Of a message that waits, or is sent once more,
    whatever was heard was about an earlier one: it would have that id still.
    """
    known: defaultdict[uuid.UUID, set[str]] = defaultdict(set)
    is_over = Q(message__state=_M.PENDING) | Q(number__lt=F("message__attempt"))
    attempts = MessageAttempt.objects.filter(is_over, message__in=messages).exclude(provider_sid="")
    is_later = Q(message__state__in=_AT_REST) | Q(message__resends__gt=0)
    heard = ProviderEvent.objects.filter(is_later, message__in=messages, applied_at__isnull=False)
    for rows in (attempts, heard):
        for message_id, sid in rows.values_list("message_id", "provider_sid"):
            known[message_id].add(sid)
    return known


def _apply_safely(message: Message, said: Sequence[Said], known: set[str], now: dt.datetime) -> None:
    try:
        with transaction.atomic():
            _apply(message, said, known, now)
    except OUT_OF_REACH:
        raise
    except Exception:  # one message's call-backs, whatever is wrong with them
        # It must not keep the others from being told for ever: it counts as applied, and its row stays.
        logger.exception("Could not apply the call-backs about message %s", message.pk)


def _apply(message: Message, said: Sequence[Said], known: set[str], now: dt.datetime) -> None:
    fresh = [each for each in said if _is_about_this_attempt(message, each, known)]
    if not fresh:
        return
    top = max(fresh, key=lambda each: each.rank)
    if message.provider_sid != top.sid and Message.objects.filter(provider_sid=top.sid).exists():
        logger.error("A call-back for message %s names the id of another one", message.pk)
        return
    forward(message, top, now=now)


def _is_about_this_attempt(message: Message, said: Said, known: set[str]) -> bool:
    if message.provider_sid:
        return said.sid == message.provider_sid
    # Of an attempt that is over, one thing counts still: the handset got that one after all.
    return said.sid not in known or said.rank == twilio.RANK["delivered"]


def forward(message: Message, said: Said, *, now: dt.datetime) -> None:
    """Move a locked message on to what the provider says of it, never back. Inside a transaction."""
    state = MessageState(message.state)
    if state in _BEFORE:
        # A worker that is just sending keeps its lease: it has an attempt to write down.
        held: dict[str, Any] = {} if state is _M.SENDING else dict(FREE)
        held |= {"provider_sid": said.sid, "provider_status": said.status}
        move(message, _M.ACCEPTED, reason="", settled_at=now, **held)
    if message.state not in twilio.STATES or twilio.STATES.index(MessageState(message.state)) >= said.rank:
        return
    to = twilio.STATES[said.rank]
    reason = twilio.words(said.code) if to in _REFUSED else ""
    move(message, to, provider_status=said.status, error_code=said.code, reason=reason)
    if to in _REFUSED:
        _refused(message, twilio.meaning(said.code), now)


def _refused(message: Message, meaning: Meaning, now: dt.datetime) -> None:
    if meaning is Meaning.OPTED_OUT and message.address_hash:
        suppress(hashed=message.address_hash, channel=message.channel, cause="opted out at the provider", now=now)
    again = now + HANDSET_WAIT
    if meaning is Meaning.HANDSET_OFF and message.resends == 0 and again < message.send_by:
        move(message, _M.PENDING, due_at=again, resends=F("resends") + 1, provider_sid=None, handed_at=None)
