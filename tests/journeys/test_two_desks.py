"""Two receptionists at one visit (reliability.md 3.4): nothing anybody did is lost, and a sentence tells who did what.

Rosa looks at a page that is out of date; Dana was quicker, in a browser of her own.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from clinic.actions import Request
from clinic.domain.permissions import Role
from clinic.models import StaffUser
from scheduling.actions import courses
from scheduling.models import Course, Session
from tests.attention.reply_scenes import write
from tests.factories import World, make_staff
from tests.journeys.conftest import listen
from tests.races.edits import unexplained

pytestmark = [pytest.mark.journey, pytest.mark.once]
TUESDAY = dt.date(2026, 11, 17)
MARIA = "+15550102040"


@pytest.fixture
def dana(live_world: World) -> StaffUser:
    return make_staff("dana@example.com", Role.FRONT_DESK, live_world.site)


@pytest.fixture
def visit(signed_in: World) -> Session:
    """The second visit of eight at ten, tomorrow."""
    course = signed_in.book(start_on=TUESDAY - dt.timedelta(days=1), preferred_minute=600, counts={"acute": 8})
    return Session.objects.get(course=course, day=TUESDAY)


@pytest.fixture
def hers(
    browser: Browser, live_server: Any, dana: StaffUser, visit: Session, quiet_console: list[str]
) -> Iterator[Page]:
    """Dana's browser, at the visit's day."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    client = Client()
    client.force_login(dana)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    context.set_default_timeout(10_000)
    listen(context, quiet_console)
    page = context.new_page()
    page.goto(f"{live_server.url}/?day={TUESDAY}", timeout=20_000)
    yield page
    context.close()


@pytest.fixture
def rosas(page: Page, live_server: Any, hers: Page) -> Page:
    """Rosa's browser, at the same day."""
    page.set_default_timeout(10_000)
    page.goto(f"{live_server.url}/?day={TUESDAY}")
    # Her page asks for news by itself every few seconds: here it does not before she clicks.
    page.route(re.compile(r"view=board"), lambda route: route.fulfill(status=304))
    return page


def choose(page: Page, visit: Session) -> None:
    """Open the box of places for a visit."""
    page.locator(f"#visit-{visit.pk}").focus()
    page.keyboard.press("m")
    expect(page.locator("[data-alt='1']")).to_be_focused()


def moved_by(page: Page, visit: Session, alternative: int) -> tuple[dt.date, int]:
    """Move a visit to one of the places offered, and return where it is now."""
    choose(page, visit)
    page.keyboard.press(str(alternative))
    page.keyboard.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("Moved to")
    return where(visit)


def where(visit: Session) -> tuple[dt.date, int]:
    visit.refresh_from_db()
    return visit.day, visit.minute


def test_both_move_and_either_may_stand(rosas: Page, hers: Page, visit: Session) -> None:
    choose(rosas, visit)
    danas = moved_by(hers, visit, 1)
    rosas.locator("[data-alt='2']").click()
    said = rosas.locator("#panel-says [role=alert]")
    expect(said).to_contain_text(re.compile(r"Dana moved this visit .* to "))

    said.locator("[data-keep]").click()
    expect(said).to_have_count(0)
    assert where(visit) == danas

    rosas.goto(rosas.url)
    choose(rosas, visit)
    danas = moved_by(hers, visit, 1)
    rosas.locator("[data-alt='3']").click()
    said.get_by_role("button", name="Use mine").click()
    expect(rosas.locator(".ck-toast")).to_contain_text("Moved to")
    assert where(visit) != danas
    assert unexplained(visit.pk) == []


def test_one_moves_what_the_other_cancelled(rosas: Page, hers: Page, visit: Session) -> None:
    choose(rosas, visit)
    hers.locator(f"#visit-{visit.pk} [data-open]").click()
    hers.locator("[data-panel] summary", has_text="Cancel").click()
    hers.select_option("#by-cancel", "patient")
    hers.fill("#reason-cancel", "Ill")
    hers.press("#reason-cancel", "Enter")
    expect(hers.locator(".ck-toast")).to_be_visible()

    rosas.locator("[data-alt='1']").click()

    said = rosas.locator("#panel-says [role=alert]")
    expect(said).to_contain_text(re.compile("Dana changed this visit .*: it is cancelled now"))
    visit.refresh_from_db()
    assert (visit.state, visit.day) == ("cancelled", TUESDAY)
    assert unexplained(visit.pk) == []


