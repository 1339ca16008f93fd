import datetime as dt
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import BrowserContext, Page, expect

from scheduling.models import Session
from tests.factories import PASSWORD, World
from tests.journeys.axe import clean

pytestmark = [pytest.mark.journey, pytest.mark.once, pytest.mark.lock]
TUESDAY = dt.date(2026, 11, 17)


@pytest.fixture
def visit(page: Page, live_server: Any, signed_in: World, clock: Any) -> Session:
    cache.clear()
    course = signed_in.book(signed_in.daniel, start_on=TUESDAY, preferred_minute=540)
    clock("2026-11-17T14:05:00+00:00")
    return Session.objects.get(course=course, number=1)


def test_a_locked_screen_opens_again_at_the_same_card_with_its_panel_in_every_tab(
    page: Page, context: BrowserContext, live_server: Any, visit: Session
) -> None:
    other = context.new_page()
    other.goto(f"{live_server.url}/patients/")
    page.goto(f"{live_server.url}/?day={TUESDAY}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel]")).to_contain_text("Daniel Okafor")
    page.keyboard.press("Control+Shift+L")
    for tab in (page, other):
        expect(tab.locator("h1")).to_have_text("Locked")
        assert "Okafor" not in tab.content()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Locked")
    clean(page, "locked")
    page.fill("#password", "not this one")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_have_text("That isn't your password.")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel]")).to_contain_text("Daniel Okafor")
    page.keyboard.press("Escape")
    expect(page.locator(f"#visit-{visit.pk}")).to_be_focused()
    expect(other).to_have_url(f"{live_server.url}/patients/")


def test_a_quiet_desk_is_warned_and_locks_and_the_next_poll_of_a_stopped_page_is_sent_away(
    page: Page, live_server: Any, visit: Session, clock: Any
) -> None:
    page.clock.install()
    page.goto(live_server.url)
    page.mouse.move(300, 300)
    page.clock.fast_forward(9 * 60_000 + 40_000)
    page.clock.run_for(1_500)
    expect(page.locator("#lock-soon")).to_contain_text("Locks in")
    page.keyboard.press("j")
    expect(page.locator("#lock-soon")).to_be_hidden()
    page.clock.fast_forward(10 * 60_000 + 1_000)
    page.clock.run_for(1_500)
    expect(page.locator("h1")).to_have_text("Locked")


def test_the_server_locks_by_itself_and_without_a_script(
    context: BrowserContext, browser: Any, live_server: Any, visit: Session, clock: Any
) -> None:
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(context.cookies())
    page = plain.new_page()
    page.goto(live_server.url)
    clock("2026-11-17T14:16:00+00:00")
    page.reload()
    expect(page.locator("h1")).to_have_text("Locked")
    page.fill("#password", PASSWORD)
    page.click("text=Unlock")
    expect(page.locator(f"#visit-{visit.pk}")).to_contain_text("Okafor, D.")
    page.click(".ck-menu summary")
    page.click("text=Initials only")
    expect(page.locator("[data-privacy] button")).to_contain_text("Show names")
    plain.close()
