"""What is shown before a visit begins: documents, a ride, an empty stomach; passed by hand, and taken back."""

from typing import Any

from hypothesis import strategies as st

from scheduling.actions import gates
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain.operations import GateKind
from tests.scheduling.living import gatebook
from tests.scheduling.living.actions import PICK, action, pick
from tests.scheduling.living.picture import Row
from tests.scheduling.living.steps import ZONE, Steps


def waiting(steps: Steps) -> list[tuple[Row, str]]:
    """Return what the visits of the day, and who is here, still lack."""
    rows = steps.sessions({"booked", "arrived"})
    near = [row for row in rows if row["state"] == "arrived" or row["day"] == steps.today]
    return [(row, kind) for row in near for kind in lacking(steps, row)]


def lacking(steps: Steps, row: Row) -> list[str]:
    """Return what is not there for a visit at this moment."""
    definition = steps.judge.protocols[steps.picture.courses[row["course_id"]]["protocol_id"]]
    return gatebook.lacking(steps.picture, definition, row, steps.now)


def to_be_shown(steps: Steps) -> list[tuple[Row, str]]:
    """Return what lacks and can be shown by hand now."""
    return [pair for pair in waiting(steps) if not _is_refused(steps, *pair)]


def _is_refused(steps: Steps, row: Row, kind: str) -> bool:
    """Tell whether nobody may record this by hand: a payer has spoken, it is another day, the course is over."""
    if kind == "authorization" and (row["authorization_id"] or row["uncovered"]):
        return True
    if kind in gatebook.OF_A_VISIT:
        return kind == "fasting" and row["day"] != steps.today
    return steps.picture.courses[row["course_id"]]["state"] in ("completed", "discontinued")


@action(
    "record a gate",
    to_be_shown,
    number=PICK,
    is_careful=st.sampled_from([True, True, True, True, False]),
    hours=st.sampled_from([14, 14, 5, 1]),
    is_confirmed=st.sampled_from([True, True, False]),
)
def record(steps: Steps, number: int, is_careful: bool, hours: int, is_confirmed: bool) -> None:
    row, kind = pick(to_be_shown(steps) if is_careful else waiting(steps), number)
    named = kind in ("escort", "ride")
    level = row["id"] if kind in gatebook.OF_A_VISIT else None
    old = [
        each["id"]
        for each in gatebook.in_force(steps.picture, kind, row)
        if not each["is_override"] and each["session_id"] == level
    ]
    wall = steps.now.astimezone(ZONE)
    eaten = (60 * wall.hour + wall.minute - 60 * hours) % (24 * 60)
    shown = Evidence(
        "Seen",
        is_confirmed=is_confirmed or not named,
        ate_minute=eaten if kind == "fasting" else None,
        drank_minute=eaten if kind == "fasting" else None,
    )
    steps.attempt(
        "record a gate",
        lambda: gates.record_gate(
            request=steps.request(),
            whose=Whose(session_id=row["id"]),
            kind=GateKind(kind),
            evidence=shown,
            now=steps.now,
            replaces=old[0] if old else None,
        ),
        must=not _is_refused(steps, row, kind),
    )


@action("pass a gate", waiting, number=PICK, has_reason=st.sampled_from([True, True, True, False]))
def pass_by_hand(steps: Steps, number: int, has_reason: bool) -> None:
    row, kind = pick(waiting(steps), number)
    course = steps.picture.courses[row["course_id"]]
    has_ended = kind not in gatebook.OF_A_VISIT and course["state"] in ("completed", "discontinued")
    what: dict[str, Any] = {"whose": Whose(session_id=row["id"]), "kind": GateKind(kind), "now": steps.now}
    reason = "The clinician says so" if has_reason else " "
    steps.attempt(
        "pass a gate",
        lambda: gates.pass_gate(request=steps.request(), reason=reason, **what),
        must=has_reason and not has_ended,
    )


def recorded(steps: Steps) -> list[Row]:
    """Return what was recorded for visits still ahead, and is in force."""
    ahead = {row["id"] for row in steps.sessions({"booked", "arrived"})}
    rows = [row for row in steps.picture.shown.values() if not row["withdrawn_at"]]
    return sorted((row for row in rows if row["session_id"] in ahead or row["by_id"]), key=lambda row: row["id"])


@action("withdraw a gate", recorded, number=PICK)
def withdraw(steps: Steps, number: int) -> None:
    row = pick(recorded(steps), number)
    what: dict[str, Any] = {"row_id": row["id"], "kind": GateKind(row["kind"]), "now": steps.now}
    steps.attempt("withdraw a gate", lambda: gates.withdraw_gate(request=steps.request(), **what), must=True)
