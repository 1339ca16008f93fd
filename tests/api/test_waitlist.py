"""The waiting list and freed times by machine: who may, keys and versions, what goes in and what comes out."""

import datetime as dt
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from clinic.models import AuditEntry
from scheduling.models import Course, Session, SlotOffer, WaitlistEntry
from tests.api.conftest import Api
from tests.factories import World
from tests.scheduling.freed import DAY, TAKEN, FreedDesk, days

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def desk(world: World) -> FreedDesk:
    return FreedDesk(world)


@pytest.fixture
def gone(desk: FreedDesk, api: Api, clock: Any) -> Session:
    """A visit on Friday, November 27, 8:30am, cancelled two days before; the clock stands there."""
    visit = desk.nth(desk.course(), 3)
    clock(visit.starts_at - 2 * DAY)
    return desk.cancel(visit, now=visit.starts_at - 2 * DAY)


@pytest.fixture
def three(desk: FreedDesk, gone: Session) -> list[WaitlistEntry]:
    return [desk.standby(desk.course(preferred_minute=minute)) for minute in (600, 660, 720)]


def post(api: Api, path: str, body: Any = None, *, key: str = "k-1") -> Any:
    return api.post(path, body or {}, Idempotency_Key=key)


# The list.


def test_somebody_is_put_on_the_list_and_read_back(api: Api, desk: FreedDesk) -> None:
    course = desk.course()
    asked = {
        "course": course.pk,
        "weekdays": [2, 4],
        "from_time": "08:00",
        "to_time": "12:00",
        "lead_minutes": 30,
        "urgency": "soon",
        "call_only": True,
    }

    answer = post(api, "waitlist/", asked)

    entry = answer.json()
    assert (answer.status_code, answer["ETag"]) == (201, '"1"')
    assert {name: entry[name] for name in asked} == asked
    assert (entry["kind"], entry["patient"], entry["protocol"]) == ("standby", course.patient_id, "tms_mdd_36")
    assert (entry["since"], entry["closed_at"], entry["version"]) == ("2026-11-16T09:00:00-05:00", None, 1)
    assert api.get(f"waitlist/{entry['id']}/").json() == entry
    assert api.get("waitlist/").json()["results"] == [entry]
    seen = AuditEntry.objects.filter(patient_id=course.patient_id).values_list("action", flat=True)
    assert {"waitlist.added", "waitlist.opened", "waitlist.listed"} <= set(seen)


def test_a_patient_waits_for_a_protocol_at_any_time(api: Api, world: World) -> None:
    entry = post(api, "waitlist/", {"patient": world.maria.pk, "protocol": "consult"}).json()

    assert (entry["kind"], entry["course"], entry["protocol"], entry["patient"]) == (
        "waiting",
        None,
        "consult",
        world.maria.pk,
    )
    assert (entry["weekdays"], entry["from_time"], entry["to_time"], entry["urgency"]) == ([], None, None, "routine")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "course"),
        ({"course": 1, "patient": 1, "protocol": "consult"}, 400, "course"),
        ({"patient": 1}, 400, "course"),
        ({"course": 1, "weekdays": [8]}, 400, "weekdays.0"),
        ({"course": 1, "from_time": "25:00"}, 400, "from_time"),
        ({"course": 1, "urgency": "mañana"}, 400, "urgency"),
        ({"course": 1, "note": "x"}, 400, "note"),
        ({"course": 1, "from_time": "12:00", "to_time": "08:00"}, 422, "to_time"),
    ],
)
def test_a_wrong_entry_is_refused_with_the_field(
    api: Api, desk: FreedDesk, body: dict[str, Any], status: int, field: str
) -> None:
    course = desk.course()
    named = {name: course.pk if name == "course" else value for name, value in body.items()}

    answer = post(api, "waitlist/", named)

    assert answer.status_code == status
    assert any(name.startswith(field.partition(".")[0]) for name in answer.json()["fields"])
    assert WaitlistEntry.objects.count() == 0


