"""Senders that can be killed: a process that forks pollers at a word on its input, so that the next one costs nothing.

`python tests/faults/crew.py [NAIVE]`: each line of input forks a poller, whose process id is printed. NAIVE takes one
safeguard away, for the twins: what the suite must notice.
"""

import datetime as dt
import itertools
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django
from django.db import Error, close_old_connections, connections

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
            recording,
            rows,
            sending,
            transitions,
        )
        from notifications.channels import base, sms  # noqa: PLC0415
        from notifications.models import Message  # noqa: PLC0415

        self.claiming, self.events, self.reconciling = claiming, events, reconciling
        self.planning, self.recording, self.sending, self.transitions = planning, recording, sending, transitions
        self.rows, self.base, self.sms, self.messages = rows, base, sms, Message.objects
        self.plans = False

    def planners(self) -> None:
        """Plan as well; no safeguard is taken away."""
        self.plans = True

    def keyless(self) -> None:
        """Plan without a key, two at the same moment: neither sees what the other is about to insert."""
        self.planners()
        keyed = self.rows.row

        def row(*args: Any, **facts: Any) -> Any:
            made = keyed(*args, **facts)
            made.pk = uuid.uuid4()
            made.dedupe_key = str(made.pk)
            return made

        def unsaid(rows: Any) -> Any:
            new = looked(rows)
            if new:
                (met / str(os.getpid())).touch()
                while len(list(met.iterdir())) < 2:
                    time.sleep(0.02)
            return new

        met, looked = Path(os.environ["DATA_DIR"], "planners"), self.planning._unsaid
        met.mkdir()
        put(self.planning, row=row, _unsaid=unsaid)

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
            time.sleep(0.05)  # the way to the gateway

        self._after_the_commit(mark)

    def impatient(self) -> None:
        """Ask the provider at once, before it can know."""
        put(self.reconciling, quarantine=dt.timedelta)
        put(self.recording, quarantine=dt.timedelta)

    def freezing(self) -> None:
        """Freeze once at the worst moment: it is committed that the third message leaves, and it has not left."""
        count = itertools.count(1)
        self._after_the_commit(lambda _outgoing: os.kill(os.getpid(), signal.SIGSTOP) if next(count) == 3 else None)

    def unhurried(self) -> None:
        """Freeze, and trust a lease that was taken, however long ago."""
        self.freezing()
        put(self.sending, time=SimpleNamespace(monotonic=lambda: 0.0, sleep=time.sleep))

    def retrying(self) -> None:
        """Take a lost answer for a refusal, and send again."""
        self._taking(self.base.AnswerLost)

    def counting(self) -> None:
        """Count what the gateway was too busy for among the attempts, of which there are five."""
        self._taking(self.base.Busy)

    def _taking(self, what: type[Exception]) -> None:
        """Take one answer for a refusal that may pass."""

        def send(channel: Any, outgoing: Any) -> Any:
            try:
                return posted(channel, outgoing)
            except what as error:
                raise self.base.ChannelError(str(error)) from error

        posted = self.sms.TwilioSms.send
        put(self.sms.TwilioSms, send=send)

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
        put(self.recording, held=held)

    def _after_the_commit(self, do: Callable[[Any], None]) -> None:
        prepare = self.sending._prepare

        def prepared(*args: Any) -> Any:
            leaving = prepare(*args)
            if leaving:
                do(leaving.outgoing)
            return leaving

        put(self.sending, _prepare=prepared)

    def poll(self) -> None:
        """Send and settle until killed."""
        from clinic import clock  # noqa: PLC0415 - after the settings

        steps = [self.events.apply_events, self.reconciling.reconcile_messages, self.sending.drain_messages]
        if self.plans:
            steps.insert(0, self.planning.plan_messages)
        while True:
            for step in steps:
                try:
                    close_old_connections()
                    step(now=clock.now())
                except Error:
                    connections.close_all()
                    time.sleep(0.1)
            time.sleep(EVERY)


def put(owner: Any, **replacements: Any) -> None:
    """Replace what a module or class calls by these names."""
    for name, value in replacements.items():
        setattr(owner, name, value)


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
