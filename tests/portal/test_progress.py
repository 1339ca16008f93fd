"""How far the course is: on a device that was checked, where the clinic shows it, and nowhere else."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from notifications.models import SitePolicy
from scheduling.models import Course, Reservation, Session
from tests.factories import NOW, World
from tests.portal.phone import check, path_of, seen


@pytest.fixture(autouse=True)
def course(world: World, clock: Any) -> Course:
    return world.book(start_on=dt.date(2026, 11, 18))


def test_the_count_is_shown_after_the_birth_date_alone(world: World, client: Client) -> None:
    before = seen(client.get(path_of(world)))
    check(client, world)

    assert ("visit 1 of 36" in seen(client.get("/my/")), "36" in before) == (True, False)
    assert "visita 1 de 36" in seen(client.get("/my/?lang=es"))


def test_a_clinic_may_leave_it_out(world: World, client: Client) -> None:
    SitePolicy.objects.create(site=world.site, shows_progress=False)
    check(client, world)

    assert "36" not in seen(client.get("/my/"))


def test_after_the_last_visit_it_says_that_all_is_done(world: World, course: Course, client: Client) -> None:
    check(client, world)
    Reservation.objects.update(is_active=False)
    for back, session in enumerate(Session.objects.filter(course=course).order_by("-number"), start=1):
        begun = NOW - dt.timedelta(hours=2 * back)
        ended = begun + dt.timedelta(hours=1)
        times = {"starts_at": begun, "arrived_at": begun, "started_at": begun, "ends_at": ended, "ended_at": ended}
        Session.objects.filter(pk=session.pk).update(state="completed", **times)
    Course.objects.filter(pk=course.pk).update(state="completed")

    assert "All done. 36 of 36. Thank you." in seen(client.get("/my/"))
    assert "No visit is booked right now." in seen(Client().get(path_of(world)))