def test_a_note_and_an_arrival_are_both_kept(rosas: Page, hers: Page, visit: Session, clock: Any) -> None:
    clock("2026-11-17T14:55:00+00:00")
    rosas.locator(f"#visit-{visit.pk}").focus()
    rosas.keyboard.press("e")
    expect(rosas.locator("[data-note]")).to_be_focused()
    rosas.keyboard.type("Needs the quiet room")
    hers.reload()
    with hers.expect_response(re.compile("/arrive/$")):  # her card says so before
        hers.locator(f"#visit-{visit.pk} [data-verb=arrive]").first.click()

    rosas.click("text=Save note")

    expect(rosas.locator("[data-panel]")).to_contain_text("Here")
    visit.refresh_from_db()
    assert (visit.state, visit.note) == ("arrived", "Needs the quiet room")
    assert unexplained(visit.pk) == []


def test_a_place_just_taken_keeps_the_ghost_and_offers_three_others(
    rosas: Page, hers: Page, visit: Session, signed_in: World, dana: StaffUser
) -> None:
    choose(rosas, visit)
    rosas.click("[data-see-board]")
    ghost = rosas.locator(".ck-ghost")
    expect(ghost).to_have_count(1)
    for _half_hours in range(8):
        rosas.keyboard.press("ArrowDown")
    expect(rosas.locator(".ck-ghost.bad")).to_have_count(0)
    device = visit.reservations.filter(resource__kind="tms_device").get().resource
    there = signed_in.propose(
        signed_in.daniel, start_on=TUESDAY, preferred_minute=660, counts={"acute": 8}, pins={"tms_device": device.pk}
    )
    courses.book_course(request=Request(user=dana), proposal=there, now=dt.datetime(2026, 11, 16, 14, tzinfo=dt.UTC))

    rosas.keyboard.press("Enter")

    expect(rosas.locator("[data-beside]")).to_contain_text(
        re.compile(r"taken at .* \(Okafor, D\. until .*; Dana took it just now\)")
    )
    expect(rosas.locator("[data-beside] [data-alt]")).to_have_count(3)
    expect(ghost).to_have_count(1)
    assert where(visit) == (TUESDAY, 600)
    rosas.locator("[data-beside] [data-alt='1']").click()
    expect(rosas.locator(".ck-toast")).to_contain_text("Moved to")
    assert unexplained(visit.pk) == []


def test_a_visit_of_a_held_course_is_not_moved(rosas: Page, hers: Page, visit: Session, live_server: Any) -> None:
    choose(rosas, visit)
    hers.goto(f"{live_server.url}/courses/{visit.course_id}/")
    hers.locator("#pause summary").click()
    form = hers.locator("form[action$='/hold/']")
    form.locator("[name=reason]").fill("Travels")
    form.locator("button").click()
    expect(hers.locator(".ck-toast")).to_be_visible()

    rosas.locator("[data-alt='1']").click()

    expect(rosas.locator("#panel-says [role=alert]")).to_contain_text("Dana")
    visit.refresh_from_db()
    assert (Course.objects.get(pk=visit.course_id).state, visit.is_active) == ("on_hold", False)
    assert unexplained(visit.pk) == []


def test_a_yes_to_a_time_that_staff_moved_meanwhile_waits_for_a_person(
    rosas: Page, hers: Page, visit: Session, live_server: Any, clock: Any
) -> None:
    moved_by(hers, visit, 1)
    write(MARIA, "1", dt.datetime(2026, 11, 16, 14, 1, tzinfo=dt.UTC))
    visit.refresh_from_db()

    rosas.goto(f"{live_server.url}/attention/")

    expect(rosas.locator("#queue")).to_contain_text("Garcia, M.")
    assert visit.confirmed_at is None
    assert unexplained(visit.pk) == []
