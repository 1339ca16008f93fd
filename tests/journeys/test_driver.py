"""A patient names who drives, that person says yes on their own phone, and a calendar follows; no script is needed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from patients import driver_links, links
from patients.models import CalendarFeed, DriverLink, RelatedPerson
from scheduling.actions import setup
from scheduling.domain.operations import GateKind
from scheduling.models import Prerequisite, Session
from tests.factories import NOW, World
from tests.journeys import axe
from tests.journeys.test_link import SMALL
from tests.scheduling.living.clinic import ROOMS

pytestmark = [pytest.mark.journey, pytest.mark.long]
TUESDAY = dt.date(2026, 11, 17)


@pytest.fixture
def visit(live_world: World, clock: Any) -> Session:
    setup.add_resources(site=live_world.site, resources=ROOMS)
    course = live_world.book(protocol_code="esk_trd", start_on=TUESDAY, preferred_minute=540)
    RelatedPerson.objects.create(patient=live_world.maria, role="escort", name="Ivy", phone="+15550102049")
    return Session.objects.get(course=course, number=1)


@pytest.fixture
def address(live_world: World, visit: Session, live_server: Any) -> str:
    link = links.link_of(patient_id=live_world.maria.pk, now=NOW)
    return f"{live_server.url}/v/{links.token_of(link)}/"


@pytest.fixture
def plain(browser: Browser) -> Page:
    """A phone that runs no script."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    return context.new_page()


def check_in(page: Page, address: str, world: World) -> None:
    """Give the birth date and stand before the driver's page."""
    page.goto(f"{address}driver/")
    born = world.maria.birth_date
    for part in ("month", "day", "year"):
        page.fill(f"[name={part}]", str(getattr(born, part)))
    page.click("text=Go on")
    expect(page.locator("h1")).to_have_text("Who will drive you?")


def named(visit: Session) -> list[tuple[str, bool]]:
    rows = Prerequisite.objects.filter(session=visit, kind=GateKind.RIDE, withdrawn_at=None)
    return list(rows.values_list("person__name", "is_confirmed"))


def test_somebody_known_is_named_by_three_deeds(
    page: Page, address: str, live_world: World, visit: Session, interactions: Callable[[], int]
) -> None:
    check_in(page, address, live_world)
    page.goto(page.url.replace("driver/", ""))
    before = interactions()

    page.click("text=Who will drive you?")
    expect(page.locator("[name=name]")).to_be_hidden()
    page.check("[name=read]")
    page.click("text=Save")
    expect(page.locator("[role=status]")).to_contain_text("Ivy still has to say yes.")

    assert (interactions() - before, named(visit)) == (3, [("Ivy", False)])


def test_without_a_script_somebody_new_is_named_and_says_yes_on_their_own_page(
    plain: Page, browser: Browser, address: str, live_world: World, live_server: Any, visit: Session, clock: Any
) -> None:
    check_in(plain, address, live_world)
    plain.check("text=Somebody else")
    plain.fill("[name=name]", "Tom")
    plain.fill("[name=phone]", "555 010 2050")
    plain.check("[name=read]")
    plain.click("text=Save")
    expect(plain.locator("[role=status]")).to_contain_text("Tom still has to say yes.")

    theirs = browser.new_context(java_script_enabled=False).new_page()
    theirs.goto(f"{live_server.url}/d/{driver_links.token_of(DriverLink.objects.get())}/")
    clock(NOW + dt.timedelta(seconds=5))
    theirs.click("text=Yes, I’ll be there")
    expect(theirs.locator("[role=status]")).to_contain_text("Thank you. See you Tuesday.")

    plain.reload()
    expect(plain.locator("[role=status]")).to_contain_text("Tom will take you home.")
    assert named(visit) == [("Tom", True)]


def test_a_calendar_is_let_and_stopped_by_a_tap_each(plain: Page, address: str) -> None:
    plain.goto(f"{address}calendar/")
    plain.click("text=Subscribe")
    let = plain.locator("a[href^='webcal://']").count()
    plain.click("text=Stop this calendar")
    expect(plain.locator("text=Subscribe")).to_be_visible()

    assert (let, list(CalendarFeed.objects.values_list("ended_at", flat=True))) == (1, [NOW])


def test_the_pages_are_accessible_and_fit_a_small_phone(
    page: Page, address: str, live_world: World, live_server: Any, visit: Session
) -> None:
    check_in(page, address, live_world)
    _look(page)
    page.click("text=Save")
    page.check("text=Ivy")
    page.check("[name=read]")
    page.click("text=Save")
    expect(page.locator("[role=status]")).to_be_visible()
    _look(page)
    driven = f"{live_server.url}/d/{driver_links.token_of(DriverLink.objects.get())}/"
    for url in (f"{live_server.url}/my/calendar/", driven, f"{driven}?lang=es"):
        page.goto(url)
        _look(page)


def _look(page: Page) -> None:
    axe.clean(page, "driver")
    page.set_viewport_size({"width": 320, "height": 640})
    assert not page.evaluate(axe.STICKS_OUT)
    assert page.evaluate(SMALL) == 0
