"""A course that is under way when gates begin to be recorded goes on; one that has not begun is asked."""

import datetime as dt
from importlib import import_module

import pytest
from django.apps import apps

from scheduling.actions import attendance, setup
from scheduling.errors import GateRed
from scheduling.models import Course, Prerequisite, Session
from tests.factories import World, prepare_visit
from tests.scheduling.living.clinic import ROOMS

upgrade = import_module("scheduling.migrations.0005_gates_under_way")


def treat(course: Course, number: int) -> Session:
    session = Session.objects.select_related("course__protocol").get(course=course, number=number)
    attendance.arrive(session_id=session.pk, version=session.version, now=session.starts_at, by=None)
    attendance.start(session_id=session.pk, version=session.version + 1, now=session.starts_at, by=None)
    late = session.starts_at + dt.timedelta(hours=4)
    attendance.complete(session_id=session.pk, version=session.version + 2, now=late, by=None)
    return session


@pytest.fixture
def before(world: World) -> dict[str, Course]:
    """Three courses of the time before: two have begun, one has not; nothing was ever recorded for a gate."""
    setup.add_resources(site=world.site, resources=ROOMS)
    begun = world.book()
    spravato = world.book(world.daniel, protocol_code="esk_trd", start_on=dt.date(2026, 11, 24), preferred_minute=540)
    waiting = world.book(protocol_code="tms_mdd_36", start_on=dt.date(2027, 2, 8), preferred_minute=660)
    prepare_visit(Session.objects.select_related("course__protocol").get(course=spravato, number=1))
    for course in (begun, spravato):
        treat(course, 1)
    Prerequisite.objects.all().delete()
    return {"begun": begun, "spravato": spravato, "waiting": waiting}


def test_what_a_course_under_way_needs_counts_as_passed_and_says_why(before: dict[str, Course]) -> None:
    upgrade.let_pass(apps, None)

    rows = Prerequisite.objects.order_by("course_id", "pk")
    assert {(row.is_override, row.reason, row.by) for row in rows} == {
        (True, "Under way before gates were recorded", None)
    }
    assert [row.kind for row in rows.filter(course=before["begun"])] == [
        "consult",
        "screening",
        "consent",
        "authorization",
    ]
    assert [row.kind for row in rows.filter(course=before["spravato"])] == [
        "consult",
        "rems_enrollment",
        "consent",
        "authorization",
        "monitoring_form",
    ]
    assert not rows.filter(course=before["waiting"]).exists()


def test_it_goes_on_and_what_is_asked_at_every_visit_is_asked(before: dict[str, Course]) -> None:
    upgrade.let_pass(apps, None)

    assert treat(before["begun"], 2).pk
    with pytest.raises(GateRed) as refusal:
        treat(before["spravato"], 2)
    assert set(refusal.value.fields) == {"drug_on_hand", "ride", "fasting"}
    with pytest.raises(GateRed):
        treat(before["waiting"], 1)


def test_going_back_takes_away_what_it_added_and_nothing_else(world: World, before: dict[str, Course]) -> None:
    upgrade.let_pass(apps, None)
    kept = Prerequisite.objects.create(
        patient=world.maria, course=before["waiting"], kind="consent", at=before["waiting"].booked_at
    )

    upgrade.take_back(apps, None)

    assert list(Prerequisite.objects.all()) == [kept]
