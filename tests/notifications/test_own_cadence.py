"""What a protocol leaves out is left out; what nobody else says is said, and how to get ready never too late."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from attention.queries import listing
from notifications.actions import planning
from notifications.domain.cadence import cadence
from notifications.models import Message
from patients import life_actions
from patients.domain.clinical import Instrument
from patients.models import Consent
from scheduling.actions import extending, setup
from scheduling.models import Course, Protocol, Session
from tests.factories import NOW, World
from tests.notifications.days import DAY, MINUTE, at, left, settle
from tests.notifications.desk import move_visit, take_back
from tests.scheduling.living.clinic import ROOMS

HERE = ZoneInfo("America/New_York")
MONDAY = dt.date(2026, 11, 30)


def say(course: Course, **reminders: Any) -> None:
    """Let the protocol of a course say something else about its reminders."""
    definition = course.protocol.definition
    changed = definition | {"reminders": definition.get("reminders", {}) | reminders}
    Protocol.objects.filter(pk=course.protocol_id).update(definition=changed)


@pytest.fixture
def sedated(world: World) -> Course:
    """Six visits in two weeks, Monday, Wednesday and Friday at 8, that nobody goes home from alone."""
    setup.add_resources(site=world.site, resources=ROOMS)
    return world.book(protocol_code="ect_index", start_on=MONDAY, counts={"index": 6}, preferred_minute=480)


def first(course: Course) -> Session:
    return Session.objects.get(course=course, number=1)


def test_a_protocol_that_leaves_out_the_week_sends_no_digest(world: World) -> None:
    course = world.book()
    settle(NOW + 4 * MINUTE)
    say(course, off=["week"])

    settle(at(dt.date(2026, 11, 27), 12, zone=HERE))

    assert Message.objects.filter(kind="week").count() == 0


def test_a_protocol_that_leaves_out_the_form_asks_for_none(world: World) -> None:
    course = world.book()
    Consent.objects.create(
        patient=world.maria, channel="sms", purpose="forms", wording="2026-11", how="at the desk", given_at=NOW
    )
    say(course, off=["form_due"])

    settle(at(dt.date(2026, 11, 22), 10, zone=HERE))

    assert Message.objects.filter(kind="form_due").count() == 0


@pytest.mark.parametrize(("off", "recalls"), [([], 1), (["recall"], 0)])
def test_a_protocol_that_leaves_out_the_recall_recalls_nobody(world: World, off: list[str], recalls: int) -> None:
    session = world.visit(start_on=dt.date(2026, 11, 24), preferred_minute=780)
    protocol = session.course.protocol
    phases = [protocol.definition["phases"][0] | {"interval_weeks": 4}]
    definition = protocol.definition | {"reminders": {"style": "recall", "off": off}, "phases": phases}
    Protocol.objects.filter(pk=protocol.pk).update(definition=definition)
    Session.objects.filter(pk=session.pk).update(state="completed", arrived_at=session.starts_at)

    settle(at(dt.date(2026, 12, 15), 10, zone=HERE))

    assert Message.objects.filter(kind="recall").count() == recalls


@pytest.mark.parametrize("days", [0, 1])
@pytest.mark.parametrize(("needs_company", "kinds"), [(True, ["prep", "escort"]), (False, ["day_before"])])
def test_the_first_of_two_reminders_is_none_on_the_day_of_the_second(
    days: int, needs_company: bool, kinds: list[str]
) -> None:
    found = cadence(style="every_visit", needs_company=needs_company, ahead_days=days)

    assert [each.kind.value for each in found.moments] == [*kinds, "same_day"]


def test_where_the_day_before_says_nothing_the_first_reminder_stays_on_it() -> None:
    found = cadence(style="every_visit", needs_company=True, ahead_days=1, off=("prep",))

    assert [each.kind.value for each in found.moments] == ["ride", "escort", "same_day"]


def test_a_protocol_that_asks_for_the_ride_a_day_ahead_still_says_how_to_get_ready(
    world: World, sedated: Course
) -> None:
    say(sedated, ahead_days=1)
    settle(NOW + 4 * MINUTE)

    settle(at(MONDAY - DAY, 10, zone=HERE))

    assert [message.kind for message in left(session=first(sedated))] == ["prep"]


def test_on_the_day_of_the_visit_it_is_too_late_to_say_how_to_get_ready_and_somebody_calls(
    world: World, sedated: Course
) -> None:
    settle(NOW + 4 * MINUTE)
    settle(at(MONDAY - 3 * DAY, 10, zone=HERE))  # the ride is asked for; then the worker is down
    move_visit(world, first(sedated), MONDAY, 660, now=at(MONDAY - 3 * DAY, 11, zone=HERE))
    settle(at(MONDAY - 3 * DAY, 12, zone=HERE))
    up = at(MONDAY, 8, 30, zone=HERE)  # half past eight for eleven

    settle(up)

    session = first(sedated)
    assert Message.objects.get(session=session, kind="prep", timing_version=session.timing_version).state == (
        "skipped_stale"
    )
    keys = [item.key for item in listing.items(site_ids=[world.site.pk], now=up) if item.key.startswith("untold:")]
    assert keys == [f"untold:{session.pk}:{session.timing_version}"]


def test_a_ride_asked_for_three_days_ahead_does_not_say_how_to_get_ready(world: World, sedated: Course) -> None:
    settle(NOW + 4 * MINUTE)
    settle(at(MONDAY - 3 * DAY, 10, zone=HERE))
    up = at(MONDAY, 5, zone=HERE)

    settle(up)

    keys = [item.key for item in listing.items(site_ids=[world.site.pk], now=up) if item.key.startswith("untold:")]
    assert [message.kind for message in left(session=first(sedated))] == ["ride"]
    assert keys == [f"untold:{first(sedated).pk}:1"]


def test_a_ride_that_waits_survives_a_slip(world: World, sedated: Course) -> None:
    settle(NOW + 4 * MINUTE)
    due = at(MONDAY - 3 * DAY, 10, zone=HERE)
    planning.plan_messages(now=due - 3 * MINUTE)
    assert Message.objects.get(session=first(sedated), kind="ride").state == "pending"
    move_visit(world, first(sedated), MONDAY, first(sedated).minute + 60, now=due - MINUTE)
    take_back(world, first(sedated), now=due + MINUTE)
    assert first(sedated).timing_version == 3

    settle(due + 5 * MINUTE)

    [message] = left(session=first(sedated))
    assert message.kind == "ride"
    assert 3 in {each.timing_version for each in [message, *message.merged.all()]}


def test_a_visit_booked_by_the_clock_two_days_ahead_is_asked_a_ride_for(world: World) -> None:
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="ect_cont_stable", start_on=dt.date(2026, 11, 23), preferred_minute=480)
    for score, day in ((3, dt.date(2026, 11, 24)), (17, dt.date(2026, 12, 17))):
        life_actions.record_measure(
            request=world.request,
            patient=world.maria,
            instrument=Instrument.HAMD24,
            score=score,
            measured_on=day,
            now=NOW,
        )
    saturday = at(dt.date(2026, 12, 19), 10, 30, zone=HERE)
    assert extending.extend_courses(now=saturday) == 2
    soon = Session.objects.filter(course=course, day__gt=dt.date(2026, 12, 19), state="booked").earliest("starts_at")

    settle(saturday + 4 * MINUTE)

    assert soon.day <= dt.date(2026, 12, 22)
    assert [message.kind for message in left(session=soon)] == ["ride"]
