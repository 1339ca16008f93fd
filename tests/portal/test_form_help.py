"""Help where an answer in a form alarms: at once, on whatever phone, whatever became of the form, in both languages."""

import re
from typing import Any

import pytest
from django.test import Client

from attention import queries
from patients.models import FormRun, MeasureResult
from tests.factories import World
from tests.portal.filling import DAY, MINE, THEN, begin, fill, stale_tap, tap
from tests.portal.phone import check, seen, text_of


@pytest.fixture(autouse=True)
def due(world: World, clock: Any) -> None:
    """A daily course begins tomorrow and asks for the PHQ-9 before its first visit."""
    world.book()
    clock(THEN)


@pytest.fixture
def phone(world: World, client: Client) -> Client:
    """A phone on which the birth date was given."""
    check(client, world)
    return client


def test_the_ninth_question_above_zero_shows_whom_to_call_at_once_and_asks_for_a_clinician(
    world: World, phone: Client
) -> None:
    begin(phone)
    answered = fill(phone, 0, 0, 0, 0, 0, 0, 0, 0, 1)

    page = phone.get(answered["Location"])

    assert answered["Location"] == f"{MINE}help/"
    assert "Thank you for telling us." in seen(page)
    called = re.findall(r'href="((?:tel|sms):\+?\d+)"', text_of(page))
    assert called == ["tel:988", "sms:988", "tel:911", "tel:+15550102000"]
    assert f'href="{MINE}10/"' in text_of(page)
    kinds = [item.kind for item in queries.items(site_ids=[world.site.pk], now=THEN)]
    assert kinds[0] == "item_nine"


def test_whom_to_call_stays_in_sight_to_the_end_and_the_form_goes_on(phone: Client) -> None:
    begin(phone)
    fill(phone, *[1] * 9)
    shown = ["tel:988" in text_of(phone.get(f"{MINE}{at}")) for at in ("10/", "9/", "")]
    tap(phone, f"{MINE}9/", answer="0")
    tap(phone, f"{MINE}10/", answer="0")

    sent = tap(phone, MINE, do="send")

    assert shown == [True] * 3
    assert "tel:988" in text_of(phone.get(sent["Location"]))
    assert MeasureResult.objects.get().score == 8


def test_the_ninth_question_answered_on_a_phone_that_did_not_see_the_form_sent_shows_whom_to_call(
    world: World, phone: Client
) -> None:
    begin(phone)
    fill(phone, *[0] * 10)

    other, answered = stale_tap(world, phone, 9, "3", then=lambda: tap(phone, MINE, do="send"))
    page = other.get(answered["Location"])

    assert answered["Location"] == f"{MINE}help/"
    assert 'href="tel:988"' in text_of(page)
    assert "Go on with the form" not in seen(page)
    assert (FormRun.objects.get().alarm, MeasureResult.objects.get().score) == (3, 0)
    assert queries.items(site_ids=[world.site.pk], now=THEN)[0].kind == "item_nine"


def test_so_does_the_ninth_question_answered_after_a_week(world: World, phone: Client, clock: Any) -> None:
    begin(phone)
    fill(phone, *[0] * 8)
    clock(THEN + DAY)

    other, answered = stale_tap(world, phone, 9, "1", then=lambda: clock(THEN + 7 * DAY))

    assert answered["Location"] == f"{MINE}help/"
    assert 'href="tel:988"' in text_of(other.get(answered["Location"]))


def test_any_other_answer_to_a_form_that_was_sent_leads_to_the_thanks(world: World, phone: Client) -> None:
    begin(phone)
    fill(phone, *[0] * 10)

    other, answered = stale_tap(world, phone, 9, "0", then=lambda: tap(phone, MINE, do="send"))

    assert answered["Location"] == MINE
    assert "Thank you. Your answers are with your care team." in seen(other.get(MINE))
    assert other.get(f"{MINE}help/").status_code == 303


def test_without_such_an_answer_no_help_is_pressed_on_anybody(phone: Client) -> None:
    begin(phone)
    after = fill(phone, *[3] * 8, 0)

    assert (after["Location"], phone.get(f"{MINE}help/").status_code) == (f"{MINE}10/", 303)
    assert "tel:988" not in text_of(phone.get(f"{MINE}10/"))


@pytest.mark.parametrize(
    ("region", "call", "text", "to"),
    [
        ("US", "Llame al 988 y oprima 2", "Envíe AYUDA al 988", "sms:988?body=AYUDA"),
        ("PR", "Llame al 988 y oprima 2", "Envíe AYUDA al 988", "sms:988?body=AYUDA"),
        ("CA", "Llame al 988", "Escriba al 988", "sms:988"),  # its line speaks no Spanish
    ],
)
def test_in_spanish_it_says_how_to_reach_somebody_who_speaks_it(
    world: World, phone: Client, region: str, call: str, text: str, to: str
) -> None:
    world.site.region = region
    world.site.save()
    begin(phone)
    fill(phone, *[1] * 9)

    page = phone.get(f"{MINE}help/?lang=es")

    assert f"llame ahora: {call} {text} ¿En peligro? Llame al 911" in seen(page)
    assert f'href="{to}"' in text_of(page)
    assert "Hay quien puede acompañarle." in seen(page)


def test_where_those_numbers_are_not_answered_they_are_not_named(world: World, phone: Client) -> None:
    world.site.region = "ES"
    world.site.save()
    begin(phone)
    fill(phone, *[1] * 9)

    page = seen(phone.get(f"{MINE}help/"))

    assert ("988" in page, "911" in page) == (False, False)
    assert "Call the emergency number where you are." in page
