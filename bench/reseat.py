"""How near the re-seating after an outage comes to the optimum, and how fast: against CP-SAT on the same options.

`python -m bench.reseat [--seeds N] [--seconds S]`; see bench/README.md.
"""

import argparse
import time

from bench.booking import percentile
from scheduling.domain.reseat import first_come_first_served, lower_bound, seat
from scheduling.optimize import solved
from tests.scheduling.domain.test_reseat import faults
from tests.scheduling.oracle.reseat_cases import outage

SIZES = (14, 24, 60)


def main() -> None:
    """Print one line a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0, help="for CP-SAT, a case")
    options = parser.parse_args()
    print(
        f"{'sessions hit':14}{'p50 s':>8}{'max s':>8}{'CP-SAT p50 s':>14}{'mean gap':>10}{'max gap':>9}"
        f"{'optimal':>9}{'first come':>12}{'to a person':>13}{'broken':>8}"
    )
    for hit in SIZES:
        print(_line(hit, options.seeds, options.seconds))


def _line(hit: int, seeds: int, seconds: float) -> str:
    times, oracle_times, gaps, firsts = [], [], [], []
    optimal = calls = best_calls = broken = 0
    for seed in range(seeds):
        seats = outage(seed, hit)
        began = time.perf_counter()
        found = seat(seats, seed=seed)
        times.append(time.perf_counter() - began)
        began = time.perf_counter()
        best, bound = solved(seats, seconds=seconds, seed=seed)
        oracle_times.append(time.perf_counter() - began)
        assert lower_bound(seats) <= best.cost
        optimal += best.cost == bound
        gaps.append(found.cost / best.cost - 1)
        firsts.append(first_come_first_served(seats).cost / best.cost)
        calls += sum(choice is None for choice in found.chosen.values())
        best_calls += sum(choice is None for choice in best.chosen.values())
        broken += bool(faults(seats, found)) + bool(faults(seats, best))
    return (
        f"{hit:<14}{percentile(sorted(times), 50):8.2f}{max(times):8.2f}{percentile(sorted(oracle_times), 50):14.2f}"
        f"{sum(gaps) / len(gaps):10.1%}{max(gaps):9.1%}{f'{optimal}/{seeds}':>9}"
        f"{sum(firsts) / len(firsts):11.2f}x{f'{calls} / {best_calls}':>13}{broken:8}"
    )


if __name__ == "__main__":
    main()
