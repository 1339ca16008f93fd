"""What an answer is about follows from the text it answers: one that names several visits, one that asks for a ride."""

import datetime as dt
from typing import Any

import pytest

from attention.queries.replies import of_replies
from notifications.models import Message
from notifications.rendering import said
from scheduling.actions import setup
from scheduling.domain.operations import GateKind
from scheduling.models import Prerequisite, Session
from scheduling.queries.history import session_history_of
from tests.factories import FIRST_DAY, NOW, World
from tests.notifications.days import HOUR, MINUTE, left, settle
from tests.notifications.desk import fresh, move_visit
from tests.notifications.letters import BASE, IVY, OURS, answers_to, driver, told, write
from tests.scheduling.living.clinic import ROOMS

LATER = NOW + HOUR
EVE = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)  # the day before, 10 in the morning


@pytest.fixture(autouse=True)
def public(settings: Any, clock: Any) -> None:
    settings.BASE_URL = BASE
    settings.SMS = {"account": "AC1", "token": "secret", "from": OURS}


@pytest.fixture
def sedated(world: World) -> Session:
    """A visit nobody may drive home from, Tue Nov 24."""
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=540)
    return Session.objects.get(course=course, number=1)


def test_a_yes_to_a_text_about_three_moved_visits_confirms_none(world: World, clock: Any) -> None:
    course = world.book()
    settle(NOW + 4 * MINUTE)
    visits = list(Session.objects.filter(course=course, number__lte=3).order_by("number"))
    for visit in visits:
        move_visit(world, visit, visit.day, 900, now=LATER)
    settle(LATER + 4 * MINUTE)
    texts = left(kind="moved")

    inbound = write("1", now=LATER + HOUR, clock=clock)

    assert (len(texts), inbound.outcome, inbound.session_id) == (1, "unclear", None)
    assert [fresh(visit).confirmed_at for visit in visits] == [None] * 3


def test_a_yes_to_a_text_about_two_visits_of_one_day_is_for_a_person(world: World, clock: Any) -> None:
    visits = [world.visit(start_on=FIRST_DAY, preferred_minute=minute) for minute in (780, 900)]
    settle(NOW + 4 * MINUTE)
    settle(EVE)
    [text] = left(kind="day_before")

    inbound = write("1", now=EVE + HOUR, clock=clock)

    assert "at 1pm ET and 3pm" in said(text)
    assert (inbound.outcome, inbound.session_id, answers_to(inbound)) == ("unclear", None, ["free_text"])
    assert [fresh(visit).confirmed_at for visit in visits] == [None, None]


def test_a_yes_to_one_of_two_told_visits_that_was_cut_out_long_ago_is_about_the_other(world: World, clock: Any) -> None:
    near, far = world.visit(start_on=FIRST_DAY), world.visit(start_on=dt.date(2026, 12, 9))
    old = told(far, "moved", EVE - 80 * HOUR)
    merged = told(far, "day_before", EVE)
    Message.objects.filter(pk=merged.pk).update(state="skipped_merged", merged_into=old, handed_at=None)
    told(near, "day_before", EVE)

    inbound = write("1", now=EVE + HOUR, clock=clock)

    assert (inbound.session_id, fresh(near).confirmed_at) == (near.pk, EVE + HOUR)


@pytest.mark.parametrize("body", ["2", "No", "no gracias"])
def test_no_ride_is_the_desks_and_the_yes_to_the_visit_stands(
    world: World, sedated: Session, clock: Any, body: str
) -> None:
    told(sedated, "ride", EVE - 48 * HOUR)
    write("1", now=EVE - 47 * HOUR, clock=clock)

    inbound = write(body, now=EVE, clock=clock)

    [item] = of_replies([world.site.pk], EVE)
    assert (inbound.outcome, answers_to(inbound), fresh(sedated).confirmed_at) == (
        "no_ride",
        ["asked"],
        EVE - 47 * HOUR,
    )
    assert (item.kind, item.title, item.session_id) == ("cant_come", "Has no ride", sedated.pk)
    assert item.detail.endswith("It stays booked. Call, and find a driver.")


def test_no_ride_is_settled_once_somebody_promised_one_and_not_by_a_yes_to_the_visit(
    world: World, sedated: Session, clock: Any
) -> None:
    driver(world, at=NOW)
    told(sedated, "ride", EVE - HOUR)
    write("2", now=EVE, clock=clock)
    write("I'll be there", now=EVE + MINUTE, clock=clock)
    waiting = len(of_replies([world.site.pk], EVE + MINUTE))

    write("1", now=EVE + HOUR, clock=clock, sender=IVY)

    assert (waiting, fresh(sedated).confirmed_at) == (1, EVE + MINUTE)
    assert of_replies([world.site.pk], EVE + HOUR) == []


def test_no_ride_after_a_ride_was_promised_is_news(world: World, sedated: Session, clock: Any) -> None:
    driver(world, at=NOW)
    write("1", now=EVE - HOUR, clock=clock, sender=IVY)
    told(sedated, "ride", EVE - HOUR)

    write("2", now=EVE, clock=clock)

    assert [item.title for item in of_replies([world.site.pk], EVE)] == ["Has no ride"]


def test_a_yes_to_the_question_about_the_ride_confirms_the_visit_and_keeps_their_word(
    world: World, sedated: Session, clock: Any
) -> None:
    told(sedated, "ride", EVE - HOUR)
    told(sedated, "prep", EVE - MINUTE)  # how to get ready is no question

    inbound = write("1", now=EVE, clock=clock)

    assert (inbound.outcome, answers_to(inbound), fresh(sedated).confirmed_at) == ("has_ride", ["confirmed"], EVE)
    assert session_history_of(fresh(sedated))[0].text == "The patient will come, by text, and says they have a ride"
    assert Prerequisite.objects.filter(session=sedated, kind=GateKind.RIDE).count() == 0


def test_who_says_they_can_not_come_has_not_said_they_lack_a_ride(world: World, sedated: Session, clock: Any) -> None:
    told(sedated, "ride", EVE - HOUR)
    write("1", now=EVE - MINUTE, clock=clock)

    inbound = write("I can't come", now=EVE, clock=clock)

    assert (inbound.outcome, fresh(sedated).confirmed_at) == ("asked", None)


def test_two_to_a_later_text_that_asks_whether_they_come_is_about_the_visit(
    world: World, sedated: Session, clock: Any
) -> None:
    told(sedated, "ride", EVE - HOUR)
    told(sedated, "day_before", EVE - MINUTE)

    assert write("2", now=EVE, clock=clock).outcome == "asked"
