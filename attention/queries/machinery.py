"""What an engineer has to see to: work of the clock that stands still."""

import datetime as dt
from collections.abc import Sequence

from attention.domain.items import Action, Item, Kind, Severity
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.queries.watch import WatchedVisit

SWEEP_LATE = dt.timedelta(minutes=15)


def sweep_stuck(expected: Sequence[WatchedVisit], now: dt.datetime) -> list[Item]:
    """Return the sites at which visits should have been flagged a while ago and were not: the worker stands still."""
    waiting: dict[int, list[WatchedVisit]] = {}
    for visit in expected:
        if visit.flag_at is not None and visit.flag_at + SWEEP_LATE < now:
            waiting.setdefault(visit.site_id, []).append(visit)
    return [_stuck(visits) for visits in waiting.values()]


def _stuck(visits: Sequence[WatchedVisit]) -> Item:
    since, _session_id, oldest = min((visit.flag_at or visit.since, visit.session_id, visit) for visit in visits)
    day, minute = local_time.wall(since, oldest.zone)
    count = "1 visit waits" if len(visits) == 1 else f"{len(visits)} visits wait"
    return Item(
        key=f"sweep:{oldest.site_id}:{oldest.session_id}",
        kind=Kind.SWEEP_STUCK,
        site_id=oldest.site_id,
        zone=oldest.zone,
        about=tuple(sorted({visit.patient_id for visit in visits})),
        title="Background work stands still",
        detail=f"{count} to be looked at since {day_text(day)}, {clock_text(minute)}.",
        severity=Severity.HIGH,
        since=since,
        action=Action("look", "Open the status page", "GET", "/readyz"),
    )
