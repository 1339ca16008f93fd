"""I can't make it, on the page: another time, a call, or not this time; how late; and all of it taken back."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from attention import queries as attention
from notifications import inbox
from notifications.models import InboundMessage
from scheduling.actions import moving
from scheduling.models import AttendancePolicy, Session, SessionEvent
from tests.factories import NOW, World, make_patient
from tests.portal.changes import fresh, offered, page_of, place, replies, send, snapshot
from tests.portal.phone import banned_in, fields_in, path_of, say, seen, text_of

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, nine in the morning in New York."""


@pytest.fixture
def visit(world: World) -> Session:
    """A visit of a course of three a week, on Wednesday."""
    course = world.book(start_on=dt.date(2026, 11, 18), counts={"acute": 3}, weekdays=(1, 3, 5))
    return Session.objects.get(course=course, number=1)


def test_it_offers_three_other_times_that_are_free_and_says_instead_of_what(
    world: World, visit: Session, client: Client
) -> None:
    page = page_of(client, world, visit)

    assert "Pick another time Instead of Wednesday, November 18, 8:30am" in seen(page)
    assert len(offered(page)) == 3
    assert place(visit) not in offered(page)
    assert banned_in(page, path_of(world)) == []


def test_a_time_that_is_taken_moves_the_visit_by_the_patients_own_hand(
    world: World, visit: Session, client: Client
) -> None:
    wanted = offered(page_of(client, world, visit))[1]

    client.defaults["HTTP_USER_AGENT"] = "Phone/1"
    answer = send(client, world, visit, wanted, "work")

    moved = fresh(visit)
    event = SessionEvent.objects.filter(session=visit).latest("pk")
    assert (answer.status_code, answer["Location"], place(moved)) == (303, f"{path_of(world)}?did=moved", wanted)
    assert (event.by, event.data["actor"], event.data["agent"]) == (None, "patient", "Phone/1")
    assert event.change is not None
    assert event.change.reason == "Work"
    assert replies(world) == []


def test_taking_it_twice_is_taking_it_once(world: World, visit: Session, client: Client) -> None:
    fields = fields_in(page_of(client, world, visit)) | {"to": offered(page_of(client, world, visit))[0]}

    answers = [client.post(f"{path_of(world)}change/", fields)["Location"] for _time in range(2)]

    assert answers == [f"{path_of(world)}?did=moved"] * 2
    assert SessionEvent.objects.filter(session=visit, kind="rescheduled").count() == 1


def test_the_first_page_says_what_was_done_and_takes_it_back(world: World, visit: Session, client: Client) -> None:
    send(client, world, visit, offered(page_of(client, world, visit))[0])
    page = client.get(path_of(world))

    client.post(f"{path_of(world)}back/", fields_in(page))

    assert "Done. Your visit is now" in seen(page)
    assert (place(fresh(visit)), fresh(visit).state) == (place(visit), "booked")
    assert "Your visit is now" not in seen(client.get(path_of(world)))


def test_not_this_time_cancels_this_visit_alone_and_can_be_taken_back(
    world: World, visit: Session, client: Client
) -> None:
    others = list(Session.objects.exclude(pk=visit.pk).order_by("pk").values())

    send(client, world, visit, "not", "sick")
    cancelled, page = fresh(visit), client.get(path_of(world))
    client.post(f"{path_of(world)}back/", fields_in(page))

    assert (cancelled.state, cancelled.cancelled_by, cancelled.reason) == ("cancelled", "patient", "Sick")
    assert "You are not coming on Wednesday, November 18, 8:30am. Your other visits stay." in seen(page)
    assert (fresh(visit).state, place(fresh(visit))) == ("booked", place(visit))
    assert [row["day"] for row in Session.objects.exclude(pk=visit.pk).order_by("pk").values()] == [
        row["day"] for row in others
    ]


