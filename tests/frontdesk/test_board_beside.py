"""What stands beside the board and how it is looked at: freed times, owed sessions, zoom, sets of columns."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scheduling.actions import waitlist
from scheduling.actions.waitlist import AskedFor
from scheduling.domain import local_time
from scheduling.models import Closure, Course, Resource, Session
from tests.factories import NOW, World, cancel
from tests.frontdesk.test_board import DAY, poll, visit_of
from tests.scheduling.outage_scenes import TUESDAY, WEDNESDAY, Clinic


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


def test_the_side_list_asks_for_itself_and_is_quiet_when_nothing_changed(world: World, desk: Client) -> None:
    first = desk.get("/day/side/", headers={"HX-Request": "true"})

    again = desk.get("/day/side/", headers={"HX-Request": "true", "If-None-Match": first["ETag"]})

    assert (first.status_code, "<html" in first.content.decode(), again.status_code) == (200, False, 304)
    assert "<html" in desk.get("/day/side/").content.decode()


def side(client: Client) -> str:
    return client.get("/day/side/", headers={"HX-Request": "true"}).content.decode()


def lose(course: Course, *numbers: int) -> None:
    rows = Session.objects.filter(course=course, number__in=numbers)
    rows.update(state="no_show", is_active=False, is_counted=False)


def test_the_side_list_says_who_is_owed_visits_the_most_first_and_how_many_wait(world: World, desk: Client) -> None:
    mine, hers = world.book(start_on=DAY), world.book(world.daniel, start_on=DAY)
    Course.objects.update(state="active")
    lose(mine, 2)
    lose(hers, 2, 3)
    waitlist.join_standby(request=world.request, course_id=mine.pk, asked=AskedFor(), now=NOW)

    text = side(desk)

    owed = re.findall(r'<b><bdi>([^<]*)</bdi>: (\d+ sessions?) owed.*?href="/courses/(\d+)/"', text, re.DOTALL)
    assert owed == [("Okafor, D.", "2 sessions", str(hers.pk)), ("Garcia, M.", "1 session", str(mine.pk))]
    assert f'<a href="/waitlist/?site={world.site.slug}">Waiting list: 1 person</a>' in text


def test_the_side_list_shows_three_freed_times_and_costs_the_same_for_more(
    world: World, desk: Client, clock: Any
) -> None:
    course = world.book(start_on=DAY)
    sessions = list(Session.objects.filter(course=course).order_by("number"))

    def looked() -> tuple[int, list[str]]:
        with CaptureQueriesContext(connection) as queries:
            text = side(desk)
        counts = re.findall(r'Freed slots <span class="ck-count quiet">(\d+)</span>', text)
        return len(queries), [*counts, *re.findall(r'id="freed-(\d+)"', text)]

    def let_go(session: Session) -> None:
        cancel(session_id=session.pk, version=session.version, reason="Ill", now=NOW, by=world.receptionist)

    let_go(sessions[0])
    looked()  # whom it shows is noted once
    cost, shown = looked()
    assert shown == ["1", str(sessions[0].pk)]
    for session in sessions[1:4]:
        let_go(session)

    assert looked() == (cost, ["4", *(str(session.pk) for session in sessions[:3])])


def test_who_may_not_book_sees_what_came_free_and_no_way_to_offer_it(world: World, desk: Client) -> None:
    session = visit_of(world)
    cancel(session_id=session.pk, version=session.version, reason="Ill", now=NOW, by=world.receptionist)
    client = Client()
    client.force_login(world.auditor)

    text = side(client)

    assert ("Freed slots" in text, "/waitlist/" in text) == (True, False)


def test_somebody_late_is_called_or_recorded_from_the_side_list(world: World, desk: Client, clock: Any) -> None:
    visit = visit_of(world)
    clock("2026-11-17T14:20:00+00:00")

    text = side(desk)

    assert f'id="call-{visit.pk}" href="/sessions/{visit.pk}/#call"' in text
    assert f'formaction="/sessions/{visit.pk}/no-show/"' in text
    page = desk.get(f"/sessions/{visit.pk}/").content.decode()
    assert re.findall(r'<a id="call" href="([^"]+)"', page) == ["tel:(555) 010-2040"]


def heads(text: str) -> list[str]:
    return re.findall(r'role="rowheader"><h2>(.*?)</h2>', text)


def test_a_set_of_columns_is_shown_by_one_click_and_what_it_hides_is_named(world: World, desk: Client) -> None:
    mine = visit_of(world)
    held = mine.reservations.get(resource__kind="tms_device").resource
    others = Resource.objects.filter(site=world.site, kind="tms_device").exclude(pk=held.pk).order_by("pk")
    ticked = [str(others[0].pk)]
    before = poll(desk)

    answer = desk.post(
        "/me/column-sets/",
        {"site": world.site.slug, "name": "Other side", "columns": ticked, "back": f"/?day={DAY}"},
        follow=True,
    )
    text = answer.content.decode()
    after = poll(desk, before["ETag"])

    assert heads(text) == [others[0].name]
    assert f"Not shown: {held.name}, {others[1].name}." in text
    assert (f'id="visit-{mine.pk}"' in text, after.status_code, poll(desk, after["ETag"]).status_code) == (
        False,
        200,
        304,
    )
    desk.post("/me/column-sets/choose/", {"site": world.site.slug, "set": ""})
    assert heads(poll(desk).content.decode()) == heads(before.content.decode())


def test_a_set_whose_devices_have_all_gone_hides_nothing(world: World, desk: Client) -> None:
    visit_of(world)
    everything = heads(poll(desk).content.decode())
    desk.post("/me/column-sets/", {"site": world.site.slug, "name": "Old", "columns": ["999999"]})

    assert heads(poll(desk).content.decode()) == everything


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/me/board/", {"zoom": "7"}, 422),
        ("/me/board/", {"zoom": "x"}, 400),
        ("/me/board/", {"show_cancelled": "perhaps"}, 422),
        ("/me/column-sets/choose/", {"set": "999999"}, 404),
        ("/me/column-sets/", {"name": "", "columns": ["1"]}, 422),
        ("/me/column-sets/999999/remove/", {}, 404),
    ],
)
def test_a_look_nobody_can_have_is_refused(
    world: World, desk: Client, path: str, data: dict[str, Any], status: int
) -> None:
    assert desk.post(path, data).status_code == status


def test_the_zoom_and_cancelled_visits_are_remembered_and_part_of_the_answer(world: World, desk: Client) -> None:
    visit = visit_of(world)
    cancel(session_id=visit.pk, version=visit.version, reason="Ill", now=NOW, by=world.receptionist)
    seen = [poll(desk)]

    for data in ({"zoom": "30"}, {"show_cancelled": "off"}):
        desk.post("/me/board/", data)
        seen.append(poll(desk, seen[-1]["ETag"]))

    shown = [("zoom-30" in each.content.decode(), f'id="visit-{visit.pk}"' in each.content.decode()) for each in seen]
    assert shown == [(False, True), (True, True), (True, False)]


def test_a_day_closed_by_a_block_says_how_many_sessions_it_moved(world: World, desk: Client) -> None:
    clinic = Clinic(world)
    clinic.course(0, 600)
    clinic.course(1, 660)
    Closure.objects.create(
        site=world.site,
        starts_at=local_time.day_bounds(WEDNESDAY, world.site.zone)[0],
        ends_at=local_time.day_bounds(WEDNESDAY, world.site.zone)[1],
        reason="Holiday",
    )
    clinic.block()

    shown = [
        re.findall(r"<p>(\d+ sessions? were moved\.)", desk.get("/", {"day": str(day)}).content.decode())
        for day in (TUESDAY, WEDNESDAY)
    ]

    assert shown == [["2 sessions were moved."], []]
