"""Choosing among plans, another time for one session, a hold: with the mouse and with keys."""

import datetime as dt
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from scheduling.models import Course, Outage, Resource, Session
from tests.factories import NOW, World, prepare

pytestmark = [pytest.mark.journey, pytest.mark.once]
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def planner(page: Page, live_server: Any, signed_in: World, quiet_console: list[str]) -> Page:
    """The planner for Maria at 8:30, where every other Monday morning is out of service on all devices."""
    world = signed_in
    for device in Resource.objects.filter(site=world.site, kind="tms_device"):
        for week in range(0, 10, 2):
            day = NOW.replace(hour=12, minute=0) + dt.timedelta(weeks=week)
            Outage.objects.create(resource=device, starts_at=day, ends_at=day + dt.timedelta(hours=5), reason="Service")
    page.goto(f"{live_server.url}/courses/new/?patient={world.maria.pk}&start_on=2026-11-24&preferred_time=08:30")
    expect(page.locator(".ck-person")).to_contain_text("Maria Garcia")
    return page


def test_another_plan_is_chosen_and_booked_as_shown(planner: Page) -> None:
    steadiest = planner.locator(".ck-option", has_text="Steadiest time")
    steadiest.click()
    expect(planner.locator(".ck-option[aria-checked=true]")).to_contain_text("Steadiest time")
    summary = planner.locator(".ck-sum").inner_text()
    planner.click("#preview .ck-bar .primary")
    expect(planner.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")

    first, last = (Session.objects.order_by(order).first() for order in ("number", "-number"))
    assert first is not None
    assert last is not None
    assert f"{first.day:%b} {first.day.day}" in summary
    assert f"{last.day:%b} {last.day.day}" in summary


def test_one_session_gets_another_place_by_its_row(planner: Page) -> None:
    row = planner.locator(".ck-sess", has_text="Fri Nov 27")
    row.locator(".ck-others").click()
    row.locator(".ck-alt", has_text="9am that day").click()
    expect(planner.locator(".ck-sess", has_text="Fri Nov 27")).to_contain_text("9am to 9:30am")
    planner.click("#preview .ck-bar .primary")
    expect(planner.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")

    assert Session.objects.get(day=dt.date(2026, 11, 27)).minute == 9 * 60


def test_the_strip_says_how_many_fit_and_a_bar_becomes_the_wish(planner: Page) -> None:
    expect(planner.locator(".ck-bestbox")).to_be_visible()
    planner.locator(".ck-best g[data-set-time='14:00'] rect").click()

    expect(planner.locator("#preferred_time")).to_have_value("14:00")
    expect(planner.locator(".ck-sum")).to_contain_text("All at 2pm")


def test_times_are_held_and_booked_from_the_course_page(planner: Page) -> None:
    planner.click("#preview .ck-bar .hold")
    expect(planner.locator(".ck-toast")).to_contain_text("Held 36 times until Wed Nov 25.")
    expect(planner.locator(".ck-alert")).to_contain_text(
        "These times are held until Wed Nov 25, 6pm. Nobody has been told."
    )
    assert Axe().run(planner, options=AXE).violations_count == 0
    prepare(Course.objects.get())
    planner.click("text=Book them now")
    expect(planner.locator(".ck-alert")).to_have_count(0)

    course = Course.objects.get()
    assert (course.state, set(course.sessions.values_list("state", flat=True))) == ("active", {"booked"})


def test_enter_in_the_form_books_and_does_not_hold(planner: Page) -> None:
    planner.press("#start_on", "Enter")
    expect(planner.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")


def test_wishes_no_plan_can_keep_are_answered_with_what_would_fit(planner: Page) -> None:
    planner.click("text=More wishes")
    planner.locator("label.ck-chip", has_text="Mon").click()
    expect(planner.locator("#preview .ck-alert")).to_contain_text("needs at least 3 visits a week")
    planner.locator("label.ck-chip", has_text="Wed").click()
    planner.locator("label.ck-chip", has_text="Fri").click()
    expect(planner.locator(".ck-sum")).to_contain_text("36 sessions")


def test_the_planner_with_everything_open_is_accessible(planner: Page) -> None:
    planner.click("text=More wishes")
    planner.locator(".ck-others").first.click()
    expect(planner.locator(".ck-alt").first).to_be_visible()

    assert Axe().run(planner, options=AXE).violations_count == 0
