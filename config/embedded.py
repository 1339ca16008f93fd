"""Web, worker and beat in one process, for a trial or one small clinic: nothing can be orphaned.

The broker is memory: what it loses when the process dies, the sweeps find in the database at the next start.
"""

import fcntl
import logging
import threading
import time
from io import TextIOWrapper
from pathlib import Path

import celery.beat
import celery.worker.state
from celery import signals

from config.celery import app

logger = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another process runs on the same data folder."""


class Worker:
    """A Celery worker on threads and a beat, each in a thread of this process."""

    def __init__(self) -> None:
        self._stopping = False
        self._ready = threading.Event()
        self._beat = celery.beat.Service(app, scheduler_cls=celery.beat.Scheduler, max_interval=1)
        self._threads = [
            threading.Thread(target=self._work, name="worker", daemon=True),
            threading.Thread(target=self._tick, name="beat", daemon=True),
        ]

    def start(self) -> None:
        """Start both threads."""
        signals.worker_ready.connect(lambda **_kwargs: self._ready.set(), weak=False)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the running task finish, for at most ten seconds; what is still queued is found again by the sweeps."""
        self._stopping = True
        self._beat.stop(wait=False)
        celery.worker.state.should_stop = 0
        for thread in self._threads:
            thread.join(10)

    def _work(self) -> None:
        while not self._stopping:
            try:
                # WorkController installs no signal handlers, so it may live in a thread.
                app.WorkController(
                    pool="threads",
                    concurrency=2,
                    hostname="embedded@local",
                    without_heartbeat=True,
                    without_mingle=True,
                    without_gossip=True,
                ).start()
            except Exception:
                logger.exception("The worker stopped; starting it again")
            if not self._stopping:
                time.sleep(1)

    def _tick(self) -> None:
        self._ready.wait(30)
        self._beat.start(embedded_process=True)


def lock(folder: Path) -> TextIOWrapper:
    """Return the lock file of a data folder, locked until the process ends, however it ends.

    :raises AlreadyRunning: another process holds it.
    """
    file = (folder / "up.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise AlreadyRunning(f"Coursekeeper is already running on {folder}. Stop it first, or set DATA_DIR.") from error
    return file
