"""A course made longer or shorter: exactly so many sessions, in one change that one undo takes back."""

from typing import Any

import pytest

from scheduling.actions import moving, undoing
from scheduling.errors import CannotPlan, IllegalMove, Rejected
from scheduling.models import Course, CourseEvent, Reservation, Session
from scheduling.queries import resizing
from scheduling.queries.resizing import resize_choice
from tests.factories import NOW, World, cancel


@pytest.fixture
def course(world: World) -> Course:
    return world.book(counts={"acute": 10, "taper": 6})


def fresh(course: Course) -> Course:
    return Course.objects.select_related("site", "protocol", "patient").get(pk=course.pk)


def resize(world: World, course: Course, add: int) -> None:
    choice = resize_choice(fresh(course), add=add, now=NOW)
    moving.apply_change(request=world.request, token=choice.token, now=NOW)


def undo(world: World, course: Course) -> None:
    undoing.undo_change(request=world.request, course_id=course.pk, version=fresh(course).version, now=NOW)


def deliver(course: Course, count: int) -> None:
    for row in Session.objects.filter(course=course, number__lte=count):
        Session.objects.filter(pk=row.pk).update(state="completed", arrived_at=row.starts_at, missed_after=None)


def counted(course: Course) -> list[tuple[int, Any, int, str]]:
    rows = Session.objects.filter(course=course, is_counted=True).order_by("starts_at")
    return list(rows.values_list("number", "day", "minute", "phase"))


def held(course: Course) -> int:
    return Reservation.objects.filter(session__course=course, is_active=True).count()


def test_six_more_come_behind_the_last_one_and_nothing_told_moves(world: World, course: Course) -> None:
    before = counted(course)

    resize(world, course, 6)

    after = counted(course)
    assert (after[:16], len(after), fresh(course).prescribed) == (before, 22, 22)
    assert {phase for *_place, phase in after[16:]} == {"taper"}
    assert CourseEvent.objects.filter(course=course).order_by("-pk")[0].kind == "resized"


def test_what_is_removed_is_cancelled_from_the_end_and_its_places_are_free(world: World, course: Course) -> None:
    before, places = counted(course), held(course)

    resize(world, course, -7)

    assert (counted(course), fresh(course).prescribed) == (before[:9], 9)
    gone = Session.objects.filter(course=course, is_counted=False)
    assert set(gone.values_list("state", "cancelled_by", "reason", "is_active")) == {
        ("cancelled", "clinic", moving.SHORTER, False)
    }
    assert held(course) == places - 7 * 2


@pytest.mark.parametrize("add", [6, -7])
def test_one_undo_puts_everything_back(world: World, course: Course, add: int) -> None:
    before, places, wish = counted(course), held(course), fresh(course).wish

    resize(world, course, add)
    undo(world, course)

    assert (counted(course), held(course)) == (before, places)
    assert (fresh(course).prescribed, fresh(course).wish) == (16, wish)


def test_what_is_owed_goes_first_and_stays_owed_when_more_are_added(world: World, course: Course) -> None:
    row = Session.objects.get(course=course, number=3)
    cancel(session_id=row.pk, version=1, reason="Flu", now=NOW, by=world.receptionist)

    resize(world, course, -1)
    shorter = (len(counted(course)), fresh(course).prescribed)
    undo(world, course)
    resize(world, course, 2)

    assert shorter == (15, 15)
    assert (len(counted(course)), fresh(course).prescribed) == (17, 18)


def test_more_than_is_ahead_can_not_be_removed(course: Course) -> None:
    deliver(course, 14)

    with pytest.raises(CannotPlan, match=r"Only 2 sessions are still ahead\. Remove at most 2, or end the course\."):
        resize_choice(fresh(course), add=-3, now=NOW)


def test_a_course_is_never_empty(course: Course) -> None:
    with pytest.raises(CannotPlan, match="end the course"):
        resize_choice(fresh(course), add=-16, now=NOW)


@pytest.mark.parametrize("add", [0, resizing.MOST + 1, -resizing.MOST - 1])
def test_a_number_out_of_range_is_refused(course: Course, add: int) -> None:
    with pytest.raises(Rejected, match="from 1 to 60"):
        resize_choice(fresh(course), add=add, now=NOW)


@pytest.mark.parametrize("state", ["on_hold", "completed", "discontinued", "draft"])
def test_a_course_that_does_not_go_on_keeps_its_length(course: Course, state: str) -> None:
    Course.objects.filter(pk=course.pk).update(state=state)

    with pytest.raises(IllegalMove, match="not going on"):
        resize_choice(fresh(course), add=1, now=NOW)


def test_removing_what_was_left_completes_the_course_and_undo_reopens_it(world: World, course: Course) -> None:
    deliver(course, 14)

    resize(world, course, -2)
    completed = fresh(course).state
    undo(world, course)

    assert (completed, fresh(course).state, len(counted(course))) == ("completed", "active", 16)
