"""Refusals where the hand is: what happened, why, and every way out as a button."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client, RequestFactory

from clinic.errors import Busy, Conflict
from frontdesk import show_parts
from scheduling.models import Session
from tests.factories import World

NOW = dt.datetime(2026, 11, 17, 14, 5, tzinfo=dt.UTC)
HTMX = {"HX-Request": "true"}
HERE = HTMX | {"X-Here": "#row-7", "X-Swap": "outerHTML", "HX-Target": "day"}


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.fixture
def changed(world: World, clock: Any) -> Session:
    """A visit that a technician let begin twenty seconds ago."""
    row = world.visit(start_on=dt.date(2026, 11, 17), preferred_minute=600)
    clock("2026-11-17T14:04:40+00:00")
    other = Client()
    other.force_login(world.technician)
    assert other.post(f"/sessions/{row.pk}/arrive/", {"version": 1}).status_code == 302
    clock("2026-11-17T14:05:00+00:00")
    return row


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_stale_answer_says_who_did_what_when_and_offers_both_ways_out(
    desk: Client, world: World, changed: Session
) -> None:
    typed = {"version": 1, "reason": "Ill", "by": "clinic"}

    answer = desk.post(f"/sessions/{changed.pk}/cancel/", typed, headers=HERE)

    html = answer.content.decode()
    who = world.technician.name
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (412, "#row-7", "innerHTML")
    assert words(
        html
    ) == f"{who} changed this visit 20 s ago: it is here now. Keep {who.split()[0]}'s Use mine".replace("'", "&#x27;")
    assert dict(re.findall(r'name="(version|reason|by)" value="([^"]*)"', html)) == {
        "version": "2",
        "reason": "Ill",
        "by": "clinic",
    }
    assert f'hx-post="/sessions/{changed.pk}/cancel/" hx-target="#day" hx-swap="outerHTML"' in html


def test_mine_is_used_by_sending_the_same_with_the_new_version(desk: Client, changed: Session) -> None:
    desk.post(f"/sessions/{changed.pk}/no-show/", {"version": 1}, headers=HERE)

    answer = desk.post(f"/sessions/{changed.pk}/undo/", {"version": 2}, headers=HERE)

    changed.refresh_from_db()
    assert (answer.status_code, changed.state) == (200, "booked")


def test_without_javascript_the_same_stands_on_a_page(desk: Client, changed: Session) -> None:
    answer = desk.post(
        f"/sessions/{changed.pk}/start/", {"version": 1}, headers={"Referer": "http://testserver/?day=2026-11-17"}
    )

    html = answer.content.decode()
    assert (answer.status_code, "20 s ago" in html, "Use mine" in html) == (412, True, True)
    assert 'href="http://testserver/?day=2026-11-17">Keep' in html
    assert 'name="version" value="2"' in html


def test_a_page_without_a_place_for_it_shows_it_where_toasts_stand(desk: Client, changed: Session) -> None:
    answer = desk.post(f"/sessions/{changed.pk}/start/", {"version": 1}, headers=HTMX)

    assert (answer["HX-Retarget"], "Use mine" in answer.content.decode()) == ("#toast", True)


@pytest.mark.parametrize("place", ["row-7", "#a b", "#x,body", "body", "#1", "#x" * 60])
def test_only_a_plain_id_is_a_place(place: str) -> None:
    request = RequestFactory().post("/", headers={"X-Here": place})

    assert show_parts.here(request) == ""


def test_what_a_refusal_offers_becomes_numbered_buttons_that_send_the_rest_again() -> None:
    request = RequestFactory().post("/blocks/3/", {"csrfmiddlewaretoken": "s", "note": "a", "plan": "old"})
    error = Conflict(
        "Taken.",
        alternatives=[
            {"label": "9:00", "why": "same chair", "fields": {"plan": "p"}},
            {"patient": 4},
            {"label": "Reopen", "verb": "reopen"},
        ],
    )

    ways = show_parts.clash(request, error, NOW).ways

    assert [(way.number, way.label, way.why, way.fields) for way in ways] == [
        (1, "9:00", "same chair", (("note", "a"), ("plan", "p"))),
        (2, "Reopen", "", (("note", "a"), ("plan", "old"), ("verb", "reopen"))),
    ]


def test_a_busy_database_offers_the_same_once_more() -> None:
    request = RequestFactory().post("/x/", {"version": "3"})

    [way] = show_parts.clash(request, Busy("Nothing was saved."), NOW).ways

    assert (way.label, way.url, way.fields) == ("Try again", "/x/", (("version", "3"),))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s ago"), (59, "59 s ago"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "at 9:05am")],
)
def test_how_long_ago_is_said_in_seconds_minutes_or_by_the_clock(seconds: int, text: str) -> None:
    assert show_parts.ago(NOW - dt.timedelta(seconds=seconds), NOW, "9:05am") == text
