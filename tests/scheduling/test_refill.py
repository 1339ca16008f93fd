"""Who would truly come in a freed time: each rule by itself refuses, and the words say which."""

import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patients import life_actions
from patients.life_actions import NewAbsence
from scheduling.actions import course_states
from scheduling.domain.operations import Urgency
from scheduling.models import Course, Session
from scheduling.queries import refill
from tests.factories import NOW, World
from tests.scheduling.freed import EARLY, HOUR, FreedDesk, days, load_protocol


@pytest.fixture
def desk(world: World) -> FreedDesk:
    return FreedDesk(world)


@pytest.fixture
def protocol(world: World, tmp_path: Path) -> Callable[..., str]:
    """Load a protocol of three a week on a device."""
    return functools.partial(load_protocol, tmp_path)


@pytest.fixture
def gone(desk: FreedDesk) -> Session:
    return desk.gone_on_a_tuesday()


def test_the_next_visit_of_a_course_comes_forward(desk: FreedDesk, gone: Session, protocol: Callable[..., str]) -> None:
    course = desk.on_other_days(protocol("loose"))
    assert days(course)[:3] == ["27 13:00", "30 13:00", "2 13:00"]
    entry = desk.standby(course, now=NOW)

    [found] = desk.found(gone, now=EARLY).candidates

    assert (found.entry, found.why) == (entry, "comes 1 day sooner")
    assert (found.fit.session_id, found.fit.sooner) == (desk.nth(course, 3).pk, 1)
    assert (found.fit.planned.day, found.fit.planned.minute, found.fit.planned.minutes) == (gone.day, 510, 30)
    assert found.fit.planned.uses[0].resource_id == desk.device().pk


