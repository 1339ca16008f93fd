"""Claim, re-check, commit, hand over, record: each its own short transaction, the network in none of them."""

import datetime as dt
import logging
import time
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, F
from django.db.models.expressions import Combinable

from notifications.actions import arming, claiming, clocks, recording
from notifications.actions.batch import Batch
from notifications.actions.last_look import Ready, Settled, look
from notifications.actions.recording import OUT_OF_REACH
from notifications.actions.transitions import FREE, address_hash, db_clock, lease, move, move_as_read
from notifications.channels import registry
from notifications.channels.base import AnswerLost, Busy, Channel, ChannelError, OptedOut, Outgoing
from notifications.domain.cadence import DESPITE_STOP
from notifications.domain.states import MessageState
from notifications.models import Message, Suppression

logger = logging.getLogger(__name__)

STOP_AFTER = 15.0  # seconds for each channel: none begins a message after that, so that the task ends in its time
MOST_LOST = 2  # answers in a row, each as long as a provider may take: then the channel rests
REST = 5  # as after so many tries that were too many: about half a minute
DISARMED = "The sender is not armed: nothing is sent until arm_sender is run"

_M = MessageState


@dataclass(frozen=True, slots=True)
class Leaving:
    """A message of which it is committed that it leaves: the row as it stands, and what goes to the provider."""

    message: Message
    outgoing: Outgoing


def drain_messages(*, now: dt.datetime) -> int:
    """Hand over every message that is due, and return how many left; one that can't be handled stops no other.

    A channel that is slow takes no other channel's time.
    """
    called = time.monotonic()
    return sum(_Drain(way, now, called).run() for way in registry.CHANNELS)


class _Drain:
    """One worker's turn at one channel."""

    def __init__(self, way: str, now: dt.datetime, called: float) -> None:
        self.way, self.now, self.called, self.began = way, now, called, time.monotonic()
        self.channel = registry.channel_for(way)
        self.sent = 0
        self.lost = 0  # answers in a row
        self.is_paused = False
        self.clocks_agree: bool | None = None

    def run(self) -> int:
        try:
            while self._has_time() and self._may_send() and (claim := self._claim()):
                claimed = _Claimed(claim, time.monotonic())
                for message_id in claim.ids:
                    self._handle_safely(message_id, claimed)
        finally:
            self.channel.close()
        return self.sent

    def _has_time(self) -> bool:
        return not self.is_paused and time.monotonic() - self.began < STOP_AFTER

    def _by_now(self) -> dt.datetime:
        """Return what time it is since `now`: what is put off, is put off from this moment."""
        return self.now + dt.timedelta(seconds=time.monotonic() - self.called)

    def _may_send(self) -> bool:
        if not self.channel.reaches_people:
            return True
        if not arming.is_armed():
            logger.warning(DISARMED)
            return False
        if self.clocks_agree is None:  # once a turn
            self.clocks_agree = clocks.agree()
        return self.clocks_agree

    def _claim(self) -> claiming.Claim | None:
        """Claim some; where only the pace is in the way, wait for it as long as there is time."""
        while self._has_time():
            claim = claiming.claim(channel=self.way, now=self.now, is_paced=self.channel.reaches_people)
            if not isinstance(claim, claiming.Wait):
                return claim
            time.sleep(claim.seconds)
        return None

    def _handle_safely(self, message_id: uuid.UUID, claimed: "_Claimed") -> None:
        try:
            self._handle(message_id, claimed)
        except OUT_OF_REACH:  # what is held falls due again, what was sending becomes unknown
            raise
        except Exception:  # one row, whatever is wrong with it
            # A poisoned row must not stop the others; its lease sends it back, its attempts end it.
            logger.exception("Could not handle message %s", message_id)
            # What had begun to leave stays as it is: at the end of its lease the provider is asked.
            recording.put_back_unread(
                message_id, claimed.token, now=self._by_now(), reason="This message can't be written. See the log."
            )

    def _handle(self, message_id: uuid.UUID, claimed: "_Claimed") -> None:
        if not self._has_time() or claimed.is_wearing_out():
            recording.give_back(message_id, claimed.token)  # no time is left to send it, or to send it under its lease
            return
        looked_at = time.monotonic()
        leaving = _prepare(message_id, claimed, self.channel, self.now)
        if leaving is None:
            return
        # Frozen in between: another worker may hold it by now.
        if time.monotonic() - looked_at > lease().total_seconds() / 2:
            recording.put_back(leaving.message, now=self._by_now(), reason="The worker was too slow.")
            return
        self._hand_over(leaving)

    def _hand_over(self, leaving: Leaving) -> None:
        """Call the provider, outside any transaction, and record what came of it."""
        message, record = leaving.message, partial(recording.record, leaving.message, now=self.now)
        lost, self.lost = self.lost, 0
        try:
            receipt = self.channel.send(leaving.outgoing)
        except Busy as error:
            self._rest(recording.postpone(message, now=self._by_now(), error=error))
        except OptedOut as error:
            record(_M.SUPPRESSED, reason=str(error), error=error, hashed=address_hash(leaving.outgoing.address))
        except ChannelError as error:
            if error.permanent:
                record(_M.DEAD, reason=str(error), error=error)
            else:
                recording.put_back(message, now=self._by_now(), reason=str(error), error=error)
        except AnswerLost as error:
            self.lost = lost + 1
            record(_M.UNKNOWN, reason=f"{error} It may have arrived: the provider is asked first.", error=error)
            if self.lost == MOST_LOST:
                self._rest(REST)
        else:
            record(_M.ACCEPTED, receipt=receipt)
            self.sent += 1

    def _rest(self, tries: int) -> None:
        self.is_paused = True
        claiming.pause(channel=self.way, now=self._by_now(), tries=tries)


