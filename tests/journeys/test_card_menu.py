"""The menu of a card: by keys, mouse and finger; only what may be done now, and each line does what its key does."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from scheduling.actions import setup
from scheduling.models import Prerequisite, Session
from tests.factories import World
from tests.journeys.axe import AXE, COLOURS, PAINTED, STILL, faults
from tests.scheduling.living.clinic import ROOMS

pytestmark = [pytest.mark.journey, pytest.mark.once]
TUESDAY = dt.date(2026, 11, 17)
# A finger comes down on a card, moves by so much after a while, and goes up.
FINGER = """async ([id, wait, by, then]) => {
  const at = document.getElementById(id).getBoundingClientRect();
  const point = { x: at.left + 30, y: at.top + 10 };
  const tell = (kind, more) => document.getElementById(id).dispatchEvent(new PointerEvent(kind, {
    bubbles: true, cancelable: true, pointerType: "touch", clientX: point.x, clientY: point.y + (more ?? 0),
  }));
  tell("pointerdown");
  await new Promise((done) => setTimeout(done, wait));
  if (by) tell("pointermove", by);
  await new Promise((done) => setTimeout(done, then));
}"""


@pytest.fixture
def visit(page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]) -> Session:
    """Maria's visit at ten, in twenty minutes, on the board."""
    course = signed_in.book(start_on=TUESDAY, preferred_minute=600, counts={"acute": 8})
    clock("2026-11-17T14:40:00+00:00")
    page.goto(live_server.url, timeout=30_000)
    return Session.objects.get(course=course, number=1)


def card(page: Page, session: Session) -> Locator:
    return page.locator(f"#visit-{session.pk}")


def lines(page: Page) -> list[str]:
    """Return the words of the menu, without the keys beside them."""
    words: list[str] = page.locator("#card-menu [role=menuitem]").evaluate_all(
        "(all) => all.map((one) => [...one.childNodes].at(one.querySelector('kbd') ? -2 : -1).textContent)"
    )
    return words


def in_both_schemes(page: Page) -> list[str]:
    """Return what axe finds about the page as it stands; another size would close what floats."""
    page.evaluate(STILL)
    found = faults(page, AXE)
    page.emulate_media(color_scheme="dark")
    page.evaluate(PAINTED)
    return found + faults(page, COLOURS)


def line(page: Page, words: str) -> Locator:
    return page.get_by_role("menuitem", name=words)


def test_by_keys_the_menu_opens_walks_closes_and_acts(page: Page, visit: Session) -> None:
    menu = page.locator("#card-menu")
    card(page, visit).focus()
    expect(page.locator("#card-dots")).to_be_visible()
    page.keyboard.press("Shift+F10")
    expect(line(page, "Arrive")).to_be_focused()
    assert lines(page) == ["Arrive", "Turned away", "Move", "Cancel visit", "Note", "Open visit", "Open course"]
    for key, focused in (
        ("ArrowUp", "Open course"),
        ("Home", "Arrive"),
        ("ArrowDown", "Turned away"),
        ("End", "Open course"),
    ):
        page.keyboard.press(key)
        expect(line(page, focused)).to_be_focused()
    assert in_both_schemes(page) == []
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(card(page, visit)).to_be_focused()

    page.keyboard.press("ContextMenu")
    expect(line(page, "Arrive")).to_be_focused()
    page.keyboard.press("Tab")
    expect(menu).to_be_hidden()

    card(page, visit).focus()
    page.keyboard.press("Shift+F10")
    expect(line(page, "Arrive")).to_be_focused()
    page.keyboard.press("a")
    expect(card(page, visit).locator(".ck-state")).to_have_text("Here")
    expect(page.locator(".ck-toast")).to_contain_text("is here.")
    expect(card(page, visit)).to_be_focused()
    assert Session.objects.get(pk=visit.pk).state == "arrived"