def test_what_somebody_else_took_meanwhile_does_not_come_back(world: World, visit: Session, client: Client) -> None:
    send(client, world, visit, "not")
    page = client.get(path_of(world))
    for number in range(3):  # as many as there are devices
        person = make_patient(world.site, world.receptionist, "Ada", f"Quist{number}", phone=f"+1555010205{number}")
        world.visit(person, start_on=visit.day, preferred_minute=visit.minute)

    answer = client.post(f"{path_of(world)}back/", fields_in(page), follow=True)

    assert fresh(visit).state == "cancelled"
    assert "This changed while you were reading." in seen(answer)


def test_please_call_me_keeps_the_visit_and_tells_the_desk(world: World, visit: Session, client: Client) -> None:
    say(client, path_of(world), "yes")

    answer = send(client, world, visit, "call", "ride")

    [line] = inbox.waiting(site_ids=[world.site.pk], now=NOW)
    assert answer["Location"] == f"{path_of(world)}?did=call"
    assert (line.body, line.outcome, line.is_tapped, line.sender) == (
        "Please call me. No ride.",
        "asked",
        True,
        "(555) 010-2040",
    )
    assert replies(world) == [("cant_come", "Wants another time: call them", "medium")]
    assert (fresh(visit).state, "We will call you." in seen(client.get(answer["Location"]))) == ("booked", True)


def test_asking_for_a_call_again_asks_once_and_again_once_somebody_called(
    world: World, visit: Session, client: Client
) -> None:
    for _time in range(2):
        send(client, world, visit, "call")
    once = InboundMessage.objects.count()
    InboundMessage.objects.update(done_at=NOW, done_by=world.receptionist, done_what="Called")

    send(client, world, visit, "call")

    assert (once, InboundMessage.objects.count()) == (1, 2)


@pytest.mark.parametrize("to", ["not", "call"])
def test_how_i_feel_shows_whom_to_call_now_and_stays_with_the_desk_whatever_was_chosen(
    world: World, visit: Session, client: Client, to: str
) -> None:
    answer = send(client, world, visit, to, "feel")
    page = client.get(answer["Location"])

    assert answer["Location"].startswith(f"{path_of(world)}feel/")
    assert ('href="tel:988"' in text_of(page), 'href="tel:911"' in text_of(page)) == (True, True)
    assert ("cant_come", "Can't come: how they feel", "high") in replies(world, NOW + 5 * DAY)


def test_inside_the_clinics_notice_it_says_so_and_gives_the_number(
    world: World, visit: Session, client: Client, clock: Any
) -> None:
    AttendancePolicy.objects.create(site=world.site, notice_hours=24)
    fields = fields_in(page_of(client, world, visit)) | {"to": "not"}
    clock(visit.starts_at - dt.timedelta(hours=23))

    page, posted = page_of(client, world, visit), client.post(f"{path_of(world)}change/", fields)

    assert "It’s too late to change this here. Call us." in seen(page)
    assert "Call us (555) 010-2000" in seen(page)
    assert ("too late" in seen(posted), fresh(visit).state) == (True, "booked")


def test_nothing_chosen_is_asked_for_again(world: World, visit: Session, client: Client) -> None:
    before = snapshot()

    answer = send(client, world, visit, "")

    assert (answer.status_code, "Choose one first." in seen(answer)) == (422, True)
    assert snapshot() == before


@pytest.mark.parametrize("to", ["2026-11-19 480", "2026-11-20", "x", "2026-13-40 510", "9999-12-31 1"])
def test_a_time_that_was_not_offered_is_not_taken(world: World, visit: Session, client: Client, to: str) -> None:
    before = snapshot()

    answer = send(client, world, visit, to)

    assert answer["Location"] == f"{path_of(world)}?changed=1"
    assert snapshot() == before


def test_what_staff_moved_meanwhile_is_shown_instead(world: World, visit: Session, client: Client) -> None:
    page = page_of(client, world, visit)
    fields = fields_in(page) | {"to": offered(page)[0]}
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=visit.day, minute=660, now=NOW
    )

    answer = client.post(f"{path_of(world)}change/", fields, follow=True)

    assert fresh(visit).minute == 660
    assert ("This changed while you were reading" in seen(answer), "11am" in seen(answer)) == (True, True)


