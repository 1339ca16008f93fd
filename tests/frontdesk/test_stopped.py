"""A start refused because something lacks: the refusal holds what lets it begin, in the place where it stands."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from clinic import preferences
from clinic.models import AuditEntry
from patients import life_actions
from patients.domain.clinical import RelatedRole
from scheduling.domain.operations import GateKind
from scheduling.models import Prerequisite
from tests.factories import NOW, World
from tests.scheduling.gatehouse import Gatehouse, make_gatehouse

HERE = {"HX-Request": "true", "X-Here": "#clash", "X-Swap": "none", "HX-Target": "panel"}


@pytest.fixture
def house(world: World, tmp_path: Path, clock: Any) -> Gatehouse:
    """Somebody here, five minutes early."""
    house = make_gatehouse(world, tmp_path)
    house.arrive()
    clock(house.at_the_door)
    return house


@pytest.fixture
def desk(world: World) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def start(client: Client, house: Gatehouse, **headers: str) -> Any:
    path, body = f"/sessions/{house.first.pk}/start/", {"version": house.first.version}
    return client.post(path, body, headers=headers)


def press(client: Client, page: str, word: str, **typed: str) -> Any:
    """Send the form of a page whose button says a word, as a browser would."""
    form = next(found for found in re.findall(r"<form.*?</form>", page, re.DOTALL) if f">{word}" in found)
    fields = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', form))
    action = re.search(r'action="([^"]+)"', form)
    assert action is not None
    return client.post(action[1], fields | typed, headers=HERE)


def test_the_refusal_offers_what_lets_the_visit_begin_and_then_the_start(desk: Client, house: Gatehouse) -> None:
    house.record_all(but=GateKind.CONSENT)

    refused = start(desk, house, **HERE)
    recorded = press(desk, text_of(refused), "It's there")
    begun = press(desk, text_of(recorded), "Start")

    assert (refused.status_code, refused["HX-Retarget"]) == (409, "#clash")
    assert 'hx-target="#clash" hx-swap="innerHTML"' in text_of(refused)
    assert "It can begin once this is there" in text_of(refused)
    assert (recorded.status_code, recorded["HX-Trigger-After-Swap"]) == (200, "changed")
    assert "Nothing lacks any more." in text_of(recorded)
    assert (begun.status_code, house.first.state) == (200, "in_treatment")


def test_what_lacks_still_is_named_after_each(desk: Client, house: Gatehouse) -> None:
    house.record_all(but=GateKind.CONSENT)
    house.withdraw(GateKind.FASTING)

    recorded = text_of(press(desk, text_of(start(desk, house, **HERE)), "It's there"))
    again = text_of(press(desk, recorded, "Record", ate="03:00", drank="05:00"))

    assert ("This lacks still" in recorded, "Fasting" in recorded, ">Start" in recorded) == (True, True, False)
    assert ("Nothing lacks any more." in again, ">Start" in again) == (True, True)


def test_a_known_companion_is_named_but_not_where_names_are_hidden(
    desk: Client, world: World, house: Gatehouse
) -> None:
    house.record_all(but=GateKind.RIDE)
    life_actions.add_related_person(
        request=world.request,
        patient=world.maria,
        role=RelatedRole.ESCORT,
        name="Ivy Garcia",
        phone="5550102049",
        now=NOW,
    )

    open_ = text_of(start(desk, house, **HERE))
    preferences.set_preference(user=world.receptionist, name="is_private", value=True)
    hidden = text_of(start(desk, house, **HERE))

    assert ("Ivy Garcia, (555) 010-2049" in open_, "I. G." in open_) == (True, False)
    assert ("Ivy" in hidden, "010-2049" in hidden, "I. G." in hidden) == (False, False, True)
    assert AuditEntry.objects.filter(action="visit.peeked", patient_id=world.maria.pk).count() == 1


def test_from_its_panel_the_refusal_leads_to_the_panel(desk: Client, house: Gatehouse) -> None:
    house.record_all(but=GateKind.CONSENT)

    refused = text_of(start(desk, house, **HERE | {"X-Here": "#panel-says"}))

    assert 'hx-target="#panel" hx-swap="innerHTML"' in refused
    assert 'data-panel="visit-' in text_of(press(desk, refused, "It's there"))


def test_without_scripts_the_page_of_the_refusal_has_the_same_buttons(desk: Client, house: Gatehouse) -> None:
    house.record_all(but=GateKind.CONSENT)

    page = text_of(start(desk, house))
    form = re.search(r'<form[^>]*gates/consent/"[^>]*>', page)
    answer = desk.post(f"/sessions/{house.first.pk}/gates/consent/", {"back": "here"})

    assert form is not None
    assert "hx-" not in form[0]
    assert (answer.status_code, answer["Location"]) == (302, f"/sessions/{house.first.pk}/")
    assert Prerequisite.objects.filter(kind=GateKind.CONSENT, withdrawn_at=None).count() == 1


def test_where_no_place_takes_it_the_refusal_stays_a_sentence(desk: Client, house: Gatehouse) -> None:
    house.record_all(but=GateKind.CONSENT)

    refused = start(desk, house, **{"HX-Request": "true"})

    assert (refused.status_code, refused["HX-Retarget"]) == (409, "#toast")
    assert ("Consent: missing" in text_of(refused), "/gates/" in text_of(refused)) == (True, False)
