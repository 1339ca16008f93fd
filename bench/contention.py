"""How long people wait for each other when eight of them book and move on ten devices and people, on PostgreSQL.

`python -m bench.contention [--seconds N] [--rounds N]`; see bench/README.md.
"""

import argparse
import statistics
from collections import Counter
from multiprocessing import get_context
from typing import Any

from bench.booking import percentile
from bench.engine import start_engine

CLIENTS = 8
KINDS = ("book", "move")
# name, clients, whether resources and patient are locked before rows are inserted
MODES = (
    ("1 client", 1, True),
    ("8 clients", CLIENTS, True),
    ("8 clients, rows sorted, no lock first", CLIENTS, False),
)
Attempt = tuple[str, str, float]  # kind, outcome, ms


def main() -> None:
    """Measure the modes in turn, each time at a site of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    start_engine("postgres")
    # Models can be imported only now: the settings decide which database they live in.
    from bench import crowded  # noqa: PLC0415

    clinics = crowded.build(sites=len(MODES) * options.rounds, clients=CLIENTS)
    print(f"{crowded.RESOURCES} devices and people, {crowded.PLANS} plans of 36 sessions\n")
    head = "".join(f"{words:>10}" for words in ("done", "refused", "deadlocks", "a second", "p50", "p95", "worst"))
    print(f"{'':40}{head}")
    ratios: dict[str, list[float]] = {kind: [] for kind in KINDS}
    gains = []
    for turn in range(options.rounds):
        runs = []
        for mode, clinic in zip(MODES, clinics[turn * len(MODES) :], strict=False):
            runs.append(_run(crowded, mode, clinic, options.seconds))
        for kind in KINDS:
            ratios[kind].append(_times(runs[1], kind)[-1] / percentile(_times(runs[0], kind, "done"), 50))
        gains.append(len(runs[1]) / len(runs[2]))
    print(f"\n{'of each round, and their median':40}")
    for kind in KINDS:
        _print(f"{kind}: worst of 8 / p50 of 1, done", ratios[kind], "25 at most")
    _print("attempts a second, locked / not locked", gains, "")
    print(f"{'overlaps left':40}{sum(crowded.overlaps(clinic) for clinic in clinics):8}  0")


def _run(crowded: Any, mode: tuple[str, int, bool], clinic: Any, seconds: int) -> list[Attempt]:
    """Let the clients of a mode work, in processes: eight clients must not share one interpreter lock."""
    name, clients, is_locked = mode
    before, forks = crowded.deadlocks(), get_context("fork")
    line, answers = forks.Barrier(clients), forks.SimpleQueue()
    for number in range(clients):
        work = (clinic, number, line, answers, seconds, is_locked)
        forks.Process(target=crowded.work, args=work, daemon=True).start()
    seen = [attempt for _client in range(clients) for attempt in answers.get()]
    _row(name, seen, crowded.deadlocks() - before, len(seen) / seconds)
    return seen


def _print(words: str, figures: list[float], goal: str) -> None:
    each = "".join(f"{figure:8.1f}" for figure in figures)
    print(f"{words:40}{each}  {statistics.median(figures):8.1f}  {goal}")


def _row(name: str, seen: list[Attempt], deadlocks: int, rate: float) -> None:
    """Print how a mode went."""
    outcomes = Counter(outcome for _kind, outcome, _ms in seen)
    refused = sum(outcomes.values()) - outcomes["done"]
    print(f"{name:40}{outcomes['done']:10}{refused:10}{deadlocks:10}{rate:10.0f}  {dict(outcomes)}")
    for kind in KINDS:
        times = _times(seen, kind)
        figures = "".join(f"{percentile(times, share):10.1f}" for share in (50, 95, 100))
        done = len(_times(seen, kind, "done"))
        print(f"{f'  {kind}, ms':40}{done:10}{len(times) - done:10}{'':20}{figures}")


def _times(seen: list[Attempt], kind: str, only: str = "") -> list[float]:
    return sorted(ms for each, outcome, ms in seen if each == kind and only in {"", outcome})


if __name__ == "__main__":
    main()
