"""The counter of interactions counts what a person does, once: otherwise every cap below it means nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.journey, pytest.mark.once]
FORM = """
<input id=word><button id=go type=button>Go</button><label><input type=checkbox id=tick> <b>Tick</b></label>
<p id=stone draggable=false style="width:40px;height:40px">Stone</p>
"""


def typed(page: Page) -> None:
    page.fill("#word", "gar")
    page.press("#word", "Tab")


def dragged(page: Page) -> None:
    page.hover("#stone")
    page.mouse.down()
    page.mouse.move(400, 400)
    page.mouse.up()


DEEDS: dict[str, tuple[Callable[[Page], Any], int]] = {
    "a click": (lambda page: page.click("#go"), 1),
    "a key": (lambda page: page.press("body", "j"), 1),
    "a chord": (lambda page: page.press("body", "Control+k"), 1),
    "a field filled": (typed, 1),
    "a box ticked by its label": (lambda page: page.click("label"), 1),
    "a box ticked by its word": (lambda page: page.click("label b"), 1),
    "a button pressed by Enter": (lambda page: page.press("#go", "Enter"), 1),
    "a drag": (dragged, 1),
    "going from field to field": (lambda page: page.press("#word", "Tab"), 0),
    "two clicks": (lambda page: page.click("#go", click_count=2), 2),
}


@pytest.mark.parametrize("name", DEEDS)
def test_each_deed_is_counted_once(page: Page, interactions: Callable[[], int], live_server: Any, name: str) -> None:
    page.goto(f"{live_server.url}/livez")
    page.evaluate("(html) => { document.body.innerHTML = html; }", FORM)
    do, number = DEEDS[name]

    do(page)

    assert interactions() == number
