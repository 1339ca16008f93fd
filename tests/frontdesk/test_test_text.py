"""The page of the test text: a manager's, its number in no log and no row, the gateway's answer in place."""

import logging
import re
from typing import Any

import pytest
from django.test import Client

from clinic.domain.permissions import Role
from clinic.models import AuditEntry, IdempotencyKey, StaffUser
from notifications.actions import arming
from notifications.channels import sms
from tests.factories import NOW, World, make_staff
from tests.servers import Gateway, sms_gateway

pytestmark = pytest.mark.once
PATH = "/settings/test/?site=riverside"
PHONE = "(555) 010-2049"
WORDS = "Riverside Clinic: This is a test. Texts from us look like this. STOP to opt out."


def as_user(user: StaffUser) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def manager(world: World, clock: Any) -> Client:
    return as_user(make_staff("maya@example.com", Role.MANAGER, world.site))


@pytest.fixture
def gateway(settings: Any, tmp_path: Any) -> Any:
    """An SMS gateway the product is pointed at, armed."""
    with sms_gateway() as running:
        settings.SENDER_FILE = tmp_path / "sender"
        settings.SEND_MESSAGES = True
        settings.SMS = {"account": "AC1", "token": "secret", "from": "+15550109999"}
        settings.SMS_API_BASE = running.address
        yield running
        sms.close_client()


def page_of(answer: Any) -> str:
    return str(answer.content.decode())


def key_in(client: Client) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page_of(client.get(PATH)))
    assert found
    return found[1]


def send(client: Client, number: str = PHONE, key: str = "") -> Any:
    return client.post(PATH, {"number": number, "key": key or key_in(client)})


def said(answer: Any) -> str:
    found = re.search(r'id="told".*?<div>(.*?)</div>', page_of(answer), re.DOTALL)
    return re.sub(r"<.*?>", "", found[1]) if found else ""


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MANAGER])
def test_nobody_else_gets_in(world: World, clock: Any, gateway: Gateway, role: Role) -> None:
    client = as_user(make_staff("nina@example.com", role, world.site))

    answers = [client.get(PATH), client.post(PATH, {"number": PHONE, "key": "k"})]

    assert ([answer.status_code for answer in answers], gateway.texts) == ([403, 403], [])


def test_another_site_is_not_there(world: World, clock: Any, gateway: Gateway) -> None:
    client = as_user(make_staff("omar@example.com", Role.MANAGER, world.other_site))

    answers = [client.get(PATH), client.post(PATH, {"number": PHONE, "key": "k"})]

    assert ([answer.status_code for answer in answers], gateway.texts) == ([404, 404], [])


def test_the_menu_and_the_checklist_lead_to_it(manager: Client) -> None:
    links = [page_of(manager.get(path)).count('href="/settings/test/?site=riverside"') for path in ("/settings/", PATH)]

    assert links == [2, 1]


def test_what_was_sent_is_said_in_place(manager: Client, gateway: Gateway) -> None:
    answer = send(manager)

    told = "The gateway took the text. Look at the phone: it arrives within a minute or so."
    assert (answer.status_code, said(answer), len(gateway.texts)) == (200, told, 1)


def test_a_refusal_of_the_gateway_is_said_in_plain_words(manager: Client, gateway: Gateway) -> None:
    gateway.moods = ["refuse:21614"]

    told = (
        "The text was not sent. This number can&#x27;t get texts. It is not a mobile. It is not tried again by itself."
    )
    assert said(send(manager)) == told


def test_a_lost_answer_says_that_nobody_knows(manager: Client, gateway: Gateway) -> None:
    gateway.moods = ["hang_up"]

    told = "The gateway did not answer. Look at the phone. It is not sent again by itself."
    assert said(send(manager)) == f"Nobody knows whether it arrived. {told}"


def test_with_sending_off_the_page_shows_the_text_and_what_turns_it_on(manager: Client) -> None:
    looked, sent = manager.get(PATH), send(manager)

    told = (
        "Sending is off on this server, so nothing leaves. Turn it on where the server is started, then start it again:"
    )
    assert [said(answer) for answer in (looked, sent)] == [f"{told} SEND_MESSAGES=true"] * 2
    assert [WORDS in page_of(answer) for answer in (looked, sent)] == [True, True]
    assert AuditEntry.objects.filter(action="message.tested").count() == 0


def test_a_sender_that_is_not_armed_says_how_to_arm_it(manager: Client, gateway: Gateway) -> None:
    arming.disarm()

    assert said(send(manager)).endswith("then type on the server: manage.py arm_sender")
    assert gateway.texts == []


def test_the_fourth_within_an_hour_is_refused(manager: Client, gateway: Gateway) -> None:
    codes = [send(manager).status_code for _test in range(4)]

    assert (codes, len(gateway.texts)) == ([200, 200, 200, 422], 3)


def test_a_second_click_sends_nothing_more(manager: Client, gateway: Gateway) -> None:
    codes = [send(manager, key="one-page").status_code for _click in range(2)]

    assert (codes, len(gateway.texts)) == ([200, 409], 1)


def test_a_page_without_its_key_sends_nothing(manager: Client, gateway: Gateway) -> None:
    answer: Any = manager.post(PATH, {"number": PHONE})

    assert (answer.status_code, gateway.texts) == (400, [])


def test_a_number_that_can_not_be_used_stays_in_its_field_with_the_reason(manager: Client, gateway: Gateway) -> None:
    answer = send(manager, "555 01")

    html = page_of(answer)
    assert (answer.status_code, gateway.texts) == (422, [])
    assert ('value="555 01"' in html, "too few or too many digits" in html) == (True, True)


def test_the_number_is_in_no_log_no_session_and_no_row(
    manager: Client, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.moods = ["ok", "refuse:21211", "hang_up"]
    with caplog.at_level(logging.DEBUG):
        for _test in range(4):
            send(manager)
        send(manager, "010-2049")

    kept = [*AuditEntry.objects.values(), *IdempotencyKey.objects.values(), dict(manager.session.items())]
    digits = re.sub(r"[^0-9a-zA-Z]", "", f"{kept} {caplog.text}")
    assert ("messagetested" in digits, "5550102049" in digits, "0102049" in digits) == (True, False, False)


def test_looking_at_the_page_changes_nothing(manager: Client, gateway: Gateway) -> None:
    answers = [manager.get(PATH).status_code for _look in range(2)]

    assert (answers, gateway.texts, AuditEntry.objects.filter(at__gte=NOW, action="message.tested").count()) == (
        [200, 200],
        [],
        0,
    )
