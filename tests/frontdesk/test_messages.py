"""The page of messages, one message as the patient sees it, and what one click does about it."""

import csv
import datetime as dt
import io
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.permissions import Role
from clinic.models import AuditEntry
from frontdesk.show_messages import KINDS, LOOKS
from notifications.domain.states import Kind, MessageState
from notifications.models import Message, MessageAttempt
from notifications.proof import PARTS, masked
from patients.models import ContactPoint, Patient
from tests.factories import NOW, World
from tests.notifications.made import in_own_words, texted, with_mail


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.fixture
def lucia(world: World) -> Patient:
    return with_mail(world)


def page(client: Client, path: str = "/messages/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_state_and_every_kind_has_its_words_and_its_part_of_the_list() -> None:
    assert set(LOOKS) == set(MessageState)
    assert set(KINDS) == set(Kind)
    assert sorted(state for states in PARTS.values() for state in states) == sorted(MessageState)


def test_the_page_shows_who_what_where_to_and_what_became_of_it(desk: Client, world: World, lucia: Patient) -> None:
    texted(world, lucia, state="undelivered", reason="The phone was off or out of reach.", error_code="30003")

    shown = page(desk)

    for words in ("Moretti, L.", "Day before", "Did not arrive", "The phone was off or out of reach.", "…2055"):
        assert words in shown
    assert "5550102055" not in shown
    assert "010-2055" not in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?show=problems", {"undelivered"}),
        ("?show=sent", {"delivered"}),
        ("?kind=moved", {"pending"}),
        ("?channel=email", {"undelivered"}),
        ("?show=nonsense&kind=x", {"delivered", "undelivered", "pending"}),
    ],
)
def test_the_page_is_filtered(desk: Client, world: World, lucia: Patient, query: str, found: set[str]) -> None:
    texted(world, lucia)
    texted(world, lucia, channel="email", state="undelivered")
    texted(world, lucia, kind="moved", state="pending")

    days = desk.get(f"/messages/{query}").context["days"]

    assert {row.line.state for _day, rows in days for row in rows} == found


def test_one_patients_messages_are_theirs_alone(desk: Client, world: World, lucia: Patient) -> None:
    texted(world, lucia)
    texted(world, world.maria)

    shown = page(desk, f"/messages/?patient={lucia.pk}")

    assert ("Moretti" in shown, "Garcia" in shown) == (True, False)


def test_the_page_costs_the_same_statements_whatever_it_holds(desk: Client, world: World, lucia: Patient) -> None:
    in_own_words(world, lucia, 1)
    page(desk)
    with CaptureQueriesContext(connection) as one:
        page(desk)
    in_own_words(world, lucia, 30)

    with CaptureQueriesContext(connection) as many:
        page(desk)

    assert len(many) == len(one)


def test_the_second_page_holds_the_rest(desk: Client, world: World, lucia: Patient) -> None:
    for number in range(60):
        texted(world, lucia, subject=f"more-{number}")

    shown = [desk.get(f"/messages/?page={number}").context["days"] for number in (1, 2)]

    assert [sum(len(rows) for _day, rows in days) for days in shown] == [50, 10]


def test_a_message_shows_its_proof_and_the_look_is_noted(desk: Client, world: World, lucia: Patient) -> None:
    message = texted(world, lucia, state="undelivered", provider="twilio", provider_sid="SM77")
    MessageAttempt.objects.create(message=message, number=1, step="started", at=NOW, worker="w:1")
    MessageAttempt.objects.create(message=message, number=1, step="ended", at=NOW, outcome="accepted", http_status=201)

    shown = page(desk, f"/messages/{message.pk}/")

    for words in ("taken by the provider", "HTTP 201", "SM77", "Planned", "(555) 010-2055", "Visit Tue Nov 24"):
        assert words in shown
    assert AuditEntry.objects.filter(action="message.opened", patient_id=lucia.pk).count() == 1


def test_the_title_of_the_page_names_nobody(desk: Client, world: World, lucia: Patient) -> None:
    message = texted(world, lucia)

    for path in ("/messages/", f"/messages/{message.pk}/"):
        title = page(desk, path).partition("<title>")[2].partition("</title>")[0]
        assert title in ("Message", "Messages")


def test_an_auditor_sees_no_whole_number_and_no_buttons(world: World, clock: Any, lucia: Patient) -> None:
    message = texted(world, lucia, state="undelivered")
    auditor = Client()
    auditor.force_login(world.auditor)

    shown = page(auditor, f"/messages/{message.pk}/")
    clicked = auditor.post(f"/messages/{message.pk}/resend/", {"key": "k"})

    assert ("…2055" in shown, "010-2055" in shown, "Send again" in shown, clicked.status_code) == (
        True,
        False,
        False,
        404,
    )


