"""The opaque `plan` a previewed change hands out: signed, good for fifteen minutes, does exactly what was shown."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core import signing

from scheduling.domain.living import Change
from scheduling.domain.plan import PlannedSession
from scheduling.errors import Malformed, PlanGone
from scheduling.plan_token import GOOD_FOR, packed, unpacked

SALT = "scheduling.change"


@dataclass(frozen=True, slots=True)
class Shown:
    """A change as it was shown: of which course at which version, what kind, by whose session, and where all goes.

    `moves`: the number a session had then, and its new place. `makeup_of`: the lost session that is made up.
    `facts`: what changes about the course itself. `needs_clinician`: nobody else may do it.
    """

    course_id: int
    version: int
    kind: str
    moves: tuple[tuple[int, PlannedSession], ...]
    added: tuple[PlannedSession, ...]
    dropped: tuple[int, ...] = ()
    makeup_of: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    needs_clinician: bool = False

    @property
    def one_place(self) -> PlannedSession | None:
        """Return where the one session goes that this change moves; None if it does anything else, or more."""
        is_one = len(self.moves) == 1 and not self.added and not self.dropped and not self.facts
        return self.moves[0][1] if is_one else None


def shown(
    change: Change,
    *,
    course_id: int,
    version: int,
    kind: str,
    makeup_of: int | None = None,
    facts: Mapping[str, Any] | None = None,
    needs_clinician: bool = False,
) -> Shown:
    """Return a change with what it is about."""
    return Shown(
        course_id=course_id,
        version=version,
        kind=kind,
        moves=tuple((move.number, move.to) for move in change.moves),
        added=change.added,
        dropped=tuple(sitting.number for sitting in change.dropped),
        makeup_of=makeup_of,
        facts=facts or {},
        needs_clinician=needs_clinician,
    )


def sign(change: Shown, *, now: dt.datetime) -> str:
    """Return a change as text that nobody can alter, to be made within 15 minutes."""
    payload = {
        "until": (now + GOOD_FOR).timestamp(),
        "course": [change.course_id, change.version],
        "kind": change.kind,
        "moves": [[number, packed(place)] for number, place in change.moves],
        "added": [packed(place) for place in change.added],
        "dropped": list(change.dropped),
        "makeup_of": change.makeup_of,
        "facts": dict(change.facts),
        "clinician": change.needs_clinician,
    }
    return signing.dumps(payload, salt=SALT, compress=True)


def read(token: str, *, now: dt.datetime) -> Shown:
    """Return the change a token holds.

    :raises Malformed: not one of our tokens.
    :raises PlanGone: it is older than 15 minutes.
    """
    try:
        payload = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise Malformed(
            "This plan isn't one of ours. Look at the choices again.", fields={"plan": "unknown"}
        ) from error
    if now.timestamp() >= payload["until"]:
        raise PlanGone("This plan is more than 15 minutes old. Look at the choices again.", code="plan_expired")
    return Shown(
        course_id=payload["course"][0],
        version=payload["course"][1],
        kind=payload["kind"],
        moves=tuple((number, unpacked(place)) for number, place in payload["moves"]),
        added=tuple(unpacked(place) for place in payload["added"]),
        dropped=tuple(payload["dropped"]),
        makeup_of=payload["makeup_of"],
        facts=payload["facts"],
        needs_clinician=payload["clinician"],
    )
