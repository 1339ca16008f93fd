"""How fast messages leave beside a bare loop, and what planning and claiming cost in a long past, on PostgreSQL.

`python -m bench.messages [--rows N] [--rounds N] [--past N]`; see bench/README.md.
"""

import argparse
import datetime as dt
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import httpx
import psycopg

from bench.engine import start_engine

SENDERS = 8
ANSWER = 0.1  # seconds the gateway takes
SHORT_PAST = 10_000
LOOKS = 200
SHARE, RATIO = 0.8, 1.2  # the goals
CLOCK = "2026-11-16T14:04:00+00:00"


def main() -> None:
    """Measure both loops in turn, then planning and claiming with a short and a long past; fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--past", type=int, default=1_000_000)
    options = parser.parse_args()
    with _gateway() as address:
        start_engine(
            "postgres",
            TEST_CLOCK=CLOCK,
            SEND_MESSAGES="true",
            SMS_URL="twilio://AC1:secret@/?from=+15550109999",
            SMS_API_BASE=address,
            SMS_PER_SECOND="100000",
        )
        # Models can be imported only now: the settings decide which database they live in.
        from bench import outbox  # noqa: PLC0415

        outbox.build()
        share = _against_the_bare_loop(outbox, options.rows, options.rounds)
        ratio = _in_a_long_past(outbox, options.past)
    if share < SHARE or ratio > RATIO:
        sys.exit("A goal is missed.")


def _against_the_bare_loop(outbox: Any, rows: int, rounds: int) -> float:
    print(f"{SENDERS} senders, {rows} texts, a gateway that answers in {ANSWER * 1000:.0f} ms\n")
    print(f"{'texts a second':24}{'bare loop':>12}{'ours':>12}{'share':>8}")
    shares = []
    for turn in range(rounds + 1):
        outbox.plan(rows)
        bare, ours = _rate(outbox.bare, rows), _rate(outbox.ours, rows)
        left = outbox.left()
        assert left == (0, 0), left
        if turn:  # the first one warms up
            shares.append(ours / bare)
            print(f"round {turn:<18}{bare:>12.1f}{ours:>12.1f}{ours / bare:>8.0%}")
    share = statistics.median(shares)
    print(f"{'median':48}{share:>8.0%}   goal {SHARE:.0%}\n")
    return share


def _rate(work: Callable[[Any], None], rows: int) -> float:
    """Let eight processes work until nothing is left; return rows a second from the first start to the last end."""
    context = get_context("fork")
    line = context.Barrier(SENDERS + 1)
    senders = [context.Process(target=work, args=(line,)) for _sender in range(SENDERS)]
    for sender in senders:
        sender.start()
    line.wait()
    began = time.monotonic()
    for sender in senders:
        sender.join()
    return rows / (time.monotonic() - began)


def _in_a_long_past(outbox: Any, past: int) -> float:
    costs = []
    for number in (SHORT_PAST, past):
        outbox.grow(number)
        costs.append(statistics.median(outbox.look() for _look in range(LOOKS)))
        print(f"plan and claim, {number:>9,} messages: {costs[-1] * 1000:6.2f} ms")
    ratio = costs[1] / costs[0]
    print(f"ratio {ratio:.2f}   goal {RATIO}")
    return ratio


@contextmanager
def _gateway() -> Iterator[str]:
    """Run the gateway in a process of its own, so that it takes no turn from the senders."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    there.close()  # one that can't start ends the wait
    yield here.recv()
    process.terminate()


def _serve(line: Any) -> None:
    from tests.servers import sms_gateway  # noqa: PLC0415 - not needed by whoever only measures

    with sms_gateway() as gateway:
        gateway.delay = ANSWER
        line.send(gateway.address)
        line.recv()


class BareLoop:
    """Claim five, post each, mark each: raw SQL and one kept connection, nothing else."""

    CLAIM = (
        "UPDATE bare SET state = 1, token = %s, lease_until = now() + interval '120 s' WHERE id IN "
        "(SELECT id FROM bare WHERE state = 0 ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED) RETURNING id, address, body"
    )

    def run(self, line: Any) -> None:
        """Work until nothing is left."""
        with psycopg.connect(os.environ["DATABASE_URL"]) as database, httpx.Client() as client:
            line.wait()
            while rows := database.execute(self.CLAIM, [uuid.uuid4()]).fetchall():
                database.commit()
                for row in rows:
                    self.send(client, *row)
                    database.execute("UPDATE bare SET state = 2 WHERE id = %s", [row[0]])
                    database.commit()

    def send(self, client: httpx.Client, key: int, address: str, body: str) -> None:
        """Post one text."""
        data = {"To": address, "From": "+15550109999", "Body": body, "StatusCallback": f"http://127.0.0.1/{key}/"}
        url = f"{os.environ['SMS_API_BASE']}/2010-04-01/Accounts/AC1/Messages.json"
        client.post(url, data=data, auth=("AC1", "secret")).raise_for_status()


NOW = dt.datetime.fromisoformat(CLOCK)

if __name__ == "__main__":
    main()
