"""Plan, send and settle every few seconds until stopped: the same work as the beat's, without a broker."""

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from clinic import clock
from notifications.actions import events, planning, reconciling, sending, withdrawing

logger = logging.getLogger(__name__)
EVERY = 20
STEPS: list[Callable[..., int]] = [
    withdrawing.withdraw_messages,
    planning.plan_messages,
    events.apply_events,
    reconciling.reconcile_messages,
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
            for step in STEPS:
                _run(step, stopping)
            stopping.wait(options["every"])


def _run(step: Callable[..., int], stopping: threading.Event) -> None:
    if stopping.is_set():
        return
    close_old_connections()  # a restarted database closes the line without a word
    try:
        step(now=clock.now())
    except DatabaseError:
        logger.exception("The database failed; looking again soon")
