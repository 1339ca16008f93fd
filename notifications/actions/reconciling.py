"""What dead workers held, and what nobody knows: taken back, asked about, decided (reliability 2.3, step 8)."""

import datetime as dt
import hashlib
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from notifications.actions.batch import Batch
from notifications.actions.claiming import MOST_ATTEMPTS
from notifications.actions.events import Said, forward
from notifications.actions.last_look import recipient
from notifications.actions.recording import OUT_OF_REACH
from notifications.actions.transitions import FREE, address_hash, db_clock, lease, move, move_all, quarantine
from notifications.channels import registry
from notifications.channels.base import CannotLookUp, Channel, Receipt, Sought
from notifications.domain.states import Kind, MessageState
from notifications.domain.unresolved import POLICIES, LookUp, Policy, resolve
from notifications.models import Message, MessageAttempt, ProviderEvent
from notifications.rendering import Changed, render
from scheduling.queries import messaging

logger = logging.getLogger(__name__)

BATCH = 5  # as many look-ups as fit into one lease
STOP_AFTER = 30.0  # seconds: nothing is asked about after that, so that the last look-up ends before the task must
PATIENCE = 1.5  # quarantines after which a provider that does not answer is not asked again
LOOK_BACK = dt.timedelta(days=8)  # how old a copy may be for the texts it does not know to be found
_M = MessageState
STOPPED = "The worker stopped while sending. It may have arrived: the provider is asked first."
ABANDONED = "Nobody can say whether it arrived. Call the patient."


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message to ask about, held under a token."""

    message: Message
    clock: dt.datetime  # the database's
    is_last_try: bool


def reconcile_messages(*, now: dt.datetime) -> int:
    """Take back what dead workers held and settle what stayed unknown through its quarantine; return how many.

    What there was no time to ask about is left to a later look, when its lease is over.
    """
    began = time.monotonic()
    settled = _take_back(now)
    channels: dict[str, Channel] = {}
    try:
        channels = {way: channel for way in registry.CHANNELS if (channel := registry.channel_for(way)).reaches_people}
        while _has_time(began) and (held := _hold_doubtful(list(channels))):
            token, doubts = held
            settled += sum(
                _has_time(began) and _settle_safely(doubt, token, channels[doubt.message.channel], now)
                for doubt in doubts
            )
    finally:
        for channel in channels.values():
            channel.close()
    return settled


def _has_time(began: float) -> bool:
    return time.monotonic() - began < STOP_AFTER


@transaction.atomic(durable=True)
def _take_back(now: dt.datetime) -> int:
    """Claimed goes again, or ends after five attempts; sending becomes unknown."""
    lost = Message.objects.filter(lease_until__lt=Now())
    worn_out = lost.filter(attempt__gte=MOST_ATTEMPTS)
    return (
        move_all(worn_out, before=_M.CLAIMED, to=_M.DEAD, reason="Five workers stopped at it.", settled_at=now, **FREE)
        + move_all(lost, before=_M.CLAIMED, to=_M.PENDING, **FREE)
        + move_all(
            lost,
            before=_M.SENDING,
            to=_M.UNKNOWN,
            reason=STOPPED,
            settled_at=now,
            unknown_since=F("lease_until"),
            quarantine_until=db_clock(quarantine()),
            **FREE,
        )
    )


@transaction.atomic(durable=True)
def _hold_doubtful(ways: Sequence[str]) -> tuple[uuid.UUID, list[Doubt]] | None:
    """Take the unknown messages whose quarantine is over: nobody else asks about them as long as the lease lasts."""
    rows = (
        Message.objects.filter(Q(lease_until=None) | Q(lease_until__lt=Now()), state=_M.UNKNOWN, channel__in=ways)
        .filter(quarantine_until__lt=Now())
        .select_related("site", "session", "contact_point", "related_person")
        .order_by("quarantine_until")
        .annotate(clock=db_clock())
    )
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    found = list(rows[:BATCH])
    if not found:
        return None
    token = uuid.uuid4()
    Message.objects.filter(pk__in=[row.pk for row in found]).update(lease_token=token, lease_until=db_clock(lease()))
    return token, [_doubt(row) for row in found]


def _doubt(row: Message) -> Doubt:
    clock: dt.datetime = row.clock  # type: ignore[attr-defined]
    return Doubt(row, clock, clock - (row.unknown_since or clock) > quarantine() * PATIENCE)


def _sought(doubt: Doubt, now: dt.datetime) -> Sought | None:
    """Return what to ask about; None: its address is not known any more.

    What nobody here tried left, if it did, at some time since the copy was made, and in the words it would have now.
    """
    row = doubt.message
    address = _address(row)
    if not address:
        return None
    is_supposed = row.attempt == 0
    return Sought(
        message_id=str(row.pk),
        address=address,
        body_hash=_words_hash(row, now) if is_supposed else row.body_hash,
        since=(row.unknown_since or doubt.clock) - (LOOK_BACK if is_supposed else lease()),
        until=doubt.clock,
        taken=_taken(row),
        is_supposed=is_supposed,
    )


def _words_hash(row: Message, now: dt.datetime) -> str:
    """Return the hash of what a message says; empty if it has nothing to say or to nobody any more."""
    batch = Batch([row])
    reach = recipient(row, batch)
    if reach is None:
        return ""
    try:
        with transaction.atomic(durable=True):
            words = render(row, language=reach.language, now=min(row.due_at, now), sources=batch.sources)
            transaction.set_rollback(True)  # what it made on the way, a patient's link, was not given to anybody
    except Changed:
        return ""
    return hashlib.sha256(words.body.encode()).hexdigest()


def _address(row: Message) -> str:
    """Return where it went; empty if that was changed since: the look-up would ask about somebody else."""
    found = row.contact_point.value if row.contact_point else row.related_person.phone if row.related_person else ""
    return found if row.address_hash in ("", address_hash(found)) else ""


def _taken(row: Message) -> frozenset[str]:
    """Return the provider's ids that belong to other messages to the same address, or to earlier attempts."""
    others = Message.objects.filter(address_hash=row.address_hash, channel=row.channel).exclude(pk=row.pk)
    earlier = Q(message__in=others) | Q(message=row, number__lt=row.attempt)
    attempts = MessageAttempt.objects.filter(earlier).exclude(provider_sid="").values_list("provider_sid", flat=True)
    sids = others.exclude(provider_sid=None).values_list("provider_sid", flat=True)
    # Of a message that is sent once more, whatever was heard was about the first time.
    heard = ProviderEvent.objects.filter(message=row, message__resends__gt=0, applied_at__isnull=False)
    return frozenset(map(str, sids)) | frozenset(attempts) | frozenset(heard.values_list("provider_sid", flat=True))


