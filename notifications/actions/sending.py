"""Claim, re-check, commit, hand over, record: each its own short transaction, the network in none of them."""

import datetime as dt
import logging
import os
import socket
import time
import uuid
from functools import partial
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import F

from notifications.actions import arming, claiming
from notifications.actions.claiming import MOST_ATTEMPTS
from notifications.actions.last_look import Ready, Settled, look
from notifications.actions.transitions import address_hash, db_clock, lease, move, quarantine, suppress
from notifications.channels import registry
from notifications.channels.base import AnswerLost, Busy, Channel, ChannelError, OptedOut, Outgoing, Receipt
from notifications.domain.states import MessageState
from notifications.models import Message, MessageAttempt

logger = logging.getLogger(__name__)

BACK_OFF = dt.timedelta(minutes=2)
STOP_AFTER = 30.0  # seconds: a drain takes no new row after that
DISARMED = "The sender is not armed: nothing is sent until arm_sender is run"

_M = MessageState


def drain_messages(*, now: dt.datetime) -> int:
    """Hand over every message that is due, and return how many left; one that can't be handled stops no other."""
    began = time.monotonic()
    return sum(_Drain(way, now, began).run() for way in registry.CHANNELS)


class _Drain:
    """One worker's turn at one channel."""

    def __init__(self, way: str, now: dt.datetime, began: float) -> None:
        self.way, self.now, self.began = way, now, began
        self.channel = registry.channel_for(way)
        self.sent = 0
        self.is_paused = False

    def run(self) -> int:
        try:
            while self._has_time() and self._may_send() and (claim := self._claim()):
                leased_at = time.monotonic()
                for message_id in claim.ids:
                    self._handle_safely(message_id, claim.token, leased_at)
        finally:
            self.channel.close()
        return self.sent

    def _has_time(self) -> bool:
        return not self.is_paused and time.monotonic() - self.began < STOP_AFTER

    def _may_send(self) -> bool:
        if not self.channel.reaches_people or arming.is_armed():
            return True
        logger.warning(DISARMED)
        return False

    def _claim(self) -> claiming.Claim | None:
        return claiming.claim(channel=self.way, now=self.now, is_paced=self.channel.reaches_people)

    def _handle_safely(self, message_id: uuid.UUID, token: uuid.UUID, leased_at: float) -> None:
        try:
            self._handle(message_id, token, leased_at)
        except OperationalError:
            raise  # the database is gone: what is held falls due again, what was sending becomes unknown
        except Exception:
            # A poisoned row must not stop the others; its lease sends it back, its attempts end it.
            logger.exception("Could not handle message %s", message_id)
            # What had begun to leave stays as it is: at the end of its lease the provider is asked.
            _put_back(message_id, token, _M.CLAIMED, now=self.now, reason="This message can't be written. See the log.")

    def _handle(self, message_id: uuid.UUID, token: uuid.UUID, leased_at: float) -> None:
        if self.is_paused or time.monotonic() - leased_at > lease().total_seconds() / 2:
            _give_back(message_id, token)  # there is no time left to send this one under its lease
            return
        looked_at = time.monotonic()
        outgoing = _prepare(message_id, token, self.channel, self.now)
        if outgoing is None:
            return
        # Frozen in between: another worker may hold it by now.
        if time.monotonic() - looked_at > lease().total_seconds() / 2:
            _put_back(
                message_id, token, _M.SENDING, now=self.now, reason="The worker was too slow."
            )  # frozen in between
            return
        self._record(message_id, token, outgoing)

    def _record(self, message_id: uuid.UUID, token: uuid.UUID, outgoing: Outgoing) -> None:
        """Call the provider, outside any transaction, and record what came of it."""
        record = partial(_record, message_id, token, now=self.now)
        try:
            receipt = self.channel.send(outgoing)
        except Busy as error:
            self.is_paused = True
            tries = _postpone(message_id, token, now=self.now, error=error)
            claiming.pause(channel=self.way, now=self.now, tries=tries)
        except OptedOut as error:
            record(_M.SUPPRESSED, reason=str(error), error=error, hashed=address_hash(outgoing.address))
        except ChannelError as error:
            if error.permanent:
                record(_M.DEAD, reason=str(error), error=error)
            else:
                _put_back(message_id, token, _M.SENDING, now=self.now, reason=str(error), error=error)
        except AnswerLost as error:
            record(_M.UNKNOWN, reason=f"{error} It may have arrived: the provider is asked first.", error=error)
        else:
            record(_M.ACCEPTED, receipt=receipt)
            self.sent += 1


@transaction.atomic(durable=True)
def _prepare(message_id: uuid.UUID, token: uuid.UUID, channel: Channel, now: dt.datetime) -> Outgoing | None:
    """Look once more, then either settle the message or commit that it is about to be sent."""
    message = _held(message_id, token, _M.CLAIMED)
    if message is None:
        return None
    verdict = look(message, is_real=channel.reaches_people, now=now)
    if isinstance(verdict, Settled):
        _settle(message, verdict, now)
        return None
    _begin(message, verdict, channel, now)
    return verdict.outgoing


