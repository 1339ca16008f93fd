"""Worker and beat inside the web process, for a trial or one small clinic: nothing can be orphaned.

The broker is memory: what it loses when the process dies, the sweeps find in the database at the next start.
"""

import fcntl
import logging
import threading
import time
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

import celery.beat
import celery.worker.state

from config.celery import app

logger = logging.getLogger(__name__)
GRACE = 8  # seconds a running task may take to finish when everything stops


class AlreadyRunning(Exception):
    """Another process runs on the same data folder."""


class Background:
    """A Celery worker on threads, and a beat, each in a thread of this process."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._beat = celery.beat.Service(app, scheduler_cls=celery.beat.Scheduler, max_interval=1)
        self._threads = [
            threading.Thread(target=self._keep, args=(self._work,), name="worker", daemon=True),
            threading.Thread(target=self._keep, args=(self._tick,), name="beat", daemon=True),
        ]

    def start(self) -> None:
        """Start both threads; what came due while nothing ran is looked for at once."""
        for entry in app.conf.beat_schedule.values():
            app.send_task(entry["task"])
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """Give running tasks eight seconds and tell whether they finished; the sweeps find the rest again."""
        self._stopping.set()
        self._beat.stop(wait=False)
        celery.worker.state.should_stop = 0
        until = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _keep(self, run: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                run()
            except Exception:  # whatever it was, the worker inside must not end while the pages go on
                logger.exception("A background thread stopped; starting it again")
            self._stopping.wait(1)

    def _work(self) -> None:
        # WorkController installs no signal handlers, so it may live in a thread.
        app.WorkController(
            pool="threads",
            concurrency=2,
            hostname="embedded@local",
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        ).start()

    def _tick(self) -> None:
        self._beat.start(embedded_process=True)


def lock(folder: Path) -> TextIOWrapper:
    """Return the lock file of a data folder, locked until the process ends, however it ends.

    :raises AlreadyRunning: another process holds it.
    """
    file = (folder / "up.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise AlreadyRunning(f"Coursekeeper is already running on {folder}. Stop it, or set DATA_DIR.") from error
    return file
