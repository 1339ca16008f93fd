"""Claim, re-check, commit, hand over, record: each its own short transaction, the network in none of them."""

import datetime as dt
import hashlib
import logging
import time
import uuid
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from notifications.actions.withdrawing import QUIET
from notifications.channels import registry
from notifications.channels.base import AnswerLost, Channel, ChannelError, OptedOut, Outgoing
from notifications.domain import texts, window
from notifications.domain.states import MOVES, MessageState
from notifications.models import Message, MessageAttempt, Suppression
from notifications.rendering import Changed, render
from patients.domain.contact import Channel as Way
from patients.reach import Reach, reach_of
from scheduling.domain import local_time
from scheduling.queries import messaging

logger = logging.getLogger(__name__)

BATCH = 5  # a big batch would outlive its lease
LEASE = dt.timedelta(seconds=120)
MOST_ATTEMPTS = 5
BACK_OFF = dt.timedelta(minutes=2)
STOP_AFTER = 30.0  # seconds: a drain takes no new row after that
DAILY_CAP = 2

_M = MessageState
_COUNTED = [_M.ACCEPTED, _M.SENDING, _M.UNKNOWN, _M.SHOWN]


@dataclass(frozen=True, slots=True)
class Settled:
    """What the last look decided instead of sending. `due_at` is set when the message waits."""

    state: MessageState
    reason: str
    text: str = ""
    due_at: dt.datetime | None = None


def drain_messages(*, now: dt.datetime) -> int:
    """Hand over every message that is due, and return how many left; one that can't be handled stops no other."""
    began = time.monotonic()
    sent = 0
    channels: dict[str, Channel | None] = {}
    try:
        while time.monotonic() - began < STOP_AFTER and (claimed := _claim(now)):
            token, ids = claimed
            for message_id in ids:
                sent += _handle_safely(message_id, token, channels, now)
    finally:
        for channel in channels.values():
            if channel:
                channel.close()
    return sent


def _handle_safely(
    message_id: uuid.UUID, token: uuid.UUID, channels: dict[str, Channel | None], now: dt.datetime
) -> bool:
    try:
        return _handle(message_id, token, channels, now)
    except Exception:
        # A poisoned row must not stop the others; its lease sends it back, its attempts end it.
        logger.exception("Could not handle message %s", message_id)
        _put_back(message_id, token, now=now, reason="This message can't be written. See the log.")
        return False


def _handle(message_id: uuid.UUID, token: uuid.UUID, channels: dict[str, Channel | None], now: dt.datetime) -> bool:
    way = Message.objects.filter(pk=message_id).values_list("channel", flat=True).get()
    if way not in channels:
        channels[way] = registry.channel_for(way)
    leased_at = time.monotonic()
    outgoing = _prepare(message_id, token, channels[way], now)
    channel = channels[way]
    if outgoing is None or channel is None:
        return False
    if time.monotonic() - leased_at > LEASE.total_seconds() / 2:
        _put_back(message_id, token, now=now, reason="The worker was too slow.")  # frozen past half its lease
        return False
    return _deliver(message_id, token, channel, outgoing, way, now)


def _deliver(
    message_id: uuid.UUID, token: uuid.UUID, channel: Channel, outgoing: Outgoing, way: str, now: dt.datetime
) -> bool:
    """Call the provider, outside any transaction, and record what came of it."""
    try:
        sid = channel.send(outgoing)
    except OptedOut as error:
        _suppress(outgoing.address, way, now=now)
        _record(message_id, token, _M.SUPPRESSED, now=now, reason=str(error), code=error.code)
    except ChannelError as error:
        if error.permanent:
            _record(message_id, token, _M.DEAD, now=now, reason=str(error), code=error.code)
        else:
            _put_back(message_id, token, now=now, reason=str(error), code=error.code)
    except AnswerLost as error:
        _record(
            message_id,
            token,
            _M.UNKNOWN,
            now=now,
            reason=f"{error} It may have arrived: it is not sent again.",
        )
    else:
        _record(message_id, token, _M.ACCEPTED, now=now, sid=sid)
        return True
    return False


