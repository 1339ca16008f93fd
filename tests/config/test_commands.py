"""Commands an operator and a container call."""

import datetime as dt
import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from clinic import actions, clock


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        alive = (self.path, self.headers["Host"]) == ("/livez", "visits.example.org")
        self.send_response(200 if alive else 503)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def web(settings: Settings) -> Iterator[Settings]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.PORT = server.server_port
        yield settings
        server.shutdown()


def test_web_is_healthy_when_livez_answers(web: Settings) -> None:
    web.ALLOWED_HOSTS = [".visits.example.org"]

    assert call_command("healthcheck", "web") is None


def test_web_is_ill_when_livez_answers_otherwise(web: Settings) -> None:
    web.ALLOWED_HOSTS = ["elsewhere.example.org"]

    with pytest.raises(CommandError, match=r"^/livez answers 503\.$"):
        call_command("healthcheck", "web")


def test_web_is_ill_when_nothing_answers(web: Settings) -> None:
    web.PORT = 1

    with pytest.raises(CommandError, match=r"^Nothing answers on port 1: "):
        call_command("healthcheck", "web")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", ["worker", "beat"])
def test_the_background_is_ill_before_its_first_heartbeat(part: str) -> None:
    with pytest.raises(CommandError, match=r"^No heartbeat yet\.$"):
        call_command("healthcheck", part)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", ["worker", "beat"])
def test_the_background_is_healthy_within_three_minutes(settings: Settings, part: str) -> None:
    settings.TEST_CLOCK = "2026-11-16T12:00:00Z"
    actions.record_heartbeat(name="worker", now=clock.now() - dt.timedelta(minutes=3))

    assert call_command("healthcheck", part) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", ["worker", "beat"])
def test_the_background_is_ill_after_three_minutes(settings: Settings, part: str) -> None:
    settings.TEST_CLOCK = "2026-11-16T12:00:00Z"
    actions.record_heartbeat(name="worker", now=clock.now() - dt.timedelta(minutes=3, seconds=1))

    with pytest.raises(CommandError, match=r"^The latest heartbeat is 181 seconds old\.$"):
        call_command("healthcheck", part)


def doctor() -> tuple[Any, str]:
    said = io.StringIO()
    try:
        call_command("doctor", stdout=said)
    except SystemExit as end:
        return end.code, said.getvalue()
    return 0, said.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_doctor_finds_nothing_to_fix(settings: Settings) -> None:
    settings.REDIS_URL = ""
    call_command("load_protocols", stdout=io.StringIO())

    code, said = doctor()

    assert (code, "FIX" in said) == (0, False)


@pytest.mark.django_db(transaction=True)
def test_the_doctor_names_what_is_missing(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    code, said = doctor()

    assert (code, [line for line in said.splitlines() if line.startswith("FIX")]) == (
        1,
        [
            "FIX  Redis doesn't answer (ConnectionError). Start it, or correct REDIS_URL.",
            "FIX  Protocols: 0 loaded (manage.py load_protocols)",
        ],
    )


@pytest.mark.django_db(transaction=True)
def test_the_doctor_sees_a_key_others_may_read(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "secret.key").touch(mode=0o644)
    (tmp_path / "secret.key").chmod(0o644)

    _, said = doctor()

    assert f"FIX  Secret key: {tmp_path}/secret.key, mode 0644" in said.splitlines()


def test_the_suite_never_touches_the_real_data_folder() -> None:
    assert live_settings.DATA_DIR != live_settings.BASE_DIR / "var"
