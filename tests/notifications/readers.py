"""Two readers of calendars that share no line of code: each returns names, times by the rules the calendar carries,
titles, versions and states.
"""

import datetime as dt

import icalendar
import vobject
import vobject.icalendar

Read = tuple[str, dt.datetime, str, int, str]


def by_icalendar(text: str) -> list[Read]:
    """Read a calendar with `icalendar`, its times by the rules it carries itself."""
    found = icalendar.Calendar.from_ical(text)
    [rules] = found.walk("VTIMEZONE")
    zone = rules.to_tz(lookup_tzid=False)
    return [
        (
            str(event["UID"]),
            event["DTSTART"].dt.replace(tzinfo=zone),
            str(event["SUMMARY"]),
            int(event["SEQUENCE"]),
            str(event["STATUS"]),
        )
        for event in found.walk("VEVENT")
    ]


def by_vobject(text: str) -> list[Read]:
    """Read a calendar with `vobject`, which knows a zone only by the rules the calendar carries."""
    vobject.icalendar.__dict__["__tzidMap"].clear()  # else it goes by the rules it read last of a zone of this name
    found = vobject.readOne(text)
    return [
        (
            event.uid.value,
            event.dtstart.value,
            event.summary.value,
            int(event.sequence.value),
            event.status.value,
        )
        for event in found.vevent_list
    ]


READERS = [by_icalendar, by_vobject]