def test_the_same_key_adds_one_entry_and_another_request_for_it_is_told(api: Api, desk: FreedDesk) -> None:
    body = {"course": desk.course().pk}

    first, again, other = (
        post(api, "waitlist/", body),
        post(api, "waitlist/", body),
        post(api, "waitlist/", body, key="k"),
    )

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert (again["Idempotency-Replayed"], again.json()) == ("true", first.json())
    assert other.json()["code"] == "already_waiting"


def test_an_entry_is_changed_and_closed_by_version(api: Api, desk: FreedDesk) -> None:
    entry = desk.standby(desk.course(), weekdays=[2], from_minute=480)
    path = f"waitlist/{entry.pk}/"

    blind = api.send("patch", path, {"urgency": "urgent"})
    changed = api.send("patch", path, {"urgency": "urgent", "from_time": None, "to_time": "10:00"}, If_Match='"1"')
    stale = api.send("patch", path, {"urgency": "soon"}, If_Match='"1"')
    closed = api.post(f"{path}close/", {"reason": "Found a time"}, If_Match='"2"')

    assert (blind.status_code, stale.status_code) == (428, 412)
    assert (changed.status_code, changed["ETag"], changed.json()["weekdays"]) == (200, '"2"', [2])
    assert (changed.json()["urgency"], changed.json()["from_time"], changed.json()["to_time"]) == (
        "urgent",
        None,
        "10:00",
    )
    assert (closed.status_code, closed.json()["closed_because"], closed.json()["version"]) == (200, "Found a time", 3)
    assert api.get("waitlist/").json()["count"] == 0


# Freed times.


def test_freed_times_are_listed_with_the_minutes_that_are_left(api: Api, desk: FreedDesk, gone: Session) -> None:
    [freed] = api.get("freed-times/", site="riverside").json()["results"]

    assert freed == {
        "session": gone.pk,
        "site": desk.world.site.pk,
        "resource": desk.device().pk,
        "resource_name": "NeuroStar 1",
        "kind": "tms_device",
        "starts_at": "2026-11-27T08:30:00-05:00",
        "free_until": "2026-11-27T09:00:00-05:00",
        "minutes_to_start": 2880,
        "why": "cancelled",
        "since": "2026-11-25T08:30:00-05:00",
        "open_offers": 0,
        "offered_until": None,
    }


def test_candidates_are_ranked_with_reasons_and_the_others_only_if_asked_for(
    api: Api, desk: FreedDesk, gone: Session, three: list[WaitlistEntry]
) -> None:
    WaitlistEntry.objects.filter(pk=three[2].pk).update(from_minute=720)
    waiting = desk.waiting(protocol="consult")

    answer = api.get(f"freed-times/{gone.pk}/candidates/").json()
    whole = api.get(f"freed-times/{gone.pk}/candidates/", others="true", starts_at=gone.starts_at.isoformat()).json()

    assert [each["entry"]["id"] for each in answer["candidates"]] == [three[0].pk, three[1].pk]
    first, course = answer["candidates"][0], three[0].course
    assert course
    assert (first["rank"], first["why"], first["sooner_days"], first["sessions"]) == (1, "comes sooner that day", 0, 1)
    assert (first["session"], first["planned"]["starts_at"]) == (desk.nth(course, 3).pk, "2026-11-27T08:30:00-05:00")
    assert (answer["others"], answer["accept_rate"], answer["chance_to_fill"]) == ([], None, None)
    assert {each["entry"]["id"]: each["why_not"] for each in whole["others"]} == {
        three[2].pk: "asked for afternoons",
        waiting.pk: "needs another place: psychiatrist",
    }
    seen = AuditEntry.objects.filter(action="waitlist.candidates_listed").values_list("patient_id", flat=True)
    assert waiting.patient_id in set(seen)


