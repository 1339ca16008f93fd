"""The week in a browser: read whole without sideways scroll, walked by keys, a visit moved by key and by drag."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from scheduling.models import Session
from tests.factories import World, make_patient
from tests.journeys import axe

pytestmark = [pytest.mark.journey, pytest.mark.once]
TUESDAY = dt.date(2026, 11, 24)
WEEK = "/week/?from=2026-11-24"


def test_a_week_of_patients_is_walked_and_changed_by_keys(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    first, other = (signed_in.book(patient) for patient in (signed_in.maria, signed_in.daniel))
    mine = list(Session.objects.filter(course=first).order_by("number")[:3])
    theirs = Session.objects.get(course=other, number=1)
    page.goto(f"{live_server.url}/patients/", timeout=20_000)
    page.keyboard.press("w")
    page.get_by_label("Next week").click()
    page.click(".ck-week-bar >> text=Patients")
    dot = page.locator(f"#visit-{mine[0].pk}")
    expect(dot).to_have_attribute("aria-label", "Tue Nov 24, 8:30am, visit 1, booked")

    # One tab stop; arrows go along a row and from row to row.
    assert page.locator("[data-stop][tabindex='0']").count() == 1
    dot.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(f"#visit-{mine[1].pk}")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"#visit-{theirs.pk}")).to_be_focused()
    axe.clean(page, "week by patient")

    # M, a number and Enter move the visit in hand; the focus stays on its dot.
    page.keyboard.press("ArrowUp")
    page.keyboard.press("m")
    expect(page.locator("[data-alt='1']")).to_be_focused()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator(".ck-toast")).to_contain_text("Moved to")
    mine[0].refresh_from_db()
    assert (mine[0].version, (mine[0].day, mine[0].minute) != (TUESDAY, 510)) == (2, True)
    expect(page.locator(f"#visit-{mine[0].pk}")).to_have_attribute("data-version", "2")

    # Enter opens it beside the week, Esc leads back; U takes the move back.
    page.locator(f"#visit-{mine[1].pk}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel]")).to_contain_text("Maria Garcia")
    axe.clean(page, "week with a visit open")
    page.keyboard.press("Escape")
    expect(page.locator(f"#visit-{mine[1].pk}")).to_be_focused()
    page.keyboard.press("u")
    expect(page.locator(f"#visit-{mine[0].pk}")).to_have_attribute("data-version", "3")

    # A dot is dragged to another day of its row; where it may not be, what is near is offered.
    row = page.locator(f"#course-{first.pk}")
    page.locator(f"#visit-{mine[0].pk}").drag_to(row.locator("td[data-day='2026-11-23']"))
    expect(row.locator("td[data-day='2026-11-23'] [data-stop]")).to_have_count(1)
    page.locator(f"#visit-{mine[1].pk}").drag_to(row.locator("td[data-day='2026-11-26']"))
    expect(page.locator("#drop [data-beside]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#drop [data-beside]")).to_have_count(0)
    mine[1].refresh_from_db()
    assert mine[1].version == 1


def test_sixty_patients_are_light_and_fit_and_devices_read_well(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    template = signed_in.book()
    sessions = list(Session.objects.filter(course=template, day__lte=dt.date(2026, 11, 27)))
    _copy(signed_in, template, sessions, 59)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{live_server.url}{WEEK}&by=patient")

    assert page.locator("[data-row]").count() == 60
    assert page.evaluate("document.querySelectorAll('*').length") <= 2500
    assert page.evaluate("document.documentElement.scrollWidth") == 1280

    page.click("text=Devices")
    expect(page.locator("th[aria-current=date], th:has-text('Thu 26')")).to_contain_text("closed (Thanksgiving)")
    assert page.evaluate("document.documentElement.scrollWidth") == 1280
    axe.clean(page, "week by device")


def _copy(world: World, course: Any, sessions: list[Session], times: int) -> None:
    """Put the same week on so many more patients: how many they are is asked here, not where they sit."""
    for number in range(times):
        patient = make_patient(
            world.site, world.receptionist, f"P{number}", f"Lee{number}", phone=None, sms_consent=False
        )
        course.pk, course.patient = None, patient
        course.save(force_insert=True)
        for session in sessions:
            session.pk, session.patient, session.course = None, patient, course
            session.save(force_insert=True)


def test_without_scripts_every_dot_is_a_way_to_its_visit(
    live_server: Any, signed_in: World, context: BrowserContext, clock: Any
) -> None:
    course = signed_in.book()
    client = Client()
    client.force_login(signed_in.receptionist)
    plain = context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    cookie = client.cookies["sessionid"].value
    plain.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = plain.new_page()
    page.goto(f"{live_server.url}{WEEK}&by=patient")

    page.locator(f"#course-{course.pk} [data-stop]").first.click()

    expect(page.locator("h1")).to_have_text("Maria Garcia")
    plain.close()
