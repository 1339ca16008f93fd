"""Shapes that go out. Instants carry the site's offset."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from attention.queries import Item
from scheduling.domain import local_time
from scheduling.domain.plan import Fit, Plan, PlannedSession
from scheduling.domain.states import DELIVERED, FHIR_STATUS, SessionState
from scheduling.queries.planning import Proposal


def instant(at: dt.datetime, zone: str) -> str:
    """Return an instant in ISO 8601 with the site's offset."""
    return at.astimezone(ZoneInfo(zone)).isoformat()


def session(row: Any, red: Sequence[str]) -> dict[str, Any]:
    """Return a stored session, its reservations fetched; `red`: what must be there first, is due and is not."""
    zone = row.zone
    return {
        "id": row.pk,
        "course": row.course_id,
        "patient": row.patient_id,
        "number": row.number,
        "phase": row.phase,
        "visit_type": row.visit_type,
        "starts_at": instant(row.starts_at, zone),
        "ends_at": instant(row.ends_at, zone),
        "state": row.state,
        "fhir_status": FHIR_STATUS[SessionState(row.state)],
        "why": row.why,
        "deviation": row.deviation or None,
        "version": row.version,
        "counts": row.is_counted,
        "confirmed_at": _instant(row.confirmed_at, zone),
        "arrived_at": _instant(row.arrived_at, zone),
        "started_at": _instant(row.started_at, zone),
        "observation_until": _instant(row.observation_until, zone),
        "ended_at": _instant(row.ended_at, zone),
        "dose_mg": row.dose_mg,
        "reason": row.reason,
        "reason_code": row.reason_code,
        "cancelled_by": row.cancelled_by,
        "is_late_cancel": row.is_late_cancel,
        "makeup_of": row.makeup_of_id,
        "billing_code": row.billing_code,
        "authorization": row.authorization_id,
        "uncovered": row.uncovered,
        "gates": list(red),
        "reservations": [
            {
                "resource": held.resource_id,
                "kind": held.resource.kind,
                "name": held.resource.name,
                "starts_at": instant(held.starts_at, zone),
                "ends_at": instant(held.ends_at, zone),
            }
            for held in row.reservations.all()
            if held.is_active
        ],
    }


def _instant(at: dt.datetime | None, zone: str) -> str | None:
    return instant(at, zone) if at else None


def course(row: Any, sessions: list[Any], red: Mapping[int, Sequence[str]]) -> dict[str, Any]:
    """Return a stored course with its sessions; `red`: by session, as `session` takes it."""
    return {
        "id": row.pk,
        "site": row.site.slug,
        "patient": row.patient_id,
        "protocol": {"code": row.protocol.code, "version": row.protocol.version, "name": row.protocol.name},
        "state": row.state,
        "prescribed": row.prescribed,
        "standing_time": f"{row.standing_minute // 60:02}:{row.standing_minute % 60:02}",
        "booked_at": instant(row.booked_at, row.site.zone),
        "held_until": _instant(row.held_until, row.site.zone),
        "resume_on": str(row.resume_on) if row.resume_on else None,
        "end_reason": row.end_reason,
        "delivered": sum(found.is_counted and found.state in DELIVERED for found in sessions),
        "owed": max(0, row.prescribed - sum(found.is_counted for found in sessions)),
        "version": row.version,
        "sessions": [session(found, red.get(found.pk, ())) for found in sessions],
    }


def plan(proposal: Proposal, token: str, *, rank: int = 1) -> dict[str, Any]:
    """Return a plan that is not booked, with the token that books exactly it."""
    found: Plan = proposal.plan
    zone = proposal.site.zone
    return {
        "rank": rank,
        "label": found.label,
        "summary": found.summary,
        "plan": token,
        "sessions": [planned(row, zone) for row in found.sessions],
        "deviations": [{"number": d.number, "code": d.code, "text": d.text} for d in found.deviations],
        "skipped": [{"day": str(day), "reason": name} for day, name in found.skipped],
        "tastes": list(proposal.tastes),
        "coverage": proposal.coverage_words,
        "uncovered": sorted(index + 1 for index in proposal.coverage.reasons) if proposal.coverage else [],
    }


def fit(row: Fit) -> dict[str, Any]:
    """Return a half hour and how many of the course's sessions could be then."""
    return {"time": f"{row.minute // 60:02}:{row.minute % 60:02}", "sessions": row.sessions}


def planned(row: PlannedSession, zone: str) -> dict[str, Any]:
    """Return a session that is only planned."""

    def at(minute: int) -> str:
        return instant(local_time.to_utc(row.day, minute, zone), zone)

    return {
        "number": row.number,
        "phase": row.phase,
        "visit_type": row.visit_type,
        "starts_at": at(row.minute),
        "ends_at": at(row.minute + row.minutes),
        "why": row.why,
        "deviation": row.deviation,
        "reservations": [
            {
                "resource": use.resource_id,
                "kind": use.kind,
                "name": use.name,
                "starts_at": at(use.from_minute),
                "ends_at": at(use.to_minute),
            }
            for use in row.uses
        ],
    }


def patient(row: Any) -> dict[str, Any]:
    """Return a patient; contact points must be fetched."""
    points = {point.kind: point.value for point in row.contact_points.all() if point.is_preferred}
    return {
        "id": row.pk,
        "site": row.site.slug,
        "record_number": row.record_number,
        "state": row.state,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "preferred_name": row.preferred_name,
        "birth_date": str(row.birth_date),
        "language": row.language,
        "phone": points.get("phone"),
        "email": points.get("email"),
    }


def site(row: Any) -> dict[str, Any]:
    """Return a site."""
    return {"id": row.pk, "slug": row.slug, "name": row.name, "zone": row.zone, "phone": row.phone}


def protocol(row: Any) -> dict[str, Any]:
    """Return a protocol that can be booked."""
    return {
        "code": row.code,
        "version": row.version,
        "name": row.name,
        "tag": row.tag,
        "definition": row.definition,
    }


def resource(row: Any) -> dict[str, Any]:
    """Return a device, a chair, a room, a place or a person; its site must be fetched."""
    return {
        "id": row.pk,
        "site": row.site.slug,
        "kind": row.kind,
        "name": row.name,
        "group": row.group,
        "capabilities": row.capabilities,
    }


def item(row: Item) -> dict[str, Any]:
    """Return one thing a person has to do."""
    return {
        "key": row.key,
        "kind": row.kind,
        "code": row.code,
        "group": row.group,
        "severity": row.severity,
        "site": row.site_id,
        "patient": row.patient_id,
        "course": row.course_id,
        "course_version": row.course_version,
        "session": row.session_id,
        "session_version": row.session_version,
        "resource": row.resource_id,
        "title": row.title,
        "detail": row.detail,
        "since": instant(row.since, row.zone),
        "deadline": _instant(row.deadline, row.zone),
        "action": {name: getattr(row.action, name) for name in ("verb", "label", "method", "path")},
        "owner": {"id": row.owner_id, "name": row.owner} if row.owner_id else None,
        "held_until": _instant(row.held_until, row.zone),
        "done_at": _instant(row.done_at, row.zone),
        "version": row.version,
    }
