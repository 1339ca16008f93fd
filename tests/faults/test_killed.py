"""Workers killed, frozen and doubled, a provider that loses answers: nothing is lost, nothing said twice unexplained.

Every test has a twin without the safeguard, which must fail: else the test would prove nothing.
`FAULT_ROWS=5000 FAULT_KILLS=50` runs the long form.
"""

import os
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from notifications.models import Message
from testkit import wait_until
from tests.faults.conftest import LEASE, QUARANTINE, Clinic, Crew, Outcome

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
    assert (outcome.lost, outcome.doubled <= 1, outcome.unexplained) == (0, True, 0)


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
    generator = random.Random(6)

    for _kill in range(12):
        time.sleep(generator.uniform(0.05, 0.15))
        pollers.kill_one(generator)
    outcome = pollers.finish()

    assert (outcome.lost > 0, outcome.doubled) == (True, 0)


def test_the_twin_that_asks_the_provider_before_it_can_know_doubles(clinic: Clinic, crew: Hire) -> None:
    clinic.plan(SOME)
    clinic.gateway.moods = ["hang_up"] * 20 + ["ok"]
    clinic.gateway.lag = 60.0

    assert crew(3, naive="impatient").finish().doubled > 1


def test_a_worker_frozen_past_its_lease_sends_nothing_when_it_wakes(clinic: Clinic, crew: Hire) -> None:
    assert freeze(clinic, crew, "freezing") == Outcome(0, 0, 0)


def test_the_twin_that_trusts_its_lease_when_it_wakes_doubles(clinic: Clinic, crew: Hire) -> None:
    assert freeze(clinic, crew, "unhurried").doubled > 0


def freeze(clinic: Clinic, crew: Hire, naive: str) -> Outcome:
    """Freeze workers between the commit and the call, and wake them when all they held was settled by others."""
    clinic.plan(SOME)
    pollers, helper = crew(3, naive=naive), crew(2)
    until = time.monotonic() + 60
    frozen = 0
    while time.monotonic() < until and not (clinic.is_over() and frozen):
        time.sleep(LEASE + QUARANTINE + 1)
        frozen += pollers.thaw()
    helper.finish()
    pollers.thaw()
    time.sleep(1)
    return clinic.outcome()


def test_a_gateway_in_every_mood_loses_and_doubles_nothing(clinic: Clinic, crew: Hire) -> None:
    generator = random.Random(1)
    moods = {"ok": 62, "hang_up": 15, "silent": 5, "broken": 5, "lost": 5, "busy": 5, "gibberish": 3}
    clinic.gateway.by_chance = lambda: generator.choices(list(moods), list(moods.values()))[0]
    clinic.gateway.silence = 1.3
    clinic.plan(SOME)

    outcome = crew(3).finish(90)

    assert outcome == Outcome(0, 0, 0)


def test_five_workers_and_no_one_else_to_keep_them_apart_send_each_text_once(clinic: Clinic, crew: Hire) -> None:
    clinic.plan(SOME)

    assert crew(5).finish() == Outcome(0, 0, 0)
    assert Message.objects.filter(pk__in=clinic.ids).exclude(state="accepted").count() == 0


def test_the_twin_that_claims_without_a_lock_doubles(clinic: Clinic, crew: Hire) -> None:
    clinic.plan(SOME)

    assert crew(5, naive="unlocked").finish(20).doubled > 1


def test_a_database_that_crashes_and_recovers_loses_and_doubles_nothing(clinic: Clinic, crew: Hire) -> None:
    clinic.plan(SOME)
    pollers = crew(3)
    for share in (0.2, 0.5, 0.8):
        wait_until(lambda share=share: len(clinic.gateway.texts) >= SOME * share, "some texts", 60)  # type: ignore[misc]
        crash_the_database()

    assert pollers.finish() == Outcome(0, 0, 0)


def crash_the_database() -> None:
    """Kill one of the server's processes: it throws everybody out and recovers, as after `stop -m immediate`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    os.kill(pid, 9)
    connection.close()
    wait_until(_answers, "PostgreSQL", 30)


def _answers() -> Any:
    try:
        connection.ensure_connection()
        return connection.is_usable()
    except Exception:  # noqa: BLE001 - whatever it says while it recovers
        connection.close()
        return False
