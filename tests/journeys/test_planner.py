"""Choosing among plans, another time for one session, a hold: with the mouse and with keys."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scheduling.models import Course, Outage, Resource, Session
from tests.factories import NOW, World, prepare
from tests.journeys import axe
from tests.scheduling.test_mending import take

pytestmark = [pytest.mark.journey, pytest.mark.once]


@pytest.fixture
def planner(page: Page, live_server: Any, signed_in: World, quiet_console: list[str]) -> Page:
    """The planner for Maria at 8:30, where every other Monday morning is out of service on all devices."""
    world = signed_in
    for device in Resource.objects.filter(site=world.site, kind="tms_device"):
        for week in range(0, 10, 2):
            day = NOW.replace(hour=12, minute=0) + dt.timedelta(weeks=week)
            Outage.objects.create(resource=device, starts_at=day, ends_at=day + dt.timedelta(hours=5), reason="Service")
    return opened(page, live_server, world)


def opened(page: Page, live_server: Any, world: World) -> Page:
    page.goto(f"{live_server.url}/courses/new/?patient={world.maria.pk}&start_on=2026-11-24&preferred_time=08:30")
    expect(page.locator(".ck-person")).to_contain_text("Maria Garcia")
    return page


def test_another_plan_is_chosen_and_booked_as_shown(planner: Page) -> None:
    steadiest = planner.locator(".ck-option", has_text="Steadiest time")
    steadiest.click()
    expect(planner.locator(".ck-option:has(:checked)")).to_contain_text("Steadiest time")
    expect(planner.locator("#choice-1")).to_be_focused()
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
    row.locator(".ck-alt", has_text="9am, same device").click()
    expect(planner.locator(".ck-sess", has_text="Fri Nov 27")).to_contain_text("9am to 9:30am")
    planner.click("#preview .ck-bar .primary")
    expect(planner.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")

    assert Session.objects.get(day=dt.date(2026, 11, 27)).minute == 9 * 60


def test_the_strip_says_how_many_fit_and_a_bar_becomes_the_wish(planner: Page) -> None:
    expect(planner.locator(".ck-bestbox")).to_be_visible()
    planner.locator("#time-08\\:30").press("End")
    expect(planner.locator(".ck-best > button").last).to_be_focused()
    planner.locator("#time-14\\:00").press("Enter")

    expect(planner.locator("#preferred_time")).to_have_value("14:00")
    expect(planner.locator(".ck-sum")).to_contain_text("All at 2pm")
    expect(planner.locator("#plan-said")).to_contain_text("All at 2pm")
    expect(planner.locator("#time-14\\:00")).to_be_focused()


def test_times_are_held_and_booked_from_the_course_page(planner: Page) -> None:
    planner.click(".ck-holds summary")
    planner.click(".ck-holds .hold")
    expect(planner.locator(".ck-toast")).to_contain_text("Held 36 times until Wed Nov 25.")
    expect(planner.locator(".ck-alert")).to_contain_text(
        "These times are held until Wed Nov 25, 6pm. Nobody has been told."
    )
    axe.clean(planner, "planner")
    prepare(Course.objects.get())
    planner.click("text=Book them now")
    expect(planner.locator(".ck-alert")).to_have_count(0)

    course = Course.objects.get()
    assert (course.state, set(course.sessions.values_list("state", flat=True))) == ("active", {"booked"})


def test_enter_in_the_form_books_and_does_not_hold(planner: Page) -> None:
    planner.press("#start_on", "Enter")
    expect(planner.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")


def test_what_needs_another_time_is_put_right_in_its_row_by_keys(planner: Page) -> None:
    row = planner.locator(".ck-sess.clash").first
    where = row.get_attribute("id")
    planner.click("text=Review one by one")
    expect(row).to_be_focused()
    expect(row).to_contain_text("Free instead:")
    chip = row.locator("[data-n='2']")
    value = chip.get_attribute("value")
    chip.press("Enter")

    expect(planner.locator(f"#{where}")).to_be_focused()
    expect(planner.locator(f"#{where} [value='{value}']")).to_have_count(0)
    expect(planner.locator(f"#{where}")).to_contain_text("Chosen:")
    expect(planner.locator(".ck-plans")).to_be_visible()
    expect(planner.locator(".ck-sum")).to_contain_text("Thanksgiving")
    planner.click("text=Put back")
    expect(planner.locator("text=Put back")).to_have_count(0)


def test_a_course_for_an_existing_patient_takes_at_most_six_interactions(
    page: Page, live_server: Any, signed_in: World, interactions: Callable[[], int]
) -> None:
    page.goto(live_server.url)
    page.keyboard.press("b")
    expect(page.locator("#pick")).to_be_focused()
    page.keyboard.type("okafor")
    page.keyboard.press("Enter")
    expect(page.locator(".ck-person")).to_contain_text("Daniel Okafor")
    page.click("text=9-11")
    expect(page.locator(".ck-sum")).to_contain_text("9am")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")

    assert interactions() <= 6
    page.click(".ck-toast >> text=Undo")
    expect(page.locator(".ck-toast")).to_contain_text("The booking is taken back.")
    assert Session.objects.filter(is_active=True).count() == 0


def test_a_draft_is_there_again_and_goes_by_starting_over(planner: Page, live_server: Any) -> None:
    planner.fill("#preferred_time", "10:00")
    expect(planner.locator("#draft")).to_contain_text("Draft saved 9am")
    planner.goto(f"{live_server.url}/courses/new/")
    expect(planner.locator("#preferred_time")).to_have_value("10:00")
    expect(planner.locator(".ck-person")).to_contain_text("Maria Garcia")
    planner.click("text=Start over")

    expect(planner.locator("#preferred_time")).to_have_value("")
    expect(planner.locator(".ck-person")).to_have_count(0)


def test_a_booking_that_did_not_get_through_keeps_the_plan_and_is_tried_again(
    planner: Page, quiet_console: list[str]
) -> None:
    planner.context.set_offline(True)
    planner.click("[data-books]")
    expect(planner.locator("#plan-failed")).to_contain_text("Nothing was saved, your plan is still here.")
    expect(planner.locator("#preferred_time")).to_have_value("08:30")
    planner.context.set_offline(False)
    planner.click("#plan-failed >> text=Try again")
    expect(planner.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")

    quiet_console[:] = [
        said for said in quiet_console if "ERR_INTERNET_DISCONNECTED" not in said and "htmx:sendError" not in said
    ]
    assert Course.objects.count() == 1


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

    axe.clean(planner, "planner")


def test_times_that_went_meanwhile_are_picked_anew_held_and_booked_by_keys(planner: Page, signed_in: World) -> None:
    planner.fill("#preferred_time", "14:00")
    expect(planner.locator(".ck-sum")).to_contain_text("All at 2pm")
    shown = signed_in.propose(preferred_minute=14 * 60)
    for number in (7, 19):
        take(signed_in, shown, number)
    planner.keyboard.press("Control+Enter")

    expect(planner.locator("#plan-held b")).to_have_text(
        "2 times were taken while you were choosing. New times picked; look at rows 7 and 19."
    )
    expect(planner.locator(".ck-sess.is-new")).to_have_count(2)
    axe.clean(planner, "planner, held")
    planner.click("#plan-held a >> text=19")
    expect(planner.locator("#row-19")).to_be_in_viewport()
    planner.fill("#preferred_time", "14:30")
    expect(planner.locator(".ck-sum")).to_contain_text("2:30pm")
    expect(planner.locator("#plan-held")).to_have_count(0)
    assert Session.objects.filter(patient=signed_in.maria, is_active=True).count() == 0
    planner.click("[data-books]")
    expect(planner.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")


def test_who_is_found_by_enter_can_be_booked_at_once(page: Page, live_server: Any, signed_in: World) -> None:
    page.goto(f"{live_server.url}/courses/new/")
    page.fill("#pick", "okafor")
    page.press("#pick", "Enter")

    expect(page.locator("#plan-bar .said")).to_contain_text("text with link goes out 3 min after booking")
    expect(page.locator("[data-books]")).to_be_enabled()
    expect(page.locator(".ck-holds")).to_be_visible()
    expect(page.locator(".ck-holds .hold")).to_be_hidden()
    assert page.locator(".ck-holds").bounding_box()["height"] < 60  # type: ignore[index]


def drag(page: Page, day: str) -> None:
    """Drag the dot of the last session to a day; the script comes when a dot is pointed at first."""
    dot = page.locator("[data-dot='36']")
    dot.hover()
    expect(dot).to_have_attribute("draggable", "true")
    dot.drag_to(page.locator(f".ck-strips [data-day='{day}']"))


def test_a_dot_is_dragged_to_another_day_and_one_that_may_not_be_says_what_is_near(planner: Page) -> None:
    drag(planner, "2027-01-26")
    expect(planner.locator("#row-36")).to_contain_text("Tue Jan 26")
    expect(planner.locator(".ck-sum")).to_contain_text("to Tue Jan 26")

    drag(planner, "2027-01-24")
    said = planner.locator("#drop [data-beside]")
    expect(said).to_contain_text("Session 36 can't be on Sun Jan 24. Not allowed, it is not given on Sundays.")
    expect(said.locator("[data-first]")).to_be_focused()
    assert axe.faults(planner) == []
    planner.keyboard.press("Escape")
    expect(said).to_have_count(0)

    drag(planner, "2027-01-24")
    place = said.locator("[data-alt='1'] b").inner_text()
    said.locator("[data-alt='1']").click()
    expect(said).to_have_count(0)
    expect(planner.locator("#row-36")).to_contain_text(place.partition(",")[0])


def test_the_time_may_differ_once_the_switch_is_off(planner: Page) -> None:
    switch = planner.get_by_role("switch", name="Same time every day")
    expect(switch).to_be_checked()
    expect(planner.locator("#rows-title")).to_contain_text("needed another time or device")

    planner.fill("#preferred_time", "")
    planner.get_by_label("7-9").check(force=True)
    switch.uncheck()

    expect(planner.locator(".ck-sum")).to_contain_text("Times differ from day to day")
