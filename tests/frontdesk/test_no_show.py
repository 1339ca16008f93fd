"""A no-show and its make-up at the desk: marked at once, looked for after, booked, waived or taken back."""

import datetime as dt
import html
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from clinic.models import AuditEntry
from scheduling.models import Course, CourseEvent, Session
from scheduling.queries import repairs
from tests.factories import World
from tests.frontdesk.test_changes import first_form

HTMX = {"HX-Request": "true"}
IN_PANEL = HTMX | {"HX-Target": "panel"}


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.fixture
def missed(desk: Client, world: World, clock: Any) -> Session:
    """A visit nobody came to, marked a quarter of an hour late."""
    course = world.book(counts={"acute": 10, "taper": 3})
    session = Session.objects.get(course=course, number=1)
    clock(session.starts_at + dt.timedelta(minutes=15))
    desk.post(f"/sessions/{session.pk}/no-show/", {"version": "1"}, headers=HTMX)
    session.refresh_from_db()
    return session


def body(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_before_its_start_a_visit_can_not_be_missed(desk: Client, world: World) -> None:
    session = world.visit()

    answer = desk.post(f"/sessions/{session.pk}/no-show/", {"version": "1"}, headers=HTMX)

    session.refresh_from_db()
    assert (answer.status_code, session.state) == (422, "booked")
    assert "Cancel it if the patient won't come." in body(answer)


def test_the_mark_is_answered_with_the_box_and_without_a_search(
    desk: Client, world: World, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_args: Any, **_more: Any) -> None:
        raise AssertionError("marking must not wait for the search")

    monkeypatch.setattr(repairs, "make_up_choices", never)
    session = Session.objects.filter(course=world.book(counts={"acute": 10, "taper": 3})).earliest("starts_at")
    clock(session.starts_at + dt.timedelta(minutes=15))

    answer = desk.post(f"/sessions/{session.pk}/no-show/", {"version": "1"}, headers=HTMX)

    session.refresh_from_db()
    assert (answer.status_code, session.state, "Looking for times" in body(answer)) == (200, "no_show", True)


def test_a_search_that_can_not_be_made_says_that_the_mark_is_saved(
    desk: Client, missed: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_args: Any, **_more: Any) -> None:
        raise OperationalError("locked")

    monkeypatch.setattr(repairs, "make_up_choices", busy)

    answer = desk.get(f"/sessions/{missed.pk}/make-up/", headers=HTMX | {"HX-Target": "make-up"})

    assert "No-show saved. Couldn't look for times." in body(answer)


def test_the_second_miss_in_ten_days_is_named(desk: Client, missed: Session, clock: Any) -> None:
    second = Session.objects.filter(course=missed.course_id, number=1, is_counted=True).get()
    clock(second.starts_at + dt.timedelta(minutes=15))

    answer = desk.post(f"/sessions/{second.pk}/no-show/", {"version": second.version}, headers=HTMX)

    assert "2nd in 10 days" in body(answer)


def test_what_is_taken_books_the_make_up_as_one_audited_change_and_one_undo_takes_both_back(
    desk: Client, missed: Session
) -> None:
    page = body(desk.get(f"/sessions/{missed.pk}/make-up/", headers=HTMX | {"HX-Target": "make-up"}))

    answer = desk.post(f"/sessions/{missed.pk}/make-up/", first_form(page), headers=IN_PANEL)

    made = Session.objects.get(makeup_of=missed)
    events = list(CourseEvent.objects.filter(course=missed.course, kind="made_up").values_list("data", flat=True))
    assert (answer.status_code, answer["HX-Trigger-After-Swap"]) == (200, "changed")
    assert "No-show. Make-up booked" in body(answer)
    assert [data["makeup_of"] for data in events] == [missed.pk]
    assert AuditEntry.objects.filter(action="course.made_up").count() == 1
    desk.post("/undo/", {"kind": "session", "id": str(missed.pk), "version": str(missed.version)})
    missed.refresh_from_db()
    made.refresh_from_db()
    assert (missed.state, made.state) == ("booked", "cancelled")


def test_no_make_up_shortens_the_course_and_is_taken_back(desk: Client, missed: Session) -> None:
    course = Course.objects.get(pk=missed.course_id)

    desk.post(f"/sessions/{missed.pk}/no-make-up/", {"version": str(missed.version)}, headers=IN_PANEL)

    shorter = Course.objects.get(pk=course.pk)
    assert (course.prescribed - shorter.prescribed, shorter.state) == (1, "active")
    desk.post("/undo/", {"kind": "course", "id": str(course.pk), "version": str(shorter.version)})
    assert Course.objects.get(pk=course.pk).prescribed == course.prescribed


def test_without_a_script_the_mark_leads_to_the_board_and_the_visit_to_its_make_up(
    desk: Client, missed: Session
) -> None:
    page = body(desk.get(f"/sessions/{missed.pk}/make-up/"))

    answer = desk.post(f"/sessions/{missed.pk}/make-up/", first_form(page))

    assert answer["Location"] == f"/?site=riverside&day={missed.day}#visit-{missed.pk}"
    assert Session.objects.filter(makeup_of=missed, is_counted=True).count() == 1