def test_a_time_that_is_not_free_any_more_is_409(api: Api, desk: FreedDesk, gone: Session) -> None:
    other = dt.datetime(2026, 11, 27, 20, 0, tzinfo=dt.UTC).isoformat()

    assert api.get(f"freed-times/{gone.pk}/candidates/", starts_at=other).status_code == 409
    assert api.get(f"freed-times/{gone.pk}/candidates/", starts_at="soon").status_code == 400
    desk.course(counts={"acute": 1, "taper": 0}, start_on=gone.day, now=gone.starts_at - DAY)
    answer = api.get(f"freed-times/{gone.pk}/candidates/")
    assert (answer.status_code, answer.json()["code"]) == (409, "slot_taken")


# Offers.


def test_three_are_asked_the_first_yes_has_it_and_the_others_are_told(
    api: Api, desk: FreedDesk, gone: Session, three: list[WaitlistEntry]
) -> None:
    made = post(api, f"freed-times/{gone.pk}/offers/")
    offers = {offer["entry"]: offer for offer in made.json()["offers"]}
    second = offers[three[1].pk]

    yes = api.post(f"offers/{second['id']}/accept/")
    twice = api.post(f"offers/{second['id']}/accept/")
    late = api.post(f"offers/{offers[three[0].pk]['id']}/accept/")

    assert (made.status_code, len(offers)) == (201, 3)
    assert (second["state"], second["expires_at"]) == ("open", "2026-11-25T09:00:00-05:00")
    assert (yes.status_code, yes.json()["id"]) == (200, three[1].course_id)
    assert (twice.status_code, twice["Idempotency-Replayed"]) == (200, "true")
    assert (late.status_code, late.json()["code"], late.json()["message"]) == (409, "offer_taken", TAKEN)
    stored = api.get(f"freed-times/{gone.pk}/offers/").json()["offers"]
    assert sorted(offer["state"] for offer in stored) == ["accepted", "taken", "taken"]
    assert {offer["course"] for offer in stored} == {entry.course_id for entry in three}


def test_named_people_are_asked_once_for_one_key(api: Api, gone: Session, three: list[WaitlistEntry]) -> None:
    body = {"entries": [three[2].pk], "starts_at": gone.starts_at.isoformat()}

    first, again = (post(api, f"freed-times/{gone.pk}/offers/", body) for _twice in range(2))
    keyless = api.post(f"freed-times/{gone.pk}/offers/", body)

    assert [offer["entry"] for offer in first.json()["offers"]] == [three[2].pk]
    assert (again.status_code, again["Idempotency-Replayed"], again.json()) == (201, "true", first.json())
    assert (keyless.status_code, keyless.json()["code"]) == (400, "key_required")
    assert SlotOffer.objects.count() == 1


def test_a_no_keeps_the_place(api: Api, gone: Session, three: list[WaitlistEntry]) -> None:
    offers = post(api, f"freed-times/{gone.pk}/offers/").json()["offers"]

    answer = api.post(f"offers/{offers[0]['id']}/decline/")

    assert (answer.status_code, answer.json()["state"]) == (200, "declined")
    assert answer.json()["answered_at"] == "2026-11-25T08:30:00-05:00"
    assert api.get("waitlist/").json()["count"] == 3


def test_after_its_time_a_yes_is_409_in_the_clinics_time(
    api: Api, gone: Session, three: list[WaitlistEntry], clock: Any
) -> None:
    offers = post(api, f"freed-times/{gone.pk}/offers/").json()["offers"]
    clock(gone.starts_at - 2 * DAY + 31 * MINUTE)

    answer = api.post(f"offers/{offers[0]['id']}/accept/")

    assert (answer.status_code, answer.json()["code"]) == (409, "offer_expired")
    assert answer.json()["message"] == "This offer ran out at 9am. You keep your place."


