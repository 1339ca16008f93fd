"""The visit beside the board, in a real browser: its steps, the make-up of a missed visit, what is half typed."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scheduling.models import Session
from tests.factories import World

pytestmark = [pytest.mark.journey, pytest.mark.once]
TUESDAY = dt.date(2026, 11, 17)
LATE = "2026-11-17T14:15:00+00:00"


@pytest.fixture
def session(signed_in: World) -> Session:
    """A visit at nine, in a course of thirty-six."""
    course = signed_in.book(start_on=TUESDAY, preferred_minute=540)
    return Session.objects.get(course=course, number=1)


def made_up(session: Session) -> int:
    return Session.objects.filter(makeup_of=session, is_counted=True).count()


def test_a_no_show_and_its_make_up_are_two_keys_and_one_undo(
    page: Page,
    live_server: Any,
    session: Session,
    clock: Any,
    interactions: Callable[[], int],
    quiet_console: list[str],
) -> None:
    clock(LATE)
    page.goto(live_server.url)
    page.locator(f"#visit-{session.pk}").focus()
    before = interactions()

    page.keyboard.press("x")
    expect(page.locator("#make-up [data-alt='1']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("No-show. Make-up booked")

    assert interactions() - before == 2
    session.refresh_from_db()
    assert (session.state, made_up(session)) == ("no_show", 1)
    expect(page.locator("[data-panel]")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(".ck-toast")).to_contain_text("Taken back.")
    session.refresh_from_db()
    assert (session.state, made_up(session)) == ("booked", 0)


def test_a_no_show_and_its_make_up_are_two_clicks_and_came_late_takes_both_back(
    page: Page,
    live_server: Any,
    session: Session,
    clock: Any,
    interactions: Callable[[], int],
    quiet_console: list[str],
) -> None:
    clock(LATE)
    page.goto(live_server.url)
    before = interactions()

    page.click(f"#visit-{session.pk} >> text=No-show")
    page.click("#make-up [data-alt='1']")
    expect(page.locator(".ck-toast")).to_contain_text("Make-up booked")

    assert interactions() - before == 2
    assert made_up(session) == 1
    # What stood there before makes room for what has come.
    expect(page.locator(f"#visit-{session.pk}")).to_have_class(re.compile(r"lane-1of2"))
    page.click(f"#visit-{session.pk} >> text=Came late")
    expect(page.locator(".ck-toast")).to_contain_text("is here")
    expect(page.locator(f"#visit-{session.pk} .ck-state")).to_have_text("Here")
    assert made_up(session) == 0


def test_the_panel_stays_open_after_its_own_button_and_keeps_the_focus(
    page: Page, live_server: Any, session: Session, clock: Any, quiet_console: list[str]
) -> None:
    clock(LATE)
    page.goto(live_server.url)
    page.locator(f"#visit-{session.pk}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel]")).to_be_focused()

    page.keyboard.press("a")
    expect(page.locator("[data-panel] [data-verb=start]")).to_be_focused()
    page.keyboard.press("s")

    expect(page.locator("[data-panel] [data-verb=complete]")).to_be_focused()
    expect(page.locator(f"#visit-{session.pk} .ck-state")).to_have_text("In chair")
    page.keyboard.press("Escape")
    expect(page.locator(f"#visit-{session.pk}")).to_be_focused()


def test_what_is_typed_survives_a_change_by_somebody_else(
    page: Page, live_server: Any, session: Session, clock: Any
) -> None:
    clock(LATE)
    page.goto(live_server.url)
    page.locator(f"#visit-{session.pk}").focus()
    page.keyboard.press("e")
    expect(page.locator("[data-note]")).to_be_focused()
    page.keyboard.type("Needs the quiet room")
    Session.objects.filter(pk=session.pk).update(note="Brings a friend", note_version=2)

    page.click("text=Save note")

    expect(page.locator("#panel-says")).to_contain_text("wrote another note meanwhile")
    expect(page.locator("[data-note]")).to_have_value("Needs the quiet room")
