"""Reads the steps that come with the product for getting ready: YAML in, values out."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scheduling.domain.prep import Defaults, PrepStep, step

SHIPPED = Path(__file__).parent / "prep" / "steps.yaml"


@cache
def shipped() -> Defaults:
    """Return the product's steps; the file is read once in a process."""
    parts = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return Defaults(**{name: {key: _steps(rows) for key, rows in part.items()} for name, part in parts.items()})


def _steps(rows: list[dict[str, Any]]) -> tuple[PrepStep, ...]:
    return tuple(step(row["en"], row["es"]) for row in rows)
