"""Every status of a visit without a script: forms and pages alone. What is on the board is in test_board.py.

The queue, refusals, quick add with a booking, and the lock have their own in test_attention.py, test_undo.py,
test_quick_add.py and test_lock.py.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from frontdesk.urls import Verb
from scheduling.actions import setup
from scheduling.models import Session
from tests.factories import World, prepare_visit
from tests.journeys import everything
from tests.scheduling.living.clinic import ROOMS

pytestmark = [pytest.mark.journey, pytest.mark.once]
TODAY = everything.TODAY


@pytest.fixture
def plain(browser: Browser, context: BrowserContext, signed_in: World, live_server: Any) -> Iterator[Page]:
    """A browser that runs no script."""
    mine = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    mine.set_default_timeout(10_000)
    yield mine.new_page()
    mine.close()


def reason(page: Page, verb: str) -> None:
    """Say why, in the form that a step with a reason has."""
    form = page.locator(f"details:has(form[action$='/{verb}/'])")
    form.locator("summary").click()
    if verb == "cancel":
        form.locator("[name=by]").select_option("patient")
    form.locator("[name=reason]").fill("Ill")
    form.locator("button").click()


def press(page: Page, verb: str) -> None:
    page.locator(f"[data-verb={verb}]").first.click()


def undo(page: Page, _verb: str) -> None:
    page.locator("button[formaction$='/undo/']").click()


def dose(page: Page, verb: str) -> None:
    page.fill("#dose", "56")
    press(page, verb)


Deed = Callable[[Page, str], None]
# Of one visit, one after the other: what is done, and the state it leaves.
DAYS: dict[str, list[tuple[str, Deed, str]]] = {
    "done": [
        ("arrive", press, "arrived"),
        ("undo", undo, "booked"),
        ("arrive", press, "arrived"),
        ("start", press, "in_treatment"),
        ("complete", press, "completed"),
    ],
    "missed": [("no-show", press, "no_show")],
    "cancelled": [("cancel", reason, "cancelled")],
    "turned away": [("arrive", press, "arrived"), ("not-treated", reason, "not_treated")],
    "stopped": [
        ("arrive", press, "arrived"),
        ("start", press, "in_treatment"),
        ("stop-early", reason, "partial"),
    ],
}
WATCHED: list[tuple[str, Deed, str]] = [
    ("arrive", press, "arrived"),
    ("start", dose, "in_treatment"),
    ("monitor", press, "monitoring"),
]


def live(page: Page, address: str, session: Session, day: list[tuple[str, Deed, str]]) -> None:
    for verb, do, state in day:
        page.goto(address)
        do(page, verb)
        expect(page.locator("#toast, main").first).to_be_visible()
        session.refresh_from_db()
        assert session.state == state, verb


def test_every_status_of_a_visit(plain: Page, live_server: Any, signed_in: World, clock: Any) -> None:
    course = signed_in.book(start_on=TODAY - dt.timedelta(days=1), preferred_minute=540, counts={"acute": 8})
    for name, day in DAYS.items():
        session = Session.objects.filter(course=course, state="booked").order_by("number").first()
        assert session is not None, name
        clock(session.starts_at + dt.timedelta(minutes=12))
        live(plain, f"{live_server.url}/sessions/{session.pk}/", session, day)

    said = {verb for day in (*DAYS.values(), WATCHED) for verb, _do, _state in day}
    assert said == set(Verb.regex.split("|"))


def test_a_visit_that_is_watched_afterwards(plain: Page, live_server: Any, signed_in: World, clock: Any) -> None:
    setup.add_resources(site=signed_in.site, resources=ROOMS)
    course = signed_in.book(protocol_code="esk_trd", start_on=dt.date(2026, 11, 17), preferred_minute=540)
    session = prepare_visit(Session.objects.get(course=course, number=1))
    clock(session.starts_at + dt.timedelta(minutes=5))

    live(plain, f"{live_server.url}/sessions/{session.pk}/", session, WATCHED)


def test_a_move_a_note_a_make_up_and_the_day_sheet(plain: Page, live_server: Any, signed_in: World, clock: Any) -> None:
    course = signed_in.book(start_on=TODAY - dt.timedelta(days=1), preferred_minute=540, counts={"acute": 8})
    missed, ahead = (Session.objects.get(course=course, number=number) for number in (2, 3))
    clock(missed.starts_at + dt.timedelta(minutes=20))
    was = (ahead.day, ahead.minute)

    plain.goto(f"{live_server.url}/sessions/{ahead.pk}/")
    plain.fill("#note", "Needs the quiet room")
    plain.click("text=Save note")
    plain.goto(f"{live_server.url}/sessions/{ahead.pk}/")
    plain.locator("footer a", has_text="Move").click()
    plain.locator("[data-alt='2']").click()
    expect(plain.locator("#toast")).to_contain_text("Moved to")
    plain.goto(f"{live_server.url}/sessions/{missed.pk}/")
    press(plain, "no-show")
    plain.goto(f"{live_server.url}/sessions/{missed.pk}/make-up/")
    plain.locator("[data-alt='1']").click()
    expect(plain.locator("#toast")).to_contain_text("Make-up booked")
    plain.goto(f"{live_server.url}/day/sheet/")
    plain.click("button:has-text('Print day sheet')")
    expect(plain.locator("table").first).to_contain_text("Garcia, M.")

    ahead.refresh_from_db()
    assert (ahead.note, (ahead.day, ahead.minute) != was) == ("Needs the quiet room", True)
    assert Session.objects.filter(makeup_of=missed, is_counted=True).count() == 1
