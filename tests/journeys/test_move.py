"""Moving a visit in a real browser: by keys, by clicks, by dragging; a bad drop offers what is near."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scheduling.models import Session
from tests.factories import World

pytestmark = [pytest.mark.journey, pytest.mark.once]
TUESDAY = dt.date(2026, 11, 17)


@pytest.fixture
def session(signed_in: World) -> Session:
    """The first visit of a course of eight, at ten, an hour ahead."""
    course = signed_in.book(start_on=TUESDAY, preferred_minute=600, counts={"acute": 8})
    return Session.objects.get(course=course, number=2)


def where(session: Session) -> tuple[dt.date, int]:
    session.refresh_from_db()
    return session.day, session.minute


def test_a_visit_moves_with_three_keys(
    page: Page, live_server: Any, session: Session, interactions: Callable[[], int], quiet_console: list[str]
) -> None:
    was = where(session)
    page.goto(f"{live_server.url}/?day={session.day}")
    page.locator(f"#visit-{session.pk}").focus()
    before = interactions()

    page.keyboard.press("m")
    expect(page.locator("[data-alt='1']")).to_be_focused()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("Moved to")

    assert interactions() - before == 3
    assert where(session) != was
    page.keyboard.press("u")
    expect(page.locator(".ck-toast")).to_contain_text("Taken back.")
    assert where(session) == was


def test_the_rest_of_a_course_moves_with_at_most_four(
    page: Page, live_server: Any, session: Session, interactions: Callable[[], int], quiet_console: list[str]
) -> None:
    was = where(session)
    page.goto(f"{live_server.url}/?day={session.day}")
    page.locator(f"#visit-{session.pk}").focus()
    before = interactions()

    page.keyboard.press("m")
    page.click("[data-panel] >> text=This and all after")
    page.select_option("#rest-minute", "540")
    expect(page.locator("[data-alt='1']")).to_contain_text("At 9am")
    expect(page.locator("[data-alt='1']")).to_contain_text("sessions move. Authorisation still fits.")
    page.click("[data-alt='1']")
    expect(page.locator(".ck-toast")).to_contain_text("Moved, with all after it.")

    assert interactions() - before <= 4
    assert where(session) == (was[0], 540)


def test_a_visit_is_dragged_and_a_bad_drop_offers_what_is_near(
    page: Page, live_server: Any, session: Session, signed_in: World
) -> None:
    course = signed_in.book(
        signed_in.daniel, start_on=session.day, preferred_minute=780, counts={"acute": 1, "taper": 1}
    )
    other = Session.objects.get(course=course, number=1)
    was = where(session)
    page.goto(f"{live_server.url}/?day={session.day}")
    card = page.locator(f"#visit-{session.pk}")
    at = card.bounding_box()
    there = page.locator(f"#visit-{other.pk}").bounding_box()
    assert at
    assert there

    with page.expect_response("**/places/**"):
        page.mouse.move(at["x"] + 60, at["y"] + 6)
        page.mouse.down()
        page.mouse.move(there["x"] + 60, there["y"] + 30, steps=4)
    expect(page.locator(".ck-ghost.bad")).to_have_count(1)
    page.mouse.up()
    expect(page.locator("[data-beside] [data-alt='1']")).to_be_focused()
    assert page.locator("[data-beside] [data-alt]").count() == 3
    page.keyboard.press("Escape")
    expect(page.locator(".ck-ghost")).to_have_count(0)
    expect(card).to_be_focused()
    assert where(session) == was

    with page.expect_response("**/places/**"):
        page.mouse.move(at["x"] + 60, at["y"] + 6)
        page.mouse.down()
        page.mouse.move(at["x"] + 60, at["y"] + 6 + at["height"], steps=4)
    expect(page.locator(".ck-ghost.bad")).to_have_count(0)
    page.mouse.up()
    expect(page.locator(".ck-toast")).to_contain_text("Moved to")
    assert where(session)[1] > was[1]
