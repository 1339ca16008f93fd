"""Is it alive, is it ready. No word about anybody."""

from importlib.metadata import version

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

from clinic import clock, queries


def livez(request: HttpRequest) -> HttpResponse:
    """Answer that the process runs."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer whether database, migrations and broker are there, and how long ago the worker proved itself."""
    parts = {"database": _database(), "broker": _broker(), "tzdata": version("tzdata")}
    if parts["database"] == "ok":
        age = queries.heartbeat_age(name="worker", now=clock.now())
        parts["worker_seen_seconds_ago"] = "never" if age is None else str(int(age.total_seconds()))
    is_ready = parts["database"] == "ok" and parts["broker"] == "ok"
    return JsonResponse(parts, status=200 if is_ready else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unreachable"
    return "migrations pending" if pending else "ok"


def _broker() -> str:
    if not settings.REDIS_URL:
        return "ok"
    try:
        cache.get("readyz")
    except RedisError:
        return "unreachable"
    return "ok"
