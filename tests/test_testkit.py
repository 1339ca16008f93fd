"""A run of the tests ends, whatever hangs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT

pytestmark = pytest.mark.once
HANGS = """
import time
import pytest

@pytest.fixture
def never_tidied():
    yield
    time.sleep(60)

def test_that_fails(never_tidied):
    assert False
"""


def test_a_run_whose_tidying_up_hangs_after_a_failure_ends_and_says_where(tmp_path: Path) -> None:
    hangs = tmp_path / "test_hangs.py"
    hangs.write_text(HANGS)
    command = [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", "-o", "faulthandler_timeout=1", str(hangs)]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=55, check=False)

    assert run.returncode == 1
    assert run.stdout.strip().endswith("F")
    assert f'File "{hangs}", line 8 in never_tidied' in run.stderr
