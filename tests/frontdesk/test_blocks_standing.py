"""Blocks that stand: listed, places for those left, reopened, the way back; who may do what; what leads there."""

import html
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import Site
from scheduling.actions import attendance
from tests.factories import World
from tests.frontdesk.test_attention import HTMX, as_user
from tests.frontdesk.test_blocks import form, hidden, preview, text_of
from tests.scheduling.outage_scenes import TUESDAY, Clinic, names_held, on

pytestmark = pytest.mark.once
LIST = 9


@pytest.fixture
def clinic(world: World, clock: Any) -> Clinic:
    return Clinic(world)


@pytest.fixture
def desk(world: World) -> Client:
    return as_user(world.receptionist)


def test_those_left_are_found_places_for_from_the_blocks_own_page(clinic: Clinic, desk: Client) -> None:
    course = clinic.course(0, 510)
    block = clinic.block_now("NeuroStar 1")

    page = text_of(desk.get(f"/blocks/{block.pk}/"))
    shown = desk.post(f"/blocks/{block.pk}/left/", headers=HTMX)
    moved = desk.post(f"/blocks/{block.pk}/move/", hidden(shown), headers=HTMX)

    assert "1 visit still needs a place." in page
    assert ("Move 1" in text_of(shown), moved.status_code) == (True, 204)
    assert names_held(on(course, TUESDAY))[0] == "NeuroStar 2"


def test_a_plan_for_another_block_is_refused(clinic: Clinic, desk: Client) -> None:
    clinic.course(0, 510)
    block, other = clinic.block_now("NeuroStar 1"), clinic.block_now("NeuroStar 3")
    shown = desk.post(f"/blocks/{block.pk}/left/", headers=HTMX)

    assert desk.post(f"/blocks/{other.pk}/move/", hidden(shown)).status_code == 400


def test_reopening_offers_the_way_back_and_whoever_stays_is_left_alone(clinic: Clinic, desk: Client) -> None:
    mine, other = clinic.course(0, 510), clinic.course(1, 600)
    block = clinic.block("NeuroStar 1")

    desk.post(f"/blocks/{block.pk}/reopen/", {"version": block.version})
    everybody = desk.post(f"/blocks/{block.pk}/back/", headers=HTMX)
    stay = {"stay": str(on(other, TUESDAY).pk)}
    some = desk.post(f"/blocks/{block.pk}/back/", stay, headers=HTMX)
    desk.post(f"/blocks/{block.pk}/move/", hidden(some), headers=HTMX)

    assert "2 of 2 can go back to the time they were told first." in text_of(everybody)
    assert "Move 1 back" in text_of(some)
    assert (names_held(on(mine, TUESDAY))[0], names_held(on(other, TUESDAY))[0]) == ("NeuroStar 1", "NeuroStar 2")


def test_a_block_somebody_changed_is_not_reopened_over_it(clinic: Clinic, desk: Client) -> None:
    block = clinic.block_now("NeuroStar 1")

    answer = desk.post(f"/blocks/{block.pk}/reopen/", {"version": block.version + 1})

    block.refresh_from_db()
    assert (answer.status_code, block.state) == (412, "in_force")
    assert "Somebody changed this block meanwhile." in text_of(answer, 412)


def test_what_cant_be_undone_names_the_visits_and_offers_to_reopen(clinic: Clinic, desk: Client) -> None:
    course = clinic.course(0, 510)
    block = clinic.block("NeuroStar 1")
    visit = on(course, TUESDAY)
    attendance.arrive(session_id=visit.pk, version=visit.version, now=visit.starts_at, by=clinic.world.receptionist)

    answer = desk.post("/undo/", {"kind": "block", "id": block.pk, "version": block.version}, headers=HTMX)

    said = text_of(answer, 409)
    assert "of Tue Dec 1, 8:30am was changed since" in said
    assert f'action="/blocks/{block.pk}/reopen/"' in answer.content.decode()


