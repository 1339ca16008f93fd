"""What previewing and booking a course costs: over HTTP on both engines, and beside raw SQL in one process.

`python -m bench.booking [--engine postgres|sqlite] [--reservations N] [--requests N]`; see bench/README.md.
"""

import argparse
import datetime as dt
import http.client
import itertools
import json
import os
import random
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import testkit
from bench.engine import ROOT, each_engine, start_engine

CLIENTS, WARM_UPS = 4, 20
DEVICES, SITES = 6, 4
SLOTS = range(450, 1050, 30)  # 7:30am to 5pm in half hours
WORKDAYS_AHEAD, LOAD_AHEAD = 200, 0.3
SERVERS = {
    "postgres": [
        "gunicorn",
        "config.wsgi",
        "--worker-class=gthread",
        "--workers=2",
        "--threads=4",
        "--bind=127.0.0.1:{port}",
        "--no-control-socket",
    ],
    "sqlite": ["waitress", "--threads=8", "--listen=127.0.0.1:{port}", "config.wsgi:application"],
}


def main() -> None:
    """Measure one engine, or each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=sorted(SERVERS))
    parser.add_argument("--reservations", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args()
    if options.engine is None:
        each_engine("bench.booking")
        return
    start_engine(options.engine)
    # Models can be imported only now: the settings decide which database they live in.
    from bench import clinic  # noqa: PLC0415

    started = time.monotonic()
    bench = clinic.build(reservations=options.reservations)
    print(f"\n{options.engine}: {bench.reservations:,} reservations seeded in {time.monotonic() - started:.0f} s")
    _over_http(options.engine, bench, options.requests)
    if options.engine == "postgres":
        print(f"SQL statements a booking over HTTP: {bench.statements()}")
        _beside_raw_sql(bench.at_another_site())


def _over_http(engine: str, bench: Any, requests: int) -> None:
    port = testkit.free_port()
    command = [sys.executable, "-m", *(part.format(port=port) for part in SERVERS[engine])]
    log = (Path(os.environ["DATA_DIR"]) / "server.log").open("w")
    with log, subprocess.Popen(command, cwd=ROOT, stderr=log, preexec_fn=testkit.die_with_parent) as server:
        try:
            testkit.wait_until(lambda: testkit.accepts(port), "The server", seconds=60)
            share = requests // CLIENTS
            patients = bench.patients(requests + WARM_UPS)
            work = [(port, bench.token, patients[n::CLIENTS], share, n) for n in range(CLIENTS)]
            # Processes, so that four clients do not share one interpreter lock.
            with get_context("fork").Pool(CLIENTS) as pool:
                seen = pool.starmap(_client, work)
        finally:
            server.terminate()
    previews = sorted(itertools.chain(*(client["previews"] for client in seen)))
    bookings = sorted(itertools.chain(*(client["bookings"] for client in seen)))
    refused = sum(client["refused"] for client in seen)
    print(f"{'over HTTP, 4 clients, ms':40}{'p50':>8}{'p95':>8}{'worst':>8}{'n':>6}  goal p95")
    row(f"preview of 36 sessions, {DEVICES} devices", previews, "300")
    row("booking of 36 sessions", bookings, "400")
    print(f"{refused} plans were taken between preview and booking and answered 409; the offer was booked instead")


def _client(port: int, token: str, patients: list[int], share: int, number: int) -> dict[str, Any]:
    """Preview and book one course after the other on one connection; the first few are not counted."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    chance = random.Random(number)
    seen: dict[str, Any] = {"previews": [], "bookings": [], "refused": 0}
    for turn, patient in enumerate(patients):
        wish = {
            "patient": patient,
            "protocol": "tms_mdd_36",
            "start_on": str(chance.choice(_starts())),
            "preferred_time": f"{(minute := chance.choice(SLOTS)) // 60:02}:{minute % 60:02}",
        }
        preview, status, answer = timed(line, token, "courses/preview/", wish)
        assert status == 200, answer
        plan = answer["plans"][0]["plan"]
        while True:
            booking, status, answer = timed(line, token, "courses/", {"plan": plan})
            if status == 201:
                break
            assert status == 409, answer
            seen["refused"] += 1
            plan = answer["alternatives"][0]["plan"]
        if turn >= len(patients) - share:
            seen["previews"].append(preview)
            seen["bookings"].append(booking)
    return seen


def timed(line: http.client.HTTPConnection, token: str, path: str, body: dict[str, Any]) -> tuple[float, int, Any]:
    headers = {
        "Authorization": f"Token {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"bench-{os.getpid()}-{time.monotonic_ns()}",
    }
    started = time.perf_counter()
    line.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
    response = line.getresponse()
    content = response.read()
    return (time.perf_counter() - started) * 1000, response.status, json.loads(content)


def _starts() -> list[dt.date]:
    """Return the Mondays to Fridays on which a course may start, none of them closed."""
    days = (dt.date(2026, 11, 30) + dt.timedelta(days=offset) for offset in range(200))
    return [day for day in days if day.isoweekday() <= 5]


def _beside_raw_sql(bench: Any, courses: int = 80) -> None:
    from bench.raw import Raw  # noqa: PLC0415

    raw = Raw(os.environ["DATABASE_URL"], bench)
    chance = random.Random(1)
    spent: dict[str, list[float]] = {"ours": [], "raw": []}
    for turn, patient in enumerate(bench.patients(2 * (courses + WARM_UPS // 2))):
        way = ("ours", "raw")[turn % 2]
        proposal = bench.propose(patient, start_on=chance.choice(_starts()), minute=chance.choice(SLOTS))
        run = bench.book if way == "ours" else raw.prepared(proposal)
        started = time.perf_counter()
        run(proposal)
        if turn >= WARM_UPS:
            spent[way].append((time.perf_counter() - started) * 1000)
    print(f"\n{'one process, one client, ms':40}{'p50':>8}{'p95':>8}{'worst':>8}{'n':>6}")
    row("book_course", sorted(spent["ours"]))
    row("raw SQL, same rows and locks", sorted(spent["raw"]))
    ratio = percentile(sorted(spent["ours"]), 50) / percentile(sorted(spent["raw"]), 50)
    print(f"ratio of p50: {ratio:.2f} (goal 1.5)")


def row(words: str, values: list[float], goal: str = "") -> None:
    figures = [percentile(values, 50), percentile(values, 95), values[-1]]
    print(f"{words:40}{''.join(f'{figure:8.1f}' for figure in figures)}{len(values):6}  {goal}")


def percentile(values: list[float], share: int) -> float:
    return values[min(len(values) - 1, len(values) * share // 100)]


if __name__ == "__main__":
    main()
