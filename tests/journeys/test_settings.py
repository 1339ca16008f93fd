"""From an empty clinic to its first visit by the pages alone; and two managers at one form."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from clinic.domain.permissions import Role
from clinic.models import Membership, OpeningHours, Site, StaffUser
from scheduling.models import Closure, Resource, Session
from tests.factories import PASSWORD, World, make_staff
from tests.journeys.axe import clean

pytestmark = [pytest.mark.journey, pytest.mark.long]


def enter(context: BrowserContext, live_server: Any, user: StaffUser) -> None:
    client = Client()
    client.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    context.set_default_timeout(15_000)


@pytest.fixture
def maya(live_world: World, context: BrowserContext, live_server: Any, clock: Any) -> StaffUser:
    user = make_staff("maya@example.com", Role.MANAGER, live_world.site)
    enter(context, live_server, user)
    return user


def test_an_empty_clinic_gets_to_its_first_visit_by_the_pages_alone(
    page: Page, live_server: Any, live_world: World, maya: StaffUser, quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/settings/sites/new/")
    page.fill("#f-name", "Hill Clinic")
    page.fill("#f-message_name", "Hill Clinic")
    page.fill("#f-address", "1 Hill St")
    page.fill("#f-phone", "(555) 010-2001")
    page.click("text=Open the site")
    expect(page.locator("#step-4")).to_contain_text("still needs")
    clean(page, "checklist")

    page.click("#step-1 a")
    page.fill("[name=d6_0_opens]", "09:00")
    page.fill("[name=d6_0_closes]", "12:00")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Hours saved.")

    page.click("text=Devices and rooms")
    for kind, name, count in (("tms_device", "MagPro", 2), ("operator", "Operator", 2), ("psychiatrist", "Dr. Lee", 1)):
        if page.locator("details.ck-adds:not([open])").count():
            page.click("details.ck-adds > summary")
        page.select_option("#f-kind", kind)
        page.fill("#f-name", name)
        page.fill("#f-count", str(count))
        page.keyboard.press("Enter")
        expect(page.locator("#toast")).to_contain_text("dded")
    expect(page.locator(".ck-things li")).to_have_count(5)
    clean(page, "devices and rooms")

    page.click("text=Closed days")
    page.locator("label", has_text="Christmas Day").click()
    page.click("text=Close the marked days")
    expect(page.locator(".ck-things")).to_contain_text("Christmas Day")
    clean(page, "closed days")

    page.click("text=Checklist")
    expect(page.locator("#step-4")).to_contain_text("can be booked with what is here")
    site = Site.objects.get(slug="hill-clinic")
    assert OpeningHours.objects.filter(site=site, weekday=6).count() == 1
    assert (Resource.objects.filter(site=site).count(), Closure.objects.filter(site=site).count()) == (5, 1)

    page.click("#step-8 a")
    page.fill("#first_name", "Ann")
    page.fill("#last_name", "Able")
    page.fill("#birth_date", "3/7/84")
    page.fill("#phone", "555 010 2077")
    page.press("#phone", "Enter")
    expect(page.locator(".ck-person")).to_contain_text("Ann Able")
    page.select_option("#protocol", "consult")
    page.fill("#start_on", "2026-11-24")
    expect(page.locator(".ck-sum")).to_contain_text("Tue Nov 24")
    page.click("#preview .ck-bar .primary")
    expect(page.locator(".ck-toast")).to_contain_text("Booked")

    page.goto(f"{live_server.url}/settings/?site=hill-clinic")
    expect(page.locator("#step-8")).to_contain_text("Visits are booked.")
    assert Session.objects.filter(site=site).count() == 1


def test_two_managers_at_the_same_hours_are_asked_whose_to_keep(
    page: Page, live_server: Any, live_world: World, maya: StaffUser, quiet_console: list[str]
) -> None:
    dana = Client()
    dana.force_login(make_staff("dana@example.com", Role.MANAGER, live_world.site))
    page.goto(f"{live_server.url}/settings/hours/")
    dana.post("/settings/hours/", {"d1_0_opens": "09:00", "d1_0_closes": "12:00", "version": 1})

    page.fill("[name=d7_0_opens]", "10:00")
    page.fill("[name=d7_0_closes]", "11:00")
    page.keyboard.press("Enter")

    expect(page.locator("#refusal")).to_contain_text("Dana changed this at 9am.")
    expect(page.locator("[name=d7_0_opens]")).to_have_value("10:00")
    clean(page, "hours, changed meanwhile")
    page.click("text=Use mine")
    expect(page.locator("#toast")).to_contain_text("Hours saved.")
    days = OpeningHours.objects.filter(site=live_world.site).values_list("weekday", flat=True)
    assert sorted(days) == [1, 2, 3, 4, 5, 7]


def test_somebody_is_added_by_three_deeds_and_their_link_opens_once(
    page: Page,
    live_server: Any,
    live_world: World,
    maya: StaffUser,
    quiet_console: list[str],
    interactions: Any,
) -> None:
    page.goto(f"{live_server.url}/settings/staff/")
    before = interactions()
    page.fill("#f-email", "nia@example.com")
    page.fill("#f-name", "Nia")
    page.keyboard.press("Enter")
    link = page.locator(".ck-secret input").input_value()
    assert interactions() - before <= 3
    clean(page, "staff")

    page.context.clear_cookies()
    page.goto(link)
    clean(page, "an invitation")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("Password saved.")
    page.fill("#id_login", "nia@example.com")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".ck-rail")).to_contain_text("Today")
    assert Membership.objects.get(user__email="nia@example.com").role == "front_desk"
    page.goto(link)
    page.fill("#password", PASSWORD + "x")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_contain_text("This link has been used")