@pytest.mark.parametrize(("step", "channel"), [("resend", "sms"), ("other-channel", "email")])
def test_one_click_says_it_again_and_a_double_click_once(
    desk: Client, world: World, lucia: Patient, step: str, channel: str
) -> None:
    message = texted(world, lucia, state="undelivered")

    answers = [desk.post(f"/messages/{message.pk}/{step}/", {"key": "one"}) for _click in range(2)]

    (new,) = Message.objects.filter(state="pending")
    assert [answer["Location"] for answer in answers] == [f"/messages/{new.pk}/"] * 2
    assert new.channel == channel


def test_what_can_not_be_said_again_is_refused_in_words(desk: Client, world: World, lucia: Patient) -> None:
    message = texted(world, lucia, state="pending")

    answer = desk.post(f"/messages/{message.pk}/resend/", {"key": "one"})

    assert (answer.status_code, "still on its way" in answer.content.decode()) == (409, True)


def test_a_click_without_the_pages_key_is_refused(desk: Client, world: World, lucia: Patient) -> None:
    message = texted(world, lucia, state="undelivered")

    assert desk.post(f"/messages/{message.pk}/resend/").status_code == 400
    assert desk.post(f"/messages/{message.pk}/shout/", {"key": "one"}).status_code == 400


def test_one_click_says_whose_number_it_is(desk: Client, world: World, lucia: Patient) -> None:
    message = texted(world, lucia)
    point = ContactPoint.objects.get(patient=lucia, kind="phone")

    desk.post(f"/messages/{message.pk}/number-wrong/")
    point.refresh_from_db()
    wrong, shown = point.problem, page(desk, f"/messages/{message.pk}/")
    desk.post(f"/messages/{message.pk}/number-right/")
    point.refresh_from_db()

    assert (wrong, "It is right" in shown, point.problem) == ("wrong_person", True, "")


def test_another_sites_message_does_not_exist(world: World, clock: Any, lucia: Patient) -> None:
    message = texted(world, lucia, state="undelivered")
    outsider = Client()
    outsider.force_login(world.outsider)

    answers = [
        outsider.get(f"/messages/{message.pk}/").status_code,
        outsider.get(f"/messages/{uuid.uuid4()}/").status_code,
        outsider.post(f"/messages/{message.pk}/resend/", {"key": "k"}).status_code,
        outsider.post(f"/messages/{message.pk}/number-wrong/").status_code,
        outsider.get(f"/messages/?patient={lucia.pk}").status_code,
        outsider.get("/messages/export/?site=riverside").status_code,
    ]

    assert answers == [404] * 6


