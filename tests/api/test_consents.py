"""Who agreed to be written to about what, noted by the desk; a driver says yes for a phone of their own."""

from typing import Any

import pytest

from clinic.models import AuditEntry
from patients.domain.contact import Channel, Purpose
from patients.models import Consent, RelatedPerson
from patients.reach import reach_of, reach_of_people
from tests.api.conftest import Api
from tests.factories import World


@pytest.fixture
def driver(world: World) -> RelatedPerson:
    return RelatedPerson.objects.create(patient=world.maria, role="escort", name="Ines Garcia", phone="+15550107777")


def path(world: World, step: str = "") -> str:
    return f"patients/{world.maria.pk}/consents/{step}"


def test_a_patient_agrees_to_offers_and_takes_it_back(api: Api, world: World) -> None:
    offers = {"channel": "sms", "purpose": "offers"}
    before = reach_of([world.maria.pk], Purpose.OFFERS)

    first, again = api.post(path(world), offers), api.post(path(world), offers)
    during = reach_of([world.maria.pk], Purpose.OFFERS)
    ended, over = api.post(path(world, "end/"), offers), api.post(path(world, "end/"), offers)

    assert (before, list(during)) == ({}, [(world.maria.pk, Channel.SMS)])
    assert (first.status_code, again.json()) == (201, first.json())
    assert (ended.json(), over.json()) == ({"ended": True}, {"ended": False})
    assert reach_of([world.maria.pk], Purpose.OFFERS) == {}
    assert list(reach_of([world.maria.pk])) == [(world.maria.pk, Channel.SMS)]  # reminders stay
    actions = AuditEntry.objects.filter(action__startswith="consent.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["consent.given", "consent.ended"]


def test_who_drives_agrees_for_their_own_phone(api: Api, world: World, driver: RelatedPerson) -> None:
    answer = api.post(path(world), {"channel": "sms", "purpose": "escort", "person": driver.pk})

    found = reach_of_people([driver.pk])
    assert answer.status_code == 201
    assert [(way.person_id, way.contact_point_id, way.address) for way in found.values()] == [
        (driver.pk, None, "+15550107777")
    ]
    assert Consent.objects.get(person=driver).patient_id == world.maria.pk


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"channel": "sms", "purpose": "escort"}, 422),
        ({"channel": "sms", "purpose": "reminders", "person": "driver"}, 422),
        ({"channel": "email", "purpose": "escort", "person": "driver"}, 422),
        ({"channel": "sms", "purpose": "escort", "person": 999}, 404),
        ({"channel": "fax", "purpose": "offers"}, 400),
        ({"channel": "sms", "purpose": "marketing"}, 400),
    ],
)
def test_a_consent_nobody_can_give_is_refused(
    api: Api, world: World, driver: RelatedPerson, body: dict[str, Any], status: int
) -> None:
    before = Consent.objects.count()
    asked = body | ({"person": driver.pk} if body.get("person") == "driver" else {})

    assert api.post(path(world), asked).status_code == status
    assert Consent.objects.count() == before


def test_a_driver_without_a_phone_is_not_asked(api: Api, world: World, driver: RelatedPerson) -> None:
    RelatedPerson.objects.filter(pk=driver.pk).update(phone="")

    assert api.post(path(world), {"channel": "sms", "purpose": "escort", "person": driver.pk}).status_code == 422


def test_patients_elsewhere_are_not_found(api: Api, world: World) -> None:
    elsewhere = f"patients/{world.foreign.pk}/consents/"

    assert api.post(elsewhere, {"channel": "sms", "purpose": "offers"}).status_code == 404
