"""Gates over HTTP: read, recorded, passed by who may, withdrawn; and no way to begin past one that is not there."""

import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinic.domain.permissions import ALLOWED, Permission, Role
from clinic.models import AuditEntry
from scheduling.actions import courses, setup
from scheduling.domain.operations import GateKind
from scheduling.models import Course, Prerequisite
from tests.api.conftest import Api, wish
from tests.factories import NOW, World
from tests.scheduling.gatehouse import BEFORE, LISTED, Gatehouse, make_gatehouse, move_first
from tests.scheduling.living.clinic import ROOMS

Rows = Callable[[], dict[str, int]]
SECRET = "Poison Ivy, +15550109999"


@pytest.fixture
def house(world: World, tmp_path: Path) -> Gatehouse:
    return make_gatehouse(world, tmp_path)


def of(house: Gatehouse, kind: str) -> str:
    """Return the address of a gate of the first visit."""
    return f"sessions/{house.first.pk}/gates/{kind}/"


def found(answer: Any, kind: str) -> dict[str, Any]:
    """Return one gate of an answer."""
    assert answer.status_code == 200, answer.json()
    [gate] = [each for each in answer.json()["gates"] if each["kind"] == kind]
    return dict(gate)


def test_a_visits_gates_say_what_is_asked_until_when_and_what_was_shown(api: Api, house: Gatehouse) -> None:
    house.record(GateKind.CONSENT, text="Signed on paper")

    answer = api.get(f"sessions/{house.first.pk}/gates/")

    assert [gate["kind"] for gate in answer.json()["gates"]] == [kind.value for kind in BEFORE]
    assert found(answer, "consent") == {
        "kind": "consent",
        "name": "Consent",
        "scope": "course",
        "owner": "front_desk",
        "state": "green",
        "is_met": True,
        "lack": "",
        "text": "until Mon May 17",
        "due_at": "2026-11-23T15:00:00-05:00",
        "valid_until": "2027-05-17",
        "shown": {
            "id": Prerequisite.objects.get().pk,
            "evidence": "Signed on paper",
            "person": None,
            "is_confirmed": True,
            "is_override": False,
            "reason": "",
            "ate_at": None,
            "drank_at": None,
            "at": "2026-11-16T09:00:00-05:00",
            "by": "Rosa",
        },
    }
    assert found(answer, "ride") | {"due_at": ""} == {
        "kind": "ride",
        "name": "Ride home",
        "scope": "session",
        "owner": "front_desk",
        "state": "open",
        "is_met": False,
        "lack": "missing",
        "text": "nobody named",
        "due_at": "",
        "valid_until": None,
        "shown": None,
    }


def test_a_course_shows_what_is_not_asked_anew_and_a_patient_what_outlives_it(api: Api, house: Gatehouse) -> None:
    house.record(GateKind.CONSULT)

    course = api.get(f"courses/{house.course.pk}/gates/").json()["gates"]
    patient = api.get(f"patients/{house.world.maria.pk}/gates/").json()["gates"]

    assert {gate["scope"] for gate in course} == {"patient", "course"}
    assert [(gate["kind"], gate["is_met"]) for gate in patient] == [
        ("consult", True),
        ("screening", False),
        ("rems_enrollment", False),
    ]


@pytest.mark.parametrize("kind", BEFORE)
def test_each_gate_is_recorded_and_withdrawn(api: Api, house: Gatehouse, kind: GateKind, clock: Any) -> None:
    clock(house.at_the_door)
    body = {"ate": "04:00", "drank": "06:00"} if kind is GateKind.FASTING else {"evidence": "Seen"}

    recorded = found(api.post(of(house, kind), body), kind)
    withdrawn = found(api.post(f"{of(house, kind)}withdraw/", {"id": recorded["shown"]["id"]}), kind)

    assert (recorded["state"], withdrawn["is_met"], withdrawn["shown"]) == ("green", False, None)


@pytest.mark.parametrize("kind", BEFORE)
def test_no_step_of_the_api_begins_a_visit_while_one_is_red(
    api: Api, house: Gatehouse, kind: GateKind, clock: Any
) -> None:
    house.record_all(but=kind)
    clock(house.at_the_door)
    api.step(house.first, "arrive")

    refused = api.step(house.first, "start")

    assert (refused.status_code, refused.json()["code"], refused.json()["fields"]) == (
        409,
        "gate_red",
        {kind.value: "missing"},
    )
    assert house.first.state == "arrived"
    house.record(kind)
    assert api.step(house.first, "start").json()["state"] == "in_treatment"


