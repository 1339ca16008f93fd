"""The deeper pages of a link: behind the birth date, of who drives, closed; small, enlarged, by keys alone."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from playwright.sync_api import Browser, Page, expect

from clinic.actions import Request
from patients import driver_links, form_actions, links
from patients.domain.clinical import Instrument
from patients.domain.contact import Language
from patients.domain.questions import FORMS
from patients.models import Consent, DriverLink, RelatedPerson
from scheduling.actions import drivers, setup
from scheduling.actions.drivers import Driver
from scheduling.models import Prerequisite, Session
from tests.factories import NOW, World
from tests.journeys import axe
from tests.journeys.test_link_changes import SMALL
from tests.scheduling.living.clinic import ROOMS

pytestmark = [pytest.mark.journey, pytest.mark.once]
MORNING = dt.datetime(2026, 11, 17, 13, tzinfo=dt.UTC)  # an hour before the visit
DEEP = (
    "late/?visit={visit}",
    "calendar/",
    "ready/",
    "driver/",
    "driver/?other=1",
    "form/1/",
    "form/1/1/",
    "waitlist/",
    "settings/",
    "not-you/",
)
EDGELESS = """[...document.querySelectorAll(
    '.pt-yes, .pt-no, .pt-call, .pt-pick, .pt-chips label, .pt-ticks button')]
  .filter((each) => each.offsetParent)
  .filter((each) => {
    const style = getComputedStyle(each);
    const seen = (what) => style[what + 'Style'] !== 'none' && parseFloat(style[what + 'Width']) > 0;
    return !seen('borderTop') && !seen('outline');
  })
  .map((each) => each.outerHTML.slice(0, 80))"""
CUT = """[...document.querySelectorAll('main *')]
  .filter((each) => getComputedStyle(each).overflow === 'hidden' && each.scrollHeight > each.clientHeight + 1)
  .map((each) => each.outerHTML.slice(0, 80))"""
SENT = """[...document.querySelectorAll('form')].map((form) => [
  form.action, [...form.querySelectorAll('[type=hidden]')].map((each) => [each.name, each.value])])"""


@pytest.fixture
def visit(live_world: World, clock: Any) -> Session:
    setup.add_resources(site=live_world.site, resources=ROOMS)
    course = live_world.book(protocol_code="esk_trd", start_on=dt.date(2026, 11, 17), preferred_minute=540)
    session = Session.objects.get(course=course, number=1)
    drivers.name_driver(
        request=Request(user=None, actor="patient"),
        patient_id=live_world.maria.pk,
        session_id=session.pk,
        timing=session.timing_version,
        driver=Driver(name="Ivy", phone="(555) 010-2049", read="2026-11"),
        now=NOW,
    )
    form_actions.begin_form(
        request=Request(user=None, actor="patient"),
        patient_id=live_world.maria.pk,
        instrument=Instrument.PHQ9,
        language=Language.ENGLISH,
        course_number=course.pk,
        now=NOW,
    )
    clock(MORNING)
    return session


@pytest.fixture
def address(live_world: World, visit: Session, live_server: Any) -> str:
    link = links.link_of(patient_id=live_world.maria.pk, now=NOW)
    return f"{live_server.url}/v/{links.token_of(link)}/"


@pytest.fixture
def pages(address: str, visit: Session, live_server: Any) -> list[str]:
    """Every deeper page, that of who drives, and the one a link shows that leads nowhere."""
    driven = f"{live_server.url}/d/{driver_links.token_of(DriverLink.objects.get())}/"
    mine = [f"{live_server.url}/my/{at.format(visit=visit.pk)}" for at in DEEP]
    return [*mine, driven, f"{live_server.url}/v/{'A' * 22}/"]


def check_in(page: Page, address: str) -> None:
    page.goto(f"{address}check/?to=visits/")
    for name, value in (("month", "3"), ("day", "7"), ("year", "1984")):
        page.fill(f"[name={name}]", value)
    page.click(".pt-yes")
    expect(page.locator("h1")).to_have_text("All my visits")


def each_page(page: Page, pages: list[str], more: str, look: Callable[[], Any]) -> dict[str, Any]:
    """Open each page and return what is wrong, by page."""
    found = {}
    for url in pages:
        page.goto(f"{url}{'&' if '?' in url else '?'}{more}")
        found[url] = look()
    return {url: wrong for url, wrong in found.items() if wrong}


def test_every_page_is_the_one_that_is_meant(page: Page, address: str, pages: list[str]) -> None:
    check_in(page, address)

    said = []
    for url in pages:
        page.goto(url)
        said.append(page.locator("h1").inner_text().replace("\n", " "))

    assert said == [
        "How late will you be?",
        "Add to my calendar",
        "Get ready",
        "Who will drive you?",
        "Who will drive you?",
        "A short form",
        FORMS[Instrument.PHQ9].words["en"].items[0],
        "Want an earlier time?",
        "Text settings",
        "Not you?",
        "Tuesday, November 17",
        "This link has ended.",
    ]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_is_accessible_and_large_enough_for_a_thumb(
    page: Page, address: str, pages: list[str], language: str
) -> None:
    check_in(page, address)

    def look() -> list[str]:
        found = [f"{state}: {fault}" for state, faults in axe.look(page, "page").items() for fault in faults]
        page.set_viewport_size({"width": 320, "height": 640})
        return [*found, *["sticks out"] * bool(page.evaluate(axe.STICKS_OUT)), *page.evaluate(SMALL)]

    assert each_page(page, pages, f"lang={language}", look) == {}


def test_at_400_percent_and_with_large_text_nothing_sticks_out_and_all_can_be_read(
    page: Page, address: str, pages: list[str]
) -> None:
    check_in(page, address)
    page.set_viewport_size({"width": 320, "height": 256})  # 1280 x 1024 at 400 %

    def look() -> list[str]:
        return [*["sticks out"] * bool(page.evaluate(axe.STICKS_OUT)), *page.evaluate(CUT)]

    assert each_page(page, pages, "lang=es&text=large", look) == {}


def test_in_forced_colours_every_button_pick_chip_and_tick_has_an_edge(
    browser: Browser, address: str, pages: list[str], visit: Session
) -> None:
    context = browser.new_context(forced_colors="active", viewport={"width": 390, "height": 780})
    page = context.new_page()
    check_in(page, address)
    changing = f"{address.partition('/v/')[0]}/my/change/?visit={visit.pk}"

    assert each_page(page, [*pages, changing], "lang=en", lambda: page.evaluate(EDGELESS)) == {}
    context.close()


def test_a_driver_is_named_by_keys_alone(page: Page, address: str, live_server: Any, visit: Session) -> None:
    check_in(page, address)
    page.goto(f"{live_server.url}/my/driver/?other=1")
    for selector, typed in (("[name=name]", "Tom"), ("[name=phone]", "555 010 2050")):
        _tab_to(page, selector)
        page.keyboard.type(typed)
    _tab_to(page, "[name=read]")
    page.keyboard.press("Space")
    _tab_to(page, "button.pt-yes")
    page.keyboard.press("Enter")

    expect(page.locator("[role=status]")).to_contain_text("Tom still has to say yes.")
    in_force = Prerequisite.objects.filter(session=visit, person__isnull=False, withdrawn_at=None)
    assert list(in_force.values_list("person__name", "is_confirmed")) == [("Tom", False)]


def _tab_to(page: Page, selector: str) -> None:
    for _stop in range(30):
        page.keyboard.press("Tab")
        if page.locator("*:focus").evaluate("(node, selector) => node.matches(selector)", selector):
            return
    pytest.fail(f"Tab never comes to {selector}")


def test_a_robot_that_sends_every_form_empty_changes_nothing(
    page: Page, address: str, pages: list[str], visit: Session, clock: Any
) -> None:
    urls = [address, *(address + at.format(visit=visit.pk) for at in ("", "check/", *DEEP)), *pages[-2:]]
    before, sent = _rows(), 0
    for url in urls:
        page.goto(url)
        forms = page.evaluate(SENT)
        clock(MORNING + dt.timedelta(minutes=1))  # later than any script that is in a hurry
        for action, hidden in forms:
            kept = {name: value for name, value in hidden if name in ("form", "lang")}
            for fields in ({}, kept):
                answer = page.request.post(action, form=fields, max_redirects=0)
                sent += 1
                assert answer.status < 500, (url, action)

    assert (sent >= 20, _rows()) == (True, before)


def _rows() -> dict[str, list[Any]]:
    """Return all that a robot could have changed: visits, answers, tries, links, messages, consents, people."""
    seen = (Session, Prerequisite, Consent, DriverLink, RelatedPerson)
    named = ("LinkCheck", "PatientLink", "CalendarFeed", "ContactPoint", "InboundMessage", "FormRun", "PrepTick")
    models: list[Any] = [*seen, *(model for model in apps.get_models() if model.__name__ in named)]
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
