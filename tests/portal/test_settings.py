"""What is sent, and what is not any more: language, messages, STOP, a number that is somebody else's, privacy."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from attention.domain.items import Kind
from attention.queries import listing
from clinic.models import AuditEntry
from notifications.actions.transitions import address_hash
from notifications.models import Suppression
from patients import contact_actions, links
from patients.models import Consent, ContactPoint, Patient, PatientLink
from scheduling.models import Session
from tests.factories import NOW, World
from tests.portal.phone import banned_in, fields_in, path_of, seen, text_of

SENTENCE = (
    "You agree to get texts about your visits from Riverside Clinic. About 2 a week. "
    "Message and data rates may apply. Reply STOP to end, HELP for help."
)


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, nine in the morning in New York."""


@pytest.fixture(autouse=True)
def visit(world: World) -> Session:
    return world.visit(start_on=dt.date(2026, 11, 18))


def at(world: World) -> str:
    return f"{path_of(world)}settings/"


def send(client: Client, world: World, path: str = "settings/", **fields: Any) -> Any:
    where = f"{path_of(world)}{path}"
    form = fields_in(client.get(where)) | {"channel": ["sms", "email"]}
    return client.post(where, form | fields, follow=True)


def given(world: World) -> set[tuple[str, str]]:
    return set(Consent.objects.filter(patient=world.maria, revoked_at=None).values_list("channel", "purpose"))


def ticked(page: Any) -> list[tuple[str, str]]:
    return re.findall(r'type="checkbox" name="([a-z]+)" value="([a-z]+)" checked', text_of(page))


def add_email(world: World) -> None:
    ContactPoint.objects.create(patient=world.maria, kind="email", value="maria@example.com")


def problems(world: World) -> dict[str, str]:
    return dict(ContactPoint.objects.filter(patient=world.maria).values_list("kind", "problem"))


def suppress(world: World) -> None:
    number = ContactPoint.objects.get(patient=world.maria, kind="phone").value
    Suppression.objects.create(channel="sms", address_hash=address_hash(number), cause="said STOP", since=NOW)


def test_every_page_leads_to_the_settings_to_privacy_and_out(world: World, client: Client) -> None:
    path = path_of(world)

    for page in ("", "visits/", "settings/", "privacy/", "not-you/", "waitlist/"):
        text = text_of(client.get(f"{path}{page}"))
        assert re.findall(r"<footer>.*<nav.*?>(.*)</nav>", text) == [
            f'<a href="{path}settings/">Text settings</a><a href="{path}privacy/">Privacy</a>'
            f'<a href="{path}not-you/">Not you? Tell us</a>'
        ]


def test_the_page_shows_what_was_agreed_to_and_the_words_of_a_yes(world: World, client: Client) -> None:
    page = client.get(at(world))

    assert ticked(page) == [("sms", "reminders")]
    assert SENTENCE in seen(page)
    assert "We have no e-mail address for you that works." in seen(page)
    assert 'name="email"' not in text_of(page)


def test_a_yes_is_kept_with_the_words_that_were_shown(world: World, client: Client) -> None:
    add_email(world)

    page = send(client, world, do="messages", sms=["reminders", "offers"], email=["forms"])

    assert given(world) == {("sms", "reminders"), ("sms", "offers"), ("email", "forms")}
    yes = Consent.objects.get(patient=world.maria, purpose="offers")
    assert (yes.how, yes.wording, yes.recorded_by) == ("patient's page", "2026-11", None)
    assert ("Saved." in seen(page), ticked(page)) == (
        True,
        [("sms", "reminders"), ("sms", "offers"), ("email", "forms")],
    )


def test_read_in_spanish_it_is_a_yes_to_the_spanish_words(world: World, client: Client) -> None:
    path = f"{at(world)}?lang=es"
    page = client.get(path)

    client.post(path, fields_in(page) | {"do": "messages", "sms": ["reminders", "offers"]})

    assert "Usted acepta recibir mensajes de texto sobre sus visitas de Riverside Clinic." in seen(page)
    assert Consent.objects.get(patient=world.maria, purpose="offers").wording == "2026-11-es"