def test_by_mouse_a_line_opens_what_asks_for_a_reason(page: Page, visit: Session) -> None:
    card(page, visit).click(button="right")
    line(page, "Turned away").click()
    expect(page.locator("#code-not-treated")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-panel]")).to_have_count(0)

    card(page, visit).hover()
    page.locator("#card-dots").click()
    expect(line(page, "Arrive")).to_be_focused()
    line(page, "Move").click()
    expect(page.locator("[data-alt='1']")).to_be_focused()
    page.keyboard.press("Escape")

    card(page, visit).click(button="right")
    expect(line(page, "Arrive")).to_be_focused()
    page.mouse.click(1300, 700)
    expect(page.locator("#card-menu")).to_be_hidden()
    card(page, visit).click(button="right")
    line(page, "Open course").click()
    expect(page).to_have_url(f"{page.url.split('/courses')[0].rstrip('/').split('?')[0]}/courses/{visit.course_id}/")


def test_a_line_of_the_list_has_the_same_menu(page: Page, live_server: Any, visit: Session) -> None:
    page.goto(f"{live_server.url}/?view=list")
    page.keyboard.press("j")
    expect(card(page, visit)).to_be_focused()
    expect(page.locator("#card-dots")).to_be_visible()
    page.keyboard.press("Shift+F10")
    expect(line(page, "Arrive")).to_be_focused()
    page.keyboard.press("e")

    expect(page.locator("[data-note]")).to_be_focused()


def test_a_finger_that_rests_opens_it_and_one_that_moves_drags(page: Page, visit: Session) -> None:
    menu, ghost = page.locator("#card-menu [role=menu]"), page.locator(".ck-ghost")
    card(page, visit).focus()
    expect(page.locator("#card-dots")).to_be_visible()

    page.evaluate(FINGER, [f"visit-{visit.pk}", 650, 0, 0])
    expect(menu).to_be_visible()
    expect(ghost).to_have_count(0)
    page.keyboard.press("Escape")

    page.evaluate(FINGER, [f"visit-{visit.pk}", 400, 40, 400])
    expect(ghost).to_have_count(1)
    expect(menu).to_have_count(0)

    page.keyboard.press("Escape")
    page.evaluate(FINGER, [f"visit-{visit.pk}", 100, 40, 600])  # a scroll
    expect(ghost).to_have_count(0)
    expect(menu).to_have_count(0)


def test_the_menu_goes_on_working_when_the_card_was_changed_under_it(page: Page, visit: Session) -> None:
    card(page, visit).focus()
    page.keyboard.press("Shift+F10")
    expect(line(page, "Arrive")).to_be_focused()
    Session.objects.filter(pk=visit.pk).update(note="Headrest", version=visit.version + 1)
    with page.expect_response(lambda answer: "view=board" in answer.url and answer.status == 200):
        page.evaluate("window.htmx.trigger('#day', 'look')")
    expect(card(page, visit)).to_have_attribute("data-version", str(visit.version + 1))

    page.keyboard.press("a")

    expect(card(page, visit).locator(".ck-state")).to_have_text("Here")


def test_who_cant_begin_yet_is_started_from_where_it_was_refused(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    setup.add_resources(site=signed_in.site, resources=ROOMS)
    course = signed_in.book(protocol_code="esk_trd", start_on=TUESDAY, preferred_minute=540)
    session = Session.objects.get(course=course, number=1)
    clock("2026-11-17T13:55:00+00:00")  # five to nine
    page.goto(live_server.url, timeout=30_000)
    card(page, session).locator("text=Arrive").click()
    expect(card(page, session).locator(".ck-state")).to_have_text("Here")
    card(page, session).focus()

    page.keyboard.press("s")
    box = page.locator("#clash [data-clash]")
    expect(box).to_contain_text("It can begin once this is there")
    assert faults(page, AXE) == []
    box.get_by_role("button", name="It's there").first.click()
    expect(box).to_contain_text("This lacks still")
    box.locator("[name=name]").fill("Ivy")
    box.locator("[name=phone]").fill("555 010 2049")
    box.get_by_role("button", name="Said yes").click()
    expect(box.locator("[name=name]")).to_have_count(0)
    box.locator("[name=ate]").fill("06:00")
    box.locator("[name=drank]").fill("06:00")
    box.get_by_role("button", name="Record").click()
    expect(box).to_contain_text("Nothing lacks any more.")
    expect(box.get_by_role("button", name="Start")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(".ck-toast")).to_contain_text("is in the chair.")
    expect(card(page, session).locator(".ck-state")).to_have_text("In chair")
    expect(box).to_have_count(0)
    assert Prerequisite.objects.filter(session=session, withdrawn_at=None).count() == 3
