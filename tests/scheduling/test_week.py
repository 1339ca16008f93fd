"""A week at one site, by device and by course."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.actions import attendance
from scheduling.domain import local_time
from scheduling.models import Course, Outage, Resource, Session
from scheduling.queries.week import NO_HOURS, week_by_course, week_by_device
from tests.factories import FIRST_DAY, World, cancel, make_patient

SUNDAY = dt.date(2026, 11, 22)


@pytest.fixture
def course(world: World) -> Course:
    return world.book(preferred_minute=510)


def test_a_device_tells_of_each_day_how_many_come_and_when_nobody_does(world: World, course: Course) -> None:
    [device] = [each for each in week_by_device(site=world.site, first=SUNDAY).devices if each.name == "NeuroStar 1"]
    days = {day.day: day for day in device.days}
    [first] = Session.objects.filter(course=course, number=1)
    until = first.minute + int((first.ends_at - first.starts_at).total_seconds() // 60)

    tuesday = days[FIRST_DAY]
    assert (tuesday.visits, tuesday.open, tuesday.used) == (1, 600, until - 510)
    assert tuesday.free == ((450, 510), (until, 1050))
    assert [day.visits for day in device.days] == [0, 0, 1, 1, 0, 1, 0]


def test_what_is_closed_or_out_of_service_is_neither_open_nor_free(world: World) -> None:
    device = Resource.objects.get(site=world.site, name="NeuroStar 2")
    since = local_time.to_utc(FIRST_DAY, 600, world.site.zone)
    Outage.objects.create(resource=device, starts_at=since, ends_at=since + dt.timedelta(minutes=62), reason="Coil")

    week = week_by_device(site=world.site, first=SUNDAY)

    days = {day.day: day for each in week.devices if each.resource_id == device.pk for day in each.days}
    assert days[FIRST_DAY].free == ((450, 600), (665, 1050))
    assert (days[dt.date(2026, 11, 26)].open, days[dt.date(2026, 11, 26)].free) == (0, ())
    assert [day.closed for day in week.days] == [NO_HOURS, "", "", "", "Thanksgiving", "", NO_HOURS]


def test_a_course_stands_with_its_visits_how_far_it_is_and_none_the_clinic_cancelled(
    world: World, course: Course
) -> None:
    first, second, third = Session.objects.filter(course=course).order_by("number")[:3]
    attendance.arrive(session_id=first.pk, version=1, now=first.starts_at, by=None)
    attendance.start(session_id=first.pk, version=2, now=first.starts_at, by=None)
    attendance.complete(session_id=first.pk, version=3, now=first.ends_at, by=None)
    cancel(session_id=second.pk, version=1, reason="Ill", now=first.ends_at, by=world.receptionist)
    Session.objects.filter(pk=third.pk).update(
        state="cancelled", reason="Flood", cancelled_by="clinic", is_active=False, is_counted=False
    )

    [row] = week_by_course(site=world.site, first=SUNDAY).courses

    assert (row.course_id, row.last_name, row.delivered, row.prescribed) == (course.pk, "Garcia", 1, 36)
    assert [(visit.session_id, visit.state) for visit in row.visits] == [
        (first.pk, "completed"),
        (second.pk, "cancelled"),
    ]
    assert {visit.resource_id for visit in row.visits} == {Resource.objects.get(name="NeuroStar 1", site=world.site).pk}


def test_another_sites_week_holds_nothing_of_ours(world: World, course: Course) -> None:
    assert week_by_course(site=world.other_site, first=SUNDAY).courses == ()
    devices = week_by_device(site=world.other_site, first=SUNDAY).devices
    assert [day.visits for device in devices for day in device.days] == [0] * 7


@pytest.mark.once
@pytest.mark.parametrize(("read", "statements"), [(week_by_device, 7), (week_by_course, 9)])
@pytest.mark.parametrize("patients", [1, 4])
def test_a_week_costs_the_same_statements_whatever_it_holds(
    world: World, read: object, statements: int, patients: int
) -> None:
    for number in range(patients):
        world.book(make_patient(world.site, world.receptionist, f"P{number}", "Lee", phone=f"+1555010{7000 + number}"))

    with CaptureQueriesContext(connection) as queries:
        read(site=world.site, first=SUNDAY)  # type: ignore[operator]

    assert len(queries) == statements


@pytest.mark.once
@pytest.mark.parametrize(
    ("region", "day", "first"),
    [
        ("US", dt.date(2026, 11, 22), dt.date(2026, 11, 22)),
        ("US", dt.date(2026, 11, 28), dt.date(2026, 11, 22)),
        ("DE", dt.date(2026, 11, 22), dt.date(2026, 11, 16)),
        ("DE", dt.date(2026, 11, 23), dt.date(2026, 11, 23)),
    ],
)
def test_a_week_begins_on_the_day_it_begins_on_where_people_live(region: str, day: dt.date, first: dt.date) -> None:
    assert local_time.week_of(day, region) == first