class _Claimed:
    """The messages of one claim, and what was read of those that still wait for their turn."""

    def __init__(self, claim: claiming.Claim, leased_at: float) -> None:
        self.token, self._ids, self._leased_at = claim.token, claim.ids, leased_at
        self._batch = Batch([])

    def is_wearing_out(self) -> bool:
        """Tell whether half of the lease is used up."""
        return time.monotonic() - self._leased_at > lease().total_seconds() / 2

    def forget(self) -> None:
        """Read anew what the next message needs."""
        self._batch = Batch([])

    def batch_with(self, message_id: uuid.UUID) -> Batch:
        """Return what was read of a message less than a second ago, or read it and those that wait behind it."""
        if message_id not in self._batch.messages or not self._batch.is_fresh:
            waiting = self._ids[self._ids.index(message_id) :]
            rows = Message.objects.filter(pk__in=waiting, lease_token=self.token, state=_M.CLAIMED)
            self._batch = Batch(rows.select_related("site"))
        return self._batch


def _prepare(message_id: uuid.UUID, claimed: _Claimed, channel: Channel, now: dt.datetime) -> Leaving | None:
    """Commit that a message is about to be sent, or settle it."""
    batch = claimed.batch_with(message_id)
    message = batch.messages.get(message_id)
    if message and (leaving := _begin_as_read(message, batch, channel, now)):
        return leaving
    claimed.forget()  # what it made on the way, a patient's link, was taken back
    return _look_again(message_id, claimed.token, channel, now)


@transaction.atomic(durable=True)
def _begin_as_read(message: Message, batch: Batch, channel: Channel, now: dt.datetime) -> Leaving | None:
    """Begin with what was read of all the claim, if that still holds; whatever else is decided on a look of its own."""
    verdict = look(message, is_real=channel.reaches_people, now=now, batch=batch)
    if (
        not isinstance(verdict, Ready)
        or not batch.is_as_read(message)
        or not move_as_read(message, _M.SENDING, *_still_wanted(message, verdict), **_facts(verdict, channel, now))
    ):
        transaction.set_rollback(True)
        return None
    recording.started(message, now=now)
    return Leaving(message, verdict.outgoing)


def _still_wanted(message: Message, ready: Ready) -> list[Combinable]:
    """Return the condition that nobody said STOP since the messages were read."""
    stopped = Suppression.objects.filter(channel=message.channel, address_hash=ready.said["address_hash"])
    return [] if message.kind in DESPITE_STOP else [~Exists(stopped)]


@transaction.atomic(durable=True)
def _look_again(message_id: uuid.UUID, token: uuid.UUID, channel: Channel, now: dt.datetime) -> Leaving | None:
    """Look at a message alone, locked, then either settle it or commit that it is about to be sent."""
    message = recording.held(message_id, token, _M.CLAIMED)
    if message is None:
        return None
    verdict = look(message, is_real=channel.reaches_people, now=now, batch=Batch([message]))
    if isinstance(verdict, Settled):
        _settle(message, verdict, now)
        return None
    move(message, _M.SENDING, **_facts(verdict, channel, now))
    recording.started(message, now=now)
    return Leaving(message, verdict.outgoing)


def _facts(ready: Ready, channel: Channel, now: dt.datetime) -> dict[str, Any]:
    sending = {"lease_until": db_clock(lease()), "handed_at": now, "provider": channel.provider, "reason": ""}
    return sending | ready.said


def _settle(message: Message, verdict: Settled, now: dt.datetime) -> None:
    if verdict.due_at:
        move(message, _M.PENDING, due_at=verdict.due_at, reason=verdict.reason, attempt=F("attempt") - 1, **FREE)
        return
    facts = verdict.said | ({"handed_at": now} if verdict.state is _M.SHOWN else {})
    move(message, verdict.state, reason=verdict.reason, settled_at=now, **facts, **FREE)
