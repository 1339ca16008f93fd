"""Getting ready: a manager writes the steps and sees them as patients do; a patient ticks them on a small phone."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clinic.domain.permissions import Role
from patients import links
from scheduling.actions import setup
from scheduling.models import PrepSheet, PrepTick, Session
from tests.factories import NOW, World, make_staff
from tests.journeys import axe
from tests.journeys.test_link import SMALL
from tests.journeys.test_settings import enter
from tests.scheduling.living.clinic import ROOMS

pytestmark = [pytest.mark.journey, pytest.mark.long]
ONLY_PRESSED = "button[aria-pressed=true]"


@pytest.fixture
def visit(live_world: World, clock: Any) -> Session:
    setup.add_resources(site=live_world.site, resources=ROOMS)
    course = live_world.book(protocol_code="esk_trd", start_on=dt.date(2026, 11, 17), preferred_minute=540)
    return Session.objects.get(course=course, number=1)


@pytest.fixture
def address(live_world: World, visit: Session, live_server: Any) -> str:
    link = links.link_of(patient_id=live_world.maria.pk, now=NOW)
    return f"{live_server.url}/v/{links.token_of(link)}/"


def test_a_patient_ticks_a_step_with_one_tap_after_the_birth_date(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address)
    page.click("text=Get ready")
    for name, value in {"month": "3", "day": "7", "year": "1984"}.items():
        page.fill(f"[name={name}]", value)
    page.click("text=Go on")
    expect(page.locator("h1")).to_have_text("Get ready")

    page.click("text=Have a ride home")

    expect(page.locator(ONLY_PRESSED)).to_have_text("Have a ride home.")
    assert PrepTick.objects.count() == 1
    assert (page.evaluate(SMALL), page.evaluate(axe.STICKS_OUT)) == (0, False)
    axe.clean(page, "get ready")
    page.click("text=Español")
    expect(page.locator(ONLY_PRESSED)).to_have_text("Tenga quien le lleve a casa.")
    page.emulate_media(media="print")
    expect(page.locator(ONLY_PRESSED)).to_be_visible()


def test_a_manager_sees_the_list_while_writing_it_and_takes_it_back(
    page: Page, live_world: World, live_server: Any, clock: Any
) -> None:
    enter(page.context, live_server, make_staff("dana@example.com", Role.MANAGER, live_world.site))
    page.goto(f"{live_server.url}/settings/prep/")
    axe.clean(page, "the lists")
    page.click("a:has-text('Change TMS standard 36')")
    page.fill("#f-en", "Rest.\nCome early.")
    expect(page.locator("#tried")).to_contain_text("English has 2 steps, Spanish has 3 steps.")
    page.fill("#f-es", "Descanse.\nVenga temprano.")
    expect(page.locator("#tried")).to_contain_text("Both languages say the same number of steps.")
    axe.clean(page, "a list")

    page.click("text=Publish")
    expect(page.locator("#toast")).to_contain_text("Published. Patients read it from now on.")
    page.click("#toast button:has-text('Undo')")

    expect(page.locator("#toast")).to_contain_text("Taken back.")
    assert [row.steps is None for row in PrepSheet.objects.order_by("version")] == [False, True]
    page.click("a:has-text('Change TMS standard 36')")
    page.click("summary:has-text('version 1')")
    axe.clean(page, "the versions of a list")