def test_on_the_phone_offer_and_yes_are_one_call(
    api: Api, desk: FreedDesk, gone: Session, three: list[WaitlistEntry]
) -> None:
    course = three[0].course
    assert course
    body = {"entry": three[0].pk}

    first = post(api, f"freed-times/{gone.pk}/book/", body)
    again = post(api, f"freed-times/{gone.pk}/book/", body)
    other = post(api, f"freed-times/{gone.pk}/book/", {"entry": three[1].pk}, key="k-2")

    assert (first.status_code, first.json()["id"], first["ETag"]) == (201, course.pk, f'"{first.json()["version"]}"')
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert (other.status_code, other.json()["message"]) == (409, TAKEN)
    assert "27 8:30" in days(course)
    [offer] = api.get(f"freed-times/{gone.pk}/offers/").json()["offers"]
    assert (offer["by_phone"], offer["state"]) == (True, "accepted")


# Who may.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "freed-times/{session}/candidates/"),
        ("get", "freed-times/{session}/offers/"),
        ("post", "freed-times/{session}/offers/"),
        ("post", "freed-times/{session}/book/"),
        ("post", "offers/{offer}/accept/"),
        ("post", "offers/{offer}/decline/"),
        ("get", "waitlist/{entry}/"),
        ("patch", "waitlist/{entry}/"),
        ("post", "waitlist/{entry}/close/"),
    ],
)
def test_another_site_does_not_even_learn_that_it_exists(
    outsider: Api, desk: FreedDesk, gone: Session, three: list[WaitlistEntry], method: str, path: str
) -> None:
    [offer] = desk.offer(gone, three[0], now=gone.starts_at - 2 * DAY)
    address = path.format(session=gone.pk, offer=offer.pk, entry=three[0].pk)
    body = {"entry": three[0].pk, "reason": "x"} if "book" in path or "close" in path else {}
    allowed = {key: value for key, value in body.items() if (key == "entry") == ("book" in path)}

    answer = outsider.send(method, address, allowed, If_Match='"1"', Idempotency_Key="k")

    assert answer.status_code == 404
    assert "No" not in answer.json()["message"].split()
    assert SlotOffer.objects.get().state == "open"


def test_another_sites_lists_are_empty_and_its_people_are_not_put_on_ours(
    outsider: Api, desk: FreedDesk, gone: Session, three: list[WaitlistEntry]
) -> None:
    assert outsider.get("waitlist/").json()["count"] == outsider.get("freed-times/").json()["count"] == 0
    assert post(outsider, "waitlist/", {"course": three[0].course_id}).status_code == 404
    assert post(outsider, "waitlist/", {"patient": three[0].patient_id, "protocol": "consult"}).status_code == 404


def test_who_may_not_book_sees_no_list(world: World, clock: Any) -> None:
    technician = Api(world.technician)

    assert [technician.get(path).status_code for path in ("waitlist/", "freed-times/")] == [403, 403]


def test_the_answers_have_the_described_fields(
    api: Api, desk: FreedDesk, gone: Session, three: list[WaitlistEntry]
) -> None:
    shapes = SchemaGenerator().get_schema(public=True)["components"]["schemas"]  # type: ignore[no-untyped-call]
    found = api.get(f"freed-times/{gone.pk}/candidates/", others="true").json()
    offer = post(api, f"freed-times/{gone.pk}/offers/").json()["offers"][0]
    shown = {
        "Entry": api.get("waitlist/").json()["results"][0],
        "FreedTime": found["freed"],
        "Candidates": found,
        "Candidate": found["candidates"][0],
        "Offer": offer,
    }

    for name, answer in shown.items():
        assert sorted(answer) == sorted(shapes[f"{name}Out"]["properties"]), name


def test_a_course_is_read_back_as_it_is_now(
    api: Api, desk: FreedDesk, gone: Session, three: list[WaitlistEntry]
) -> None:
    offers = post(api, f"freed-times/{gone.pk}/offers/").json()["offers"]

    course = api.post(f"offers/{offers[0]['id']}/accept/").json()

    row = Course.objects.get(pk=course["id"])
    assert course["version"] == row.version
    assert "2026-11-27T08:30:00-05:00" in [session["starts_at"] for session in course["sessions"]]
