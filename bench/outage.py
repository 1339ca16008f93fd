"""What re-seating everybody after an outage costs, through the database: the proposal, the commit, the undo.

`python -m bench.outage [--engine postgres|sqlite] [--seeds N]`; see bench/README.md.
"""

import argparse
from typing import Any

from bench.booking import percentile
from bench.engine import ENGINES, each_engine, start_engine

# Sessions hit, protocol, share of the other devices' places that are taken, and the goal in seconds.
CASES = ((14, "tms_mdd_36", 0.8, 2.0), (24, "tms_mdd_36", 0.6, 2.0), (60, "tms_itbs_36", 0.5, 10.0))


def main() -> None:
    """Measure one engine, or each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    if options.engine is None:
        each_engine("bench.outage")
        return
    start_engine(options.engine)
    # Models can be imported only now: the settings decide which database they live in.
    from bench.broken_clinic import BrokenClinic  # noqa: PLC0415

    clinic = BrokenClinic()
    print(f"\n{options.engine}: 3 devices, 4 operators, one device down for 2 days, {options.seeds} seeds")
    print(
        f"{'sessions hit, others taken':28}{'p50 s':>8}{'max s':>8}{'goal':>6}{'rows':>6}{'commit':>8}{'undo':>8}"
        f"{'moved':>7}{'day':>5}{'call':>6}{'broken':>8}{'ours/best':>11}{'first/best':>12}"
    )
    for hit, code, load, goal in CASES:
        _print(hit, load, goal, [clinic.outage(hit, code, load, seed) for seed in range(options.seeds)])


def _print(hit: int, load: float, goal: float, runs: list[Any]) -> None:
    spent = sorted(run.proposal for run in runs)
    every = len(runs)
    print(
        f"{f'{hit}, {load:.0%}':28}{percentile(spent, 50):8.2f}{spent[-1]:8.2f}{goal:6.0f}"
        f"{max(run.statements for run in runs):6}"
        f"{percentile(sorted(run.commit for run in runs), 50):8.2f}"
        f"{percentile(sorted(run.undo for run in runs), 50):8.2f}"
        f"{sum(run.moved for run in runs) / every:7.1f}{sum(run.other_day for run in runs) / every:5.1f}"
        f"{sum(run.calls for run in runs) / every:6.1f}{sum(run.broken for run in runs):8}"
        f"{sum(run.cost for run in runs) / sum(run.best for run in runs):11.3f}"
        f"{sum(run.first_come for run in runs) / sum(run.best for run in runs):12.3f}"
    )


if __name__ == "__main__":
    main()
