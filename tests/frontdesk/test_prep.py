"""The lists for getting ready in set-up: a manager's, in both languages, published, put back, without a script."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.actions import Request
from clinic.domain.permissions import Role
from scheduling.actions import prep
from scheduling.models import PrepSheet, Protocol, Session
from scheduling.queries.prep import prep_of
from tests.factories import NOW, World, make_staff

LIST = "/settings/prep/?site=riverside"
TYPED = {"en": "Rest.\nCome early.", "es": "Descanse.\nVenga temprano."}
PRODUCTS = "Take off all metal on your head: earrings, pins, glasses."


@pytest.fixture
def manager(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(make_staff("dana@example.com", Role.MANAGER, world.site))
    return client


@pytest.fixture
def path(world: World) -> str:
    return f"/settings/prep/{Protocol.objects.get(code='tms_mdd_36', is_current=True).pk}/?site=riverside"


def page_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def seen(page: str) -> str:
    """Return what a person reads of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>|<[^>]+>", " ", page, flags=re.DOTALL)).strip()


def line(client: Client, name: str = "TMS standard 36") -> str:
    """Return what the list says of a protocol."""
    found = re.search(rf'<li id="p\d+"><div><b><bdi>{name}</bdi>.*?</li>', page_of(client.get(LIST)))
    assert found is not None
    return seen(found[0])


def send(client: Client, path: str, do: str, version: int = 0, **typed: str) -> Any:
    return client.post(path, {**TYPED, **typed, "do": do, "version": str(version)})


def steps() -> list[list[str] | None]:
    rows = PrepSheet.objects.order_by("version").values_list("steps", flat=True)
    return [None if row is None else [each["en"] for each in row] for row in rows]


def test_the_list_says_whose_steps_patients_read(manager: Client, path: str) -> None:
    before = line(manager)
    for version in range(3):
        send(manager, path, "publish", version, en=f"Rest {version}.", es=f"Descanse {version}.")

    assert before == "TMS standard 36 TMS 3 steps. Comes with Coursekeeper. Change TMS standard 36"
    assert line(manager) == (
        "TMS standard 36 TMS Your own 1 step. Your own, version 3, by Dana, Mon Nov 16. Change TMS standard 36"
    )


def test_what_nothing_is_asked_for_says_so_and_what_has_courses_stands_first(world: World, manager: Client) -> None:
    world.visit()

    page = page_of(manager.get(LIST))

    assert line(manager, "Consult") == "Consult VISIT No steps. Change Consult"
    assert page.index("With courses") < page.index("<bdi>Consult<") < page.index("Others") < page.index("<bdi>TMS st")


def test_the_list_costs_the_same_statements_whatever_it_holds(world: World, manager: Client, path: str) -> None:
    def cost() -> int:
        manager.get(LIST)
        with CaptureQueriesContext(connection) as statements:
            manager.get(LIST)
        return len(statements)

    few = cost()
    for version in range(3):
        send(manager, path, "publish", version, en=f"Rest {version}.", es=f"Descanse {version}.")
    world.book()
    world.visit(world.daniel)

    assert (few, cost()) == (7, 7)


