"""The queue in a real browser: worked off by keys alone, by two people at once, and while it changes under the hand."""

import re
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from attention import actions
from clinic.actions import Request
from clinic.domain.permissions import Role
from patients.models import MeasureResult
from scheduling.actions import attendance
from scheduling.models import Session
from tests.attention.desk import Desk, step
from tests.attention.scenes import LateArrival, MeasureDue, MissedTwice
from tests.factories import World, make_staff
from tests.journeys.axe import clean

pytestmark = [pytest.mark.journey, pytest.mark.once]


@pytest.fixture
def desk(signed_in: World, clock: Any) -> Desk:
    return Desk(signed_in.site, signed_in.receptionist, clock)


def test_rows_are_cleared_by_keys_alone_in_two_interactions_each(
    page: Page, live_server: Any, desk: Desk, quiet_console: list[str], interactions: Any
) -> None:
    scene = MissedTwice(desk)
    desk.clock(scene.begin())
    page.goto(f"{live_server.url}/attention/", timeout=20000)
    first = page.locator("#queue [data-row]").first
    expect(first).to_be_focused()

    page.keyboard.press("e")
    expect(page.locator("#toast")).to_contain_text("Done.")
    spent = interactions()
    expect(page.locator("#queue [data-row]").first).to_be_focused()
    page.keyboard.press("u")
    expect(page.locator("#queue [data-row]")).to_have_count(3)
    missed = page.locator("#queue [data-row]").filter(has_text="2 visits missed in 10 days")
    missed.focus()
    before = interactions()
    page.keyboard.press("Enter")
    expect(missed.locator(".ck-alt").first).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("#toast")).to_contain_text("Booked.")

    assert (spent, interactions() - before) == (1, 2)
    assert Session.objects.filter(makeup_of__isnull=False, course=scene.course).count() == 1
    clean(page, "attention")


def test_a_score_is_typed_and_a_row_put_off(
    page: Page, live_server: Any, desk: Desk, quiet_console: list[str], interactions: Any
) -> None:
    desk.clock(MeasureDue(desk).begin())
    page.goto(f"{live_server.url}/attention/")
    field = page.locator("#queue [name=score]")

    field.fill("18")
    field.press("Enter")

    expect(page.locator("#toast")).to_contain_text("Recorded.")
    expect(page.locator("#queue")).to_contain_text("All clear.")
    assert interactions() <= 2
    assert list(MeasureResult.objects.values_list("score", flat=True)) == [18]


def test_what_closes_by_itself_gives_the_focus_on_and_somebody_elses_row_is_refused_in_place(
    page: Page, live_server: Any, desk: Desk, quiet_console: list[str]
) -> None:
    scene = LateArrival(desk)
    now = scene.begin()
    [key] = desk.keys(now, "late_arrival")
    dana = make_staff("dana@example.com", Role.FRONT_DESK, desk.site)
    page.goto(f"{live_server.url}/attention/")
    row = page.locator("#queue [data-row]").first
    expect(row).to_be_focused()

    actions.take_item(request=Request(user=dana), key=key, now=now)
    page.keyboard.press("1")
    expect(row.locator(".here")).to_contain_text("Dana is on this.")
    scene.visit.refresh_from_db()
    assert scene.visit.state == "booked"
    page.evaluate("htmx.trigger(document.body, 'changed')")
    expect(row).to_contain_text("Dana is on this")

    step(attendance.arrive, scene.visit, now)
    clear = page.locator("#queue", has_text="All clear.")
    for _look in range(10):  # news that is asked for while an answer is on its way is not asked for twice
        page.evaluate("htmx.trigger(document.body, 'changed')")
        page.wait_for_timeout(500)
        if clear.count():
            break
    expect(clear).to_have_count(1)


def test_every_deed_of_a_row_works_without_javascript(
    browser: Any, live_server: Any, desk: Desk, signed_in: World
) -> None:
    desk.clock(MissedTwice(desk).begin())
    client = Client()
    client.force_login(signed_in.receptionist)
    context: BrowserContext = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/attention/")
    row = page.locator("#queue [data-row]").filter(has_text="2 visits missed in 10 days")

    row.locator("button:has-text('Make a plan')").click()
    expect(page).to_have_url(re.compile("open=missed_twice"))
    page.locator(".ck-alt").first.click()

    expect(page.locator("#toast")).to_contain_text("Booked.")
    context.close()
