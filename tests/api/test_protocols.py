"""A protocol nobody can mean is refused before it can be booked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.api.conftest import DAILY, Api
from tests.factories import World

Rows = Callable[[], dict[str, int]]


def test_a_protocol_of_four_hundred_sessions_is_refused_with_file_path_and_reason(
    world: World, tmp_path: Path, rows: Rows
) -> None:
    (tmp_path / "endless.yaml").write_text(DAILY.format(sessions=400))
    before = rows()

    with pytest.raises(CommandError) as refusal:
        call_command("load_protocols", tmp_path)

    assert str(refusal.value) == "endless.yaml: phases: plan 400 sessions; a course has at most 120."
    assert rows() == before


def test_what_was_refused_cannot_be_booked(api: Api, world: World, tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "endless.yaml").write_text(DAILY.format(sessions=400))
    with pytest.raises(CommandError):
        call_command("load_protocols", tmp_path)
    before = rows()
    body: dict[str, Any] = {"patient": world.maria.pk, "protocol": "daily", "start_on": "2026-11-24"}

    answer = api.book(body)

    assert (answer.status_code, answer.json()["fields"]) == (404, {"protocol": "unknown"})
    assert rows() == before
