"""A week of opening hours as a form: seven days with their times."""

from collections.abc import Mapping
from dataclasses import dataclass

from clinic.models import WEEKDAYS
from frontdesk.forms_settings import MOST_SPANS, SPANS


@dataclass(frozen=True, slots=True)
class Span:
    """Two inputs: from when to when."""

    name: str
    label: str
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week with its times and what is wrong with them."""

    name: str
    label: str
    spans: tuple[Span, ...]
    error: str


def days_of(typed: Mapping[str, str], faults: Mapping[str, str]) -> list[Day]:
    """Return a week as the form shows it, with room for a break on every day."""
    return [
        Day(
            name=f"d{weekday}",
            label=label,
            spans=tuple(_span(typed, weekday, number, label) for number in range(_room(typed, weekday))),
            error=faults.get(f"d{weekday}", ""),
        )
        for weekday, label in WEEKDAYS
    ]


def _span(typed: Mapping[str, str], weekday: int, number: int, label: str) -> Span:
    name = f"d{weekday}_{number}"
    which = label if number == 0 else f"{label}, after the break"
    return Span(name, which, typed.get(f"{name}_opens", ""), typed.get(f"{name}_closes", ""))


def _room(typed: Mapping[str, str], weekday: int) -> int:
    used = [number for number in range(MOST_SPANS) if typed.get(f"d{weekday}_{number}_opens")]
    return max(SPANS, *(number + 1 for number in used)) if used else SPANS
