"""List, find, add."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from patients.models import Patient
from tests.api.conftest import Api
from tests.factories import World, make_patient

Rows = Callable[[], dict[str, int]]
NEW = {
    "site": "riverside",
    "first_name": "Lena",
    "last_name": "Ortiz",
    "birth_date": "1990-04-01",
    "phone": "(555) 010-2099",
    "email": "lena@example.com",
    "language": "es",
    "sms_consent": True,
    "email_consent": False,
}


def test_a_patient_is_added_with_the_number_in_one_form(api: Api, world: World) -> None:
    answer = api.post("patients/", NEW | {"phone": "(555) 010-2099"})

    added = answer.json()
    row = Patient.objects.get(pk=added.pop("id"))
    assert answer.status_code == 201
    assert added == {
        "site": "riverside",
        "record_number": row.record_number,
        "state": "active",
        "first_name": "Lena",
        "last_name": "Ortiz",
        "preferred_name": "",
        "birth_date": "1990-04-01",
        "language": "es",
        "phone": "+15550102099",
        "email": "lena@example.com",
    }
    assert list(row.consents.values_list("channel", "how")) == [("sms", "by api")]
    written = AuditEntry.objects.filter(action="patient.added", patient_id=row.pk).values_list("actor_id", flat=True)
    assert list(written) == [world.receptionist.pk]


def test_the_site_may_be_named_by_its_number(api: Api, world: World) -> None:
    answer = api.post("patients/", NEW | {"site": world.site.pk})

    assert (answer.status_code, answer.json()["site"]) == (201, "riverside")


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"first_name": None}, 400, "first_name"),
        ({"first_name": "  "}, 400, "first_name"),
        ({"last_name": "x" * 61}, 400, "last_name"),
        ({"birth_date": "31.02.1990"}, 422, "birth_date"),
        ({"birth_date": "2030-01-01"}, 422, "birth_date"),
        ({"phone": "12"}, 422, "phone"),
        ({"phone": None}, 422, "phone"),
        ({"email": "lena at example"}, 422, "email"),
        ({"language": "xx"}, 400, "language"),
        ({"email_consent": True, "email": None}, 422, "email"),
        ({"mobile": "+15550102099"}, 400, "mobile"),
        ({"first_name": "Le\x00na"}, 400, "first_name"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_and_nothing_is_saved(
    api: Api, rows: Rows, changes: dict[str, Any], status: int, field: str
) -> None:
    before = rows()

    answer = api.post("patients/", NEW | changes)

    assert (answer.status_code, list(answer.json()["fields"])) == (status, [field])
    assert rows() == before


def test_a_look_alike_is_refused_until_somebody_says_it_is_someone_else(api: Api, world: World, rows: Rows) -> None:
    twin = NEW | {"first_name": "maria", "last_name": "garcia", "birth_date": "1984-03-07"}
    before = rows()

    refused = api.post("patients/", twin)

    assert (refused.status_code, refused.json()["code"]) == (409, "patient_already_known")
    assert refused.json()["alternatives"] == [{"patient": world.maria.pk}]
    assert rows() == before
    assert api.post("patients/", twin | {"someone_else": True}).status_code == 201


def test_patients_are_found_by_words_and_each_one_listed_is_noted(api: Api, world: World) -> None:
    answer = api.post("patients/find/", {"search": "garcia mar"}).json()

    assert [row["id"] for row in answer["results"]] == [world.maria.pk]
    listed = AuditEntry.objects.filter(action="patient.listed").values_list("actor_id", "patient_id")
    assert list(listed) == [(world.receptionist.pk, world.maria.pk)]


def test_a_list_goes_on_page_after_page(api: Api, world: World) -> None:
    first = api.get("patients/", page_size=1).json()

    second = api.client.get(first["next"]).json()

    assert first["count"] == 2
    assert [first["results"][0]["id"], second["results"][0]["id"]] == [world.maria.pk, world.daniel.pk]
    assert second["next"] is None


def test_what_was_found_goes_on_page_after_page(api: Api, world: World) -> None:
    marta = make_patient(world.site, world.receptionist, "Marta", "Quill", phone="+15550103009")
    first = api.post("patients/find/?page_size=1", {"search": "mar"}).json()

    second = api.client.post(first["next"], {"search": "mar"}, content_type="application/json").json()

    found = {page["results"][0]["id"] for page in (first, second)}
    assert (first["count"], found) == (2, {world.maria.pk, marta.pk})


def test_an_address_searches_nothing(api: Api, world: World) -> None:
    assert api.get("patients/", search="quill").json()["count"] == 2


def test_a_page_beyond_the_end_does_not_exist(api: Api) -> None:
    answer = api.get("patients/", page=9)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("patients", [1, 3])
def test_a_list_costs_the_same_queries_however_long(api: Api, world: World, patients: int) -> None:
    for number in range(patients):
        make_patient(world.site, world.receptionist, "Zoe", f"Quill{number}", phone=f"+1555010300{number}")

    with CaptureQueriesContext(connection) as queries:
        answer = api.post("patients/find/", {"search": "quill"})

    # Token, sites, count, page, contact points; one insert and its savepoint for the audit log.
    assert answer.json()["count"] == patients
    assert len(queries) == 8


def test_nobody_of_another_site_is_found(outsider: Api, world: World) -> None:
    everybody = outsider.get("patients/").json()
    by_name = outsider.post("patients/find/", {"search": "Maria"}).json()
    by_number = outsider.post("patients/find/", {"search": world.daniel.record_number}).json()

    assert [row["id"] for row in everybody["results"]] == [world.foreign.pk]
    assert [row["id"] for row in by_name["results"]] == [world.foreign.pk]
    assert by_number["count"] == 0


@pytest.mark.parametrize("search", ["\x00", "x" * 101])
def test_a_search_that_cannot_match_is_malformed(api: Api, search: str) -> None:
    answer = api.post("patients/find/", {"search": search})

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["search"])


def test_a_technician_adds_nobody(world: World, clock: Any, rows: Rows) -> None:
    technician = Api(world.technician)
    before = rows()

    answer = technician.post("patients/", NEW)

    assert answer.status_code == 403
    assert rows() == before


def test_nobody_is_added_to_another_site(outsider: Api, rows: Rows) -> None:
    before = rows()

    answer = outsider.post("patients/", NEW)

    assert answer.status_code == 404
    assert rows() == before
