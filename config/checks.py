"""What a wrong setting breaks silently; `manage.py check` runs these, and containers before they serve."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from notifications.domain.texts import name_faults
from notifications.domain.texts.samples import LONGEST_LINK

Check = Callable[..., list[CheckMessage]]


def instants_are_utc(**_: Any) -> list[CheckMessage]:
    """Times are stored in UTC and shown in the site's own zone."""
    if settings.USE_TZ and settings.TIME_ZONE == "UTC":
        return []
    return [Error("TIME_ZONE must be UTC and USE_TZ on.", hint="A site's zone is a column.", id="coursekeeper.E001")]


def actions_own_the_commit(**_: Any) -> list[CheckMessage]:
    """Every action is its own durable transaction."""
    wrapped = [alias for alias, database in settings.DATABASES.items() if database.get("ATOMIC_REQUESTS")]
    return [
        Error(
            f"ATOMIC_REQUESTS is on for {alias}.",
            hint="Actions are durable transactions.",
            id="coursekeeper.E002",
        )
        for alias in wrapped
    ]


def api_denies_by_default(**_: Any) -> list[CheckMessage]:
    """An endpoint that declares nothing must answer nobody."""
    classes: list[str] = settings.REST_FRAMEWORK.get("DEFAULT_PERMISSION_CLASSES", [])  # type: ignore[assignment]
    if classes and not any(name.endswith(".AllowAny") for name in classes):
        return []
    return [Error("The API's default permission lets everybody in.", id="coursekeeper.E003")]


def production_knows_its_hosts(**_: Any) -> list[CheckMessage]:
    """A forged Host header must not reach a link."""
    if not settings.PRODUCTION or (settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS):
        return []
    return [Error("PRODUCTION needs ALLOWED_HOSTS, by name.", hint="visits.example.org", id="coursekeeper.E004")]


def production_has_a_broker(**_: Any) -> list[CheckMessage]:
    """Web and worker are separate processes: a queue in memory would reach nobody."""
    if not settings.PRODUCTION or settings.REDIS_URL:
        return []
    return [Error("PRODUCTION needs REDIS_URL.", hint="redis://redis:6379/0", id="coursekeeper.E005")]


def production_stores_in_postgresql(**_: Any) -> list[CheckMessage]:
    """SQLite lets one process write at a time, on one machine."""
    if not settings.PRODUCTION or not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return []
    return [Warning("PRODUCTION runs on SQLite.", hint="Set DATABASE_URL=postgres://…", id="coursekeeper.W001")]


def links_fit_into_a_text(**_: Any) -> list[CheckMessage]:
    """A longer address makes every text with a link two, and one that names a treatment outs whoever gets it."""
    address = f"{settings.LINK_URL.rstrip('/')}/v/{'x' * 22}/"
    faults = name_faults(settings.LINK_URL)
    if len(address) > LONGEST_LINK:
        faults.append(f"is {len(address) - LONGEST_LINK} letters too long for one text")
    return [
        Warning(f"LINK_URL {fault}.", hint="https://go.riverside.health", id="coursekeeper.W002") for fault in faults
    ]


ALL: list[Check] = [
    instants_are_utc,
    actions_own_the_commit,
    api_denies_by_default,
    production_knows_its_hosts,
    production_has_a_broker,
    production_stores_in_postgresql,
    links_fit_into_a_text,
]
