"""Senders that can be killed: a process that forks pollers at a word on its input, so that the next one costs nothing.

`python tests/faults/crew.py [NAIVE]`: each line of input forks a poller, whose process id is printed. NAIVE takes one
safeguard away, for the twins: what the suite must notice.
"""

import datetime as dt
import os
import random
import signal
import sys
import time
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import django
from django.db import DatabaseError, close_old_connections, connections

EVERY = 0.2


class Crew:
    """The product's modules, whole or with one safeguard less."""

    def __init__(self) -> None:
        # Only now: the settings must stand before a model is imported.
        from notifications.actions import (  # noqa: PLC0415
            claiming,
            events,
            planning,
            reconciling,
            sending,
            transitions,
        )
        from notifications.models import Message  # noqa: PLC0415

        self.claiming, self.events, self.reconciling = claiming, events, reconciling
        self.planning, self.sending, self.transitions = planning, sending, transitions
        self.messages = Message.objects
        self.plans = False

    def planners(self) -> None:
        """Plan as well; no safeguard is taken away."""
        self.plans = True

    def blind(self) -> None:
        """Mark after sending, and send again whatever was not marked: nothing is lost, much is said twice."""

        def take_back(_now: dt.datetime) -> int:
            lost = self.messages.filter(lease_until__lt=self.transitions.db_clock(), state__in=["claimed", "sending"])
            return lost.update(state="pending", lease_until=None, lease_token=None)

        put(self.reconciling, _take_back=take_back)

    def mark_first(self) -> None:
        """Mark before sending: nothing is said twice, what a killed worker held is lost."""

        def mark(outgoing: Any) -> None:
            self.messages.filter(pk=outgoing.message_id).update(state="accepted", lease_until=None)

        self._after_the_commit(mark)

    def impatient(self) -> None:
        """Ask the provider at once, before it can know."""
        put(self.reconciling, quarantine=dt.timedelta)
        put(self.sending, quarantine=dt.timedelta)

    def freezing(self) -> None:
        """Freeze now and then at the worst moment: it is committed that the message leaves, and it has not left."""
        self._after_the_commit(
            lambda _outgoing: os.kill(os.getpid(), signal.SIGSTOP) if random.random() < 0.05 else None
        )

    def unhurried(self) -> None:
        """Freeze, and trust a lease that was taken, however long ago."""
        self.freezing()
        put(self.sending, time=SimpleNamespace(monotonic=lambda: 0.0))

    def unlocked(self) -> None:
        """Claim without a look at who else does."""

        def claim(*, channel: str, now: dt.datetime, is_paced: bool) -> Any:
            due = self.messages.filter(channel=channel, state="pending", due_at__lte=now).order_by("send_by")
            ids = tuple(due.values_list("pk", flat=True)[:5])
            time.sleep(0.05)
            lease = self.transitions.db_clock(dt.timedelta(minutes=1))
            self.messages.filter(pk__in=ids).update(state="claimed", lease_until=lease, attempt=1)
            return self.claiming.Claim(uuid.uuid4(), ids) if ids else None

        def held(message_id: uuid.UUID, _token: uuid.UUID, _state: str) -> Any:
            message = self.messages.get(pk=message_id)
            message.state = "claimed"  # as each of them read it
            return message

        put(self.claiming, claim=claim)
        put(self.sending, _held=held)

    def _after_the_commit(self, do: Callable[[Any], None]) -> None:
        prepare = self.sending._prepare

        def prepared(*args: Any) -> Any:
            outgoing = prepare(*args)
            if outgoing:
                do(outgoing)
            return outgoing

        put(self.sending, _prepare=prepared)

    def poll(self) -> None:
        """Send and settle until killed."""
        from clinic import clock  # noqa: PLC0415 - after the settings

        random.seed(os.getpid())
        steps = [self.events.apply_events, self.reconciling.reconcile_messages, self.sending.drain_messages]
        if self.plans:
            steps.insert(0, self.planning.plan_messages)
        while True:
            for step in steps:
                try:
                    close_old_connections()
                    step(now=clock.now())
                except DatabaseError:
                    connections.close_all()
                    time.sleep(0.1)
            time.sleep(EVERY)


def put(module: Any, **replacements: Any) -> None:
    """Replace what a module calls by these names."""
    for name, value in replacements.items():
        setattr(module, name, value)


def main(naive: str) -> None:
    """Fork a poller for each line of input."""
    django.setup()
    crew = Crew()
    if naive:
        getattr(crew, naive)()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _say("ready")
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            crew.poll()
        _say(child)


def _say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
