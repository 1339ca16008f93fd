"""Whom to call, for somebody who can't come because of how they feel: the same help as a form shows."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import World
from tests.portal.phone import path_of, seen, text_of


@pytest.fixture(autouse=True)
def booked(world: World, clock: Any) -> None:
    """There are visits ahead, so the link is good."""
    world.book()


def test_elsewhere_it_names_no_numbers_that_nobody_answers_there(world: World, client: Client) -> None:
    world.site.region = "ES"
    world.site.save()

    page = client.get(f"{path_of(world)}feel/")

    assert ("988" in text_of(page), "tel:911" in text_of(page), "+15550102000" in text_of(page)) == (False, False, True)
    assert "In danger? Call the emergency number where you are. Go on" in seen(page)


@pytest.mark.parametrize(
    ("language", "words", "text_to"),
    [
        ("en", "call now: Call 988 Text 988 In danger? Call 911", "sms:988"),
        (
            "es",
            "llame ahora: Llame al 988 y oprima 2 Envíe AYUDA al 988 ¿En peligro? Llame al 911",
            "sms:988?body=AYUDA",
        ),
    ],
)
def test_how_i_feel_shows_the_same_help_as_a_form_in_both_languages(
    world: World, client: Client, language: str, words: str, text_to: str
) -> None:
    page = client.get(f"{path_of(world)}feel/?lang={language}")

    assert words in seen(page)
    assert f'href="{text_to}"' in text_of(page)
