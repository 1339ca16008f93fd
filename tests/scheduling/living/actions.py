"""The things a desk can do, as a table: what each is called, when it makes sense, and what has to be drawn for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.scheduling.living.picture import Row
from tests.scheduling.living.steps import Steps

PICK = st.integers(0, 999)
LOST = {"no_show", "not_treated", "cancelled"}
UNDER_WAY = {"arrived", "in_treatment", "monitoring"}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do; `name` is its row in the table the test prints."""

    name: str
    makes_sense: Callable[[Steps], Any]
    drawn: Mapping[str, st.SearchStrategy[Any]]
    do: Callable[..., None]


ACTIONS: list[Action] = []
# Tried to be refused, so no share of them has to be accepted.
NEVER_MIND = {"whatever", "with an old version"}


def action(
    name: str, makes_sense: Callable[[Steps], Any] = lambda steps: True, /, **drawn: st.SearchStrategy[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Enter a function as an action; `number`, where it is drawn, picks whom it is done to."""

    def enter(do: Callable[..., None]) -> Callable[..., None]:
        ACTIONS.append(Action(name, makes_sense, drawn, do))
        return do

    return enter


def pick(rows: Sequence[Any], number: int) -> Any:
    return rows[number % len(rows)]


def having(*states: str) -> Callable[[Steps], list[Row]]:
    """Return what lists the sessions in some states, by time."""
    return lambda steps: steps.sessions(states)


def ahead(steps: Steps) -> list[Row]:
    return steps.sessions({"booked"}, first=steps.now)


def due(steps: Steps) -> list[Row]:
    """Return what is booked for today, and what of earlier days the clock leaves to people."""
    rows = steps.sessions({"booked"})
    return [row for row in rows if row["day"] == steps.today or (row["day"] < steps.today and not row["missed_after"])]


def begun(steps: Steps) -> list[Row]:
    return [row for row in due(steps) if row["starts_at"] <= steps.now]


def overdue(steps: Steps) -> list[Row]:
    return [row for row in steps.sessions({"booked"}) if row["missed_after"] and row["missed_after"] <= steps.now]
