"""What patients wrote, on the page of messages: first what waits, for who may see patients, settled in one click."""

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.test import Client

from attention.actions import finish_item
from clinic.models import AuditEntry, StaffUser
from notifications.models import InboundMessage
from tests.attention.reply_scenes import write, write_again
from tests.factories import NOW, World

MARIA, DANIEL, FOREIGN, STRANGER = "+15550102040", "+15550102041", "+15550103333", "+15550107777"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def texts(world: World, clock: Any) -> list[InboundMessage]:
    """Maria asks, Daniel is in danger, a stranger wrote, and somebody at the other site has a secret."""
    written = [
        write(MARIA, "is it <b>ok</b> to eat?", NOW),
        write(DANIEL, "I want to die", NOW + MINUTE),
        write(STRANGER, "HELP", NOW + 2 * MINUTE),
    ]
    write(FOREIGN, "a secret of somebody else", NOW)
    return written


def as_user(user: StaffUser) -> Client:
    client = Client()
    client.force_login(user)
    return client


def inbox(client: Client) -> str:
    """Return what a person reads in the inbox, row by row."""
    page = client.get("/messages/").content.decode()
    part = page.partition('id="inbox"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", part)))


def test_a_crisis_stands_first_then_what_waits_then_the_rest(world: World) -> None:
    shown = inbox(as_user(world.receptionist))

    order = [shown.index(words) for words in ("2 to answer", "I want to die", "is it <b>ok</b> to eat?", "Earlier: 1")]
    assert order == sorted(order)
    assert "Okafor, D. Mon Nov 16, 9:01am I want to die Nothing was changed. Call now." in shown
    assert ("Nobody known by this number" in shown, "secret" in shown) == (True, False)


def test_what_waits_stands_first_however_much_came_in_since(world: World, texts: list[InboundMessage]) -> None:
    write_again(texts[2], 201)

    shown = inbox(as_user(world.receptionist))

    order = [shown.index(words) for words in ("2 to answer", "is it <b>ok</b> to eat?", "Earlier: 20", "HELP")]
    assert order == sorted(order)


def test_a_text_of_this_minute_waits_before_the_worker_saw_it(world: World) -> None:
    write(MARIA, "hello?", NOW, is_worked=False)

    assert "3 to answer" in inbox(as_user(world.receptionist))


def test_what_they_wrote_is_text_and_never_markup(world: World) -> None:
    page = as_user(world.receptionist).get("/messages/").content.decode()

    assert ("&lt;b&gt;ok&lt;/b&gt;" in page, "<b>ok</b>" in page) == (True, False)


def test_one_click_says_what_was_done_and_by_whom(world: World, texts: list[InboundMessage]) -> None:
    desk = as_user(world.receptionist)

    answer = desk.post(f"/messages/inbound/{texts[0].pk}/done/", {"what": "Called"})

    assert (answer.status_code, answer["Location"]) == (302, "/messages/#inbox")
    assert "Called: Rosa, Mon Nov 16, 9am" in inbox(desk)


def test_what_was_finished_on_the_list_is_no_longer_to_answer(world: World, texts: list[InboundMessage]) -> None:
    finish_item(request=world.request, key=f"reply:{texts[0].pk}", now=NOW + 3 * MINUTE)

    assert "1 to answer" in inbox(as_user(world.receptionist))


def test_the_number_to_call_is_one_tap_away(world: World) -> None:
    page = as_user(world.receptionist).get("/messages/").content.decode()

    assert f'href="tel:{DANIEL}"' in page


def test_every_look_is_noted(world: World) -> None:
    inbox(as_user(world.receptionist))

    rows = AuditEntry.objects.filter(action="inbound.read").values_list("actor", "patient_id")
    assert set(rows) == {(world.receptionist.pk, pk) for pk in (None, world.maria.pk, world.daniel.pk)}


def test_an_auditor_reads_the_proof_and_not_what_patients_wrote(world: World) -> None:
    page = as_user(world.auditor).get("/messages/").content.decode()

    assert ("I want to die" in page, 'id="inbox"' in page) == (False, False)
    assert AuditEntry.objects.filter(action="inbound.read").count() == 0


def test_another_sites_text_can_not_be_settled(world: World, texts: list[InboundMessage]) -> None:
    answer = as_user(world.outsider).post(f"/messages/inbound/{texts[0].pk}/done/", {"what": "Called"})

    assert (answer.status_code, InboundMessage.objects.get(pk=texts[0].pk).done_at) == (404, None)
