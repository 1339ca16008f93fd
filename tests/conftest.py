"""What every test shares: an instant, a clinic, three characters."""

import datetime as dt
import gc
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from celery.signals import before_task_publish
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.signals import request_started
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import Model

from clinic import lock
from clinic.constraints import AppendOnly
from notifications import rendering
from notifications.actions import last_look
from tests import canary, factories

NOW = factories.NOW

# A hundred milliseconds a password are right for people and wrong for a thousand tests.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Fixtures through which a test comes to the database, and marks that say themselves in which half it runs.
DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}
PAGES = Path(__file__).parent / "frontdesk"
HALVES = ("once", "long", "postgres", "services", "race")
# A run makes millions of small objects and few cycles: looking for them after every 700 was a fifth of its time.
OBJECTS_BETWEEN_LOOKS = 500_000


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run on one engine only what asks for no database, and the pages: what they say is the same on both.

    What pages ask and do is tested below them on both engines, and half of the browser's ways run on the other.
    """
    for item in items:
        if any(map(item.get_closest_marker, HALVES)):
            continue
        is_page = item.path.is_relative_to(PAGES)
        has_database = set(getattr(item, "fixturenames", ())) & DATABASE or item.get_closest_marker("django_db")
        if is_page or not has_database:
            item.add_marker(pytest.mark.once)


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later look for garbage."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 20, 20)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Keep the SQLite test database in a file: threads and processes that race need the real locks."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(Path(os.environ["DATA_DIR"]) / "test.sqlite3")


def _append_only_models() -> list[tuple[type[Model], AppendOnly]]:
    return [
        (model, constraint)
        for model in apps.get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, AppendOnly)
    ]


@pytest.fixture(scope="session", autouse=True)
def flush_past_append_only() -> Iterator[None]:
    """Let the test runner empty append-only tables on SQLite, where it deletes and PostgreSQL truncates."""
    if connection.vendor != "sqlite":
        yield
        return
    kind: type[BaseDatabaseOperations] = type(connection.ops)
    original = kind.execute_sql_flush

    def execute_sql_flush(self: Any, sql_list: list[str]) -> None:
        drop, create = [], []
        with connection.schema_editor(collect_sql=True) as editor:
            for model, constraint in _append_only_models():
                drop += [f"DROP TRIGGER IF EXISTS {constraint.name}_{event}" for event in ("update", "delete")]
                create += [str(statement) for statement in constraint._statements(model, editor)]
        original(self, [*drop, *sql_list, *create])

    kind.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign, assignment]
    yield
    kind.execute_sql_flush = original  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def canaries() -> Iterator[None]:
    """Read what is logged, asked for, handed to a queue and made of a message, in every test."""
    render = rendering.render

    def watched(*args: Any, **facts: Any) -> rendering.Rendered:
        words = render(*args, **facts)
        canary.rendered(words)
        return words

    request_started.connect(canary.on_request)
    before_task_publish.connect(canary.on_publish)
    with patch.object(rendering, "render", watched), patch.object(last_look, "render", watched):
        yield


@pytest.fixture(autouse=True)
def nothing_gets_out(canaries: None) -> Iterator[None]:
    """Fail a test in which a name, a birth date, a number or a treatment was said where it may not be."""
    canary.found.clear()
    logging.getLogger().addHandler(canary.WATCH)  # anew: a test that starts the product configures logging anew
    yield
    logging.getLogger().removeHandler(canary.WATCH)
    assert canary.found == []


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Forget rate limits and throttles of the test before."""
    cache.clear()


@pytest.fixture
def clock(settings: Any) -> Any:
    """Set the product's clock: `clock("2026-11-16T14:00:00+00:00")`."""

    def at(instant: dt.datetime | str) -> None:
        settings.TEST_CLOCK = instant if isinstance(instant, str) else instant.isoformat()

    at(NOW)
    return at


@pytest.fixture(autouse=True)
def somebody_is_at_the_desk(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test move the clock without its screen locking; the tests of the lock are marked `lock`."""
    if request.node.get_closest_marker("lock"):
        yield
        return
    with patch.object(lock, "minutes_of", return_value=1_000_000):
        yield


@pytest.fixture
def world(db: None) -> factories.World:
    """A clinic with two sites, staff in every role, and three patients."""
    return factories.make_world()


@pytest.fixture
def live_world(transactional_db: None) -> factories.World:
    """The same, committed: for threads, servers and browsers."""
    return factories.make_world()
