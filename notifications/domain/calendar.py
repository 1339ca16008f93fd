"""Pure: visits as a calendar reads them (RFC 5545, 5546): a neutral title, a name that never changes, a version.

Nothing says what the visit is for, and no address in it opens anything: calendars are shared and copied to clouds.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

PUBLISH, CANCEL = "PUBLISH", "CANCEL"
LONGEST_LINE = 75  # octets
_NAMES = uuid.UUID("b8a5c1de-7f0a-4a57-93a1-6c5f0d1f4e0c")
_LONG_AGO = "19700101T000000"
_AROUND = dt.timedelta(days=400)  # a calendar must know the change of clocks before the first visit


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit. `version` grows with every change of its time; `changed_at`: when it became as it is, if known."""

    uid: str
    version: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    zone: str
    is_cancelled: bool = False
    changed_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Clinic:
    """Whom the calendar names: the clinic's neutral name, where it is, what to say, and who sends it."""

    title: str
    name: str
    place: str
    note: str
    sender: str


@dataclass(frozen=True, slots=True)
class Invite:
    """A calendar to go with an e-mail."""

    method: str
    text: str


def uid(home: str, session_id: int) -> str:
    """Return the name of a visit in every calendar, the same for ever. `home`: this installation's own address."""
    return str(uuid.uuid5(_NAMES, f"{home.rstrip('/')}/{session_id}"))


def invite(entries: Sequence[Entry], clinic: Clinic, *, now: dt.datetime) -> Invite:
    """Return a calendar of some visits: to put in, or to take out where they are cancelled."""
    method = CANCEL if all(entry.is_cancelled for entry in entries) else PUBLISH
    return Invite(method, _calendar(entries, clinic, [f"METHOD:{method}"], now=now))


def feed(entries: Sequence[Entry], clinic: Clinic, *, zone: str, now: dt.datetime) -> str:
    """Return a calendar of all visits there are, to be read again every hour; the same visits give the same.

    Without any it holds the rules of a zone: a calendar may not be empty.
    """
    name = _text(clinic.name)
    head = [
        f"METHOD:{PUBLISH}",
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    if not entries:
        head += _timezone(zone, now, now)
    return _calendar(entries, clinic, head, now=now)


def _calendar(entries: Sequence[Entry], clinic: Clinic, head: Sequence[str], *, now: dt.datetime) -> str:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Coursekeeper//Visits//EN",
        "CALSCALE:GREGORIAN",
        *head,
    ]
    for zone in sorted({entry.zone for entry in entries}):
        mine = [entry for entry in entries if entry.zone == zone]
        lines += _timezone(zone, min(each.starts_at for each in mine), max(each.ends_at for each in mine))
    for entry in entries:
        lines += _event(entry, clinic, now=now)
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(entry: Entry, clinic: Clinic, *, now: dt.datetime) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        f"DTSTAMP:{(entry.changed_at or now).astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
        f"SEQUENCE:{entry.version}",
        f"DTSTART;TZID={entry.zone}:{_wall(entry.starts_at, entry.zone)}",
        f"DTEND;TZID={entry.zone}:{_wall(entry.ends_at, entry.zone)}",
        f"SUMMARY:{_text(clinic.title)}",
        f"LOCATION:{_text(clinic.place)}",
        f"DESCRIPTION:{_text(clinic.note)}",
        f"ORGANIZER;CN={_quoted(clinic.name)}:mailto:{clinic.sender}",
        f"STATUS:{'CANCELLED' if entry.is_cancelled else 'CONFIRMED'}",
        "CLASS:PRIVATE",
        "TRANSP:OPAQUE",
        "END:VEVENT",
    ]


def _timezone(zone: str, first: dt.datetime, last: dt.datetime) -> list[str]:
    """Return a zone's rules around some time, each change of clocks by itself: no rule has to be guessed."""
    since = first - _AROUND
    changes = list(_changes(ZoneInfo(zone), since, last + _AROUND))
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    if not changes:
        lines += _rule(since.astimezone(ZoneInfo(zone)), _LONG_AGO, before=_offset(since.astimezone(ZoneInfo(zone))))
    for at in changes:
        before, after = ((at - dt.timedelta(seconds=seconds)).astimezone(ZoneInfo(zone)) for seconds in (1, 0))
        # The wall clock at the moment of the change, as it was until then.
        wall = after.replace(tzinfo=None) - _offset(after) + _offset(before)
        lines += _rule(after, f"{wall:%Y%m%dT%H%M%S}", before=_offset(before))
    return [*lines, "END:VTIMEZONE"]


def _rule(after: dt.datetime, since: str, *, before: dt.timedelta) -> list[str]:
    name = "DAYLIGHT" if after.dst() else "STANDARD"
    return [
        f"BEGIN:{name}",
        f"DTSTART:{since}",
        f"TZOFFSETFROM:{_hours(before)}",
        f"TZOFFSETTO:{_hours(_offset(after))}",
        f"TZNAME:{after.tzname()}",
        f"END:{name}",
    ]


def _changes(zone: ZoneInfo, since: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
    """Return the instants at which a zone's offset changes, to the second."""
    low = since
    while low < until:
        high = low + dt.timedelta(days=1)
        if _offset(low.astimezone(zone)) != _offset(high.astimezone(zone)):
            yield _between(zone, low, high)
        low = high


def _between(zone: ZoneInfo, low: dt.datetime, high: dt.datetime) -> dt.datetime:
    before = _offset(low.astimezone(zone))
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    while high - low > dt.timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _offset(middle.astimezone(zone)) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(at: dt.datetime) -> dt.timedelta:
    return at.utcoffset() or dt.timedelta()


def _hours(offset: dt.timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _wall(at: dt.datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', "'").replace("\r", " ").replace("\n", " "))


def _folded(line: str) -> str:
    """Return a line of at most 75 octets, the rest on lines that begin with a blank; no letter is cut in two."""
    parts, size = [""], 0
    for char in line:
        length = len(char.encode())
        if size + length > LONGEST_LINE:
            parts.append(" ")
            size = 1
        parts[-1] += char
        size += length
    return "\r\n".join(parts)
