"""A glance at a visit: it comes to a hand that rests on its card, never gets in the way, and goes as it was told."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from clinic import preferences
from clinic.models import AuditEntry
from scheduling.models import Session
from tests.factories import World
from tests.journeys.test_card_menu import in_both_schemes

pytestmark = [pytest.mark.journey, pytest.mark.once]
TUESDAY = dt.date(2026, 11, 17)
LONGER = 700  # milliseconds: it would be there by then


@pytest.fixture
def visits(page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]) -> list[Session]:
    """Today's board with Daniel at nine and Maria at ten."""
    early = signed_in.book(signed_in.daniel, start_on=TUESDAY, preferred_minute=540, counts={"acute": 8})
    late = signed_in.book(start_on=TUESDAY, preferred_minute=600, counts={"acute": 8})
    Session.objects.filter(course=late).update(note="Left headrest")
    clock("2026-11-17T14:05:00+00:00")
    page.goto(live_server.url, timeout=30_000)
    return [Session.objects.get(course=course, number=1) for course in (early, late)]


def card(page: Page, session: Session) -> Locator:
    return page.locator(f"#visit-{session.pk}")


def glance(page: Page) -> Locator:
    return page.locator("#peek")


def glances() -> int:
    return AuditEntry.objects.filter(action="visit.peeked").count()


def test_it_comes_to_a_pointer_that_rests_stays_while_pointed_at_and_goes_with_it(
    page: Page, visits: list[Session]
) -> None:
    card(page, visits[1]).hover()
    expect(glance(page)).to_contain_text("(555) 010-2040")
    expect(glance(page)).to_contain_text("Left headrest")
    expect(glance(page).locator(".ck-dot")).to_have_count(14)
    assert in_both_schemes(page) == []

    glance(page).hover()
    page.wait_for_timeout(LONGER)
    expect(glance(page)).to_be_visible()
    page.mouse.move(1300, 700)
    expect(glance(page)).to_be_hidden()
    assert glances() == 1


def test_a_pointer_that_passes_asks_for_nothing_and_a_pressed_one_drags(page: Page, visits: list[Session]) -> None:
    for session in visits:
        card(page, session).hover()
        page.wait_for_timeout(100)
    page.mouse.move(1300, 700)
    page.wait_for_timeout(LONGER)
    expect(glance(page)).to_be_hidden()

    card(page, visits[1]).hover(position={"x": 20, "y": 8})
    page.mouse.down()
    page.mouse.move(700, 500, steps=3)
    page.wait_for_timeout(LONGER)
    expect(page.locator(".ck-ghost")).to_have_count(1)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert glances() == 0


def test_by_keys_it_comes_to_the_card_in_hand_and_escape_takes_it_and_not_the_focus(
    page: Page, visits: list[Session]
) -> None:
    first, second = visits
    page.keyboard.press("j")
    expect(glance(page)).to_contain_text("(555) 010-2041")
    expect(card(page, first)).to_have_attribute("aria-describedby", "peek-says")
    page.keyboard.press("Escape")
    expect(glance(page)).to_be_hidden()
    expect(card(page, first)).to_be_focused()
    page.wait_for_timeout(LONGER)
    expect(glance(page)).to_be_hidden()

    page.keyboard.press("j")
    expect(card(page, second)).to_be_focused()
    expect(glance(page)).to_contain_text("(555) 010-2040")
    page.keyboard.press("a")
    expect(card(page, second).locator(".ck-state")).to_have_text("Here")
    expect(glance(page)).to_be_hidden()


def test_it_is_not_there_beside_the_panel_of_its_visit_and_is_beside_that_of_another(
    page: Page, visits: list[Session]
) -> None:
    first, second = visits
    card(page, first).locator("[data-open]").click()
    expect(page.locator("[data-panel]")).to_be_focused()
    page.mouse.move(1, 400)
    card(page, first).hover(position={"x": 20, "y": 8})
    page.wait_for_timeout(LONGER)
    expect(glance(page)).to_be_hidden()

    card(page, second).hover(position={"x": 20, "y": 8})
    expect(glance(page)).to_contain_text("(555) 010-2040")
    page.keyboard.press("Escape")
    expect(glance(page)).to_be_hidden()
    expect(page.locator("[data-panel]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("[data-panel]")).to_have_count(0)


def test_a_finger_goes_straight_to_the_panel(page: Page, visits: list[Session]) -> None:
    card(page, visits[0]).focus()
    expect(glance(page)).to_be_visible()
    page.keyboard.press("Escape")
    card(page, visits[1]).dispatch_event("pointerover", {"pointerType": "touch", "clientX": 300, "clientY": 300})
    page.wait_for_timeout(LONGER)

    expect(glance(page)).to_be_hidden()


def test_without_names_it_has_no_number(page: Page, signed_in: World, visits: list[Session]) -> None:
    preferences.set_preference(user=signed_in.receptionist, name="is_private", value=True)
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("j")

    expect(glance(page)).to_contain_text("G. M.")
    expect(glance(page)).to_contain_text("Left headrest")
    expect(glance(page)).not_to_contain_text("010-2040")
