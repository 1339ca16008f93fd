"""A patient's life as it goes out."""

from collections.abc import Sequence
from typing import Any


def life(
    *,
    interpreter: str,
    absences: Sequence[Any],
    people: Sequence[Any],
    flags: Sequence[Any],
    authorizations: Sequence[Any],
) -> dict[str, Any]:
    """Return everything that planning respects; payers and pools of the authorizations must be fetched."""
    return {
        "interpreter": interpreter,
        "absences": [_absence(row) for row in absences],
        "related_people": [{"id": row.pk, "role": row.role, "name": row.name, "phone": row.phone} for row in people],
        "flags": [{"id": row.pk, "code": row.code, "is_cleared": row.cleared_at is not None} for row in flags],
        "authorizations": [_authorization(row) for row in authorizations],
    }


def _absence(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "person": row.person_id,
        "starts_on": str(row.starts_on),
        "ends_on": str(row.ends_on) if row.ends_on else None,
        "weekday": row.weekday,
        "from_time": _clock(row.from_minute),
        "to_time": _clock(row.to_minute),
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _authorization(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "payer": row.payer.name,
        "number": row.number,
        "state": row.state,
        "unit": row.unit,
        "starts_on": str(row.starts_on),
        "ends_on": str(row.ends_on),
        "plan": row.plan,
        "diagnosis": row.diagnosis,
        "provider": row.provider,
        "requested_on": str(row.requested_on) if row.requested_on else None,
        "decided_on": str(row.decided_on) if row.decided_on else None,
        "frequency": row.frequency,
        "conditions": row.conditions,
        "documents": row.documents,
        "version": row.version,
        "pools": [{"codes": pool.codes, "units": pool.units} for pool in row.pools.all()],
    }
