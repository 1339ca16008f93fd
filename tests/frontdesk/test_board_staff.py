"""The day board by people: who is needed, each visit with each of them, and as cheap as by device."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scheduling.models import Reservation, Resource, Session, Shift
from scheduling.queries.day_version import day_version
from tests.factories import World, make_patient

DAY = dt.date(2026, 11, 17)
EIGHT = dt.datetime(2026, 11, 17, 13, 0, tzinfo=dt.UTC)


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


def look(client: Client, view: str = "staff", **more: str) -> Any:
    return client.get("/", {"day": str(DAY), "view": view} | more, headers={"HX-Request": "true"})


def columns(answer: Any) -> list[tuple[str, str, list[str]]]:
    return [
        (column.group, column.name, [f"{card.id}{card.copy}" for card in column.cards])
        for column in answer.context["view"].columns
    ]


@pytest.fixture
def first(world: World) -> Session:
    """A first visit: it needs an operator and a psychiatrist."""
    return Session.objects.get(course=world.book(start_on=DAY, preferred_minute=540), number=1)


def test_a_visit_stands_with_each_of_its_people_and_each_card_has_an_id_of_its_own(
    desk: Client, first: Session
) -> None:
    answer = look(desk)

    assert columns(answer) == [
        ("TMS operator", "TMS operator 1", [f"{first.pk}"]),
        ("psychiatrist", "Dr. Weiss", [f"{first.pk}-2"]),
    ]
    ids = re.findall(r' id="([^"]+)"', answer.content.decode())
    assert len(ids) == len(set(ids))


def test_a_card_says_on_which_device_and_takes_as_long_as_the_person_is_needed(desk: Client, first: Session) -> None:
    held = Reservation.objects.get(session=first, resource__kind="psychiatrist")
    Reservation.objects.filter(pk=held.pk).update(end_quantum=held.first_quantum + 6)

    operator, doctor = look(desk).context["view"].columns

    assert [card.tag for card in (*operator.cards, *doctor.cards)] == ["NeuroStar 1", "NeuroStar 1"]
    assert [card.place.split()[2] for card in (*operator.cards, *doctor.cards)] == ["gh-18", "gh-6"]


def test_nothing_is_booked_or_dragged_there_and_every_visit_counts_once(desk: Client, first: Session) -> None:
    answer = look(desk)

    text = answer.content.decode()
    assert ("data-slot" in text, 'class="ck-board by-staff' in text) == (False, True)
    assert [(tally.key, tally.number) for tally in answer.context["view"].tallies if tally.number] == [("booked", 1)]


def test_a_visit_that_needs_nobody_is_not_lost(desk: Client, first: Session) -> None:
    Reservation.objects.filter(session=first, resource__kind__in=("operator", "psychiatrist")).delete()

    assert columns(look(desk)) == [("Other", "No staff", [f"{first.pk}"])]


def test_who_stands_in_for_a_role_gives_the_column_its_name_and_the_board_its_version(
    desk: Client, world: World, first: Session
) -> None:
    place = Resource.objects.get(site=world.site, name="TMS operator 1")
    before = day_version(site=world.site, day=DAY)
    Shift.objects.create(place=place, staff=world.technician, starts_at=EIGHT, ends_at=EIGHT + dt.timedelta(hours=4))

    assert columns(look(desk))[0][1] == f"{world.technician.name} (TMS operator 1)"
    assert day_version(site=world.site, day=DAY) != before


@pytest.mark.parametrize("patients", [1, 3])
def test_it_costs_as_many_statements_as_the_devices_do(world: World, desk: Client, patients: int) -> None:
    for number in range(patients):
        patient = make_patient(world.site, world.receptionist, f"P{number}", "Lee", phone=f"+1555010{7000 + number}")
        world.book(patient, start_on=DAY)
    look(desk)

    counts = []
    for view in ("board", "staff"):
        with CaptureQueriesContext(connection) as queries:
            look(desk, view)
        counts.append(len(queries))

    assert counts == [counts[0]] * 2


def test_a_step_is_answered_with_the_columns_of_all_its_people(desk: Client, first: Session, clock: Any) -> None:
    clock("2026-11-17T13:50:00+00:00")
    here = {"HX-Request": "true", "HX-Current-URL": f"http://testserver/?day={DAY}&view=staff"}

    text = desk.post(f"/sessions/{first.pk}/arrive/", {"version": "1", "view": "staff"}, headers=here).content.decode()

    assert re.findall(r'id="(visit-[^"]+)"[^>]* data-state="here"', text) == [
        f"visit-{first.pk}",
        f"visit-{first.pk}-2",
    ]


def test_the_view_is_kept_as_the_list_is(desk: Client, first: Session) -> None:
    desk.cookies["view"] = "staff"

    assert desk.get("/", {"day": str(DAY)}).context["by_staff"] is True


def test_an_empty_day_and_a_closed_one_say_so(desk: Client, first: Session) -> None:
    empty = look(desk, day="2027-06-01").content.decode()
    closed = look(desk, day="2026-11-26").content.decode()

    assert ("No visits on this day" in empty, 'id="grid"' in empty) == (True, False)
    assert ("Closed: Thanksgiving" in closed, 'id="grid"' in closed) == (True, False)


def test_a_set_of_devices_hides_nobody(desk: Client, world: World, first: Session) -> None:
    other = Resource.objects.get(site=world.site, name="NeuroStar 3")
    saved = desk.post("/me/column-sets/", {"site": world.site.slug, "name": "Third", "columns": [other.pk]})

    assert (saved.status_code, len(columns(look(desk)))) == (302, 2)
