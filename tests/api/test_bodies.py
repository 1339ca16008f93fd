"""Bodies nobody should send."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError

from scheduling.actions import courses
from scheduling.models import Course
from tests.api.conftest import Api, wish
from tests.factories import World

Rows = Callable[[], dict[str, int]]
TEN_MEGABYTES = b'{"protocol": "' + b"x" * 10_000_000 + b'"}'


@pytest.mark.parametrize("path", ["/api/v1/courses/", "/api/v1/courses/preview/", "/courses/new/", "/nowhere/"])
def test_ten_megabytes_are_refused_unread(api: Api, rows: Rows, path: str) -> None:
    before = rows()

    answer = api.client.post(path, TEN_MEGABYTES, content_type="application/json", headers={"Idempotency-Key": "large"})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert sorted(answer.json()) == ["alternatives", "code", "fields", "message"]
    assert rows() == before


def test_another_content_type_is_refused(api: Api, rows: Rows) -> None:
    before = rows()

    answer = api.client.post("/api/v1/patients/", {"first_name": "Lena"})

    assert answer.status_code == 415
    assert sorted(answer.json()) == ["alternatives", "code", "fields", "message"]
    assert rows() == before


def test_a_broken_cache_does_not_stop_a_booking(api: Api, world: World, settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",  # nobody listens there
        }
    }

    answer = api.book(wish(world))

    assert answer.status_code == 201
    assert Course.objects.count() == 1


def test_a_contended_database_is_a_calm_503(api: Api, world: World, rows: Rows, monkeypatch: Any) -> None:
    def locked(**_more: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(courses, "_book", locked)
    before = rows()

    answer = api.book(wish(world))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert (answer.json()["code"], "Nothing was saved" in answer.json()["message"]) == ("busy", True)
    assert rows() == before


def test_a_flood_is_slowed_down(api: Api, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.throttling.PerPerson.rate", "2/min", raising=False)
    cache.clear()

    answers = [api.get("sites/").status_code for _ in range(3)]

    assert answers == [200, 200, 429]


def test_the_audit_log_holds_no_answer_back(api: Api, world: World, monkeypatch: Any) -> None:
    def full(**_more: Any) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr("clinic.actions.write_audit", full)

    answer = api.get("patients/")

    assert answer.status_code == 503
    assert "Garcia" not in answer.content.decode()
