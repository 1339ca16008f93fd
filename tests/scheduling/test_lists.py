"""Tomorrow's list goes to anaesthesia at 4:30pm: nobody is put on it any more; who is on it may be pulled forward."""

import datetime as dt
from typing import Any

import pytest

from scheduling.actions import attendance, courses, moving, setup
from scheduling.domain.states import CourseState, Scope
from scheduling.errors import CannotPlan, PlanGone, Rejected
from scheduling.models import Course, CourseEvent, Session
from scheduling.queries import repairs
from tests.factories import World, cancel, propose
from tests.scheduling.living.clinic import ROOMS

MONDAY, TUESDAY, WEDNESDAY, FRIDAY = (dt.date(2026, 11, day) for day in (16, 17, 18, 20))
BEFORE = dt.datetime(2026, 11, 17, 21, 29, tzinfo=dt.UTC)  # Tuesday, 4:29pm in New York
AFTER = BEFORE + dt.timedelta(minutes=1)


@pytest.fixture
def course(world: World) -> Course:
    """Mondays, Wednesdays, Fridays at eight, from Monday, November 16."""
    setup.add_resources(site=world.site, resources=ROOMS)
    early = dt.datetime(2026, 11, 16, 11, 0, tzinfo=dt.UTC) - dt.timedelta(days=3)
    return world.book(protocol_code="ect_index", start_on=MONDAY, preferred_minute=480, now=early)


def visit(course: Course, day: dt.date) -> Session:
    """Return the visit of a day, the one still ahead where another was cancelled."""
    of_day = Session.objects.select_related("site", "course__protocol", "course__site", "course__patient")
    return of_day.filter(course=course, day=day).order_by("-is_active")[0]


def test_a_new_course_does_not_begin_on_a_list_that_has_gone_out(world: World, course: Course) -> None:
    wish: dict[str, Any] = {"protocol_code": "ect_index", "start_on": WEDNESDAY, "preferred_minute": 570}

    before = propose(world.site, world.daniel, now=BEFORE, **wish)
    assert before.plan.sessions[0].day == WEDNESDAY
    with pytest.raises(Rejected, match="The list of Wed Nov 18 has gone out") as refusal:
        propose(world.site, world.daniel, now=AFTER, **wish)

    assert refusal.value.code == "list_frozen"


def test_a_plan_seen_before_the_list_went_out_is_not_booked_after(world: World, course: Course) -> None:
    proposal = propose(
        world.site, world.daniel, now=BEFORE, protocol_code="ect_index", start_on=WEDNESDAY, preferred_minute=570
    )

    with pytest.raises(PlanGone, match="The list of Wed Nov 18 went out meanwhile"):
        courses.book_course(request=world.request, proposal=proposal, now=AFTER)

    assert Course.objects.filter(patient=world.daniel).count() == 0


def test_a_treatment_without_a_list_begins_tomorrow_at_any_hour(world: World) -> None:
    assert propose(world.site, world.daniel, now=AFTER, start_on=WEDNESDAY).plan.sessions[0].day == WEDNESDAY


def test_no_make_up_is_put_on_it(world: World, course: Course) -> None:
    for day in (WEDNESDAY, FRIDAY):
        cancel(session_id=visit(course, day).pk, version=1, reason="Away", now=BEFORE, by=world.receptionist)

    found = repairs.make_up_choices(visit(course, FRIDAY), now=AFTER)

    assert [choice.why_not for choice in found if choice.kind == "tomorrow"] == [
        "not allowed, the list of Wed Nov 18 is frozen since 4:30pm the working day before"
    ]
    assert WEDNESDAY not in {place.day for choice in found if choice.change for place in choice.change.added}


def test_who_was_turned_away_from_it_may_be_put_on_it_again(world: World, course: Course) -> None:
    lost = visit(course, WEDNESDAY)
    morning = dt.datetime(2026, 11, 18, 12, 30, tzinfo=dt.UTC)
    attendance.arrive(session_id=lost.pk, version=lost.version, now=morning, by=world.technician)
    attendance.turn_away(
        session_id=lost.pk, version=2, reason="Nobody to drive", now=morning, by=world.technician, code="no_escort"
    )

    [choice, *_others] = repairs.make_up_choices(visit(course, WEDNESDAY), now=morning)
    moving.apply_change(request=world.request, token=choice.token, now=morning)

    assert (choice.kind, visit(course, WEDNESDAY).makeup_of_id) == ("today", lost.pk)


def test_whoever_is_on_it_may_be_pulled_forward(world: World, course: Course) -> None:
    on_it = visit(course, WEDNESDAY)

    moving.move_to(request=world.request, session_id=on_it.pk, version=1, day=WEDNESDAY, minute=450, now=AFTER)

    assert visit(course, WEDNESDAY).minute == 450


def test_who_is_not_on_it_is_put_there_only_with_a_reason(world: World, course: Course) -> None:
    friday = visit(course, FRIDAY)
    cancel(session_id=visit(course, WEDNESDAY).pk, version=1, reason="Away", now=BEFORE, by=world.receptionist)
    where: dict[str, Any] = {"session_id": friday.pk, "day": WEDNESDAY, "minute": 480, "now": AFTER}

    with pytest.raises(CannotPlan, match="the list of Wed Nov 18 is frozen"):
        moving.move_to(request=world.request, version=friday.version, **where)
    friday.refresh_from_db()
    moving.move_to(request=world.request, version=friday.version, override="Dr. Weiss asked for it", **where)

    assert visit(course, WEDNESDAY).pk == friday.pk
    event = CourseEvent.objects.filter(course=course, kind="moved").get()
    assert event.data["overrides"] == ["list_frozen"]


def test_what_is_laid_out_anew_leaves_it_as_it_went_out(world: World, course: Course) -> None:
    friday = visit(course, FRIDAY)

    [choice] = repairs.move_choices(friday, scope=Scope.REST, now=AFTER, from_day=dt.date(2026, 11, 23))

    assert choice.change is not None
    assert WEDNESDAY not in {move.to.day for move in choice.change.moves}
    assert WEDNESDAY not in {move.was.day for move in choice.change.moves}
    assert course.state == CourseState.ACTIVE
