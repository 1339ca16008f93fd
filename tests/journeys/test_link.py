"""A patient on a phone opens the link of a text, says yes, and takes it back; nothing but the page is asked for."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from patients import links
from scheduling.actions import setup
from scheduling.models import Session
from tests.factories import NOW, World
from tests.journeys import axe
from tests.scheduling.living.clinic import ROOMS

pytestmark = [pytest.mark.journey, pytest.mark.long]
TUESDAY = dt.date(2026, 11, 17)
SMALL = "[...document.querySelectorAll('a, button')].filter((each) => each.getBoundingClientRect().height < 48).length"


@pytest.fixture
def visit(live_world: World, clock: Any) -> Session:
    setup.add_resources(site=live_world.site, resources=ROOMS)
    course = live_world.book(protocol_code="esk_trd", start_on=TUESDAY, preferred_minute=540)
    return Session.objects.get(course=course, number=1)


@pytest.fixture
def address(live_world: World, visit: Session, live_server: Any) -> str:
    link = links.link_of(patient_id=live_world.maria.pk, now=NOW)
    return f"{live_server.url}/v/{links.token_of(link)}/"


def is_confirmed(visit: Session) -> bool:
    return Session.objects.get(pk=visit.pk).confirmed_at is not None


def test_yes_and_back_without_a_script_and_without_a_cookie(
    page: Page, context: BrowserContext, address: str, visit: Session, quiet_console: list[str]
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address)
    expect(page.locator("h1")).to_have_text("Tuesday,November 17")

    page.click("text=I’ll be there")
    expect(page.locator("[role=status]")).to_contain_text("Thank you. See you Tuesday.")
    said = is_confirmed(visit)
    page.click("text=Change my answer")
    expect(page.locator("text=I’ll be there")).to_be_visible()

    host = address.split("/v/")[0]
    assert (said, is_confirmed(visit), context.cookies()) == (True, False, [])
    assert [url for url in asked if not url.startswith((host, "data:"))] == []


def test_the_pages_are_accessible_and_their_buttons_large_enough_for_a_thumb(
    page: Page, address: str, live_server: Any
) -> None:
    for url in (address, f"{live_server.url}/v/{'A' * 22}/"):
        page.goto(url)
        axe.clean(page, "link")
        page.set_viewport_size({"width": 320, "height": 640})
        assert not page.evaluate(axe.STICKS_OUT)
        assert page.evaluate(SMALL) == 0
