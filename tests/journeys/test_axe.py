"""Every page there is, and what is on it once somebody does something: no fault, light and dark, phone and desk."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from bench import full_day
from frontdesk import urls
from scheduling.actions import attendance
from scheduling.models import Reservation, Session
from tests.factories import World
from tests.journeys import axe, everything

pytestmark = [pytest.mark.journey, pytest.mark.once]
TUESDAY = dt.date(2026, 11, 17)
FULL = dt.datetime(2026, 11, 16, 18, 12, tzinfo=dt.UTC)


def enter(context: BrowserContext, live_server: Any, client: Client) -> None:
    """Let the browser be who a client is."""
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_page_there_is(
    page: Page, context: BrowserContext, live_server: Any, live_world: World, clock: Any, quiet_console: list[str]
) -> None:
    made = everything.build(live_world, clock)
    client = everything.sign_in(made)
    enter(context, live_server, client)
    page.set_default_timeout(20_000)
    found: dict[str, list[str]] = {}
    seen = [each.path for each in everything.pages(made, client)]
    for path in seen:
        page.goto(live_server.url + path)
        found |= axe.look(page, path)

    assert found == {}
    assert set(everything.ELSEWHERE) <= {route.name for route in urls.urlpatterns}


def test_a_full_board_an_open_palette_and_the_sheet_of_keys(
    page: Page, context: BrowserContext, live_server: Any, live_world: World, clock: Any, quiet_console: list[str]
) -> None:
    day = full_day.build(now=FULL, sessions=240, users=1)
    clock(FULL)
    enter(context, live_server, as_user(day.users[0]))
    page.goto(f"{live_server.url}/?site={day.site.slug}", timeout=20_000)
    expect(page.locator(".ck-visit")).to_have_count(240)
    axe.clean(page, "240 visits")
    page.keyboard.press("Control+k")
    page.keyboard.type("gar")
    expect(page.locator("#palette-found")).to_contain_text("Garcia")
    axe.clean(page, "the palette over 240 visits")


def _panel(page: Page, session: Session, _world: World) -> None:
    page.locator(f"#visit-{session.pk}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel]")).to_be_focused()


def _move(page: Page, session: Session, world: World) -> None:
    _panel(page, session, world)
    page.keyboard.press("m")
    expect(page.locator("[data-alt='1']")).to_be_focused()


def _toast(page: Page, session: Session, _world: World) -> None:
    page.locator(f"#visit-{session.pk} [data-verb=arrive]").first.click()
    expect(page.locator(".ck-toast")).to_contain_text("is here.")


def _somebody_was_quicker(page: Page, session: Session, world: World) -> None:
    """412: the card shows what Tess did, and both ways out."""
    attendance.start(session_id=session.pk, version=2, now=session.starts_at, by=world.technician)
    page.locator(f"#visit-{session.pk}").focus()
    page.keyboard.press("s")
    expect(page.locator("#clash [role=alert]")).to_contain_text("changed this visit")


def _no_room(page: Page, session: Session, world: World) -> None:
    """409: put down where somebody is; what is near is offered."""
    _move(page, session, world)
    page.click("[data-see-board]")
    expect(page.locator(".ck-ghost")).to_have_count(1)
    for _five_minutes in range(8):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-beside] [data-alt]")).to_have_count(3)


STATES: dict[str, Callable[[Page, Session, World], None]] = {
    "the panel": _panel,
    "a move": _move,
    "no room": _no_room,
    "a toast": _toast,
    "somebody was quicker": _somebody_was_quicker,
}


def test_what_stands_on_the_board_once_somebody_does_something(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    course = signed_in.book(signed_in.daniel, start_on=TUESDAY, preferred_minute=600, counts={"acute": 8})
    session = Session.objects.get(course=course, number=2)
    device = Reservation.objects.get(session=session, resource__kind="tms_device").resource_id
    signed_in.book(start_on=TUESDAY, preferred_minute=660, counts={"acute": 8}, pins={"tms_device": device})
    clock(session.starts_at - dt.timedelta(minutes=18))
    page.goto(live_server.url, timeout=20_000)
    found: dict[str, list[str]] = {}
    for name, do in STATES.items():
        do(page, session, signed_in)
        found |= axe.look(page, name)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")

    assert found == {}


def test_pages_with_nothing_on_them(
    page: Page, context: BrowserContext, live_server: Any, live_world: World, clock: Any, quiet_console: list[str]
) -> None:
    enter(context, live_server, as_user(live_world.outsider))
    found: dict[str, list[str]] = {}
    for path in ("/", "/attention/", "/waitlist/", "/messages/", "/tomorrow/"):
        page.goto(live_server.url + path, timeout=20_000)
        found |= axe.look(page, path)

    assert found == {}
