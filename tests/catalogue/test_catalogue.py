"""Every protocol's planned course against the facts, and against how it was last seen."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest

from scheduling import catalogue
from scheduling.domain.local_time import clock_text, day_text
from tests.catalogue.conftest import Planned
from tests.catalogue.facts import FACTS, broken

GOLDEN = Path(__file__).parent / "golden"
# REGENERATE=1 script/test tests/catalogue writes the golden courses anew; a course that breaks a fact is never written.
REGENERATE = bool(os.environ.get("REGENERATE"))
CODES = sorted(path.stem for path in catalogue.SHIPPED.glob("*.yaml"))


@pytest.fixture(scope="module")
def definitions() -> dict[str, Any]:
    return {file.definition.code: file.definition for file in catalogue.read_folder(catalogue.SHIPPED)}


def test_every_protocol_has_facts_and_every_fact_a_protocol() -> None:
    assert sorted(FACTS) == CODES


@pytest.mark.parametrize("code", CODES)
def test_the_planned_course_is_what_the_facts_say_and_what_it_was(
    code: str, planned: Planned, definitions: dict[str, Any]
) -> None:
    sessions = planned(code)

    assert broken(code, sessions, definitions[code]) == []
    text = "".join(_line(session) for session in sessions)
    golden = GOLDEN / f"{code}.txt"
    if REGENERATE:
        golden.write_text(text)
    assert golden.read_text() == text


def _line(session: dict[str, Any]) -> str:
    when = f"{day_text(dt.date.fromisoformat(session['day']))}, {clock_text(session['minute'])}"
    held = ", ".join(
        f"{use['name']} {use['from'] - session['minute']}-{use['to'] - session['minute']}" for use in session["uses"]
    )
    return f"{session['number']:>3}  {when:<22}{session['minutes']:>4} min  {session['phase']}: {held}\n"


TAMPERED: list[tuple[str, Any, str]] = [
    ("tms_mdd_36", lambda rows: rows.pop(), "sessions instead of"),
    ("tms_mdd_36", lambda rows: rows[3].update(day="2026-12-05"), "a weekday that is not allowed"),
    ("tms_mdd_36", lambda rows: rows[0].update(minutes=30), "a first visit of 30 minutes"),
    ("tms_mdd_36", lambda rows: rows[0]["uses"].pop(), "visit 1 holds"),
    ("ect_index", lambda rows: rows[1].update(day="2026-12-01"), "gaps of 1 to"),
    ("esk_trd", lambda rows: [row["uses"].pop() for row in rows], "no observation_place from minute 35 to 155"),
    ("saint_50", lambda rows: rows[20].update(day="2026-12-07"), "not 10 a day"),
    ("cbt_16", lambda rows: rows[2]["uses"][0].update(name="Somebody"), "2 instead of one therapist"),
    ("ect_cont_stable", lambda rows: rows[3].update(day="2026-12-30"), "outside days 23 to 28"),
]


@pytest.mark.parametrize(("code", "tamper", "fault"), TAMPERED)
def test_a_course_that_breaks_a_fact_is_caught(
    code: str, tamper: Any, fault: str, planned: Planned, definitions: dict[str, Any]
) -> None:
    sessions = planned(code)
    tamper(sessions)

    assert any(fault in found for found in broken(code, sessions, definitions[code]))
