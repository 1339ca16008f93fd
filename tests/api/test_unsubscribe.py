"""The stop link of an e-mail: it ends that and nothing else, by one POST, and says nothing to a stranger."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from clinic.models import AuditEntry
from patients import stop_links
from patients.models import Consent, Patient, RelatedPerson
from tests.factories import NOW, World, make_patient

Rows = Callable[[], dict[str, int]]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def lucia(world: World, clock: Any) -> Patient:
    return make_patient(
        world.site,
        world.receptionist,
        "Lucía",
        "Núñez",
        phone="+15550107000",
        email="lucia@example.com",
        email_consent=True,
        language="es",
    )


def consent(patient: Patient, channel: str = "email") -> Consent:
    return Consent.objects.get(patient=patient, channel=channel, purpose="reminders")


def path(given: Consent) -> str:
    return stop_links.address_of(given.pk).removeprefix("http://127.0.0.1:8000")


def in_force() -> set[tuple[int, str]]:
    return set(Consent.objects.filter(revoked_at=None).values_list("patient_id", "channel"))


def test_one_click_without_login_cookie_or_form_token_ends_e_mails_and_nothing_else(
    lucia: Patient, world: World
) -> None:
    before = in_force()

    answer = Client(enforce_csrf_checks=True).post(path(consent(lucia)), ONE_CLICK)

    assert answer.status_code == 200
    assert before - in_force() == {(lucia.pk, "email")}
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.patient_id, entry.actor, entry.site) == (
        "consent.ended_by_link",
        lucia.pk,
        None,
        world.site,
    )


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing_for_link_scanners_look_at_everything(lucia: Patient, rows: Rows, method: str) -> None:
    before, audit = in_force(), AuditEntry.objects.count()

    answer = getattr(Client(), method)(path(consent(lucia)))

    assert (answer.status_code, in_force(), AuditEntry.objects.count()) == (200, before, audit)


def test_the_page_speaks_the_patients_language_and_names_nobody(lucia: Patient) -> None:
    answer = Client().get(path(consent(lucia)))

    page = answer.content.decode()
    assert ("¿No quiere recibir más estos correos?" in page, '<html lang="es">' in page) == (True, True)
    assert not [word for word in ("Lucía", "Núñez", "lucia@") if word in page]
    assert (answer["Referrer-Policy"], answer["X-Robots-Tag"], "no-store" in answer["Cache-Control"]) == (
        "no-referrer",
        "noindex",
        True,
    )
    assert "Set-Cookie" not in answer


def test_twice_is_once(lucia: Patient) -> None:
    address = path(consent(lucia))
    Client().post(address, ONE_CLICK)
    revoked_at = Consent.objects.get(patient=lucia, channel="email").revoked_at
    audit = AuditEntry.objects.count()

    again = Client().post(address, ONE_CLICK)

    assert again.status_code == 200
    assert Consent.objects.get(patient=lucia, channel="email").revoked_at == revoked_at == NOW
    assert AuditEntry.objects.count() == audit


def agree(patient: Patient, **more: Any) -> Consent:
    facts = {"channel": "email", "purpose": "reminders", "wording": "w", "how": "desk", "given_at": NOW} | more
    return Consent.objects.create(patient=patient, **facts)


def test_an_old_link_ends_a_yes_that_was_given_anew_for_the_page_says_that_no_more_will_come(lucia: Patient) -> None:
    old = consent(lucia)
    Client().post(path(old), ONE_CLICK)
    anew = agree(lucia)

    answer = Client().post(path(old), ONE_CLICK)

    assert "No recibirá más estos correos." in answer.content.decode()
    assert not Consent.objects.filter(pk=anew.pk, revoked_at=None)


def test_an_old_link_ends_no_yes_to_another_purpose_nor_of_another_person(lucia: Patient, world: World) -> None:
    old = consent(lucia)
    Client().post(path(old), ONE_CLICK)
    person = RelatedPerson.objects.create(patient=lucia, role="escort", name="Ivy", phone="+15550102049")
    others = [agree(lucia, purpose="offers"), agree(lucia, person=person), agree(world.daniel)]

    Client().post(path(old), ONE_CLICK)

    assert Consent.objects.filter(pk__in=[each.pk for each in others], revoked_at=None).count() == 3


def test_a_forged_link_is_told_nothing_and_ends_nothing(lucia: Patient, rows: Rows) -> None:
    real, before, count = consent(lucia), in_force(), rows()
    number, _dot, seal = path(real).strip("/").removeprefix("u/").partition(".")
    other = Consent.objects.exclude(pk=real.pk)[0].pk
    forged = [
        f"{other}.{seal}",
        f"{number}.{seal[:-1]}",
        f"{number}.",
        number,
        "x",
        "9" * 30 + "." + seal,
        f"{number}.é",
    ]

    answers = [getattr(Client(), method)(f"/u/{token}/") for token in forged for method in ("get", "post")]

    assert ({answer.status_code for answer in answers}, in_force(), rows()) == ({404}, before, count)
    assert len({answer.content for answer in answers}) == 1


def test_without_the_key_no_link_can_be_made(lucia: Patient, settings: Any) -> None:
    address = path(consent(lucia))
    settings.LINK_KEY = "another key"

    assert Client().post(address, ONE_CLICK).status_code == 404