def test_stop_ends_everything_and_says_that_the_visits_stay(world: World, client: Client, visit: Session) -> None:
    pages = [send(client, world, do="stop") for _time in range(2)]

    assert given(world) == set()
    assert ["You get no messages from us now. Your visits stay booked." in seen(page) for page in pages] == [True, True]
    assert "Stop all messages" not in seen(pages[0])
    assert Session.objects.get(pk=visit.pk).state == "booked"
    assert AuditEntry.objects.filter(action="consent.ended", role="patient").count() == 1


def test_what_was_stopped_here_is_turned_on_here(world: World, client: Client) -> None:
    send(client, world, do="stop")

    send(client, world, do="messages", sms=["reminders"])

    assert given(world) == {("sms", "reminders")}


def test_a_number_that_said_stop_begins_again_only_by_a_text(world: World, client: Client) -> None:
    suppress(world)
    Consent.objects.update(revoked_at=NOW)

    page = send(client, world, do="messages", sms=["reminders"])

    assert "Texts to your phone are stopped. To get them again, text START" in seen(page)
    assert (given(world), Suppression.objects.count(), 'name="sms"' in text_of(page)) == (set(), 1, False)


def test_nobody_turns_on_texts_to_a_number_that_is_not_the_patients(world: World, client: Client) -> None:
    Consent.objects.update(revoked_at=NOW)
    ContactPoint.objects.update(is_usable=False, problem="wrong_person", problem_at=NOW)

    page = send(client, world, do="messages", sms=["reminders"])

    assert "We have no cell phone number for you that works." in seen(page)
    assert given(world) == set()


def test_the_language_of_messages_is_changed_with_one_tap_and_back(world: World, client: Client) -> None:
    spanish = send(client, world, do="language", language="es")
    stored = Patient.objects.get(pk=world.maria.pk).language
    english = send(client, world, do="language", language="en")

    assert (stored, Patient.objects.get(pk=world.maria.pk).language) == ("es", "en")
    assert ("Le escribimos en español." in seen(spanish), "We write to you in English." in seen(english)) == (
        True,
        True,
    )


@pytest.mark.parametrize("language", ["fr", ""])
def test_there_is_no_other_language(world: World, client: Client, language: str) -> None:
    send(client, world, do="language", language=language)

    assert Patient.objects.get(pk=world.maria.pk).language == "en"


def test_privacy_says_what_is_kept_and_whom_to_call_in_both_languages(world: World, client: Client) -> None:
    path = f"{path_of(world)}privacy/"
    english, spanish = client.get(path), client.get(f"{path}?lang=es")

    assert "Call Riverside Clinic: (555) 010-2000." in seen(english)
    assert "Texts and e-mails can be read by others who use your phone." in seen(english)
    assert "Otros que usan su teléfono pueden leer los textos y correos." in seen(spanish)


def test_not_you_only_asks_until_it_is_said(world: World, client: Client) -> None:
    path = f"{path_of(world)}not-you/"
    pages = [client.get(path), client.head(path), client.post(path, {"form": "forged"})]

    assert [page.status_code for page in pages] == [200, 200, 303]
    assert (ContactPoint.objects.get(patient=world.maria).problem, PatientLink.objects.get().ended_at) == ("", None)


def test_a_number_that_is_somebody_elses_is_not_written_to_again(world: World, client: Client) -> None:
    path = path_of(world)

    answer = send(client, world, "not-you/", wrong="sms")

    assert answer.status_code == 200
    assert seen(answer) == (
        "Thank you. We won’t write to this number again. Not for emergencies. Call 911. In crisis, call or text 988."
    )
    assert "Riverside" not in text_of(answer)
    assert ContactPoint.objects.get(patient=world.maria).problem == "wrong_person"
    assert AuditEntry.objects.filter(action="contact.wrong_person", role="patient").count() == 1
    assert (client.get(path).status_code, answer["Cache-Control"]) == (404, "no-store")


