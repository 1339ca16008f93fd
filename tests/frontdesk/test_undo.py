"""One way back for everything: named by a toast, kept for three minutes, refused in words after that."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from notifications.actions.sending import drain_messages
from notifications.models import Message
from scheduling.actions import attendance
from scheduling.models import Course, Session
from tests.factories import World

NEXT_DAY = dt.date(2026, 11, 17)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.fixture
def session(world: World, clock: Any) -> Session:
    row = world.visit(start_on=NEXT_DAY, preferred_minute=600)
    clock("2026-11-17T14:05:00+00:00")
    return row


def latest(page: str) -> dict[str, str]:
    """Return what the form of the latest deed sends."""
    form = re.search(r'<form id="undo".*?</form>', page, re.DOTALL)
    return dict(re.findall(r'name="(kind|id|version|back)" value="([^"]*)"', form[0])) if form else {}


def test_a_deed_is_taken_back_from_another_page_after_its_toast_has_gone(
    desk: Client, session: Session, clock: Any
) -> None:
    desk.post(f"/sessions/{session.pk}/arrive/", {"version": 1}, headers=HTMX)
    clock("2026-11-17T14:06:00+00:00")
    form = latest(desk.get("/messages/").content.decode())

    answer = desk.post("/undo/", form)

    session.refresh_from_db()
    assert form == {"kind": "session", "id": str(session.pk), "version": "2", "back": "/messages/"}
    assert (answer.status_code, answer["Location"], session.state) == (302, "/messages/", "booked")
    assert "Taken back." in desk.get("/messages/").content.decode()


def test_what_was_taken_back_is_not_offered_again(desk: Client, session: Session) -> None:
    desk.post(f"/sessions/{session.pk}/arrive/", {"version": 1}, headers=HTMX)
    desk.post("/undo/", latest(desk.get("/messages/").content.decode()))

    assert latest(desk.get("/messages/").content.decode()) == {}


def test_after_three_minutes_nothing_is_offered_and_an_old_page_is_refused_in_words(
    desk: Client, session: Session, clock: Any
) -> None:
    desk.post(f"/sessions/{session.pk}/arrive/", {"version": 1}, headers=HTMX)
    form = latest(desk.get("/messages/").content.decode())
    clock("2026-11-17T14:08:01+00:00")

    answer = desk.post("/undo/", form)

    session.refresh_from_db()
    assert (answer.status_code, "more than 3 minutes ago" in answer.content.decode()) == (409, True)
    assert (session.state, latest(desk.get("/messages/").content.decode())) == ("arrived", {})


def test_without_javascript_the_next_page_says_what_was_done_once_and_offers_the_way_back(
    desk: Client, session: Session
) -> None:
    moved = desk.post(f"/sessions/{session.pk}/arrive/", {"version": 1}, follow=True).content.decode()
    again = desk.get("/").content.decode()

    assert [page.count("is here.</span>") for page in (moved, again)] == [1, 0]
    assert (latest(moved)["id"], latest(again)["id"]) == (str(session.pk), str(session.pk))


def test_a_live_page_gets_a_toast_and_asks_for_its_news_and_any_other_page_is_loaded_anew(
    desk: Client, session: Session
) -> None:
    answers = []
    for verb, headers in (("arrive", HTMX | {"X-Live": "1"}), ("arrive", HTMX)):
        session.refresh_from_db()
        desk.post(f"/sessions/{session.pk}/{verb}/", {"version": session.version}, headers=HTMX)
        answers.append(desk.post("/undo/", latest(desk.get("/messages/").content.decode()), headers=headers))

    assert [answer.headers.get("HX-Trigger") for answer in answers] == ["changed", None]
    assert [answer.headers.get("HX-Refresh") for answer in answers] == [None, "true"]
    assert f'data-focus="visit-{session.pk}"' in answers[0].content.decode()


def test_somebody_elses_visit_is_not_taken_back_from_another_site(desk: Client, world: World, session: Session) -> None:
    desk.post(f"/sessions/{session.pk}/arrive/", {"version": 1}, headers=HTMX)
    outsider = Client()
    outsider.force_login(world.outsider)

    answers = [
        outsider.post("/undo/", {"kind": kind, "id": key, "version": 2}).status_code
        for kind, key in (("session", session.pk), ("course", session.course_id), ("block", 1))
    ]

    session.refresh_from_db()
    assert (answers, session.state) == ([404, 404, 404], "arrived")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"kind": "nothing", "id": "1", "version": "1"},
        {"kind": "session", "id": "1", "version": "x"},
        {"kind": "session", "id": "x", "version": "1"},
        {"kind": "session", "id": "", "version": "1"},
    ],
)
def test_what_names_no_deed_is_refused_in_words(desk: Client, form: dict[str, str]) -> None:
    answer = desk.post("/undo/", form)

    assert (answer.status_code, "nothing to undo by that name" in answer.content.decode()) == (400, True)


def test_the_way_back_never_leads_to_another_site(desk: Client, session: Session) -> None:
    desk.post(f"/sessions/{session.pk}/arrive/", {"version": 1}, headers=HTMX)
    form = latest(desk.get("/messages/").content.decode())

    assert desk.post("/undo/", form | {"back": "https://elsewhere.example/"})["Location"] == "/"


def test_a_change_of_a_course_is_taken_back_by_its_name(desk: Client, world: World) -> None:
    course = world.book(start_on=NEXT_DAY)
    desk.post(f"/courses/{course.pk}/hold/", {"version": course.version, "reason": "Flu"})
    course.refresh_from_db()

    desk.post("/undo/", {"kind": "course", "id": course.pk, "version": course.version})

    assert Course.objects.get().state == "active"


@pytest.fixture
def cancelled(desk: Client, session: Session) -> str:
    """The answer to a visit cancelled by the clinic, whose patient hears of it in three minutes."""
    typed = {"version": 1, "by": "clinic", "reason": "Ill"}
    return desk.post(f"/sessions/{session.pk}/cancel/", typed, headers=HTMX).content.decode()


def said(page: str) -> str:
    found = re.search(r"data-focus=\"[^\"]*\"><span>(.*?)</span>", page)
    return found[1] if found else ""


@pytest.fixture
def sending(settings: Any) -> None:
    settings.SEND_MESSAGES = True


@pytest.mark.usefixtures("sending")
def test_what_is_held_is_counted_down_in_the_toast_and_in_the_panel(
    desk: Client, cancelled: str, session: Session, clock: Any
) -> None:
    clock("2026-11-17T14:06:41+00:00")
    panel = desk.get(f"/sessions/{session.pk}/", headers=HTMX).content.decode()
    clock("2026-11-17T14:08:00+00:00")
    over = desk.get(f"/sessions/{session.pk}/", headers=HTMX).content.decode()

    counts = r'data-left="(\d+)" data-when="([^"]+)"'
    assert re.findall(counts, cancelled) == [("180", "in 3 min")]
    assert re.findall(counts, panel) == [("79", "in 2 min")]
    assert "<span>Text goes out in 2 min.</span>" in panel
    assert f'hx-post="/courses/{session.course_id}/held/drop/"' in panel
    assert ("data-left" in over, "/held/" in over) == (False, False)


@pytest.mark.usefixtures("sending")
def test_a_toast_says_when_the_text_goes_out_and_offers_both_answers(cancelled: str, session: Session) -> None:
    assert said(cancelled) == "Visit cancelled. The time is free. Text goes out in 3 min."
    assert re.findall(r'(?:form)?action="(/courses/[^"]*)"', cancelled) == [
        f"/courses/{session.course_id}/held/send/",
        f"/courses/{session.course_id}/held/drop/",
    ]


def test_with_sending_off_a_toast_says_what_would_happen(cancelled: str) -> None:
    assert said(cancelled) == "Visit cancelled. The time is free. Text would go out in 3 min (messages are off)."


def test_a_technician_is_told_of_the_text_and_leaves_it_to_the_front_desk(
    world: World, session: Session, clock: Any
) -> None:
    client = Client()
    client.force_login(world.technician)
    clock("2026-11-17T15:20:00+00:00")

    page = client.post(f"/sessions/{session.pk}/no-show/", {"version": 1}, headers=HTMX).content.decode()
    answer = client.post(f"/courses/{session.course_id}/held/drop/")

    assert ("would go out in 3 min" in page, "/held/" in page, answer.status_code) == (True, False, 404)


def test_nothing_leaves_when_somebody_says_so_and_the_way_back_stays(
    desk: Client, cancelled: str, session: Session
) -> None:
    answer = desk.post(f"/courses/{session.course_id}/held/drop/", headers=HTMX).content.decode()
    again = desk.post(f"/courses/{session.course_id}/held/send/", headers=HTMX)

    assert [(m.kind, m.state) for m in Message.objects.exclude(kind="booked")] == [("cancelled", "skipped_changed")]
    assert said(answer) == "Nobody is texted. Tell them yourself."
    assert (latest(answer)["id"], again.status_code) == (str(session.pk), 409)


def test_a_text_sent_at_once_is_corrected_when_its_change_is_taken_back(
    desk: Client, cancelled: str, session: Session, clock: Any
) -> None:
    sent = desk.post(f"/courses/{session.course_id}/held/send/", headers=HTMX).content.decode()
    drain_messages(now=dt.datetime(2026, 11, 17, 14, 5, tzinfo=dt.UTC))
    clock("2026-11-17T14:06:00+00:00")

    undone = desk.post("/undo/", latest(desk.get("/messages/").content.decode()), headers=HTMX | {"X-Live": "1"})

    assert said(sent) == "The text goes out now."
    assert said(undone.content.decode()) == (
        "Taken back. The text has gone. A correcting one would go out in 3 min (messages are off)."
    )


def test_without_javascript_both_answers_come_back_to_their_page(
    desk: Client, cancelled: str, session: Session
) -> None:
    answer = desk.post(f"/courses/{session.course_id}/held/drop/", {"back": "/messages/"})

    assert (answer.status_code, answer["Location"]) == (302, "/messages/")


def test_what_somebody_changed_since_is_not_taken_back_and_says_who_did_what(
    desk: Client, world: World, session: Session, clock: Any
) -> None:
    desk.post(f"/sessions/{session.pk}/arrive/", {"version": 1}, headers=HTMX)
    form = latest(desk.get("/messages/").content.decode())
    attendance.start(
        session_id=session.pk, version=2, now=dt.datetime(2026, 11, 17, 14, 5, tzinfo=dt.UTC), by=world.technician
    )
    clock("2026-11-17T14:06:00+00:00")

    answers = [desk.post("/undo/", form, headers=headers) for headers in (HTMX, {})]

    session.refresh_from_db()
    pages = [answer.content.decode() for answer in answers]
    words = f"Can&#x27;t undo: {world.technician.name} changed this visit 1 min ago: it is in the chair now."
    assert [answer.status_code for answer in answers] == [412, 412]
    assert [words in page for page in pages] == [True, True]
    assert [f'href="/sessions/{session.pk}/">See the change' in page for page in pages] == [True, True]
    # Sent again it would take back what the other one did.
    assert [page.count("Use mine") for page in pages] == [0, 0]
    assert session.state == "in_treatment"
