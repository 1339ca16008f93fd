"""A patient fills in a form on a phone: one tap a question, whom to call at once, back on another phone, and sent."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from patients import links
from patients.domain.clinical import Instrument
from patients.domain.questions import FORMS
from patients.models import FormRun, MeasureResult
from tests.factories import FIRST_DAY, NOW, World
from tests.journeys import axe

pytestmark = [pytest.mark.journey, pytest.mark.long]
THEN = dt.datetime.combine(FIRST_DAY - dt.timedelta(days=1), dt.time(15), dt.UTC)
SMALL = (
    "[...document.querySelectorAll('main a, main button')].filter((e) => e.getBoundingClientRect().height < 48).length"
)
ITEMS = FORMS[Instrument.PHQ9].words["en"].items


@pytest.fixture
def address(live_world: World, live_server: Any, clock: Any) -> str:
    live_world.book()
    link = links.link_of(patient_id=live_world.maria.pk, now=NOW)
    clock(THEN)
    return f"{live_server.url}/v/{links.token_of(link)}/"


def open_form(page: Page, address: str) -> None:
    """Open the form from the first page; the birth date is asked for on the way."""
    page.goto(address)
    page.click("text=A short form")
    for name, value in (("month", "3"), ("day", "7"), ("year", "1984")):
        page.fill(f"[name={name}]", value)
    page.click("text=Go on")


def answer(page: Page, item: int, words: str) -> None:
    expect(page.locator("h1")).to_have_text(ITEMS[item - 1])
    page.get_by_role("button", name=words, exact=True).click()


def test_a_form_takes_one_tap_a_question_without_a_script_and_goes_on_on_another_phone(
    browser: Browser, address: str
) -> None:
    small: dict[str, Any] = {"java_script_enabled": False, "viewport": {"width": 320, "height": 640}}
    page = browser.new_context(**small).new_page()
    open_form(page, address)
    page.click("text=Start")
    for item in range(1, 5):
        answer(page, item, "Several days")
    expect(page.locator("h1")).to_have_text(ITEMS[4])  # the fourth answer has arrived
    page.close()

    page = browser.new_context(**small).new_page()
    open_form(page, address)
    page.click("main >> text=Go on")
    for item in range(5, 9):
        answer(page, item, "Not at all")
    answer(page, 9, "Several days")
    expect(page.locator("h1")).to_have_text("Thank you for telling us.")
    expect(page.locator("a[href='tel:988']")).to_be_visible()
    page.click("text=Go on with the form")
    page.click("text=Very difficult")
    page.click("text=Send my answers")

    expect(page.locator("h1")).to_have_text("Thank you.")
    run = FormRun.objects.get()
    assert (run.score, run.alarm, run.answers["10"]) == (5, 1, 2)
    assert MeasureResult.objects.get().score == 5


def fit(page: Page, where: str) -> list[str]:
    """Return what is wrong with a page as it stands: for axe, in a narrow window, and under a thumb."""
    found = [f"{state}: {fault}" for state, faults in axe.look(page, where).items() for fault in faults]
    page.set_viewport_size({"width": 320, "height": 640})
    found += [f"{where} sticks out"] * bool(page.evaluate(axe.STICKS_OUT))
    return [*found, *[f"{where} has small buttons"] * bool(page.evaluate(SMALL))]


def test_its_pages_are_accessible_and_their_buttons_large_enough_for_a_thumb(page: Page, address: str) -> None:
    open_form(page, address)
    found = fit(page, "begin")
    page.click("text=Start")
    found += fit(page, "question")
    for item in range(1, 9):
        answer(page, item, "Not at all")
    answer(page, 9, "Nearly every day")
    found += fit(page, "help")
    page.click("text=Go on with the form")
    found += fit(page, "last question")
    page.click("text=Somewhat difficult")
    found += fit(page, "send")
    page.click("text=Send my answers")

    assert found + fit(page, "thanks") == []
