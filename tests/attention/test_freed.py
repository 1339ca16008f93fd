"""A freed time (Q4): what to do about it depends on who waits and who was asked already."""

import datetime as dt
from typing import Any

import pytest

from scheduling.actions import offers, waitlist
from scheduling.actions.waitlist import AskedFor
from scheduling.models import Course, Resource, Session, WaitlistEntry
from tests.attention.desk import DAY, HOUR, Desk, nth

DAILY: dict[str, Any] = {"counts": {"acute": 6, "taper": 0}}


@pytest.fixture
def gone(desk: Desk) -> Session:
    """A visit that is cancelled on the eve."""
    device = Resource.objects.get(site=desk.site, name="NeuroStar 1")
    [second] = nth(desk.book(pins={"tms_device": device.pk}, **DAILY), 2)
    desk.cancel(second, now=second.starts_at - DAY)
    return second


def standby(desk: Desk, minute: int) -> WaitlistEntry:
    course: Course = desk.book(preferred_minute=minute, **DAILY)
    pk, _again = waitlist.join_standby(
        request=desk.request, course_id=course.pk, asked=AskedFor(), now=course.booked_at
    )
    return WaitlistEntry.objects.get(pk=pk)


def item(desk: Desk, now: dt.datetime) -> dict[str, Any]:
    [found] = desk.items(now, kind="freed_slot")
    return found


def test_where_nobody_waits_the_desk_sees_the_day(desk: Desk, gone: Session) -> None:
    found = item(desk, gone.starts_at - DAY)

    assert found["action"]["label"] == "See the day"


def test_where_somebody_waits_the_time_is_offered_to_three_in_one_step(desk: Desk, gone: Session) -> None:
    eve, entry = gone.starts_at - DAY, standby(desk, 660)

    action = item(desk, eve)["action"]
    assert (action["verb"], action["label"], action["method"]) == ("offer", "Offer to 3", "POST")
    answer = desk.api.client.post(
        action["path"], "{}", content_type="application/json", headers={"Idempotency-Key": "k"}
    )

    assert answer.status_code == 201
    assert [offer["entry"] for offer in answer.json()["offers"]] == [entry.pk]


def test_while_people_think_about_it_the_item_says_how_many_and_until_when(desk: Desk, gone: Session) -> None:
    eve = gone.starts_at - DAY
    for minute in (660, 720):
        standby(desk, minute)
    offers.offer(request=desk.request, site=desk.site, session_id=gone.pk, now=eve)

    asked, later = item(desk, eve), item(desk, eve + HOUR)

    assert asked["detail"] == "Offered to 2 until 9am. The first yes has it."
    assert (asked["action"]["label"], asked["action"]["method"]) == ("See who was asked", "GET")
    assert desk.api.client.get(asked["action"]["path"]).status_code == 200
    assert later["action"]["label"] == "Offer to 3"


def test_who_waits_elsewhere_is_not_asked(desk: Desk, elsewhere: Desk, gone: Session) -> None:
    standby(elsewhere, 660)

    assert item(desk, gone.starts_at - DAY)["action"]["label"] == "See the day"
