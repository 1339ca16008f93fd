import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from scheduling.models import Course, Session
from tests.factories import PASSWORD, World

pytestmark = [pytest.mark.journey, pytest.mark.once]


def test_a_36_session_course_for_a_new_patient_takes_at_most_twelve_interactions(
    page: Page, live_server: Any, signed_in: World, interactions: Callable[[], int], quiet_console: list[str]
) -> None:
    page.goto(live_server.url)
    page.click("text=Book a course")
    page.fill("#first_name", "Nadia")
    page.fill("#last_name", "Rahman")
    page.fill("#birth_date", "3/7/84")
    page.fill("#phone", "555 010 4711")
    page.click("[name=sms_consent]")
    page.press("#phone", "Enter")
    expect(page.locator(".ck-person")).to_contain_text("Nadia Rahman")
    page.fill("#start_on", "2026-11-24")
    page.fill("#preferred_time", "08:30")
    expect(page.locator(".ck-sum")).to_contain_text("36 sessions, Tue Nov 24 to Mon Jan 25.")
    page.press("#preferred_time", "Tab")
    expect(page.locator("#preview .ck-bar .primary")).to_be_enabled()
    page.click("#preview .ck-bar .primary")
    expect(page.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")

    assert interactions() <= 12
    course = Course.objects.get(patient__last_name="Rahman")
    sessions = list(Session.objects.filter(course=course).order_by("number"))
    assert (len(sessions), sessions[0].visit_type, sessions[0].ends_at - sessions[0].starts_at) == (
        36,
        "mapping",
        dt.timedelta(minutes=90),
    )
    assert dt.date(2026, 11, 26) not in {session.day for session in sessions}
    page.click("text=See on the board")
    expect(page.locator(f"#visit-{sessions[0].pk}")).to_contain_text("Rahman, N.")


def test_every_session_of_a_booked_course_stands_on_its_day(page: Page, live_server: Any, signed_in: World) -> None:
    course = signed_in.book()

    for session in Session.objects.filter(course=course, number__in=[1, 17, 36]):
        page.goto(f"{live_server.url}/?day={session.day}")
        expect(page.locator(f"#visit-{session.pk}")).to_contain_text(f"{session.number}/36")


def test_the_day_is_run_by_keys_alone(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    session = signed_in.visit(start_on=dt.date(2026, 11, 17), preferred_minute=600)
    course_of_two = signed_in.book(signed_in.daniel, start_on=dt.date(2026, 11, 17), preferred_minute=540)
    first = Session.objects.get(course=course_of_two, number=1)
    clock("2026-11-17T14:05:00+00:00")
    page.goto(live_server.url)

    page.keyboard.press("j")
    expect(page.locator(f"#visit-{first.pk}")).to_be_focused()
    for key, word in (("a", "Here"), ("s", "In chair"), ("c", "Done")):
        page.keyboard.press(key)
        expect(page.locator(f"#visit-{first.pk} .ck-state")).to_have_text(word)
        expect(page.locator(f"#visit-{first.pk}")).to_be_focused()
    expect(page.locator(".ck-toast")).to_contain_text("Okafor, D. is done.")
    page.keyboard.press("u")
    expect(page.locator(f"#visit-{first.pk} .ck-state")).to_have_text("In chair")
    expect(page.locator(f"#visit-{first.pk}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel]")).to_contain_text("Daniel Okafor")
    page.keyboard.press("Escape")
    expect(page.locator(f"#visit-{first.pk}")).to_be_focused()

    first.refresh_from_db()
    session.refresh_from_db()
    assert (first.state, session.state) == ("in_treatment", "booked")


def test_a_no_show_is_one_click_and_can_be_taken_back(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    course = signed_in.book(start_on=dt.date(2026, 11, 17), preferred_minute=540)
    session = Session.objects.get(course=course, number=1)
    clock("2026-11-17T14:15:00+00:00")
    page.goto(live_server.url)
    expect(page.locator(f"#visit-{session.pk} .ck-state")).to_have_text("15 min late")

    page.click(f"#visit-{session.pk} >> text=No-show")

    expect(page.locator(f"#visit-{session.pk} .ck-state")).to_have_text("No-show")
    page.click(".ck-toast >> text=Undo")
    expect(page.locator(f"#visit-{session.pk} .ck-state")).to_have_text("15 min late")


def test_a_second_receptionist_is_told_who_was_quicker(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    course = signed_in.book(start_on=dt.date(2026, 11, 17), preferred_minute=540)
    session = Session.objects.get(course=course, number=1)
    clock("2026-11-17T14:05:00+00:00")
    page.goto(live_server.url)
    Session.objects.filter(pk=session.pk).update(version=2)

    page.click(f"#visit-{session.pk} >> text=Arrive")

    expect(page.locator("[data-clash]")).to_contain_text("Rosa changed this visit")
    expect(page.locator("[data-clash]")).to_contain_text("Use mine")


def test_a_double_click_on_book_books_once(page: Page, live_server: Any, signed_in: World) -> None:
    page.goto(f"{live_server.url}/courses/new/?patient={signed_in.maria.pk}&start_on=2026-11-24&preferred_time=08:30")

    page.dblclick("#preview .ck-bar .primary")

    expect(page.locator(".ck-toast")).to_contain_text("Booked 36 sessions.")
    assert Course.objects.count() == 1


def test_the_day_works_without_javascript(
    browser: Any, live_server: Any, signed_in: World, clock: Any, context: BrowserContext
) -> None:
    session = signed_in.visit(start_on=dt.date(2026, 11, 17), preferred_minute=600)
    clock("2026-11-17T14:50:00+00:00")
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{live_server.url}/?view=list")

    page.click("li.ck-item >> text=Arrive")

    expect(page.locator("li.ck-item .ck-state, .ck-board .ck-state").first).to_have_text("Here")
    session.refresh_from_db()
    assert session.state == "arrived"
    plain.close()


def test_somebody_signs_in_with_e_mail_and_password(
    page: Page, live_server: Any, live_world: World, clock: Any, quiet_console: list[str]
) -> None:
    page.goto(live_server.url)
    expect(page).to_have_title("Sign in")
    page.fill("#id_login", "rosa@example.com")
    page.fill("#id_password", "not-the-password")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_be_visible()
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Monday, November 16")
