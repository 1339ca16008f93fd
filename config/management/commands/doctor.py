"""Look the installation over and say what to fix."""

import importlib.metadata
import platform
import stat
import sys
import zoneinfo
from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from clinic import clock, queries
from notifications.actions import arming, clocks
from scheduling.queries import planning

Finding = tuple[bool, str]


class Command(BaseCommand):
    help = "List what is fine and what to fix; exit 1 if anything needs fixing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [_python(), _zones(), _key(), _broker(), *_database()]
        for fine, line in findings:
            self.stdout.write(f"{'ok ' if fine else 'FIX'}  {line}")
        if not all(fine for fine, _ in findings):
            sys.exit(1)


def _python() -> Finding:
    return sys.version_info >= (3, 11), f"Python {platform.python_version()} (3.11 or newer)"


def _zones() -> Finding:
    source = "the system's own: set PYTHONTZPATH to nothing" if zoneinfo.TZPATH else "the package's"
    return True, f"Time zone rules: tzdata {importlib.metadata.version('tzdata')}, in force are {source}"


def _key() -> Finding:
    path = settings.DATA_DIR / "secret.key"
    if not path.exists():
        return True, "Secret key: from the environment"
    mode = stat.S_IMODE(path.stat().st_mode)
    return not mode & 0o077, f"Secret key: {path}, mode {mode:04o}"


def _broker() -> Finding:
    if not settings.REDIS_URL:
        return True, "Broker: memory, inside `manage.py up`"
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except redis.RedisError as error:
        return False, f"Redis doesn't answer ({type(error).__name__}). Start it, or correct REDIS_URL."
    return True, "Redis answers"


def _database() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(connection)
    except DatabaseError as error:
        yield (
            False,
            f"The database can't be reached ({type(error).__name__}). Start it, or correct DATABASE_URL.",
        )
        return
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield not pending, f"Database: {connection.vendor}, {len(pending)} pending migrations (manage.py migrate)"
    if pending:
        return
    protocols = planning.current_protocols()
    yield bool(protocols), f"Protocols: {len(protocols)} loaded (manage.py load_protocols)"
    age = queries.heartbeat_age(name="worker", now=clock.now())
    yield (
        True,
        "Worker: no heartbeat yet" if age is None else f"Worker: heartbeat {int(age.total_seconds())} s ago",
    )
    yield _clocks()
    yield _sender()


def _clocks() -> Finding:
    apart = clocks.difference()
    return abs(apart) <= clocks.ALARM, f"Clocks: this machine is {apart.total_seconds():+.1f} s ahead of the database"


def _sender() -> Finding:
    if not settings.SEND_MESSAGES:
        return True, "Sender: not armed, messages stay in the outbox (SEND_MESSAGES)"
    if queries.demo_staff_exists():
        return (
            False,
            "Sender: armed over the demo clinic. Unset SEND_MESSAGES, or set DATA_DIR to a real clinic.",
        )
    if not arming.looks_armed():
        return False, "Sender: disarmed, as after a restore. Look at the messages page, then run manage.py arm_sender."
    return True, "Sender: armed, messages leave"
