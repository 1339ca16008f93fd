import datetime as dt
import itertools

import pytest

from clinic.models import AuditEntry
from patients import actions, queries
from patients.errors import AlreadyKnown, Rejected
from patients.models import Consent, Patient
from tests.factories import World, make_patient


def test_a_patient_is_added_with_a_number_a_phone_and_a_consent(world: World) -> None:
    patient = make_patient(world.site, world.receptionist, "Aisha", "Lee", phone="+15550106000")

    assert patient.record_number == "P-1003"
    consent = Consent.objects.get(patient=patient)
    assert (consent.channel, consent.purpose, consent.how, consent.recorded_by) == (
        "sms",
        "reminders",
        "at the desk",
        world.receptionist,
    )
    assert AuditEntry.objects.filter(action="patient.added", patient_id=patient.pk).count() == 1


@pytest.mark.parametrize(
    "twin",
    [
        {"first": "maria", "last": "GARCIA", "phone": "+15550109999"},
        {"first": "María", "last": "García", "phone": "+15550109999"},
        {"first": "Garcia", "last": "Maria", "phone": "+15550109999"},
        {"first": "Mary", "last": "Garcia-Lee", "phone": "+15550102040"},
    ],
    ids=["same name", "accents", "way round", "same phone"],
)
def test_a_look_alike_of_the_same_birth_date_is_refused_unless_somebody_has_looked(
    world: World, twin: dict[str, str]
) -> None:
    with pytest.raises(AlreadyKnown) as refusal:
        make_patient(world.site, world.receptionist, twin["first"], twin["last"], phone=twin["phone"])

    assert refusal.value.alternatives == [{"patient": world.maria.pk}]


def test_a_twin_at_another_site_is_nobodys_business_here(world: World) -> None:
    patient = make_patient(world.other_site, world.outsider, "Daniel", "Okafor", birth_date=dt.date(1979, 8, 19))

    assert patient.site == world.other_site


@pytest.mark.parametrize(
    "details",
    [{"email": "not-an-address"}, {"phone": None, "sms_consent": True}, {"email_consent": True}],
    ids=["e-mail", "texts without a phone", "e-mails without an address"],
)
def test_what_cannot_be_is_refused_and_nothing_is_saved(world: World, details: dict[str, object]) -> None:
    before = Patient.objects.count()

    with pytest.raises(Rejected):
        make_patient(world.site, world.receptionist, "New", "Person", **({"birth_date": dt.date(2000, 1, 1)} | details))

    assert Patient.objects.count() == before


@pytest.mark.parametrize(
    "text",
    [
        "garcia",
        "GARCIA maria",
        "Garcia, Maria",
        "mar gar",
        "1984-03-07",
        "3/7/84",
        "3/7/1984",
        "03/07/84",
        "03071984",
        "7 mar 84",
        "Mar 7, 1984",
        "1984",
        "2040",
        "010-2040",
        "010 2040",
        "(555) 010-2040",
        "+1 555 010 2040",
        "P-1001",
        "p1001",
    ],
)
def test_a_patient_is_found_by_what_people_remember(world: World, text: str) -> None:
    found = queries.patients_found(site_ids=[world.site.pk], text=text)

    assert world.maria in found
    assert world.foreign not in found


def test_the_order_of_what_is_typed_does_not_matter(world: World) -> None:
    orders = itertools.permutations(["mar", "garcia", "7 mar 84", "010-2040", "p-1001"])

    found = [queries.patients_found(site_ids=[world.site.pk], text=" ".join(order)) for order in orders]

    assert found == [[world.maria]] * 120


def test_the_longest_names_never_hide_a_phone_or_a_birth_date(world: World) -> None:
    name = "Wolfeschlegelsteinhausen" * 2 + "bergerdorffx"
    patient = make_patient(
        world.site, world.receptionist, name, name, preferred_name=name, birth_date=dt.date(1999, 9, 9)
    )

    found = [queries.patients_found(site_ids=[world.site.pk], text=text) for text in ("5550102040 p-1003", "9 sep 99")]

    assert (found, len(name)) == ([[patient]] * 2, 60)


@pytest.mark.parametrize("text", ["", "g", "zzz", "%", ", ,", "garcia daniel", "8 mar 84", "garcia 3/8/84", "2042"])
def test_what_matches_nobody_finds_nobody(world: World, text: str) -> None:
    assert queries.patients_found(site_ids=[world.site.pk], text=text) == []


def test_a_number_drawn_by_another_desk_meanwhile_is_drawn_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(["P-1001", "P-2000"])  # the first is Maria's
    monkeypatch.setattr(actions, "_next_record_number", lambda _site: next(numbers))

    patient = make_patient(world.site, world.receptionist, "Aisha", "Lee", phone="+15550106000")

    assert patient.record_number == "P-2000"


def test_a_record_number_somebody_typed_is_never_changed(world: World) -> None:
    with pytest.raises(Rejected, match="has this record number"):
        make_patient(world.site, world.receptionist, "Aisha", "Lee", phone="+15550106000", record_number="P-1001")
