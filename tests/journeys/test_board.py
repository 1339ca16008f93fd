"""The day board in a browser: a full day, news that takes nothing out of the hand, no connection, no scripts."""

import datetime as dt
import gzip
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from bench import full_day
from scheduling.models import Session
from tests.factories import World, make_patient

pytestmark = [pytest.mark.journey, pytest.mark.once]
FULL = dt.datetime(2026, 11, 16, 18, 12, tzinfo=dt.UTC)


def test_a_full_day_is_light_and_news_of_it_takes_nothing_out_of_the_hand(
    page: Page, live_server: Any, context: BrowserContext, live_world: World, clock: Any, quiet_console: list[str]
) -> None:
    day = full_day.build(now=FULL, sessions=240, users=2)
    clock(FULL.isoformat())
    client = Client()
    client.force_login(day.users[0])
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page.goto(f"{live_server.url}/?site={day.site.slug}")
    markup = client.get("/", {"site": day.site.slug}).content

    assert page.locator(".ck-visit").count() == 240
    assert page.evaluate("document.querySelectorAll('*').length") <= 3500
    assert len(gzip.compress(markup)) <= 40_000

    # In hand: a card far down, a filter, both scrolls.
    page.click("[data-filter=booked]")
    held, other = (
        page.locator(".ck-visit.is-booked").nth(30),
        Session.objects.filter(site=day.site, day=day.today, state="booked").order_by("-starts_at")[0],
    )
    held.focus()
    page.evaluate("window.scrollTo(0, 300)")
    kept = held.get_attribute("id")
    before = page.evaluate("[window.scrollY, document.querySelector('.ck-scroll').scrollLeft]")
    with page.expect_response(lambda answer: "view=board" in answer.url and answer.status == 200):
        Session.objects.filter(pk=other.pk).update(state="arrived", arrived_at=FULL, version=other.version + 1)
        page.evaluate("window.htmx.trigger('#day', 'look')")

    expect(page.locator(f"#visit-{other.pk} .ck-state")).to_have_text("Here")
    expect(page.locator("#news")).to_have_text("1 visit changed")
    assert page.evaluate("document.activeElement.id") == kept
    assert page.evaluate("[window.scrollY, document.querySelector('.ck-scroll').scrollLeft]") == before
    assert page.locator("#day").get_attribute("data-only") == "booked"
    expect(page.locator("[data-filter=booked]")).to_have_attribute("aria-pressed", "true")
    assert "only=booked" in page.url

    # A step of one's own repaints the card, the head of its column and the strip, and leaves the rest.
    page.click("[data-filter=booked]")
    mine = page.locator(".ck-visit:has([data-verb=arrive])").first.get_attribute("id")
    page.locator(f"#{kept}").evaluate("(node) => { node.dataset.kept = 'yes'; }")
    here = int(page.locator("#filter-here b").inner_text())
    page.locator(f"#{mine} [data-verb=arrive]").first.click()
    expect(page.locator(f"#{mine} .ck-state")).to_have_text("Here")
    expect(page.locator("#filter-here b")).to_have_text(str(here + 1))
    expect(page.locator(f"#{kept}")).to_have_attribute("data-kept", "yes")


