"""Numbers and addresses that change: the new one is used, the old link ends, consent stays."""

import pytest

from clinic.actions import Request
from clinic.models import AuditEntry
from patients import contact_actions, links
from patients.domain.contact import Channel, ContactKind
from patients.errors import Rejected
from patients.models import Consent, ContactPoint, Patient
from patients.queries import patients_found
from patients.reach import reach_of
from tests.factories import NOW, World


def record(world: World, value: str, kind: ContactKind = ContactKind.PHONE) -> ContactPoint:
    maria = Patient.objects.select_related("site").get(pk=world.maria.pk)
    asked = Request(user=world.receptionist)
    return contact_actions.record_address(request=asked, patient=maria, kind=kind, value=value, now=NOW)


def test_a_new_number_is_the_one_texts_go_to(world: World) -> None:
    record(world, "(555) 010-2077")

    assert reach_of([world.maria.pk])[(world.maria.pk, Channel.SMS)].address == "+15550102077"
    assert Consent.objects.filter(patient=world.maria, revoked_at=None).count() == 1
    assert AuditEntry.objects.filter(action="contact.new_phone", patient_id=world.maria.pk).count() == 1


def test_the_patient_is_found_by_it(world: World) -> None:
    record(world, "(555) 010-2077")

    found = [
        [patient.pk for patient in patients_found(site_ids=[world.site.pk], text=digits)]
        for digits in ("0102077", "0102040")
    ]

    assert found == [[world.maria.pk], []]


def test_links_in_texts_to_the_old_number_end(world: World) -> None:
    link = links.link_of(patient_id=world.maria.pk, now=NOW)
    other = links.link_of(patient_id=world.daniel.pk, now=NOW)

    record(world, "(555) 010-2077")

    assert links.find(links.token_of(link)) is None
    assert links.find(links.token_of(other)) == other


@pytest.mark.parametrize("kind", list(ContactKind))
def test_somebody_elses_number_or_address_ends_the_link_they_were_sent(world: World, kind: ContactKind) -> None:
    record(world, "maria@example.com", ContactKind.EMAIL)
    point = ContactPoint.objects.get(patient=world.maria, kind=kind)
    link = links.link_of(patient_id=world.maria.pk, now=NOW)
    asked = Request(user=world.receptionist)

    contact_actions.mark_wrong(request=asked, patient=world.maria, contact_point_id=point.pk, now=NOW)

    following = links.link_of(patient_id=world.maria.pk, now=NOW)
    assert links.find(links.token_of(link)) is None
    assert links.find(links.token_of(following)) == following


def test_a_number_found_right_again_ends_no_link(world: World) -> None:
    point = ContactPoint.objects.get(patient=world.maria)
    asked = Request(user=world.receptionist)
    contact_actions.mark_wrong(request=asked, patient=world.maria, contact_point_id=point.pk, now=NOW)
    link = links.link_of(patient_id=world.maria.pk, now=NOW)

    contact_actions.mark_right(request=asked, patient=world.maria, contact_point_id=point.pk, now=NOW)

    assert links.find(links.token_of(link)) == link


def test_a_number_that_was_wrong_and_is_given_again_is_believed(world: World) -> None:
    point = ContactPoint.objects.get(patient=world.maria)
    contact_actions.mark_wrong(
        request=Request(user=world.receptionist), patient=world.maria, contact_point_id=point.pk, now=NOW
    )

    again = record(world, "555 010 2040")

    assert (again.pk, again.problem, again.is_usable, again.is_preferred) == (point.pk, "", True, True)


def test_the_same_again_changes_nothing(world: World) -> None:
    first, second = record(world, "(555) 010-2077"), record(world, "+15550102077")

    assert first == second
    assert AuditEntry.objects.filter(action="contact.new_phone").count() == 1


@pytest.mark.parametrize(
    ("kind", "value"), [(ContactKind.PHONE, "12"), (ContactKind.EMAIL, "maria"), (ContactKind.EMAIL, "")]
)
def test_what_is_no_address_is_refused(world: World, kind: ContactKind, value: str) -> None:
    with pytest.raises(Rejected):
        record(world, value, kind)

    assert ContactPoint.objects.filter(patient=world.maria).count() == 1


def test_an_email_is_recorded_beside_the_phone(world: World) -> None:
    record(world, " maria@example.com ", ContactKind.EMAIL)

    assert sorted(ContactPoint.objects.filter(patient=world.maria, is_preferred=True).values_list("kind", "value")) == [
        ("email", "maria@example.com"),
        ("phone", "+15550102040"),
    ]