@transaction.atomic(durable=True)
def _claim(now: dt.datetime) -> tuple[uuid.UUID, list[uuid.UUID]] | None:
    due = Message.objects.filter(state=_M.PENDING, due_at__lte=now).order_by("due_at", "pk")
    if connection.vendor == "postgresql":
        due = due.select_for_update(skip_locked=True)
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    if not ids:
        return None
    token = uuid.uuid4()
    # Leases go by the database's clock: workers' clocks differ. The attempt counts before the work, so poison ends.
    Message.objects.filter(pk__in=ids).update(
        state=_M.CLAIMED, lease_token=token, lease_until=_lease_end(), attempt=F("attempt") + 1
    )
    return token, ids


def _lease_end() -> Combinable:
    return ExpressionWrapper(Now() + LEASE, output_field=DateTimeField())


@transaction.atomic(durable=True)
def _prepare(message_id: uuid.UUID, token: uuid.UUID, channel: Channel | None, now: dt.datetime) -> Outgoing | None:
    """Look once more, then either settle the message or commit that it is about to be sent."""
    message = (
        Message.objects.select_for_update(of=("self",))
        .select_related("site")
        .filter(pk=message_id, lease_token=token, state=_M.CLAIMED)
        .first()
    )
    if message is None:
        return None
    verdict = _last_look(message, channel, now)
    if isinstance(verdict, Settled):
        _settle(message, verdict, now)
        return None
    _move(message, _M.SENDING, lease_until=_lease_end(), text=verdict.body)
    MessageAttempt.objects.create(message=message, number=message.attempt, step="started", at=now)
    return verdict


def _last_look(message: Message, channel: Channel | None, now: dt.datetime) -> Settled | Outgoing:
    if now >= message.send_by:
        return Settled(_M.SKIPPED_STALE, "Too late to be of use.")
    if messaging.has_ended_quietly(course_id=message.course_id):
        return Settled(_M.SKIPPED_CHANGED, QUIET)
    reach = reach_of([message.patient_id]).get((message.patient_id, Way(message.channel)))
    if reach is None or reach.contact_point_id != message.contact_point_id:
        return Settled(_M.UNREACHABLE, "The consent or the address was taken away.")
    if Suppression.objects.filter(channel=message.channel, address_hash=_hash(reach.address)).exists():
        return Settled(_M.SUPPRESSED, "This address asked for no more messages.")
    try:
        subject, body = render(message, language=reach.language, now=now)
    except Changed as change:
        return Settled(_M.SKIPPED_CHANGED, str(change))
    refusal = _must_wait(message, reach, now) or _may_not_leave(message, channel, reach, body)
    if refusal:
        return refusal
    valid = int((message.send_by - now).total_seconds())
    return Outgoing(str(message.pk), reach.address, subject, body, valid_seconds=valid)


def _may_not_leave(message: Message, channel: Channel | None, reach: Reach, body: str) -> Settled | None:
    if channel is None:
        return Settled(_M.SHOWN, "Sending is off.", text=body)
    if not registry.may_reach(reach.address):
        return Settled(_M.SUPPRESSED, "Not on the list this installation may send to.", text=body)
    if faults := texts.faults(body, is_sms=message.channel == Way.SMS):
        return Settled(_M.DEAD, f"The text {'; '.join(faults)}."[:160], text=body)
    return None