def test_only_who_may_break_a_rule_passes_a_gate(house: Gatehouse, clock: Any) -> None:
    world = house.world
    answers = {}
    for role in Role:
        world.receptionist.memberships.update(role=role)
        answer = Api(world.receptionist).post(f"{of(house, 'consent')}pass/", {"reason": "Signed by fax"})
        answers[role] = answer.status_code

    assert answers == {role: 200 if Permission.OVERRIDE_RULE in ALLOWED[role] else 403 for role in Role}
    assert Prerequisite.objects.get().reason == "Signed by fax"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 121}])
def test_passing_needs_a_reason(house: Gatehouse, clock: Any, body: Any) -> None:
    house.world.receptionist.memberships.update(role=Role.CLINICIAN)

    answer = Api(house.world.receptionist).post(f"{of(house, 'consent')}pass/", body)

    assert (answer.status_code, Prerequisite.objects.count()) == (400, 0)


def test_an_auditor_neither_reads_nor_records(house: Gatehouse, clock: Any) -> None:
    auditor = Api(house.world.auditor)

    answers = [auditor.get(f"sessions/{house.first.pk}/gates/"), auditor.post(of(house, "consent"), {})]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_a_technician_records_what_is_asked_at_the_door(house: Gatehouse, clock: Any) -> None:
    clock(house.at_the_door)

    answer = Api(house.world.technician).post(of(house, "fasting"), {"ate": "07:30", "drank": "06:00"})

    gate = found(answer, "fasting")
    assert (gate["state"], gate["lack"], gate["text"]) == ("red", "too_early", "not before 11:30am")
    assert gate["shown"]["ate_at"] == "2026-11-24T07:30:00-05:00"


def test_nothing_of_it_exists_for_another_site(outsider: Api, house: Gatehouse, rows: Rows) -> None:
    house.record(GateKind.CONSENT)
    row, before = Prerequisite.objects.get(), rows()
    mine = (f"sessions/{house.first.pk}", f"courses/{house.course.pk}", f"patients/{house.world.maria.pk}")

    answers = [outsider.get(f"{address}/gates/") for address in mine]
    answers += [outsider.post(f"{address}/gates/consult/", {"evidence": "Seen"}) for address in mine]
    answers += [outsider.post(f"{address}/gates/consent/withdraw/", {"id": row.pk}) for address in mine]

    assert {answer.status_code for answer in answers} == {404}
    assert rows() == before


def test_what_was_shown_about_somebody_else_is_not_withdrawn_beside_them(api: Api, house: Gatehouse) -> None:
    house.record(GateKind.CONSENT)
    row = Prerequisite.objects.get()
    other = house.world.visit(house.world.daniel)

    answer = api.post(f"sessions/{other.pk}/gates/consent/withdraw/", {"id": row.pk})

    row.refresh_from_db()
    assert (answer.status_code, row.withdrawn_at) == (404, None)


@pytest.mark.parametrize("address", ["gates/labs/", "gates/labs/pass/", "gates/labs/withdraw/"])
def test_a_gate_nobody_knows_is_not_found(house: Gatehouse, clock: Any, address: str) -> None:
    house.world.receptionist.memberships.update(role=Role.CLINICIAN)

    answer = Api(house.world.receptionist).post(f"sessions/{house.first.pk}/{address}", {"reason": "So", "id": 1})

    assert answer.status_code in (400, 404)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("consent", {"valid_until": "2026-11-15"}, 422),
        ("consent", {"valid_until": "tomorrow"}, 400),
        ("consent", {"evidence": "x" * 161}, 400),
        ("consent", {"colour": "green"}, 400),
        ("ride", {}, 422),
        ("ride", {"person": 10**6}, 404),
        ("fasting", {"ate": "7 o'clock"}, 400),
        ("fasting", {"ate": "07:00", "drank": "07:00"}, 422),
        ("monitoring_form", {}, 409),
    ],
)
def test_what_can_not_be_recorded_is_refused_and_changes_nothing(
    api: Api, house: Gatehouse, rows: Rows, kind: str, body: Any, status: int
) -> None:
    before = rows()

    answer = api.post(of(house, kind), body)

    assert (answer.status_code, sorted(answer.json())) == (status, ["alternatives", "code", "fields", "message"])
    assert rows() == before


def test_the_same_request_twice_is_one_row_and_says_that_it_was_there(api: Api, house: Gatehouse) -> None:
    answers = [api.post(of(house, "consent"), {"evidence": "Signed"}, Idempotency_Key="click") for _again in range(2)]

    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]
    assert Prerequisite.objects.count() == 1


