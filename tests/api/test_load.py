"""How full a site is by machine, and what a manager does with a proposal to level its future."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.domain.permissions import Role
from notifications.actions import levelling
from notifications.models import Message
from scheduling.models import Course, LevelProposal, Session
from tests.api.conftest import Api
from tests.factories import NOW, World, make_staff
from tests.scheduling.levelling import DECEMBER_9, NIGHT, WEDNESDAYS, crowd, device_of, on

Rows = Callable[[], dict[str, int]]
MORNING = "2026-11-17T14:00:00+00:00"


@pytest.fixture
def manager(world: World, clock: Any) -> Api:
    return Api(make_staff("mona@example.com", Role.MANAGER, world.site))


@pytest.fixture
def course(world: World) -> Course:
    return crowd(world)


@pytest.fixture
def proposal(course: Course, clock: Any) -> LevelProposal:
    levelling.propose_by_night(now=NIGHT)
    clock(MORNING)
    return LevelProposal.objects.get()


def decide(api: Api, row: LevelProposal, step: str, body: Any = None, *, version: int = 1, key: str = "k-1") -> Any:
    return api.post(f"level-proposals/{row.pk}/{step}/", body or {}, If_Match=f'"{version}"', Idempotency_Key=key)


def seats(course: Course) -> set[str]:
    return {device_of(on(course, day)) for day in WEDNESDAYS}


# ---- load ----


def test_the_load_names_each_device_with_its_free_minutes_by_day_and_half_hour(api: Api, world: World) -> None:
    world.book()

    body = api.get("load/", weeks=2).json()

    assert (body["first"], body["last"]) == ("2026-11-17", "2026-11-30")
    assert (body["times"][0], body["times"][-1], len(body["times"])) == ("07:30", "17:00", 20)
    first = body["devices"][0]
    assert (first["name"], first["kind"], len(first["days"])) == ("NeuroStar 1", "tms_device", 9)
    [day] = [each for each in first["days"] if each["day"] == "2026-11-24"]
    assert (day["open"], day["free"]) == ([30] * 20, [30, 30, 0, 0, 0] + [30] * 15)


def test_the_load_says_how_scarce_a_half_hour_of_a_weekday_is(api: Api, world: World) -> None:
    world.book()

    [kind] = [each for each in api.get("load/", weeks=2).json()["kinds"] if each["kind"] == "tms_device"]

    [slot] = [each for each in kind["slots"] if (each["weekday"], each["time"]) == (2, "08:30")]
    assert slot == {
        "weekday": 2,
        "time": "08:30",
        "days_open": 6,
        "days_free": 5,
        "minutes_free": 150,
        "scarcity": 167,
    }


def test_starts_are_ranked_with_their_reason(api: Api, world: World) -> None:
    world.book()

    body = api.get("load/starts/", protocol="tms_mdd_36").json()

    assert body["protocol"] == "tms_mdd_36"
    assert [row["rank"] for row in body["starts"]] == list(range(1, 11))
    assert body["starts"][0]["day"] == "2026-11-17"
    assert body["starts"][0]["why"] == "Free on all 36 days on NeuroStar 1; the least asked half hour."


def test_what_if_tells_when_each_course_would_start_and_writes_nothing(api: Api, world: World, rows: Rows) -> None:
    before = rows()

    body = api.get("load/what-if/", protocol="tms_mdd_36", courses=7).json()

    courses = body["courses"]
    assert [(row["number"], row["fits"], row["days_later"]) for row in courses[-2:]] == [(6, True, 0), (7, True, 1)]
    assert courses[6]["text"] == "The 7th would start 1 day later."
    assert (courses[0]["starts_on"], courses[0]["time"], courses[0]["deviations"]) == ("2026-11-17", "07:30", [])
    free = [
        sum(sum(day["free"]) for device in body[which]["devices"] for day in device["days"])
        for which in ("before", "after")
    ]
    assert free[0] > free[1]
    assert rows() == before


@pytest.mark.parametrize(
    ("path", "query", "status", "field"),
    [
        ("load/", {"weeks": "0"}, 400, "weeks"),
        ("load/", {"weeks": "27"}, 400, "weeks"),
        ("load/", {"weeks": "-1"}, 400, "weeks"),
        ("load/starts/", {}, 400, "protocol"),
        ("load/starts/", {"protocol": "nonsense"}, 404, "protocol"),
        ("load/starts/", {"protocol": "ect_index"}, 422, None),
        ("load/what-if/", {"protocol": "tms_mdd_36", "courses": "21"}, 400, "courses"),
        ("load/what-if/", {"protocol": "tms_mdd_36", "courses": "many"}, 400, "courses"),
        ("load/", {"site": "harbor"}, 404, None),
        ("load/what-if/", {"protocol": "consult", "site": "harbor"}, 404, None),
    ],
)
def test_what_is_asked_in_a_wrong_way_is_refused(
    api: Api, path: str, query: dict[str, str], status: int, field: str | None
) -> None:
    answer = api.get(path, **query)

    assert answer.status_code == status
    assert field is None or field in answer.json()["fields"]


def test_who_may_not_book_sees_the_load_and_imagines_nothing(world: World, clock: Any) -> None:
    technician = Api(world.technician)

    statuses = [technician.get(path, protocol="consult").status_code for path in LOOKS]

    assert statuses == [200, 403, 403]


LOOKS = ("load/", "load/starts/", "load/what-if/")


@pytest.mark.parametrize("courses", [1, 3])
def test_looking_costs_the_same_statements_however_much_is_booked(api: Api, world: World, courses: int) -> None:
    for minute, patient in list(zip((510, 600, 690), (world.maria, world.daniel, world.maria), strict=True))[:courses]:
        world.book(patient, preferred_minute=minute, protocol_code="consult" if minute == 690 else "tms_mdd_36")

    counts = []
    for path in LOOKS:
        with CaptureQueriesContext(connection) as statements:
            assert api.get(path, protocol="tms_mdd_36", courses=courses).status_code == 200
        counts.append(len(statements))

    assert counts == [10, 17, 17]


# ---- level proposals ----


def test_a_manager_reads_what_would_move_and_what_it_opens(
    manager: Api, world: World, course: Course, proposal: LevelProposal
) -> None:
    [listed] = manager.get("level-proposals/", state="open").json()["results"]
    answer = manager.get(f"level-proposals/{proposal.pk}/")

    assert (answer.status_code, answer["ETag"], answer.json()) == (200, '"1"', listed)
    assert (listed["state"], listed["made_at"], listed["decided_by"]) == ("open", "2026-11-17T03:30:00-05:00", None)
    assert listed["text"].startswith("4 visits move within their days. First visit with mapping (TMS standard 36)")
    assert listed["opens"][0] == {
        "day": "2026-12-02",
        "time": "08:00",
        "visit": "First visit with mapping",
        "protocols": ["TMS standard 36"],
    }
    move = listed["moves"][0]
    assert (move["session"], move["course"]) == (on(course, WEDNESDAYS[0]).pk, course.pk)
    assert (move["was"]["starts_at"], move["was"]["name"]) == ("2026-12-02T08:30:00-05:00", "NeuroStar 1")
    assert (move["to"]["starts_at"], move["to"]["reservations"][0]["name"]) == (
        "2026-12-02T08:30:00-05:00",
        "NeuroStar 2",
    )


def test_a_proposal_names_no_patient(manager: Api, proposal: LevelProposal) -> None:
    text = manager.get("level-proposals/").content.decode()

    assert not any(word in text for word in ("Maria", "Garcia", "patient"))


def test_accepting_moves_all_of_it_once(manager: Api, course: Course, proposal: LevelProposal) -> None:
    first = decide(manager, proposal, "accept")
    again = decide(manager, proposal, "accept")

    assert (first.status_code, first["ETag"], first.json()["state"], first.json()["decided_by"]) == (
        200,
        '"2"',
        "accepted",
        "Mona",
    )
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert seats(course) == {"NeuroStar 2"}


def test_a_levelled_course_is_put_back_by_the_desk(
    manager: Api, api: Api, course: Course, proposal: LevelProposal
) -> None:
    decide(manager, proposal, "accept")
    course.refresh_from_db()

    answer = api.post(f"courses/{course.pk}/undo/", If_Match=f'"{course.version}"')

    assert (answer.status_code, seats(course)) == (200, {"NeuroStar 1"})
    texts = [row["text"] for row in api.get(f"courses/{course.pk}/history/").json()["results"]]
    assert "4 visits were moved before anybody was told, to make room" in texts


def test_somebody_told_meanwhile_stops_all_of_it(manager: Api, course: Course, proposal: LevelProposal) -> None:
    Message.objects.create(
        dedupe_key="k",
        site=course.site,
        patient=course.patient,
        course=course,
        week_of=DECEMBER_9 - dt.timedelta(days=2),
        kind="week",
        channel="sms",
        due_at=NOW,
        send_by=NOW,
        template_version="2026-11",
        created_at=NOW,
    )

    answer = decide(manager, proposal, "accept")

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_gone")
    assert (seats(course), manager.get(f"level-proposals/{proposal.pk}/").json()["state"]) == (
        {"NeuroStar 1"},
        "outdated",
    )


def test_a_proposal_left_until_its_first_visit_is_near_is_outdated(
    manager: Api, course: Course, proposal: LevelProposal, clock: Any
) -> None:
    clock("2026-11-24T14:00:00+00:00")  # the week of December 2 is the next one now

    answer = decide(manager, proposal, "accept")

    assert (answer.status_code, seats(course)) == (409, {"NeuroStar 1"})


def test_dismissing_moves_nobody_and_keeps_the_reason(manager: Api, course: Course, proposal: LevelProposal) -> None:
    answer = decide(manager, proposal, "dismiss", {"reason": "Not before Christmas"})

    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (
        200,
        "dismissed",
        "Not before Christmas",
    )
    assert seats(course) == {"NeuroStar 1"}
    assert manager.get("level-proposals/", state="open").json()["count"] == 0


@pytest.mark.parametrize(
    ("step", "body", "headers", "status"),
    [
        ("accept", None, {"If_Match": '"1"'}, 400),
        ("accept", None, {"Idempotency_Key": "k"}, 428),
        ("accept", None, {"If_Match": '"9"', "Idempotency_Key": "k"}, 412),
        ("dismiss", {}, {"If_Match": '"1"', "Idempotency_Key": "k"}, 400),
        ("dismiss", {"reason": "x" * 121}, {"If_Match": '"1"', "Idempotency_Key": "k"}, 400),
        ("dismiss", {"reason": "No", "why": "No"}, {"If_Match": '"1"', "Idempotency_Key": "k"}, 400),
    ],
)
def test_a_decision_says_what_it_is_about(
    manager: Api, course: Course, proposal: LevelProposal, step: str, body: Any, headers: dict[str, str], status: int
) -> None:
    answer = manager.post(f"level-proposals/{proposal.pk}/{step}/", body, **headers)

    proposal.refresh_from_db()
    assert (answer.status_code, proposal.state, seats(course)) == (status, "open", {"NeuroStar 1"})


def test_only_a_manager_of_the_site_sees_and_decides(
    api: Api, world: World, course: Course, proposal: LevelProposal
) -> None:
    elsewhere = Api(make_staff("mark@example.com", Role.MANAGER, world.other_site))
    address = f"level-proposals/{proposal.pk}/"

    desk = [api.get("level-proposals/").status_code, api.get(address).status_code]
    other = [elsewhere.get(address).status_code, decide(elsewhere, proposal, "accept").status_code]

    assert (desk, other) == ([403, 403], [404, 404])
    assert elsewhere.get("level-proposals/").json()["results"] == []
    assert decide(api, proposal, "accept").status_code == 403
    assert (seats(course), Session.objects.filter(version__gt=1).count()) == ({"NeuroStar 1"}, 0)


def test_a_state_that_is_none_is_refused(manager: Api) -> None:
    assert manager.get("level-proposals/", state="nonsense").status_code == 400


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_statements_however_long_it_is(
    manager: Api, proposal: LevelProposal, count: int
) -> None:
    for night in range(1, count):
        levelling.propose_by_night(now=NIGHT + dt.timedelta(days=night))

    with CaptureQueriesContext(connection) as statements:
        body = manager.get("level-proposals/").json()

    assert (body["count"], len(statements)) == (count, 4)
