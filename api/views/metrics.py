"""How the installation does, in Prometheus's text format: for whoever watches it, and no word about anybody."""

import datetime as dt
import hmac
import importlib.metadata
import math
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from clinic import clock, queries
from notifications import indicators
from notifications.actions import arming, clocks

TEXT = "text/plain; version=0.0.4; charset=utf-8"
LOOPBACK = frozenset({"127.0.0.1", "::1"})
Sample = tuple[str, str, float]


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every indicator, to who has METRICS_TOKEN; without one set, to this machine outside production."""
    if not _is_allowed(request):
        return HttpResponse(status=404)
    lines = [
        line
        for name, words, value in _samples(clock.now())
        for line in (
            f"# HELP coursekeeper_{name.partition('{')[0]} {words}",
            f"# TYPE coursekeeper_{name.partition('{')[0]} gauge",
            f"coursekeeper_{name} {_number(value)}",
        )
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type=TEXT)


def _number(value: float) -> str:
    return "+Inf" if math.isinf(value) else f"{value:.10g}"


def _is_allowed(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())
    # Behind a proxy on the same machine everybody comes from 127.0.0.1.
    is_passed_on = bool(settings.TRUSTED_PROXIES or request.headers.get("X-Forwarded-For"))
    return not settings.PRODUCTION and not is_passed_on and request.META.get("REMOTE_ADDR") in LOOPBACK


def _samples(now: dt.datetime) -> Iterator[Sample]:
    found = indicators.indicators(now=now)
    yield (
        "message_oldest_due_seconds",
        "Age of the oldest message that is due and that no worker took",
        found.oldest_due,
    )
    yield "messages_due", "Messages that are due and that no worker took", found.due
    yield "messages_unknown", "Messages of which nobody knows whether they left", found.unknown
    yield "message_oldest_unknown_seconds", "Age of the oldest of those", found.oldest_unknown
    yield "message_stale_ratio", "Share of a day's messages that came too late to be sent", found.stale_ratio
    yield "message_filtered_ratio", "Share of an hour's texts that a carrier filtered (30007)", found.filtered_ratio
    yield "message_dwell_p99_seconds", "Seconds after their time in which 99 of 100 messages left", found.dwell_p99
    yield "message_leases_lost", "Workers that spoke after their lease had gone; must be 0", found.leases_lost
    yield "sender_on", "Whether SEND_MESSAGES is on", settings.SEND_MESSAGES
    yield "sender_armed", "Whether this database may send", arming.looks_armed()
    age = queries.heartbeat_age(name="worker", now=now)
    yield "heartbeat_age_seconds", "Since beat, broker, worker and database worked together", _seconds(age, math.inf)
    yield (
        "clock_difference_seconds",
        "How far the machine is ahead of the database",
        clocks.difference().total_seconds(),
    )
    unsealed = queries.oldest_unsealed()
    unsealed_for = _seconds(now - unsealed if unsealed else None, 0)
    yield "audit_unsealed_seconds", "Age of the oldest audit entry not yet sealed", unsealed_for
    yield from _zone_rules()


def _seconds(age: dt.timedelta | None, if_none: float) -> float:
    return if_none if age is None else max(0.0, age.total_seconds())


def _zone_rules() -> Iterator[Sample]:
    rules = importlib.metadata.distribution("tzdata")
    # A system's own rules come before the package's, and may be older.
    source = "system" if zoneinfo.TZPATH else "package"
    yield f'tzdata_info{{version="{rules.version}",source="{source}"}}', "The time zone rules in force", 1
    installed_at = _changed(Path(str(rules.locate_file("tzdata/__init__.py"))))
    yield "tzdata_installed_seconds", "Since the rules were installed", clock.ahead_of(installed_at).total_seconds()


def _changed(file: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
