"""The pictures in docs/screens: each screen in each look, and nothing else."""

import re
from pathlib import Path

import pytest

from screens.scenes import IN_README, SCENES
from screens.shoot import VARIANTS

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parent.parent
SCREENS = {f"S{number:02}" for number in range(1, 17)}
MOST_BYTES = 8_000_000


def pictures() -> list[Path]:
    return sorted((ROOT / "docs" / "screens").iterdir())


def test_every_scene_is_there_in_every_look_and_no_other() -> None:
    wanted = {f"{scene.name}-{variant}.webp" for scene in SCENES for variant in VARIANTS}

    assert {file.name for file in pictures()} == wanted
    assert len({scene.name for scene in SCENES}) == len(SCENES)


def test_every_screen_has_a_scene() -> None:
    shown = {scene.name.partition("-")[0] for scene in SCENES}

    assert shown >= SCREENS


def test_the_pictures_are_small_enough_to_be_kept() -> None:
    assert sum(file.stat().st_size for file in pictures()) < MOST_BYTES


def test_the_readme_shows_the_pictures_that_are_kept_fine() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert re.findall(r"docs/screens/(.+?)\.webp", readme) == list(IN_README)
