"""Shapes that go out about blocked time: blocks, who they hit, where everybody goes; extra hours; public holidays."""

from typing import Any

from api.show import instant, planned
from scheduling.domain.reseat_words import MoveKind
from scheduling.queries.outages import Holiday, Proposal, Row, Seen


def block(seen: Seen) -> dict[str, Any]:
    """Return a block; `left`: how many visits still need a place."""
    row = seen.block
    return {
        "id": row.pk,
        "site": row.site.slug,
        "kind": row.kind,
        "state": row.state,
        "resources": [{"id": resource_id, "name": name} for resource_id, name in seen.resources],
        "starts_at": instant(row.starts_at, row.site.zone),
        "ends_at": instant(row.ends_at, row.site.zone),
        "reason": row.reason,
        "by": row.by.name if row.by else None,
        "made_at": instant(row.made_at, row.site.zone),
        "is_running": seen.is_running,
        "left": seen.left,
        "version": row.version,
    }


def proposal(found: Proposal, token: str) -> dict[str, Any]:
    """Return a proposal with the token that does exactly it."""
    zone = found.blocking.site.zone
    return {
        "block": found.blocking.block_id,
        "starts_at": instant(found.blocking.starts_at, zone),
        "ends_at": instant(found.blocking.ends_at, zone),
        "words": found.words,
        "plan": token,
        "counts": {
            "hit": len(found.rows),
            "move": sum(row.to is not None for row in found.rows),
            "call": sum(row.kind is MoveKind.CALL for row in found.rows),
            "later": len(found.later),
            "patients": len(found.patients),
        },
        "rows": [_row(row, zone) for row in found.rows],
        "later": [_row(row, zone) for row in found.later],
        "under_way": [
            {"session": row.pk, "patient": row.patient_id, "starts_at": instant(row.starts_at, zone)}
            for row in found.under_way
        ],
    }


def _row(row: Row, zone: str) -> dict[str, Any]:
    session = row.session
    return {
        "session": session.pk,
        "version": session.version,
        "course": session.course_id,
        "patient": session.patient_id,
        "number": session.number,
        "rank": row.rank,
        "harm": {"score": row.harm.score, "words": row.harm.words} if row.harm else None,
        "from": {"starts_at": instant(session.starts_at, zone), "resource": row.was.main},
        "to": planned(row.to, zone) if row.to else None,
        "kind": row.kind.value,
        "text": row.words,
        "fixed": row.is_fixed,
        "choices": [
            {
                "kind": choice.kind.value,
                "label": choice.label,
                "day": str(choice.spot.day),
                "time": f"{choice.spot.minute // 60:02}:{choice.spot.minute % 60:02}",
                "resource": choice.spot.main,
            }
            for choice in row.choices
        ],
    }


def extra_hours(row: Any) -> dict[str, Any]:
    """Return hours opened beside the week."""
    return {
        "id": row.pk,
        "day": str(row.day),
        "from_time": f"{row.opens:%H:%M}",
        "to_time": f"{row.closes:%H:%M}",
        "resource": row.resource_id,
        "name": row.resource.name if row.resource else None,
        "reason": row.reason,
    }


def holiday(row: Holiday) -> dict[str, Any]:
    """Return a public holiday and what the site does then."""
    return {
        "day": str(row.day),
        "name": row.name,
        "is_observed": row.is_observed,
        "is_open": row.is_open,
        "is_closed": row.is_closed,
        "visits": row.visits,
    }
