"""A gateway that loses answers, fails, is busy and knows late: nothing is lost, nothing said twice unexplained.

Every test has a twin without the safeguard, which must fail: else the test would prove nothing.
"""

import random
import time
from collections.abc import Callable

import pytest

from notifications.models import MessageAttempt
from tests.faults.conftest import FINE, Clinic, Crew

pytestmark = [pytest.mark.services, pytest.mark.postgres]
Hire = Callable[..., Crew]
SOME = 60


def in_every_mood(clinic: Clinic) -> None:
    """Lose answers after taking the text, take nothing and fail, be busy, be silent, talk nonsense: four in ten."""
    generator = random.Random(1)
    moods = {"ok": 62, "hang_up": 15, "silent": 5, "broken": 5, "lost": 5, "busy": 5, "gibberish": 3}
    clinic.gateway.by_chance = lambda: generator.choices(list(moods), list(moods.values()))[0]
    clinic.gateway.silence = 1.3
    clinic.plan(SOME)


def test_a_gateway_in_every_mood_loses_and_doubles_nothing(clinic: Clinic, crew: Hire) -> None:
    in_every_mood(clinic)

    assert crew(3).finish(90) == FINE


def test_the_twin_that_takes_a_lost_answer_for_a_refusal_doubles(clinic: Clinic, crew: Hire) -> None:
    in_every_mood(clinic)

    assert crew(3, naive="retrying").doubles()


def test_a_gateway_that_knows_a_text_only_after_a_while_is_not_asked_before(clinic: Clinic, crew: Hire) -> None:
    lose_the_first_answers(clinic)

    assert crew(3).finish() == FINE
    assert MessageAttempt.objects.filter(step="looked_up", outcome="found").count() == LOST


def test_the_twin_that_asks_before_it_can_know_doubles(clinic: Clinic, crew: Hire) -> None:
    lose_the_first_answers(clinic)

    assert crew(3, naive="impatient").doubles()


LOST = 15


def lose_the_first_answers(clinic: Clinic) -> None:
    """Take the first texts and drop the line; they can be looked up a third of the quarantine later.

    A long one, so that a slow machine does not make the twin patient.
    """
    clinic.quarantine = 9
    clinic.gateway.lag = 3.0
    clinic.gateway.moods = ["hang_up"] * LOST + ["ok"]
    clinic.plan(LOST + 15)


def test_a_gateway_too_busy_for_an_hour_costs_time_and_no_text(clinic: Clinic, crew: Hire) -> None:
    be_busy_for_an_hour(clinic)

    assert crew(2).finish() == FINE


def test_the_twin_that_counts_busy_among_its_attempts_gives_texts_up(clinic: Clinic, crew: Hire) -> None:
    be_busy_for_an_hour(clinic)

    assert crew(2, naive="counting").finish(30).lost > 0


def be_busy_for_an_hour(clinic: Clinic) -> None:
    """Answer 429 for six seconds, an hour on the clinic's clock, in which five attempts come to their end."""
    asked: list[float] = []

    def mood() -> str:
        asked.append(time.monotonic())
        return "busy" if asked[-1] < asked[0] + 6 else "ok"

    clinic.gateway.by_chance = mood
    clinic.speed = 600.0
    clinic.plan(10)
