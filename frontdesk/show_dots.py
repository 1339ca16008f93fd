"""What the dots of a course mean, with how many there are of each: the legend under them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk import show
from scheduling.domain.states import DELIVERED, CancelledBy, SessionState

_S = SessionState
_NOW = (_S.ARRIVED, _S.IN_TREATMENT, _S.MONITORING)


@dataclass(frozen=True, slots=True)
class Meaning:
    """One kind of dot: how it looks, its word and how many there are."""

    css: str
    word: str
    count: int


def shown(sessions: Sequence[Any]) -> list[Any]:
    """Return the sessions that have a dot: what the clinic took back and nobody owes has none."""
    made = {row.makeup_of_id for row in sessions if row.makeup_of_id}
    return [row for row in sessions if not _is_gone(row) or row.pk in made]


def _is_gone(row: Any) -> bool:
    by_clinic = row.state == _S.CANCELLED and row.cancelled_by != CancelledBy.PATIENT
    return bool(by_clinic or row.state == _S.ENTERED_IN_ERROR)


def legend(sessions: Sequence[Any]) -> list[Meaning]:
    """Return what the dots mean: those there are, in the order of a visit's life; a make-up is counted as one too."""
    states = Counter(_kind(row) for row in sessions)
    makeups = sum(bool(row.makeup_of_id) and row.is_counted for row in sessions)
    order = [_S.COMPLETED, _S.PARTIAL, *_NOW, "confirmed", _S.BOOKED, _S.HELD, _S.MISSED, _S.NO_SHOW, _S.NOT_TREATED]
    found = []
    for kind in [*order, _S.CANCELLED]:
        if states[kind]:
            look = show.CONFIRMED if kind == "confirmed" else show.LOOKS[SessionState(kind)]
            found.append(Meaning(look.css, look.word, states[kind]))
    return found + ([Meaning("is-booked made", "Make-up", makeups)] if makeups else [])


def _kind(row: Any) -> str:
    is_confirmed = row.state == _S.BOOKED and row.confirmed_at is not None
    return "confirmed" if is_confirmed else str(row.state)


def now(sessions: Sequence[Any]) -> show.Look | None:
    """Return how the visit that takes place right now looks, if there is one."""
    here = next((row for row in sessions if row.state in _NOW), None)
    return show.look_of(SessionState(here.state)) if here else None


def delivered(sessions: Sequence[Any]) -> int:
    """Return how many sessions count as done."""
    return sum(row.is_counted and row.state in DELIVERED for row in sessions)
