"""A front desk that does anything it can think of, in any order, to a few courses at once."""

from collections import Counter
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.scheduling.living import attending, deciding, gating, planning
from tests.scheduling.living.actions import ACTIONS
from tests.scheduling.living.clinic import Clinic
from tests.scheduling.living.judge import Judge
from tests.scheduling.living.steps import Steps
from tests.scheduling.living.tally import Tally

__all__ = ["ACTIONS", "Desk", "attending", "deciding", "gating", "planning"]

# What everything else waits for is done more often.
WEIGHTS = {
    "to the next visit": 4,
    "to the evening": 6,
    "arrive": 4,
    "start": 4,
    "record a gate": 5,
    "withdraw a gate": 0.5,
    "monitor": 3,
    "flag missed": 8,
    "settle as no-show": 10,
    "settle a silent day": 4,
    "settle as cancelled": 14,
    "complete": 2,
    "move to a place": 2,
    "stop early": 1.5,
    "count a partial": 2,
    "enter in error": 0.5,
    "whatever": 0.5,
    "with an old version": 0.5,
}


class Desk(RuleBasedStateMachine):
    """One life of a small clinic. What was done least so far is done a little more often than the rest."""

    def __init__(self, clinic: Clinic, judge: Judge, tally: Tally) -> None:
        super().__init__()
        self._savepoint = transaction.savepoint()
        self._done: Counter[str] = Counter()
        self.steps = Steps(clinic, judge, tally)

    def teardown(self) -> None:
        transaction.savepoint_rollback(self._savepoint)

    @rule(data=st.data())
    def act(self, data: Any) -> None:
        possible = [each for each in ACTIONS if each.makes_sense(self.steps)]
        possible.sort(key=lambda each: self._done[each.name] / WEIGHTS.get(each.name, 1))
        places = st.integers(0, len(possible) - 1)
        chosen = possible[min(data.draw(places), data.draw(places), data.draw(places))]
        drawn = {name: data.draw(strategy, label=f"{chosen.name}: {name}") for name, strategy in chosen.drawn.items()}
        chosen.do(self.steps, **drawn)
        self._done[chosen.name] += 1
