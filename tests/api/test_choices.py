"""Plans to choose from, holds, and versions over HTTP."""

import datetime as dt
from typing import Any

from scheduling.actions import catalogue, holds
from scheduling.catalogue import SHIPPED
from scheduling.models import Course, Session
from tests.api.conftest import Api, wish
from tests.factories import NOW, World, prepare


def preview(api: Api, world: World, **more: Any) -> Any:
    return api.post("courses/preview/", wish(world, **more)).json()


def test_a_preview_offers_ranked_plans_and_the_half_hours_that_fit(api: Api, world: World) -> None:
    for patient in (world.daniel,):
        world.book(patient)

    answer = preview(api, world)

    assert [plan["rank"] for plan in answer["plans"]] == list(range(1, len(answer["plans"]) + 1))
    assert answer["plans"][0]["tastes"][0] == "as_asked"
    assert sorted({taste for plan in answer["plans"] for taste in plan["tastes"]}) == [
        "as_asked",
        "earliest",
        "steadiest",
    ]
    fits = {fit["time"]: fit["sessions"] for fit in answer["best_times"]}
    assert fits["10:00"] == 36
    assert "07:00" not in fits  # closed


def test_one_row_has_other_places_and_each_is_a_plan_that_books(api: Api, world: World) -> None:
    plan = preview(api, world)["plans"][0]["plan"]

    found = api.post("courses/preview/alternatives/", {"plan": plan, "number": 7}).json()["alternatives"]
    booked = api.book({"plan": found[-1]["plan"]})

    assert [each["kind"] for each in found] == ["other_time", "other_time", "other_device", "later_day"]
    assert (booked.status_code, len(booked.json()["sessions"]), found[-1]["ends_on"]) == (201, 36, "2027-01-25")


def test_a_row_the_plan_does_not_have_is_not_found(api: Api, world: World) -> None:
    plan = preview(api, world)["plans"][0]["plan"]

    answer = api.post("courses/preview/alternatives/", {"plan": plan, "number": 37})

    assert (answer.status_code, answer.json()["fields"]) == (404, {"number": "unknown"})


def test_wishes_of_the_patients_life_are_kept(api: Api, world: World) -> None:
    plan = preview(api, world, weekdays=[1, 3, 5], max_travel_days=3)["plans"][0]

    days = {dt.datetime.fromisoformat(session["starts_at"]).isoweekday() for session in plan["sessions"]}
    assert days == {1, 3, 5}


def test_wishes_nobody_can_keep_are_422_with_a_sentence_and_a_suggestion(api: Api, world: World) -> None:
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"weekdays": [1, 3]}, "too_few_days", "needs at least 3 visits a week"),
        (
            {"window": ["08:00", "08:15"]},
            "window_too_short",
            "shorter than the visit of 30 minutes. Widen it to 8:30am",
        ),
        ({"counts": {"booster": 3}}, "not_permitted", "has no phase booster"),
        ({"per_week": 2}, "not_permitted", "Acute is 3 to 5 a week"),
        ({"requires": {"tms_device": ["coil_x"]}}, "no_resource", "It fits if the device need not have"),
        ({"protocol": "ket_iv_6"}, "no_resource", "There is no"),
    ]

    for more, code, words in cases:
        answer = api.post("courses/preview/", wish(world, **more))
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert words in answer.json()["message"]


def test_what_can_give_is_named_for_machines(api: Api, world: World) -> None:
    answer = api.post("courses/preview/", wish(world, requires={"tms_device": ["coil_x"]}))

    assert answer.json()["fields"] == {"requires": "has to give"}


def test_a_prescription_is_booked_shorter_than_the_protocol(api: Api, world: World) -> None:
    answer = api.book(wish(world, first_only=34))

    assert (answer.status_code, len(answer.json()["sessions"])) == (201, 34)


def test_times_are_held_confirmed_and_released(api: Api, world: World) -> None:
    until = (NOW + dt.timedelta(days=9)).isoformat()
    plan = preview(api, world)["plans"][0]["plan"]

    held = api.book({"plan": plan, "hold_until": until}).json()
    prepare(Course.objects.get(pk=held["id"]))
    confirmed = api.post(f"courses/{held['id']}/confirm/", {})
    again = api.post(f"courses/{held['id']}/confirm/", {})

    assert (held["state"], held["sessions"][0]["state"], held["sessions"][0]["fhir_status"]) == (
        "draft",
        "held",
        "pending",
    )
    assert (confirmed.status_code, confirmed.json()["state"], confirmed.json()["held_until"]) == (200, "active", None)
    assert (again.status_code, again.json()["code"]) == (409, "illegal_move")


def test_a_released_hold_frees_its_times(api: Api, world: World) -> None:
    until = (NOW + dt.timedelta(days=9)).isoformat()
    held = api.book({"plan": preview(api, world)["plans"][0]["plan"], "hold_until": until}).json()

    released = api.post(f"courses/{held['id']}/release/", {"reason": "Denied"})

    assert (released.json()["state"], set(Session.objects.values_list("state", flat=True))) == (
        "discontinued",
        {"cancelled"},
    )


def test_a_hold_of_another_site_is_not_found(api: Api, outsider: Api, world: World) -> None:
    until = (NOW + dt.timedelta(days=9)).isoformat()
    held = api.book({"plan": preview(api, world)["plans"][0]["plan"], "hold_until": until}).json()

    assert [
        outsider.post(f"courses/{held['id']}/{verb}/", {}).status_code for verb in ("confirm", "release", "protocol")
    ] == [
        404,
        404,
        400,
    ]
    assert Course.objects.get().state == "draft"


def test_a_course_is_moved_to_a_newer_protocol_after_a_preview(api: Api, world: World, tmp_path: Any) -> None:
    course = api.book(wish(world)).json()
    text = (SHIPPED / "tms_mdd_36.yaml").read_text().replace("sessions: 30", "sessions: 32")
    (tmp_path / "tms_mdd_36.yaml").write_text(text)
    catalogue.load_protocols(folder=tmp_path, now=NOW)

    shown = api.get(f"courses/{course['id']}/protocol/")
    moved = api.post(f"courses/{course['id']}/protocol/", {"to_version": 2}, If_Match=shown.headers["ETag"])

    assert shown.json()["differences"] == [{"path": "phases[0].sessions", "before": 30, "after": 32}]
    assert shown.json()["if_replanned"].startswith("6 sessions move. 2 sessions are added.")
    assert (moved.status_code, moved.json()["protocol"]["version"]) == (200, 2)


def test_expired_holds_are_swept_whoever_made_them(api: Api, world: World) -> None:
    until = NOW + dt.timedelta(days=9)
    api.book({"plan": preview(api, world)["plans"][0]["plan"], "hold_until": until.isoformat()})

    assert holds.release_expired_holds(now=until) == 1
