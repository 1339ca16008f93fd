import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from scheduling.models import Session
from tests.factories import World
from tests.journeys.axe import clean

pytestmark = [pytest.mark.journey, pytest.mark.once]
TUESDAY = dt.date(2026, 11, 17)
OPENS = """() => {
  const from = performance.now();
  document.querySelector("[data-open-palette]").click();
  document.getElementById("palette").getBoundingClientRect();
  const took = performance.now() - from;
  return [document.getElementById("palette").open, took];
}"""
FINDS = """(text) => {
  const field = document.getElementById("palette-q");
  const from = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  document.getElementById("palette").getBoundingClientRect();
  return performance.now() - from;
}"""


@pytest.fixture
def visit(page: Page, live_server: Any, signed_in: World, clock: Any) -> Session:
    course = signed_in.book(signed_in.daniel, start_on=TUESDAY, preferred_minute=540)
    clock("2026-11-17T14:05:00+00:00")
    page.goto(live_server.url)
    return Session.objects.get(course=course, number=1)


def test_a_course_for_somebody_is_begun_in_three_interactions_from_any_page(
    page: Page, live_server: Any, signed_in: World, interactions: Callable[[], int]
) -> None:
    page.goto(f"{live_server.url}/patients/")
    page.focus("#main input >> nth=0")
    before = interactions()
    page.keyboard.press("Control+k")
    page.keyboard.type("bo gar")
    page.keyboard.press("Enter")  # before the answer is there: it waits for it
    expect(page.locator(".ck-person")).to_contain_text("Maria Garcia")

    assert interactions() - before <= 3
    assert f"patient={signed_in.maria.pk}" in page.url


def test_it_opens_and_finds_at_once_does_what_is_in_hand_first_and_gives_the_focus_back(
    page: Page, visit: Session
) -> None:
    card = page.locator(f"#visit-{visit.pk}")
    is_open, opened = page.evaluate(OPENS)
    found = page.evaluate(FINDS, "pat")
    page.keyboard.press("Escape")
    card.focus()
    page.keyboard.press("Control+k")
    chosen = page.locator("#palette-list [aria-selected=true]")
    expect(chosen).to_contain_text("Arrive: Okafor, D.")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(card).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("oka")
    expect(page.locator("#palette-found")).to_contain_text("Okafor, Daniel")
    expect(chosen).to_contain_text("Arrive: Okafor, D.")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(card.locator(".ck-state")).to_have_text("Here")
    expect(page.locator(".ck-toast")).to_contain_text("is here.")
    expect(card).to_be_focused()
    page.keyboard.press("u")
    expect(card.locator(".ck-state")).to_have_text("Booked")

    assert (is_open, opened <= 60, found <= 100) == (True, True, True), (opened, found)


def test_what_it_shows_is_by_role_and_accessible_and_nothing_found_has_a_way_on(
    page: Page, context: BrowserContext, live_server: Any, signed_in: World, clock: Any
) -> None:
    page.goto(live_server.url)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-list")).to_contain_text("Book a course")
    page.keyboard.type("gar")
    expect(page.locator("#palette-found")).to_contain_text("Garcia, Maria")
    clean(page, "palette")
    page.keyboard.type("xyz")
    expect(page.locator("#palette-note")).to_have_text('Nothing called "garxyz".')
    page.click("[data-palette-help]")
    expect(page.locator("#help")).to_be_visible()
    sign_in_as(context, live_server, signed_in.auditor)
    page.goto(live_server.url)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-list")).to_contain_text("Messages")
    expect(page.locator("#palette-list")).not_to_contain_text("Book a course")


def sign_in_as(context: BrowserContext, live_server: Any, user: Any) -> None:
    client = Client()
    client.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
