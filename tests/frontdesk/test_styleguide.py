"""The style guide shows every state, and the colours of each hold what they promise."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from frontdesk import samples
from frontdesk.show import LOOKS
from tests.factories import World

TOKENS = (Path(__file__).parents[2] / "frontdesk/static/frontdesk/tokens.css").read_text()


def test_it_shows_every_state_of_a_visit_and_is_for_staff_only(world: World, clock: Any, client: Client) -> None:
    refused = client.get("/styleguide/")
    client.force_login(world.technician)

    page = client.get("/styleguide/").content.decode()

    assert (refused.status_code, refused["Location"]) == (302, "/accounts/login/?next=%2Fstyleguide%2F")
    assert [look.word for look in LOOKS.values() if f"</svg>{look.word}</span>" not in page] == []
    assert [word for word in ("Planned", "Confirmed", "12 min late") if f"</svg>{word}</span>" not in page] == []


def colour(name: str, *, is_dark: bool) -> str:
    found = re.search(rf"--{name}: light-dark\((#\w{{6}}), (#\w{{6}})\)", TOKENS)
    assert found is not None
    return found[2 if is_dark else 1]


def brightness(value: str) -> float:
    parts = [int(value[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("name", samples.INKS)
def test_every_state_can_be_read_on_its_own_ground(name: str, is_dark: bool) -> None:
    ink, fill = (colour(f"{name}-{part}", is_dark=is_dark) for part in ("ink", "fill"))

    assert contrast(ink, fill) >= 4.5


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("fill", ["surface", "canvas", "sunken", *(f"{name}-fill" for name in samples.INKS)])
def test_the_faintest_text_can_be_read_on_every_ground(fill: str, is_dark: bool) -> None:
    assert contrast(colour("text-3", is_dark=is_dark), colour(fill, is_dark=is_dark)) >= 4.5
