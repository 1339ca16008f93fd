"""The course page and the patient's page in a real browser: two deeds make a course longer, two record a total."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from patients.models import MeasureResult, Patient
from scheduling.models import Course, WaitlistEntry
from tests.factories import World
from tests.journeys import axe

pytestmark = [pytest.mark.journey, pytest.mark.long]
TUESDAY = dt.date(2026, 11, 17)


@pytest.fixture
def course(signed_in: World) -> Course:
    """A course of eleven that has just been booked."""
    return signed_in.book(start_on=TUESDAY, preferred_minute=600, counts={"acute": 8, "taper": 3})


def length(course: Course) -> int:
    return Course.objects.values_list("prescribed", flat=True).get(pk=course.pk)


def test_a_course_gets_six_more_sessions_and_a_total_with_two_deeds_each(
    page: Page, live_server: Any, course: Course, interactions: Callable[[], int], quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/courses/{course.pk}/", timeout=20_000)  # the first page of a process loads it all
    axe.clean(page, "course")
    before = interactions()

    page.locator("#resize-add").press_sequentially("6")
    expect(page.locator("#resize-said")).to_contain_text("6 sessions more. New end:")
    page.keyboard.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("6 sessions more.")

    assert (interactions() - before, length(course)) == (2, 17)
    page.locator("body").press("u")
    expect(page.locator(".ck-toast")).to_contain_text("Taken back.")
    assert length(course) == 11

    before = interactions()
    page.locator("#score-phq9").press_sequentially("14")
    page.keyboard.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("PHQ-9 total 14 recorded.")
    assert interactions() - before == 2
    expect(page.get_by_role("heading", name="PHQ-9 is 14")).to_be_visible()
    assert MeasureResult.objects.get().score == 14


def test_what_is_refused_is_said_in_place_and_the_course_pauses_goes_on_and_ends(
    page: Page, live_server: Any, course: Course, quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/courses/{course.pk}/")
    page.fill("#score-phq9", "28")
    page.keyboard.press("Enter")
    expect(page.locator("#said-phq9")).to_contain_text("A score on this scale is from 0 to 27.")
    page.fill("#resize-add", "-11")
    page.locator("#resize button").click()
    expect(page.locator("#course-said")).to_contain_text("end the course")
    for summary in page.locator("main details > summary").all():
        summary.click()
    axe.clean(page, "course, open and refused")

    page.fill("#hold-reason", "Flu")
    page.keyboard.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("On hold.")
    page.locator("body").press("u")
    expect(page.locator(".ck-toast")).to_contain_text("Taken back.")
    page.click("#end > summary")
    page.select_option("#end-reason", "moved_away")
    page.click("#end button")
    expect(page.locator(".ck-toast")).to_contain_text("The course has ended.")
    assert Course.objects.get(pk=course.pk).state == "discontinued"


def test_somebody_is_put_on_the_waiting_list_with_at_most_four_and_corrected_by_keys(
    page: Page, live_server: Any, course: Course, interactions: Callable[[], int], quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/courses/{course.pk}/")
    before = interactions()
    page.locator("body").press("l")
    expect(page).to_have_url(f"{live_server.url}/waitlist/add/?course={course.pk}")
    page.locator("main form button:not([type=button])").last.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("On the list.")
    assert interactions() - before <= 4
    assert WaitlistEntry.objects.get().course_id == course.pk

    page.goto(f"{live_server.url}/patients/{course.patient_id}/")
    for summary in page.locator("main details > summary").all():
        summary.click()
    axe.clean(page, "patient, everything open")
    page.goto(f"{live_server.url}/patients/{course.patient_id}/")
    page.locator("body").press("e")
    page.fill("#edit-last", "Gómez")
    Patient.objects.filter(pk=course.patient_id).update(version=2)
    page.keyboard.press("Enter")
    expect(page.locator("#identity-said")).to_contain_text("corrected this record")
    page.get_by_role("button", name="Use mine").click()
    expect(page.locator(".ck-toast")).to_contain_text("Saved.")
    assert Patient.objects.get(pk=course.patient_id).last_name == "Gómez"
