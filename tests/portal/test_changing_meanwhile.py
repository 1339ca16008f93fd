"""I can't make it, while something else happens: a second tap, staff at the same visit, the notice, odd words."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from attention import queries as attention
from notifications.models import InboundMessage
from scheduling.actions import moving
from scheduling.models import AttendancePolicy, Session, SessionEvent
from tests.factories import NOW, World
from tests.portal.changes import fresh, offered, page_of, place, replies, send
from tests.portal.phone import fields_in, path_of, seen


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, nine in the morning in New York."""


@pytest.fixture
def visit(world: World) -> Session:
    """A visit of a course of three a week, on Wednesday."""
    course = world.book(start_on=dt.date(2026, 11, 18), counts={"acute": 3}, weekdays=(1, 3, 5))
    return Session.objects.get(course=course, number=1)


def test_a_second_tap_on_not_this_time_says_the_same(world: World, visit: Session, client: Client) -> None:
    fields = fields_in(page_of(client, world, visit)) | {"to": "not", "why": "feel"}

    answers = [client.post(f"{path_of(world)}change/", fields)["Location"] for _time in range(2)]

    assert answers == [f"{path_of(world)}feel/?did=cancelled"] * 2
    assert SessionEvent.objects.filter(session=visit, to_state="cancelled").count() == 1


def test_taking_it_back_twice_is_taking_it_back_once(world: World, visit: Session, client: Client) -> None:
    send(client, world, visit, "not")
    fields = fields_in(client.get(path_of(world)))

    answers = [client.post(f"{path_of(world)}back/", fields)["Location"] for _time in range(2)]

    assert answers == [f"{path_of(world)}?did=back"] * 2
    assert (fresh(visit).state, place(fresh(visit))) == ("booked", place(visit))


def unwell(world: World, now: dt.datetime = NOW) -> list[str]:
    return [title for _kind, title, _severity in replies(world, now) if "how they feel" in title]


def test_how_i_feel_reaches_the_desk_though_it_is_too_late_to_change(
    world: World, visit: Session, client: Client, clock: Any
) -> None:
    AttendancePolicy.objects.create(site=world.site, notice_hours=24)
    fields = fields_in(page_of(client, world, visit)) | {"to": "not", "why": "feel"}
    late = visit.starts_at - dt.timedelta(hours=23)
    clock(late)

    answer = client.post(f"{path_of(world)}change/", fields)

    assert answer["Location"] == f"{path_of(world)}feel/?did=too_late"
    assert (unwell(world, late), fresh(visit).state) == (["Can't come: how they feel"], "booked")
    assert "It’s too late to change this here." in seen(client.get(f"{path_of(world)}?did=too_late"))


def test_how_i_feel_reaches_the_desk_though_staff_moved_the_visit_meanwhile(
    world: World, visit: Session, client: Client
) -> None:
    fields = fields_in(page_of(client, world, visit)) | {"to": "not", "why": "feel"}
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=visit.day, minute=660, now=NOW
    )

    answer = client.post(f"{path_of(world)}change/", fields)

    assert answer["Location"] == f"{path_of(world)}feel/?changed=1"
    assert (unwell(world), fresh(visit).state) == (["Can't come: how they feel"], "booked")


def test_too_late_still_offers_a_call_and_to_say_that_it_is_how_they_feel(
    world: World, visit: Session, client: Client, clock: Any
) -> None:
    AttendancePolicy.objects.create(site=world.site, notice_hours=24)
    late = visit.starts_at - dt.timedelta(hours=1)
    clock(late)

    page = page_of(client, world, visit)
    answer = client.post(f"{path_of(world)}change/", fields_in(page) | {"why": "feel"})

    assert "Please call me It’s about how I feel" in seen(page)
    assert answer["Location"] == f"{path_of(world)}feel/?did=call"
    assert unwell(world, late) == ["Can't come: how they feel"]


def test_a_wish_to_be_called_reaches_the_desk_though_staff_moved_the_visit_meanwhile(
    world: World, visit: Session, client: Client
) -> None:
    fields = fields_in(page_of(client, world, visit)) | {"to": "call"}
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=visit.day, minute=660, now=NOW
    )

    client.post(f"{path_of(world)}change/", fields)

    assert replies(world) == [("cant_come", "Wants another time: call them", "medium")]


def test_who_has_not_come_yet_may_still_say_that_they_run_late(
    world: World, visit: Session, client: Client, clock: Any
) -> None:
    now = visit.starts_at + dt.timedelta(minutes=3)
    clock(now)
    at = f"{path_of(world)}late/"

    page = client.get(f"{at}?visit={visit.pk}")
    client.post(at, fields_in(page) | {"minutes": "10"})

    found = attention.items(site_ids=[world.site.pk], now=now)
    assert [item.title for item in found if item.kind == "running_late"] == ["Running 10 minutes late"]


def test_thanks_for_a_later_tap_stand_beside_what_was_moved_before(
    world: World, visit: Session, client: Client
) -> None:
    send(client, world, visit, offered(page_of(client, world, visit))[0])
    other = Session.objects.filter(course=visit.course).exclude(pk=visit.pk).order_by("starts_at")[0]

    page = seen(client.get(send(client, world, other, "call")["Location"]))

    assert ("We will call you." in page, "Done. Your visit is now" in page) == (True, True)


def test_what_would_go_back_inside_the_clinics_notice_is_not_taken_back(
    world: World, visit: Session, client: Client, clock: Any
) -> None:
    AttendancePolicy.objects.create(site=world.site, notice_hours=40)
    later = [each for each in offered(page_of(client, world, visit)) if each > place(visit)][-1]
    send(client, world, visit, later)
    fields = fields_in(client.get(path_of(world)))
    clock(visit.starts_at - dt.timedelta(hours=39))

    page, answer = client.get(path_of(world)), client.post(f"{path_of(world)}back/", fields)

    assert ("Done. Your visit is now" in seen(page), "Take it back" in seen(page)) == (True, False)
    assert (answer["Location"], place(fresh(visit))) == (f"{path_of(world)}?changed=1", later)


@pytest.mark.parametrize("of", [".5", "5.", "x", "1.1", "9" * 5000 + ".1"])
def test_odd_words_for_a_week_change_nothing(world: World, visit: Session, client: Client, of: str) -> None:
    path = path_of(world)

    answer = client.post(f"{path}week/", {"form": fields_in(client.get(path))["form"], "of": of})

    assert answer["Location"] == f"{path}?changed=1"


@pytest.mark.parametrize("field", ["visit", "timing"])
def test_numbers_too_great_to_be_any_change_nothing(world: World, visit: Session, client: Client, field: str) -> None:
    fields = fields_in(page_of(client, world, visit)) | {"to": "call", field: "9" * 18}

    assert client.post(f"{path_of(world)}change/", fields).status_code == 303
    assert InboundMessage.objects.count() == (0 if field == "visit" else 1)
