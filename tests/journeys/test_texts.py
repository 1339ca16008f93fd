"""A manager writes the clinic's own words, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from clinic.models import Membership
from notifications.models import SiteText
from patients import stop_links
from patients.models import Consent
from tests.factories import World
from tests.journeys.axe import clean

pytestmark = [pytest.mark.journey, pytest.mark.services, pytest.mark.long]
PATH = "/settings/texts/day_before/sms/en/"
OWN = "{clinic}: Coming {when}? {link} STOP to opt out."


@pytest.fixture
def manager(signed_in: World, context: BrowserContext) -> World:
    context.set_default_timeout(30_000)  # a server's first page, on a machine that does other things too
    Membership.objects.filter(user=signed_in.receptionist).update(role="manager")
    return signed_in


def test_what_is_wrong_is_said_while_typing_and_only_good_words_are_kept(
    page: Page, live_server: Any, manager: World, quiet_console: list[str]
) -> None:
    page.goto(live_server.url + PATH)

    page.fill("#body", OWN.replace("Coming", "TMS"))
    expect(page.locator("#tried")).to_contain_text('This text says "tms"')
    page.fill("#body", OWN)
    expect(page.locator("#tried")).to_contain_text("One text, neutral, easy to read.")
    expect(page.locator("#tried .ck-bubble").first).to_contain_text("Riverside Clinic: Coming Wed, Nov 25 at 9am ET?")
    page.click("text=Save")

    expect(page.locator("#day_before")).to_contain_text("Your own")
    assert SiteText.objects.get().body == OWN


def test_the_page_that_stops_texts_is_accessible(page: Page, live_server: Any, manager: World) -> None:
    consent = Consent.objects.filter(patient=manager.maria)[0]
    page.goto(live_server.url + stop_links.address_of(consent.pk).removeprefix("http://127.0.0.1:8000"))

    clean(page, "stop")
