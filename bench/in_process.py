"""What can be said about the board without a server: its statements, and what the database alone takes."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.full_day import FullDay
from scheduling.models import Session
from scheduling.queries import board

ROUNDS = 20


def cookie(user: Any) -> str:
    """Sign a person in and return the cookie."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    return client.cookies["sessionid"].value


def to_come(day: FullDay) -> list[int]:
    """Return the visits of today that are still booked."""
    found = Session.objects.filter(site=day.site, day=day.today, state="booked", starts_at__gt=day.now)
    return list(found.order_by("starts_at").values_list("pk", flat=True))


def statements(day: FullDay, goal: Callable[..., None]) -> None:
    """Count the statements of the board with all of today's visits and with those of a day with few."""
    counts = [_statements(day, f"/?site={day.site.slug}&day={when}") for when in (day.today, _quiet(day))]
    print(f"statements of the board: {counts[0]} with {day.visits} visits, {counts[1]} with few")
    goal("statements, many visits less few", abs(counts[0] - counts[1]), 0, unit="")


def _quiet(day: FullDay) -> Any:
    """Empty a day until one visit is left on it."""
    found = Session.objects.filter(site=day.site, day__gt=day.today, state="booked").order_by("day", "pk")
    first = found[0]
    for session in found.filter(day=first.day).exclude(pk=first.pk):
        session.reservations.all().delete()
        session.delete()
    return first.day


def _statements(day: FullDay, path: str) -> int:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(day.users[0])
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def database_alone(day: FullDay) -> None:
    """Print what reading the day takes, without a page."""
    with CaptureQueriesContext(connection) as seen:
        board.board(site=day.site, day=day.today, now=day.now)
    spent = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        board.board(site=day.site, day=day.today, now=day.now)
        spent.append((time.perf_counter() - started) * 1000)
    print(f"\nreading the day alone: {len(seen)} statements, {statistics.median(spent):.1f} ms")
