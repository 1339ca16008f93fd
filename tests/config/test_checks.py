"""System checks: what a wrong setting would break silently."""

from typing import Any

import pytest
from django import conf
from pytest_django.fixtures import Settings

from config import checks
from config.checks import Check


def ids(check: Check) -> list[str | None]:
    return [message.id for message in check()]


@pytest.mark.parametrize("check", checks.ALL, ids=lambda check: check.__name__)
def test_the_settings_as_they_stand_pass(check: Check) -> None:
    assert ids(check) == []


@pytest.mark.parametrize(("name", "value"), [("TIME_ZONE", "America/New_York"), ("USE_TZ", False)])
def test_local_instants_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    monkeypatch.setattr(conf.settings, name, value)

    assert ids(checks.instants_are_utc) == ["coursekeeper.E001"]


def test_a_request_in_one_transaction_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(conf.settings.DATABASES["default"], "ATOMIC_REQUESTS", True)

    assert ids(checks.actions_own_the_commit) == ["coursekeeper.E002"]


@pytest.mark.parametrize("classes", [[], ["rest_framework.permissions.AllowAny"]])
def test_an_open_api_is_refused(settings: Settings, classes: list[str]) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": classes}

    assert ids(checks.api_denies_by_default) == ["coursekeeper.E003"]


@pytest.mark.parametrize("hosts", [[], ["*"], ["visits.example.org", "*"]])
def test_production_refuses_any_host(settings: Settings, hosts: list[str]) -> None:
    settings.PRODUCTION = True
    settings.ALLOWED_HOSTS = hosts

    assert ids(checks.production_knows_its_hosts) == ["coursekeeper.E004"]


def test_production_refuses_a_queue_in_memory(settings: Settings) -> None:
    settings.PRODUCTION = True
    settings.REDIS_URL = ""

    assert ids(checks.production_has_a_broker) == ["coursekeeper.E005"]


def test_production_on_sqlite_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf.settings, "PRODUCTION", True)
    monkeypatch.setitem(conf.settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")

    assert ids(checks.production_stores_in_postgresql) == ["coursekeeper.W001"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://go.riverside.health", []),
        ("https://visits.riverside-clinic.example", ["coursekeeper.W002"]),
        ("https://tms.example", ["coursekeeper.W002"]),
    ],
)
def test_links_are_short_and_neutral(settings: Settings, url: str, found: list[str]) -> None:
    settings.LINK_URL = url

    assert ids(checks.links_fit_into_a_text) == found
