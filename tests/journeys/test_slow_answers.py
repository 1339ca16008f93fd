"""An answer that is slow finds its place, whatever came before it: its toast and its way back are not lost."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from scheduling.models import Session
from tests.factories import World

pytestmark = [pytest.mark.journey, pytest.mark.once]
TODAY = dt.date(2026, 11, 17)
NOW = dt.datetime(2026, 11, 17, 15, 5, tzinfo=dt.UTC)


class Slow:
    """Keeps back the answers to one address after the server has given them."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.kept: list[tuple[Route, APIResponse]] = []
        page.route(address, lambda route: self.kept.append((route, route.fetch())))

    def wait(self) -> None:
        while not self.kept:
            self.page.wait_for_timeout(20)

    def let_go(self) -> None:
        for route, answer in self.kept:
            route.fulfill(response=answer)


@pytest.fixture
def visits(signed_in: World, clock: Any) -> list[Session]:
    """Daniel's and Maria's visits at 10am, five minutes ago, each on a device of its own."""
    courses = [signed_in.book(who, start_on=TODAY, preferred_minute=600) for who in (signed_in.daniel, signed_in.maria)]
    clock(NOW.isoformat())
    return [Session.objects.get(course=course, number=1) for course in courses]


def look(page: Page, part: str, word: str) -> None:
    with page.expect_response(lambda answer: word in answer.url and answer.status == 200):
        page.evaluate(f"window.htmx.trigger('{part}', '{'look' if part == '#day' else 'changed'}')")
    page.wait_for_timeout(100)  # what is laid in is laid in right after


@pytest.mark.parametrize("view", ["board", "list"])
def test_news_that_knows_of_a_step_before_its_answer_comes_takes_no_toast_away(
    page: Page, live_server: Any, visits: list[Session], quiet_console: list[str], view: str
) -> None:
    page.goto(f"{live_server.url}/?view={view}")
    card = page.locator(f"#visit-{visits[0].pk}:visible")
    slow = Slow(page, "**/arrive/")
    card.locator("[data-verb=arrive]").first.click()
    slow.wait()
    look(page, "#day", f"view={view}")

    slow.let_go()

    expect(page.locator("#toast")).to_contain_text("is here.")
    expect(card.locator(".ck-state").first).to_have_text("Here")
    expect(card.locator("[data-verb=start]").first).to_be_visible()


@pytest.mark.parametrize("view", ["board", "list"])
def test_of_two_steps_the_later_one_is_told_of_and_taken_back_whichever_answer_is_slower(
    page: Page, live_server: Any, visits: list[Session], quiet_console: list[str], view: str
) -> None:
    page.goto(f"{live_server.url}/?view={view}")
    first, second = (page.locator(f"#visit-{row.pk}:visible") for row in visits)
    slow = Slow(page, f"**/{visits[0].pk}/arrive/")
    first.locator("[data-verb=arrive]").first.click()
    slow.wait()
    second.locator("[data-verb=arrive]").first.click()
    expect(page.locator("#toast")).to_contain_text("Maria Garcia, Mar 7, 1984, is here.")

    slow.let_go()

    for card in (first, second):
        expect(card.locator("[data-verb=start]").first).to_be_visible()
    expect(page.locator("#toast")).to_contain_text("Maria Garcia, Mar 7, 1984, is here.")
    page.keyboard.press("u")
    expect(second.locator("[data-verb=arrive]").first).to_be_visible()
    expect(first.locator(".ck-state").first).to_have_text("Here")


def test_a_part_is_not_drawn_anew_over_what_was_opened_while_it_was_asked_for(
    page: Page, live_server: Any, visits: list[Session], quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/attention/")
    slow = Slow(page, "**/attention/*")
    page.evaluate("window.htmx.trigger('#queue', 'changed')")
    slow.wait()
    page.evaluate(
        "document.getElementById('queue').insertAdjacentHTML('beforeend', '<details open id=held><summary>x</summary>')"
    )

    with page.expect_response("**/attention/*"):
        slow.let_go()

    page.wait_for_timeout(100)
    expect(page.locator("#held")).to_have_count(1)