def test_nobody_changes_somebody_elses_visit(world: World, visit: Session, client: Client) -> None:
    theirs = world.visit(world.daniel, start_on=dt.date(2026, 11, 18), preferred_minute=780)
    fields = fields_in(page_of(client, world, visit)) | {"visit": str(theirs.pk), "to": "not"}
    before = snapshot()

    answers = [
        client.get(f"{path_of(world)}change/?visit={theirs.pk}"),
        client.post(f"{path_of(world)}change/", fields),
    ]

    assert [answer["Location"] for answer in answers] == [f"{path_of(world)}?changed=1"] * 2
    assert snapshot() == before


def test_looking_at_any_page_changes_nothing(world: World, visit: Session, client: Client) -> None:
    before = snapshot()
    pages = (
        "",
        "visits/",
        f"change/?visit={visit.pk}&to=not",
        "late/",
        "back/",
        "feel/",
        "week/",
        "answer/?answer=yes",
    )

    for at in pages:
        client.get(f"{path_of(world)}{at}")
        client.head(f"{path_of(world)}{at}")

    assert snapshot() == before


def test_how_late_is_told_on_the_day_and_shown_to_the_desk(
    world: World, visit: Session, client: Client, clock: Any
) -> None:
    clock(visit.starts_at - dt.timedelta(minutes=40))
    at = f"{path_of(world)}late/"
    link = f"late/?visit={visit.pk}" in text_of(client.get(path_of(world)))

    answer = client.post(at, fields_in(client.get(f"{at}?visit={visit.pk}")) | {"minutes": "15"})

    now = visit.starts_at - dt.timedelta(minutes=40)
    found = attention.items(site_ids=[world.site.pk], now=now)
    assert link
    assert [item.title for item in found if item.kind == "running_late"] == ["Running 15 minutes late"]
    assert "We know that you will be late." in seen(client.get(answer["Location"]))


def test_a_day_before_nobody_is_late_yet(world: World, visit: Session, client: Client) -> None:
    assert "Running late?" not in seen(client.get(path_of(world)))
    assert client.get(f"{path_of(world)}late/?visit={visit.pk}")["Location"] == f"{path_of(world)}?changed=1"


def test_one_tap_says_yes_to_the_week(world: World, client: Client) -> None:
    world.book(start_on=dt.date(2026, 11, 17), counts={"acute": 6})
    path = path_of(world)
    page = client.get(path)
    form = re.search(r"<form[^>]*week/.*?</form>", text_of(page), flags=re.DOTALL)
    assert form is not None
    fields = {"form": fields_in(page)["form"], "of": re.findall(r'name="of" value="([^"]*)"', form.group())}

    answer = client.post(f"{path}week/", fields)

    yes = Session.objects.filter(confirmed_at__isnull=False).order_by("day").values_list("day", flat=True)
    assert "Yes, all 4 visits that week" in seen(page)
    assert (answer["Location"], [day.day for day in yes]) == (path, [17, 18, 19, 20])
    assert "Yes, all" not in seen(client.get(path))


def test_a_week_that_changed_meanwhile_is_read_again_before_anybody_says_yes(world: World, client: Client) -> None:
    course = world.book(start_on=dt.date(2026, 11, 17), counts={"acute": 6})
    path = path_of(world)
    page = client.get(path)
    fields = {"form": fields_in(page)["form"], "of": re.findall(r'name="of" value="([^"]*)"', text_of(page))}
    first = Session.objects.get(course=course, number=2)
    moving.move_to(
        request=world.request, session_id=first.pk, version=first.version, day=first.day, minute=660, now=NOW
    )

    answer = client.post(f"{path}week/", fields)

    assert answer["Location"] == f"{path}?changed=1"
    assert Session.objects.filter(confirmed_at__isnull=False).count() == 0
