"""What is entered about a patient, and by whom."""

from typing import Any

from clinic.domain.permissions import Role
from patients.models import Absence, ScreeningFlag
from scheduling.models import Payer
from tests.api.conftest import Api
from tests.factories import World, make_staff

ABSENCE = {"starts_on": "2026-12-07", "ends_on": "2026-12-11"}
GRANT = {
    "payer": "Cigna",
    "number": "A-1",
    "state": "approved",
    "starts_on": "2026-11-01",
    "ends_on": "2027-03-12",
    "pools": [{"codes": ["90867", "90868"], "units": 36}],
}


def of(world: World, address: str) -> str:
    return f"patients/{world.maria.pk}/{address}/"


def test_absences_are_added_shown_and_removed(api: Api, world: World) -> None:
    added = api.post(of(world, "absences"), ABSENCE)
    [row] = added.json()["absences"]

    removed = api.send("delete", of(world, f"absences/{row['id']}"))

    assert (added.status_code, row["starts_on"], row["from_time"], row["to_time"]) == (
        201,
        "2026-12-07",
        "00:00",
        "24:00",
    )
    assert (removed.json()["absences"], Absence.objects.count()) == ([], 0)


def test_an_escort_an_interpreter_a_flag_and_a_grant_are_shown_together(api: Api, world: World) -> None:
    api.post(of(world, "related-people"), {"role": "escort", "name": "Luis Garcia", "phone": "555 010 2041"})
    api.send("put", of(world, "interpreter"), {"language": "es"})
    api.post(of(world, "flags"), {"code": "metal_in_head"})
    api.post(of(world, "authorizations"), GRANT)

    life = api.get(of(world, "life")).json()

    assert (life["interpreter"], life["related_people"][0]["phone"], life["flags"][0]["code"]) == (
        "es",
        "+15550102041",
        "metal_in_head",
    )
    assert life["authorizations"][0]["pools"] == [{"codes": ["90867", "90868"], "units": 36}]


def test_a_payers_answer_needs_the_version_that_was_read(api: Api, world: World) -> None:
    [row] = api.post(of(world, "authorizations"), GRANT | {"state": "submitted"}).json()["authorizations"]
    address = of(world, f"authorizations/{row['id']}")

    first = api.send("patch", address, {"state": "approved", "ends_on": "2027-04-01"}, If_Match='"1"')
    second = api.send("patch", address, {"state": "denied"}, If_Match='"1"')

    [changed] = first.json()["authorizations"]
    assert (changed["state"], changed["ends_on"], changed["version"]) == ("approved", "2027-04-01", 2)
    assert (second.status_code, second.json()["code"]) == (412, "stale")


def test_only_a_clinician_clears_a_flag(api: Api, world: World) -> None:
    [flag] = api.post(of(world, "flags"), {"code": "pacemaker"}).json()["flags"]
    clear = of(world, f"flags/{flag['id']}/clear")
    clinician = Api(make_staff("mira@example.com", Role.CLINICIAN, world.site))

    refused = api.post(clear, {"because": "Checked"})
    cleared = clinician.post(clear, {"because": "Removed in 2024"})

    assert (refused.status_code, cleared.status_code) == (403, 200)
    assert ScreeningFlag.objects.get().cleared_because == "Removed in 2024"


def test_a_score_is_recorded_once_a_day(api: Api, world: World) -> None:
    score = {"instrument": "hamd24", "score": 17, "measured_on": "2026-11-16"}

    answers = [api.post(of(world, "measures"), score), api.post(of(world, "measures"), score)]

    assert [answer.status_code for answer in answers] == [201, 422]


def test_a_patient_of_another_site_has_no_life_here(outsider: Api, world: World) -> None:
    addresses = ["life", "absences", "related-people", "flags", "measures", "authorizations"]

    statuses = [
        (outsider.get(of(world, each)) if each == "life" else outsider.post(of(world, each), {})).status_code
        for each in addresses
    ]

    assert statuses == [404, 400, 400, 400, 400, 400]
    assert outsider.post(of(world, "absences"), ABSENCE).status_code == 404


def test_only_a_manager_sets_up_groups_shifts_and_payers(api: Api, world: World) -> None:
    manager = Api(make_staff("ruth@example.com", Role.MANAGER, world.site))
    group: dict[str, Any] = {
        "name": "Winter group",
        "topic": "mbct",
        "places": 4,
        "first_day": "2026-11-24",
        "time": "14:00",
        "minutes": 120,
        "meetings": 8,
    }

    assert api.post("groups/", group).status_code == 403
    assert manager.post("groups/", group).status_code == 201
    assert manager.post("groups/", group).status_code == 422
    assert (
        manager.send(
            "put", "payers/", {"name": "Cigna", "rules": {"not_together": [["tms", "esketamine"]]}}
        ).status_code
        == 200
    )
    assert Payer.objects.get().rules == {"not_together": [["tms", "esketamine"]]}


def test_a_shift_is_named_by_e_mail(world: World) -> None:
    manager = Api(make_staff("ruth@example.com", Role.MANAGER, world.site))
    world.technician.memberships.update(skills=["operator"])
    place = next(row for row in manager.get("resources/").json()["results"] if row["kind"] == "operator")
    shift = {
        "place": place["id"],
        "staff": "tess@example.com",
        "day": "2026-11-24",
        "from_time": "08:00",
        "to_time": "12:00",
    }

    assert manager.post("shifts/", shift).status_code == 201
    assert manager.post("shifts/", shift | {"staff": "otto@example.com"}).status_code == 404
