"""Two records of one person: found, looked at, merged, and taken back, by whom it may be."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.permissions import Role
from clinic.models import AuditEntry
from patients.domain.contact import Language
from patients.edit_actions import PatientEdit, edit_patient
from patients.models import ContactPoint, Patient, PatientMerge
from tests.factories import NOW, World, make_patient, make_staff
from tests.frontdesk.test_pages import as_user
from tests.notifications.records import second_record


@pytest.fixture
def twin(world: World, clock: Any) -> Patient:
    return second_record(world)


@pytest.fixture
def manager(world: World, clock: Any) -> Client:
    return as_user(make_staff("mona@example.com", Role.MANAGER, world.site))


def merge(client: Client, kept: Patient, gone: Patient, **more: Any) -> Any:
    """Press the button of the page as it was shown."""
    page = client.get(f"/patients/{kept.pk}/merge/{gone.pk}/").content.decode()
    fields = dict(re.findall(r'type="hidden" name="(once|version|other_version)" value="([^"]*)"', page))
    return client.post(f"/patients/{kept.pk}/merge/{gone.pk}/do/", fields | more)


def test_who_looks_alike_is_offered_and_who_does_not_is_not(world: World, twin: Patient, manager: Client) -> None:
    page = manager.get(f"/patients/{world.maria.pk}/merge/").content.decode()

    assert re.findall(r'data-open href="([^"]*)"', page) == [f"/patients/{world.maria.pk}/merge/{twin.pk}/"]


def test_any_other_record_of_the_site_is_found(world: World, twin: Patient, manager: Client) -> None:
    page = manager.post(f"/patients/{world.maria.pk}/merge/", {"q": "okafor"}).content.decode()

    assert re.findall(r'data-open href="([^"]*)"', page) == [f"/patients/{world.maria.pk}/merge/{world.daniel.pk}/"]


def test_the_page_shows_both_records_and_lets_one_say_which_is_right(
    world: World, twin: Patient, manager: Client
) -> None:
    world.visit(twin)

    page = manager.get(f"/patients/{world.maria.pk}/merge/{twin.pk}/").content.decode()

    assert set(re.findall(r'type="radio" name="(\w+)"', page)) == {"first_name", "last_name", "phone"}
    assert "1 course, 1 coming visit, 1 phone or e-mail move to it." in page
    assert "Both agree to texts." in page
    assert "You can take this back until Tue Nov 17, 9am." in page


def test_looking_at_two_records_leaves_an_entry_for_each_and_changes_nothing(
    world: World, twin: Patient, manager: Client
) -> None:
    before = AuditEntry.objects.count()

    manager.get(f"/patients/{world.maria.pk}/merge/{twin.pk}/")

    rows = AuditEntry.objects.order_by("pk")[before:]
    assert [(row.action, row.patient_id) for row in rows] == [
        ("patient.merge_opened", world.maria.pk),
        ("patient.merge_opened", twin.pk),
    ]
    assert PatientMerge.objects.count() == 0


def test_a_merge_leads_to_the_kept_record_which_tells_of_it_and_offers_the_way_back(
    world: World, twin: Patient, manager: Client
) -> None:
    answer = merge(manager, world.maria, twin, phone="gone")

    page = manager.get(answer["Location"]).content.decode()
    used = ContactPoint.objects.get(patient=world.maria, is_preferred=True).value
    assert (answer["Location"], used) == (f"/patients/{world.maria.pk}/", "+15550102099")
    assert "P-1003 was merged into this record by Mona, Mon Nov 16, 9am." in page
    assert "It can be taken back until Tue Nov 17, 9am." in page
    assert "Merged." in page


def test_the_address_of_the_record_that_is_gone_leads_to_the_kept_one(
    world: World, twin: Patient, manager: Client
) -> None:
    merge(manager, world.maria, twin)

    answer = manager.get(f"/patients/{twin.pk}/")

    assert (answer.status_code, answer["Location"]) == (302, f"/patients/{world.maria.pk}/")


def test_a_list_says_which_record_number_a_patient_had_before(world: World, twin: Patient, manager: Client) -> None:
    merge(manager, world.maria, twin, phone="gone")

    found = manager.post("/patients/find/", {"q": "P-1003"}).content.decode()
    listed = manager.get("/patients/").content.decode()

    assert "Mar 7, 1984, …2099, was P-1003" in found
    assert "<td>P-1001, was P-1003</td>" in listed


def test_other_pages_of_the_record_that_is_gone_say_where_to_go(world: World, twin: Patient, manager: Client) -> None:
    merge(manager, world.maria, twin)

    answer = manager.get(f"/patients/{twin.pk}/choose/")

    assert answer.status_code == 409
    assert "This record was merged into P-1001. Use that one." in answer.content.decode()


@pytest.mark.parametrize("way", ["toast", "banner"])
def test_it_is_taken_back_from_the_toast_and_from_the_record(
    world: World, twin: Patient, manager: Client, way: str
) -> None:
    merge(manager, world.maria, twin)
    pk = PatientMerge.objects.get().pk

    if way == "toast":
        manager.post("/undo/", {"kind": "merge", "id": pk, "version": 1, "back": "/patients/"})
    else:
        manager.post(f"/merges/{pk}/undo/")

    assert Patient.objects.get(pk=twin.pk).state == "active"
    assert "Two records again." in manager.get("/patients/").content.decode()


def test_after_a_day_the_record_still_tells_of_it_and_offers_no_way_back(
    world: World, twin: Patient, manager: Client, clock: Any
) -> None:
    merge(manager, world.maria, twin)
    clock("2026-11-17T14:00:01+00:00")

    page = manager.get(f"/patients/{world.maria.pk}/").content.decode()

    assert "P-1003 was merged into this record by Mona" in page
    assert "Make two records again" not in page


def test_the_desk_sees_what_would_happen_and_is_sent_to_a_manager(world: World, twin: Patient) -> None:
    desk = as_user(world.receptionist)

    page = desk.get(f"/patients/{world.maria.pk}/merge/{twin.pk}/").content.decode()
    answer = desk.post(f"/patients/{world.maria.pk}/merge/{twin.pk}/do/", {"version": 1, "other_version": 1})

    assert "Ask a manager to merge them." in page
    assert "Merge the records" not in page
    assert (answer.status_code, Patient.objects.get(pk=twin.pk).state) == (404, "active")


def test_a_record_changed_meanwhile_is_not_merged_and_says_by_whom(
    world: World, twin: Patient, manager: Client
) -> None:
    details = PatientEdit("Marie", "Garcia", "", twin.birth_date, Language.ENGLISH, "")
    edit_patient(request=world.request, patient_id=twin.pk, version=1, details=details, now=NOW, allow_twin=True)

    answer = manager.post(f"/patients/{world.maria.pk}/merge/{twin.pk}/do/", {"version": 1, "other_version": 1})

    assert answer.status_code == 412
    assert "Rosa changed one of these records meanwhile." in answer.content.decode()


def test_birth_dates_that_differ_are_asked_about_in_red(world: World, manager: Client) -> None:
    other = second_record(world, birth_date=dt.date(1948, 3, 7))

    page = manager.get(f"/patients/{world.maria.pk}/merge/{other.pk}/").content.decode()
    refused = merge(manager, world.maria, other)
    done = merge(manager, world.maria, other, sure="1")

    assert "Birth dates differ: Mar 7, 1984 and Mar 7, 1948." in page
    assert (refused.status_code, done.status_code) == (422, 302)


def test_no_record_of_another_site_is_merged_or_seen(world: World, twin: Patient, manager: Client) -> None:
    outsider = as_user(make_staff("olga@example.com", Role.MANAGER, world.other_site))
    merge(manager, world.maria, twin)
    pk = PatientMerge.objects.get().pk
    both = as_user(make_staff("bea@example.com", Role.MANAGER, world.site, world.other_site))

    statuses = [
        outsider.get(f"/patients/{world.maria.pk}/merge/").status_code,
        outsider.get(f"/patients/{world.maria.pk}/merge/{world.daniel.pk}/").status_code,
        outsider.post(f"/patients/{world.maria.pk}/merge/{world.daniel.pk}/do/").status_code,
        outsider.post(f"/merges/{pk}/undo/").status_code,
        both.get(f"/patients/{world.maria.pk}/merge/{world.foreign.pk}/").status_code,
        both.get(f"/patients/{world.maria.pk}/merge/{world.maria.pk}/").status_code,
    ]

    assert statuses == [404] * 6


@pytest.mark.parametrize("number", [1, 3])
def test_who_looks_alike_costs_the_same_statements_however_many(world: World, manager: Client, number: int) -> None:
    for each in range(number):
        other = make_patient(world.site, world.receptionist, "Ma", f"No{'abc'[each]}", phone=f"+1555010700{each}")
        world.visit(other, preferred_minute=600 + 60 * each)
    manager.get(f"/patients/{world.maria.pk}/merge/")

    with CaptureQueriesContext(connection) as queries:
        page = manager.get(f"/patients/{world.maria.pk}/merge/").content.decode()

    assert page.count("data-open href") == number
    assert len(queries) == 12


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "א" * 60, "W" * 60, "👩🏽\u200d⚕️", "Li"])
def test_any_name_stands_in_both_columns_as_it_was_typed(world: World, manager: Client, name: str) -> None:
    other = second_record(world)
    Patient.objects.filter(pk=other.pk).update(last_name=name)

    page = manager.get(f"/patients/{world.maria.pk}/merge/{other.pk}/").content.decode()

    escaped = name.replace("<", "&lt;").replace(">", "&gt;")
    assert f"<bdi>{escaped}</bdi>" in page
    assert "<script>alert" not in page
