"""Which messages a worker takes: a few at a time, at the provider's pace, each by one worker."""

import datetime as dt
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from notifications.actions.transitions import db_clock, lease
from notifications.domain.states import MOVES, MessageState
from notifications.models import Message, Pace

BATCH = 5  # a big batch would outlive its lease
MOST_ATTEMPTS = 5
_M = MessageState


@dataclass(frozen=True, slots=True)
class Claim:
    """Messages of one channel held under one token."""

    token: uuid.UUID
    ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Something is due and the channel's pace has no room for it before so many seconds."""

    seconds: float


@transaction.atomic(durable=True)
def claim(*, channel: str, now: dt.datetime, is_paced: bool) -> Claim | Wait | None:
    """Take the due messages of a channel whose time runs out soonest; None if there are none, or the channel rests."""
    due = Message.objects.filter(channel=channel, state=_M.PENDING, due_at__lte=now).order_by("send_by")
    if connection.vendor == "postgresql":
        due = due.select_for_update(skip_locked=True)
    ids: Sequence[uuid.UUID] = list(due.values_list("pk", flat=True)[:BATCH])
    if ids and is_paced:
        room = _tokens(channel, len(ids), now)
        if isinstance(room, Wait):
            return room
        ids = ids[:room]
    if not ids:
        return None
    token = uuid.uuid4()
    assert _M.CLAIMED in MOVES[_M.PENDING]
    # The attempt counts before the work, so that poison ends.
    Message.objects.filter(pk__in=ids).update(
        state=_M.CLAIMED, lease_token=token, lease_until=db_clock(lease()), attempt=F("attempt") + 1
    )
    return Claim(token, tuple(ids))


def _tokens(channel: str, wanted: int, now: dt.datetime) -> int | Wait:
    """Take so many tokens, or as many as there are; none while the channel rests. If there are none yet: wait."""
    rate = settings.PACE[channel]
    locked = Pace.objects.select_for_update().annotate(clock=db_clock()).filter(pk=channel)
    pace = locked.first()
    if pace is None:
        Pace.objects.get_or_create(channel=channel, defaults={"tokens": rate, "filled_at": db_clock()})
        pace = locked.get()
    if pace.paused_until and pace.paused_until > now:
        return 0
    full = min(rate, pace.tokens + max(0.0, (pace.clock - pace.filled_at).total_seconds()) * rate)
    taken = min(wanted, int(full))
    Pace.objects.filter(pk=channel).update(tokens=full - taken, filled_at=pace.clock)
    # Spread, so that the workers of an installation do not all come back at one moment.
    return taken or Wait((1 - full) / rate * random.uniform(1, 2))  # noqa: S311 - to spread, not to hide


@transaction.atomic(durable=True)
def pause(*, channel: str, now: dt.datetime, tries: int) -> None:
    """Let a channel rest that was told to slow down: longer each time, and never all workers at the same moment."""
    until = now + dt.timedelta(seconds=back_off(tries))
    Pace.objects.filter(pk=channel).update(paused_until=until)


def back_off(tries: int) -> float:
    """Return how many seconds to wait after so many tries: 1, 2, 4, … 64, and up to half as much again."""
    return float(2 ** min(tries, 6)) * random.uniform(1, 1.5)  # noqa: S311 - to spread, not to hide
