"""A morning without a mouse: a booking, an arrival, a visit missed and made up, a move, the queue."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scheduling.models import Course, Session
from tests.factories import World
from tests.journeys import everything

pytestmark = [pytest.mark.journey, pytest.mark.once]
NO_POINTER = """for (const kind of ["pointerdown", "mousedown", "touchstart"]) addEventListener(kind, (event) => {
  if (event.isTrusted) throw new Error("a pointer was used");
}, true);"""


def go_to(page: Page, field: str) -> None:
    """Press Tab until a field has the focus."""
    for _stop in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == field:
            return
    pytest.fail(f"Tab never comes to {field}")


def test_a_morning_is_worked_by_keys_alone(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    yesterday = everything.TODAY - dt.timedelta(days=1)
    course = signed_in.book(start_on=yesterday, preferred_minute=540, counts={"acute": 8})
    first, second = (Session.objects.get(course=course, number=number) for number in (1, 2))
    clock(first.starts_at + dt.timedelta(minutes=20))
    page.add_init_script(NO_POINTER)
    page.set_default_timeout(15_000)
    keys = page.keyboard
    page.goto(live_server.url, timeout=30_000)

    # Nobody came: the make-up is the next key.
    keys.press("j")
    expect(page.locator(f"#visit-{first.pk}")).to_be_focused()
    keys.press("x")
    expect(page.locator("#make-up [data-alt='1']")).to_be_focused()
    keys.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("Make-up booked")

    # The next day is moved to another time.
    keys.press("]")
    expect(page.locator(f"#visit-{second.pk}")).to_be_visible()
    keys.press("j")
    expect(page.locator(f"#visit-{second.pk}")).to_be_focused()
    keys.press("m")
    expect(page.locator("[data-alt='1']")).to_be_focused()
    keys.press("2")
    keys.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("Moved to")

    # A course for somebody known.
    keys.press("b")
    expect(page.locator("#pick")).to_be_focused()
    keys.type("okafor")
    keys.press("Enter")
    expect(page.locator(".ck-person")).to_contain_text("Daniel Okafor")
    go_to(page, "preferred_time")
    keys.type("0930AM")
    expect(page.locator(".ck-sum")).to_contain_text("9:30am")
    expect(page.locator("#preview .ck-bar .primary")).to_be_enabled()
    keys.press("Control+Enter")
    expect(page.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")

    # The queue, and back to the board, where somebody comes and is treated.
    keys.press("q")
    row = page.locator("#queue [data-row]").first
    expect(row).to_be_focused()
    rows = page.locator("#queue [data-row]").count()
    keys.press("e")
    expect(page.locator("#toast")).to_contain_text("Done.")
    expect(page.locator("#queue [data-row]")).to_have_count(rows - 1)
    second.refresh_from_db()
    clock(second.starts_at)
    page.goto(f"{live_server.url}/?day={second.day}")
    card = page.locator(f"#visit-{second.pk}")
    card.focus()
    for key, word in (("a", "Here"), ("s", "In chair"), ("c", "Done")):
        keys.press(key)
        expect(card.locator(".ck-state")).to_have_text(word)
        expect(card).to_be_focused()
    expect(page.locator("#toast")).to_contain_text("is done.")

    states = [Session.objects.get(pk=each.pk).state for each in (first, second)]
    assert states == ["no_show", "completed"]
    assert Session.objects.filter(makeup_of=first, is_counted=True).count() == 1
    assert Course.objects.get(patient=signed_in.daniel).sessions.count() == 36
