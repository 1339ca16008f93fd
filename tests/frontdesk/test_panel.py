"""The panel of a visit: what it costs, every step it offers, what it asks for, and that it stays."""

import datetime as dt
import html
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from patients.models import MeasureResult
from scheduling.actions import attendance
from scheduling.models import Session
from tests.factories import FIRST_DAY, NOW, World, prepare_visit

HTMX = {"HX-Request": "true"}
IN_PANEL = HTMX | {"HX-Target": "panel"}


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.fixture
def session(world: World) -> Session:
    return Session.objects.get(course=world.book(counts={"acute": 10, "taper": 3}), number=1)


def panel(client: Client, session: Session) -> str:
    return html.unescape(client.get(f"/sessions/{session.pk}/", headers=HTMX).content.decode())


def step(client: Client, session: Session, verb: str, **fields: str) -> Any:
    session.refresh_from_db()
    body = {"version": str(session.version), "panel": "1", **fields}
    answer = client.post(f"/sessions/{session.pk}/{verb}/", body, headers=IN_PANEL)
    session.refresh_from_db()
    return answer


@pytest.mark.parametrize("counts", [{"acute": 1, "taper": 1}, {"acute": 30, "taper": 6}])
def test_a_panel_costs_the_same_statements_whatever_its_course_holds(
    world: World, desk: Client, counts: dict[str, int], clock: Any
) -> None:
    session = Session.objects.get(course=world.book(counts=counts), number=1)
    panel(desk, session)
    clock(NOW + dt.timedelta(minutes=3))

    with CaptureQueriesContext(connection) as queries:
        shown = panel(desk, session)

    assert shown.count('class="ck-dot ') == sum(counts.values())
    assert len(queries) == 25


def test_a_step_that_nobody_is_texted_about_costs_the_panel_nothing_more(
    desk: Client, session: Session, clock: Any
) -> None:
    clock(session.starts_at)
    step(desk, session, "arrive")

    panel(desk, session)
    costs = []
    for minutes in (1, 4):
        clock(session.starts_at + dt.timedelta(minutes=minutes))
        with CaptureQueriesContext(connection) as queries:
            panel(desk, session)
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_every_step_answers_with_the_panel_the_time_and_the_word_that_the_board_changed(
    desk: Client, session: Session, clock: Any
) -> None:
    clock(session.starts_at)
    arrived = step(desk, session, "arrive")
    prepare_visit(session)
    text = html.unescape(arrived.content.decode())

    assert (arrived.status_code, arrived["HX-Trigger-After-Swap"]) == (200, "changed")
    assert f'data-panel="visit-{session.pk}"' in text
    assert 'data-verb="start"' in text
    assert "<small>8:30</small>" in text
    assert 'id="day"' not in text


def test_a_treatment_stopped_early_keeps_its_code_and_counts_only_if_a_clinician_says_so(
    desk: Client, world: World, session: Session, clock: Any
) -> None:
    clock(session.starts_at)
    for verb in (attendance.arrive, attendance.start):
        verb(session_id=session.pk, version=session.version, now=session.starts_at, by=world.receptionist)
        session.refresh_from_db()

    refused = step(desk, session, "stop-early", code="pain", counts="on")
    step(desk, session, "stop-early", code="pain")

    assert refused.status_code == 403
    assert (session.state, session.reason_code, session.reason, session.is_counted) == (
        "partial",
        "pain",
        "Pain",
        False,
    )


def test_who_is_turned_away_has_a_code_and_without_words_of_its_own_something_else_is_refused(
    desk: Client, session: Session, clock: Any
) -> None:
    clock(session.starts_at)

    refused = step(desk, session, "not-treated", code="other")
    unknown = step(desk, session, "not-treated", code="weather")
    step(desk, session, "not-treated", code="ate")

    assert (refused.status_code, unknown.status_code) == (422, 400)
    assert (session.state, session.reason_code, session.reason) == ("not_treated", "ate", "Ate or drank too late")


def test_this_and_all_after_are_cancelled_as_one(desk: Client, session: Session) -> None:
    step(desk, session, "cancel", by="patient", reason="Moves away", scope="rest")

    states = Session.objects.filter(course=session.course_id).values_list("state", flat=True)
    assert set(states) == {"cancelled"}


def test_a_score_that_is_due_is_entered_in_the_panel(desk: Client, world: World, clock: Any) -> None:
    session = world.visit(start_on=FIRST_DAY)

    answer = desk.post(f"/sessions/{session.pk}/measure/", {"instrument": "phq9", "score": "14"}, headers=IN_PANEL)
    beyond = desk.post(f"/sessions/{session.pk}/measure/", {"instrument": "phq9", "score": "99"}, headers=IN_PANEL)

    row = MeasureResult.objects.get()
    assert (answer.status_code, beyond.status_code) == (200, 422)
    assert (row.instrument, row.score, row.measured_on) == ("phq9", 14, dt.date(2026, 11, 16))


def test_a_note_is_written_from_the_panel_and_from_the_page(desk: Client, session: Session) -> None:
    path = f"/sessions/{session.pk}/note/"

    beside = desk.post(path, {"note": "Left headrest", "note_version": "1"}, headers=IN_PANEL)
    plain = desk.post(path, {"note": "Right headrest", "note_version": "2"})

    session.refresh_from_db()
    assert ("Left headrest" in beside.content.decode(), plain["Location"]) == (True, f"/sessions/{session.pk}/")
    assert session.note == "Right headrest"


def test_the_link_of_the_patients_page_is_shown_on_request_alone_and_noted(desk: Client, session: Session) -> None:
    assert "/v/" not in panel(desk, session)

    answer = desk.post(f"/sessions/{session.pk}/link/", headers=IN_PANEL)

    assert "/v/" in answer.content.decode()
    assert AuditEntry.objects.filter(action="link.copied").count() == 1


def test_a_form_of_the_visits_page_comes_back_to_it(desk: Client, session: Session, clock: Any) -> None:
    clock(session.starts_at)

    answer = desk.post(f"/sessions/{session.pk}/arrive/", {"version": "1", "back": "visit"})

    assert answer["Location"] == f"/sessions/{session.pk}/"


def test_who_may_only_look_gets_no_buttons(world: World, session: Session, clock: Any) -> None:
    client = Client()
    client.force_login(world.auditor)

    shown = panel(client, session)

    assert ("data-verb" in shown, "Save note" in shown, "Copy link" in shown) == (False, False, False)


def test_the_card_of_a_visit_is_for_the_patient(desk: Client, session: Session) -> None:
    shown = desk.get(f"/sessions/{session.pk}/card/").content.decode()

    assert "Visit 1 of 13" in shown
    assert "<span>English</span>" in panel(desk, session)
    assert "Maria Garcia" in shown
