"""Pure: how early a cancellation must come, by a clinic's policy (domain.md 3.5; no fee is ever decided here)."""

import datetime as dt
from dataclasses import dataclass

from scheduling.domain import local_time

DEFAULT_LATE_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Notice:
    """The notice asked for: hours before the visit, or business days with a time of day (minutes) on the last one.

    Neither: no cancellation is late.
    """

    hours: int | None = None
    business_days: int | None = None
    cutoff_minute: int | None = None


def is_late(notice: Notice, *, cancelled_at: dt.datetime, starts_at: dt.datetime, zone: str) -> bool:
    """Tell whether a cancellation comes too late. Hours are elapsed ones; business days are Monday to Friday."""
    if notice.hours is not None:
        return starts_at - cancelled_at < dt.timedelta(hours=notice.hours)
    if notice.business_days is None:
        return False
    day, _minute = local_time.wall(starts_at, zone)
    left = notice.business_days
    while left:
        day -= dt.timedelta(days=1)
        left -= day.isoweekday() <= 5
    cutoff = notice.cutoff_minute if notice.cutoff_minute is not None else local_time.MINUTES_A_DAY
    return local_time.wall(cancelled_at, zone) > (day, cutoff)