def test_somebody_else_was_quicker(api: Api, house: Gatehouse) -> None:
    Api(house.world.technician).post(of(house, "ride"), {"evidence": "Sister"})

    answer = api.post(of(house, "ride"), {"evidence": "Brother"})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_recorded")
    assert answer.json()["message"] == "Tess recorded this at 9am on Mon Nov 16. Look at it first."
    seen = found(api.get(f"sessions/{house.first.pk}/gates/"), "ride")["shown"]["id"]
    replaced = found(api.post(of(house, "ride"), {"evidence": "Brother", "replaces": seen}), "ride")
    assert replaced["shown"]["evidence"] == "Brother"


def test_a_ride_is_not_recorded_for_a_time_that_was_read_before_a_move(api: Api, house: Gatehouse) -> None:
    read = house.first.timing_version
    move_first(house, 1)

    answer = api.post(of(house, "ride"), {"evidence": "Sister", "timing": read})

    assert (answer.status_code, Prerequisite.objects.count()) == (412, 0)


def test_a_form_is_filed_after_the_visit(api: Api, house: Gatehouse, clock: Any) -> None:
    house.record_all()
    for step in (house.arrive, house.start, house.complete):
        step()
    clock(house.first.ends_at)
    before = found(api.get(f"sessions/{house.first.pk}/gates/"), "monitoring_form")

    after = found(api.post(of(house, "monitoring_form")), "monitoring_form")

    assert (before["state"], before["due_at"], after["state"]) == ("open", "2026-12-02T00:00:00-05:00", "green")


def test_sessions_in_lists_say_what_is_red_and_so_does_a_course(api: Api, house: Gatehouse, clock: Any) -> None:
    house.record_all(but=GateKind.RIDE)
    clock(house.at_the_door)

    listed = api.get("sessions/", course=house.course.pk).json()["results"]
    course = api.get(f"courses/{house.course.pk}/").json()["sessions"]
    single = api.get(f"sessions/{house.first.pk}/").json()

    assert [row["gates"] for row in listed] == [["ride"], [], []] == [row["gates"] for row in course]
    assert single["gates"] == ["ride"]


def test_without_enrolment_a_course_is_refused_over_http_and_may_be_held(api: Api, world: World) -> None:
    setup.add_resources(site=world.site, resources=ROOMS)
    Prerequisite.objects.filter(kind=GateKind.REMS_ENROLLMENT).delete()
    body = wish(world, protocol="esk_trd", start_on="2026-11-30", preferred_time="09:00")
    plan = {"plan": api.post("courses/preview/", body).json()["plans"][0]["plan"]}

    refused = api.book(plan)
    held = api.book(plan | {"hold_until": (NOW + dt.timedelta(days=5)).isoformat()})
    confirmed = api.post(f"courses/{held.json()['id']}/confirm/")

    assert (refused.status_code, refused.json()["code"], refused.json()["fields"]) == (
        409,
        "gate_red",
        {"rems_enrollment": "missing"},
    )
    assert (held.status_code, held.json()["state"]) == (201, "draft")
    assert (confirmed.status_code, confirmed.json()["code"]) == (409, "gate_red")
    assert Course.objects.get().state == "draft"


def test_a_hold_is_confirmed_over_http_once_everything_is_there(api: Api, world: World) -> None:
    course_id, _again = courses.book_course(
        request=world.request, proposal=world.propose(), now=NOW, held_until=NOW + dt.timedelta(days=5)
    )
    statuses = [api.post(f"courses/{course_id}/confirm/").status_code]
    for kind in ("consent", "authorization"):
        api.post(f"courses/{course_id}/gates/{kind}/", {"evidence": "Seen"})
        statuses.append(api.post(f"courses/{course_id}/confirm/").status_code)

    assert statuses == [409, 409, 200]


def test_who_looks_is_noted_and_what_was_shown_is_in_no_log(
    api: Api, house: Gatehouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    api.post(of(house, "ride"), {"evidence": SECRET})
    api.post(of(house, "ride"), {"evidence": SECRET + "!"})
    api.get(f"sessions/{house.first.pk}/gates/")

    assert AuditEntry.objects.filter(action="gates.opened", patient_id=house.world.maria.pk).count() == 2
    said = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert "Poison" not in "".join(said)


def test_every_listed_kind_can_be_asked_for_by_its_name() -> None:
    assert {kind.value for kind in LISTED} | {"fasting", "monitoring_form"} == {kind.value for kind in GateKind}
