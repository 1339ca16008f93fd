"""Which times are free again: let go of, ahead, not taken, not blocked; and what finding them costs."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.actions import attendance, moving, setup, undoing
from scheduling.domain.states import TurnedAway
from scheduling.errors import SlotTaken
from scheduling.models import Course, Resource, Session
from scheduling.queries import refill
from tests.factories import World
from tests.scheduling.freed import DAY, HOUR, MINUTE, FreedDesk
from tests.scheduling.living.clinic import ROOMS


@pytest.fixture
def desk(world: World) -> FreedDesk:
    return FreedDesk(world)


@pytest.fixture
def course(desk: FreedDesk) -> Course:
    return desk.course()


def times(desk: FreedDesk, now: dt.datetime) -> list[str]:
    found = refill.freed_times(site_ids=[desk.world.site.pk], now=now)
    return [f"{each.slot.day:%a} {each.slot.minute // 60}:{each.slot.minute % 60:02} {each.why}" for each in found]


def move(desk: FreedDesk, row: Session, *, day: dt.date, minute: int, now: dt.datetime) -> None:
    row.refresh_from_db()
    moving.move_to(request=desk.world.request, session_id=row.pk, version=row.version, day=day, minute=minute, now=now)


def test_a_cancelled_visit_frees_its_time_with_what_a_desk_has_to_know(desk: FreedDesk, course: Course) -> None:
    visit = desk.nth(course, 3)
    now = visit.starts_at - 2 * DAY
    desk.cancel(visit, now=now)

    [freed] = refill.freed_times(site_ids=[desk.world.site.pk], now=now + HOUR)

    assert (freed.session_id, freed.resource_name, freed.why, freed.since) == (
        visit.pk,
        "NeuroStar 1",
        "cancelled",
        now,
    )
    assert (freed.slot.day, freed.slot.minute, freed.free_until) == (visit.day, visit.minute, visit.ends_at)
    assert freed.minutes_to_start(now + HOUR) == 47 * 60
    assert (freed.offers, freed.offered_until) == (0, None)


def test_the_place_a_visit_moved_from_is_freed_and_the_one_it_moved_to_is_not(desk: FreedDesk, course: Course) -> None:
    visit = desk.nth(course, 3)
    now = visit.starts_at - 2 * DAY
    move(desk, visit, day=visit.day, minute=600, now=now)

    assert times(desk, now) == ["Fri 8:30 moved"]


def test_a_move_that_is_taken_back_frees_nothing(desk: FreedDesk, course: Course) -> None:
    visit = desk.nth(course, 3)
    now = visit.starts_at - 2 * DAY
    move(desk, visit, day=visit.day, minute=600, now=now)
    course.refresh_from_db()
    undoing.undo_change(request=desk.world.request, course_id=course.pk, version=course.version, now=now)

    assert times(desk, now) == []


@pytest.mark.parametrize(
    ("before", "is_shown"), [(5 * DAY + MINUTE, False), (5 * DAY, True), (MINUTE, True), (0 * DAY, False)]
)
def test_a_time_counts_within_five_days_until_it_begins(
    desk: FreedDesk, course: Course, before: dt.timedelta, is_shown: bool
) -> None:
    visit = desk.nth(course, 6)
    desk.cancel(visit, now=visit.starts_at - 6 * DAY)

    assert (times(desk, visit.starts_at - before) != []) is is_shown


def test_somebody_turned_away_before_the_time_frees_it(desk: FreedDesk, course: Course) -> None:
    visit = desk.nth(course, 1)
    early = visit.starts_at - 30 * MINUTE
    attendance.arrive(session_id=visit.pk, version=1, now=early, by=desk.world.receptionist)
    attendance.turn_away(
        session_id=visit.pk, version=2, reason="Ill", code=TurnedAway.OTHER, now=early, by=desk.world.receptionist
    )

    assert times(desk, early) == ["Tue 8:30 not_treated"]


def test_what_somebody_took_since_is_not_free(desk: FreedDesk, course: Course) -> None:
    visit = desk.nth(course, 3)
    now = visit.starts_at - 2 * DAY
    desk.cancel(visit, now=now)
    desk.course(counts={"acute": 1, "taper": 0}, start_on=visit.day, now=now)

    assert times(desk, now) == []
    with pytest.raises(SlotTaken, match="not free any more"):
        desk.freed(visit, now=now)


def test_what_is_out_of_service_closed_or_gone_for_good_is_not_free(desk: FreedDesk, course: Course) -> None:
    out, shut, gone = (desk.nth(course, number) for number in (3, 4, 5))
    now = out.starts_at - DAY
    for visit in (gone, shut, out):
        desk.cancel(visit, now=now)
    assert len(times(desk, now)) == 3
    setup.take_out_of_service(
        site=desk.world.site, resource_name="NeuroStar 1", starts_at=out.starts_at, ends_at=out.ends_at, reason="Coil"
    )
    setup.close_days(site=desk.world.site, days={shut.day: "Snow"})
    assert times(desk, now) == ["Tue 8:30 cancelled"]

    Resource.objects.filter(pk=desk.device().pk).update(is_active=False)

    assert times(desk, now) == []


def test_a_visit_that_never_was_frees_nothing(desk: FreedDesk, course: Course) -> None:
    visit = desk.nth(course, 3)
    attendance.enter_in_error(
        session_id=visit.pk, version=1, reason="Typed twice", now=visit.starts_at - DAY, by=desk.world.receptionist
    )

    assert times(desk, visit.starts_at - DAY) == []


def test_a_time_begins_with_its_visit_not_with_what_it_is_built_around(world: World) -> None:
    setup.add_resources(site=world.site, resources=ROOMS)
    desk = FreedDesk(world)
    course = world.book(desk.person(), protocol_code="ect_index", counts={"index": 6}, preferred_minute=480)
    visit = desk.nth(course, 2)
    now = visit.starts_at - 4 * DAY
    desk.cancel(visit, now=now)

    [freed] = refill.freed_times(site_ids=[world.site.pk], now=now)

    assert (freed.resource_name, freed.slot.kind, freed.slot.starts_at) == ("ECT room", "ect_room", visit.starts_at)
    assert freed.free_until == visit.starts_at + 90 * MINUTE


def test_a_place_two_people_left_is_one_time_and_both_are_known(desk: FreedDesk, course: Course) -> None:
    visit = desk.nth(course, 3)
    now = visit.starts_at - 2 * DAY
    desk.cancel(visit, now=now)
    second = desk.nth(desk.course(counts={"acute": 1, "taper": 0}, start_on=visit.day, now=now), 1)
    desk.cancel(second, now=now + HOUR)

    [freed] = refill.freed_times(site_ids=[desk.world.site.pk], now=now + HOUR)

    assert (freed.session_id, freed.sessions) == (second.pk, frozenset({visit.pk, second.pk}))
    assert freed.left_by == {visit.patient_id, second.patient_id}
    assert freed.free_until == second.ends_at  # the longest that was let go of


def test_another_site_has_its_own(desk: FreedDesk, course: Course) -> None:
    visit = desk.nth(course, 3)
    now = visit.starts_at - 2 * DAY
    desk.cancel(visit, now=now)

    assert refill.freed_times(site_ids=[desk.world.other_site.pk], now=now) == []


def test_many_freed_times_cost_as_many_statements_as_one(desk: FreedDesk) -> None:
    courses = [desk.course(preferred_minute=minute) for minute in (510, 600, 690, 780, 870)]
    visits = [desk.nth(course, number) for course in courses for number in (2, 3)]
    now = visits[0].starts_at - DAY
    counts = []
    for visit in visits:
        desk.cancel(visit, now=now)
        with CaptureQueriesContext(connection) as seen:
            found = refill.freed_times(site_ids=[desk.world.site.pk], now=now)
        counts.append(len(seen))

    assert len(found) == len(visits)
    assert set(counts) == {4}