def _held(message_id: uuid.UUID, token: uuid.UUID, state: MessageState) -> Message | None:
    held = Message.objects.select_for_update(of=("self",)).select_related("site")
    return held.filter(pk=message_id, lease_token=token, state=state).first()


def _begin(message: Message, ready: Ready, channel: Channel, now: dt.datetime) -> None:
    move(
        message,
        _M.SENDING,
        lease_until=db_clock(lease()),
        handed_at=now,
        provider=channel.provider,
        reason="",
        **ready.said,
    )
    MessageAttempt.objects.create(message=message, number=message.attempt, step="started", at=now, worker=_worker())


def _settle(message: Message, verdict: Settled, now: dt.datetime) -> None:
    if verdict.due_at:
        _release(message, due_at=verdict.due_at, reason=verdict.reason, attempt=F("attempt") - 1)
        return
    facts = verdict.said | ({"handed_at": now} if verdict.state is _M.SHOWN else {})
    _end(message, verdict.state, reason=verdict.reason, settled_at=now, **facts)


def _release(message: Message, **facts: Any) -> None:
    move(message, _M.PENDING, lease_token=None, lease_until=None, **facts)


def _end(message: Message, state: MessageState, **facts: Any) -> None:
    move(message, state, lease_token=None, lease_until=None, **facts)


@transaction.atomic(durable=True)
def _record(
    message_id: uuid.UUID,
    token: uuid.UUID,
    state: MessageState,
    *,
    now: dt.datetime,
    reason: str = "",
    receipt: Receipt | None = None,
    error: ChannelError | AnswerLost | None = None,
    hashed: str = "",
) -> None:
    """Write down what came of an attempt; without the lease only the attempt itself."""
    message = Message.objects.select_for_update().get(pk=message_id)
    _ended(message, now, outcome=state, receipt=receipt, error=error)
    if hashed:
        suppress(hashed=hashed, channel=message.channel, cause="opted out at the provider", now=now)
    if message.lease_token != token:
        logger.error("Message %s was settled after its lease had gone to another worker", message_id)
        return
    if message.state != _M.SENDING:
        # A call-back was faster than the provider's own answer, and knows more.
        Message.objects.filter(pk=message_id).update(lease_token=None, lease_until=None)
        return
    facts: dict[str, Any] = {"reason": reason[:160], "error_code": getattr(error, "code", "")}
    if receipt:
        facts |= {"provider_sid": receipt.sid, "provider_status": receipt.status}
    if state is _M.UNKNOWN:
        facts |= {"unknown_since": db_clock(), "quarantine_until": db_clock(quarantine())}
    _end(message, state, settled_at=now, **facts)


@transaction.atomic(durable=True)
def _put_back(
    message_id: uuid.UUID,
    token: uuid.UUID,
    state: MessageState,
    *,
    now: dt.datetime,
    reason: str,
    error: ChannelError | None = None,
) -> None:
    """Try again later, or give the message up after five attempts."""
    message = _held(message_id, token, state)
    if message is None:
        return
    if state is _M.SENDING:
        _ended(message, now, outcome="not_sent", error=error)
    code = error.code if error else ""
    if message.attempt >= MOST_ATTEMPTS:
        _end(message, _M.DEAD, reason=reason, error_code=code, settled_at=now, handed_at=None)
    else:
        wait = BACK_OFF * 2 ** (message.attempt - 1)
        _release(message, reason=reason, error_code=code, due_at=now + wait, handed_at=None)


@transaction.atomic(durable=True)
def _postpone(message_id: uuid.UUID, token: uuid.UUID, *, now: dt.datetime, error: Busy) -> int:
    """Send it later without counting the attempt; return how often that happened to it."""
    message = _held(message_id, token, _M.SENDING)
    if message is None:
        return 0
    _ended(message, now, outcome="not_sent", error=error)
    tries = MessageAttempt.objects.filter(message=message, step="ended", outcome="not_sent").count()
    wait = dt.timedelta(seconds=claiming.back_off(tries))
    _release(message, reason=str(error), due_at=now + wait, attempt=F("attempt") - 1, handed_at=None)
    return tries


@transaction.atomic(durable=True)
def _give_back(message_id: uuid.UUID, token: uuid.UUID) -> None:
    message = _held(message_id, token, _M.CLAIMED)
    if message is not None:
        _release(message, attempt=F("attempt") - 1)


def _ended(
    message: Message,
    now: dt.datetime,
    *,
    outcome: str,
    receipt: Receipt | None = None,
    error: ChannelError | AnswerLost | None = None,
) -> None:
    MessageAttempt.objects.create(
        message=message,
        number=message.attempt,
        step="ended",
        at=now,
        worker=_worker(),
        outcome=outcome,
        http_status=getattr(receipt or error, "http_status", None),
        code=getattr(error, "code", ""),
        provider_sid=receipt.sid if receipt else "",
    )


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:80]
