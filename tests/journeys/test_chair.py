"""One chair on a phone, with gloves on: seen without scrolling, pressed with a thumb, timed through a reload."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scheduling.actions import setup
from scheduling.models import Resource, Session
from tests.factories import World, prepare_visit
from tests.journeys import axe
from tests.scheduling.living.clinic import ROOMS

pytestmark = [pytest.mark.journey, pytest.mark.once]
TUESDAY = dt.date(2026, 11, 24)
SMALL = """() => [...document.querySelectorAll("#chair :is(button, summary, a, input, textarea)")]
  .filter((node) => node.offsetParent && node.type !== "hidden" && node.getBoundingClientRect().height < 48)
  .map((node) => node.outerHTML.slice(0, 80))"""
LOW = (
    "Math.max(...[...document.querySelectorAll('#chair-now .deeds > *')].map((n) => n.getBoundingClientRect().bottom))"
)


def test_a_patient_is_run_through_a_chair_by_taps(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    setup.add_resources(site=signed_in.site, resources=ROOMS)
    course = signed_in.book(protocol_code="esk_trd", start_on=TUESDAY, preferred_minute=540)
    visit = Session.objects.get(course=course, number=1)
    prepare_visit(visit)
    chair = Resource.objects.filter(reservations__session=visit).exclude(group="")[0]
    page.set_viewport_size({"width": 360, "height": 740})
    clock("2026-11-24T14:00:00+00:00")
    page.goto(f"{live_server.url}/chair/?pick=1")
    page.click(f"text={chair.name}")

    # Everything about who is in hand stands on the first screen, above the rail.
    expect(page.locator("#chair-name")).to_have_text("Maria Garcia")
    assert page.evaluate(SMALL) == []
    page.click("#chair-next")
    expect(page.locator("#chair-now .ck-badge")).to_have_text("Here")
    rail = page.locator(".ck-rail").bounding_box()
    assert rail is not None
    assert page.evaluate(LOW) <= rail["y"]
    page.fill("#dose", "56")
    page.click("#chair-next")
    expect(page.locator("#chair-now")).to_contain_text("Blood pressure at 9:40am (40 min).")

    # Help is one tap, and one more once it is there.
    page.click("#chair-help")
    expect(page.locator("#chair-help")).to_have_text("Help is here")
    expect(page.locator(".ck-toast")).to_contain_text("The desk sees that you need help.")
    page.click("#chair-help")
    expect(page.locator("#chair-help")).to_have_text("Need help")

    # The watch: its time survives a reload, by the clinic's clock; a name lets somebody go before.
    clock("2026-11-24T14:45:00+00:00")
    page.click("#chair-next")
    expect(page.locator("#chair-now time")).to_have_text("2:00 left")
    clock("2026-11-24T15:33:00+00:00")
    page.reload()
    expect(page.locator("#chair-now .clock")).to_contain_text("Watch: 1:12 left")
    expect(page.locator("#chair-now .clock")).to_contain_text("Can leave at 11:45am if well.")
    axe.clean(page, "chair")
    page.click("summary:has-text('Complete')")
    expect(page.locator("#chair-now")).to_contain_text("Under 2 hours. Who says it's fine?")
    assert page.evaluate(SMALL) == []
    axe.clean(page, "chair with a question open")
    page.fill("#let-go-by", "Dr. Weiss")
    page.click("button:has-text('Complete')")

    expect(page.locator("#chair")).to_contain_text(f"No more patients on {chair.name} today.")
    visit.refresh_from_db()
    assert (visit.state, visit.version) == ("completed", 5)


def test_a_note_and_a_total_are_two_taps_and_a_refusal_stands_in_place(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    visit = Session.objects.get(course=signed_in.book(preferred_minute=540), number=1)
    chair = Resource.objects.get(reservations__session=visit, group="TMS")
    page.set_viewport_size({"width": 360, "height": 740})
    clock("2026-11-24T14:00:00+00:00")
    page.goto(f"{live_server.url}/chair/{chair.pk}/")

    page.click("summary:has-text('PHQ-9 total')")
    page.fill("#score", "99")
    page.click("text=Save total")
    expect(page.locator("#chair-says")).to_contain_text("from 0 to 27")
    page.fill("#score", "14")
    page.click("text=Save total")
    expect(page.locator(".ck-toast")).to_contain_text("Total recorded.")
    page.click("summary:has-text('Note')")
    page.fill("#note", "Left headrest")
    page.click("text=Save note")
    expect(page.locator("#chair-now .minds")).to_contain_text("Left headrest")

    # Somebody at the desk was quicker: said in place, and the chair is true again.
    page.evaluate("document.querySelector('#chair').removeAttribute('hx-trigger')")
    Session.objects.filter(pk=visit.pk).update(version=2)
    page.click("#chair-next")
    expect(page.locator("#chair-says")).to_contain_text("changed this visit")
