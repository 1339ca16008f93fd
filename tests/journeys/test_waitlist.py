"""A freed time in a real browser: offered with one press, taken back with one, booked by phone with three."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scheduling.models import Session, SlotOffer
from tests.factories import World
from tests.journeys.axe import clean
from tests.scheduling.freed import DAY, FreedDesk, states

pytestmark = [pytest.mark.journey, pytest.mark.once]


@pytest.fixture
def slot(signed_in: World, clock: Any) -> Session:
    desk = FreedDesk(signed_in)
    visit = desk.gone()
    desk.three()
    clock(visit.starts_at - 2 * DAY)
    return visit


def test_a_freed_time_is_offered_by_keys_and_taken_back(
    page: Page, live_server: Any, slot: Session, quiet_console: list[str], interactions: Any
) -> None:
    page.goto(f"{live_server.url}/waitlist/")
    row = page.locator(f"#slot-{slot.pk}")
    expect(row.locator(".ck-matchlist > li")).to_have_count(3)
    expect(row).to_be_focused()

    page.keyboard.press("1")

    expect(page.locator("#toast")).to_contain_text("Offered to 3 until 9am.")
    assert interactions() <= 2
    expect(row).to_contain_text("Offered to 3 until 9am")
    clean(page, "waiting list")
    offers = list(SlotOffer.objects.order_by("pk"))
    page.keyboard.press("u")
    expect(page.locator(f"#slot-{slot.pk} .ck-offers")).to_have_count(0)
    assert states(*offers) == ["taken"] * 3


def test_a_freed_time_is_booked_by_phone_in_three(
    page: Page, live_server: Any, slot: Session, quiet_console: list[str], interactions: Any
) -> None:
    page.goto(f"{live_server.url}/waitlist/")
    page.click(f"#slot-{slot.pk} button:has-text('Book by phone') >> nth=0")

    expect(page.locator("#toast")).to_contain_text("Booked by phone: Fri Nov 27, 8:30am.")
    assert interactions() <= 3
    assert Session.objects.filter(starts_at=slot.starts_at, is_active=True).count() == 1
    expect(page.locator("#refill")).to_contain_text("Fri Nov 27, 10am")  # the place they came from
