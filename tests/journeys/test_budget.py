"""What a deed may cost at the most (screens.md 3.17): clicks, keys and completed fields, counted in a browser.

Rows shown where their screen is shown: no-show and make-up in test_panel.py; a patient found in test_find.py; a visit
moved by three keys, and the rest of a course, in test_move.py; 36 sessions for somebody new in test_desk.py, for
somebody known in test_planner.py; a freed time in test_waitlist.py; a device down in test_blocks.py; one item of the
queue and a score in test_attention.py. Whether a new person finds Undo unaided only people can tell.

Seconds are a person's: what is measured here is that the machine leaves them nearly all of them.
"""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from scheduling.models import DayPrint, Session
from tests.factories import World
from tests.journeys import everything

pytestmark = [pytest.mark.journey, pytest.mark.once]


TODAY = everything.TODAY
STEPS = [("arrive", "a", "Here"), ("start", "s", "In chair"), ("complete", "c", "Done")]


@dataclass(slots=True)
class Budget:
    """Counts what one deed costs in a page, and says it when it is over the cap."""

    page: Page
    interactions: Callable[[], int]

    def spend(self, what: str, cap: int, seconds: float, do: Callable[[], None]) -> None:
        before, began = self.interactions(), time.monotonic()
        do()
        spent, took = self.interactions() - before, time.monotonic() - began
        assert (1 <= spent <= cap, took < seconds) == (True, True), f"{what}: {spent} deeds, {took:.1f} s"


@pytest.fixture
def budget(page: Page, interactions: Callable[[], int]) -> Budget:
    page.set_default_timeout(15_000)
    return Budget(page, interactions)


@pytest.fixture
def visits(page: Page, live_server: Any, signed_in: World, clock: Any, budget: Budget) -> list[Session]:
    """Two visits of today, soon: Daniel's and Maria's, on the board."""
    courses = [
        signed_in.book(person, start_on=TODAY - dt.timedelta(days=n), counts={"acute": 8})
        for n, person in enumerate([signed_in.daniel, signed_in.maria], start=1)
    ]
    clock(everything.NOW.replace(hour=13, minute=25))
    page.goto(live_server.url, timeout=30_000)
    return [Session.objects.get(course=course, day=TODAY) for course in courses]


def card(page: Page, session: Session) -> Any:
    return page.locator(f"#visit-{session.pk}")


def test_a_step_of_a_visit_takes_one_key_or_one_click(page: Page, visits: list[Session], budget: Budget) -> None:
    by_keys, by_clicks = visits
    for verb, key, word in STEPS:

        def press(key: str = key, word: str = word) -> None:
            page.keyboard.press(key)
            expect(card(page, by_keys).locator(".ck-state")).to_have_text(word)

        def click(verb: str = verb, word: str = word) -> None:
            card(page, by_clicks).locator(f"[data-verb={verb}]").first.click()
            expect(card(page, by_clicks).locator(".ck-state")).to_have_text(word)

        card(page, by_keys).focus()  # to go to a card is no deed: the card in hand is
        budget.spend(f"{verb} by a key", 1, 3, press)
        budget.spend(f"{verb} by a click", 1, 3, click)

    expect(page.locator("#toast")).to_contain_text("Garcia, M. is done.")  # shown before: what is so is in the answer
    for session in visits:
        session.refresh_from_db()
    assert {session.state for session in visits} == {"completed"}


def test_a_visit_moves_by_two_clicks_once_its_panel_is_open(page: Page, visits: list[Session], budget: Budget) -> None:
    session = visits[0]
    was = (session.day, session.minute)
    card(page, session).locator("[data-open]").click()
    expect(page.locator("[data-panel]")).to_be_focused()

    def move() -> None:
        page.locator("[data-panel] footer a", has_text="Move").click()
        page.locator("[data-alt='2']").click()
        expect(page.locator(".ck-toast")).to_contain_text("Moved to")

    budget.spend("move one session", 2, 6, move)

    session.refresh_from_db()
    assert (session.day, session.minute) != was


def test_the_day_sheet_takes_one_key_to_the_dialog(
    page: Page, context: BrowserContext, visits: list[Session], budget: Budget
) -> None:
    context.add_init_script("window.print = () => { document.documentElement.dataset.printed = 'yes'; };")

    def ask() -> None:
        page.keyboard.press("Control+p")
        expect(page.locator("html[data-printed]")).to_have_count(1)

    budget.spend("print the day sheet", 1, 3, ask)

    expect(page.locator("table").first).to_contain_text("Okafor, D.")
    assert DayPrint.objects.filter(day=TODAY).count() == 1


def test_what_takes_one_deed_more_than_its_cap_fails(page: Page, visits: list[Session], budget: Budget) -> None:
    def do() -> None:
        page.keyboard.press("j")
        page.keyboard.press("j")

    with pytest.raises(AssertionError, match="two keys: 2 deeds"):
        budget.spend("two keys", 1, 60, do)
