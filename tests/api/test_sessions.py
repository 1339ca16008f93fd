"""The day: list, and record what happens."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from scheduling.models import Session, SessionEvent
from tests.api.conftest import Api
from tests.factories import World

Rows = Callable[[], dict[str, int]]
ON_THE_DAY = "2026-11-24T13:45:00+00:00"  # 8:45am in New York


@pytest.fixture
def visit(world: World, clock: Any) -> Session:
    session = world.visit(preferred_minute=510)
    clock(ON_THE_DAY)
    return session


def test_the_sessions_of_a_day_are_listed_with_their_resources(api: Api, world: World, visit: Session) -> None:
    world.visit(world.daniel, start_on=dt.date(2026, 11, 25), now=visit.course.booked_at)

    answer = api.get("sessions/", site="riverside", date="2026-11-24").json()

    [session] = answer["results"]
    assert (answer["count"], answer["next"], answer["previous"]) == (1, None, None)
    assert session == {
        "id": visit.pk,
        "course": visit.course_id,
        "patient": world.maria.pk,
        "number": 1,
        "phase": "consult",
        "visit_type": "consult",
        "starts_at": "2026-11-24T08:30:00-05:00",
        "ends_at": "2026-11-24T09:30:00-05:00",
        "state": "booked",
        "fhir_status": "booked",
        "why": visit.why,
        "deviation": None,
        "version": 1,
        "counts": True,
        "confirmed_at": None,
        "arrived_at": None,
        "started_at": None,
        "observation_until": None,
        "ended_at": None,
        "dose_mg": None,
        "reason": "",
        "reason_code": "",
        "cancelled_by": "",
        "is_late_cancel": False,
        "makeup_of": None,
        "billing_code": "",
        "authorization": None,
        "uncovered": "",
        "gates": [],
        "reservations": [
            {
                "resource": visit.reservations.get().resource_id,
                "kind": "psychiatrist",
                "name": "Dr. Weiss",
                "starts_at": "2026-11-24T08:30:00-05:00",
                "ends_at": "2026-11-24T09:30:00-05:00",
            }
        ],
    }


def test_sessions_are_found_by_course_and_by_patient(api: Api, world: World) -> None:
    course = world.book()
    other = world.visit(world.daniel)

    by_course = api.get("sessions/", course=course.pk).json()
    by_patient = api.get("sessions/", patient=world.daniel.pk).json()

    assert by_course["count"] == 36
    assert [row["number"] for row in by_course["results"]] == list(range(1, 37))
    assert [row["id"] for row in by_patient["results"]] == [other.pk]


def test_a_page_holds_what_was_asked_for_and_only_its_patients_are_noted(api: Api, world: World) -> None:
    world.visit(world.maria, preferred_minute=510)
    world.visit(world.daniel, preferred_minute=600)

    answer = api.get("sessions/", page_size=1, page=2).json()

    assert (answer["count"], answer["next"], len(answer["results"])) == (2, None, 1)
    listed = AuditEntry.objects.filter(action="session.listed").values_list("patient_id", flat=True)
    assert list(listed) == [world.daniel.pk]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_the_same_queries_however_long(api: Api, world: World, rows: int) -> None:
    for day in range(rows):
        world.visit(start_on=dt.date(2026, 12, 1 + day))

    with CaptureQueriesContext(connection) as queries:
        answer = api.get("sessions/")

    # Token, sites, count, page, reservations, resources; six for the gates; an insert and its savepoint for the audit.
    assert answer.json()["count"] == rows
    assert len(queries) == 15


def test_another_site_sees_nothing(outsider: Api, world: World, visit: Session) -> None:
    everything = outsider.get("sessions/")
    by_id = outsider.get("sessions/", patient=world.maria.pk)
    named = outsider.get("sessions/", site="riverside")

    assert (everything.json()["count"], by_id.json()["count"]) == (0, 0)
    assert named.status_code == 404


@pytest.mark.parametrize(
    "query",
    [{"date": "tomorrow"}, {"course": "x"}, {"patient": "²"}, {"course": "9" * 30}, {"date": "2026-02-30"}],
)
def test_a_question_that_cannot_be_read_names_its_field(api: Api, query: dict[str, str]) -> None:
    answer = api.get("sessions/", **query)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, list(query))


def test_a_visit_goes_from_arrival_to_completion_one_version_a_step(api: Api, visit: Session) -> None:
    states, tags = [], []

    for step in ("arrive", "start", "monitor", "complete"):
        visit.refresh_from_db()
        answer = api.step(visit, step)
        states.append(answer.json()["state"])
        tags.append(answer.headers["ETag"])

    assert states == ["arrived", "in_treatment", "monitoring", "completed"]
    assert tags == ['"2"', '"3"', '"4"', '"5"']
    by = SessionEvent.objects.filter(session=visit).order_by("pk").values_list("to_state", "by__name")
    assert list(by) == [(state, "Rosa") for state in ("booked", *states)]


def test_a_step_can_be_undone(api: Api, visit: Session) -> None:
    api.step(visit, "arrive")

    answer = api.step(visit, "undo", version=2)

    assert (answer.status_code, answer.json()["state"], answer.json()["version"]) == (200, "booked", 3)


def test_a_no_show_is_recorded(api: Api, visit: Session) -> None:
    answer = api.step(visit, "no-show")

    assert (answer.status_code, answer.json()["state"]) == (200, "no_show")


@pytest.mark.parametrize(("step", "state"), [("not-treated", "not_treated"), ("cancel", "cancelled")])
def test_turning_away_and_cancelling_keep_the_reason(api: Api, visit: Session, step: str, state: str) -> None:
    answer = api.step(visit, step, {"reason": "Fever"})

    visit.refresh_from_db()
    assert (answer.status_code, answer.json()["state"], visit.reason) == (200, state, "Fever")


@pytest.mark.parametrize("body", [None, {}, {"reason": " "}, {"reason": "x" * 121}, {"reason": "ok", "extra": 1}])
def test_cancelling_without_a_usable_reason_is_refused(api: Api, visit: Session, rows: Rows, body: Any) -> None:
    before = rows()

    answer = api.step(visit, "cancel", body)

    visit.refresh_from_db()
    assert (answer.status_code, visit.state, visit.version) == (400, "booked", 1)
    assert rows() == before


def test_a_step_without_a_version_is_refused(api: Api, visit: Session, rows: Rows) -> None:
    before = rows()

    answer = api.post(f"sessions/{visit.pk}/arrive/")

    assert (answer.status_code, answer.json()["code"]) == (428, "if_match_required")
    assert rows() == before


def test_a_stale_version_is_refused_with_who_was_quicker(api: Api, visit: Session, rows: Rows) -> None:
    api.step(visit, "arrive")
    before = rows()

    answer = api.step(visit, "no-show")

    assert (answer.status_code, answer.json()["code"]) == (412, "stale")
    assert answer.json()["message"].startswith("Rosa changed this visit at 8:45am on Tue Nov 24: it is here now.")
    assert rows() == before


@pytest.mark.parametrize("version", ['"²"', "one", '"-1"', "", "*", '"99999999999"'])
def test_a_version_that_cannot_be_read_is_malformed(api: Api, visit: Session, version: str) -> None:
    answer = api.post(f"sessions/{visit.pk}/arrive/", If_Match=version)

    assert answer.status_code == 400


@pytest.mark.parametrize("step", ["start", "monitor", "complete", "undo"])
def test_a_step_out_of_turn_is_a_conflict(api: Api, visit: Session, rows: Rows, step: str) -> None:
    before = rows()

    answer = api.step(visit, step)

    visit.refresh_from_db()
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
    assert (visit.state, visit.version) == ("booked", 1)
    assert rows() == before


def test_nobody_arrives_before_the_day(api: Api, visit: Session, clock: Any) -> None:
    clock("2026-11-23T20:00:00+00:00")

    answer = api.step(visit, "arrive")

    assert (answer.status_code, answer.json()["code"]) == (422, "too_early")


def test_a_step_without_a_body_takes_none(api: Api, visit: Session) -> None:
    answer = api.step(visit, "arrive", {"at": "08:40"})

    assert (answer.status_code, answer.json()["fields"]) == (400, {"at": "There is no such field."})


def test_a_session_of_another_site_does_not_exist(outsider: Api, visit: Session, rows: Rows) -> None:
    before = rows()

    answer = outsider.step(visit, "arrive")

    assert answer.status_code == 404
    assert rows() == before


def test_an_auditor_looks_and_does_not_touch(world: World, visit: Session) -> None:
    auditor = Api(world.auditor)

    listed, recorded = auditor.get("sessions/"), auditor.step(visit, "arrive")

    assert (listed.status_code, recorded.status_code) == (200, 403)
