"""`script/up` in a folder of its own: what it says when something is missing, and what it makes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import ROOT

pytestmark = [pytest.mark.services, pytest.mark.long]

NAMES = ["python3", "python3.11", "python3.12", "python3.13", "python3.14"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the scripts, an empty lock and a product that prints how it was started."""
    shutil.copytree(ROOT / "script", tmp_path / "clone" / "script")
    (tmp_path / "clone" / "requirements").mkdir()
    (tmp_path / "clone" / "requirements" / "runtime.lock").touch()
    (tmp_path / "clone" / "manage.py").write_text("import sys\nprint('started', *sys.argv[1:])\n")
    return tmp_path / "clone"


@pytest.fixture
def only_python(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that puts a Python which first runs some lines before all others on PATH."""

    def put(lines: str) -> str:
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        for name in NAMES:
            # The scripts call `python -c CODE` where the answer matters.
            code = f"import sys; {lines}; code = sys.argv[2]; sys.argv[1:] = sys.argv[3:]; exec(code)"
            (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -c \'{code}\' "$@"\n')
            (folder / name).chmod(0o755)
        return f"{folder}:{os.environ['PATH']}"

    return put


def up(clone: Path, *arguments: str, path: str | None = None) -> "subprocess.CompletedProcess[str]":
    variables = {**os.environ, "PATH": path or f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        [clone / "script" / "up", *arguments],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_old_python_is_one_sentence(clone: Path, only_python: Callable[[str], str]) -> None:
    ended = up(clone, path=only_python("sys.version_info = (3, 10, 12)"))

    assert (ended.returncode, ended.stdout, ended.stderr) == (
        1,
        "",
        "Coursekeeper needs Python 3.11 or newer: install it (Debian, Ubuntu: apt install python3 "
        "python3-venv) and run this again.\n",
    )


def test_a_missing_venv_module_is_one_sentence_naming_the_package(
    clone: Path, only_python: Callable[[str], str]
) -> None:
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"

    ended = up(clone, path=only_python('sys.modules["ensurepip"] = None'))

    assert (ended.returncode, ended.stdout, ended.stderr) == (
        1,
        "",
        f"Python's venv module is missing: install the package {package} (apt install {package}) and run this again.\n",
    )
    assert not (clone / ".venv").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(clone: Path) -> None:
    (clone / ".venv").write_text("a file where the folder should be; root may write anywhere else")

    ended = up(clone)

    assert (ended.returncode, ended.stdout, ended.stderr) == (
        1,
        "",
        f"Can't write to {clone}/.venv: make the folder writable, or clone into one that is.\n",
    )


def test_it_installs_once_repairs_what_was_cut_off_and_passes_its_arguments_on(clone: Path) -> None:
    first = up(clone, "--empty", "--port", "8001")
    later = up(clone)
    (clone / ".venv" / "installed").unlink()
    (clone / ".venv" / "bin" / "python").unlink()
    repaired = up(clone)

    assert [ended.stdout.splitlines() for ended in (first, later, repaired)] == [
        [
            "Installing what is locked in requirements/runtime.lock (once, about half a minute).",
            "started up --empty --port 8001",
        ],
        ["started up"],
        ["Installing what is locked in requirements/runtime.lock (once, about half a minute).", "started up"],
    ]
    assert (first.stderr, later.stderr, repaired.stderr) == ("", "", "")


def test_a_changed_lock_is_installed(clone: Path) -> None:
    up(clone)
    (clone / "requirements" / "runtime.lock").write_text("# another version\n")

    assert up(clone).stdout.splitlines()[0].startswith("Installing ")


def test_a_package_that_is_not_what_was_locked_is_refused(clone: Path) -> None:
    wheel = "pip-1-py3-none-any.whl"
    (clone / wheel).write_bytes(b"not the package")
    digest = "0" * 64
    (clone / "requirements" / "runtime.lock").write_text(f"{clone}/{wheel} --hash=sha256:{digest}\n")

    ended = up(clone)

    assert ended.returncode == 1
    assert ended.stderr.endswith(
        "The packages could not be installed; the reason is above. Check the network and run this again.\n"
    )
    assert not (clone / ".venv" / "installed").exists()