def test_blocks_are_listed_those_that_are_over_only_if_asked(clinic: Clinic, desk: Client) -> None:
    clinic.block_now("NeuroStar 1")
    clinic.undo(clinic.block_now("NeuroStar 3"))

    ahead, everything = text_of(desk.get("/blocks/")), text_of(desk.get("/blocks/?past=1"))

    assert ("NeuroStar 1" in ahead, "Planned" in ahead, "Taken back" in ahead) == (True, True, False)
    assert ("NeuroStar 1" in everything, "Planned" in everything, "Taken back" in everything) == (True, True, True)


def test_nothing_blocked_says_what_can_be_done(clinic: Clinic, desk: Client) -> None:
    said = text_of(desk.get("/blocks/"))

    assert ("Nothing is blocked" in said, "Block time" in said) == (True, True)


@pytest.mark.parametrize("blocks", [1, 3])
def test_the_list_costs_the_same_whatever_it_holds(clinic: Clinic, desk: Client, blocks: int) -> None:
    for number in range(1, blocks + 1):
        clinic.block_now(f"NeuroStar {number}")
    desk.get("/blocks/")

    with CaptureQueriesContext(connection) as queries:
        page = desk.get("/blocks/")

    assert page.content.count(b"data-row ") == blocks
    assert len(queries) == LIST


@pytest.mark.parametrize(
    ("role", "statuses"),
    [("receptionist", [200, 200, 200, 302]), ("technician", [200, 200, 403, 403]), ("auditor", [200, 200, 403, 403])],
)
def test_a_role_does_what_it_may(clinic: Clinic, world: World, role: str, statuses: list[int]) -> None:
    block = clinic.block_now("NeuroStar 1")
    client = as_user(getattr(world, role))
    sent = form(clinic, "NeuroStar 3", do="only", key="k")

    found = [client.get(path).status_code for path in ("/blocks/", f"/blocks/{block.pk}/", "/blocks/new/")]

    assert [*found, client.post("/blocks/make/", sent).status_code] == statuses


def test_another_sites_blocks_are_not_there(clinic: Clinic, world: World) -> None:
    block = clinic.block_now("NeuroStar 1")
    outsider = as_user(world.outsider)

    answers = [
        outsider.get(f"/blocks/{block.pk}/"),
        *(outsider.post(f"/blocks/{block.pk}/{step}/", {"version": "1"}) for step in ("left", "back", "reopen")),
        outsider.get("/blocks/?site=riverside"),
    ]

    block.refresh_from_db()
    assert ([answer.status_code for answer in answers], block.state) == ([404] * 5, "in_force")


def test_names_are_initials_where_that_is_asked_for(clinic: Clinic, world: World, desk: Client) -> None:
    clinic.course(0, 510)
    desk.post("/me/privacy/", {"on": "1"})

    said = text_of(preview(desk, form(clinic, "NeuroStar 1")))

    assert ("L. P." in said, "Leea" in said) == (True, False)


def test_the_board_leads_to_it_from_the_head_of_a_device(clinic: Clinic, world: World, desk: Client) -> None:
    board = html.unescape(desk.get("/?day=2026-12-01").content.decode())
    theirs = as_user(world.technician).get("/?day=2026-12-01").content.decode()

    assert f"/blocks/new/?site=riverside&day=2026-12-01&resource={clinic.device(1).pk}" in board
    assert "/blocks/new/" not in theirs


def test_who_is_left_leads_there_from_what_needs_attention(clinic: Clinic, desk: Client) -> None:
    clinic.course(0, 510)
    block = clinic.block_now("NeuroStar 1")

    row = html.unescape(desk.get("/attention/").content.decode()).partition("1 visit still needs a place")[2]

    assert f'href="/blocks/{block.pk}/"' in row
    assert "Find places" in row


def test_a_site_of_its_own_zone_begins_at_its_own_now(clinic: Clinic, world: World) -> None:
    Site.objects.filter(pk=world.site.pk).update(zone="America/Chicago")

    page = as_user(world.receptionist).get("/blocks/new/").content.decode()

    assert 'name="from_time" step="300" value="08:00"' in page
