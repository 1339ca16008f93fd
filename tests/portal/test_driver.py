"""Who drives me home: named behind the birth date, by a name and a phone or by a tap, and asked by their own link."""

import datetime as dt
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from patients import driver_links, links
from patients.models import Consent, DriverLink, RelatedPerson
from scheduling.actions import moving, setup
from scheduling.domain.gate_kinds import CANT_COME
from scheduling.domain.operations import GateKind
from scheduling.models import CourseEvent, Prerequisite, Session
from scheduling.queries import rides
from scheduling.queries.gates import gates_of_session
from tests.factories import FIRST_DAY, NOW, World
from tests.portal.phone import check, fields_in, path_of, seen, text_of
from tests.scheduling.living.clinic import ROOMS

HOUR = dt.timedelta(hours=1)
DRIVER = "/my/driver/"
IVY = {"name": "Ivy", "phone": "(555) 010-2049", "read": "1"}


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, nine in the morning in New York."""


@pytest.fixture
def visit(world: World) -> Session:
    """A visit nobody may drive home from, Tue Nov 24."""
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=540)
    return Session.objects.get(course=course, number=1)


@pytest.fixture
def maria(world: World, visit: Session, client: Client) -> Client:
    """Maria's phone, on which she gave her birth date."""
    check(client, world)
    return client


def save(client: Client, **given: str) -> Any:
    return client.post(DRIVER, fields_in(client.get(f"{DRIVER}?other=1")) | given)


def named(visit: Session) -> list[tuple[int | None, bool]]:
    rows = Prerequisite.objects.filter(session=visit, kind=GateKind.RIDE, withdrawn_at=None)
    return list(rows.values_list("person", "is_confirmed"))


def test_the_first_page_says_that_somebody_is_needed_and_names_nobody(
    world: World, visit: Session, client: Client, maria: Client
) -> None:
    before = seen(client.get("/my/"))
    save(maria, **IVY)
    after = client.get(path_of(world), follow=True)

    assert "Who will drive you? Needed" in before
    assert "Who will drive you? Asked, no answer yet" in seen(after)
    assert "Ivy" not in text_of(after)


def test_a_visit_one_may_drive_home_from_asks_for_nobody(world: World, client: Client) -> None:
    world.visit(start_on=dt.date(2026, 11, 18))
    check(client, world)

    assert "Who will drive you?" not in seen(client.get("/my/"))
    assert "You need no driver for the visits you have now." in seen(client.get(DRIVER))


@pytest.mark.parametrize("said", [{"is_confirmed": True}, {"evidence": CANT_COME}, {}])
def test_before_the_birth_date_nobody_reads_what_was_answered(
    world: World, visit: Session, maria: Client, said: dict[str, Any]
) -> None:
    save(maria, **IVY)
    Prerequisite.objects.update(**said)

    page = seen(Client().get(path_of(world)))

    assert [word for word in ("They said yes", "They can’t", "Asked, no answer") if word in page] == []
    assert ("Who will drive you? Needed" in page) == ("is_confirmed" not in said)


@pytest.mark.parametrize("role", ["carer", "guardian"])
def test_of_a_carer_or_guardian_the_record_keeps_the_staffs_name(
    world: World, visit: Session, maria: Client, role: str
) -> None:
    known = RelatedPerson.objects.create(patient=world.maria, role=role, name="Pat Roe", phone="+15550102049")

    save(maria, **IVY)

    assert [(each.name, each.role) for each in RelatedPerson.objects.all()] == [("Pat Roe", role)]
    assert named(visit) == [(known.pk, False)]


def test_who_only_drives_goes_by_the_new_name(world: World, visit: Session, maria: Client) -> None:
    RelatedPerson.objects.create(patient=world.maria, role="escort", name="Iv", phone="+15550102049")

    save(maria, **IVY)

    assert RelatedPerson.objects.get().name == "Ivy"


@pytest.mark.parametrize(("given", "stored"), [("a\x00b", ["a b"]), ("a\x1b\u202eb", ["a b"]), ("\x00", [])])
def test_a_name_holds_no_control_characters(visit: Session, maria: Client, given: str, stored: list[str]) -> None:
    page = save(maria, **(IVY | {"name": given}))

    assert list(RelatedPerson.objects.values_list("name", flat=True)) == stored
    assert page.status_code == (303 if stored else 422)


def test_a_phone_with_control_characters_is_no_server_error(visit: Session, maria: Client) -> None:
    page = save(maria, **(IVY | {"phone": "(555) 010-\x002049"}))

    assert page.status_code < 500


def test_without_the_birth_date_nobody_sees_or_names_anybody(world: World, visit: Session, client: Client) -> None:
    RelatedPerson.objects.create(patient=world.maria, role="escort", name="Ivy", phone="+15550102049")
    path = f"{path_of(world)}driver/"

    looked = client.get(path, follow=True)
    said = client.post(path, fields_in(client.get(path_of(world))) | IVY, follow=True)

    assert [("Is this you?" in seen(page), "Ivy" in text_of(page)) for page in (looked, said)] == [(True, False)] * 2
    assert named(visit) == []


