from dataclasses import replace
from pathlib import Path

import pytest

from tests.scheduling.facts import checks, golden
from tests.scheduling.facts.facts import read_facts

pytestmark = pytest.mark.once

CODES = sorted(read_facts())


@pytest.mark.parametrize("code", CODES)
def test_a_planned_course_is_the_one_last_looked_at(code: str) -> None:
    assert golden.text_of(code) == (golden.GOLDEN / f"{code}.txt").read_text()


def test_every_course_has_a_golden_file_and_every_file_a_course() -> None:
    assert sorted(path.stem for path in golden.GOLDEN.iterdir()) == CODES


def test_golden_files_are_written_where_every_fact_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = {"tms_mdd_36": read_facts()["tms_mdd_36"]}

    assert golden.main(said, tmp_path / "golden") == 0

    assert (tmp_path / "golden" / "tms_mdd_36.txt").read_text() == golden.text_of("tms_mdd_36")
    assert capsys.readouterr().out == "Courses written to golden: 1.\n"


def test_no_golden_file_is_written_while_a_fact_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = read_facts()["tms_mdd_36"]
    first = replace(said[0], told=29)

    status = golden.main({"consult": read_facts()["consult"], "tms_mdd_36": (first, *said[1:])}, tmp_path / "golden")

    assert (status, list(tmp_path.iterdir())) == (1, [])
    assert capsys.readouterr().err == (
        f"{first}, but 30 are planned; the protocol says 30.\n"
        "Nothing was written: 1 failed. Mend the protocol or the fact first.\n"
    )


def test_no_golden_file_is_written_while_a_course_strays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    course = checks.course_of("consult")
    monkeypatch.setattr(checks, "course_of", lambda _code: replace(course, wished=540 + 30))

    status = golden.main({"consult": ()}, tmp_path / "golden")

    assert (status, list(tmp_path.iterdir())) == (1, [])
    assert capsys.readouterr().err.startswith("consult: session 1 is at 9am, not 9:30am\n")