def test_a_course_that_is_behind_gets_a_visit_back_from_its_end(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    course = desk.on_other_days(protocol("loose", more="makeup: append"))
    lost = desk.nth(course, 2)
    desk.cancel(lost, now=EARLY)
    desk.standby(course, now=NOW, from_minute=0, to_minute=720)

    [found] = desk.found(gone, now=EARLY).candidates

    assert found.fit.session_id == desk.nth(course, 5).pk
    assert found.why == "asked for mornings, 1 visit owed, comes 8 days sooner"


def test_the_best_are_shown_with_their_reasons_the_urgent_and_the_latest_first(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    code = protocol("loose")
    first = desk.standby(desk.on_other_days(code, preferred_minute=600), now=NOW)
    second = desk.standby(desk.on_other_days(code, preferred_minute=660), now=NOW + HOUR)
    urgent = desk.standby(desk.on_other_days(code, preferred_minute=720), now=NOW + 2 * HOUR, urgency=Urgency.URGENT)

    found = desk.found(gone, now=EARLY, shown=2)

    assert [each.entry for each in found.candidates] == [urgent, first]
    assert [(each.entry, each.why_not) for each in found.others] == [(second, refill.NOT_LOOKED_AT)]


def test_who_gave_the_time_away_is_not_offered_it_back(desk: FreedDesk, gone: Session) -> None:
    assert desk.refused(gone, gone.course) == "gave this time away"


@pytest.mark.parametrize(
    ("asked", "why_not"),
    [
        ({"from_minute": 720}, "asked for afternoons"),
        ({"weekdays": [1, 3]}, "asked for Mondays and Wednesdays"),
        ({"from_minute": 540, "to_minute": 660, "weekdays": [2]}, "asked for 9am to 11am, Tuesdays"),
    ],
)
def test_days_and_times_that_were_asked_for_are_kept(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str], asked: dict[str, Any], why_not: str
) -> None:
    assert desk.refused(gone, desk.on_other_days(protocol("loose")), **asked) == why_not


def test_too_short_a_gap_is_refused(desk: FreedDesk, gone: Session, protocol: Callable[..., str]) -> None:
    course = desk.on_other_days(protocol("spaced", min_gap=2))

    assert desk.refused(gone, course) == "not allowed, at least 2 days apart"


def test_two_on_one_day_and_too_many_in_a_week_are_refused(desk: FreedDesk, gone: Session) -> None:
    daily = desk.course(preferred_minute=480, pins={})  # on that Tuesday before 8:30

    assert desk.refused(gone, daily) == "not allowed, one a day"


def test_where_the_next_visit_would_open_too_long_a_gap_the_last_one_comes(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    course = desk.on_other_days(protocol("close", more="gaps: {hard_days: 8}\nmakeup: append"))
    for number in (4, 4):
        desk.cancel(desk.nth(course, number), now=EARLY)
    Course.objects.filter(pk=course.pk).update(prescribed=4)
    assert days(course) == ["27 13:00", "30 13:00", "2 13:00", "9 13:00"]
    desk.standby(course, now=NOW)

    [found] = desk.found(gone, now=EARLY).candidates

    assert found.fit.session_id == desk.nth(course, 4).pk


def test_a_visit_that_would_have_to_become_another_one_is_refused(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    """Its first visit takes an hour; half an hour is free."""
    course = desk.course(
        protocol_code=protocol("loose"), counts={}, start_on=dt.date(2026, 12, 2), preferred_minute=780, now=NOW
    )
    Course.objects.filter(pk=course.pk).update(wish=course.wish | {"start_on": "2026-11-24"})
    desk.course(counts={"acute": 1, "taper": 0}, start_on=gone.day, preferred_minute=540, now=NOW)  # at nine

    assert desk.refused(gone, course) == "NeuroStar 1 is taken at 8:30am until 10:30am"


def test_another_kind_of_place_is_no_place(desk: FreedDesk, gone: Session) -> None:
    consult = desk.world.visit(desk.person(), start_on=gone.day, preferred_minute=840)

    assert desk.refused(gone, consult.course) == "needs another place: psychiatrist"


def test_a_capability_that_is_wished_for_is_kept(desk: FreedDesk, gone: Session, protocol: Callable[..., str]) -> None:
    coil = desk.device(3)
    coil.capabilities = ["coil_b"]
    coil.save()
    course = desk.on_other_days(protocol("loose"), pins={}, requires={"tms_device": ["coil_b"]})

    assert desk.refused(gone, course) == "needs another place: TMS device with coil_b"


def test_who_is_there_throughout_stays_the_same(desk: FreedDesk, gone: Session, protocol: Callable[..., str]) -> None:
    code = protocol("same", more="keep_provider: hard")
    desk.course(protocol_code=code, counts={}, start_on=dt.date(2026, 11, 27), preferred_minute=780)
    course = desk.on_other_days(code, pins={})  # at the same time, so on another device
    pinned = desk.on_other_days(protocol("loose"), pins={"tms_device": desk.device(3).pk})

    assert desk.refused(gone, course) == "keeps to the same person"
    assert desk.refused(gone, pinned) == "was asked for on another TMS device"


def test_a_weekday_and_a_number_of_trips_the_patient_set_are_kept(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    code = protocol("loose")
    on_weekdays = desk.on_other_days(code, weekdays=[1, 3, 5])
    travelling = desk.on_other_days(code, preferred_minute=600, max_travel_days=3)
    week = Session.objects.get(course=travelling, day=dt.date(2026, 12, 4))
    desk.world.visit(travelling.patient, start_on=week.day, preferred_minute=900)
    # The visit that comes forward makes room on its own day, another one of that day does not.
    desk.world.visit(travelling.patient, start_on=dt.date(2026, 12, 2), preferred_minute=900)

    assert desk.refused(gone, on_weekdays) == "not allowed, the patient can't come on that weekday"
    assert desk.refused(gone, travelling) == "not allowed, the patient comes on 3 days a week at the most"


def test_an_absence_and_another_visit_at_that_time_are_in_the_way(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    code = protocol("loose")
    away, busy = desk.on_other_days(code), desk.on_other_days(code, preferred_minute=600)
    life_actions.add_absence(
        request=desk.world.request,
        patient=away.patient,
        absence=NewAbsence(starts_on=gone.day, ends_on=gone.day),
        now=NOW,
    )
    desk.world.visit(busy.patient, start_on=gone.day, preferred_minute=510)

    assert desk.refused(gone, away) == "the patient can't come at 8:30am"
    assert desk.refused(gone, busy) == "the patient has another visit at 8:30am"


def test_a_course_on_hold_and_one_asked_for_later_are_left_alone(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    code = protocol("loose")
    held = desk.on_other_days(code)
    entry = desk.standby(held, now=NOW)
    held.refresh_from_db()
    course_states.hold_course(
        request=desk.world.request, course_id=held.pk, version=held.version, reason="Flu", now=EARLY
    )
    later = desk.course(protocol_code=code, counts={}, start_on=dt.date(2026, 12, 2), preferred_minute=780, now=NOW)

    assert desk.why_not(gone, entry, now=EARLY) == "the course is on hold"
    assert desk.refused(gone, later) == "the course was asked for from Wed Dec 2 on"
