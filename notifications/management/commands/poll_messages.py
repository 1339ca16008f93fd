"""Plan, send and settle every few seconds until stopped: the same work as the beat's, without a broker."""

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from clinic import actions as clinic_actions
from clinic import clock
from notifications.actions import events, inbound, planning, reconciling, repair, sending, withdrawing

logger = logging.getLogger(__name__)
EVERY = 20
STEPS: list[Callable[..., object]] = [
    withdrawing.withdraw_messages,
    planning.plan_messages,
    events.apply_events,
    inbound.handle_inbound,
    reconciling.reconcile_messages,
    repair.repair_messages,
    sending.drain_messages,
]


class Command(BaseCommand):
    help = "Plan, send and settle messages every 20 seconds until stopped. Needs no Redis; any number may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=EVERY, help="seconds between two looks (20)")

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        while not stopping.is_set():
            _look(stopping)
            stopping.wait(options["every"])


def _look(stopping: threading.Event) -> None:
    """Do every step once; only if all of them were done, that is a sign of life."""
    done = [_run(step, stopping) for step in STEPS]
    if all(done):
        _run(partial(clinic_actions.record_heartbeat, name="poller"), stopping)


def _run(step: Callable[..., object], stopping: threading.Event) -> bool:
    """Do one step, unless it is time to stop, and tell whether it was done."""
    if stopping.is_set():
        return False
    close_old_connections()  # a restarted database closes the line without a word
    try:
        step(now=clock.now())
    except Error:
        logger.exception("The database failed; looking again soon")
        return False
    return True
