"""What the page that blocks time asks: what is out, from when, until when, why, and what was decided row by row."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from clinic.errors import Malformed, Rejected
from clinic.models import Site
from scheduling.domain import local_time
from scheduling.domain.operations import BlockKind
from scheduling.domain.spots import Spot
from scheduling.queries import outages
from scheduling.queries.availability import next_open_day, opens_at
from scheduling.queries.outages import Blocking, Fixed

REST, NEXT, WEEK, EXACT = "rest", "next", "week", "exact"
REASONS = ("Broken", "Service", "Ill", "Leave", "Weather", "Training")
# What the board says where nobody says why.
UNSAID = {BlockKind.OUT_OF_SERVICE: "Not in use", BlockKind.AWAY: "Not here", BlockKind.CLOSED: "Closed"}
CALL = "call"
_SPOT = re.compile(r"(\d{4}-\d\d-\d\d)@(\d{1,4})@(\d{1,18})")
_SUNDAY = 7


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for; `from_minute` None: from the beginning of the day."""

    resource_ids: frozenset[int]
    is_whole: bool
    first: dt.date
    from_minute: int | None
    until: str
    last: dt.date
    to_minute: int | None
    reason: str
    words: str

    @property
    def names_something(self) -> bool:
        """Whether it is said what is out."""
        return self.is_whole or bool(self.resource_ids)

    @property
    def is_usual(self) -> bool:
        """Whether the reason is one of those to press."""
        return self.reason in REASONS


def fresh(data: QueryDict, site: Site, now: dt.datetime) -> Asked:
    """Return what the page asks before anybody touched it: from now, or from the morning of another day."""
    today, minute = local_time.wall(now, site.zone)
    first = max(_day(data.get("day", "")) or today, today)
    started = minute - minute % local_time.QUANTUM if first == today else None
    named = data.get("resource", "")
    ids = frozenset([int(named)]) if _is_id(named) else frozenset()
    return Asked(ids, data.get("whole") == "1", first, started, REST, first, None, "", "")


def read(data: QueryDict, site: Site) -> Asked:
    """Return what a form asks for.

    :raises Malformed: a day or a time can't be read.
    """
    first = _day(data.get("from_day", ""))
    until = data.get("until", REST)
    last = _day(data.get("to_day", "")) if until == EXACT else first
    if first is None or last is None:
        raise Malformed("Pick the day from which and until which it is out.", fields={"from_day": "unreadable"})
    from_minute, to_minute = _minute(data.get("from_time", "")), None
    if until == EXACT:
        to_minute = _minute(data.get("to_time", ""))
    elif until == NEXT:
        last = next_open_day(site=site, after=first)
        to_minute = opens_at(site=site, day=last) or None
    elif until == WEEK:
        last = first + dt.timedelta(days=_SUNDAY - first.isoweekday())
    return Asked(
        resource_ids=frozenset(int(text) for text in data.getlist("resource") if _is_id(text)),
        is_whole=data.get("whole") == "1",
        first=first,
        from_minute=from_minute,
        until=until if until in (REST, NEXT, WEEK, EXACT) else REST,
        last=last,
        to_minute=to_minute,
        reason=data.get("reason", ""),
        words=data.get("words", "").strip(),
    )


def blocking_of(asked: Asked, site: Site, now: dt.datetime) -> Blocking:
    """Return the block that is asked for; whole days, where no time is said.

    :raises Rejected: nothing is named, the time is empty or over, or the reason is too long.
    :raises NotFound: one of the things named is not in use at this site.
    """
    if not asked.names_something:
        raise Rejected("Choose what is out: a device, a person, or the whole clinic.", fields={"resource": "required"})
    since, until = outages.span_of(
        site, first=asked.first, last=asked.last, from_minute=asked.from_minute, to_minute=asked.to_minute
    )

    def blocking(reason: str) -> Blocking:
        ids = () if asked.is_whole else sorted(asked.resource_ids)
        return outages.blocking_of(site=site, resource_ids=ids, starts_at=since, ends_at=until, reason=reason, now=now)

    said = asked.words or (asked.reason if asked.is_usual else "")
    return blocking(said or UNSAID[blocking("-").kind])


def decided(data: QueryDict, prefix: str = "fix-") -> dict[int, Fixed]:
    """Return what was decided about single visits: a place each, or that somebody calls.

    :raises Malformed: a place can't be read.
    """
    found = {}
    for name, value in data.items():
        number = name.removeprefix(prefix)
        if name.startswith(prefix) and _is_id(number) and value:
            found[int(number)] = Fixed(None if value == CALL else _spot(str(value)))
    return found


def value_of(fixed: Fixed | Spot) -> str:
    """Return a decision as a form sends it."""
    spot = fixed.spot if isinstance(fixed, Fixed) else fixed
    return CALL if spot is None else f"{spot.day}@{spot.minute}@{spot.main}"


def changed(mine: Mapping[int, Fixed], before: Mapping[int, Fixed]) -> set[int]:
    """Return the visits about which something else was decided than before."""
    return {pk for pk, each in mine.items() if before.get(pk) != each}


def next_words(asked: Asked, site: Site) -> str:
    """Return when the site opens next after the day from which something is out: `Wed Nov 25, 7:30am`."""
    day = next_open_day(site=site, after=asked.first)
    return f"{local_time.day_text(day)}, {local_time.clock_text(opens_at(site=site, day=day))}"


def _spot(text: str) -> Spot:
    match = _SPOT.fullmatch(text)
    day = _day(match[1]) if match else None
    if match is None or day is None:
        raise Malformed("This page is out of date. Reload it.")
    return Spot(day, int(match[2]), int(match[3]))


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _minute(text: str) -> int | None:
    if not text:
        return None
    try:
        return local_time.parse_wall(text)
    except ValueError as error:
        raise Malformed("Type the time as 9:30 or 14:00.", fields={"from_time": "unreadable"}) from error


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
