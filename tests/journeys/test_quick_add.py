"""Quick add: four fields, a consent and Enter; checked while somebody types."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from patients.models import Consent, Patient
from tests.factories import World
from tests.journeys import axe

pytestmark = [pytest.mark.journey, pytest.mark.long]
PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text", text);
  const paste = { clipboardData: data, bubbles: true, cancelable: true };
  document.getElementById("first_name").dispatchEvent(new ClipboardEvent("paste", paste));
}"""


def test_a_patient_is_added_in_at_most_six_interactions(
    page: Page, live_server: Any, signed_in: World, interactions: Callable[[], int], quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/courses/new/")
    for field, text in (
        ("first_name", "Nadia"),
        ("last_name", "Rahman"),
        ("birth_date", "3/7/91"),
        ("phone", "555 010 4711"),
    ):
        page.fill(f"#{field}", text)
    page.click("#sms_consent")
    page.keyboard.press("Enter")
    expect(page.locator(".ck-person")).to_contain_text("Nadia Rahman")
    expect(page.locator(".ck-consents")).to_contain_text("OK to text")

    assert interactions() <= 6
    added = Patient.objects.get(last_name="Rahman")
    assert (str(added.birth_date), Consent.objects.filter(patient=added).count()) == ("1991-03-07", 1)


def test_who_is_here_already_is_said_while_typing_and_the_focus_stays(
    page: Page, live_server: Any, signed_in: World, quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/courses/new/")
    page.fill("#first_name", "garcia")
    page.fill("#last_name", "maria")
    page.fill("#phone", "5550107070")
    page.locator("#birth_date").focus()
    page.keyboard.type("7 mar 84")
    expect(page.locator("#twin")).to_contain_text("Maria Garcia, Mar 7, 1984 already exists")
    expect(page.locator("#birth_date")).to_be_focused()
    expect(page.locator("#birth_date")).to_have_value("7 mar 84")
    expect(page.locator("#phone")).to_have_value("(555) 010-7070")
    axe.clean(page, "twin")
    page.click("text=Use this record")

    expect(page.locator(".ck-person")).to_contain_text("Maria Garcia")


def test_one_pasted_line_fills_all_four_fields(
    page: Page, live_server: Any, signed_in: World, quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/courses/new/")
    page.evaluate(PASTE, "Nadia Rahman 3/7/1991 555-010-4711")

    for field, text in (
        ("first_name", "Nadia"),
        ("last_name", "Rahman"),
        ("birth_date", "3/7/1991"),
        ("phone", "555-010-4711"),
    ):
        expect(page.locator(f"#{field}")).to_have_value(text)
    expect(page.locator("#sms_consent")).to_be_focused()


def test_mistakes_are_said_beside_their_fields_and_the_first_has_the_focus(
    page: Page, live_server: Any, signed_in: World, quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/courses/new/")
    for field, text in (("first_name", "Nadia"), ("last_name", "Rahman"), ("birth_date", "3/7/4"), ("phone", "12")):
        page.fill(f"#{field}", text)
    page.press("#phone", "Enter")
    expect(page.locator("#birth_date-fault")).to_have_text("Enter the year with 4 digits, for example 1984.")
    expect(page.locator("#birth_date")).to_be_focused()
    expect(page.locator("#quick [role=alert] li")).to_have_count(2)
    expect(page.locator("#first_name")).to_have_value("Nadia")
    axe.clean(page, "faults")


def test_a_patient_is_added_and_booked_without_javascript(
    browser: Any, live_server: Any, signed_in: World, context: BrowserContext
) -> None:
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{live_server.url}/courses/new/")
    for field, text in (
        ("first_name", "Nadia"),
        ("last_name", "Rahman"),
        ("birth_date", "3/7/4"),
        ("phone", "5550104711"),
    ):
        page.fill(f"#{field}", text)
    page.click("text=Save patient")
    expect(page.locator("#birth_date-fault")).to_be_visible()
    page.fill("#birth_date", "3/7/1991")
    page.click("text=Save patient")
    expect(page.locator(".ck-person")).to_contain_text("Nadia Rahman")
    page.click("#time-09\\:00")
    expect(page.locator("#time-09\\:00")).to_have_attribute("aria-pressed", "true")
    page.click("[data-books]")
    expect(page.locator("h1")).to_contain_text("Nadia Rahman")
    plain.close()
