"""Preview, book, read."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from patients import actions as patient_actions
from patients.domain.contact import PatientState
from scheduling.actions import setup
from scheduling.models import Course, Resource, Session
from tests.api.conftest import Api, wish
from tests.factories import NOW, World

# Over HTTP, from the token to the answer; the goal is 25. PostgreSQL is told how long to wait for a lock.
STATEMENTS_PER_BOOKING = {"sqlite": 31, "postgresql": 32}  # six of them read the gates that the answer shows

Rows = Callable[[], dict[str, int]]


def _starts(answer: dict[str, Any]) -> list[dt.datetime]:
    return [dt.datetime.fromisoformat(session["starts_at"]) for session in answer["sessions"]]


def test_the_standard_course_has_a_long_first_visit_with_a_psychiatrist_skips_thanksgiving_and_tapers(
    api: Api, world: World
) -> None:
    plan = api.post("courses/preview/", wish(world)).json()["plans"][0]

    starts = _starts(plan)
    first = plan["sessions"][0]
    minutes = (dt.datetime.fromisoformat(first["ends_at"]) - starts[0]).total_seconds() / 60
    weeks = [start.date() - dt.timedelta(days=start.weekday()) for start in starts[30:]]
    assert len(starts) == 36
    assert first["starts_at"] == "2026-11-24T08:30:00-05:00"
    assert minutes == 90
    assert [use["kind"] for use in first["reservations"]] == ["tms_device", "operator", "psychiatrist"]
    assert dt.date(2026, 11, 26) not in {start.date() for start in starts}
    assert plan["skipped"][0] == {"day": "2026-11-26", "reason": "Thanksgiving"}
    assert [weeks.count(week) for week in sorted(set(weeks))] == [3, 2, 1]
    assert [session["number"] for session in plan["sessions"]] == list(range(1, 37))
    assert sorted(plan) == [
        "coverage",
        "deviations",
        "label",
        "plan",
        "rank",
        "sessions",
        "skipped",
        "summary",
        "tastes",
        "uncovered",
    ]


def test_a_preview_writes_nothing_but_who_looked(api: Api, world: World, rows: Rows) -> None:
    before = rows()

    answer = api.post("courses/preview/", wish(world))

    assert answer.status_code == 200
    assert rows() == before
    looked = AuditEntry.objects.filter(action="course.previewed").values_list("actor_id", "patient_id")
    assert list(looked) == [(world.receptionist.pk, world.maria.pk)]


def test_a_preview_needs_no_patient_and_a_booking_does(api: Api, world: World, rows: Rows) -> None:
    plan = api.post("courses/preview/", wish(world, patient=None)).json()["plans"][0]["plan"]
    before = rows()

    answer = api.book({"plan": plan})

    assert (answer.status_code, answer.json()["fields"]) == (400, {"patient": "required"})
    assert rows() == before


def test_a_previewed_plan_is_booked_exactly_as_shown(api: Api, world: World) -> None:
    plan = api.post("courses/preview/", wish(world)).json()["plans"][0]

    answer = api.book({"plan": plan["plan"]})

    booked = answer.json()
    assert answer.status_code == 201
    assert (booked["site"], booked["patient"], booked["state"]) == ("riverside", world.maria.pk, "active")
    assert (booked["prescribed"], booked["standing_time"], booked["version"]) == (36, "08:30", 1)
    for shown, stored in zip(plan["sessions"], booked["sessions"], strict=True):
        assert {key: stored[key] for key in shown} == shown
        assert (stored["state"], stored["version"], stored["fhir_status"]) == ("booked", 1, "booked")


def test_the_wish_itself_can_be_booked(api: Api, world: World) -> None:
    answer = api.book(wish(world, site="riverside"))

    assert answer.status_code == 201
    assert Session.objects.filter(course_id=answer.json()["id"]).count() == 36


def test_a_window_and_a_pin_are_kept(api: Api, world: World) -> None:
    device = Resource.objects.get(site=world.site, name="NeuroStar 3")

    plan = api.post(
        "courses/preview/",
        wish(world, window=["14:00", "16:00"], preferred_time="14:30", pins={"tms_device": device.pk}),
    ).json()["plans"][0]

    devices = {
        use["resource"] for row in plan["sessions"] for use in row["reservations"] if use["kind"] == "tms_device"
    }
    assert devices == {device.pk}
    assert {(start.hour, start.minute) for start in _starts(plan)} == {(14, 30)}


def test_a_repeated_request_books_once_and_returns_the_same_course(api: Api, world: World) -> None:
    body = wish(world)
    first = api.book(body, key="once")

    again = api.book(body, key="once")

    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert again.json() == first.json()
    assert Course.objects.count() == 1


def test_one_key_for_another_body_is_refused(api: Api, world: World, rows: Rows) -> None:
    api.book(wish(world), key="once")
    before = rows()

    answer = api.book(wish(world, preferred_time="10:00"), key="once")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert rows() == before


@pytest.mark.parametrize("key", [None, "", "x" * 256])
def test_a_booking_needs_an_idempotency_key(api: Api, world: World, rows: Rows, key: str | None) -> None:
    before = rows()

    headers = {} if key is None else {"Idempotency_Key": key}
    answer = api.post("courses/", wish(world), **headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "key_required")
    assert rows() == before


def test_a_replay_asks_for_the_right_again(api: Api, world: World) -> None:
    body = wish(world)
    api.book(body, key="once")
    world.receptionist.memberships.update(role="auditor")

    answer = api.book(body, key="once")

    assert answer.status_code == 403
    assert "sessions" not in answer.json()


def test_a_plan_taken_meanwhile_is_answered_with_what_was_taken_and_a_plan_that_can_be_booked(
    api: Api, world: World, rows: Rows
) -> None:
    visit = wish(world, protocol="consult", preferred_time="09:00")
    plan = api.post("courses/preview/", visit).json()["plans"][0]["plan"]
    world.visit(world.daniel, preferred_minute=540)
    before = rows()

    answer = api.book({"plan": plan})

    refusal = answer.json()
    assert (answer.status_code, refusal["code"]) == (409, "slot_taken")
    assert refusal["message"].startswith("Just taken: 9am on Tue Nov 24 on Dr. Weiss.")
    assert rows() == before
    assert api.book({"plan": refusal["alternatives"][0]["plan"]}).status_code == 201


def test_the_same_patient_cannot_be_in_two_places(api: Api, world: World, rows: Rows) -> None:
    first, second = (
        api.post("courses/preview/", wish(world)).json()["plans"][0]["plan"],
        api.post("courses/preview/", wish(world, protocol="consult")).json()["plans"][0]["plan"],
    )
    api.book({"plan": second})
    before = rows()

    answer = api.book({"plan": first})

    assert (answer.status_code, answer.json()["code"]) == (409, "slot_taken")
    assert rows() == before


def test_a_plan_older_than_fifteen_minutes_is_gone(api: Api, world: World, rows: Rows, clock: Any) -> None:
    plan = api.post("courses/preview/", wish(world)).json()["plans"][0]["plan"]
    clock(NOW + dt.timedelta(minutes=15))
    before = rows()

    answer = api.book({"plan": plan})

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_expired")
    assert rows() == before


def test_a_day_closed_after_the_preview_is_refused(api: Api, world: World, rows: Rows) -> None:
    plan = api.post("courses/preview/", wish(world)).json()["plans"][0]["plan"]
    setup.close_days(site=world.site, days={dt.date(2026, 12, 3): "Burst pipe"})
    before = rows()

    answer = api.book({"plan": plan})

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_gone")
    assert rows() == before


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"protocol": "no_such_protocol"}, 404, "not_found", "protocol"),
        ({"patient": 999_999}, 404, "not_found", None),
        ({"site": "nowhere"}, 404, "not_found", None),
        ({"site": True}, 400, "malformed", "site"),
        ({"start_on": "2026-11-15"}, 422, "start_in_past", "start_on"),
        ({"start_on": "2027-12-25"}, 422, "start_too_far", "start_on"),
        ({"start_on": "2026-11-26"}, 422, "closed_day", "start_on"),
        ({"start_on": "2026-11-28"}, 422, "closed_day", "start_on"),
        ({"start_on": "24.11.2026"}, 400, "malformed", "start_on"),
        ({"preferred_time": "25:00"}, 400, "malformed", "preferred_time"),
        ({"preferred_time": 830}, 400, "malformed", "preferred_time"),
        ({"window": ["10:00", "08:00"]}, 400, "malformed", "window"),
        ({"window": ["08:00"]}, 400, "malformed", "window"),
        ({"pins": {"tms_device": 999_999}}, 404, "not_found", "pins"),
        ({"start": "2026-11-24"}, 400, "malformed", "start"),
        ({"protocol": "ect_index"}, 422, "no_resource", None),
    ],
)
def test_bad_input_gets_a_clear_refusal_and_saves_nothing(
    api: Api, world: World, rows: Rows, changes: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    before = rows()

    answer = api.book(wish(world, **changes))

    refusal = answer.json()
    assert (answer.status_code, refusal["code"]) == (status, code)
    assert sorted(refusal) == ["alternatives", "code", "fields", "message"]
    assert list(refusal["fields"]) == ([field] if field else [])
    assert len(refusal["message"]) > 10
    assert rows() == before


def test_a_time_that_clocks_jump_over_is_refused(api: Api, world: World, rows: Rows, clock: Any) -> None:
    clock("2026-03-02T14:00:00+00:00")
    before = rows()

    answer = api.book(wish(world, start_on="2026-03-08", preferred_time="02:30"))

    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_time")
    assert answer.json()["message"].startswith("2:30am on Sun Mar 8, 2026 does not exist")
    assert rows() == before


def test_a_time_that_comes_twice_is_refused(api: Api, world: World, rows: Rows) -> None:
    before = rows()

    answer = api.book(wish(world, start_on="2027-11-07", preferred_time="01:30"))

    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_time")
    assert rows() == before


def test_a_patient_no_longer_in_treatment_is_refused(api: Api, world: World, rows: Rows) -> None:
    patient_actions.set_state(request=world.request, patient=world.maria, state=PatientState.INACTIVE, now=NOW)
    before = rows()

    answer = api.book(wish(world))

    assert (answer.status_code, answer.json()["code"]) == (422, "patient_inactive")
    assert rows() == before


def test_a_site_without_the_device_refuses(api: Api, world: World, rows: Rows) -> None:
    Resource.objects.filter(site=world.site, kind="tms_device").update(is_active=False)
    before = rows()

    answer = api.book(wish(world))

    assert (answer.status_code, answer.json()["code"]) == (422, "no_resource")
    assert "TMS device" in answer.json()["message"]
    assert rows() == before


@pytest.mark.parametrize(
    "body", ["[]", '"plan"', "{", "null", '{"plan": 7}', '{"plan": "a.b.c"}', '{"plan": "\\ud800"}']
)
def test_a_body_that_is_no_wish_is_malformed(api: Api, rows: Rows, body: str) -> None:
    before = rows()

    answer = api.post("courses/", body, Idempotency_Key="bad")

    assert answer.status_code == 400
    assert sorted(answer.json()) == ["alternatives", "code", "fields", "message"]
    assert rows() == before


def test_a_tampered_plan_is_not_ours(api: Api, world: World, rows: Rows) -> None:
    plan = api.post("courses/preview/", wish(world)).json()["plans"][0]["plan"]
    before = rows()

    answer = api.book({"plan": f"A{plan[1:]}"})

    assert (answer.status_code, answer.json()["fields"]) == (400, {"plan": "unknown"})
    assert rows() == before


def test_a_patient_of_another_site_does_not_exist(api: Api, world: World, rows: Rows) -> None:
    before = rows()

    preview = api.post("courses/preview/", wish(world, patient=world.foreign.pk))
    booking = api.book(wish(world, patient=world.foreign.pk))

    assert (preview.status_code, booking.status_code) == (404, 404)
    assert rows() == before


def test_a_plan_of_one_site_is_nothing_at_another(api: Api, outsider: Api, world: World, rows: Rows) -> None:
    plan = api.post("courses/preview/", wish(world)).json()["plans"][0]["plan"]
    before = rows()

    answer = outsider.book({"plan": plan})

    assert answer.status_code == 404
    assert rows() == before


def test_a_course_is_read_with_its_version_and_the_look_is_noted(api: Api, world: World) -> None:
    course = world.book()

    answer = api.get(f"courses/{course.pk}/")

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert answer.json()["protocol"] == {"code": "tms_mdd_36", "version": 1, "name": "TMS standard 36"}
    looked = AuditEntry.objects.filter(action="course.opened").values_list("actor_id", "patient_id", "site_id")
    assert list(looked) == [(world.receptionist.pk, world.maria.pk, world.site.pk)]


def test_a_course_of_another_site_does_not_exist(outsider: Api, world: World) -> None:
    course = world.book()

    hidden, missing = outsider.get(f"courses/{course.pk}/"), outsider.get("courses/999999/")

    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.content == missing.content


@pytest.mark.parametrize("sessions", [1, 36, 50])
@pytest.mark.postgres
def test_a_booking_costs_the_same_statements_whatever_its_length(
    api: Api, world: World, protocol_of: Callable[[int], str], sessions: int
) -> None:
    plan = api.post("courses/preview/", wish(world, protocol=protocol_of(sessions))).json()["plans"][0]["plan"]

    with CaptureQueriesContext(connection) as statements:
        answer = api.book({"plan": plan})

    assert answer.status_code == 201
    assert len(answer.json()["sessions"]) == sessions
    assert len(statements) == STATEMENTS_PER_BOOKING[connection.vendor]
