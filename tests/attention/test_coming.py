"""What is due next, while nothing needs anybody: the nearest deadline, in words, with how many share it."""

import datetime as dt

from attention.queries import next_due
from scheduling.actions import setup
from tests.attention.desk import DAY, HOUR, Desk, authorize
from tests.attention.gate_scenes import GateDue, HoldReady
from tests.factories import FIRST_DAY, NOW
from tests.scheduling.living.clinic import ROOMS


def due(desk: Desk, now: dt.datetime) -> str:
    return next_due(site_ids=[desk.site.pk], now=now)


def test_nothing_is_said_while_nothing_is_known(desk: Desk) -> None:
    assert due(desk, NOW) == ""


def test_rides_to_confirm_are_counted_and_timed_by_the_clock_on_their_day(desk: Desk) -> None:
    setup.add_resources(site=desk.site, resources=ROOMS)
    for minute in (540, 840):
        desk.book(protocol_code="esk_trd", preferred_minute=minute)
    cutoff = dt.datetime(2026, 11, 23, 20, tzinfo=dt.UTC)  # 3pm

    said = due(desk, cutoff - 4 * HOUR)

    assert said == "2 rides to confirm by 3pm"


def test_a_document_says_which_one_and_on_which_day(desk: Desk) -> None:
    GateDue(desk).begin()

    assert due(desk, NOW) == "1 visit needs: consent, by Mon Nov 23, 3pm"


def test_a_hold_says_until_when_it_is_to_be_decided(desk: Desk) -> None:
    now = HoldReady(desk).begin()

    assert due(desk, now) == "1 hold to book or release by Wed Nov 25, 9am"


def test_a_grant_that_ends_says_its_day(desk: Desk) -> None:
    course = desk.book()
    authorize(desk, course.patient, 40, FIRST_DAY + 60 * DAY)

    assert due(desk, NOW) == "1 authorisation ends Sat Jan 23"
