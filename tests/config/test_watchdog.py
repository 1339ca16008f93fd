"""A worker that is given nothing more ends itself, to be started anew."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from config.watchdog import wait_for_silence
from tests import running

pytestmark = pytest.mark.once


def test_silence_is_the_same_count_after_the_whole_patience() -> None:
    counts = iter([1, 2, 5, 5, 9])

    wait_for_silence(taken=lambda: next(counts), patience=0.01, ended=threading.Event())

    assert next(counts) == 9


def test_a_worker_that_stops_is_watched_no_more() -> None:
    ended = threading.Event()
    ended.set()

    wait_for_silence(taken=lambda: 1, patience=60, ended=ended)


@pytest.mark.services
@pytest.mark.parametrize(("silence", "ends"), [("2", True), ("0", False)])
def test_a_worker_nobody_sends_anything_to_ends(tmp_path: Path, silence: str, ends: bool) -> None:
    variables = {"REDIS_URL": os.environ["TEST_REDIS_URL"], "WORKER_SILENCE": silence}
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--pool=solo", "-Q", "silent"]

    worker = subprocess.Popen(command, cwd=running.ROOT, env=running.environment(tmp_path, **variables))
    try:
        worker.wait(40 if ends else 12)
        has_ended = True
    except subprocess.TimeoutExpired:
        has_ended = False
    finally:
        worker.kill()
        worker.wait(10)

    assert has_ended is ends
