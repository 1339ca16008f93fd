"""Shapes that go out about gates: how each stands, and what was shown for it."""

import datetime as dt
from typing import Any

from api.show import instant
from scheduling.domain.gates import Gate
from scheduling.queries.gates import Standing


def gates(found: Standing, zone: str) -> dict[str, Any]:
    """Return the gates of a visit, a course or a patient."""
    return {"gates": [gate(each, found.row(each), zone) for each in found.gates]}


def gate(each: Gate, row: Any, zone: str) -> dict[str, Any]:
    """Return one gate; `row`: what was shown for it, or None."""
    return {
        "kind": each.kind.value,
        "name": each.info.name,
        "scope": each.scope.value,
        "owner": each.info.owner.value,
        "state": each.state.value,
        "is_met": each.is_met,
        "lack": each.lack.value,
        "text": each.words,
        "due_at": instant(each.due_at, zone),
        "valid_until": str(each.valid_until) if each.valid_until else None,
        "shown": _shown(row, zone) if row else None,
    }


def _shown(row: Any, zone: str) -> dict[str, Any]:
    return {
        "id": row.pk,
        "evidence": row.evidence,
        "person": {"id": row.person_id, "name": row.person.name, "phone": row.person.phone} if row.person else None,
        "is_confirmed": row.is_confirmed,
        "is_override": row.is_override,
        "reason": row.reason,
        "ate_at": _instant(row.ate_at, zone),
        "drank_at": _instant(row.drank_at, zone),
        "at": instant(row.at, zone),
        "by": row.by.name if row.by else None,
    }


def _instant(at: dt.datetime | None, zone: str) -> str | None:
    return instant(at, zone) if at else None
