"""How a state looks: every word, icon and class is made here, once, not in the template."""

from dataclasses import dataclass

from scheduling.domain.local_time import QUANTUM
from scheduling.domain.states import SessionState

_S = SessionState
ROW = QUANTUM


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks: word, icon, class. The words are fixed (screens.md 2.2)."""

    word: str
    icon: str
    css: str


LOOKS: dict[SessionState, Look] = {
    _S.HELD: Look("Held", "planned", "is-planned"),
    _S.BOOKED: Look("Booked", "booked", "is-booked"),
    _S.ARRIVED: Look("Here", "here", "is-here"),
    _S.IN_TREATMENT: Look("In chair", "chair", "is-chair"),
    _S.MONITORING: Look("Watch", "watch", "is-watch"),
    _S.COMPLETED: Look("Done", "done", "is-done"),
    _S.PARTIAL: Look("Stopped early", "partial", "is-partial"),
    _S.NOT_TREATED: Look("Turned away", "turned", "is-turned"),
    _S.MISSED: Look("Came?", "came", "is-came"),
    _S.NO_SHOW: Look("No-show", "noshow", "is-noshow"),
    _S.CANCELLED: Look("Cancelled", "cancelled", "is-cancelled"),
    _S.ENTERED_IN_ERROR: Look("Error", "cancelled", "is-error"),
}
CONFIRMED = Look("Confirmed", "confirmed", "is-confirmed")
NEXT_STEP = {
    _S.BOOKED: ("arrive", "Arrive"),
    _S.ARRIVED: ("start", "Start"),
    _S.IN_TREATMENT: ("complete", "Complete"),
    _S.MONITORING: ("complete", "Complete"),
}


def next_step(state: SessionState, *, is_observed: bool) -> tuple[str, str] | None:
    """Return the one next step of a visit: its verb and its word."""
    return ("monitor", "Watch") if state is _S.IN_TREATMENT and is_observed else NEXT_STEP.get(state)


def look_of(state: SessionState, *, is_confirmed: bool = False, is_late: bool = False) -> Look:
    """Return how a state looks; "confirmed" and "late" are facts on top of booked."""
    if state is _S.BOOKED and is_late:
        return Look("Late", "late", "is-late")
    return CONFIRMED if state is _S.BOOKED and is_confirmed else LOOKS[state]
