"""What patients decide on their own page: language, messages, and that a number is not theirs."""

import datetime as dt
from collections.abc import Collection, Mapping

import pytest

from clinic.actions import Request
from clinic.models import AuditEntry
from patients import contact_actions, links, own_actions
from patients.domain.contact import Channel, ContactKind, Language, Purpose
from patients.errors import Rejected
from patients.models import Consent, ContactPoint, Patient, PatientLink, RelatedPerson
from patients.reach import reach_of
from tests.factories import NOW, World

ASKED = Request(user=None, actor="patient")
LATER = NOW + dt.timedelta(minutes=1)
SMS, EMAIL = Channel.SMS, Channel.EMAIL
REMINDERS, OFFERS, FORMS = Purpose.REMINDERS, Purpose.OFFERS, Purpose.FORMS


def choose(
    world: World, wanted: Mapping[Channel, Collection[Purpose]], *, language: Language = Language.ENGLISH
) -> bool:
    return own_actions.choose_messages(
        request=ASKED, patient_id=world.maria.pk, wanted=wanted, language=language, now=LATER
    )


def in_force(world: World) -> set[tuple[str, str]]:
    rows = Consent.objects.filter(patient=world.maria, person=None, revoked_at=None)
    return set(rows.values_list("channel", "purpose"))


def entries(world: World, action: str) -> int:
    return AuditEntry.objects.filter(action=action, patient_id=world.maria.pk, role="patient", actor=None).count()


def test_a_language_is_chosen_once_and_the_desk_sees_that_the_record_changed(world: World) -> None:
    chosen = [
        own_actions.choose_language(request=ASKED, patient_id=world.maria.pk, language=Language.SPANISH, now=LATER)
        for _time in range(2)
    ]

    maria = Patient.objects.get(pk=world.maria.pk)
    assert (chosen, maria.language, maria.version) == ([True, False], "es", world.maria.version + 1)
    assert entries(world, "patient.edited") == 1


@pytest.mark.parametrize(("language", "wording"), [(Language.ENGLISH, "2026-11"), (Language.SPANISH, "2026-11-es")])
def test_a_yes_keeps_the_version_of_the_words_shown_and_where_it_was_said(
    world: World, language: Language, wording: str
) -> None:
    choose(world, {SMS: [REMINDERS, OFFERS]}, language=language)

    yes = Consent.objects.get(patient=world.maria, purpose=OFFERS)
    assert (yes.channel, yes.wording, yes.how, yes.given_at, yes.recorded_by) == (
        "sms",
        wording,
        "patient's page",
        LATER,
        None,
    )
    assert (entries(world, "consent.given"), entries(world, "consent.ended")) == (1, 0)


def test_what_is_not_chosen_any_more_ends_and_can_be_chosen_again(world: World) -> None:
    changed = [choose(world, {SMS: wanted}) for wanted in ([], [], [REMINDERS])]

    rows = Consent.objects.filter(patient=world.maria).order_by("pk").values_list("how", "revoked_at")
    assert (changed, list(rows)) == ([True, False, True], [("at the desk", LATER), ("patient's page", None)])
    assert reach_of([world.maria.pk]).keys() == {(world.maria.pk, SMS)}


def test_a_channel_nobody_named_stays_as_it_is(world: World) -> None:
    ContactPoint.objects.create(patient=world.maria, kind=ContactKind.EMAIL, value="maria@example.com")

    choose(world, {EMAIL: [FORMS]})

    assert in_force(world) == {("sms", "reminders"), ("email", "forms")}


@pytest.mark.parametrize("why", ["none", "wrong", "old"])
def test_nobody_agrees_to_messages_to_an_address_that_is_not_in_use(world: World, why: str) -> None:
    points = ContactPoint.objects.filter(patient=world.maria)
    if why == "none":
        points.delete()
    elif why == "wrong":
        points.update(is_usable=False, problem="wrong_person", problem_at=NOW)
    else:
        points.update(is_preferred=False)

    with pytest.raises(Rejected):
        choose(world, {SMS: [OFFERS]})

    assert in_force(world) == {("sms", "reminders")}


def test_the_yes_of_who_drives_is_not_the_patients_to_give_or_end(world: World) -> None:
    driver = RelatedPerson.objects.create(patient=world.maria, role="escort", name="Ivy", phone="+15550107777")
    Consent.objects.create(
        patient=world.maria,
        person=driver,
        channel=SMS,
        purpose=Purpose.ESCORT,
        wording="2026-11",
        how="on the phone",
        given_at=NOW,
    )

    stopped = [own_actions.stop_all(request=ASKED, patient_id=world.maria.pk, now=LATER) for _time in range(2)]

    assert stopped == [True, False]
    assert list(Consent.objects.filter(patient=world.maria, revoked_at=None).values_list("person", flat=True)) == [
        driver.pk
    ]


def test_a_number_that_is_somebody_elses_gets_nothing_more_and_its_link_ends(world: World) -> None:
    ContactPoint.objects.create(patient=world.maria, kind=ContactKind.EMAIL, value="maria@example.com")
    ContactPoint.objects.create(patient=world.maria, kind=ContactKind.PHONE, value="+15550102099", is_preferred=False)
    link = links.link_of(patient_id=world.maria.pk, now=NOW)

    for _time in range(2):
        for kind in ContactKind:
            contact_actions.disown(request=ASKED, patient_id=world.maria.pk, kind=kind, now=LATER)

    assert links.find(links.token_of(link)) is None
    assert set(ContactPoint.objects.filter(patient=world.maria).values_list("kind", "is_preferred", "problem")) == {
        ("phone", True, "wrong_person"),
        ("email", True, "wrong_person"),
        ("phone", False, ""),
    }
    assert reach_of([world.maria.pk]) == {}
    assert entries(world, "contact.wrong_person") == 2


def test_the_desk_sets_right_what_was_said_by_mistake_and_what_was_agreed_still_stands(world: World) -> None:
    contact_actions.disown(request=ASKED, patient_id=world.maria.pk, kind=ContactKind.PHONE, now=LATER)
    point = ContactPoint.objects.get(patient=world.maria)

    contact_actions.mark_right(request=world.request, patient=world.maria, contact_point_id=point.pk, now=LATER)

    assert reach_of([world.maria.pk]).keys() == {(world.maria.pk, SMS)}


def test_a_link_ends_also_where_no_number_is_in_use(world: World) -> None:
    ContactPoint.objects.filter(patient=world.maria).delete()
    links.link_of(patient_id=world.maria.pk, now=NOW)

    contact_actions.disown(request=ASKED, patient_id=world.maria.pk, now=LATER)

    assert PatientLink.objects.get().ended_at == LATER
    assert entries(world, "link.ended") == 1
