"""What a full day costs: 240 visits, 100,000 sessions, seven receptionists over HTTP and one in a browser.

`python -m bench.board [--sessions N] [--seconds N] [--visits N]`; see bench/README.md.
"""

import argparse
import contextlib
import datetime as dt
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import testkit
from bench.desk import Line, hammer, together, work
from bench.engine import ROOT, start_engine

USERS = 7
NOW = dt.datetime(2026, 11, 16, 18, 12, tzinfo=dt.UTC)  # 1:12pm at the clinic, a Monday
LIMIT = 100  # rows of a page of the API
SERVER = [
    sys.executable,
    "-m",
    "gunicorn",
    "bench.board_wsgi",
    "--worker-class=gthread",
    "--workers=2",
    "--threads=4",
    "--no-control-socket",
    "--access-logformat=%(m)s %(U)s %(s)s %(D)s",
]
GOALS: list[tuple[str, float, float, bool]] = []


def main() -> None:
    """Seed, measure, compare; leave with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--visits", type=int, default=240)
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    start_engine("postgres", TEST_CLOCK=NOW.isoformat())
    # Models can be imported only now: the settings decide which database they live in.
    from django.core.management import call_command  # noqa: PLC0415

    from bench import board_wsgi, full_day, in_browser, in_process  # noqa: PLC0415

    board_wsgi.adapt()
    call_command("collectstatic", interactive=False, verbosity=0)
    started = time.monotonic()
    day = full_day.build(now=NOW, sessions=options.sessions, users=USERS + 1, visits=options.visits)
    print(f"{day.sessions:,} sessions, {day.visits} of them today, in {time.monotonic() - started:.0f} s\n")
    in_process.statements(day, goal)
    with _server() as (port, log):
        cookies = [in_process.cookie(user) for user in day.users]
        _desk(port, log, cookies, in_process.to_come(day), options.seconds)
        in_browser.measure(port, cookies[-1], goal)
        _ratios(port, cookies, day)
    in_process.database_alone(day)
    missed = [name for name, seen, most, is_least in GOALS if (seen < most if is_least else seen > most)]
    print(f"\nmissed: {', '.join(missed)}" if missed else "\nevery goal is met")
    sys.exit(bool(missed))


def goal(name: str, seen: float, most: float, *, is_least: bool = False, unit: str = "ms") -> None:
    """Print a figure beside its goal, and remember it."""
    GOALS.append((name, seen, most, is_least))
    print(f"{name:54}{seen:10.2f} {unit:4}  goal {'at least' if is_least else 'at most'} {most:g}")


@contextlib.contextmanager
def _server() -> Iterator[tuple[int, Path]]:
    port, folder = testkit.free_port(), Path(os.environ["DATA_DIR"])
    log = folder / "access.log"
    command = [*SERVER, f"--bind=127.0.0.1:{port}", f"--access-logfile={log}"]
    errors = (folder / "server.log").open("w")
    with errors, subprocess.Popen(command, cwd=ROOT, stderr=errors, preexec_fn=testkit.die_with_parent) as server:
        try:
            testkit.wait_until(lambda: testkit.accepts(port), "The server", seconds=60)
            yield port, log
        finally:
            server.terminate()


def _desk(port: int, log: Path, cookies: list[str], visits: list[int], seconds: float) -> None:
    """Seven receptionists at work; the board's time is what the server's own log says."""
    with get_context("fork").Pool(USERS) as pool:
        together(work, pool, [(port, cookie, [], 3.0, n) for n, cookie in enumerate(cookies[:USERS])])
        warm = log.read_text().count("\n")
        jobs = [(port, cookie, visits[n::USERS], seconds, n) for n, cookie in enumerate(cookies[:USERS])]
        spent = together(work, pool, jobs)
    print(f"{USERS} receptionists for {seconds:.0f} s, as they saw it{'p50':>21}{'p95':>8}{'worst':>8}{'n':>6}")
    for kind, ms in sorted(spent.items()):
        ms.sort()
        print(f"  {kind:52}{at(ms, 50):10.1f}{at(ms, 95):8.1f}{ms[-1]:8.1f}{len(ms):6}")
    logged = "\n".join(log.read_text().splitlines()[warm:])
    boards = sorted(int(us) / 1000 for us in re.findall(r"^GET / 200 (\d+)$", logged, re.MULTILINE))
    goal("board, server's p95 of a whole answer (access log)", at(boards, 95), 150)
    unchanged = sorted(int(us) / 1000 for us in re.findall(r"^GET / 304 (\d+)$", logged, re.MULTILINE))
    if unchanged:
        print(f"{'board unchanged (304), server p95':54}{at(unchanged, 95):10.2f} ms")
    goal("find a patient, p95", at(sorted(spent["find a patient"]), 95), 120)


def _ratios(port: int, cookies: list[str], day: Any) -> None:
    """Ask for the day as ours and as others would write it, eight at once, in turn."""
    where = urlencode({"site": day.site.pk, "day": day.today, "limit": LIMIT})
    ours = urlencode({"site": day.site.slug, "date": day.today, "limit": LIMIT})
    ways: dict[str, tuple[str, dict[str, str]]] = {
        "ours": ("/", {}),
        "usual": (f"/bench/usual/?{where}", {}),
        "by hand": (f"/bench/by-hand/?{where}", {}),
        "our json": (f"/api/v1/sessions/?{ours}", {}),
        "serialized": (f"/bench/serialized/?{where}", {}),
        "unchanged": ("/", {"HX-Request": "true"}),
        "select 1": ("/bench/one/", {}),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    with get_context("fork").Pool(len(cookies)) as pool:
        for _round in range(3):
            for name, (path, headers) in ways.items():
                jobs = [(port, cookie, path, 4.0, headers | _known(port, cookie, name)) for cookie in cookies]
                spent[name] += together(hammer, pool, jobs)[path]
    print(f"\n{len(cookies)} users without a pause{'p50':>39}{'p95':>8}{'a second':>10}")
    for name, ms in spent.items():
        ms.sort()
        print(f"  {name:52}{at(ms, 50):10.1f}{at(ms, 95):8.1f}{len(ms) / 12:10.0f}")
    p95, rate = ({name: run(ms) for name, ms in spent.items()} for run in (lambda ms: at(ms, 95), len))
    print(f"board / select_related and template, p95 {p95['ours'] / p95['usual']:.2f} (G9: 0.33)")
    print(f"board / f-strings, p95 {p95['ours'] / p95['by hand']:.2f} (G9: 2)")
    print(f"our JSON / ModelSerializer, a second {rate['our json'] / rate['serialized']:.2f} (G9: 3)")
    goal("unchanged board / SELECT 1, a second (G9)", rate["unchanged"] / rate["select 1"], 0.5, is_least=True, unit="")


def _known(port: int, cookie: str, name: str) -> dict[str, str]:
    """Return what an open board says it shows; a board is one person's."""
    if name != "unchanged":
        return {}
    _spent, _status, headers, _text = Line(port, cookie).ask("/")
    return {"If-None-Match": str(headers["ETag"])}


def at(sorted_ms: list[float], percent: int) -> float:
    """Return a percentile of sorted values."""
    return sorted_ms[min(len(sorted_ms) - 1, len(sorted_ms) * percent // 100)]


if __name__ == "__main__":
    main()
