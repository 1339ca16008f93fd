"""Taking back and being refused, in the browser: under the hand, by keys, with every way out."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, Route, expect

from notifications.models import Message
from scheduling.actions import attendance, undoing
from scheduling.models import Session
from tests.factories import World
from tests.notifications.days import look

pytestmark = [pytest.mark.journey, pytest.mark.once]
TODAY = dt.date(2026, 11, 17)
NOW = dt.datetime(2026, 11, 17, 15, 5, tzinfo=dt.UTC)


@pytest.fixture
def visit(signed_in: World, clock: Any) -> Session:
    """A visit on a device at 10am, five minutes ago."""
    course = signed_in.book(signed_in.daniel, start_on=TODAY, preferred_minute=600)
    row = Session.objects.get(course=course, number=1)
    clock(NOW.isoformat())
    return row


def card(page: Page, session: Session) -> Any:
    return page.locator(f"#visit-{session.pk}:visible")


def state(page: Page, session: Session) -> Any:
    return card(page, session).locator(".ck-state").first


def meanwhile(world: World, session: Session, step: Any) -> None:
    """Somebody else takes a step of a visit that this page still shows as it was."""
    row = Session.objects.get(pk=session.pk)
    step(session_id=row.pk, version=row.version, now=NOW - dt.timedelta(seconds=20), by=world.technician)


def test_u_takes_the_latest_deed_back_after_its_toast_has_gone_here_and_on_another_page(
    page: Page, live_server: Any, visit: Session, quiet_console: list[str]
) -> None:
    page.goto(live_server.url)
    for is_elsewhere in (False, True):
        card(page, visit).focus()
        page.keyboard.press("a")
        expect(state(page, visit)).to_have_text("Here")
        expect(page.locator("[data-toast]")).to_contain_text("is here.")
        page.evaluate("document.querySelector('[data-toast]').remove()")
        if is_elsewhere:
            page.goto(f"{live_server.url}/messages/")
        page.keyboard.press("u")
        expect(page.locator(".ck-toast")).to_contain_text("Taken back.")
        if is_elsewhere:
            page.goto(live_server.url)
        expect(state(page, visit)).not_to_have_text("Here")
        if not is_elsewhere:
            expect(card(page, visit)).to_be_focused()

    assert Session.objects.get(pk=visit.pk).state == "booked"


def test_a_step_on_what_somebody_changed_offers_theirs_and_mine_at_the_card(
    page: Page, live_server: Any, signed_in: World, visit: Session, quiet_console: list[str]
) -> None:
    other = signed_in.technician.name
    page.goto(live_server.url)
    expect(card(page, visit)).to_be_visible()
    meanwhile(signed_in, visit, attendance.arrive)
    meanwhile(signed_in, visit, undoing.undo)

    card(page, visit).focus()
    page.keyboard.press("a")
    box = page.locator("#clash [role=alert]")
    expect(box).to_contain_text(f"{other} changed this visit 20 s ago: it is booked")
    expect(box.locator("[data-keep]")).to_be_focused()
    near, far = card(page, visit).bounding_box(), box.bounding_box()
    assert near is not None
    assert far is not None
    assert abs(far["y"] - near["y"] - near["height"]) < 12 or abs(near["y"] - far["y"] - far["height"]) < 12
    box.get_by_role("button", name="Use mine").click()
    expect(state(page, visit)).to_have_text("Here")
    expect(box).to_have_count(0)

    meanwhile(signed_in, visit, attendance.start)
    card(page, visit).focus()
    page.keyboard.press("s")
    expect(box).to_contain_text("it is in the chair now.")
    page.keyboard.press("Enter")  # theirs stays
    expect(box).to_have_count(0)
    expect(state(page, visit)).to_have_text("In chair")
    expect(card(page, visit)).to_be_focused()
    assert Session.objects.get(pk=visit.pk).version == 5


def test_what_somebody_chose_not_to_send_never_leaves(
    page: Page, live_server: Any, visit: Session, settings: Any, quiet_console: list[str]
) -> None:
    settings.SEND_MESSAGES = True
    page.goto(live_server.url)
    card(page, visit).locator("[data-open]").click()
    page.locator("[data-panel]").get_by_role("button", name="No-show").click()
    expect(page.locator(".ck-toast")).to_contain_text("Text goes out in 3 min.")
    page.get_by_role("button", name="Don't send").click()
    expect(page.locator(".ck-toast")).to_contain_text("Nobody is texted.")
    settings.SEND_MESSAGES = False
    for minutes in range(5):
        look(NOW + minutes * dt.timedelta(minutes=1))

    assert [(m.state, m.handed_at) for m in Message.objects.filter(kind="missed")] == [("skipped_changed", None)]


def test_how_long_a_text_is_held_is_counted_for_the_eyes_alone_until_it_goes(
    page: Page, live_server: Any, visit: Session, settings: Any, quiet_console: list[str]
) -> None:
    settings.SEND_MESSAGES = True
    page.clock.install()
    page.goto(live_server.url)
    card(page, visit).locator("[data-open]").click()
    page.locator("[data-panel]").get_by_role("button", name="No-show").click()
    toast = page.locator("#toast .ck-toast")
    expect(toast.locator("[aria-hidden=true]")).to_contain_text(re.compile(r"Text goes out in [23]:\d\d\."))
    expect(toast.locator("span.ck-sr")).to_contain_text("Text goes out in 3 min.")
    card(page, visit).locator("[data-open]").click()
    held = page.locator("[data-panel] .ck-held")
    expect(held.locator("[aria-hidden=true]:not(svg)")).to_contain_text(re.compile(r"Text goes out in [23]:\d\d\."))
    expect(held.get_by_role("button")).to_have_count(2)
    held.get_by_role("button", name="Send now").focus()

    page.clock.run_for(181_000)

    expect(held).to_contain_text("Text goes out now.")
    expect(held.get_by_role("button")).to_have_count(0)
    expect(page.locator("[data-panel]")).to_be_focused()


def test_no_answer_is_said_where_the_hand_is_and_tried_again(
    page: Page, live_server: Any, visit: Session, quiet_console: list[str]
) -> None:
    page.goto(live_server.url)
    broken = [500, 0]

    def answer(route: Route) -> None:
        status = broken.pop(0) if broken else None
        if status is None:
            route.continue_()
        elif status:
            route.fulfill(status=status, body="")
        else:
            route.abort()

    page.route(re.compile("/arrive/"), answer)
    card(page, visit).focus()
    page.keyboard.press("a")
    box = page.locator("#clash [role=alert]")
    expect(box).to_contain_text("Couldn't save. Nothing was changed.")
    page.keyboard.press("Enter")
    expect(box).to_contain_text("No answer. Look whether it was saved before you try again.")
    page.keyboard.press("Enter")
    expect(state(page, visit)).to_have_text("Here")
    expect(box).to_have_count(0)
    quiet_console.clear()  # it was broken on purpose


def test_both_ways_out_of_a_refusal_work_without_javascript(
    browser: Any, live_server: Any, signed_in: World, visit: Session
) -> None:
    context = browser.new_context(java_script_enabled=False, extra_http_headers={"Referer": live_server.url})
    client = Client()
    client.force_login(signed_in.receptionist)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/sessions/{visit.pk}/")
    meanwhile(signed_in, visit, attendance.arrive)

    page.get_by_role("button", name="No-show").click()
    expect(page.locator("h1")).to_contain_text("changed this visit")
    expect(page.get_by_role("link", name=re.compile("^Keep "))).to_be_visible()
    page.get_by_role("button", name="Use mine").click()
    expect(page.locator("h1")).to_have_text("Not as it stands")
    context.close()


def test_a_safe_step_shows_before_the_answer_comes_once_and_goes_back_when_it_fails(
    page: Page, live_server: Any, visit: Session, quiet_console: list[str]
) -> None:
    page.goto(live_server.url)
    expect(card(page, visit)).to_be_visible()
    before = state(page, visit).inner_text()
    waiting: list[Route] = []
    page.route(re.compile("/arrive/"), lambda route: waiting.append(route))

    card(page, visit).focus()
    page.keyboard.press("a")
    expect(state(page, visit)).to_have_text("Here")
    page.keyboard.press("a")  # a key that repeats asks for nothing
    assert len(waiting) == 1
    waiting.pop().fulfill(status=500, body="")

    expect(state(page, visit)).to_have_text(before)
    page.get_by_role("button", name="Try again").click()
    expect(state(page, visit)).to_have_text("Here")
    assert Session.objects.get(pk=visit.pk).state == "booked"
    waiting.pop().continue_()
    expect(card(page, visit).locator("[data-verb=start]")).to_be_attached()
    assert Session.objects.get(pk=visit.pk).state == "arrived"
    quiet_console.clear()  # it was broken on purpose
