"""Where the sending window lies for somebody's zone: when it opens next, and what has to be said before it closes."""

import datetime as dt

from notifications.domain.window import Hours
from scheduling.domain import local_time

SPARE = 60  # minutes before the window closes: what is moved earlier must still be sent in time


def is_open(at: dt.datetime, zone: str, hours: Hours) -> bool:
    """Tell whether somebody may be written to at an instant."""
    return hours.is_open(local_time.wall(at, zone)[1])


def next_opening(at: dt.datetime, zone: str, hours: Hours) -> dt.datetime:
    """Return the first instant after another one at which the window opens."""
    day, minute = local_time.wall(at, zone)
    return local_time.to_utc(day + dt.timedelta(days=minute >= hours.opens), hours.opens, zone)


def opening_of_next_day(at: dt.datetime, zone: str, hours: Hours) -> dt.datetime:
    """Return when the window opens on the day after an instant's."""
    return local_time.to_utc(local_time.today(at, zone) + dt.timedelta(days=1), hours.opens, zone)


def placed(due: dt.datetime, *, until: dt.datetime, zone: str, hours: Hours, now: dt.datetime) -> dt.datetime | None:
    """Return when something due at an instant is said; None: never, before `until`.

    Then or now, whichever is later, if the window is open; else when it opens next; where that would be too late,
    shortly before it closed the last time: earlier, never later. What can't be said any more comes as None.
    """
    at = max(due, now)
    if is_open(at, zone, hours):
        return at if at < until else None
    if (opening := next_opening(at, zone, hours)) < until:
        return opening
    earlier = _last_chance(at, zone, hours)
    if earlier >= now:
        return earlier
    return now if is_open(now, zone, hours) and now < until else None


def _last_chance(at: dt.datetime, zone: str, hours: Hours) -> dt.datetime:
    day, minute = local_time.wall(at, zone)
    if minute < hours.opens:
        day -= dt.timedelta(days=1)
    return local_time.to_utc(day, max(hours.opens, hours.closes - SPARE), zone)