def test_without_a_connection_the_board_says_so_and_takes_no_changes(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    course = signed_in.book(start_on=dt.date(2026, 11, 17), preferred_minute=540)
    visit = Session.objects.get(course=course, number=1)
    clock("2026-11-17T14:02:00+00:00")
    page.goto(live_server.url)
    expect(page.locator("[data-live]")).to_have_text("Live, 9:02am")
    page.evaluate("document.getElementById('day').dataset.staleAfter = '0.5'")

    page.context.set_offline(True)
    page.evaluate("window.htmx.trigger('#day', 'look')")
    expect(page.locator("#stale")).to_contain_text("Not live since 9:02am. Trying again.")
    page.locator(f"#visit-{visit.pk} [data-verb=arrive]").first.click()
    visit.refresh_from_db()
    assert visit.state == "booked"

    page.context.set_offline(False)  # the page notices by itself
    expect(page.locator("#stale")).to_be_empty()
    page.locator(f"#visit-{visit.pk} [data-verb=arrive]").first.click()
    expect(page.locator(f"#visit-{visit.pk} .ck-state")).to_have_text("Here")
    # What the browser itself says about requests that could not leave is the one thing it may say.
    assert [said for said in quiet_console if not said.startswith(("htmx:", "Failed to load resource: net"))] == []
    quiet_console.clear()


def test_people_who_look_alike_are_let_in_by_name_and_birth_date(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    course = signed_in.book(start_on=dt.date(2026, 11, 17), preferred_minute=540)
    visit = Session.objects.get(course=course, number=1)
    twin = make_patient(signed_in.site, signed_in.receptionist, "Marta", "Garcia", phone="+15550107001")
    signed_in.book(twin, start_on=dt.date(2026, 11, 17), preferred_minute=780)
    clock("2026-11-17T13:55:00+00:00")
    page.goto(live_server.url)
    card = page.locator(f"#visit-{visit.pk}")

    card.focus()
    page.keyboard.press("a")
    expect(card.locator(".ck-sure-box")).to_contain_text("Maria Garcia, born Mar 7, 1984?")
    page.keyboard.press("Enter")

    expect(card.locator(".ck-state")).to_have_text("Here")
    expect(page.locator("#toast")).to_contain_text("Maria Garcia, Mar 7, 1984, is here.")


def test_filter_view_and_a_step_work_without_javascript(
    browser: Any, live_server: Any, signed_in: World, clock: Any, context: BrowserContext
) -> None:
    course = signed_in.book(start_on=dt.date(2026, 11, 17), preferred_minute=540)
    visit = Session.objects.get(course=course, number=1)
    clock("2026-11-17T14:02:00+00:00")
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(live_server.url)

    page.click("#filter-booked")
    expect(page.locator("#day")).to_have_attribute("data-only", "booked")
    page.click(f"#visit-{visit.pk} [data-verb=arrive]")
    expect(page.locator(f"#visit-{visit.pk} .ck-state")).to_have_text("Here")
    page.click("[data-view=list]")
    expect(page.locator("li.ck-item .ck-state")).to_have_text("Here")
    plain.close()


def test_zoom_and_a_set_of_columns_stay_and_a_call_goes_straight_to_the_number(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    course = signed_in.book(start_on=dt.date(2026, 11, 17), preferred_minute=540)
    visit = Session.objects.get(course=course, number=1)
    held = visit.reservations.get(resource__kind="tms_device").resource
    clock("2026-11-17T14:20:00+00:00")
    page.goto(live_server.url)
    card = page.locator(f"#visit-{visit.pk}")
    heads = page.locator(".ck-colhead h2")
    was, tall = heads.count(), card.bounding_box()["height"]  # type: ignore[index]

    page.click("#view > summary")
    page.click("[name=zoom][value='5']")
    assert card.bounding_box()["height"] > tall * 1.5  # type: ignore[index]

    page.click("#view > summary")
    page.click(".ck-newset > summary")
    for box in page.locator(".ck-picks input").all():
        box.set_checked(box.get_attribute("value") == str(held.pk))
    page.fill("#set-name", "Mine alone")
    page.keyboard.press("Enter")
    expect(heads).to_have_text([held.name])
    page.click("[data-key=']']")
    expect(page.locator("#view > summary")).to_contain_text("Mine alone")
    page.click("[data-key=t]")
    page.click("#view > summary")
    page.keyboard.press("Escape")
    expect(page.locator("#view")).not_to_have_attribute("open", "")
    page.click("#view > summary")
    page.click("[name=set][value='']")
    expect(heads).to_have_count(was)

    # Somebody late: Call puts the number in the hand, Text the link that goes to the patient.
    page.locator(f"#call-{visit.pk}").click()
    expect(page.locator("#panel [data-call]")).to_be_focused()
    page.keyboard.press("Escape")
    card.locator("[data-act=text]").click()
    expect(page.locator("#panel [data-text]")).to_be_focused()
