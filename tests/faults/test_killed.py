"""Workers killed, frozen and doubled: nothing is lost, nothing said twice unexplained.

Every test has a twin without the safeguard, which must fail: else the test would prove nothing.
`FAULT_ROWS=5000 FAULT_KILLS=50` runs the long form.
"""

import os
import random
import time
from collections.abc import Callable

import pytest

from notifications.models import Message, MessageAttempt
from testkit import wait_until
from tests.faults.conftest import FINE, Clinic, Crew

pytestmark = [pytest.mark.services, pytest.mark.postgres]
Hire = Callable[..., Crew]

ROWS = int(os.environ.get("FAULT_ROWS", "500"))
KILLS = int(os.environ.get("FAULT_KILLS", "10"))
SOME = 80  # rows are enough where not the number of kills matters


def kill_at_random(clinic: Clinic, crew: Crew, rows: int, kills: int, seed: int = 6) -> None:
    """Kill a worker so many times, at random points of the way."""
    generator = random.Random(seed)
    for point in sorted(generator.sample(range(5, rows - 10), kills)):
        wait_until(lambda point=point: len(clinic.gateway.texts) >= point, f"text {point}", 60)  # type: ignore[misc]
        time.sleep(generator.uniform(0, 0.02))
        crew.kill_one(generator)


def test_kill_9_at_random_points_loses_nothing_and_doubles_at_most_one(clinic: Clinic, crew: Hire) -> None:
    clinic.plan(ROWS)
    clinic.gateway.delay = 0.02
    pollers = crew(3)

    kill_at_random(clinic, pollers, ROWS, KILLS)
    outcome = pollers.finish(60 + ROWS / 20)

    assert pollers.killed == KILLS
    assert (outcome.lost, outcome.doubled <= 1, outcome.unexplained, outcome.open) == (0, True, 0, 0)


def test_the_twin_that_sends_again_what_was_not_marked_doubles(clinic: Clinic, crew: Hire) -> None:
    clinic.plan(SOME)
    clinic.gateway.delay = 0.05
    pollers = crew(3, naive="blind")

    kill_at_random(clinic, pollers, SOME, 8)
    outcome = pollers.finish()

    assert (outcome.lost, outcome.doubled > 1) == (0, True)


def test_the_twin_that_marks_before_it_sends_loses(clinic: Clinic, crew: Hire) -> None:
    clinic.plan(SOME)
    pollers = crew(3, naive="mark_first")

    kill_at_random(clinic, pollers, SOME // 2, 8)
    outcome = pollers.finish()

    assert (outcome.lost > 0, outcome.doubled) == (True, 0)


def test_a_worker_frozen_past_its_lease_sends_nothing_when_it_wakes(clinic: Clinic, crew: Hire) -> None:
    freeze(clinic, crew, "freezing")

    noticed = MessageAttempt.objects.filter(code="lease_lost", outcome="not_sent")
    wait_until(lambda: noticed.count() == FROZEN, "the workers that woke", 30)
    assert clinic.outcome() == FINE


def test_the_twin_that_trusts_its_lease_when_it_wakes_doubles(clinic: Clinic, crew: Hire) -> None:
    freeze(clinic, crew, "unhurried")

    wait_until(lambda: clinic.outcome().doubled == FROZEN, "the workers that woke", 30)


FROZEN = 3


def freeze(clinic: Clinic, crew: Hire, naive: str) -> None:
    """Freeze workers between the commit and the call, and wake them when all they held was settled by others."""
    clinic.plan(SOME)
    pollers = crew(FROZEN, naive=naive)
    wait_until(pollers.are_frozen, "the frozen workers", 60)
    helpers = crew(2)
    assert helpers.finish() == FINE
    helpers.stop()
    pollers.thaw()


def test_five_workers_and_no_one_else_to_keep_them_apart_send_each_text_once(clinic: Clinic, crew: Hire) -> None:
    clinic.plan(SOME)

    assert crew(5).finish() == FINE
    assert Message.objects.filter(pk__in=clinic.ids).exclude(state="accepted").count() == 0


def test_the_twin_that_claims_without_a_lock_doubles(clinic: Clinic, crew: Hire) -> None:
    clinic.plan(SOME)

    assert crew(5, naive="unlocked").doubles()
