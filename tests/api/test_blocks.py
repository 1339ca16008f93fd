"""Blocking time by machine: preview, commit, edited rows, keys, versions, rights; extra hours and public holidays."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from clinic.domain.permissions import Role
from clinic.models import AuditEntry
from scheduling.models import Block, Closure, ExtraHours, Outage, Resource, Session
from tests.api.conftest import Api
from tests.factories import NOW, World, make_staff
from tests.scheduling.outage_scenes import TUESDAY, Clinic, names_held, on

Rows = Callable[[], dict[str, int]]


@pytest.fixture
def clinic(world: World) -> Clinic:
    return Clinic(world)


@pytest.fixture
def manager(world: World, clock: Any) -> Api:
    return Api(make_staff("mara@example.com", Role.MANAGER, world.site))


def body(world: World, name: str = "NeuroStar 1", **more: Any) -> dict[str, Any]:
    device = Resource.objects.get(site=world.site, name=name)
    asked = {"resources": [device.pk], "from_day": "2026-12-01", "to_day": "2026-12-01", "reason": "Coil is dead"}
    return asked | more


def make(api: Api, sent: Any, key: str = "k-1") -> Any:
    return api.post("outages/", sent, Idempotency_Key=key)


def step(api: Api, block: Any, name: str, sent: Any = None, *, version: int | None = None) -> Any:
    meant = block["version"] if version is None else version
    return api.post(f"outages/{block['id']}/{name}/", sent or {}, If_Match=f'"{meant}"')


def test_a_block_is_previewed_and_made_as_shown(api: Api, clinic: Clinic) -> None:
    course = clinic.course(0, 510)

    found = api.post("outages/preview/", body(clinic.world)).json()
    answer = make(api, {"plan": found["plan"]})

    assert found["counts"] == {"hit": 1, "move": 1, "call": 0, "later": 0, "patients": 1}
    [row] = found["rows"]
    assert (row["session"], row["rank"], row["kind"], row["text"]) == (
        on(course, TUESDAY).pk,
        1,
        "other_device",
        "Same time on NeuroStar 2",
    )
    assert row["from"] == {"starts_at": "2026-12-01T08:30:00-05:00", "resource": clinic.device(1).pk}
    assert row["to"]["starts_at"] == "2026-12-01T08:30:00-05:00"
    assert (answer.status_code, answer["ETag"]) == (201, '"1"')
    assert answer.json() == {
        "id": Block.objects.get().pk,
        "site": "riverside",
        "kind": "out_of_service",
        "state": "in_force",
        "resources": [{"id": clinic.device(1).pk, "name": "NeuroStar 1"}],
        "starts_at": "2026-12-01T00:00:00-05:00",
        "ends_at": "2026-12-02T00:00:00-05:00",
        "reason": "Coil is dead",
        "by": "Rosa",
        "made_at": "2026-11-16T09:00:00-05:00",
        "is_running": False,
        "left": 0,
        "version": 1,
    }
    assert names_held(on(course, TUESDAY))[0] == "NeuroStar 2"


def test_looking_writes_nothing_but_who_was_looked_at(api: Api, clinic: Clinic, rows: Rows) -> None:
    course = clinic.course(0, 510)
    before = rows()

    api.post("outages/preview/", body(clinic.world))
    api.get("outages/")

    assert rows() == before
    assert list(AuditEntry.objects.filter(action="block.previewed").values_list("patient_id", flat=True)) == [
        course.patient_id
    ]


def test_a_block_without_a_plan_moves_nobody_and_says_how_many_are_left(api: Api, clinic: Clinic) -> None:
    course = clinic.course(0, 510)

    block = make(api, body(clinic.world)).json()
    left = api.post(f"outages/{block['id']}/preview/", {}).json()
    made = make(api, {"plan": left["plan"]}, "k-2").json()

    assert (block["left"], left["block"], made["id"], made["left"]) == (1, block["id"], block["id"], 0)
    assert names_held(on(course, TUESDAY))[0] == "NeuroStar 2"


def test_rows_are_edited_by_place_or_left_to_be_called(api: Api, clinic: Clinic) -> None:
    first, second = on(clinic.course(0, 510), TUESDAY), on(clinic.course(1, 600), TUESDAY)
    own = {"session": first.pk, "day": "2026-12-01", "time": "14:00", "resource": clinic.device(3).pk}

    found = api.post("outages/preview/", body(clinic.world, fixed=[own, {"session": second.pk, "call": True}])).json()

    said = {row["session"]: (row["text"], row["fixed"]) for row in found["rows"]}
    assert said == {
        first.pk: ("2pm instead of 8:30am, NeuroStar 3", True),
        second.pk: ("Stays for now: somebody calls", True),
    }


@pytest.mark.parametrize(
    "fixed",
    [[{"session": 1}], [{"session": 1, "call": True, "day": "2026-12-01", "time": "14:00", "resource": 1}]],
)
def test_a_row_says_one_thing(api: Api, world: World, fixed: Any) -> None:
    answer = api.post("outages/preview/", body(world, fixed=fixed))

    assert (answer.status_code, answer.json()["fields"]) == (400, {"fixed": "call or a place"})


def test_a_course_that_changed_meanwhile_gets_a_new_proposal_and_nothing_is_lost(api: Api, clinic: Clinic) -> None:
    clinic.course(0, 510)
    called = on(clinic.course(1, 600), TUESDAY)
    found = api.post("outages/preview/", body(clinic.world, fixed=[{"session": called.pk, "call": True}])).json()
    clinic.course(2, 840)

    answer = make(api, {"plan": found["plan"]})
    [again] = answer.json()["alternatives"]
    done = make(api, {"plan": again["plan"]}, "k-2")

    assert (answer.status_code, answer.json()["code"], Outage.objects.count()) == (409, "plan_gone", 1)
    assert again["counts"] == {"hit": 3, "move": 2, "call": 1, "later": 0, "patients": 3}
    assert (done.status_code, done.json()["left"]) == (201, 1)


def test_a_proposal_too_old_gets_a_new_one(api: Api, clinic: Clinic, clock: Any) -> None:
    clinic.course(0, 510)
    found = api.post("outages/preview/", body(clinic.world)).json()
    clock(NOW + dt.timedelta(minutes=15))

    answer = make(api, {"plan": found["plan"]})

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_expired")
    assert answer.json()["alternatives"][0]["counts"]["move"] == 1


def test_the_same_key_blocks_once_and_says_so(api: Api, clinic: Clinic) -> None:
    first, second = make(api, body(clinic.world)), make(api, body(clinic.world))

    assert (second.json(), second["Idempotency-Replayed"], Block.objects.count()) == (first.json(), "true", 1)


def test_a_block_needs_a_key(api: Api, world: World) -> None:
    answer = api.post("outages/", body(world))

    assert (answer.status_code, answer.json()["code"]) == (400, "key_required")


def test_one_undo_takes_it_all_back_and_asks_for_the_version(api: Api, clinic: Clinic) -> None:
    course = clinic.course(0, 510)
    block = make(api, {"plan": api.post("outages/preview/", body(clinic.world)).json()["plan"]}).json()

    missing = api.post(f"outages/{block['id']}/undo/", {})
    stale = step(api, block, "undo", version=9)
    done = step(api, block, "undo")

    assert (missing.status_code, stale.status_code, done.status_code) == (428, 412, 200)
    assert (done.json()["state"], names_held(on(course, TUESDAY))[0]) == ("undone", "NeuroStar 1")
    assert api.get("outages/").json()["results"] == []
    assert [row["state"] for row in api.get("outages/", past="1").json()["results"]] == ["undone"]


def test_an_undo_that_cannot_be_offers_to_reopen_and_the_way_back_moves_who_can(api: Api, clinic: Clinic) -> None:
    course, other = clinic.course(0, 510), clinic.course(1, 600)
    block = make(api, {"plan": api.post("outages/preview/", body(clinic.world)).json()["plan"]}).json()
    moved = on(course, TUESDAY)
    api.post(
        f"sessions/{moved.pk}/move/",
        {"day": "2026-12-01", "time": "15:00"},
        If_Match=f'"{moved.version}"',
        Idempotency_Key="m-1",
    )

    refused = step(api, block, "undo")
    reopened = step(api, block, "reopen").json()
    back = api.get(f"outages/{block['id']}/return/").json()
    done = api.post(f"outages/{block['id']}/return/", {"plan": back["plan"]}, Idempotency_Key="r-1")

    assert (refused.status_code, refused.json()["alternatives"]) == (
        409,
        [{"verb": "reopen", "label": "Reopen, and move back who can"}],
    )
    assert (reopened["state"], back["words"]) == ("reopened", "1 of 1 can go back to the time they were told first.")
    assert (done.status_code, names_held(on(other, TUESDAY))[0]) == (200, "NeuroStar 1")


def test_who_shall_stay_stays(api: Api, clinic: Clinic) -> None:
    course = clinic.course(0, 510)
    block = make(api, {"plan": api.post("outages/preview/", body(clinic.world)).json()["plan"]}).json()
    step(api, block, "reopen")

    found = api.get(f"outages/{block['id']}/return/", stay=on(course, TUESDAY).pk).json()
    wrong = api.get(f"outages/{block['id']}/return/", stay="me")

    assert (found["rows"], wrong.status_code) == ([], 400)


def test_a_plan_for_another_block_is_not_taken(api: Api, clinic: Clinic) -> None:
    first = make(api, body(clinic.world)).json()
    found = api.post(f"outages/{first['id']}/preview/", {}).json()
    second = make(api, body(clinic.world, "NeuroStar 2"), "k-2").json()

    answer = api.post(f"outages/{second['id']}/return/", {"plan": found["plan"]}, Idempotency_Key="r-1")

    assert (answer.status_code, answer.json()["fields"]) == (400, {"plan": "other"})


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"resources": []}, 400, "Name resources, or the whole site."),
        ({"whole_site": True}, 400, "Name resources, or the whole site."),
        ({"resources": [999999]}, 404, "There is no such device"),
        ({"from_day": "2027-03-14", "to_day": "2027-03-14", "from_time": "02:30"}, 422, "does not exist"),
        ({"from_day": "2027-11-07", "to_day": "2027-11-07", "from_time": "01:30"}, 422, "comes twice"),
        ({"to_day": "2026-11-30"}, 422, "must end after it begins"),
        ({"colour": "red"}, 400, "There is no such field."),
    ],
)
def test_what_can_not_be_blocked_is_refused_with_words(
    api: Api, world: World, more: dict[str, Any], status: int, words: str
) -> None:
    answer = api.post("outages/preview/", body(world, **more))

    assert (answer.status_code, words in answer.json()["message"]) == (status, True)


def test_a_whole_site_closes_from_noon(api: Api, clinic: Clinic) -> None:
    early, late = clinic.course(0, 510), clinic.course(1, 840)
    noon = body(clinic.world, resources=[], whole_site=True, from_time="12:00")

    found = api.post("outages/preview/", noon).json()

    assert [row["course"] for row in found["rows"]] == [late.pk]
    assert found["words"].startswith("The clinic is closed from Tue Dec 1, 12pm until the end of the day.")
    assert on(early, TUESDAY).minute == 510


def test_another_sites_blocks_do_not_exist(api: Api, outsider: Api, clinic: Clinic) -> None:
    block = make(api, body(clinic.world)).json()
    token = api.post(f"outages/{block['id']}/preview/", {}).json()["plan"]

    answers = [
        outsider.get(f"outages/{block['id']}/"),
        outsider.post(f"outages/{block['id']}/preview/", {}),
        step(outsider, block, "undo"),
        step(outsider, block, "reopen"),
        outsider.get(f"outages/{block['id']}/return/"),
        outsider.post("outages/preview/", body(clinic.world)),
        make(outsider, {"plan": token}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 7
    assert outsider.get("outages/").json()["results"] == []


def test_who_only_looks_sees_blocks_and_makes_none(api: Api, clinic: Clinic) -> None:
    make(api, body(clinic.world))
    technician = Api(clinic.world.technician)

    assert len(technician.get("outages/").json()["results"]) == 1
    assert make(technician, body(clinic.world), "k-9").status_code == 403


# Extra hours.

SATURDAY = {"day": "2026-12-05", "from_time": "08:00", "to_time": "12:00", "reason": "Catching up"}


def test_a_saturday_is_opened_listed_and_taken_back(manager: Api, world: World) -> None:
    address = f"sites/{world.site.pk}/extra-hours/"

    made = manager.post(address, SATURDAY)
    listed = manager.get(address).json()["extra_hours"]
    gone = manager.send("delete", f"{address}{made.json()['id']}/")

    assert (made.status_code, gone.status_code) == (201, 204)
    assert listed == [SATURDAY | {"id": made.json()["id"], "resource": None, "name": None}]
    assert manager.get(address).json()["extra_hours"] == []
    assert manager.send("delete", f"{address}{made.json()['id']}/").status_code == 404


def test_only_a_manager_opens_days_and_everybody_sees_them(api: Api, manager: Api, world: World) -> None:
    address = f"sites/{world.site.pk}/extra-hours/"

    refused, made = api.post(address, SATURDAY), manager.post(address, SATURDAY)

    assert (refused.status_code, made.status_code, ExtraHours.objects.count()) == (403, 201, 1)
    assert len(api.get(address).json()["extra_hours"]) == 1
    assert api.send("delete", f"{address}{made.json()['id']}/").status_code == 403
    assert api.get(f"sites/{world.other_site.pk}/extra-hours/").status_code == 404


# Public holidays.


def test_the_coming_holidays_are_listed_and_some_are_closed(manager: Api, world: World) -> None:
    address = f"sites/{world.site.pk}/public-holidays/"
    found = manager.get(address).json()["holidays"]
    known = {row["day"]: row for row in found}

    answer = manager.post(
        address,
        {
            "days": [
                {"day": "2027-02-15", "reason": "Washington's Birthday"},
                {"day": "2026-12-24", "from_time": "12:00", "reason": "Christmas Eve"},
            ]
        },
    )

    assert known["2026-11-26"]["is_closed"] is True
    assert known["2027-02-15"] == {
        "day": "2027-02-15",
        "name": "Washington's Birthday",
        "is_observed": False,
        "is_open": True,
        "is_closed": False,
        "visits": 0,
    }
    assert (answer.status_code, len(answer.json()["blocks"])) == (201, 2)
    closed = {row["day"]: row["is_closed"] for row in manager.get(address).json()["holidays"]}
    assert closed["2027-02-15"] is True
    assert Closure.objects.get(reason="Christmas Eve").starts_at == dt.datetime(2026, 12, 24, 17, tzinfo=dt.UTC)


def test_d12_a_holiday_on_a_weekend_is_listed_on_the_day_it_is_observed(manager: Api, world: World, clock: Any) -> None:
    clock(dt.datetime(2027, 6, 1, 14, tzinfo=dt.UTC))

    found = manager.get(f"sites/{world.site.pk}/public-holidays/").json()["holidays"]

    observed = {row["day"]: row["name"] for row in found if row["is_observed"]}
    assert observed == {
        "2027-06-18": "Juneteenth National Independence Day",
        "2027-07-05": "Independence Day",
        "2027-12-24": "Christmas Day",
        "2027-12-31": "New Year's Day",
    }


def test_a_region_nobody_knows_is_refused(manager: Api, world: World) -> None:
    answer = manager.get(f"sites/{world.site.pk}/public-holidays/", subdivision="XX")

    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_region")


def test_visits_on_a_closed_holiday_wait_for_a_person(manager: Api, clinic: Clinic) -> None:
    clinic.course(0, 510)
    days = {"days": [{"day": "2026-12-01", "reason": "Founders' Day"}]}

    [block] = manager.post(f"sites/{clinic.world.site.pk}/public-holidays/", days).json()["blocks"]

    assert manager.get(f"outages/{block}/").json()["left"] == 1
    assert Session.objects.filter(day=TUESDAY, state="booked").count() == 1
