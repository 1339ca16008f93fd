"""Level the future: what is proposed by night, and what never is."""

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patients import life_actions
from patients.domain.clinical import ScreeningCode
from patients.life_actions import NewAbsence
from scheduling.actions import course_states, levelling, moving
from scheduling.domain.operations import GateKind
from scheduling.models import Course, LevelProposal, Prerequisite, Resource, ResourceHours, Session
from scheduling.queries.levelling import Look
from tests.factories import NOW, World, make_patient
from tests.scheduling.levelling import (
    DECEMBER_9,
    EIGHT,
    HALF_PAST,
    NIGHT,
    WEDNESDAYS,
    accept,
    crowd,
    days,
    device_of,
    everything,
    nobody,
    on,
    out,
    propose,
    proposed,
)

STATEMENTS = 23
Untouch = Callable[[Session, World], object]


@pytest.fixture
def course(world: World) -> Course:
    return crowd(world)


# ---- what is proposed ----


def test_who_stands_in_the_way_of_first_visits_is_proposed_another_device(world: World, course: Course) -> None:
    row = proposed(world)

    second = Resource.objects.get(site=world.site, name="NeuroStar 2").pk
    assert (row.state, row.version, row.made_at, row.decided_at) == ("open", 1, NIGHT, None)
    assert days(row) == WEDNESDAYS
    assert {move["course"] for move in row.moves} == {course.pk}
    assert {move["version"] for move in row.moves} == {course.version}
    assert [move["session"] for move in row.moves] == [on(course, day).pk for day in WEDNESDAYS]
    assert [(move["from"]["minute"], move["to"][4], move["to"][8][0][0]) for move in row.moves] == [
        (HALF_PAST, HALF_PAST, second)
    ] * 4


def test_a_proposal_says_what_it_opens(world: World, course: Course) -> None:
    row = proposed(world)

    name = course.protocol.name
    assert row.gain["starts"] == [
        {"day": str(day), "minute": EIGHT, "visit": "First visit with mapping", "protocols": [name]}
        for day in WEDNESDAYS
    ]
    assert row.gain["room"] == [
        {"visit": "First visit with mapping", "protocols": [name], "before": 0, "after": 4, "days": 4}
    ]
    assert row.gain["text"] == (
        f"4 visits move within their days. First visit with mapping ({name}) then fits on 4 of 4 days instead of 0."
    )


def test_proposing_changes_nothing_that_anybody_comes_by(world: World, course: Course) -> None:
    before = everything()

    proposed(world)

    assert everything() == before


def test_where_first_visits_have_room_nothing_is_proposed(world: World) -> None:
    world.book()

    assert propose(world) is None
    assert LevelProposal.objects.count() == 0


def test_a_day_nobody_had_time_to_decide_about_is_left_alone(world: World, course: Course) -> None:
    levelling.propose(site=world.site, since=DECEMBER_9, told=nobody, now=NIGHT)

    assert days(LevelProposal.objects.get()) == WEDNESDAYS[1:]


def test_another_time_stays_within_an_hour_of_the_standing_time(world: World, course: Course) -> None:
    only_later(world)

    row = proposed(world)

    assert {(move["from"]["minute"], move["to"][4]) for move in row.moves} == {(HALF_PAST, 540)}


def only_later(world: World) -> None:
    """Let the first visit fit from 7:30am to 9am, and whoever stands there be seated only later on the same device."""
    ResourceHours.objects.update(opens=dt.time(7, 30), closes=dt.time(9))
    for day in WEDNESDAYS:
        for name in ("NeuroStar 2", "NeuroStar 3"):
            out(world, name, day, 13, 60 * 10)


def test_another_time_stays_within_the_patients_window(world: World, course: Course) -> None:
    Course.objects.update(wish=course.wish | {"window": [EIGHT, 540]})
    only_later(world)

    assert propose(world) is None


# ---- whoever knows their time is never moved ----


def _confirm(session: Session, _world: World) -> None:
    Session.objects.filter(pk=session.pk).update(confirmed_at=NOW)


def _move(session: Session, world: World) -> None:
    moving.move_to(request=world.request, session_id=session.pk, version=1, day=session.day, minute=540, now=NOW)
    moving.move_to(request=world.request, session_id=session.pk, version=2, day=session.day, minute=HALF_PAST, now=NOW)


def _name_a_ride(session: Session, _world: World) -> None:
    Prerequisite.objects.create(
        patient=session.patient,
        course=session.course,
        session=session,
        kind=GateKind.RIDE,
        starts_at=session.starts_at,
        evidence="Her sister",
        at=NOW,
    )


def _make_up(session: Session, _world: World) -> None:
    first = Session.objects.filter(course=session.course).order_by("starts_at").first()
    Session.objects.filter(pk=session.pk).update(makeup_of=first)


def _hold(session: Session, _world: World) -> None:
    Session.objects.filter(pk=session.pk).update(state="held", missed_after=None)


