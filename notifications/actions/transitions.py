"""The only place where a message's state is written: by the table of moves, one message or many alike."""

import datetime as dt
import hashlib
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from notifications.domain.cadence import DESPITE_STOP
from notifications.domain.states import MOVES, MessageState
from notifications.models import Message, Suppression

FREE: dict[str, Any] = {"lease_token": None, "lease_until": None}  # of a message no worker holds


def move(message: Message, to: MessageState, **facts: object) -> None:
    """Change a locked message's state, and whatever else is known.

    :raises ValueError: the table knows no such move.
    """
    if to not in MOVES[MessageState(message.state)]:
        raise ValueError(f"A message can't go from {message.state} to {to}.")
    for name, value in {"state": to, **facts}.items():
        setattr(message, name, value)
    Message.objects.filter(pk=message.pk).update(state=to, **facts)


def move_as_read(message: Message, to: MessageState, *conditions: Combinable, **facts: object) -> bool:
    """Change the state of a message that is not locked, if it is as it was read and the conditions hold; tell whether.

    As it was read: in its state, under its lease. One statement, so nobody comes between the look and the change.

    :raises ValueError: the table knows no such move.
    """
    before = MessageState(message.state)
    if to not in MOVES[before]:
        raise ValueError(f"A message can't go from {before} to {to}.")
    as_read = Message.objects.filter(pk=message.pk, state=before, lease_token=message.lease_token)
    if not as_read.filter(*conditions).update(state=to, **facts):
        return False
    for name, value in {"state": to, **facts}.items():
        setattr(message, name, value)
    return True


def move_all(messages: QuerySet[Message], *, before: MessageState, to: MessageState, **facts: object) -> int:
    """Change the state of those of some messages that are in a state; return how many there were.

    :raises ValueError: the table knows no such move.
    """
    if to not in MOVES[before]:
        raise ValueError(f"A message can't go from {before} to {to}.")
    return messages.filter(state=before).update(state=to, **facts)


def db_clock(later: dt.timedelta = dt.timedelta()) -> Combinable:
    """Return the database's clock, or that much later: workers' clocks differ, and leases go by one."""
    return ExpressionWrapper(Now() + later, output_field=DateTimeField())


def lease() -> dt.timedelta:
    """Return how long a worker may hold a message."""
    return dt.timedelta(seconds=settings.MESSAGE_LEASE)


def quarantine() -> dt.timedelta:
    """Return how long to wait before a provider is asked about a message: three times its lag, or more."""
    return dt.timedelta(seconds=settings.MESSAGE_QUARANTINE)


def address_hash(address: str) -> str:
    """Return the hash by which one address is known on all records of it."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def suppress(*, hashed: str, channel: str, cause: str, now: dt.datetime) -> None:
    """Send nothing more to an address, and take back what waits; again changes nothing. Inside a transaction."""
    Suppression.objects.get_or_create(
        channel=channel, address_hash=hashed, defaults={"cause": cause[:40], "since": now}
    )
    move_all(
        Message.objects.filter(channel=channel, address_hash=hashed).exclude(kind__in=DESPITE_STOP),
        before=MessageState.PENDING,
        to=MessageState.SUPPRESSED,
        reason="This address asked for no more messages.",
        settled_at=now,
    )


def one_at_a_time(hashed: str) -> None:
    """Let nobody else decide about the same address until this transaction ends. Inside a transaction."""
    if transaction.get_connection().in_atomic_block and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(hashed[:15], 16)])
