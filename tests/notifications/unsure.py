"""Messages nobody knows about: made so, and settled."""

import datetime as dt
from typing import Any

from notifications.actions import planning, reconciling, sending
from notifications.models import Message
from tests.factories import NOW, World

SOON = NOW + dt.timedelta(minutes=4)
LATER = SOON + dt.timedelta(hours=1)
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def planned(world: World, **facts: Any) -> Message:
    course = world.book()
    planning.plan_messages(now=SOON)
    message = Message.objects.get(course=course)
    Message.objects.filter(pk=message.pk).update(**facts)
    return message


def quarantine_over() -> None:
    Message.objects.filter(state="unknown").update(quarantine_until=LONG_AGO)


def settle(now: dt.datetime = LATER) -> None:
    reconciling.reconcile_messages(now=now)
    sending.drain_messages(now=now)


def state(message: Message) -> str:
    message.refresh_from_db()
    return str(message.state)
