"""Sites, protocols, resources, what needs a person, messages."""

import datetime as dt

import pytest

from clinic.models import AuditEntry
from notifications.actions import planning
from scheduling.actions import misses
from scheduling.catalogue import SHIPPED
from tests.api.conftest import Api
from tests.factories import World, make_patient, somebody_came


def test_only_a_persons_own_sites_are_listed(api: Api, outsider: Api, world: World) -> None:
    mine, theirs = api.get("sites/").json(), outsider.get("sites/").json()

    assert mine["results"] == [
        {
            "id": world.site.pk,
            "slug": "riverside",
            "name": "Riverside Clinic",
            "zone": "America/New_York",
            "phone": "+15550102000",
        }
    ]
    assert [site["slug"] for site in theirs["results"]] == ["harbor"]


def test_the_protocols_are_listed_with_their_definition(api: Api) -> None:
    found = {row["code"]: row for row in api.get("protocols/").json()["results"]}

    assert sorted(found) == sorted(path.stem for path in SHIPPED.glob("*.yaml"))
    assert found["tms_mdd_36"]["definition"]["phases"][1]["weeks"] == [3, 2, 1]


def test_the_resources_of_a_site_are_listed(api: Api) -> None:
    rows = api.get("resources/", site="riverside").json()["results"]

    assert [(row["kind"], row["name"], row["site"]) for row in rows] == [
        *(("tms_device", f"NeuroStar {n}", "riverside") for n in (1, 2, 3)),
        *(("operator", f"TMS operator {n}", "riverside") for n in (1, 2, 3)),
        ("psychiatrist", "Dr. Weiss", "riverside"),
    ]


def test_the_resources_of_another_site_are_nobodys_business(outsider: Api) -> None:
    everything, named = outsider.get("resources/"), outsider.get("resources/", site="riverside")

    assert {row["site"] for row in everything.json()["results"]} == {"harbor"}
    assert named.status_code == 404


def test_a_flagged_visit_waits_to_be_settled_and_the_look_is_noted(api: Api, outsider: Api, world: World) -> None:
    visit = world.visit()
    somebody_came(world)
    misses.flag_missed_sessions(now=visit.ends_at + dt.timedelta(minutes=16))

    [item] = api.get("attention/").json()["results"]
    elsewhere = outsider.get("attention/").json()

    assert (item["kind"], item["session"], item["patient"]) == ("missed_to_settle", visit.pk, world.maria.pk)
    assert elsewhere["count"] == 0
    noted = AuditEntry.objects.filter(action="attention.listed").values_list("actor_id", "patient_id")
    assert list(noted) == [(world.receptionist.pk, world.maria.pk)]


def test_messages_are_listed_by_patient_and_by_session(api: Api, outsider: Api, world: World) -> None:
    visit = world.visit()
    world.visit(world.daniel, preferred_minute=720)
    planning.plan_messages(now=visit.starts_at - dt.timedelta(hours=20))

    by_patient = api.get("messages/", patient=world.maria.pk).json()["results"]
    by_session = api.get("messages/", session=visit.pk).json()["results"]
    elsewhere = outsider.get("messages/", patient=world.maria.pk).json()

    assert {row["patient"] for row in by_patient} == {world.maria.pk}
    assert {row["session"] for row in by_session} == {visit.pk}
    assert elsewhere["count"] == 0
    noted = AuditEntry.objects.filter(action="message.listed").values_list("patient_id", flat=True)
    assert set(noted) == {world.maria.pk}


@pytest.mark.parametrize(
    "path", ["sites/", "protocols/", "resources/", "patients/", "sessions/", "attention/", "messages/"]
)
def test_a_list_has_four_keys_and_at_most_two_hundred_rows(api: Api, path: str) -> None:
    answer = api.get(path, page_size=100_000)

    assert answer.status_code == 200
    assert sorted(answer.json()) == ["count", "next", "previous", "results"]
    assert len(answer.json()["results"]) <= 200


def test_no_page_is_longer_than_two_hundred_rows(api: Api, world: World) -> None:
    for hour in range(6):
        born = dt.date(1980, 1, 1 + hour)
        patient = make_patient(world.site, world.receptionist, f"Ana {hour}", "Sato", birth_date=born)
        world.book(patient, preferred_minute=510 + 90 * hour)

    answer = api.get("sessions/", page_size=100_000).json()

    assert (answer["count"], len(answer["results"])) == (216, 200)