def table(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/messages/export/{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_the_table_holds_the_proof_without_words_names_or_numbers(desk: Client, world: World, lucia: Patient) -> None:
    message = texted(world, lucia, provider="twilio", provider_sid="SM77", facts={"text": "Poison words"})
    texted(world, lucia, kind="moved", state="failed")

    rows, failed = table(desk), table(desk, "?show=problems")

    assert [(row["message_id"], row["provider_sid"], row["to"]) for row in rows if row["state"] == "delivered"] == [
        (str(message.pk), "SM77", "…2055")
    ]
    assert [row["kind"] for row in failed] == ["moved"]
    assert rows[0]["record_number"] == lucia.record_number
    text = str(rows)
    assert [word for word in ("Poison", "Moretti", "Lucia", "5550102055") if word in text] == []
    assert AuditEntry.objects.filter(action="message.exported", patient_id=lucia.pk).count() == 2


def test_the_table_costs_the_same_statements_and_composes_no_text(
    desk: Client, world: World, lucia: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_own_words(world, lucia, 1)
    monkeypatch.setattr("notifications.proof.shown", None)
    table(desk)
    with CaptureQueriesContext(connection) as one:
        table(desk)
    in_own_words(world, lucia, 12)

    with CaptureQueriesContext(connection) as many:
        rows = table(desk)

    assert (len(many), len(rows)) == (len(one), 13)


def test_every_field_of_the_table_is_quoted_and_nought_is_a_number(desk: Client, world: World, lucia: Patient) -> None:
    texted(world, lucia, attempt=0)

    text = desk.get("/messages/export/").content.decode()

    assert {(row[0], row.count('","'), row[-1]) for row in text.splitlines()} == {('"', 20, '"')}
    assert [row["attempts"] for row in table(desk)] == ["0"]


@pytest.mark.parametrize(
    ("query", "found"),
    [("?since=2026-11-17", 1), ("?until=2026-11-16", 2), ("?since=2026-11-16&until=2026-11-16", 1), ("?since=x", 3)],
)
def test_the_list_and_the_table_are_cut_by_the_sites_days(
    desk: Client, world: World, lucia: Patient, query: str, found: int
) -> None:
    midnight = dt.datetime(2026, 11, 17, 5, tzinfo=dt.UTC)  # in New York
    for hours in (-25, -1, 0):
        texted(world, lucia, subject=f"at-{hours}", due_at=midnight + dt.timedelta(hours=hours))

    listed = desk.get(f"/messages/{query}")

    assert (len(table(desk, query)), sum(len(rows) for _day, rows in listed.context["days"])) == (found, found)
    assert query == "?since=x" or query[1:].replace("&", "&amp;") in listed.content.decode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝", " =", "\n+", "\u00a0@"])
def test_no_cell_of_the_table_is_a_formula(desk: Client, world: World, lucia: Patient, start: str) -> None:
    texted(world, lucia, reason=f"{start}HYPERLINK(1)")

    (row,) = table(desk)

    assert row["reason"] == f"'{start}HYPERLINK(1)"


def test_too_long_a_table_is_refused_in_words(
    desk: Client, world: World, lucia: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.proof.MOST_EXPORTED", 1)
    texted(world, lucia)
    texted(world, lucia, kind="moved")

    assert desk.get("/messages/export/").status_code == 422
    assert len(table(desk, "?kind=moved")) == 1


def test_a_provider_that_is_away_is_said(desk: Client, world: World, lucia: Patient, settings: Any, clock: Any) -> None:
    settings.SEND_MESSAGES = True
    away = {"error_code": "unreached", "reason": "The SMS gateway can't be reached.", "handed_at": None}
    for number in range(3):
        texted(world, lucia, subject=f"s-{number}", state="pending", **away)
    texted(world, lucia, state="pending", handed_at=None)
    off = {"error_code": "30003", "reason": "The phone was off or out of reach.", "handed_at": None}
    for number in range(4):
        texted(world, lucia, subject=f"off-{number}", state="pending", **off)
    first = Message.objects.filter(error_code="unreached")[0]
    for minute in (20, 10):
        at = NOW + dt.timedelta(minutes=minute)
        MessageAttempt.objects.create(message=first, number=1, step="ended", at=at, outcome="not_sent")
    clock(NOW + dt.timedelta(minutes=30))

    shown = page(desk)

    assert "3 messages wait since 9:10am. The SMS gateway can&#x27;t be reached. They go out by themselves" in shown


@pytest.mark.parametrize(
    ("address", "shown"), [("lucia@example.com", "l…@example.com"), ("+15550102055", "…2055"), ("", "")]
)
def test_an_address_is_shown_by_its_end(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_the_role_table_is_kept(world: World, clock: Any) -> None:
    world.receptionist.memberships.update(role=Role.TECHNICIAN)
    client = Client()
    client.force_login(world.receptionist)

    assert [client.get(path).status_code for path in ("/messages/", "/messages/export/")] == [403, 403]


def test_the_right_number_is_typed_beside_the_wrong_one(desk: Client, world: World, lucia: Patient) -> None:
    message = texted(world, lucia)
    desk.post(f"/messages/{message.pk}/number-wrong/")

    desk.post(f"/messages/{message.pk}/another/", {"value": "(555) 010-2077"})
    refused = desk.post(f"/messages/{message.pk}/another/", {"value": "12"})

    used = ContactPoint.objects.get(patient=lucia, kind="phone", is_preferred=True)
    assert (used.value, used.is_usable, refused.status_code) == ("+15550102077", True, 422)


def test_who_may_not_read_messages_reads_none_in_a_visits_panel(desk: Client, world: World, lucia: Patient) -> None:
    message = texted(world, lucia, facts={"text": "Poison words"})
    technician = Client()
    technician.force_login(world.technician)

    shown = [page(client, f"/sessions/{message.session_id}/") for client in (desk, technician)]

    assert ["Poison words" in panel for panel in shown] == [True, False]
    assert ["<h2>Messages" in panel for panel in shown] == [True, False]


@pytest.mark.parametrize("path", ["/sessions/{0.session_id}/", "/courses/{0.course_id}/"])
def test_a_visit_and_a_course_read_the_words_of_all_their_messages_at_once(
    desk: Client, world: World, lucia: Patient, path: str
) -> None:
    in_own_words(world, lucia, 1)
    address = path.format(Message.objects.get())
    page(desk, address)
    with CaptureQueriesContext(connection) as one:
        page(desk, address)
    in_own_words(world, lucia, 9)

    with CaptureQueriesContext(connection) as many:
        shown = page(desk, address)

    assert (len(many), shown.count("Coming Tue")) == (len(one), 10)
