"""The one place that reads the clock. Interfaces, tasks and commands call `now()` once and pass it on."""

import datetime as dt
from pathlib import Path

from django.conf import settings


def now() -> dt.datetime:
    """Return this instant in UTC, or the instant TEST_CLOCK names (refused in production by the settings)."""
    if settings.TEST_CLOCK:
        return _parsed(settings.TEST_CLOCK)
    return dt.datetime.now(dt.UTC)


def ahead_of(other: dt.datetime) -> dt.timedelta:
    """Return how far this machine's own clock is ahead of an instant, whatever TEST_CLOCK says."""
    return dt.datetime.now(dt.UTC) - other


def _parsed(value: str) -> dt.datetime:
    """Read `2026-11-16T13:00:00Z`, a bare date (noon UTC, the same day all over America), or a file with either."""
    path = Path(value)
    if path.is_file():
        value = path.read_text().strip()
    if len(value) == len("2026-11-16"):
        value += "T12:00:00+00:00"
    at = dt.datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