def _settle_safely(doubt: Doubt, token: uuid.UUID, channel: Channel, now: dt.datetime) -> bool:
    try:
        return _settle(doubt, token, *_asked(doubt, channel, now), now)
    except OUT_OF_REACH:
        raise
    except Exception:  # one message nobody can settle must not keep the others in doubt
        logger.exception("Could not settle message %s", doubt.message.pk)  # its lease sends it back
        return False


def _asked(doubt: Doubt, channel: Channel, now: dt.datetime) -> tuple[LookUp | None, Receipt | None]:
    """Ask the provider, outside any transaction; no look-up: ask again later."""
    sought = _sought(doubt, now) if channel.can_look_up else None
    if sought is None:
        return LookUp.NO_ANSWER, None
    try:
        found = channel.find(sought)
    except CannotLookUp:
        return (LookUp.NO_ANSWER if doubt.is_last_try else None), None
    return (LookUp.FOUND if found else LookUp.ABSENT), found


@transaction.atomic(durable=True)
def _settle(doubt: Doubt, token: uuid.UUID, look_up: LookUp | None, found: Receipt | None, now: dt.datetime) -> bool:
    message = (
        Message.objects.select_for_update().filter(pk=doubt.message.pk, state=_M.UNKNOWN, lease_token=token).first()
    )
    if message is None:
        return False  # a call-back settled it meanwhile
    if look_up is None:
        Message.objects.filter(pk=message.pk).update(quarantine_until=db_clock(quarantine() / 4), **FREE)
        return False
    MessageAttempt.objects.create(
        message=message,
        number=message.attempt,
        step="looked_up",
        at=now,
        outcome=look_up,
        provider_sid=found.sid if found else "",
    )
    to = resolve(
        policy=_policy(message),
        look_up=look_up,
        was_resent=message.resends > 0,
        now=now,
        send_by=message.send_by,
        starts_at=_starts_at(message),
    )
    if found:
        forward(message, Said(found.sid, found.status, found.code), now=now)
    elif to is _M.PENDING:
        move(message, to, resends=F("resends") + 1, due_at=now, reason="", settled_at=None, handed_at=None, **FREE)
    else:
        move(message, to, reason=ABANDONED, settled_at=now, **FREE)
    return True


def _starts_at(message: Message) -> dt.datetime | None:
    if message.session_id is None:
        return None
    visit = messaging.visit_if_unchanged(session_id=message.session_id, timing_version=message.timing_version)
    return visit.starts_at if visit else None


def _policy(message: Message) -> Policy:
    """Return the kind's policy; of what nobody here tried to send (a restore), only a look-up may say that it goes."""
    return POLICIES.get(Kind(message.kind), Policy.CALL) if message.attempt else Policy.CALL
