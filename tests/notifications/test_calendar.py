"""Visits in a calendar: neutral, named for ever, right by the calendar's own rules on both sides of every change."""

import datetime as dt

import pytest

from notifications.domain import calendar
from notifications.domain.calendar import Clinic, Entry
from tests.factories import NOW
from tests.notifications import ics

CLINIC = Clinic(
    title="Visit - Riverside, Clinic; Two",
    name='Riverside "Two"',
    place="12 Main St\nSuite 3, Riverside \\ East",
    note="Para cambiarla, llame al (555) 010-2040. " + "ñ" * 60,
    sender="visits@riverside.example",
)


def entry(
    starts_at: dt.datetime,
    zone: str = "America/New_York",
    session: int = 7,
    version: int = 3,
    is_cancelled: bool = False,
) -> Entry:
    uid = calendar.uid("https://visits.example.org", session)
    return Entry(uid, version, starts_at, starts_at + dt.timedelta(minutes=40), zone, is_cancelled)


def at(month: int, day: int, hour: int, year: int = 2026) -> dt.datetime:
    return dt.datetime(year, month, day, hour, 30, tzinfo=dt.UTC)


def test_a_second_parser_reads_every_word_as_it_was_meant() -> None:
    found = ics.read(calendar.invite([entry(at(11, 24, 13))], CLINIC, now=NOW).text)

    [event] = ics.events(found)
    assert found["METHOD"] == "PUBLISH"
    assert ics.text_of(event["SUMMARY"]) == CLINIC.title
    assert ics.text_of(event["LOCATION"]) == CLINIC.place
    assert ics.text_of(event["DESCRIPTION"]) == CLINIC.note
    assert (event["SEQUENCE"], event["STATUS"], event["CLASS"]) == ("3", "CONFIRMED", "PRIVATE")
    assert (event["ORGANIZER"], event.param("ORGANIZER", "CN")) == (
        "mailto:visits@riverside.example",
        "Riverside 'Two'",
    )
    assert (event["DTSTART"], event["DTSTAMP"]) == ("20261124T083000", "20261116T140000Z")


@pytest.mark.parametrize("zone", ["America/New_York", "America/Los_Angeles", "America/Phoenix", "Europe/Berlin"])
def test_its_own_rules_give_each_visit_its_instant_on_both_sides_of_each_change(zone: str) -> None:
    starts = [
        at(10, 30, 17),
        at(11, 2, 17),
        at(3, 12, 17, 2027),
        at(3, 15, 17, 2027),
        at(3, 29, 17, 2027),
        at(7, 1, 17, 2027),
    ]
    entries = [entry(start, zone, number) for number, start in enumerate(starts)]

    found = ics.read(calendar.invite(entries, CLINIC, now=NOW).text)

    assert [ics.instant(found, event, "DTSTART") for event in ics.events(found)] == starts
    assert len({event["UID"] for event in ics.events(found)}) == len(starts)


def test_a_cancelled_visit_keeps_its_name_and_takes_it_out() -> None:
    booked = ics.read(calendar.invite([entry(at(11, 24, 13))], CLINIC, now=NOW).text)
    gone = ics.read(calendar.invite([entry(at(11, 24, 13), version=4, is_cancelled=True)], CLINIC, now=NOW).text)

    assert (gone["METHOD"], ics.events(gone)[0]["STATUS"]) == ("CANCEL", "CANCELLED")
    assert ics.events(gone)[0]["UID"] == ics.events(booked)[0]["UID"]
    assert int(ics.events(gone)[0]["SEQUENCE"]) > int(ics.events(booked)[0]["SEQUENCE"])


def test_one_calendar_puts_in_what_stands_and_takes_out_what_does_not() -> None:
    entries = [entry(at(11, 24, 13)), entry(at(11, 25, 13), session=8, is_cancelled=True)]

    found = ics.read(calendar.invite(entries, CLINIC, now=NOW).text)

    assert (found["METHOD"], [event["STATUS"] for event in ics.events(found)]) == (
        "PUBLISH",
        ["CONFIRMED", "CANCELLED"],
    )


def test_a_visit_has_one_name_for_ever_and_another_at_another_installation() -> None:
    assert calendar.uid("https://a.example/", 7) == calendar.uid("https://a.example", 7)
    assert (
        len(
            {
                calendar.uid("https://a.example", 7),
                calendar.uid("https://b.example", 7),
                calendar.uid("https://a.example", 8),
            }
        )
        == 3
    )
