"""Whom somebody told what, and what is proposed by night because nobody was."""

import datetime as dt
from typing import Any

import pytest

from clinic.models import Site
from notifications import queries, tasks
from notifications.actions import levelling, planning
from notifications.domain import texts
from notifications.domain.states import Kind, MessageState
from notifications.models import Message
from scheduling.actions import levelling as scheduling_levelling
from scheduling.models import Course, LevelProposal, Session
from tests.factories import NOW, World
from tests.scheduling.levelling import DECEMBER_9, NIGHT, WEDNESDAYS, crowd, days, on

TODAY = dt.date(2026, 11, 17)
MONDAY = dt.date(2026, 12, 7)


@pytest.fixture
def course(world: World) -> Course:
    return crowd(world)


def say(course: Course, **about: Any) -> Message:
    """A message about a course, a week of its visits, or one of them, as it would be planned."""
    facts: dict[str, Any] = {"kind": "week", "state": MessageState.PENDING} | about
    return Message.objects.create(
        dedupe_key=f"k-{Message.objects.count()}",
        site=course.site,
        patient=course.patient,
        course=course,
        channel="sms",
        due_at=NOW,
        send_by=NOW,
        template_version="2026-11",
        created_at=NOW,
        **facts,
    )


def told(course: Course, *, today: dt.date = TODAY) -> list[dt.date]:
    ids = Session.objects.filter(course=course, day__in=WEDNESDAYS).values_list("pk", flat=True)
    found = queries.told_of(list(ids), today=today)
    return sorted(Session.objects.filter(pk__in=found).values_list("day", flat=True))


@pytest.mark.parametrize("weekday", range(7))
def test_the_first_untold_day_is_the_monday_after_next_week(weekday: int) -> None:
    assert queries.untold_from(dt.date(2026, 11, 16) + dt.timedelta(days=weekday)) == dt.date(2026, 11, 30)


def test_every_digest_and_reminder_of_a_day_before_then_is_planned_later(world: World, course: Course) -> None:
    for hours in range(0, 24 * 7, 4):
        now = NOW + dt.timedelta(hours=hours)
        planning.plan_messages(now=now)

        first = queries.untold_from(now.date())
        assert not Message.objects.filter(session__day__gte=first).exists()
        assert not Message.objects.filter(week_of__gte=first).exists()


def test_of_a_visit_far_ahead_nobody_was_told(course: Course) -> None:
    assert told(course) == []


def test_a_visit_before_the_first_untold_day_is_as_good_as_told(course: Course) -> None:
    assert told(course, today=dt.date(2026, 11, 24)) == WEDNESDAYS[:1]


def test_the_message_about_the_booking_tells_no_time(world: World, course: Course) -> None:
    planning.plan_messages(now=NOW)

    assert [message.kind for message in Message.objects.filter(course=course)] == ["booked"]
    assert told(course) == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_its_text_has_place_for_the_first_and_the_last_day_only(language: str) -> None:
    facts = {"clinic": "Riverside", "phone": "555", "address": "12 Main St", "first": "Nov 24", "last": "Jan 25"}
    facts["link"] = "https://visits.example/v/abc/"

    # A text that named a time would ask for more than these.
    assert "Nov 24" in texts.sms(Kind.BOOKED, language, facts)
    assert all(texts.mail(Kind.BOOKED, language, facts))


@pytest.mark.parametrize("state", ["pending", "accepted", "unknown", "dead", "unreachable", "skipped_changed"])
def test_a_message_about_a_visit_tells_of_it_whatever_became_of_it(course: Course, state: str) -> None:
    say(course, kind="day_before", session=on(course, DECEMBER_9), state=state)

    assert told(course) == [DECEMBER_9]


def test_a_message_about_a_week_tells_of_its_visits(course: Course) -> None:
    say(course, week_of=MONDAY)

    assert told(course) == [DECEMBER_9]


def test_any_other_message_about_a_course_tells_of_all_its_visits(course: Course) -> None:
    say(course)

    assert told(course) == WEDNESDAYS


def test_a_message_to_somebody_else_tells_nothing(world: World, course: Course) -> None:
    other = world.book(world.daniel, preferred_minute=600)
    say(other)
    say(other, week_of=MONDAY)

    assert told(course) == []


def test_a_proposal_is_made_at_night_once_for_each_site(world: World, course: Course) -> None:
    made = [levelling.propose_by_night(now=NIGHT + dt.timedelta(hours=hours)) for hours in range(-2, 24)]

    assert sum(made) == 1
    assert days(LevelProposal.objects.get()) == WEDNESDAYS


def test_a_site_that_cannot_be_looked_at_stops_no_other(
    world: World, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = scheduling_levelling.propose

    def fails_elsewhere(**asked: Any) -> int | None:
        if asked["site"] == world.other_site:
            raise RuntimeError("a broken row")
        return real(**asked)

    Site.objects.update(zone="America/New_York")
    monkeypatch.setattr(scheduling_levelling, "propose", fails_elsewhere)

    made = [levelling.propose_by_night(now=NIGHT + dt.timedelta(minutes=15 * look)) for look in range(3)]

    assert made == [1, 0, 0]


def test_a_look_that_takes_too_long_leaves_the_rest_to_the_next(
    world: World, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levelling, "STOP_AFTER", -1.0)

    assert levelling.propose_by_night(now=NIGHT) == 0
    assert LevelProposal.objects.count() == 0


def test_each_look_of_a_night_begins_with_another_site(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    Site.objects.update(zone="America/New_York")
    monkeypatch.setattr(scheduling_levelling, "propose", lambda **asked: seen.append(asked["site"].pk))

    for look in range(12):
        levelling.propose_by_night(now=NIGHT - dt.timedelta(minutes=30) + dt.timedelta(minutes=15 * look))

    assert {seen[place] for place in range(0, len(seen), 2)} == {world.site.pk, world.other_site.pk}
    assert len(seen) == 24


def test_a_visit_somebody_was_told_about_is_never_proposed(world: World, course: Course) -> None:
    say(course, week_of=MONDAY)
    say(course, kind="day_before", session=on(course, WEDNESDAYS[2]), state=MessageState.DEAD)

    levelling.propose_by_night(now=NIGHT)

    assert days(LevelProposal.objects.get()) == [WEDNESDAYS[0], WEDNESDAYS[3]]


def test_the_clock_asks_for_it(world: World, course: Course, clock: Any) -> None:
    clock(NIGHT)

    tasks.propose_levelling()

    assert LevelProposal.objects.filter(state="open").count() == 1
