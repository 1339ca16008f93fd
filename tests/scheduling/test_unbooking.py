import datetime as dt

import pytest

from clinic.models import AuditEntry
from scheduling.actions import authorizations, courses, unbooking
from scheduling.errors import IllegalMove, Rejected, SlotTaken, Stale
from scheduling.models import Course, CourseEvent, Reservation, Session
from scheduling.queries.history import history_of
from tests.factories import NOW, World, propose
from tests.notifications.days import MINUTE, left, settle
from tests.notifications.desk import cancel_visit

SOON = NOW + MINUTE


def take_back(world: World, course: Course, *, now: dt.datetime = SOON) -> None:
    version = Course.objects.get(pk=course.pk).version
    unbooking.take_back_booking(request=world.request, course_id=course.pk, version=version, now=now)


def test_a_booking_taken_back_leaves_no_visit_no_text_and_its_times_to_others(world: World) -> None:
    for_daniel = propose(world.site, world.daniel)
    course = world.book()
    with pytest.raises(SlotTaken):
        courses.book_course(request=world.request, proposal=for_daniel, now=NOW)
    settle(SOON)  # the text is written and waits

    take_back(world, course)
    settle(NOW + 9 * MINUTE)

    course.refresh_from_db()
    assert (course.state, Session.objects.filter(is_active=True).count()) == ("entered_in_error", 0)
    assert Reservation.objects.filter(is_active=True).count() == 0
    assert [message.kind for message in left()] == []
    assert AuditEntry.objects.filter(action="course.booking_taken_back", patient_id=world.maria.pk).count() == 1
    assert "The booking was taken back" in [row.text for row in history_of(course)]
    courses.book_course(request=world.request, proposal=for_daniel, now=NOW)


def test_who_was_told_of_a_booking_hears_that_it_was_taken_back(world: World) -> None:
    session = world.visit(start_on=dt.date(2026, 11, 24), preferred_minute=780)
    settle(NOW + 4 * MINUTE)

    take_back(world, session.course, now=NOW + 10 * MINUTE)
    settle(NOW + 20 * MINUTE)

    assert [message.course_id for message in left(kind="cancelled")] == [session.course_id]


def test_held_times_are_given_back(world: World) -> None:
    until = NOW + dt.timedelta(days=5)
    course_id, _again = courses.book_course(request=world.request, proposal=world.propose(), now=NOW, held_until=until)

    take_back(world, Course.objects.get(pk=course_id))

    course = Course.objects.get(pk=course_id)
    assert (course.held_until, Session.objects.filter(is_active=True).count()) == (None, 0)


def test_a_booking_somebody_worked_on_is_not_taken_back(world: World) -> None:
    course = world.book()
    cancel_visit(world, Session.objects.get(course=course, number=4), now=SOON)

    with pytest.raises(Rejected, match=r"^Can't undo: Rosa changed visit \d+ at 9:01am\."):
        take_back(world, course, now=SOON + MINUTE)

    assert Session.objects.filter(is_active=True).count() == 35


def test_a_booking_is_taken_back_once(world: World) -> None:
    course = world.book()
    take_back(world, course)

    with pytest.raises(IllegalMove):
        take_back(world, course)
    with pytest.raises(Stale):
        unbooking.take_back_booking(request=world.request, course_id=course.pk, version=1, now=SOON)


def test_an_extension_asked_for_is_noted_once_a_day(world: World) -> None:
    course = world.book()
    for hours in (0, 1, 30):
        authorizations.ask_extension(request=world.request, course_id=course.pk, now=NOW + dt.timedelta(hours=hours))

    asked = CourseEvent.objects.filter(course=course, kind="extension_asked")
    assert [(event.at - NOW, event.by) for event in asked.order_by("pk")] == [
        (dt.timedelta(0), world.receptionist),
        (dt.timedelta(hours=30), world.receptionist),
    ]
