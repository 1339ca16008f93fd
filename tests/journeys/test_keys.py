import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clinic import preferences
from scheduling.models import Session
from tests.factories import World
from tests.journeys.axe import clean

pytestmark = [pytest.mark.journey, pytest.mark.once]
TUESDAY = dt.date(2026, 11, 17)
# What the focus is on is there to be seen: on the page, in the window, not under what sticks to its top.
SEEN = """() => {
  const box = document.activeElement.getBoundingClientRect();
  return document.activeElement !== document.body && box.height > 0 && box.bottom > 56 && box.top < innerHeight;
}"""


@pytest.fixture
def visits(page: Page, live_server: Any, signed_in: World, clock: Any) -> list[Session]:
    """Today's board with Daniel at nine and Maria at ten."""
    early = signed_in.book(signed_in.daniel, start_on=TUESDAY, preferred_minute=540)
    late = signed_in.book(start_on=TUESDAY, preferred_minute=600)
    clock("2026-11-17T14:05:00+00:00")
    page.goto(live_server.url, timeout=30_000)  # the first page of a run waits for everything to be read
    return [Session.objects.get(course=course, number=1) for course in (early, late)]


def card(page: Page, session: Session) -> Any:
    return page.locator(f"#visit-{session.pk}")


def test_keys_walk_open_and_close_and_the_focus_is_always_seen(page: Page, visits: list[Session]) -> None:
    first, second = visits
    seen = []
    for key, where in (("j", first), ("j", second), ("k", first), ("j", second)):
        page.keyboard.press(key)
        expect(card(page, where)).to_be_focused()
        seen.append(page.evaluate(SEEN))
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel]")).to_contain_text("Maria Garcia")
    expect(page.locator("[data-panel]")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("[data-panel]")).to_contain_text("Daniel Okafor")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    expect(page.locator("[data-panel]")).to_be_visible()  # the innermost closes, and only that
    page.keyboard.press("Escape")
    expect(card(page, first)).to_be_focused()
    seen.append(page.evaluate(SEEN))
    page.click(".ck-rail .ck-menu summary")
    page.keyboard.press("Escape")
    expect(page.locator(".ck-rail .ck-menu summary")).to_be_focused()
    expect(page.locator(".ck-menu-box")).to_be_hidden()

    assert seen == [True] * 5


def test_a_key_that_can_do_nothing_says_so_and_one_pressed_while_typing_is_a_letter(
    page: Page, visits: list[Session]
) -> None:
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.locator("#said-line")).to_have_text("Complete isn't the next step of this visit.")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("sax")
    expect(page.locator("#find")).to_have_value("sax")
    page.keyboard.press("Control+Shift+?")

    assert {s.state for s in Session.objects.filter(pk__in=[v.pk for v in visits])} == {"booked"}


def test_single_keys_rest_when_they_are_switched_off_and_chords_go_on(
    page: Page, live_server: Any, signed_in: World, visits: list[Session]
) -> None:
    page.keyboard.press("?")
    page.click("#help [name=switch][value=off]")
    expect(page.locator("body")).to_have_attribute("data-keys", "off")
    card(page, visits[0]).focus()
    for key in ("j", "a", "?", "b"):
        page.keyboard.press(key)
    expect(card(page, visits[0])).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()

    assert Session.objects.get(pk=visits[0].pk).state == "booked"


def test_initials_take_the_place_of_names_and_the_hand_stays_where_it_was(
    page: Page, signed_in: World, visits: list[Session]
) -> None:
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator("[data-privacy] button")).to_contain_text("Show names")
    expect(card(page, visits[0])).to_be_focused()
    page.goto(page.url.split("?")[0] + "courses/new/")
    page.fill("#first_name", "Nadia")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("p")
    expect(page.locator("#said-line")).to_contain_text("Names change on the next page")
    expect(page.locator("#first_name")).to_have_value("Nadia")

    signed_in.receptionist.refresh_from_db()
    assert signed_in.receptionist.is_private is False


def test_the_help_sheet_is_accessible(page: Page, live_server: Any, signed_in: World, visits: list[Session]) -> None:
    preferences.set_preference(user=signed_in.receptionist, name="is_private", value=True)
    page.goto(f"{live_server.url}/me/")
    page.keyboard.press("?")
    clean(page, "help")