@pytest.mark.parametrize("told_by", [_confirm, _move, _name_a_ride, _make_up, _hold])
def test_a_visit_somebody_agreed_on_stays(world: World, course: Course, told_by: Untouch) -> None:
    told_by(on(course, DECEMBER_9), world)
    at = (on(course, DECEMBER_9).minute, device_of(on(course, DECEMBER_9)))

    row = proposed(world)

    assert days(row) == [day for day in WEDNESDAYS if day != DECEMBER_9]
    accept(world, row)
    assert (on(course, DECEMBER_9).minute, device_of(on(course, DECEMBER_9))) == at == (HALF_PAST, "NeuroStar 1")


def test_a_visit_somebody_was_told_about_stays(world: World, course: Course) -> None:
    pk = on(course, DECEMBER_9).pk
    asked: list[set[int]] = []

    def told(ids: Collection[int]) -> frozenset[int]:
        asked.append(set(ids))
        return frozenset({pk})

    row = proposed(world, told=told)

    assert days(row) == [day for day in WEDNESDAYS if day != DECEMBER_9]
    assert pk in asked[0]


def test_a_course_that_stands_still_is_left_alone(world: World, course: Course) -> None:
    course_states.hold_course(
        request=world.request, course_id=course.pk, version=course.version, reason="Ill", resume_on=None, now=NOW
    )

    assert propose(world) is None


def test_a_course_a_flag_stops_is_left_alone(world: World, course: Course) -> None:
    life_actions.note_flag(request=world.request, patient=world.maria, code=ScreeningCode.IMPLANTED_STIMULATOR, now=NOW)

    assert propose(world) is None


def test_nobody_is_sent_into_an_absence(world: World, course: Course) -> None:
    only_later(world)
    away = NewAbsence(starts_on=DECEMBER_9, ends_on=DECEMBER_9, from_minute=540)
    life_actions.add_absence(request=world.request, patient=world.maria, absence=away, now=NOW)

    assert days(proposed(world)) == [day for day in WEDNESDAYS if day != DECEMBER_9]


# ---- by night ----


def test_a_new_night_replaces_the_proposal_of_the_last_one(world: World, course: Course) -> None:
    old = proposed(world)

    new = proposed(world, now=NIGHT + dt.timedelta(days=1))

    old.refresh_from_db()
    assert (old.state, old.decided_at) == ("outdated", NIGHT + dt.timedelta(days=1))
    assert (new.state, LevelProposal.objects.filter(state="open").count()) == ("open", 1)


def test_a_night_that_finds_nothing_outdates_the_proposal_of_the_last_one(world: World, course: Course) -> None:
    old = proposed(world)
    Session.objects.update(confirmed_at=NOW)

    assert propose(world, now=NIGHT + dt.timedelta(days=1)) is None
    old.refresh_from_db()
    assert old.state == "outdated"


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-11-17T07:59:00+00:00", False),
        ("2026-11-17T08:00:00+00:00", True),
        ("2026-11-17T10:59:00+00:00", True),
        ("2026-11-17T11:00:00+00:00", False),
        ("2027-03-14T07:30:00+00:00", True),  # the night the clocks go forward: 3:30am
        ("2026-11-01T08:30:00+00:00", True),  # the night they go back
    ],
)
def test_it_is_due_in_the_sites_own_night(world: World, at: str, due: bool) -> None:
    assert levelling.is_due(site=world.site, now=dt.datetime.fromisoformat(at)) is due


def test_it_is_due_once_a_night(world: World, course: Course) -> None:
    proposed(world)

    assert not levelling.is_due(site=world.site, now=NIGHT + dt.timedelta(hours=1))
    assert levelling.is_due(site=world.site, now=NIGHT + dt.timedelta(days=1))
    assert levelling.is_due(site=world.other_site, now=NIGHT + dt.timedelta(hours=3))


def test_two_workers_in_one_night_leave_one_open_proposal(world: World, course: Course) -> None:
    first, second = proposed(world), proposed(world)

    assert [LevelProposal.objects.get(pk=row.pk).state for row in (first, second)] == ["outdated", "open"]


def test_a_worker_that_is_slower_leaves_the_other_ones_proposal_alone(
    world: World, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = levelling._gain

    def meanwhile(found: Look) -> dict[str, Any]:
        LevelProposal.objects.create(site=world.site, state="open", moves=[], gain={}, made_at=NIGHT)
        return real(found)

    monkeypatch.setattr(levelling, "_gain", meanwhile)

    assert propose(world) is None


@pytest.mark.parametrize("others", [0, 3])
def test_looking_costs_the_same_statements_however_many_courses_there_are(
    world: World, course: Course, others: int
) -> None:
    for number in range(others):
        patient = make_patient(world.site, world.receptionist, "Ana", f"Sato {number}", phone=f"+1555011000{number}")
        world.book(patient, start_on=WEDNESDAYS[number], preferred_minute=600 + 60 * number)

    with CaptureQueriesContext(connection) as statements:
        row = propose(world)

    assert row is not None
    assert len({move["course"] for move in row.moves}) == 1
    assert len(statements) == STATEMENTS
