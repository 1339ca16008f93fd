"""Is it alive, is it ready; no word about anybody."""

import datetime as dt
from importlib.metadata import version
from typing import Any

from django.db import OperationalError, connection
from django.test import Client

from api.views import health
from clinic.actions import record_heartbeat
from tests.factories import NOW, World


def test_a_ready_product_says_so_and_how_old_the_last_sign_of_life_is(world: World, clock: Any) -> None:
    record_heartbeat(name="worker", now=NOW - dt.timedelta(seconds=25))

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {"database": "ok", "broker": "ok", "tzdata": version("tzdata"), "worker_seen_seconds_ago": "25"},
    )


def test_a_worker_never_seen_is_said(db: None, clock: Any) -> None:
    assert Client().get("/readyz").json()["worker_seen_seconds_ago"] == "never"


def test_a_broker_out_of_reach_is_not_ready(db: None, clock: Any, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": settings.REDIS_URL}
    }

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["broker"]) == (503, "unreachable")


def test_a_database_out_of_reach_is_not_ready_and_says_no_more(db: None, clock: Any, monkeypatch: Any) -> None:
    def away(*_args: Any) -> None:
        raise OperationalError("could not connect to 10.1.2.3 as clinic")

    monkeypatch.setattr(health, "MigrationExecutor", away)

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")
    assert "10.1.2.3" not in answer.content.decode()


def test_a_migration_still_to_run_is_not_ready(db: None, clock: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications'")

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["database"]) == (503, "migrations pending")


def test_being_alive_needs_no_database() -> None:
    answer = Client().get("/livez")

    assert (answer.status_code, answer.content) == (200, b"ok")
