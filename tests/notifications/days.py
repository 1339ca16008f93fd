"""Days that pass at a clinic: the planner and the sender look at it as its clock goes, unless they are down."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from notifications.actions import planning, sending, withdrawing
from notifications.models import Message
from scheduling.actions import attendance
from scheduling.models import Session
from tests.factories import World, prepare_visit

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
LOOKS = (10, 12)  # hours of the clinic's day at which something may be due; looks between add nothing
CAME_TO_NOTHING = ("skipped_stale", "skipped_changed", "skipped_merged", "unreachable", "pending")


def at(day: dt.date, hour: int, minute: int = 0, *, zone: dt.tzinfo) -> dt.datetime:
    """Return an instant of a clinic's day."""
    return dt.datetime.combine(day, dt.time(hour, minute), zone).astimezone(dt.UTC)


def look(now: dt.datetime) -> None:
    """Let the worker look once: withdraw, plan, send."""
    withdrawing.withdraw_messages(now=now)
    planning.plan_messages(now=now)
    sending.drain_messages(now=now)


def settle(now: dt.datetime) -> None:
    """Let the worker look until what waits for another message has followed it."""
    for minutes in range(2):
        look(now + minutes * MINUTE)


def pass_days(first: dt.date, last: dt.date, *, zone: dt.tzinfo, hours: Sequence[int] = LOOKS) -> None:
    """Let days pass with the worker up."""
    for number in range((last - first).days + 1):
        for hour in hours:
            settle(at(first + number * DAY, hour, zone=zone))


def attend(world: World, session: Session) -> None:
    """Let a visit take place as planned."""
    prepare_visit(session)
    steps = (
        (attendance.arrive, session.starts_at),
        (attendance.start, session.starts_at),
        (attendance.complete, session.ends_at),
    )
    for step, now in steps:
        version = Session.objects.values_list("version", flat=True).get(pk=session.pk)
        step(session_id=session.pk, version=version, now=now, by=world.receptionist)


def left(**wanted: object) -> list[Message]:
    """Return the messages that left, in the order in which they did."""
    rows = Message.objects.filter(handed_at__isnull=False, **wanted).exclude(state__in=CAME_TO_NOTHING)
    return list(rows.order_by("handed_at", "pk"))


def by_kind(messages: Sequence[Message]) -> dict[str, int]:
    """Return how many messages of each kind there are."""
    return dict(sorted(Counter(message.kind for message in messages).items()))
