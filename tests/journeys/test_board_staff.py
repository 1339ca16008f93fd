"""The day by staff in a browser: one visit with two people, walked and stepped by keys, open beside, never dragged."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scheduling.models import Session
from tests.factories import World
from tests.journeys import axe

pytestmark = [pytest.mark.journey, pytest.mark.once]
DAY = dt.date(2026, 11, 17)


@pytest.fixture
def first(page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]) -> Session:
    """A first visit at nine, which an operator and a psychiatrist are needed for; it is ten to nine."""
    visit = Session.objects.get(course=signed_in.book(start_on=DAY, preferred_minute=540), number=1)
    signed_in.visit(signed_in.daniel, start_on=DAY, preferred_minute=780)
    clock("2026-11-17T13:50:00+00:00")
    page.goto(f"{live_server.url}/?day={DAY}")
    page.click("[data-view=staff]")
    expect(page.locator(f"#visit-{visit.pk}-2")).to_be_visible()
    return visit


def test_a_visit_is_stepped_in_one_column_and_changes_in_all(page: Page, first: Session) -> None:
    page.locator(f"#visit-{first.pk}-2").focus()
    page.keyboard.press("a")

    for card in (f"#visit-{first.pk}", f"#visit-{first.pk}-2"):
        expect(page.locator(f"{card} .ck-state")).to_contain_text("Here")
    expect(page.locator(f"#visit-{first.pk}-2")).to_be_focused()
    expect(page.locator("#filter-here b")).to_have_text("1")
    assert axe.faults(page) == []


def test_the_panel_gives_the_focus_back_to_the_card_it_was_opened_from(page: Page, first: Session) -> None:
    page.locator(f"#visit-{first.pk}-2").click()
    expect(page.locator("[data-panel]")).to_be_visible()
    expect(page.locator("[aria-selected=true]")).to_have_attribute("id", f"visit-{first.pk}-2")
    page.keyboard.press("Escape")
    expect(page.locator(f"#visit-{first.pk}-2")).to_be_focused()


def test_j_and_k_go_through_every_card_beside_an_open_visit_too(page: Page, first: Session) -> None:
    cards = page.locator(".ck-board .ck-visit").evaluate_all("(all) => all.map((card) => card.id)")
    page.locator(f"#{cards[0]}").focus()
    walked = [cards[0]]
    for _more in cards[1:]:
        page.keyboard.press("j")
        walked.append(page.evaluate("document.activeElement.id"))
    assert walked == cards

    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel] :focus, [data-panel]:focus")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator("[aria-selected=true]")).to_have_attribute("id", cards[-1])


def test_it_is_moved_by_key_and_not_by_drag(page: Page, first: Session) -> None:
    card = page.locator(f"#visit-{first.pk}-2")
    at = card.bounding_box()
    assert at is not None
    page.mouse.move(at["x"] + 30, at["y"] + 8)
    page.mouse.down()
    page.mouse.move(at["x"] + 30, at["y"] + 120, steps=5)
    expect(page.locator(".ck-ghost")).to_have_count(0)
    page.mouse.up()

    page.keyboard.press("Escape")
    card.focus()
    page.keyboard.press("m")
    expect(page.locator("[data-panel] h2", has_text="Move to")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("Moved to")


def test_news_and_the_choice_of_view_stay(page: Page, live_server: Any, first: Session) -> None:
    Session.objects.filter(pk=first.pk).update(state="arrived", arrived_at=first.starts_at, version=2)
    page.evaluate("window.htmx.trigger('#day', 'look')")
    expect(page.locator(f"#visit-{first.pk}-2 .ck-state")).to_contain_text("Here")

    page.click("[data-filter=here]")
    expect(page.locator("[data-filter=here]")).to_have_attribute("aria-pressed", "true")
    page.goto(f"{live_server.url}/?day={DAY}")
    expect(page.locator("[data-view=staff]")).to_have_attribute("aria-current", "true")
