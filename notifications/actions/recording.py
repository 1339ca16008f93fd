"""What is written down about an attempt, each in a short transaction: that it begins, and what came of it."""

import datetime as dt
import logging
import os
import socket
import uuid
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from notifications.actions import claiming
from notifications.actions.claiming import MOST_ATTEMPTS
from notifications.actions.transitions import FREE, db_clock, move, move_as_read, quarantine, suppress
from notifications.channels.base import AnswerLost, Busy, ChannelError, Receipt
from notifications.domain.states import MessageState
from notifications.models import Message, MessageAttempt

logger = logging.getLogger(__name__)

BACK_OFF = dt.timedelta(minutes=2)
NOT_SENT = "not_sent"
LEASE_LOST = "lease_lost"  # the code of an attempt whose lease had gone to another worker when it ended
# The database or this task's time is gone: the next row would fare no better.
OUT_OF_REACH = (OperationalError, InterfaceError, SoftTimeLimitExceeded)
_M = MessageState


def held(message_id: uuid.UUID, token: uuid.UUID, state: MessageState) -> Message | None:
    """Return a message, locked, if it is held under a token in a state. Inside a transaction."""
    rows = Message.objects.select_for_update(of=("self",)).select_related("site")
    return rows.filter(pk=message_id, lease_token=token, state=state).first()


def started(message: Message, *, now: dt.datetime) -> None:
    """Write down that an attempt begins, in the transaction that says SENDING."""
    MessageAttempt.objects.create(message=message, number=message.attempt, step="started", at=now, worker=_worker())


@transaction.atomic(durable=True)
def record(
    message: Message,
    state: MessageState,
    *,
    now: dt.datetime,
    reason: str = "",
    receipt: Receipt | None = None,
    error: ChannelError | AnswerLost | None = None,
    hashed: str = "",
) -> None:
    """Write down what came of an attempt; without the lease only the attempt itself.

    `message` is the row as it was when it began to leave. `hashed`: the address, if its owner wants no more.
    """
    if hashed:
        suppress(hashed=hashed, channel=message.channel, cause="opted out at the provider", now=now)
    facts: dict[str, Any] = {"reason": reason[:160], "error_code": getattr(error, "code", "")}
    if receipt:
        facts |= {"provider_sid": receipt.sid, "provider_status": receipt.status}
    if state is _M.UNKNOWN:
        facts |= {"unknown_since": db_clock(), "quarantine_until": db_clock(quarantine())}
    _end(message, state, now, {"settled_at": now, **facts}, outcome=state, receipt=receipt, error=error)


def _end(message: Message, to: MessageState, now: dt.datetime, facts: dict[str, Any], **came_of_it: Any) -> None:
    """Move a message on and write down the attempt. What a call-back settled first only lets go: it knows more."""
    token, number = message.lease_token, message.attempt
    is_mine = (
        move_as_read(message, to, **facts, **FREE)
        or Message.objects.filter(pk=message.pk, lease_token=token).update(**FREE) > 0
    )
    _ended(message, number, now, **came_of_it, has_lost=not is_mine)
    if not is_mine:
        logger.error("Message %s was settled after its lease had gone to another worker", message.pk)


@transaction.atomic(durable=True)
def put_back(message: Message, *, now: dt.datetime, reason: str, error: ChannelError | None = None) -> None:
    """Try again later what began to leave and certainly did not, or give it up after five attempts."""
    to, facts = _again(message, now, reason, error)
    _end(message, to, now, facts, outcome=NOT_SENT, error=error)


@transaction.atomic(durable=True)
def put_back_unread(message_id: uuid.UUID, token: uuid.UUID, *, now: dt.datetime, reason: str) -> None:
    """Do the same with a claimed message that can't even be looked at."""
    message = held(message_id, token, _M.CLAIMED)
    if message is not None:
        to, facts = _again(message, now, reason, None)
        move(message, to, **facts, **FREE)


def _again(
    message: Message, now: dt.datetime, reason: str, error: ChannelError | None
) -> tuple[MessageState, dict[str, Any]]:
    facts = {"reason": reason, "error_code": error.code if error else "", "handed_at": None}
    if message.attempt >= MOST_ATTEMPTS:
        return _M.DEAD, facts | {"settled_at": now}
    return _M.PENDING, facts | {"due_at": now + BACK_OFF * 2 ** (message.attempt - 1)}


@transaction.atomic(durable=True)
def postpone(message: Message, *, now: dt.datetime, error: Busy) -> int:
    """Send it later without counting the attempt; return how often that happened to it."""
    tries = 1 + MessageAttempt.objects.filter(message=message, step="ended", outcome=NOT_SENT).count()
    due_at = now + dt.timedelta(seconds=claiming.back_off(tries))
    facts = {"reason": str(error), "due_at": due_at, "attempt": F("attempt") - 1, "handed_at": None}
    _end(message, _M.PENDING, now, facts, outcome=NOT_SENT, error=error)
    return tries


@transaction.atomic(durable=True)
def give_back(message_id: uuid.UUID, token: uuid.UUID) -> None:
    """Leave a claimed message to the next worker; the attempt does not count."""
    message = held(message_id, token, _M.CLAIMED)
    if message is not None:
        move(message, _M.PENDING, attempt=F("attempt") - 1, **FREE)


def _ended(
    message: Message,
    number: int,
    now: dt.datetime,
    *,
    outcome: str,
    receipt: Receipt | None = None,
    error: ChannelError | AnswerLost | None = None,
    has_lost: bool = False,
) -> None:
    MessageAttempt.objects.create(
        message=message,
        number=number,
        step="ended",
        at=now,
        worker=_worker(),
        outcome=outcome,
        http_status=getattr(receipt or error, "http_status", None),
        code=LEASE_LOST if has_lost else getattr(error, "code", ""),
        provider_sid=receipt.sid if receipt else "",
    )


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:80]
