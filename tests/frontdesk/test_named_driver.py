"""Whom a patient named on their page, as the desk hears of it: whose yes is noted, and who is looked for instead."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from clinic.actions import Request
from patients.models import RelatedPerson
from scheduling.actions import drivers, setup
from scheduling.actions.drivers import Driver
from scheduling.domain.operations import GateKind
from scheduling.models import Prerequisite, Session
from tests.factories import FIRST_DAY, NOW, World
from tests.frontdesk.test_attention import HTMX
from tests.scheduling.living.clinic import ROOMS

EVE = dt.datetime(2026, 11, 23, 20, 30, tzinfo=dt.UTC)  # the day before, half past three in the afternoon


@pytest.fixture
def visit(world: World) -> Session:
    """A visit nobody may drive home from; Ivy usually comes along."""
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=540)
    RelatedPerson.objects.create(patient=world.maria, role="escort", name="Ivy", phone="+15550102049")
    return Session.objects.get(course=course, number=1)


@pytest.fixture
def desk(world: World, client: Client, clock: Any) -> Client:
    client.force_login(world.receptionist)
    return client


def name(world: World, visit: Session) -> int:
    return drivers.name_driver(
        request=Request(user=None, actor="patient"),
        patient_id=world.maria.pk,
        session_id=visit.pk,
        timing=visit.timing_version,
        driver=Driver(name="Tom", phone="(555) 010-2050", read="2026-11"),
        now=NOW,
    )


def said(desk: Client) -> list[str]:
    return re.findall(r"(\w+) said yes", desk.get("/attention/").content.decode())


def test_the_button_names_who_was_named_and_its_press_confirms_them(
    world: World, visit: Session, desk: Client, clock: Any
) -> None:
    clock(EVE)
    usual = set(said(desk))
    tom = name(world, visit)

    offered = set(said(desk))
    key = f"ride:{visit.pk}:{visit.day}:{visit.minute}"
    answer = desk.post("/attention/do/ride/", {"key": key, "session": visit.pk}, headers=HTMX)

    rows = Prerequisite.objects.filter(session=visit, kind=GateKind.RIDE, withdrawn_at=None)
    assert (usual, offered, answer.status_code) == ({"Ivy"}, {"Tom"}, 200)
    assert list(rows.values_list("person", "is_confirmed", "by")) == [(tom, True, world.receptionist.pk)]


def test_nobodys_yes_is_offered_after_a_no(world: World, visit: Session, desk: Client, clock: Any) -> None:
    tom = name(world, visit)
    drivers.answer_on_page(person_id=tom, session_id=visit.pk, timing=visit.timing_version, is_yes=False, now=NOW)
    clock(NOW + dt.timedelta(hours=1))

    page = desk.get("/attention/").content.decode()

    assert ("who was named can&#x27;t come" in page, "said yes" in page) == (True, False)


def test_the_visit_says_that_they_said_it_themselves(world: World, visit: Session, desk: Client, clock: Any) -> None:
    name(world, visit)

    page = desk.get(f"/sessions/{visit.pk}/").content.decode()

    assert "Named by the patient - Tom, (555) 010-2050 - Themselves" in page
