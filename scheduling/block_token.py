"""The opaque `plan` a previewed block hands out: signed, good for fifteen minutes, does exactly what was shown."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.core import signing

from scheduling.domain.operations import BlockKind
from scheduling.domain.plan import PlannedSession
from scheduling.errors import Malformed, PlanGone
from scheduling.plan_token import GOOD_FOR, packed, unpacked
from scheduling.queries.outages import MOVED_BACK, RESEATED, Blocking, Fixed, Proposal

SALT = "scheduling.block"


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block as it was shown: of what and when, who was in the way, where everybody goes, by which course versions.

    `block_id`: it stands already. `change`: whether people are seated elsewhere, or go back. `fixed`: what somebody
    decided, to be kept where it has to be worked out anew.
    """

    site_id: int
    block_id: int | None
    kind: BlockKind
    resource_ids: tuple[int, ...]
    starts_at: dt.datetime
    ends_at: dt.datetime
    reason: str
    change: str
    hit: frozenset[int]
    moves: tuple[tuple[int, PlannedSession], ...]
    versions: Mapping[int, int]
    calls: tuple[int, ...]


def sign(proposal: Proposal, *, now: dt.datetime, fixed: Mapping[int, Fixed] | None = None) -> str:
    """Return a proposal as text that nobody can alter, to be made within 15 minutes."""
    blocking = proposal.blocking
    payload = {
        "until": (now + GOOD_FOR).timestamp(),
        "block": _packed_block(blocking),
        "change": MOVED_BACK if proposal.is_way_back else RESEATED,
        "hit": [row.session.pk for row in proposal.rows],
        "moves": [[session_id, packed(place)] for session_id, place in proposal.moves],
        "versions": [list(pair) for pair in sorted(proposal.versions.items())],
        "calls": sorted(session_id for session_id, each in (fixed or {}).items() if each.spot is None),
    }
    return signing.dumps(payload, salt=SALT, compress=True)


def _packed_block(blocking: Blocking) -> list[object]:
    return [
        blocking.site.pk,
        blocking.block_id,
        blocking.kind.value,
        list(blocking.resource_ids),
        blocking.starts_at.timestamp(),
        blocking.ends_at.timestamp(),
        blocking.reason,
    ]


def read(token: str, *, now: dt.datetime) -> ShownBlock:
    """Return the proposal a token holds.

    :raises Malformed: not one of our tokens.
    :raises PlanGone: it is older than 15 minutes.
    """
    shown, until = _read(token)
    if now.timestamp() >= until:
        raise PlanGone("This proposal is more than 15 minutes old. Look at the new one.", code="plan_expired")
    return shown


def shown_in(token: str) -> ShownBlock:
    """Return the proposal a token holds however old it is: to say what it was about, or to work it out anew.

    :raises Malformed: not one of our tokens.
    """
    return _read(token)[0]


def _read(token: str) -> tuple[ShownBlock, float]:
    try:
        payload = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise Malformed(
            "This plan isn't one of ours. Look at the proposal again.", fields={"plan": "unknown"}
        ) from error
    site_id, block_id, kind, resources, since, until, reason = payload["block"]
    shown = ShownBlock(
        site_id=site_id,
        block_id=block_id,
        kind=BlockKind(kind),
        resource_ids=tuple(resources),
        starts_at=dt.datetime.fromtimestamp(since, dt.UTC),
        ends_at=dt.datetime.fromtimestamp(until, dt.UTC),
        reason=reason,
        change=payload["change"],
        hit=frozenset(payload["hit"]),
        moves=tuple((session_id, unpacked(place)) for session_id, place in payload["moves"]),
        versions=dict(payload["versions"]),
        calls=tuple(payload["calls"]),
    )
    return shown, payload["until"]