def test_a_name_a_phone_and_what_was_read_name_somebody_who_is_not_confirmed(visit: Session, maria: Client) -> None:
    answer = save(maria, **IVY)

    person = RelatedPerson.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, DRIVER)
    assert (person.name, person.phone, person.role) == ("Ivy", "+15550102049", "escort")
    assert named(visit) == [(person.pk, False)]
    assert "Ivy still has to say yes." in seen(maria.get(DRIVER))
    assert Consent.objects.filter(person=person).count() == 0


def test_who_may_be_texted_is_said_by_a_tick(visit: Session, maria: Client) -> None:
    save(maria, **IVY, may_text="1")

    consent = Consent.objects.get(person__isnull=False)
    assert (consent.channel, consent.purpose, consent.how) == ("sms", "escort", "patient's page")


def test_the_version_of_what_was_read_is_kept_by_the_patients_hand(visit: Session, maria: Client) -> None:
    maria.post(DRIVER, fields_in(maria.get(DRIVER)) | IVY, headers={"User-Agent": "Phone/1"})

    event = CourseEvent.objects.get(kind="driving_read")
    assert [event.data[key] for key in ("words", "actor", "agent", "session")] == [
        "2026-11",
        "patient",
        "Phone/1",
        visit.pk,
    ]
    assert event.by is None