def _must_wait(message: Message, reach: Reach, now: dt.datetime) -> Settled | None:
    """Return where the message goes when this is no time to write, or today's share is used up."""
    zone = reach.zone or message.site.zone
    today, minute = local_time.wall(now, zone)
    if not window.is_open(minute):
        day = today if minute < window.OPENS else today + dt.timedelta(days=1)
        return _later(message, local_time.to_utc(day, window.OPENS, zone), "Outside 9am to 8pm.")
    since = local_time.day_bounds(today, zone)[0]
    said = Message.objects.filter(
        Q(settled_at__gte=since) | Q(state=_M.SENDING),
        contact_point__value=reach.address,
        channel=message.channel,
        state__in=_COUNTED,
    )
    if message.channel == Way.SMS and said.count() >= DAILY_CAP:
        tomorrow = local_time.to_utc(today + dt.timedelta(days=1), window.OPENS, zone)
        return _later(message, tomorrow, "Two texts went to this number that day.")
    return None


def _later(message: Message, at: dt.datetime, why: str) -> Settled:
    if at >= message.send_by:
        return Settled(_M.SKIPPED_STALE, f"{why} Later would be too late.")
    return Settled(_M.PENDING, why, due_at=at)


def _settle(message: Message, verdict: Settled, now: dt.datetime) -> None:
    if verdict.due_at:
        _move(
            message,
            _M.PENDING,
            due_at=verdict.due_at,
            reason=verdict.reason,
            attempt=F("attempt") - 1,
            lease_token=None,
        )
    else:
        _move(message, verdict.state, reason=verdict.reason, text=verdict.text, settled_at=now, lease_token=None)


@transaction.atomic(durable=True)
def _record(
    message_id: uuid.UUID,
    token: uuid.UUID,
    state: MessageState,
    *,
    now: dt.datetime,
    reason: str = "",
    code: str = "",
    sid: str = "",
) -> None:
    message = Message.objects.select_for_update().get(pk=message_id)
    MessageAttempt.objects.create(
        message=message,
        number=message.attempt,
        step="ended",
        at=now,
        outcome=state,
        code=code,
        provider_sid=sid,
    )
    if message.lease_token != token:
        logger.error("Message %s was settled after its lease had gone to another worker", message_id)
        return
    _move(message, state, reason=reason[:160], provider_sid=sid or None, settled_at=now, lease_token=None)


@transaction.atomic(durable=True)
def _put_back(message_id: uuid.UUID, token: uuid.UUID, *, now: dt.datetime, reason: str, code: str = "") -> None:
    """Try again later, or give the message up after five attempts."""
    message = Message.objects.select_for_update().filter(pk=message_id, lease_token=token).first()
    if message is None:
        return
    if message.state == _M.SENDING:
        MessageAttempt.objects.create(
            message=message, number=message.attempt, step="ended", at=now, outcome="not_sent", code=code
        )
    if message.attempt >= MOST_ATTEMPTS:
        _move(message, _M.DEAD, reason=reason, settled_at=now, lease_token=None)
    else:
        _move(
            message,
            _M.PENDING,
            reason=reason,
            due_at=now + BACK_OFF * 2 ** (message.attempt - 1),
            lease_token=None,
        )


@transaction.atomic(durable=True)
def recover_messages(*, now: dt.datetime) -> int:
    """Take back what a dead worker held: claimed goes again, sending becomes unknown. Return how many."""
    lost = Message.objects.filter(lease_until__lt=Now())
    again = lost.filter(state=_M.CLAIMED).update(state=_M.PENDING, lease_token=None)
    unknown = lost.filter(state=_M.SENDING).update(
        state=_M.UNKNOWN,
        reason="The worker stopped while sending. It may have arrived: it is not sent again.",
        settled_at=now,
        lease_token=None,
    )
    return again + unknown


@transaction.atomic(durable=True)
def _suppress(address: str, way: str, *, now: dt.datetime) -> None:
    Suppression.objects.get_or_create(
        channel=way,
        address_hash=_hash(address),
        defaults={"cause": "opted out at the provider", "since": now},
    )


def _hash(address: str) -> str:
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def _move(message: Message, to: MessageState, **facts: object) -> None:
    """Change a message's state: the only place it is written for a single message."""
    if to not in MOVES[_M(message.state)]:
        raise ValueError(f"A message can't go from {message.state} to {to}.")
    Message.objects.filter(pk=message.pk).update(state=to, **facts)
