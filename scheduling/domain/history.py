"""Pure: what of a history is still in force once the undone steps are taken away."""

from collections.abc import Iterable
from dataclasses import dataclass

# What is written beside a visit and changes nothing of it: it merges with whatever else happens.
BESIDE = ("noted", "help_asked", "help_given")
# Whose hand it was when it was nobody's on the staff: as the event keeps it, and as people read it.
CLOCK = "The clock"
ACTORS = {"patient": "The patient", "driver": "Who drives"}


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a session, as far as undoing is concerned. `undoes` is the id of the step it took back."""

    id: int
    kind: str
    from_state: str
    to_state: str
    undoes: int | None


def latest_in_force(steps: Iterable[Step]) -> Step | None:
    """Return the newest step that was not undone and is not itself an undo; steps come oldest first."""
    stack: list[Step] = []
    for step in steps:
        if step.undoes is None:
            stack.append(step)
        else:
            stack = [kept for kept in stack if kept.id != step.undoes]
    return stack[-1] if stack else None
