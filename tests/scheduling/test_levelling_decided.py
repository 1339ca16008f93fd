"""What a manager does with a proposal to level the future: all of it or nothing, and nobody told is moved."""

import datetime as dt
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from scheduling.actions import levelling, moving, undoing
from scheduling.errors import IllegalMove, NotFound, PlanGone, SlotTaken, Stale
from scheduling.models import Course, CourseEvent, LevelProposal, Resource, ResourceHours, Session
from tests.factories import NOW, World
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
    propose,
    proposed,
)

ACCEPTING = 25


@pytest.fixture
def course(world: World) -> Course:
    return crowd(world)


def test_accepting_moves_everything_as_one_change_of_each_course(world: World, course: Course) -> None:
    row = proposed(world)

    done = accept(world, row)

    row.refresh_from_db()
    assert done == (row.pk, False)
    assert (row.state, row.decided_at, row.decided_by, row.version) == ("accepted", NIGHT, world.receptionist, 2)
    assert {device_of(on(course, day)) for day in WEDNESDAYS} == {"NeuroStar 2"}
    [event] = CourseEvent.objects.filter(course=course, kind="levelled")
    assert (event.data["moved"], event.data["proposal"], event.sessions.count()) == (4, row.pk, 4)
    [entry] = AuditEntry.objects.filter(action="level_proposal.accepted")
    assert (entry.patient_id, entry.object_id, entry.actor) == (world.maria.pk, row.pk, world.receptionist)


def test_what_was_opened_can_be_booked(world: World, course: Course) -> None:
    accept(world, proposed(world))

    other = world.book(world.daniel, start_on=WEDNESDAYS[0], preferred_minute=EIGHT, now=NIGHT)

    first = on(other, WEDNESDAYS[0])
    assert (first.visit_type, first.minute, device_of(first)) == ("mapping", EIGHT, "NeuroStar 1")


def test_a_levelled_course_is_put_back_like_any_other(world: World, course: Course) -> None:
    accept(world, proposed(world))
    course.refresh_from_db()

    undoing.undo_change(request=world.request, course_id=course.pk, version=course.version, now=NIGHT)

    assert {device_of(on(course, day)) for day in WEDNESDAYS} == {"NeuroStar 1"}


def test_the_same_request_again_is_answered_like_the_first(world: World, course: Course) -> None:
    row = proposed(world)
    request = replace(world.request, key="k-1", route="/accept/", body_sha256="a")
    accept(world, row, request=request)
    before = everything()

    assert accept(world, row, request=request) == (row.pk, True)
    assert everything() == before


@pytest.mark.parametrize("known", ["told", "confirmed"])
def test_somebody_told_meanwhile_outdates_all_of_it(world: World, course: Course, known: str) -> None:
    row = proposed(world)
    pk = on(course, DECEMBER_9).pk
    if known == "confirmed":
        Session.objects.filter(pk=pk).update(confirmed_at=NOW)
    before = everything()

    with pytest.raises(PlanGone, match="somebody was told about it"):
        accept(world, row, told=nobody if known == "confirmed" else lambda _ids: frozenset({pk}))

    row.refresh_from_db()
    assert (row.state, row.decided_at, row.decided_by, row.version) == ("outdated", NIGHT, None, 2)
    assert everything() == before


def test_a_course_changed_meanwhile_outdates_all_of_it(world: World, course: Course) -> None:
    row = proposed(world)
    last = Session.objects.filter(course=course).order_by("-starts_at").first()
    assert last is not None
    moving.move_to(request=world.request, session_id=last.pk, version=1, day=last.day, minute=600, now=NOW)
    before = everything()

    with pytest.raises(PlanGone, match="changed this course"):
        accept(world, row)

    row.refresh_from_db()
    assert (row.state, everything()) == ("outdated", before)


def test_a_place_taken_meanwhile_outdates_all_of_it(world: World, course: Course) -> None:
    row = proposed(world)
    second = Resource.objects.get(site=world.site, name="NeuroStar 2").pk
    ResourceHours.objects.all().delete()
    world.book(world.daniel, preferred_minute=HALF_PAST, pins={"tms_device": second})
    before = everything()

    with pytest.raises(SlotTaken):
        accept(world, row)

    row.refresh_from_db()
    assert (row.state, everything()) == ("outdated", before)


def test_another_version_is_refused_and_outdates_nothing(world: World, course: Course) -> None:
    row = proposed(world)

    with pytest.raises(Stale):
        accept(world, row, version=9)

    row.refresh_from_db()
    assert (row.state, row.version) == ("open", 1)


@pytest.mark.parametrize("decide", ["accept", "dismiss"])
def test_what_was_decided_is_decided(world: World, course: Course, decide: str) -> None:
    row = proposed(world)
    dismiss(world, row)

    with pytest.raises(IllegalMove, match=r"^This proposal was dismissed by Rosa at 3:30am on Tue Nov 17\.$"):
        accept(world, row) if decide == "accept" else dismiss(world, row)


def test_an_unknown_proposal_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        levelling.accept(request=world.request, proposal_id=99, version=1, told=nobody, now=NIGHT)


def dismiss(world: World, row: LevelProposal, reason: str = "Not before Christmas") -> tuple[int, bool]:
    return levelling.dismiss(request=world.request, proposal_id=row.pk, version=1, reason=reason, now=NIGHT)


def test_dismissing_moves_nobody_and_is_remembered_with_its_reason(world: World, course: Course) -> None:
    row = proposed(world)
    before = everything()

    dismiss(world, row)

    row.refresh_from_db()
    assert (row.state, row.reason, row.decided_by) == ("dismissed", "Not before Christmas", world.receptionist)
    assert everything() == before
    assert AuditEntry.objects.filter(action="level_proposal.dismissed", object_id=row.pk).count() == 1


def test_what_was_dismissed_is_not_proposed_again_for_four_weeks(world: World, course: Course) -> None:
    dismiss(world, proposed(world))

    assert propose(world, now=NIGHT + dt.timedelta(days=1)) is None
    LevelProposal.objects.update(decided_at=NIGHT - dt.timedelta(days=28))
    assert days(propose(world, now=NIGHT + dt.timedelta(days=1))) == WEDNESDAYS


@pytest.mark.once  # PostgreSQL is also told how long to wait for a lock
@pytest.mark.parametrize("moves", [1, 4])
def test_accepting_costs_the_same_statements_however_many_visits_move(world: World, course: Course, moves: int) -> None:
    Session.objects.filter(course=course, day__in=WEDNESDAYS[moves:]).update(confirmed_at=NOW)
    row = proposed(world)
    assert len(row.moves) == moves

    with CaptureQueriesContext(connection) as statements:
        accept(world, row)

    assert len(statements) == ACCEPTING
