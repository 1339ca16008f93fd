import datetime as dt
from itertools import pairwise

import pytest

from clinic.models import StaffUser
from patients import life_actions
from patients.domain.clinical import Instrument
from scheduling.actions import extending, setup
from scheduling.actions.setup import NewResource
from scheduling.models import Course, CourseEvent, Outage, Resource, Session
from tests.factories import NOW, World

MORNING = {day: [(dt.time(7, 30), dt.time(12, 0))] for day in range(1, 6)}


@pytest.fixture
def infusions(world: World) -> World:
    setup.add_resources(
        site=world.site,
        resources=[
            NewResource("infusion_chair", "Chair 1", "KETAMINE"),
            NewResource("iv_nurse", "Nurse 1"),
            NewResource("iv_watch", "Nurse 1, watch 1"),
        ],
    )
    return world


@pytest.fixture
def ketamine(infusions: World) -> Course:
    return infusions.book(protocol_code="ket_iv_6", start_on=dt.date(2026, 11, 30), preferred_minute=600)


def sessions(course: Course, phase: str) -> list[Session]:
    return list(Session.objects.filter(course=course, phase=phase).order_by("number"))


def deliver(course: Course, count: int) -> dt.datetime:
    for session in Session.objects.filter(course=course, state="booked").order_by("number")[:count]:
        Session.objects.filter(pk=session.pk).update(state="completed", arrived_at=session.starts_at)
        last = session
    return last.ends_at


def test_a_course_is_booked_with_three_boosters_four_weeks_apart(ketamine: Course) -> None:
    boosters = sessions(ketamine, "maintenance")

    assert len(boosters) == 3
    assert {(b.day - a.day).days for a, b in pairwise(boosters)} == {28}


def test_nothing_is_added_while_three_are_ahead(ketamine: Course) -> None:
    assert extending.extend_courses(now=NOW) == 0


def test_each_delivered_booster_adds_the_next_one_once(ketamine: Course) -> None:
    now = deliver(ketamine, 7)

    assert extending.extend_courses(now=now) == 1
    assert extending.extend_courses(now=now) == 0

    boosters = sessions(ketamine, "maintenance")
    ketamine.refresh_from_db()
    assert ([session.number for session in boosters], ketamine.prescribed) == ([7, 8, 9, 10], 10)
    assert (boosters[3].day - boosters[2].day).days == 28
    event = CourseEvent.objects.get(course=ketamine, kind="extended")
    assert (event.by, event.data) == (None, {"sessions": 1, "last": str(boosters[3].day)})


def test_a_course_without_room_is_left_for_the_next_run_and_the_others_go_on(
    infusions: World, ketamine: Course, caplog: pytest.LogCaptureFixture
) -> None:
    now = deliver(ketamine, 7)
    chair = Resource.objects.get(name="Chair 1")
    Outage.objects.create(resource=chair, starts_at=now, ends_at=now + dt.timedelta(days=900), reason="Broken")

    assert extending.extend_courses(now=now) == 0

    assert f"Course {ketamine.pk} can't be extended: no_plan" in caplog.text
    assert "Garcia" not in caplog.text


def test_a_course_that_ended_is_not_extended(ketamine: Course) -> None:
    now = deliver(ketamine, 9)
    Course.objects.filter(pk=ketamine.pk).update(state="discontinued")

    assert extending.extend_courses(now=now) == 0


@pytest.fixture
def stable(world: World) -> Course:
    setup.add_resources(
        site=world.site,
        resources=[
            NewResource("ect_room", "ECT suite", "ECT", hours=MORNING),
            NewResource("anesthesia", "Anesthesia", hours=MORNING),
            NewResource("preop_bay", "Bay 1"),
            NewResource("recovery_bay", "Recovery 1"),
        ],
    )
    return world.book(protocol_code="ect_cont_stable", start_on=dt.date(2026, 11, 23), preferred_minute=450)


def rate(world: World, by: StaffUser, score: int, day: dt.date) -> None:
    life_actions.record_measure(
        request=world.request,
        patient=world.maria,
        instrument=Instrument.HAMD24,
        score=score,
        measured_on=day,
        now=NOW,
    )


def test_the_four_fixed_treatments_stand_in_their_windows(stable: Course) -> None:
    entry = dt.date(2026, 11, 23)

    days = [(session.day - entry).days for session in sessions(stable, "fixed")]
    assert [
        low <= day <= high for day, (low, high) in zip(days, [(2, 5), (7, 12), (14, 19), (23, 28)], strict=True)
    ] == [True] * 4


@pytest.mark.parametrize(("score", "treatments"), [(5, 0), (10, 1), (17, 2)])
def test_the_score_decides_the_coming_week_once(world: World, stable: Course, score: int, treatments: int) -> None:
    friday = dt.datetime(2026, 12, 18, 20, 0, tzinfo=dt.UTC)  # week 5 begins on Monday
    rate(world, world.receptionist, 3, dt.date(2026, 11, 24))
    rate(world, world.receptionist, score, dt.date(2026, 12, 17))

    assert extending.extend_courses(now=friday) == treatments
    assert extending.extend_courses(now=friday) == 0

    days = [session.day for session in sessions(stable, "titrated")]
    assert all(dt.date(2026, 12, 21) <= day <= dt.date(2026, 12, 27) for day in days)
    assert len(days) == treatments


def test_without_a_fresh_score_nothing_is_decided(world: World, stable: Course) -> None:
    friday = dt.datetime(2026, 12, 18, 20, 0, tzinfo=dt.UTC)
    rate(world, world.receptionist, 17, dt.date(2026, 12, 1))

    assert extending.extend_courses(now=friday) == 0
    assert not CourseEvent.objects.filter(course=stable, kind="week_decided").exists()


def test_before_the_fifth_week_the_rule_says_nothing(world: World, stable: Course) -> None:
    rate(world, world.receptionist, 17, dt.date(2026, 11, 24))

    assert extending.extend_courses(now=dt.datetime(2026, 11, 27, 20, 0, tzinfo=dt.UTC)) == 0
