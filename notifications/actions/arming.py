"""Whether this database may send at all. A restored one may not: to it, whatever left since the copy looks unsent.

The database holds an epoch, and so does a place outside of it: `SENDER_EPOCH`, or the file `sender` in DATA_DIR. Only
while they are equal is anything claimed. The file also knows how far the attempts had come: a database that lies
behind it is an old one, whatever its epoch says.
"""

import datetime as dt
import json
import logging
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from notifications.actions.transitions import FREE, db_clock, move_all, quarantine
from notifications.domain.states import MessageState
from notifications.models import Message, MessageAttempt, Sender

logger = logging.getLogger(__name__)
_M = MessageState
RESTORED = "The database was restored: this may have been sent already."


class NotWritten(Exception):
    """What is known outside the database could not be written. `str()` is fit to be shown."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What is known outside the database. `mark`: the highest attempt that was ever made."""

    epoch: str
    mark: int = 0


def is_armed() -> bool:
    """Tell whether this database may send; the very first time it arms itself, for nothing was ever sent."""
    outside, row = _outside(), Sender.objects.filter(pk=1).first()
    if row is None:
        return _arm_first(outside)
    mark = _mark()
    if outside is None or outside.epoch != row.epoch or outside.mark > mark:
        return False
    if outside.mark != mark:
        _write(Outside(row.epoch, mark))
    return True


def looks_armed() -> bool:
    """Tell the same without changing anything, for a page or a metric; one or two statements."""
    outside, row = _outside(), Sender.objects.filter(pk=1).first()
    if row is None:
        return not MessageAttempt.objects.exists() and (outside is None or bool(settings.SENDER_EPOCH))
    return outside is not None and outside.epoch == row.epoch and outside.mark <= _mark()


def arm(*, now: dt.datetime) -> int:
    """Let this database send again; return how many messages may have left already and are looked up first.

    Whatever waits is set aside as unknown: the provider is asked after the quarantine, and what can't be asked about
    goes to a person. Plan first, so that the messages the copy never knew are among them.

    :raises NotWritten: the database may send from now on, but the file that has to say so too can't be written.
    """
    outside = _outside()
    epoch = settings.SENDER_EPOCH or uuid.uuid4().hex
    with transaction.atomic(durable=True):
        is_first = not Sender.objects.exists() and not MessageAttempt.objects.exists() and outside is None
        doubtful = 0 if is_first or _is_in_step(outside) else _set_aside()
        Sender.objects.update_or_create(pk=1, defaults={"epoch": epoch, "armed_at": now})
    if not _write(Outside(epoch, _mark())):
        raise NotWritten(f"{_file()} can't be written. Nothing is sent until it can: run arm_sender again then.")
    return doubtful


def disarm() -> None:
    """Let this database send nothing until `arm`: what a restore does last, whichever way it was made."""
    with transaction.atomic(durable=True):
        # Not a delete: a database without an epoch and without attempts would arm itself.
        Sender.objects.update_or_create(pk=1, defaults={"epoch": f"restored-{uuid.uuid4().hex}", "armed_at": Now()})


def _arm_first(outside: Outside | None) -> bool:
    if MessageAttempt.objects.exists() or (outside is not None and not settings.SENDER_EPOCH):
        return False
    epoch = settings.SENDER_EPOCH or uuid.uuid4().hex
    # Of two workers that start together one writes the row; the other looks again before its next batch.
    Sender.objects.get_or_create(pk=1, defaults={"epoch": epoch, "armed_at": Now()})
    if not settings.SENDER_EPOCH and Sender.objects.filter(pk=1, epoch=epoch).exists():
        _write(Outside(epoch))
    return Sender.objects.filter(pk=1, epoch=epoch).exists()


def _is_in_step(outside: Outside | None) -> bool:
    row = Sender.objects.filter(pk=1).first()
    return row is not None and outside is not None and outside.epoch == row.epoch and outside.mark <= _mark()


def _set_aside() -> int:
    # What seems to be due later too: planned again outside the hours it waits for the morning, and left long ago.
    waiting = Message.objects.all()
    facts = {
        "reason": RESTORED,
        "unknown_since": db_clock(),
        "quarantine_until": db_clock(quarantine()),
        **FREE,
        "attempt": 0,  # nobody here tried: only a look-up can tell, and without one it is not sent
    }
    held = (_M.PENDING, _M.CLAIMED, _M.SENDING)
    return sum(move_all(waiting, before=before, to=_M.UNKNOWN, **facts) for before in held)


def _mark() -> int:
    return MessageAttempt.objects.aggregate(highest=Max("pk"))["highest"] or 0


def _outside() -> Outside | None:
    if settings.SENDER_EPOCH:
        return Outside(settings.SENDER_EPOCH)
    try:
        kept = json.loads(_file().read_text())
        return Outside(str(kept["epoch"]), int(kept["mark"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(outside: Outside) -> bool:
    """Write it down outside, and tell whether it stands there."""
    if settings.SENDER_EPOCH:
        return True
    file = _file()
    beside = file.with_name(f"{file.name}.{uuid.uuid4().hex}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps({"epoch": outside.epoch, "mark": outside.mark}))
        beside.replace(file)
    except OSError:
        logger.exception("The sender's epoch can't be written; nothing is sent until it can")
        return False
    return True


def _file() -> Path:
    return Path(settings.SENDER_FILE)
