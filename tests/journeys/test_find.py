"""Finding a patient in the header and in the planner, by keys."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.factories import World, make_patient
from tests.journeys import axe

pytestmark = [pytest.mark.journey, pytest.mark.long]


def test_a_patient_is_found_in_at_most_two_interactions(
    page: Page, live_server: Any, signed_in: World, interactions: Callable[[], int], quiet_console: list[str]
) -> None:
    """The key `/` and the typed text; that Enter then opens the record is the deed after finding."""
    page.goto(live_server.url)
    page.keyboard.press("/")
    page.keyboard.type("7 mar 84 gar")
    hit = page.locator("#found [role=option]")

    expect(hit).to_have_count(1)
    expect(hit).to_contain_text("Garcia, Maria")
    expect(hit).to_contain_text("Mar 7, 1984, …2040")
    assert interactions() <= 2
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Maria Garcia")


def test_hits_are_chosen_by_arrows_and_look_alikes_are_named(
    page: Page, live_server: Any, signed_in: World, quiet_console: list[str]
) -> None:
    make_patient(
        signed_in.site, signed_in.receptionist, "María", "García", phone="+15550107777", birth_date=dt.date(1991, 3, 30)
    )
    page.goto(live_server.url)
    page.keyboard.press("/")
    page.keyboard.type("maria gar")
    expect(page.locator("#found [role=option]")).to_have_count(2)
    expect(page.locator(".ck-alike")).to_have_text("2 people look alike. Check date of birth.")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = page.locator("#found [role=option]").nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    expect(page.locator("#find")).to_have_attribute("aria-activedescendant", second.get_attribute("id") or "")
    page.keyboard.press("Escape")
    expect(page.locator("#found [role=option]")).to_have_count(0)
    page.fill("#find", "garcia mar")
    expect(page.locator("#found [role=option]")).to_have_count(2)
    assert axe.faults(page) == []


def test_an_answer_that_comes_late_never_covers_a_newer_one(
    page: Page, live_server: Any, signed_in: World, quiet_console: list[str]
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "q=dan" in (route.request.post_data or "") and not held:
            held.append(route)
        else:
            route.continue_()

    page.goto(f"{live_server.url}/courses/new/")
    page.route("**/patients/find/**", hold)
    page.fill("#pick", "dan")
    page.wait_for_timeout(300)
    page.fill("#pick", "gar")
    expect(page.locator("#picked")).to_contain_text("Garcia, Maria")
    held[0].abort()
    page.wait_for_timeout(100)

    expect(page.locator("#picked")).to_contain_text("Garcia, Maria")


def test_enter_takes_the_first_hit_and_nobody_found_begins_a_record(
    page: Page, live_server: Any, signed_in: World, quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/courses/new/")
    expect(page.locator("#pick")).to_be_focused()
    page.keyboard.type("zor mar")
    expect(page.locator("#picked")).to_contain_text('No one found for "zor mar".')
    page.click("text=Add Mar Zor")
    expect(page.locator("#first_name")).to_have_value("Mar")
    expect(page.locator("#last_name")).to_have_value("Zor")
    expect(page.locator("#birth_date")).to_be_focused()
    page.fill("#pick", "okaf")
    page.press("#pick", "Enter")

    expect(page.locator(".ck-person")).to_contain_text("Daniel Okafor")
    assert page.url.endswith("/courses/new/")
