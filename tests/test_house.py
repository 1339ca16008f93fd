"""Rules of the house that no linter knows."""

import ast
import os
import re
import subprocess
from itertools import chain
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.running import ROOT

pytestmark = pytest.mark.once

APPS = ["api", "attention", "clinic", "config", "frontdesk", "notifications", "patients", "portal", "scheduling"]
LONGEST_FILE = 400
LONGEST_TASK = 15
WRITTEN_BY_OTHERS = ("/vendor/", "/migrations/")


def kept(*patterns: str) -> list[Path]:
    """Return the files of the repository: what git tracks or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def own(*patterns: str) -> list[Path]:
    """Return the files written in this house."""
    return [path for path in kept(*patterns) if not any(part in str(path) for part in WRITTEN_BY_OTHERS)]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def source() -> list[Path]:
    return [path for path in own("*.py") if path.relative_to(ROOT).parts[0] in APPS]


def text_of(path: Path) -> str:
    return path.read_text(errors="replace")


def test_a_file_fits_into_one_head() -> None:
    long = {
        named(path): lines
        for path in own("*.py", "*.js", "*.css", "*.html")
        if (lines := len(text_of(path).splitlines())) > LONGEST_FILE
    }

    assert long == {}


def test_a_task_is_a_few_lines() -> None:
    functions = {
        f"{named(path)} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in source()
        if path.name == "tasks.py"
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.FunctionDef)
    }

    assert functions != {}
    assert {name: lines for name, lines in functions.items() if lines >= LONGEST_TASK} == {}


def test_nothing_is_scheduled_by_the_broker() -> None:
    # After the visibility time-out Redis delivers such a task again, and a patient is texted twice.
    delayed = re.compile(r"\b(eta|countdown)\s*=|\.retry\(|apply_async\([^)]*(eta|countdown)")

    assert [named(path) for path in source() if delayed.search(text_of(path))] == []


def test_times_are_never_converted_in_sql() -> None:
    assert [named(path) for path in source() if re.search(r"AT TIME ZONE", text_of(path))] == []


def test_nobody_listens_to_signals() -> None:
    listening = re.compile(r"django\.db\.models\.signals|@receiver\b|from django\.dispatch")

    assert [named(path) for path in source() if listening.search(text_of(path))] == []


def test_no_app_is_called_common() -> None:
    junk = {"common", "core", "utils", "helpers", "mixins"}

    assert [named(path) for path in source() if junk & {path.stem, *path.relative_to(ROOT).parts}] == []


def test_nothing_names_one_machine() -> None:
    one_machine = re.compile(r"(?<![\w.])/(?:work|farm|root|home/\w+)/")
    here = Path(__file__).name

    assert [named(path) for path in own() if path.name != here and one_machine.search(text_of(path))] == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError|coming soon|not yet implemented")
    files = [path for path in own() if path.name != Path(__file__).name and path.suffix not in (".lock", ".webp")]

    assert [named(path) for path in files if later.search(text_of(path))] == []


def test_no_page_begs_or_boasts() -> None:
    words = re.compile(r">[^<{]*\b(please|successfully|oops)\b", re.IGNORECASE)

    assert [named(path) for path in own("*.html") if words.search(text_of(path))] == []


# A day sheet is a file, not an answer: it has to look right without Coursekeeper, so its style is in it.
FILES = {"frontdesk/templates/frontdesk/sheet/file.html"}


def test_a_page_holds_no_script_and_no_style_of_its_own() -> None:
    # The Content-Security-Policy would refuse them; the page would be broken without a word.
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=", re.IGNORECASE)

    assert {named(path) for path in own("*.html") if inline.search(text_of(path))} == FILES


def test_a_page_asks_no_other_site() -> None:
    outside = re.compile(r"(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE)

    assert [named(path) for path in own("*.html") if outside.search(text_of(path))] == []


def test_every_script_can_be_run() -> None:
    programs = [*kept("script/*"), ROOT / ".ci" / "run", ROOT / "manage.py"]

    assert [named(path) for path in programs if not os.access(path, os.X_OK)] == []


def test_ci_runs_exactly_what_people_run() -> None:
    commands = [line for line in text_of(ROOT / ".ci" / "run").splitlines() if line and not line.startswith("#")]

    assert commands == ['exec "$(dirname "$0")/../script/test" "$@"']


def documents() -> list[Path]:
    return [*kept("*.md"), ROOT / ".env.example", ROOT / "docker-compose.yml", *kept("script/*")]


def test_every_command_the_documents_name_exists() -> None:
    asked = {name for path in documents() for name in re.findall(r"manage\.py ([a-z_]{2,})", text_of(path))}

    assert asked != set()
    assert asked - set(get_commands()) == set()


def test_every_script_the_documents_name_exists() -> None:
    asked = set(chain.from_iterable(re.findall(r"\b(script/[a-z_]+)", text_of(path)) for path in documents()))

    assert [name for name in sorted(asked) if not (ROOT / name).is_file()] == []


def test_every_page_the_documents_link_to_exists() -> None:
    broken = [
        f"{named(path)}: {target}"
        for path in kept("*.md")
        for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", text_of(path))
        if not (path.parent / target).exists()
    ]

    assert broken == []


@pytest.mark.parametrize(("name", "lines"), [("README.md", 120), ("docs/operations.md", 120)])
def test_a_document_stays_short(name: str, lines: int) -> None:
    assert 0 < len(text_of(ROOT / name).splitlines()) <= lines


def test_a_decision_fits_on_one_page() -> None:
    decisions = kept("docs/adr/*.md")

    assert decisions != []
    assert [named(path) for path in decisions if len(text_of(path).splitlines()) > 60] == []
