"""A manager merges two records of one person and thinks better of it."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from clinic.domain.permissions import Role
from patients.models import ContactPoint, Patient
from scheduling.models import Session
from tests.factories import World, make_staff
from tests.journeys.axe import clean
from tests.notifications.records import second_record

pytestmark = [pytest.mark.journey, pytest.mark.long]


@pytest.fixture
def manager(context: BrowserContext, live_server: Any, live_world: World, clock: Any) -> World:
    client = Client()
    client.force_login(make_staff("mona@example.com", Role.MANAGER, live_world.site))
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    context.set_default_timeout(5000)
    context.set_default_navigation_timeout(30_000)  # the first page is rendered from cold
    return live_world


def test_two_records_become_one_with_the_phone_that_is_right_and_two_again(
    page: Page, live_server: Any, manager: World
) -> None:
    twin = second_record(manager)
    visit = manager.visit(twin)
    page.goto(f"{live_server.url}/patients/{manager.maria.pk}/")

    page.get_by_role("link", name="Merge with another record").click()
    clean(page, "records that look alike")
    page.get_by_role("link", name="García").click()
    clean(page, "two records side by side")
    page.get_by_label("(555) 010-2099").check()
    Patient.objects.filter(pk=twin.pk).update(version=5)
    page.get_by_role("button", name="Merge the records").click()
    expect(page.locator("#merge-here")).to_contain_text("Somebody changed one of these records meanwhile.")
    clean(page, "two records, one changed meanwhile")

    page.reload()
    page.get_by_label("(555) 010-2099").check()
    page.get_by_role("button", name="Merge the records").click()
    expect(page.locator("#toast")).to_contain_text("Merged.")
    expect(page.get_by_text("P-1003 was merged into this record by Mona")).to_be_visible()
    clean(page, "the record that was kept")
    visit.refresh_from_db()
    used = ContactPoint.objects.get(patient=manager.maria, is_preferred=True).value
    assert (visit.patient_id, used) == (manager.maria.pk, "+15550102099")

    page.keyboard.press("u")
    expect(page.locator("#toast")).to_contain_text("Two records again.")
    assert Session.objects.get(pk=visit.pk).patient_id == twin.pk
