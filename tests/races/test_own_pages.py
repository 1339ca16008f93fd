"""Two phones of one patient at the same moment: one calendar, one person named, and no link that outlives it."""

import os
from functools import partial

import pytest
from django.db import connection

from clinic.actions import Request
from patients import feed_actions
from patients.models import CalendarFeed, DriverLink
from scheduling.actions import drivers, setup
from scheduling.actions.drivers import Driver
from scheduling.models import Prerequisite, Session
from tests.factories import FIRST_DAY, NOW
from tests.races.conftest import Crowd
from tests.scheduling.living.clinic import ROOMS

ROUNDS = int(os.environ.get("PAGE_ROUNDS", "4"))
PATIENT = Request(user=None, actor="patient")
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


def let(patient_id: int) -> int:
    try:
        return feed_actions.make_feed(request=PATIENT, patient_id=patient_id, now=NOW).pk
    finally:
        connection.close()


def name(visit: Session, who: str, phone: str) -> int:
    try:
        return drivers.name_driver(
            request=PATIENT,
            patient_id=visit.patient_id,
            session_id=visit.pk,
            timing=visit.timing_version,
            driver=Driver(name=who, phone=phone, read="2026-11"),
            now=NOW,
        )
    finally:
        connection.close()


def test_two_taps_let_one_calendar(crowd: Crowd) -> None:
    for patient in crowd.patients(ROUNDS):
        made = crowd.at_once(*[partial(let, patient.pk)] * 3)

        assert len(set(made)) == CalendarFeed.objects.filter(patient=patient).count() == 1


def test_of_two_who_are_named_at_once_the_later_stays_and_has_the_only_link(crowd: Crowd) -> None:
    setup.add_resources(site=crowd.world.site, resources=ROOMS)
    for number, patient in enumerate(crowd.patients(ROUNDS)):
        course = crowd.world.book(
            patient, protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=480 + 15 * number
        )
        visit = Session.objects.get(course=course, number=1)

        named = crowd.at_once(
            partial(name, visit, "Ivy", "(555) 010-2049"), partial(name, visit, "Tom", "(555) 010-2050")
        )

        [left] = Prerequisite.objects.filter(session=visit, kind="ride", withdrawn_at=None)
        with_link = DriverLink.objects.filter(person__patient=patient, ended_at=None)
        assert left.person_id in named
        assert [each.person_id for each in with_link] == [left.person_id]


def test_the_same_person_named_twice_at_once_is_one_person(crowd: Crowd) -> None:
    setup.add_resources(site=crowd.world.site, resources=ROOMS)
    [patient] = crowd.patients(1)
    course = crowd.world.book(patient, protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=540)
    visit = Session.objects.get(course=course, number=1)

    named = crowd.at_once(*[partial(name, visit, "Ivy", "(555) 010-2049")] * 3)

    assert len(set(named)) == 1
    assert Prerequisite.objects.filter(session=visit, kind="ride").count() == 1
