"""What was said, and the proof: listed, whole, said again; numbers found wrong and right."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.domain.permissions import Role
from clinic.models import AuditEntry
from notifications.models import Message, MessageAttempt, ProviderEvent
from patients.models import ContactPoint, Patient
from tests.api.conftest import Api
from tests.factories import NOW, World
from tests.notifications.made import DAY, in_own_words, texted, with_mail


@pytest.fixture
def lucia(world: World) -> Patient:
    return with_mail(world)


@pytest.fixture
def poison(world: World) -> Message:
    """A message of another patient, of another site: must show up nowhere."""
    message = texted(world, world.daniel)
    Message.objects.update(site=world.other_site, patient=world.foreign)
    return message


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["results"]]


def test_a_message_is_listed_with_all_but_the_whole_address(api: Api, world: World, lucia: Patient) -> None:
    message = texted(world, lucia, reason="", provider="twilio", provider_sid="SM1", provider_status="delivered")

    (row,) = api.get("messages/", patient=lucia.pk).json()["results"]

    assert {name: row[name] for name in ("id", "patient", "kind", "channel", "to", "state", "provider_sid")} == {
        "id": str(message.pk),
        "patient": lucia.pk,
        "kind": "day_before",
        "channel": "sms",
        "to": "…2055",
        "state": "delivered",
        "provider_sid": "SM1",
    }
    assert row["why"] == "Visit Tue Nov 24, 8:30am"
    assert "address" not in row


def test_a_list_costs_the_same_statements_whatever_words_it_was_said_in(api: Api, world: World, lucia: Patient) -> None:
    in_own_words(world, lucia, 1)
    api.get("messages/")
    with CaptureQueriesContext(connection) as one:
        api.get("messages/")
    in_own_words(world, lucia, 9)

    with CaptureQueriesContext(connection) as many:
        rows = api.get("messages/").json()["results"]

    assert (len(many), len(rows)) == (len(one), 10)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"show": "problems"}, ["failed"]),
        ({"show": "sent"}, ["delivered"]),
        ({"show": "waiting"}, ["pending"]),
        ({"state": "pending"}, ["pending"]),
        ({"kind": "moved"}, ["pending"]),
        ({"channel": "email"}, ["failed"]),
        ({"since": "2026-11-17"}, ["pending"]),
        ({"until": "2026-11-17"}, ["delivered", "failed"]),
        ({}, ["delivered", "failed", "pending"]),
    ],
)
def test_the_list_is_filtered(api: Api, world: World, lucia: Patient, query: dict[str, str], found: list[str]) -> None:
    texted(world, lucia)
    texted(world, lucia, channel="email", state="failed")
    texted(world, lucia, kind="moved", state="pending", due_at=NOW + DAY, handed_at=None)

    rows = api.get("messages/", **query).json()["results"]

    assert sorted(row["state"] for row in rows) == found


@pytest.mark.parametrize("query", [{"state": "lost"}, {"show": "x"}, {"kind": "x"}, {"channel": "fax"}, {"since": "x"}])
def test_a_filter_that_makes_no_sense_is_refused(api: Api, query: dict[str, str]) -> None:
    assert api.get("messages/", **query).status_code == 400


def test_another_sites_messages_are_nobodys_business(
    api: Api, outsider: Api, world: World, lucia: Patient, poison: Message
) -> None:
    message = texted(world, lucia)

    mine, theirs = ids(api.get("messages/")), ids(outsider.get("messages/"))
    refused = [
        outsider.get(f"messages/{message.pk}/").status_code,
        outsider.post(f"messages/{message.pk}/resend/", Idempotency_Key="k").status_code,
        outsider.get(f"patients/{lucia.pk}/contacts/").status_code,
    ]

    assert (mine, theirs, refused) == ([str(message.pk)], [str(poison.pk)], [404, 404, 404])


def test_the_whole_proof_is_in_one_answer(api: Api, world: World, lucia: Patient) -> None:
    message = texted(world, lucia, state="undelivered", error_code="30003")
    merged = texted(world, lucia, kind="moved", state="skipped_merged", merged_into=message)
    mail = texted(world, lucia, channel="email", state="accepted")
    MessageAttempt.objects.create(message=message, number=1, step="started", at=NOW, worker="w:1")
    MessageAttempt.objects.create(message=message, number=1, step="ended", at=NOW, outcome="accepted", http_status=201)
    ProviderEvent.objects.create(
        provider="twilio",
        event_key="SM1:undelivered",
        message=message,
        provider_sid="SM1",
        status="undelivered",
        error_code="30003",
        received_at=NOW + dt.timedelta(seconds=9),
    )

    found = api.get(f"messages/{message.pk}/").json()

    assert [(step["what"], step["outcome"], step["http_status"], step["code"]) for step in found["steps"]] == [
        ("started", "", None, ""),
        ("ended", "accepted", 201, ""),
        ("called_back", "undelivered", None, "30003"),
    ]
    assert ([row["id"] for row in found["merged"]], [row["id"] for row in found["others"]]) == (
        [str(merged.pk)],
        [str(mail.pk)],
    )
    assert found["address"] == "(555) 010-2055"
    assert AuditEntry.objects.filter(action="message.opened", patient_id=lucia.pk).count() == 1


def test_an_auditor_reads_the_proof_without_the_address_and_says_nothing_again(
    api: Api, world: World, lucia: Patient
) -> None:
    world.receptionist.memberships.update(role=Role.AUDITOR)
    message = texted(world, lucia, state="undelivered")

    found, again = api.get(f"messages/{message.pk}/"), api.post(f"messages/{message.pk}/resend/", Idempotency_Key="k")

    assert (found.json()["address"], found.json()["to"], again.status_code) == (None, "…2055", 403)


@pytest.mark.parametrize(("step", "channel"), [("resend", "sms"), ("other-channel", "email")])
def test_a_message_is_said_again_once_for_each_key(
    api: Api, world: World, lucia: Patient, step: str, channel: str
) -> None:
    message = texted(world, lucia, state="undelivered")

    answers = [api.post(f"messages/{message.pk}/{step}/", Idempotency_Key=key) for key in ("a", "a", "b")]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true", None]
    assert (answers[0].json()["state"], answers[0].json()["channel"]) == ("pending", channel)
    assert Message.objects.filter(state="pending").count() == 2


def test_saying_it_again_needs_a_key(api: Api, world: World, lucia: Patient) -> None:
    message = texted(world, lucia, state="undelivered")

    answer = api.post(f"messages/{message.pk}/resend/")

    assert (answer.status_code, answer.json()["code"]) == (400, "key_required")


def test_what_is_still_on_its_way_is_not_said_again(api: Api, world: World, lucia: Patient) -> None:
    message = texted(world, lucia, state="pending")

    answer = api.post(f"messages/{message.pk}/resend/", Idempotency_Key="k")

    assert (answer.status_code, Message.objects.count()) == (409, 1)


def test_a_message_nobody_knows_is_not_found(api: Api) -> None:
    assert api.get(f"messages/{uuid.uuid4()}/").status_code == 404


def test_a_number_is_found_wrong_and_right_again(api: Api, world: World, lucia: Patient) -> None:
    point = ContactPoint.objects.get(patient=lucia, kind="phone")
    path = f"patients/{lucia.pk}/contacts/"

    wrong = [api.post(f"{path}{point.pk}/wrong/") for _click in range(2)][-1]
    listed = [(row["kind"], row["problem"]) for row in api.get(path).json()["results"]]
    right = api.post(f"{path}{point.pk}/right/")

    assert (wrong.status_code, wrong.json()["problem"], listed) == (
        200,
        "wrong_person",
        [("phone", "wrong_person"), ("email", "")],
    )
    assert (right.json()["problem"], right.json()["is_usable"]) == ("", True)


def test_a_number_of_another_patient_is_not_found(api: Api, world: World, lucia: Patient) -> None:
    point = ContactPoint.objects.get(patient=world.maria, kind="phone")

    assert api.post(f"patients/{lucia.pk}/contacts/{point.pk}/wrong/").status_code == 404


def test_the_right_number_is_recorded(api: Api, world: World, lucia: Patient) -> None:
    path = f"patients/{lucia.pk}/contacts/"

    good = api.post(path, {"kind": "phone", "value": "(555) 010-2077"})
    bad = api.post(path, {"kind": "phone", "value": "12"})

    assert (good.status_code, good.json()["value"], bad.status_code) == (200, "+15550102077", 422)
    assert [row["value"] for row in api.get(path).json()["results"] if row["is_usable"] and row["kind"] == "phone"] == [
        "+15550102077",
        "+15550102055",
    ]
