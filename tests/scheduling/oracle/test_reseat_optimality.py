"""Thirty outages, solved by the product and by CP-SAT: never more than a twentieth above the optimum."""

import pytest

from scheduling.domain.reseat import lower_bound, seat
from scheduling.optimize import solved
from tests.scheduling.domain.test_reseat import faults
from tests.scheduling.oracle.reseat_cases import outage

pytestmark = pytest.mark.long
CASES = [(hit, seed) for hit in (14, 24, 60) for seed in range(10)]
SECONDS = 20


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("hit", "seed"), CASES)
def test_an_outage_is_seated_within_a_twentieth_of_the_optimum(hit: int, seed: int) -> None:
    seats = outage(seed, hit)

    best, bound = solved(seats, seconds=SECONDS, seed=seed)
    found = seat(seats, seed=seed)

    assert (faults(seats, best), faults(seats, found)) == ([], [])
    assert lower_bound(seats) <= best.cost
    assert best.cost == bound, "the oracle found no optimum in its time"
    assert found.cost <= 1.05 * best.cost
