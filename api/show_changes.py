"""Shapes that go out about changing a course: choices, history, what is left of an authorisation."""

from collections.abc import Sequence
from typing import Any

from api.show import instant, planned
from scheduling.queries.burn_down import Line
from scheduling.queries.history import Happening
from scheduling.queries.repairs import Choice


def choices(found: Sequence[Choice], zone: str) -> dict[str, Any]:
    """Return the choices, numbered from 1; a refused one has no plan but says why."""
    return {"choices": [_choice(choice, rank, zone) for rank, choice in enumerate(found, start=1)]}


def _choice(choice: Choice, rank: int, zone: str) -> dict[str, Any]:
    change = choice.change
    moves = change.moves if change else ()
    return {
        "rank": rank,
        "kind": choice.kind,
        "label": choice.label,
        "summary": choice.words,
        "plan": choice.token,
        "why_not": choice.why_not,
        "needs_clinician": choice.needs_clinician,
        "uncovered": list(choice.uncovered),
        "moves": [{"number": move.number, "to": planned(move.to, zone)} for move in moves],
        "added": [planned(added, zone) for added in (change.added if change else ())],
        "dropped": [sitting.number for sitting in (change.dropped if change else ())],
        "ends_on": str(change.ends_on) if change else None,
    }


def happening(row: Happening, zone: str) -> dict[str, Any]:
    """Return one line of a history."""
    return {
        "at": instant(row.at, zone),
        "kind": row.kind,
        "number": row.number,
        "from_state": row.from_state,
        "to_state": row.to_state,
        "by": row.by.name if row.by else None,
        "reason": row.reason,
        "text": row.text,
        "change": row.change_id,
    }


def burn_down(line: Line) -> dict[str, Any]:
    """Return how far an authorisation is used up."""
    return {
        "authorization": line.authorization_id,
        "payer": line.payer,
        "number": line.number,
        "state": line.state,
        "starts_on": str(line.starts_on),
        "ends_on": str(line.ends_on),
        "unit": line.unit,
        "approved": line.approved,
        "used": line.used,
        "booked": line.booked,
        "left": line.left,
        "free": line.free,
        "level": line.level.value,
        "uncovered": list(line.uncovered),
        "text": line.words,
    }