def test_a_page_shows_the_steps_in_force_one_a_line_and_as_patients_read_them(manager: Client, path: str) -> None:
    page = page_of(manager.get(path))

    fields = re.findall(r"<textarea[^>]* lang=\"(..)\"[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert [(language, text.count("\n") + 1) for language, text in fields] == [("en", 3), ("es", 3)]
    assert f"<li>{PRODUCTS}</li>" in page
    assert "Cómo prepararse Quítese todo el metal de la cabeza: aretes, pasadores, lentes." in seen(page)


def test_publishing_puts_the_steps_in_force_and_can_be_taken_back(manager: Client, path: str) -> None:
    answer = send(manager, path, "publish")

    assert (answer.status_code, answer["Location"].partition("#")[0]) == (302, LIST)
    page = page_of(manager.get(LIST))
    assert "Published. Patients read it from now on." in page
    row = PrepSheet.objects.get()
    undo = {"kind": "prep", "id": str(row.pk), "version": str(row.version)}
    assert [f'name="{name}" value="{value}"' in page for name, value in undo.items()] == [True] * 3

    manager.post("/undo/", undo)

    assert (steps(), "Comes with Coursekeeper" in line(manager)) == ([["Rest.", "Come early."], None], True)


def test_nobody_takes_back_what_another_site_or_a_later_hand_published(
    world: World, manager: Client, path: str
) -> None:
    send(manager, path, "publish")
    row = PrepSheet.objects.get()
    undo = {"kind": "prep", "id": str(row.pk), "version": "1"}
    stranger = Client()
    stranger.force_login(make_staff("olga@example.com", Role.MANAGER, world.other_site))

    foreign = stranger.post("/undo/", undo).status_code
    send(manager, path, "publish", 1, en="Sleep.", es="Duerma.")
    late = manager.post("/undo/", undo).status_code

    assert (foreign, late, steps()[-1]) == (404, 412, ["Sleep."])


def test_publishing_what_is_in_force_changes_nothing(manager: Client, path: str) -> None:
    send(manager, path, "publish")

    answer = send(manager, path, "publish", 1)

    assert (answer.status_code, PrepSheet.objects.count()) == (302, 1)
    assert "Nothing changed: these steps are in force." in page_of(manager.get(LIST))


def test_steps_that_lack_a_language_stay_in_the_form_with_the_reason(manager: Client, path: str) -> None:
    answer = send(manager, path, "publish", es="Descanse.")

    page = page_of(answer)
    assert (answer.status_code, PrepSheet.objects.count()) == (422, 0)
    assert "English has 2 steps, Spanish has 1 step. Every step stands in both, in the same order." in page
    assert ">Rest.\nCome early.</textarea>" in page


def test_checking_shows_how_it_reads_and_keeps_nothing(manager: Client, path: str) -> None:
    answer = send(manager, path, "check", en="Rest.\n\n- Come  early.")

    page = page_of(answer)
    assert (answer.status_code, PrepSheet.objects.count()) == (200, 0)
    assert "Get ready Rest. Come early. Cómo prepararse Descanse. Venga temprano." in seen(page)


def test_while_somebody_types_only_the_preview_is_sent_and_nothing_is_kept(manager: Client, path: str) -> None:
    answer = manager.post(path, {**TYPED, "version": "0"}, headers={"HX-Request": "true"})

    page = page_of(answer)
    assert ("<html" in page, 'id="tried"' in page, PrepSheet.objects.count()) == (False, True, 0)


def test_an_earlier_version_is_put_back_and_so_are_the_products_steps(manager: Client, path: str) -> None:
    send(manager, path, "publish")
    send(manager, path, "publish", 1, en="Sleep.", es="Duerma.")

    page = seen(page_of(manager.get(path)))
    send(manager, path, "back:1", 2)
    send(manager, path, "back:0", 3)

    assert "Version 2 In force Your own, version 2, by Dana, Mon Nov 16" in page
    assert "Put back version 1" in page
    assert "Put back version 2" not in page
    assert steps() == [["Rest.", "Come early."], ["Sleep."], ["Rest.", "Come early."], None]
    assert line(manager).startswith(
        "TMS standard 36 TMS 3 steps. Comes with Coursekeeper, put back by Dana, Mon Nov 16."
    )


def test_a_list_published_meanwhile_is_shown_with_both_ways_on(world: World, manager: Client, path: str) -> None:
    other = Client()
    other.force_login(make_staff("olga@example.com", Role.MANAGER, world.site))
    send(other, path, "publish")

    answer = send(manager, path, "publish", en="Sleep.", es="Duerma.")
    page = seen(page_of(answer))
    mine = manager.post(path, {"en": "Sleep.", "es": "Duerma.", "version": "0", "mine": "1"})

    assert (answer.status_code, mine.status_code, steps()[-1]) == (412, 302, ["Sleep."])
    assert "Olga changed this at 9am. Nothing you typed is lost. Keep Olga's Use mine" in page


@pytest.mark.parametrize("fields", [{"version": ""}, {"version": "x"}, {"do": "sing"}, {"do": "back:x"}])
def test_a_form_out_of_date_is_said(manager: Client, path: str, fields: dict[str, str]) -> None:
    answer = manager.post(path, {**TYPED, "version": "0", "do": "publish", **fields})

    assert (answer.status_code, PrepSheet.objects.count()) == (400, 0)


def test_what_somebody_types_is_text_and_never_markup(manager: Client, path: str) -> None:
    answer = send(manager, path, "check", en="</textarea><script>x</script>", es="<b>x</b>")

    assert [mark for mark in ("<script>x", "<b>x") if mark in answer.content.decode()] == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MANAGER])
def test_nobody_else_gets_in(world: World, clock: Any, path: str, role: Role) -> None:
    client = Client()
    client.force_login(make_staff("nina@example.com", role, world.site))

    answers = [client.get(LIST), client.get(path), send(client, path, "publish")]

    assert ({answer.status_code for answer in answers}, PrepSheet.objects.count()) == ({403}, 0)


def test_a_manager_changes_their_own_site_alone(world: World, manager: Client, path: str) -> None:
    stranger = Client()
    stranger.force_login(make_staff("olga@example.com", Role.MANAGER, world.other_site))

    statuses = [stranger.get(LIST).status_code, send(stranger, path, "publish").status_code]
    send(stranger, path.partition("?")[0], "publish")

    assert (statuses, PrepSheet.objects.get().site) == ([404, 404], world.other_site)
    assert "3 steps. Comes with Coursekeeper." in line(manager)


def test_the_panel_of_a_visit_says_how_far_its_patient_got(world: World, clock: Any) -> None:
    desk = Client()
    desk.force_login(world.receptionist)
    session = Session.objects.get(course=world.book(counts={"acute": 10, "taper": 3}), number=1)
    consult = world.visit(world.daniel)

    def panel(pk: int) -> str:
        return seen(page_of(desk.get(f"/sessions/{pk}/", headers={"HX-Request": "true"})))

    before = panel(session.pk)
    found = prep_of(session.pk)
    assert found is not None
    prep.tick_step(
        request=Request(user=None, actor="patient"),
        patient_id=session.patient_id,
        session_id=session.pk,
        step=found.steps[1].id,
        is_done=True,
        now=NOW,
    )

    assert ("Get ready 0 of 3 ticked" in before, "Get ready 1 of 3 ticked" in panel(session.pk)) == (True, True)
    assert "Get ready" not in panel(consult.pk)
