"""Pure: the only place where wall clocks and UTC instants meet. No clock is read here.

A day is its local date; a time of day is wall-clock minutes after midnight at the site.
"""

import datetime as dt
import re
from functools import lru_cache
from zoneinfo import ZoneInfo

QUANTUM = 5  # minutes: the grid every plan is laid on
QUANTA_A_DAY = 24 * 60 // QUANTUM
MINUTES_A_DAY = 24 * 60
# Where a week begins on Sunday (CLDR); everywhere else it begins on Monday.
SUNDAY_FIRST = frozenset({"BR", "CA", "IL", "JP", "KR", "MX", "PH", "PR", "US"})


class LocalTimeError(ValueError):
    """A wall-clock time that names no single instant."""


class NonexistentTime(LocalTimeError):
    """Clocks jump over this time."""


class AmbiguousTime(LocalTimeError):
    """Clocks show this time twice."""


def to_utc(day: dt.date, minute: int, zone: str) -> dt.datetime:
    """Return the instant of a wall-clock time; minute 1440 is the following midnight.

    :raises NonexistentTime: clocks go forward over it.
    :raises AmbiguousTime: clocks go back over it.
    """
    local = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minute)
    early, late = _both(local, zone)
    if early == late:
        return early
    words = f"{clock_text(local.hour * 60 + local.minute)} on {day_text(local.date())}, {local.year}"
    if _shows(early, local, zone):
        raise AmbiguousTime(f"{words} comes twice: clocks go back. Pick another time.")
    raise NonexistentTime(f"{words} does not exist: clocks go forward. Pick another time.")


def wall(at: dt.datetime, zone: str) -> tuple[dt.date, int]:
    """Return the local date and wall-clock minute of an instant."""
    local = at.astimezone(_zone(zone))
    return local.date(), local.hour * 60 + local.minute


def today(now: dt.datetime, zone: str) -> dt.date:
    """Return the date on the wall at an instant."""
    return now.astimezone(_zone(zone)).date()


def day_bounds(day: dt.date, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """Return the half-open UTC interval of a local day: 23, 24 or 25 hours, whether or not midnight exists."""
    return _first_instant(day, zone), _first_instant(day + dt.timedelta(days=1), zone)


@lru_cache(maxsize=4096)
def unusable_mask(day: dt.date, zone: str) -> int:
    """Return the quanta of a day that do not exist or come twice, as a bitmap: nothing is planned there."""
    since, until = day_bounds(day, zone)
    if until - since == dt.timedelta(days=1):
        return 0
    mask = 0
    midnight = dt.datetime.combine(day, dt.time())
    for quantum in range(QUANTA_A_DAY):
        early, late = _both(midnight + dt.timedelta(minutes=quantum * QUANTUM), zone)
        if early != late:
            mask |= 1 << quantum
    return mask


def week_of(day: dt.date, region: str) -> dt.date:
    """Return the day on which the week of a day begins where people live."""
    return day - dt.timedelta(days=day.isoweekday() % 7 if region in SUNDAY_FIRST else day.weekday())


def parse_wall(text: str) -> int:
    """Return the minutes after midnight of a time such as `08:30`.

    :raises ValueError: it is no time of day.
    """
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if match is None:
        raise ValueError(f'"{text[:12]}" is not a time of day. Type it like 08:30.')
    return int(match[1]) * 60 + int(match[2])


def clock_text(minute: int) -> str:
    """Return a time of day as people read it: 8:30am, 9am, 12pm."""
    hour, rest = divmod(minute % MINUTES_A_DAY, 60)
    minutes = f":{rest:02}" if rest else ""
    return f"{hour % 12 or 12}{minutes}{'am' if hour < 12 else 'pm'}"


def when_text(at: dt.datetime, zone: str, now: dt.datetime) -> str:
    """Return an instant as a site's people say it: its time of day, with the day before it if that is not today."""
    day, minute = wall(at, zone)
    return clock_text(minute) if day == today(now, zone) else f"{day_text(day)}, {clock_text(minute)}"


def monday_of(day: dt.date) -> dt.date:
    """Return the Monday of a day's ISO week."""
    return day - dt.timedelta(days=day.weekday())


def day_text(day: dt.date) -> str:
    """Return a date as people read it: Tue Nov 24."""
    return f"{day:%a %b} {day.day}"


def _both(local: dt.datetime, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """Return the instants Python reads a wall-clock time as, before and after a change; equal on ordinary days."""
    at = local.replace(tzinfo=_zone(zone))
    return at.replace(fold=0).astimezone(dt.UTC), at.replace(fold=1).astimezone(dt.UTC)


def _shows(at: dt.datetime, local: dt.datetime, zone: str) -> bool:
    return at.astimezone(_zone(zone)).replace(tzinfo=None, fold=0) == local


def _first_instant(day: dt.date, zone: str) -> dt.datetime:
    midnight = dt.datetime.combine(day, dt.time())
    early, late = _both(midnight, zone)
    if early == late or _shows(early, midnight, zone):
        return early
    # Midnight is missing: the day begins at the moment of the jump, somewhere between the two readings.
    return _gap_start(late, early, day, zone)


def _gap_start(since: dt.datetime, until: dt.datetime, day: dt.date, zone: str) -> dt.datetime:
    """Return the first whole minute between two instants on which the wall shows `day`."""
    low, high = sorted((since, until))
    while high - low > dt.timedelta(minutes=1):
        middle = low + (high - low) / 2
        middle = middle.replace(second=0, microsecond=0)
        if today(middle, zone) >= day:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
