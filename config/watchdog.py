"""A worker that was given nothing for minutes ends itself: after a broker's failure some stay up and take no more work.

Beat sends something every few seconds, and Redis serves the worker that has waited longest, so silence means a fault.
Whoever runs the worker (compose, systemd) starts it anew; what was due stands in the database.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import celery.worker.state
from celery.bootsteps import StartStopStep
from django.conf import settings

logger = logging.getLogger(__name__)
GRACE = 20.0  # seconds for a clean end, before an unclean one


class Watchdog(StartStopStep):  # type: ignore[misc]
    """Watches the worker it is a part of; only one with a broker outside this process can lose it."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._ended = threading.Event()

    def include_if(self, _parent: Any) -> bool:
        """Tell whether this worker is watched."""
        return bool(settings.REDIS_URL and settings.WORKER_SILENCE)

    def start(self, _parent: Any) -> None:
        """Begin to watch, in a thread of its own."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self, _parent: Any) -> None:
        """Stop watching."""
        self._ended.set()

    def _watch(self) -> None:
        wait_for_silence(
            taken=lambda: sum(celery.worker.state.total_count.values()),
            patience=settings.WORKER_SILENCE,
            ended=self._ended,
        )
        if not self._ended.is_set():
            logger.error("No work came for %s seconds; this worker ends, to be started anew", settings.WORKER_SILENCE)
            os.kill(os.getpid(), signal.SIGTERM)
            if not self._ended.wait(GRACE):
                os._exit(1)


def wait_for_silence(*, taken: Callable[[], int], patience: float, ended: threading.Event) -> None:
    """Return once nothing was taken for so many seconds, or when it has ended."""
    before = taken()
    while not ended.wait(patience):
        if (now := taken()) == before:
            return
        before = now
