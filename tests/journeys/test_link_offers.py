"""A patient on a phone takes a time that is free, waits for an earlier one, and says what they want to be sent."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from patients.models import Consent
from scheduling.models import SlotOffer, WaitlistEntry
from tests.factories import World
from tests.journeys import axe
from tests.journeys.test_link_changes import SMALL
from tests.portal.phone import path_for
from tests.scheduling.freed import FreedDesk

pytestmark = [pytest.mark.journey, pytest.mark.once]
EVE = dt.datetime(2026, 11, 24, 21, 0, tzinfo=dt.UTC)  # Tuesday, 4pm


@pytest.fixture
def offer(live_world: World, clock: Any) -> SlotOffer:
    """Wednesday, 8:30am is free; whoever comes at 10 is asked."""
    clock(EVE)
    desk = FreedDesk(live_world)
    visit = desk.cancel(desk.nth(desk.course(), 2), now=EVE)
    return desk.offer(visit, desk.standby(desk.course(preferred_minute=600)), now=EVE)[0]


@pytest.fixture
def address(offer: SlotOffer, live_server: Any, page: Page) -> str:
    page.set_viewport_size({"width": 390, "height": 780})
    return f"{live_server.url}{path_for(offer.patient)}"


def test_a_free_time_is_one_tap(
    page: Page, address: str, offer: SlotOffer, interactions: Callable[[], int], quiet_console: list[str]
) -> None:
    page.goto(address)
    for language in ("en", "es"):
        page.goto(f"{address}?lang={language}")
        axe.clean(page, "link")
        page.set_viewport_size({"width": 320, "height": 640})
        assert (page.evaluate(axe.STICKS_OUT), page.evaluate(SMALL)) == (False, [])
    page.goto(address)
    before = interactions()

    page.click("text=Yes, I’ll take it")

    expect(page.locator(".pt-did b")).to_have_text("Thank you. See you Wednesday.")
    expect(page.locator("h1")).to_have_text("Wednesday,November 25")
    axe.clean(page, "link")
    offer.refresh_from_db()
    assert (interactions() - before, offer.state) == (1, "accepted")


def test_days_and_times_are_chosen_by_thumb_and_the_list_is_left(page: Page, address: str, offer: SlotOffer) -> None:
    page.goto(f"{address}waitlist/")
    page.click("text=Monday")
    page.click("text=Mornings")
    page.click("text=Save")
    expect(page.locator(".pt-told")).to_contain_text("You chose: Monday, mornings.")
    axe.clean(page, "link")

    page.click("text=Take me off the list")

    expect(page.locator(".pt-note").first).to_contain_text("You are not on the list any more.")
    axe.clean(page, "link")
    assert WaitlistEntry.objects.filter(patient=offer.patient, closed_at=None).count() == 0


def test_messages_are_stopped_by_thumb_and_begun_again(page: Page, address: str, offer: SlotOffer) -> None:
    page.goto(address)
    page.click("text=Text settings")
    page.click("text=Stop all messages")
    expect(page.locator(".pt-told")).to_have_text("Saved.")
    axe.clean(page, "link")

    page.check("[name=sms][value=offers]")
    page.click(".pt-yes:has-text('Save')")

    expect(page.locator("[name=sms][value=offers]")).to_be_checked()
    given = Consent.objects.filter(patient=offer.patient, revoked_at=None).values_list("purpose", flat=True)
    assert list(given) == ["offers"]
