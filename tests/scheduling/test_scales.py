"""Which forms a patient is asked for: by the protocol, from two days ahead, until the score is there."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patients import life_actions
from patients.domain.clinical import Instrument
from scheduling.actions import course_states
from scheduling.domain.measures import due_before
from scheduling.models import Course, Protocol
from scheduling.queries.scales import forms_due
from tests.attention.desk import deliver, nth
from tests.factories import FIRST_DAY, NOW, World

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
PLACES = (0, 5, 10)


@pytest.fixture
def course(world: World) -> Course:
    """A daily course from Tue Nov 24 on that asks for a score after visits 0, 5, 10, …"""
    return world.book()


def due(world: World, now: dt.datetime) -> list[str]:
    found = forms_due(patient_id=world.maria.pk, zone=world.site.zone, now=now)
    return [each.instrument.value for each in found]


def record(world: World, on: dt.date, instrument: Instrument = Instrument.PHQ9) -> None:
    life_actions.record_measure(
        request=world.request, patient=world.maria, instrument=instrument, score=9, measured_on=on, now=NOW
    )


def at(day: dt.date, hour: int = 15) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), dt.UTC)


def test_the_first_form_is_due_from_two_days_before_the_first_visit(world: World, course: Course) -> None:
    found = [due(world, at(FIRST_DAY - days * DAY)) for days in (3, 2, 1)]

    assert found == [[], ["phq9"], ["phq9"]]


@pytest.mark.parametrize(("days", "is_due"), [(31, True), (30, False), (2, False)])
def test_a_score_taken_lately_is_a_first_score(world: World, course: Course, days: int, is_due: bool) -> None:
    record(world, FIRST_DAY - days * DAY)

    assert bool(due(world, at(FIRST_DAY - DAY))) is is_due


def test_it_is_due_after_the_visit_it_belongs_to_until_the_score_is_there(world: World, course: Course) -> None:
    record(world, FIRST_DAY)
    five = nth(course, 1, 2, 3, 4, 5)
    deliver(five)
    then = five[4].ends_at + HOUR
    before = due(world, then)

    record(world, five[4].day)

    assert (before, due(world, then)) == (["phq9"], [])


def test_a_course_on_hold_and_another_patient_are_not_asked(world: World, course: Course) -> None:
    now = at(FIRST_DAY - DAY)
    daniel = forms_due(patient_id=world.daniel.pk, zone=world.site.zone, now=now)
    course_states.hold_course(
        request=world.request, course_id=course.pk, version=course.version, reason="Away", now=now
    )

    assert (daniel, due(world, now)) == ([], [])


def test_what_a_clinician_rates_is_no_form_and_two_forms_are_asked_for_together(world: World, course: Course) -> None:
    protocol = Protocol.objects.get(pk=course.protocol_id)
    protocol.definition["measures"] = {"hamd17": [0], "gad7": [0], "phq9": [0]}
    protocol.definition["sources"]["measures"] = "default"
    protocol.digest = "another"
    protocol.save()

    assert due(world, at(FIRST_DAY - DAY)) == ["phq9", "gad7"]


def test_it_costs_three_statements_two_where_none_can_be_due_and_one_where_none_is_asked_for(
    world: World, course: Course
) -> None:
    world.visit(world.daniel)
    found = []
    for patient, days in ((world.maria, 1), (world.maria, 3), (world.daniel, 1)):
        with CaptureQueriesContext(connection) as statements:
            forms_due(patient_id=patient.pk, zone=world.site.zone, now=at(FIRST_DAY - days * DAY))
        found.append(len(statements))

    assert found == [3, 2, 1]


def test_the_last_form_of_a_course_is_asked_for_two_weeks(world: World) -> None:
    visit = world.visit()
    protocol = Protocol.objects.get(pk=visit.course.protocol_id)
    protocol.definition["measures"] = {"phq9": [1]}
    protocol.definition["sources"]["measures"] = "default"
    protocol.digest = "once"
    protocol.save()

    deliver([visit])

    assert Course.objects.get(pk=visit.course_id).state == "completed"
    assert [due(world, at(visit.day + days * DAY)) for days in (1, 14, 15)] == [["phq9"], ["phq9"], []]


@pytest.mark.parametrize(
    ("delivered", "coming", "recorded", "is_due"),
    [
        # The form is about the fifth visit; today is Sunday 13.
        ((7, 8, 9, 10), (14, 15), 1, False),  # the fifth visit has not come: what is filled in now would not count
        ((7, 8, 9, 10), (13, 15), 1, True),
        ((7, 8, 9, 10), (13, 15), 12, True),
        ((7, 8, 9, 10), (13, 15), 13, False),
        ((7, 8, 9, 10), (13, 16), 1, False),  # not yet
        ((7, 8, 9, 10, 11), (14,), 10, True),
        ((7, 8, 9, 10, 11), (14,), 11, False),
        ((7, 8, 9), (13, 14), 1, False),  # belongs to no visit of these days
        ((), (), 1, False),
    ],
)
def test_a_form_is_asked_for_before_the_visit_after_the_one_it_is_about(
    delivered: tuple[int, ...], coming: tuple[int, ...], recorded: int, is_due: bool
) -> None:
    done, ahead = ([dt.date(2026, 12, day) for day in days] for days in (delivered, coming))

    assert due_before(PLACES, done, ahead, dt.date(2026, 12, recorded), dt.date(2026, 12, 13)) is is_due
