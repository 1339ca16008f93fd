"""What planning costs: previews over HTTP, growth with the active courses, and whole-course offers without I/O.

`python -m bench.planning [--engine postgres|sqlite] [--requests N]`; see bench/README.md.
"""

import argparse
import datetime as dt
import http.client
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import testkit
from bench.booking import SERVERS, percentile, row, timed
from bench.engine import ROOT, each_engine, start_engine

WARM_UPS = 10
ACTIVE = (10, 50, 100, 200, 400)
# protocol, devices of the site, goal of the p95 in ms
HTTP_CASES = (("tms_mdd_36", 6, 300), ("tms_mdd_36", 10, 500), ("saint_50", 6, 800), ("dbt_52", 10, 800))


def main() -> None:
    """Measure one engine, or each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=sorted(SERVERS))
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    if options.engine is None:
        each_engine("bench.planning")
        return
    start_engine(options.engine)
    # Models can be imported only now: the settings decide which database they live in.
    from bench import busy_clinic  # noqa: PLC0415

    clinic = busy_clinic.prepare()
    print(f"\n{options.engine}")
    _over_http(options.engine, clinic, options.requests)
    _growth(clinic)
    _without_io(clinic)
    _outlook(clinic)


def _over_http(engine: str, clinic: Any, requests: int) -> None:
    sites = {devices: clinic.site(devices=devices, active=400) for _code, devices, _goal in HTTP_CASES}
    port = testkit.free_port()
    command = [sys.executable, "-m", *(part.format(port=port) for part in SERVERS[engine])]
    log = (Path(os.environ["DATA_DIR"]) / "server.log").open("w")
    with log, subprocess.Popen(command, cwd=ROOT, stderr=log, preexec_fn=testkit.die_with_parent) as server:
        try:
            testkit.wait_until(lambda: testkit.accepts(port), "The server", seconds=60)
            print(f"{'preview over HTTP, 400 active courses, ms':52}{'p50':>8}{'p95':>8}{'worst':>8}{'n':>6}  goal p95")
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            _previews(line, clinic.token, sites[6], "consult", WARM_UPS)
            before = _resident(server.pid)
            for code, devices, goal in HTTP_CASES:
                spent, plans = _previews(line, clinic.token, sites[devices], code, requests)
                words = f"{code}, {devices} devices, {plans:.1f} plans and the strip"
                row(words, sorted(spent), str(goal))
            extra = _resident(server.pid) - before
            print(f"resident memory of the server over a preview of one visit: +{extra:.0f} MiB (goal 64)")
        finally:
            server.terminate()


def _previews(line: Any, token: str, site: str, code: str, requests: int) -> tuple[list[float], float]:
    chance = random.Random(code)
    spent, plans = [], 0
    for turn in range(WARM_UPS + requests):
        start = dt.date(2026, 11, 30) + dt.timedelta(days=7 * chance.randrange(6) + chance.randrange(5))
        minute = chance.randrange(450, 960, 30)
        wish = {
            "site": site,
            "protocol": code,
            "start_on": str(start),
            "preferred_time": f"{minute // 60:02}:{minute % 60:02}",
        }
        took, status, answer = timed(line, token, "courses/preview/", wish)
        assert status == 200, answer
        if turn >= WARM_UPS:
            spent.append(took)
            plans += len(answer["plans"])
    return spent, plans / requests


def _resident(pid: int) -> float:
    """Return the resident memory of a process and its children in MiB."""
    found = subprocess.run(
        ["ps", "-o", "rss=", "--pid", str(pid), "--ppid", str(pid)], capture_output=True, text=True, check=True
    )
    return sum(int(line) for line in found.stdout.split()) / 1024


def _growth(clinic: Any) -> None:
    print(f"\n{'one process, 36 sessions, 6 devices: active courses':52}{'p50 ms':>8}{'reading':>9}")
    figures = {}
    for active in ACTIVE:
        slug = clinic.site(devices=6, active=active)
        whole, reading = clinic.cost(slug, runs=30)
        figures[active] = percentile(sorted(whole), 50)
        share = percentile(sorted(reading), 50) / figures[active]
        print(f"{active:52}{figures[active]:8.1f}{share:9.0%}")
    print(f"from 10 to 400 active courses: {figures[400] / figures[10]:.2f} times the cost (goal under 2)")


def _without_io(clinic: Any) -> None:
    spent = []
    for seed in range(40):
        wish, ground = clinic.in_memory(load=0.6, seed=seed)
        started = time.perf_counter()
        clinic.offers(wish, ground)
        spent.append((time.perf_counter() - started) * 1000)
    print(f"\n{'without I/O, 4 resources, 60 % load, ms':52}{'p50':>8}{'p95':>8}{'worst':>8}{'n':>6}")
    row("three plans and the strip of a whole course", sorted(spent), "10")


def _outlook(clinic: Any) -> None:
    slug = clinic.site(devices=6, active=400)
    print(f"\n{'one process, 6 devices, 400 active courses, ms':52}{'p50':>8}{'p95':>8}{'worst':>8}{'n':>6}")
    for words, ask, runs in clinic.outlook(slug):
        spent = []
        for _run in range(runs):
            started = time.perf_counter()
            ask()
            spent.append((time.perf_counter() - started) * 1000)
        row(words, sorted(spent), "")


if __name__ == "__main__":
    main()