def test_an_address_that_is_somebody_elses_leaves_the_number_alone(world: World, client: Client) -> None:
    add_email(world)
    path = path_of(world)

    answer = send(client, world, "not-you/", wrong="email")

    assert "We won’t write to this e-mail address again." in seen(answer)
    assert problems(world) == {"phone": "", "email": "wrong_person"}
    assert client.get(path).status_code == 404
    items = listing.items(site_ids=[world.site.pk], now=NOW)
    assert [item.title for item in items if item.kind is Kind.NOT_REACHED] == ["The e-mail address is not right"]


def test_a_number_that_is_somebody_elses_leaves_the_address_alone(world: World, client: Client) -> None:
    add_email(world)

    send(client, world, "not-you/", wrong="sms")

    assert problems(world) == {"phone": "wrong_person", "email": ""}


def test_it_asks_only_about_what_is_in_use_and_shows_neither(world: World, client: Client) -> None:
    path = f"{path_of(world)}not-you/"
    number, none = "This number is not theirs", "This is not for me"
    one = seen(client.get(path))
    add_email(world)
    both = text_of(client.get(path))
    ContactPoint.objects.update(is_usable=False)
    neither = seen(client.get(path))

    mail = "This e-mail address is not theirs"
    assert [[word in page for word in (number, mail, none)] for page in (one, both, neither)] == [
        [True, False, False],
        [True, True, False],
        [False, False, True],
    ]
    assert ("maria@" in both, "010-2040" in both, "2040" in both.replace(path, "")) == (False, False, False)


@pytest.mark.parametrize("wrong", ["", "email", "none", "post"])
def test_what_is_not_asked_ends_nothing(world: World, client: Client, wrong: str) -> None:
    page = send(client, world, "not-you/", wrong=wrong)

    assert (page.status_code, "Not you?" in seen(page)) == (200, True)
    assert (problems(world), PatientLink.objects.get().ended_at) == ({"phone": ""}, None)


def test_where_nothing_is_in_use_the_link_alone_ends(world: World, client: Client) -> None:
    ContactPoint.objects.update(is_usable=False)
    path = path_of(world)

    answer = send(client, world, "not-you/", wrong="none")

    assert ("This page is closed now." in seen(answer), client.get(path).status_code) == (True, 404)


def test_the_desk_is_asked_for_the_right_number_and_may_take_it_back(world: World, client: Client) -> None:
    send(client, world, "not-you/", wrong="sms")
    point = ContactPoint.objects.get(patient=world.maria)

    def asked() -> list[str]:
        items = listing.items(site_ids=[world.site.pk], now=NOW)
        return [item.title for item in items if item.kind is Kind.NOT_REACHED]

    before = asked()
    contact_actions.mark_right(request=world.request, patient=world.maria, contact_point_id=point.pk, now=NOW)

    assert (before, asked()) == (["The phone number is not right"], [])
    assert links.find(links.token_of(links.link_of(patient_id=world.maria.pk, now=NOW))) is not None


def test_no_page_says_what_a_stranger_may_not_read(world: World, client: Client) -> None:
    add_email(world)
    path = path_of(world)
    pages = [
        client.get(f"{path}{page}?lang={language}")
        for page in ("settings/", "privacy/", "not-you/")
        for language in ("en", "es")
    ]

    assert [word for page in pages for word in banned_in(page, path)] == []
    assert ["<script" in text_of(page) for page in pages] == [False] * 6
    assert [len(re.findall("<h1", text_of(page))) for page in pages] == [1] * 6


def test_looking_changes_nothing(world: World, client: Client) -> None:
    add_email(world)
    fields = fields_in(client.get(at(world))) | {"do": "stop"}
    models = (Consent, ContactPoint, Patient, PatientLink)
    rows = [list(model.objects.order_by("pk").values()) for model in models]

    statuses = [call(at(world), fields).status_code for call in (client.get, client.head)]
    forged = client.post(at(world), fields | {"form": "forged"})

    assert (statuses, forged.status_code) == ([200, 200], 303)
    assert [list(model.objects.order_by("pk").values()) for model in models] == rows
