"""The afternoon before and the morning of a visit after which nobody may drive, in a real browser."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scheduling.actions import setup
from scheduling.models import Prerequisite, Session
from tests.factories import World
from tests.journeys.axe import clean
from tests.scheduling.living.clinic import ROOMS

pytestmark = [pytest.mark.journey, pytest.mark.long]
TUESDAY = dt.date(2026, 11, 17)


@pytest.fixture
def visit(signed_in: World) -> Session:
    setup.add_resources(site=signed_in.site, resources=ROOMS)
    course = signed_in.book(protocol_code="esk_trd", start_on=TUESDAY, preferred_minute=540)
    return Session.objects.get(course=course, number=1)


def test_a_ride_is_confirmed_on_tomorrows_list_and_the_visit_begins_once_nothing_lacks(
    page: Page, live_server: Any, signed_in: World, visit: Session, clock: Any, quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/tomorrow/")
    clean(page, "tomorrow, with what lacks")
    row = page.locator(f"#visit-{visit.pk}")
    row.locator('button:has-text("It\'s there")').click()
    expect(page.locator(".ck-toast")).to_contain_text("Recorded.")
    row.locator("[name=name]").fill("Ivy")
    row.locator("[name=phone]").fill("555 010 2049")
    row.locator("button:has-text('Said yes')").click()
    expect(page.locator("#tomorrow")).to_contain_text("1 visit, all ready.")

    clock("2026-11-17T13:55:00+00:00")  # five to nine
    page.goto(live_server.url)
    card = page.locator(f"#visit-{visit.pk}")
    card.locator("text=Arrive").click()
    expect(card.locator(".warn")).to_have_text("Fasting?")
    expect(card.locator("form[data-verb=start]")).to_have_count(0)
    card.locator("[data-open]").click()
    panel = page.locator("[data-panel]")
    expect(panel).to_contain_text("Can't start: Fasting: not asked yet")
    clean(page, "a panel with what lacks")
    panel.locator("[name=ate]").fill("06:00")
    panel.locator("[name=drank]").fill("06:00")
    panel.locator("button:has-text('Record')").click()
    panel.locator("[data-verb=start]").click()

    expect(page.locator(".ck-toast")).to_contain_text("is in the chair")
    expect(card.locator(".ck-state")).to_have_text("In chair")
    assert Prerequisite.objects.filter(session=visit, withdrawn_at=None).count() == 3


def test_one_visit_after_the_other_opens_beside_the_board(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    courses = [signed_in.book(patient, start_on=TUESDAY) for patient in (signed_in.maria, signed_in.daniel)]
    first, second = (Session.objects.get(course=course, number=1) for course in courses)
    page.goto(f"{live_server.url}/?day={TUESDAY}")

    for session in (first, second, first):
        page.click(f"#visit-{session.pk} [data-open]")
        expect(page.locator("[data-panel]")).to_have_attribute("data-panel", f"visit-{session.pk}")
        page.keyboard.press("Escape")
        expect(page.locator("[data-panel]")).to_have_count(0)
