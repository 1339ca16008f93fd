"""Shapes that go out about the waiting list: who waits, which times are free again, who would come, what is offered."""

import datetime as dt
from typing import Any

from api.show import instant, planned
from scheduling.domain.local_time import MINUTES_A_DAY
from scheduling.domain.refill import AT_ONCE, Rate
from scheduling.queries.refill import Candidate, Found, FreedTime


def entry(row: Any) -> dict[str, Any]:
    """Return an entry of the list; its site and protocols must be fetched. A time that is null is no limit."""
    protocol = row.protocol or row.course.protocol
    zone = row.site.zone
    return {
        "id": row.pk,
        "site": row.site_id,
        "patient": row.patient_id,
        "kind": row.kind,
        "course": row.course_id,
        "protocol": protocol.code,
        "weekdays": row.weekdays,
        "from_time": _clock(row.from_minute) if row.from_minute else None,
        "to_time": _clock(row.to_minute) if row.to_minute < MINUTES_A_DAY else None,
        "lead_minutes": row.lead_minutes,
        "urgency": row.urgency,
        "call_only": row.is_call_only,
        "since": instant(row.since, zone),
        "closed_at": _instant(row.closed_at, zone),
        "closed_because": row.closed_because,
        "version": row.version,
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _instant(at: dt.datetime | None, zone: str) -> str | None:
    return instant(at, zone) if at else None


def freed(row: FreedTime, now: dt.datetime) -> dict[str, Any]:
    """Return a time that is free again."""
    zone = row.slot.zone
    return {
        "session": row.session_id,
        "site": row.site_id,
        "resource": row.slot.resource_id,
        "resource_name": row.resource_name,
        "kind": row.slot.kind,
        "starts_at": instant(row.slot.starts_at, zone),
        "free_until": instant(row.free_until, zone),
        "minutes_to_start": row.minutes_to_start(now),
        "why": row.why,
        "since": instant(row.since, zone),
        "open_offers": row.offers,
        "offered_until": _instant(row.offered_until, zone),
    }


def candidates(row: FreedTime, found: Found, rate: Rate, now: dt.datetime) -> dict[str, Any]:
    """Return who would come in a freed time, numbered from 1, who is not asked, and how often people say yes."""
    asked = min(AT_ONCE, len(found.candidates))
    return {
        "freed": freed(row, now),
        "candidates": [_candidate(each, rank, row.slot.zone) for rank, each in enumerate(found.candidates, start=1)],
        "others": [{"entry": entry(each.entry), "why_not": each.why_not} for each in found.others],
        "accept_rate": rate.share,
        "chance_to_fill": rate.chance(asked),
    }


def _candidate(row: Candidate, rank: int, zone: str) -> dict[str, Any]:
    plan = row.fit.proposal.plan if row.fit.proposal else None
    return {
        "rank": rank,
        "entry": entry(row.entry),
        "why": row.why,
        "session": row.fit.session_id,
        "sooner_days": row.fit.sooner,
        "sessions": len(plan.sessions) if plan else 1,
        "ends_on": str(plan.sessions[-1].day) if plan else None,
        "planned": planned(row.fit.planned, zone),
    }


def offer(row: Any) -> dict[str, Any]:
    """Return an offer; entry, its site and session must be fetched. A course waited for has an id once booked."""
    zone = row.entry.site.zone
    return {
        "id": row.pk,
        "entry": row.entry_id,
        "patient": row.patient_id,
        "freed_session": row.freed_id,
        "session": row.session_id,
        "course": row.session.course_id if row.session else None,
        "resource": row.resource_id,
        "starts_at": instant(row.starts_at, zone),
        "ends_at": instant(row.ends_at, zone),
        "state": row.state,
        "by_phone": row.is_by_phone,
        "why": row.why,
        "asked_at": instant(row.asked_at, zone),
        "expires_at": instant(row.expires_at, zone),
        "answered_at": _instant(row.answered_at, zone),
        "version": row.version,
    }
