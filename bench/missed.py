"""What flagging missed sessions costs: beside raw SQL and a loop, with a short and a long past, and with nothing to do.

`python -m bench.missed [--engine postgres|sqlite] [--sessions N] [--rounds N]`; see bench/README.md.
"""

import argparse
import os
import statistics
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import django
import psycopg

import testkit
from bench.engine import ENGINES, each_engine

LANES = 2_000  # sessions a day
OVERDUE = 5_000
IDLE = 25  # looks at nothing a round, raw and ours in turn
WAYS = {
    "raw": "raw single UPDATE",
    "raw_with_events": "raw UPDATE and event INSERT",
    "ours": "flag_missed_sessions",
    "loop": "save() and event, row by row",
    "raw_idle": "raw UPDATE, nothing to do",
    "ours_idle": "flag_missed_sessions, nothing to do",
}
Spent = dict[str, list[float]]


def main() -> None:
    """Measure one engine, or each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--sessions", type=int, default=2_000_000, help="the long past; the short one is a tenth of it")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if options.engine is None:
        each_engine("bench.missed")
        return
    folder = testkit.temporary_folder()
    pasts = [_Past(address, folder, size) for address, size in _databases(options.engine, folder, options.sessions)]
    for past in pasts:
        print(f"{options.engine}: {past.ask('sessions'):,} sessions seeded in {past.seeded:.0f} s, {OVERDUE:,} overdue")
    seen: list[Spent] = [{way: [] for way in WAYS} for _past in pasts]
    for _round in range(options.rounds):
        for past, spent in zip(pasts, seen, strict=True):
            past.turn(spent)
    _print(seen, [past.ask("sessions") for past in pasts])


def _databases(engine: str, folder: Path, sessions: int) -> list[tuple[str, int]]:
    sizes = (sessions // 10, sessions)
    if engine == "sqlite":
        return [(f"sqlite:///{folder}/{size}.sqlite3", size) for size in sizes]
    address = testkit.start_postgres(folder, durable=True)
    with psycopg.connect(address, autocommit=True) as line:
        for size in sizes:
            line.execute(f"CREATE DATABASE past_{size}")
    return [(f"{address.removesuffix('postgres')}past_{size}", size) for size in sizes]


class _Past:
    """A seeded database in a process of its own, so that two of them can be measured in turn."""

    def __init__(self, address: str, folder: Path, size: int) -> None:
        self._line, theirs = get_context("spawn").Pipe()
        get_context("spawn").Process(target=_serve, args=(theirs, address, str(folder), size), daemon=True).start()
        theirs.close()
        self.seeded: float = self._line.recv()

    def ask(self, what: str) -> Any:
        self._line.send(what)
        return self._line.recv()

    def turn(self, spent: Spent) -> None:
        """Measure every way once, each from the same state."""
        for way in ("raw", "raw_with_events", "loop", "ours"):
            spent[way].append(self.ask(way))
            if way != "ours":
                self.ask("restore")
        self.ask("tidy")  # everything is flagged: nothing is left to do
        for way, times in self.ask("idle").items():
            spent[way] += times
        self.ask("restore")


def _serve(line: Connection, address: str, folder: str, size: int) -> None:
    """Seed, then do what the other end asks for until it hangs up."""
    testkit.die_with_parent()
    os.environ |= {
        "DATABASE_URL": address,
        "DATA_DIR": folder,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": testkit.TEST_KEY,
        "LOG_LEVEL": "ERROR",
    }
    os.environ.pop("REDIS_URL", None)
    django.setup()
    # Models can be imported only now: the settings above decide which database they live in.
    from bench.long_past import LongPast, ms  # noqa: PLC0415

    made: list[LongPast] = []
    line.send(ms(lambda: made.append(LongPast(size))) / 1000)
    while True:
        try:
            asked = getattr(made[0], line.recv())
        except EOFError:
            return
        line.send(asked() if callable(asked) else asked)


def _print(seen: list[Spent], sizes: list[int]) -> None:
    middle, best = (
        [{way: pick(times) for way, times in spent.items()} for spent in seen] for pick in (statistics.median, min)
    )
    print(f"\n{'ms':40}{sizes[0]:>12,} {'best':>8}{sizes[1]:>12,} {'best':>8}")
    for way, words in WAYS.items():
        print(f"{words:40}" + "".join(f"{m[way]:12.2f} {b[way]:8.2f}" for m, b in zip(middle, best, strict=True)))
    print()
    for words, one, other, goal in (
        ("flag_missed_sessions / raw single UPDATE", "ours", "raw", "3 at most"),
        ("flag_missed_sessions / raw UPDATE and INSERT", "ours", "raw_with_events", ""),
        ("nothing to do: ours / raw", "ours_idle", "raw_idle", "under 2"),
        ("loop / flag_missed_sessions", "loop", "ours", "10 or more"),
    ):
        print(f"{words:40}" + "".join(f"{m[one] / m[other]:12.2f} {'':8}" for m in middle) + f"  {goal}")
    for way in ("raw", "ours", "ours_idle"):
        growth = f"{middle[1][way] / middle[0][way]:12.2f} {best[1][way] / best[0][way]:8.2f}"
        print(f"{f'{sizes[1]:,} / {sizes[0]:,}: {way}':61}{growth}  {'under 1.2' * (way == 'ours')}")


if __name__ == "__main__":
    main()