@pytest.mark.parametrize(
    ("given", "english", "spanish"),
    [
        ({"read": ""}, "Tick that you have read", "Marque que ha leído"),
        ({"name": " "}, "Choose somebody, or write a name.", "Elija a alguien"),
        ({"phone": ""}, "Write a phone number we can reach them at.", "Escriba un teléfono"),
        ({"phone": "call me"}, "That is not a phone number.", "Eso no es un número de teléfono."),
        ({"phone": "(555) 010-2040"}, "That is your own number.", "Ese es su propio número."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_what_was_written_stays(
    visit: Session, maria: Client, given: dict[str, str], english: str, spanish: str
) -> None:
    wrong = {name: value for name, value in (IVY | given).items() if value}
    pages = [save(maria, **wrong, lang=language) for language in ("en", "es")]

    assert [page.status_code for page in pages] == [422, 422]
    assert (english in seen(pages[0]), spanish in seen(pages[1])) == (True, True)
    assert [
        f'value="{value}"' in text_of(pages[0]) for name, value in wrong.items() if value.strip() and name != "read"
    ]
    assert (named(visit), RelatedPerson.objects.count()) == ([], 0)


def test_somebody_known_is_offered_and_named_by_a_tap(world: World, visit: Session, maria: Client) -> None:
    known = RelatedPerson.objects.create(patient=world.maria, role="escort", name="Ivy", phone="+15550102049")

    page = maria.get(DRIVER)
    save(maria, person=str(known.pk), read="1")

    assert f'name="person" value="{known.pk}" checked' in text_of(page)
    assert (named(visit), RelatedPerson.objects.count()) == ([(known.pk, False)], 1)


def test_of_two_people_known_and_for_another_one_nobody_is_chosen_before(
    world: World, visit: Session, maria: Client
) -> None:
    known = RelatedPerson.objects.create(patient=world.maria, role="escort", name="Ivy", phone="+15550102049")
    save(maria, person=str(known.pk), read="1")
    another = maria.get(f"{DRIVER}?other=1")
    RelatedPerson.objects.create(patient=world.maria, role="escort", name="Pat", phone="+15550102050")

    assert [" checked" in text_of(page) for page in (another, maria.get(f"{DRIVER}?other=1"))] == [False, False]


def test_a_tap_and_a_name_together_are_not_guessed_at(world: World, visit: Session, maria: Client) -> None:
    known = RelatedPerson.objects.create(patient=world.maria, role="escort", name="Pat", phone="+15550102050")

    page = save(maria, **IVY, person=str(known.pk))

    assert (page.status_code, named(visit)) == (422, [])
    assert "Choose somebody, or write a name. Not both." in seen(page)


def test_nobody_is_named_for_somebody_elses_visit_nor_somebody_elses_person(
    world: World, visit: Session, maria: Client
) -> None:
    course = world.book(world.daniel, protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=780)
    theirs = Session.objects.get(course=course, number=1)
    foreign = RelatedPerson.objects.create(patient=world.daniel, role="escort", name="Pat", phone="+15550102050")

    other = save(maria, **IVY, visit=str(theirs.pk), timing=str(theirs.timing_version))
    stolen = save(maria, person=str(foreign.pk), read="1")

    assert (other["Location"], stolen.status_code) == (f"{DRIVER}?changed=1", 422)
    assert "Pat" not in text_of(stolen)
    assert (named(visit), named(theirs)) == ([], [])


def test_a_visit_that_moved_meanwhile_is_said_and_nobody_named(world: World, visit: Session, maria: Client) -> None:
    old = fields_in(maria.get(DRIVER)) | IVY
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=visit.day, minute=660, now=NOW
    )

    page = maria.post(DRIVER, old, follow=True)

    assert "This changed while you were reading." in seen(page)
    assert (named(visit), RelatedPerson.objects.count()) == ([], 0)


@pytest.mark.parametrize("more", [{"form": "forged"}, {"form": ""}])
def test_a_form_that_is_not_the_pages_own_names_nobody(visit: Session, maria: Client, more: dict[str, str]) -> None:
    save(maria, **IVY, **more)

    assert named(visit) == []


def test_looking_names_nobody_and_makes_no_link(visit: Session, maria: Client) -> None:
    statuses = [call(f"{DRIVER}?name=Tom&phone=1&read=1").status_code for call in (maria.get, maria.head)]

    assert (statuses, named(visit), DriverLink.objects.count()) == ([200, 200], [], 0)


def test_the_link_for_who_drives_is_sent_from_the_patients_own_phone(visit: Session, maria: Client) -> None:
    save(maria, **IVY)

    page = text_of(maria.get(DRIVER))

    address = driver_links.address_of(DriverLink.objects.get())
    [body] = [unquote(part.split('"')[0]) for part in page.split("sms:+15550102049?body=")[1:]]
    assert address in page
    assert body == f"Can you pick me up on Tue, November 24, about 12pm? Please say yes or no here: {address}"


def test_in_spanish_the_time_it_asks_for_has_its_article(visit: Session, maria: Client) -> None:
    save(maria, **IVY)

    page = text_of(maria.get(f"{DRIVER}?lang=es"))

    [body] = [unquote(part.split('"')[0]) for part in page.split("sms:+15550102049?body=")[1:]]
    assert body.startswith("¿Puede recogerme el mar 24 de noviembre, hacia las 12 p.m.? Por favor, ")


def test_another_person_may_be_named_after_the_first(visit: Session, maria: Client) -> None:
    save(maria, **IVY)
    first = DriverLink.objects.get()
    offered = "Name somebody else" in seen(maria.get(DRIVER))

    save(maria, name="Tom", phone="(555) 010-2050", read="1")

    tom = RelatedPerson.objects.get(name="Tom")
    assert (offered, named(visit)) == (True, [(tom.pk, False)])
    assert maria.get(f"/d/{driver_links.token_of(first)}/").status_code == 404


def test_a_no_is_shown_to_the_patient_who_names_somebody_else(
    world: World, visit: Session, maria: Client, clock: Any
) -> None:
    save(maria, **IVY)
    path = f"/d/{driver_links.token_of(DriverLink.objects.get())}/"
    fields, later = fields_in(Client().get(path)), NOW + dt.timedelta(seconds=5)
    clock(later)
    Client().post(path, fields | {"answer": "no"})

    assert "Who will drive you? They can’t. Name somebody else." in seen(maria.get("/my/"))
    assert "Ivy can’t come. Who else can?" in seen(maria.get(DRIVER))
    assert gates_of_session(visit, now=later).red_kinds == ["ride"]


def test_whom_the_desk_wrote_down_is_told_without_a_name(world: World, visit: Session, maria: Client) -> None:
    row = {"patient": world.maria, "course": visit.course, "session": visit, "starts_at": visit.starts_at}
    Prerequisite.objects.create(**row, kind=GateKind.RIDE, evidence="Tom, 555", at=NOW, by=world.receptionist)

    assert "We know who will take you home." in seen(maria.get(DRIVER))


def test_the_page_is_read_in_spanish(visit: Session, maria: Client) -> None:
    page = seen(maria.get(f"{DRIVER}?lang=es"))

    assert [word in page for word in ("¿Quién le lleva a casa?", "Teléfono móvil", "Guardar")] == [True] * 3


def test_a_links_token_of_who_drives_opens_nothing_of_the_patients(visit: Session, world: World, maria: Client) -> None:
    save(maria, **IVY)
    token = driver_links.token_of(DriverLink.objects.get())
    mine = links.token_of(links.link_of(patient_id=world.maria.pk, now=NOW))

    paths = [f"/v/{token}/", f"/v/{token}/driver/", f"/c/{token}.ics", f"/d/{mine}/"]
    assert [Client().get(path).status_code for path in paths] == [404] * 4


def test_it_asks_few_things_of_the_database(
    world: World,
    visit: Session,
    maria: Client,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    save(maria, **IVY)

    with django_assert_max_num_queries(8):
        maria.get(DRIVER)
    with django_assert_num_queries(1):  # what the first page asks for it
        rides.next_ride(world.maria.pk, now=NOW)
