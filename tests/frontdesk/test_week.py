"""The week as a page: what it says, what it costs, whom it shows to whom."""

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from scheduling.models import Course, Session
from tests.attention.desk import HOUR, miss, nth
from tests.factories import FIRST_DAY, NOW, World, make_patient

pytestmark = pytest.mark.once
WEEK = "/week/?from=2026-11-24"
HTMX = {"HX-Request": "true"}
STATEMENTS = {"device": 10, "patient": 26}


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.fixture
def course(world: World) -> Course:
    return world.book(preferred_minute=510)


def text(client: Client, path: str, **headers: str) -> str:
    return html.unescape(client.get(path, headers=headers).content.decode())


def test_by_device_a_day_says_how_many_come_how_full_it_is_and_where_it_is_free(
    world: World, desk: Client, course: Course
) -> None:
    page = text(desk, f"{WEEK}&by=device")

    labels = re.findall(r'aria-label="(NeuroStar 1, [^"]+)"', page)
    first = Session.objects.get(course=course, number=1)
    minutes = int((first.ends_at - first.starts_at).total_seconds() // 60)
    assert labels[1].startswith(f"NeuroStar 1, Tue Nov 24: 1 visit, {round(minutes / 6)}% of the day, free 7:30-8:30am")
    assert labels[0] == "NeuroStar 1, Mon Nov 23: 0 visits, 0% of the day, free all day"
    assert len(labels) == 4  # closed on Thanksgiving and at the weekend
    assert "Thu 26<small>closed (Thanksgiving)</small>" in page
    assert page.count("<small>closed</small>") == 2
    assert "Week: Nov 22 to 28" in page
    assert "Garcia" not in page.partition('id="week"')[2]


def test_by_patient_a_visit_is_a_dot_with_words_and_a_way_to_it(world: World, desk: Client, course: Course) -> None:
    first, second = Session.objects.filter(course=course).order_by("number")[:2]
    Session.objects.filter(pk=second.pk).update(confirmed_at=first.starts_at)

    page = text(desk, f"{WEEK}&by=patient")

    row = page.partition(f'id="course-{course.pk}"')[2].partition("</tr>")[0]
    assert re.findall(r'class="ck-wd ([^"]+)" id="(visit-\d+)".*?aria-label="([^"]+)"', row)[:2] == [
        ("is-booked", f"visit-{first.pk}", "Tue Nov 24, 8:30am, visit 1, booked"),
        ("is-confirmed", f"visit-{second.pk}", "Wed Nov 25, 8:30am, visit 2, confirmed"),
    ]
    assert (row.count("ck-wd "), "0/36" in row, f'href="/courses/{course.pk}/"' in row) == (3, True, True)
    assert "Garcia, M." in row


def test_a_person_in_privacy_mode_reads_initials(world: World, desk: Client, course: Course) -> None:
    desk.post("/me/privacy/", {"back": "/week/"})

    page = text(desk, f"{WEEK}&by=patient")

    assert ("Garcia" in page, "G. M." in page) == (False, True)


def test_only_those_at_risk_are_left_and_why(world: World, desk: Client, course: Course, clock: Any) -> None:
    missed = nth(course, 1, 2)
    miss(missed)
    well = world.book(world.daniel, preferred_minute=600)
    clock(missed[-1].starts_at + 2 * HOUR)

    whole = text(desk, f"{WEEK}&by=patient")
    left = text(desk, f"{WEEK}&by=patient&risk=1")

    assert [f'id="course-{each.pk}"' in whole for each in (course, well)] == [True, True]
    assert [f'id="course-{each.pk}"' in left for each in (course, well)] == [True, False]
    flag = left.partition('class="risk"')[2].partition('<td role="gridcell" class="risk">')[2]
    assert flag.startswith('<span class="is-late"')


def test_an_empty_week_leads_to_the_next_one_with_visits(world: World, desk: Client, course: Course) -> None:
    page = text(desk, "/week/?from=2026-11-16")

    assert "No visits this week." in page
    assert "from=2026-11-24" in page.partition("Next week with visits")[0][-120:]


@pytest.mark.parametrize("by", ["device", "patient"])
@pytest.mark.parametrize("patients", [1, 3])
def test_a_week_costs_the_same_statements_whatever_it_holds(world: World, desk: Client, by: str, patients: int) -> None:
    for number in range(patients):
        world.book(make_patient(world.site, world.receptionist, f"P{number}", "Lee", phone=f"+1555010{7000 + number}"))
    desk.get(f"{WEEK}&by={by}")

    with CaptureQueriesContext(connection) as queries:
        desk.get(f"{WEEK}&by={by}")

    assert len(queries) == STATEMENTS[by]


def test_whose_visits_were_seen_is_noted_once_and_unchanged_news_is_none(
    world: World, desk: Client, course: Course
) -> None:
    seen = AuditEntry.objects.filter(action="week.listed")
    desk.get(f"{WEEK}&by=device")
    assert seen.count() == 0
    desk.get(f"{WEEK}&by=patient")
    assert [entry.patient_id for entry in seen] == [world.maria.pk]

    first = desk.get(f"{WEEK}&by=patient", headers=HTMX)
    same = desk.get(f"{WEEK}&by=patient", headers=HTMX | {"If-None-Match": first["ETag"]})
    Session.objects.filter(course=course, number=1).update(confirmed_at=NOW)
    changed = desk.get(f"{WEEK}&by=patient", headers=HTMX | {"If-None-Match": first["ETag"]})

    assert (first.status_code, same.status_code, same.content, changed.status_code) == (200, 304, b"", 200)
    assert seen.count() == 1


def test_the_way_of_looking_is_kept_and_a_day_that_is_none_is_refused(world: World, desk: Client) -> None:
    desk.get("/week/?by=patient")

    assert 'by=patient" aria-current="true"' in text(desk, "/week/")
    assert desk.get("/week/?from=yesterday").status_code == 400


@pytest.mark.parametrize(
    ("role", "moves", "opens", "risks"), [("auditor", False, True, False), ("receptionist", True, True, True)]
)
def test_a_role_sees_and_does_what_it_may(
    world: World, course: Course, clock: Any, role: str, moves: bool, opens: bool, risks: bool
) -> None:
    client = Client()
    client.force_login(getattr(world, role))

    page = text(client, f"{WEEK}&by=patient")

    found = ("data-may-move" in page, f'href="/courses/{course.pk}/"' in page, "At risk" in page)
    assert found == (moves, opens, risks)


def test_another_sites_people_get_neither_our_week_nor_our_patients(world: World, course: Course, clock: Any) -> None:
    client = Client()
    client.force_login(world.outsider)

    assert client.get("/week/?site=riverside").status_code == 404
    assert "Garcia" not in text(client, f"{WEEK}&by=patient").partition('id="week"')[2]


def test_a_dot_is_moved_to_another_day_as_the_board_moves_a_card(world: World, desk: Client, course: Course) -> None:
    first = Session.objects.get(course=course, number=1)
    page = text(desk, f"{WEEK}&by=patient")
    dot = re.search(rf'id="visit-{first.pk}".*?data-minute="(\d+)" data-resource="(\d+)"', page)
    assert dot is not None

    where = {"day": "2026-11-23", "minute": dot[1], "resource": dot[2], "version": 1, "key": "one"}
    answer = desk.post(f"/sessions/{first.pk}/place/", where, headers=HTMX)

    first.refresh_from_db()
    assert (answer.status_code, first.day, first.minute) == (200, FIRST_DAY - dt.timedelta(days=1), 510)
