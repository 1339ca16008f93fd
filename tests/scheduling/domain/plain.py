"""A protocol of half-hour visits on a device, and a time on it, in New York."""

import datetime as dt
from typing import Any

from scheduling.domain import local_time
from scheduling.domain.protocol import Gaps, Need, Phase, ProtocolDefinition, Step, VisitType
from scheduling.domain.refill import Slot

ZONE = "America/New_York"
MONDAY = dt.date(2026, 11, 16)
DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)


def slot_at(day: dt.date, minute: int, *, resource_id: int = 1, kind: str = "device") -> Slot:
    return Slot(day, minute, local_time.to_utc(day, minute, ZONE), resource_id, kind, ZONE)


def protocol(**more: Any) -> ProtocolDefinition:
    """Return a protocol of half-hour visits, every day of the week but Sunday."""
    step = Step("visit", 0, 30, (Need("device"),))
    asked: dict[str, Any] = {
        "code": "p",
        "name": "P",
        "tag": "P",
        "modality": "tms",
        "summary": "",
        "phases": (Phase("acute", sessions=6, weekdays=(1, 2, 3, 4, 5, 6)),),
        "visit_types": {"visit": VisitType("visit", "Visit", 30, (step,))},
        "first_visit": "visit",
        "other_visit": "visit",
        "remap_visit": None,
        "gaps": Gaps(),
        "makeup": "append",
    } | more
    return ProtocolDefinition(**asked)
