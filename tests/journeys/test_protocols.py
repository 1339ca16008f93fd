"""A manager's own protocol from the copy to the planner, and a list of 500 patients with three faults."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from clinic.domain.permissions import Role
from clinic.models import StaffUser
from patients.models import Patient
from scheduling.models import Protocol
from tests.factories import World, make_staff
from tests.journeys.axe import clean
from tests.journeys.conftest import sign_in

pytestmark = [pytest.mark.journey, pytest.mark.once]

ROWS = [f"Q-{n},First{n},Last{n},1990-01-01,(555) 010-{n:04}\n" for n in range(500)]
FAULTS = {16: "1984-02-31", 200: "soon", 401: "31/02/84"}  # the rows of a spreadsheet are two further


@pytest.fixture
def maya(live_world: World, context: BrowserContext, live_server: Any, clock: Any) -> StaffUser:
    user = make_staff("maya@example.com", Role.MANAGER, live_world.site, live_world.other_site)
    client = Client()
    client.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    context.set_default_timeout(15_000)
    return user


def test_a_protocol_is_copied_changed_with_a_look_at_its_course_and_published(
    page: Page, context: BrowserContext, live_server: Any, live_world: World, maya: StaffUser, quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/settings/protocols/?site=riverside")
    page.locator(".ck-things li", has_text="TMS standard 36").get_by_role("link").click()
    expect(page.get_by_text("This one comes with Coursekeeper. Copy it to change it.")).to_be_visible()
    expect(page.locator("[name='phases[0].sessions']")).to_be_disabled()
    clean(page, "a protocol that comes with the product")
    page.fill("#f-name", "River TMS")
    page.keyboard.press("Enter")
    expect(page.locator("#checked")).to_contain_text("36 visits, the first 90 minutes, then 30.")

    sessions = page.locator("[name='phases[0].sessions']")
    sessions.fill("thirty")
    page.keyboard.press("Tab")
    expect(page.locator("#e-phases-0-sessions")).to_contain_text("Must be a whole number.")
    expect(page.locator("[name='phases[0].per_week']")).to_be_focused()
    expect(page.locator("#checked")).to_contain_text("1 thing to fix")
    clean(page, "a protocol with a fault")
    sessions.fill("4")
    page.keyboard.press("Tab")
    expect(page.locator("#e-phases-0-sessions")).to_be_empty()
    expect(page.locator("#checked")).to_contain_text("10 visits")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#toast")).to_contain_text("Published as version 1. New courses are built from it.")

    row = Protocol.objects.get(code="river_tms")
    assert row.definition["sources"]["phases[0].sessions"] == "set by Maya 2026-11-16"
    sign_in(context, live_server, live_world)
    page.goto(f"{live_server.url}/courses/new/?patient={live_world.maria.pk}")
    expect(page.locator("#protocol")).to_contain_text("River TMS")


def test_500_patients_with_three_faults_come_in_by_six_deeds(
    page: Page, live_server: Any, maya: StaffUser, quiet_console: list[str], interactions: Any
) -> None:
    rows = [row.replace("1990-01-01", FAULTS.get(n, "1990-01-01")) for n, row in enumerate(ROWS)]
    text = "MRN,First name,Last name,DOB,Mobile\n" + "".join(rows)
    page.goto(f"{live_server.url}/settings/import/?site=riverside")
    clean(page, "import")

    page.set_input_files("#f-file", {"name": "list.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.locator("form button", has_text="Check").click()
    expect(page.locator("#ready")).to_contain_text("497 new patients, 3 need a look.")
    expect(page.locator(".ck-mends")).to_contain_text('"31/02/84" is not a date. Type it like 3/7/1984.')
    clean(page, "an import with faults")
    for n, wrong in FAULTS.items():
        page.locator(f"[name='fix-{n + 2}-birth_date']").fill("2/3/1984")
        page.keyboard.press("Tab")
        expect(page.locator(f"#w-fix-{n + 2}-birth_date")).to_contain_text("Fine now.")
        assert wrong != "2/3/1984"
    expect(page.locator("#ready")).to_contain_text("500 new patients.")
    page.click("text=Import 500 patients")

    expect(page.locator("#toast")).to_contain_text("500 patients imported. Nobody was written to.")
    assert interactions() <= 6
    assert Patient.objects.filter(record_number__startswith="Q-").count() == 500
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_contain_text("500 patients taken out again.")
    assert Patient.objects.filter(record_number__startswith="Q-").count() == 0
