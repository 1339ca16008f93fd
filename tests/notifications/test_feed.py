"""A calendar that is read again and again, by two readers that share no line of code and one that trusts neither."""

import datetime as dt
import zoneinfo
from typing import Any

import icalendar
import pytest

from notifications.domain import calendar
from notifications.domain.calendar import Clinic, Entry
from tests.factories import NOW
from tests.notifications import ics
from tests.notifications.readers import READERS, by_vobject

HOUR = dt.timedelta(hours=1)
CLINIC = Clinic(
    title="Visit - Riverside, Clinic; Two",
    name="Riverside Niño Clinic",
    place="12 Main St, Suite 3; Riverside \\ East, " + "ñandú " * 12,
    note="To change it, call (555) 010-2000.",
    sender="visits@riverside.example",
)
NEW_YORK, PHOENIX = "America/New_York", "America/Phoenix"
# The Monday before and the one after each change of clocks of 2026 and 2027 in the United States.
AROUND = [
    dt.date(2026, 3, 2),
    dt.date(2026, 3, 9),
    dt.date(2026, 10, 26),
    dt.date(2026, 11, 2),
    dt.date(2027, 3, 8),
    dt.date(2027, 3, 15),
    dt.date(2027, 11, 1),
    dt.date(2027, 11, 8),
]


def entry(day: dt.date, zone: str = NEW_YORK, *, number: int = 1, **more: Any) -> Entry:
    """A visit at half past eight by the wall clock of a zone."""
    starts_at = dt.datetime.combine(day, dt.time(8, 30), zoneinfo.ZoneInfo(zone)).astimezone(dt.UTC)
    facts: dict[str, Any] = {"version": 1, "changed_at": NOW} | more
    uid = calendar.uid("https://visits.example.org", number)
    return Entry(uid=uid, starts_at=starts_at, ends_at=starts_at + HOUR, zone=zone, **facts)


def feed(entries: list[Entry], zone: str = NEW_YORK) -> str:
    return calendar.feed(entries, CLINIC, zone=zone, now=NOW)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("zone", [NEW_YORK, PHOENIX])
def test_half_past_eight_stays_half_past_eight_across_every_change_of_clocks(read: Any, zone: str) -> None:
    entries = [entry(day, zone, number=number) for number, day in enumerate(AROUND)]

    found = read(feed(entries, zone))

    assert [(each[1].date(), each[1].time()) for each in found] == [(day, dt.time(8, 30)) for day in AROUND]
    assert [each[1].astimezone(dt.UTC) for each in found] == [each.starts_at for each in entries]


def test_the_hours_to_greenwich_differ_where_clocks_change_and_only_there() -> None:
    def offsets(zone: str) -> list[dt.timedelta | None]:
        entries = [entry(day, zone, number=number) for number, day in enumerate(AROUND)]
        return [each[1].utcoffset() for each in by_vobject(feed(entries, zone))]

    assert offsets(NEW_YORK) == [-5 * HOUR, -4 * HOUR, -4 * HOUR, -5 * HOUR] * 2
    assert offsets(PHOENIX) == [-7 * HOUR] * 8


@pytest.mark.parametrize("read", READERS)
def test_both_read_the_words_as_they_were_meant(read: Any) -> None:
    [found] = read(feed([entry(AROUND[0])]))

    assert found[2:] == (CLINIC.title, 1, "CONFIRMED")


@pytest.mark.parametrize("read", READERS)
def test_a_moved_visit_keeps_its_name_and_a_cancelled_one_says_so(read: Any) -> None:
    [booked] = read(feed([entry(AROUND[0])]))
    [moved] = read(feed([entry(AROUND[1], version=2)]))
    [gone] = read(feed([entry(AROUND[1], version=3, is_cancelled=True)]))

    assert booked[0] == moved[0] == gone[0]
    assert [each[3] for each in (booked, moved, gone)] == [1, 2, 3]
    assert [each[4] for each in (booked, moved, gone)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert moved[1].date() == AROUND[1]


def test_it_says_how_often_to_look_and_rings_for_nobody() -> None:
    text = feed([entry(AROUND[0])])
    found = icalendar.Calendar.from_ical(text)

    assert found["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert found["REFRESH-INTERVAL"].dt == HOUR
    assert (str(found["X-PUBLISHED-TTL"]), str(found["METHOD"])) == ("PT1H", "PUBLISH")
    assert found.walk("VALARM") == []


def test_no_line_is_longer_than_a_calendar_may_have_and_no_letter_is_cut() -> None:
    *lines, rest = feed([entry(AROUND[0])]).encode().split(b"\r\n")

    assert max(map(len, lines)) == calendar.LONGEST_LINE
    assert (len([line.decode() for line in lines]), rest) == (len(lines), b"")


def test_the_same_visits_give_the_same_calendar_whenever_it_is_read() -> None:
    entries = [entry(AROUND[0])]

    assert calendar.feed(entries, CLINIC, zone=NEW_YORK, now=NOW) == calendar.feed(
        entries, CLINIC, zone=NEW_YORK, now=NOW + HOUR
    )


def test_without_a_visit_it_is_still_a_calendar() -> None:
    text = feed([])

    assert icalendar.Calendar.from_ical(text).walk("VEVENT") == []
    assert ics.events(ics.read(text)) == []
    assert "BEGIN:VTIMEZONE" in text


def test_the_rules_are_those_of_the_package_and_not_of_the_machine() -> None:
    # `config` empties the search path: the tzdata package is what is asked.
    assert zoneinfo.TZPATH == ()
