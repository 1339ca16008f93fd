"""A wish as plain values: signed into a plan, and kept with the course."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from scheduling.queries.planning import CourseWish


def stored_wish(wish: CourseWish) -> dict[str, Any]:
    """Return a wish as plain values, to be kept with the course: later changes of the plan keep to it."""
    plain = asdict(wish) | {"start_on": wish.start_on.isoformat(), "pins": dict(wish.pins)}
    return {key: value for key, value in plain.items() if not (value is None or value is False or value in ([], {}))}


def read_wish(stored: Mapping[str, Any]) -> CourseWish:
    """Return the wish that was kept."""
    window = stored.get("window")
    return CourseWish(
        **{
            **stored,
            "start_on": dt.date.fromisoformat(stored["start_on"]),
            "window": (window[0], window[1]) if window else None,
        }
    )
