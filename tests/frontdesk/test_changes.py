"""The pages on which a course is changed: choices as a list, one tap to take one; hold, go on, end, undo."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from scheduling.actions import attendance
from scheduling.models import Course, Session
from tests.factories import World


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.fixture
def course(world: World) -> Course:
    return world.book(counts={"acute": 10, "taper": 3})


def row(course: Course, number: int) -> Session:
    return Session.objects.get(course=course, number=number, is_counted=True)


def first_form(html: str) -> dict[str, str]:
    """Return the hidden fields of the first form that takes a choice."""
    form = next(part for part in html.split("<form")[1:] if 'name="plan"' in part)
    return dict(re.findall(r'name="(version|key|plan)" value="([^"]*)"', form))


def test_a_visit_is_moved_by_taking_the_first_choice(desk: Client, course: Course) -> None:
    session = row(course, 4)
    page = desk.get(f"/sessions/{session.pk}/move/").content.decode()

    answer = desk.post(f"/sessions/{session.pk}/move/", first_form(page))

    assert (answer.status_code, row(course, 4).minute) == (302, 480)
    assert answer["Location"] == f"/?site=riverside&day={session.day}#visit-{session.pk}"


def test_a_double_click_moves_once(desk: Client, course: Course) -> None:
    session = row(course, 4)
    fields = first_form(desk.get(f"/sessions/{session.pk}/move/").content.decode())

    for _click in range(2):
        assert desk.post(f"/sessions/{session.pk}/move/", fields).status_code == 302

    assert row(course, 4).version == 2


def test_a_no_show_is_made_up_from_its_page_and_what_may_not_be_says_why(
    desk: Client, world: World, course: Course, clock: Any
) -> None:
    session = row(course, 1)
    late = session.starts_at + dt.timedelta(minutes=15)
    clock(late)
    attendance.mark_no_show(session_id=session.pk, version=1, now=late, by=world.receptionist)
    panel = desk.get(f"/sessions/{session.pk}/").content.decode()
    page = desk.get(f"/sessions/{session.pk}/make-up/").content.decode()

    desk.post(f"/sessions/{session.pk}/make-up/", first_form(page))

    assert "Make it up" in panel
    assert "not allowed, one a day" in page
    assert Session.objects.filter(makeup_of=session, state="booked").count() == 1
    assert "Make it up" not in desk.get(f"/sessions/{session.pk}/").content.decode()


def test_a_plan_that_is_no_longer_good_is_said_in_place(desk: Client, course: Course) -> None:
    session = row(course, 4)
    fields = first_form(desk.get(f"/sessions/{session.pk}/move/").content.decode())
    Course.objects.filter(pk=course.pk).update(version=9)

    answer = desk.post(f"/sessions/{session.pk}/move/", fields, follow=True)

    assert "changed this course" in answer.content.decode()


def test_a_course_is_held_goes_on_and_is_taken_back_from_its_page(desk: Client, course: Course) -> None:
    def do(verb: str, **fields: str) -> str:
        course.refresh_from_db()
        body = {"version": str(course.version), **fields}
        return desk.post(f"/courses/{course.pk}/{verb}/", body, follow=True).content.decode()

    assert "On hold. The times ahead are free again." in do("hold", reason="Flu", resume_on="2026-12-01")
    assert "The course goes on." in do("resume", on="2026-12-01")
    assert "Taken back." in do("undo")
    course.refresh_from_db()
    assert course.state == "on_hold"


def test_a_course_ends_from_its_page(desk: Client, course: Course) -> None:
    page = desk.post(
        f"/courses/{course.pk}/end/", {"version": "1", "reason": "moved_away", "note": "Ohio"}, follow=True
    ).content.decode()

    assert "The course has ended. What lay ahead is cancelled." in page
    assert "The course was ended: Ohio" in page


@pytest.mark.parametrize(
    ("verb", "fields", "status"),
    [
        ("hold", {"reason": "Flu"}, 400),
        ("hold", {"reason": "", "version": "1"}, 422),
        ("end", {"reason": "whatever", "version": "1"}, 400),
        ("resume", {"on": "soon"}, 400),
        ("undo", {"version": "1"}, 409),
    ],
)
def test_what_can_not_be_done_changes_nothing(
    desk: Client, course: Course, verb: str, fields: dict[str, str], status: int
) -> None:
    answer = desk.post(f"/courses/{course.pk}/{verb}/", fields, follow=True)

    course.refresh_from_db()
    assert (answer.status_code, course.state, course.version) == (status, "active", 1)


@pytest.mark.parametrize("path", ["sessions/{session}/move/", "sessions/{session}/make-up/", "courses/{course}/hold/"])
def test_another_site_finds_nothing_there(world: World, course: Course, path: str, clock: Any) -> None:
    client = Client()
    client.force_login(world.outsider)

    answer = client.post("/" + path.format(session=row(course, 1).pk, course=course.pk), {"version": "1"})

    assert answer.status_code == 404


def test_who_watches_sees_how_long_and_leaving_earlier_needs_a_name(
    desk: Client, course: Course, world: World, clock: Any
) -> None:
    session = row(course, 1)
    clock(session.starts_at)
    for verb in (attendance.arrive, attendance.start, attendance.monitor):
        session.refresh_from_db()
        verb(session_id=session.pk, version=session.version, now=session.starts_at, by=world.receptionist)
    Session.objects.filter(pk=session.pk).update(observation_until=session.starts_at + dt.timedelta(minutes=72))

    board = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", desk.get(f"/?day={session.day}").content.decode()))
    panel = desk.get(f"/sessions/{session.pk}/").content.decode()
    refused = desk.post(f"/sessions/{session.pk}/complete/", {"version": "4"})
    desk.post(f"/sessions/{session.pk}/complete/", {"version": "4", "let_go_by": "Dr. Weiss"})

    assert "Watch 1:12 left" in board
    assert "Watched until 9:42am. Leaves earlier by" in panel
    assert refused.status_code == 422
    session.refresh_from_db()
    assert session.state == "completed"
