"""A device is down, a day is closed: everybody hit gets a place in a few presses, and one undo puts them back."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from scheduling.models import Block, Closure, Course, Reservation
from tests.factories import World
from tests.journeys.axe import clean
from tests.scheduling.outage_scenes import TUESDAY, Clinic, names_held, on, picture

pytestmark = [pytest.mark.journey, pytest.mark.long]
BOARD = f"/?site=riverside&day={TUESDAY}"
FOURTEEN = 14


@pytest.fixture
def clinic(signed_in: World) -> Clinic:
    return Clinic(signed_in)


def standing_on(clinic: Clinic, number: int) -> int:
    held = Reservation.objects.filter(resource=clinic.device(number), is_active=True, session__day=TUESDAY)
    return held.count()


def test_a_device_with_fourteen_sessions_is_taken_out_in_five_and_taken_back_in_one(
    page: Page, live_server: Any, clinic: Clinic, quiet_console: list[str], interactions: Any
) -> None:
    for number in range(FOURTEEN):
        first = TUESDAY.replace(month=11, day=23 + number % 3)
        counts = {"acute": 8, "taper": 1}
        clinic.course(
            number, 450 + 35 * number, start_on=first, counts=counts, pins={"tms_device": clinic.device(1).pk}
        )
    Course.objects.update(wish={})  # nobody asked for that device
    before = picture()
    assert standing_on(clinic, 1) == FOURTEEN
    page.goto(live_server.url + BOARD)

    page.click("[aria-label='NeuroStar 1: out of service']")
    expect(page.locator("#proposal")).to_contain_text("14 sessions: 14 move to NeuroStar 2.")
    page.click("label:has-text('Broken')")
    page.wait_for_load_state("networkidle")
    spent = interactions()
    clean(page, "fourteen sessions of a device that is out")
    page.click("button:has-text('Block and move 14')")

    expect(page.locator("#toast")).to_contain_text("14 moved. Texts go out in 3 minutes.")
    assert (spent + 1, Block.objects.get().reason) == (3, "Broken")
    assert (standing_on(clinic, 1), standing_on(clinic, 2)) == (0, FOURTEEN)
    page.keyboard.press("u")
    expect(page.locator("#toast")).to_contain_text("The block is taken back.", timeout=20_000)  # fourteen at once
    assert picture() == before


def test_a_whole_day_is_closed_in_three(
    page: Page, live_server: Any, clinic: Clinic, quiet_console: list[str], interactions: Any
) -> None:
    visit = on(clinic.course(0, 510), TUESDAY)
    page.goto(live_server.url + BOARD)

    page.click("[aria-label='NeuroStar 1: out of service']")
    expect(page.locator("#proposal")).to_contain_text("NeuroStar 1 is out on Tue Dec 1.")
    page.click("label:has-text('Whole clinic')")
    expect(page.locator("#proposal")).to_contain_text("The clinic is closed on Tue Dec 1.")
    page.click("button:has-text('Block and move 1')")

    expect(page.locator("#toast")).to_contain_text("1 moved.")
    assert interactions() == 3
    visit.refresh_from_db()
    assert (visit.day > TUESDAY, Closure.objects.filter(block__isnull=False).count()) == (True, 1)


def test_a_place_that_went_meanwhile_is_worked_out_anew_where_one_looks_and_by_keys_alone(
    page: Page, live_server: Any, clinic: Clinic, quiet_console: list[str]
) -> None:
    mine = clinic.course(0, 510)
    page.goto(live_server.url + BOARD)
    page.focus("[aria-label='NeuroStar 1: out of service']")
    page.keyboard.press("Enter")
    expect(page.locator("#proposal")).to_contain_text("Same time on NeuroStar 2")
    clinic.course(1, 510, pins={"tms_device": clinic.device(2).pk}, start_on=TUESDAY.replace(month=11, day=30))

    page.keyboard.press("Control+Enter")
    expect(page.locator("#proposal [role=alert]")).to_contain_text("This is worked out anew")
    row = page.locator(f"#hit-{on(mine, TUESDAY).pk}")
    expect(row).to_contain_text("Changed")
    page.keyboard.press("j")
    expect(row).to_be_focused()
    page.focus(f"#fix-{on(mine, TUESDAY).pk}")
    page.keyboard.press("End")
    expect(row).to_contain_text("Stays for now: somebody calls")
    expect(page.locator(f"#fix-{on(mine, TUESDAY).pk}")).to_be_focused()
    page.keyboard.press("Home")
    expect(row).to_contain_text("Same time on NeuroStar 3")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#toast")).to_contain_text("1 moved.")
    assert names_held(on(mine, TUESDAY))[0] == "NeuroStar 3"


def test_what_was_reopened_offers_the_way_back(
    page: Page, live_server: Any, clinic: Clinic, quiet_console: list[str]
) -> None:
    mine = clinic.course(0, 510)
    block = clinic.block("NeuroStar 1")
    page.goto(f"{live_server.url}/blocks/{block.pk}/")

    page.click("button:has-text('Reopen now')")
    expect(page.locator("#proposal")).to_contain_text("1 of 1 can go back to the time they were told first.")
    clean(page, "the way back")
    page.click("button:has-text('Move 1 back')")

    expect(page.locator("#toast")).to_contain_text("1 moved back.")
    assert names_held(on(mine, TUESDAY))[0] == "NeuroStar 1"
    page.goto(f"{live_server.url}/blocks/?past=1")
    expect(page.locator(f"#block-{block.pk}")).to_contain_text("Open again")
    clean(page, "blocks")


def test_without_javascript_every_step_is_a_form(
    browser: Browser, context: BrowserContext, live_server: Any, clinic: Clinic
) -> None:
    mine = clinic.course(0, 510)
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{live_server.url}/blocks/new/?day={TUESDAY}&resource={clinic.device(1).pk}")

    page.click("noscript button, .ck-btn:has-text('See who is hit')")
    page.click("button:has-text('Block and move 1')")

    expect(page.locator("#toast")).to_contain_text("1 moved.")
    assert names_held(on(mine, TUESDAY))[0] == "NeuroStar 2"
    page.goto(f"{live_server.url}/blocks/{Block.objects.get().pk}/")
    page.click("button:has-text('Undo all of it')")
    expect(page.locator("#toast")).to_contain_text("The block is taken back.")
    assert names_held(on(mine, TUESDAY))[0] == "NeuroStar 1"
    plain.close()
