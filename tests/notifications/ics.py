"""A reader of calendars written from the RFCs (5545, 5546) alone: it knows nothing of how ours are made."""

import datetime as dt
import re
from dataclasses import dataclass, field

_LINE = re.compile(r'(?P<name>[A-Z-]+)(?P<params>(?:;[A-Z-]+=(?:"[^"]*"|[^";:,]*))*):(?P<value>.*)', re.DOTALL)


@dataclass
class Part:
    """One component: its properties in order, with their parameters, and the components inside."""

    kind: str
    lines: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    parts: list["Part"] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        (value,) = [value for given, _params, value in self.lines if given == name]
        return value

    def param(self, name: str, param: str) -> str:
        (params,) = [params for given, params, _value in self.lines if given == name]
        return params[param]

    def names(self) -> list[str]:
        return [name for name, _params, _value in self.lines]


def read(text: str) -> Part:
    """Return the one calendar in a text.

    :raises AssertionError: it breaks a rule of RFC 5545 or 5546.
    """
    assert text.endswith("\r\n")
    raw = text[:-2].split("\r\n")
    assert not [line for line in raw if "\n" in line or "\r" in line or len(line.encode()) > 75]
    top = Part("")
    open_parts = [top]
    for line in "\r\n".join(raw).replace("\r\n ", "").split("\r\n"):
        found = _LINE.fullmatch(line)
        assert found, line
        name, value = found["name"], found["value"]
        if name == "BEGIN":
            part = Part(value)
            open_parts[-1].parts.append(part)
            open_parts.append(part)
        elif name == "END":
            assert open_parts.pop().kind == value
        else:
            params = re.findall(r';([A-Z-]+)=("[^"]*"|[^";:,]*)', found["params"])
            open_parts[-1].lines.append((name, {key: given.strip('"') for key, given in params}, value))
    assert open_parts == [top]
    (calendar,) = top.parts
    _check(calendar)
    return calendar


def events(calendar: Part) -> list[Part]:
    return [part for part in calendar.parts if part.kind == "VEVENT"]


def text_of(value: str) -> str:
    """Return a TEXT value as it is read."""
    return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)


def instant(calendar: Part, event: Part, name: str) -> dt.datetime:
    """Return the instant of a local time by the calendar's own VTIMEZONE: nobody else's idea of the zone is asked."""
    zone = event.param(name, "TZID")
    (rules,) = [part for part in calendar.parts if part.kind == "VTIMEZONE" and part["TZID"] == zone]
    wall = dt.datetime.strptime(event[name], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall clock
    began = sorted(rules.parts, key=lambda part: part["DTSTART"])
    in_force = [part for part in began if dt.datetime.strptime(part["DTSTART"], "%Y%m%dT%H%M%S") <= wall]  # noqa: DTZ007
    return (wall - _offset(in_force[-1]["TZOFFSETTO"])).replace(tzinfo=dt.UTC)


def _offset(text: str) -> dt.timedelta:
    sign = -1 if text[0] == "-" else 1
    return sign * dt.timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))


def _check(calendar: Part) -> None:
    assert calendar.kind == "VCALENDAR"
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]
    for part in calendar.parts:
        once = {"VEVENT": ["UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE", "ORGANIZER"], "VTIMEZONE": ["TZID"]}
        assert [name for name in once[part.kind] if part.names().count(name) != 1] == []
        if part.kind == "VTIMEZONE":
            assert part.parts
            for rule in part.parts:
                assert rule.kind in ("STANDARD", "DAYLIGHT")
                assert sorted(rule.names()) == ["DTSTART", "TZNAME", "TZOFFSETFROM", "TZOFFSETTO"]
        else:
            assert re.fullmatch(r"\d{8}T\d{6}Z", part["DTSTAMP"])
            assert part["DTSTART"] < part["DTEND"]
            assert "ATTENDEE" not in part.names()  # RFC 5546 3.2.1: not in what is published
    assert calendar["METHOD"] in ("PUBLISH", "CANCEL")
    if calendar["METHOD"] == "CANCEL":  # RFC 5546 3.2.5
        assert {event["STATUS"] for event in events(calendar)} == {"CANCELLED"}
