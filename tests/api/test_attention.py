"""What needs a person, over HTTP: who may look, who may answer, in which shape."""

import datetime as dt
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from attention.models import Acknowledgement
from clinic.domain.permissions import ALLOWED, Permission, Role
from clinic.models import AuditEntry
from tests.api.conftest import Api
from tests.factories import FIRST_DAY, World

LATE = dt.datetime(2026, 11, 24, 13, 50, tzinfo=dt.UTC)  # ten to nine in New York
STEPS = ["done", "take", "give-up", "reopen"]


@pytest.fixture
def key(world: World, clock: Any) -> str:
    """The key of a visit nobody has come to, at ten to nine."""
    visit = world.visit(start_on=FIRST_DAY, preferred_minute=510)
    clock(LATE)
    return f"late:{visit.pk}:1"


def test_an_item_says_what_for_whom_since_when_until_when_and_the_next_step(api: Api, world: World, key: str) -> None:
    [item] = api.get("attention/").json()["results"]

    course, session = item["course"], item["session"]
    assert item == {
        "key": key,
        "kind": "late_arrival",
        "code": "Q1",
        "group": "today",
        "severity": "high",
        "site": world.site.pk,
        "patient": world.maria.pk,
        "course": course,
        "course_version": 1,
        "session": session,
        "session_version": 1,
        "resource": None,
        "title": "Expected at 8:30am",
        "detail": "20 minutes late. Call; if nobody comes, record it.",
        "since": "2026-11-24T08:40:00-05:00",
        "deadline": "2026-11-24T09:45:00-05:00",
        "action": {
            "verb": "no-show",
            "label": "No-show",
            "method": "POST",
            "path": f"/api/v1/sessions/{session}/no-show/",
        },
        "owner": None,
        "held_until": None,
        "done_at": None,
        "version": 0,
    }


def test_the_next_step_can_be_sent_as_it_stands(api: Api, key: str) -> None:
    [item] = api.get("attention/").json()["results"]
    path = item["action"]["path"].removeprefix("/api/v1/")

    answer = api.post(path, If_Match=f'"{item["session_version"]}"')

    assert answer.status_code == 200
    assert api.get("attention/", kind="late_arrival").json()["count"] == 0


def test_the_description_tells_the_truth(api: Api, key: str) -> None:
    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    shapes = schema["components"]["schemas"]
    [item] = api.get("attention/").json()["results"]
    counts = api.get("attention/counts/").json()

    assert sorted(item) == sorted(shapes["ItemOut"]["properties"])
    assert sorted(item["action"]) == sorted(shapes["StepOut"]["properties"])
    assert sorted(counts) == sorted(shapes["ItemCountsOut"]["properties"])
    assert counts == {"total": 1, "by_kind": {"late_arrival": 1}, "by_group": {"today": 1}}


def test_every_answer_returns_the_item_as_it_is_now(api: Api, world: World, key: str) -> None:
    taken = api.post(f"attention/{key}/take/", If_Match='"0"')
    held = api.post(f"attention/{key}/hold/", {"until": "2026-11-25T09:00:00-05:00"})
    reopened = api.post(f"attention/{key}/reopen/")
    given_up = api.post(f"attention/{key}/give-up/")
    done = api.post(f"attention/{key}/done/")

    answers = [taken, held, reopened, given_up, done]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert [answer.headers["ETag"] for answer in answers] == [f'"{version}"' for version in range(1, 6)]
    assert taken.json()["owner"] == {"id": world.receptionist.pk, "name": "Rosa"}
    assert held.json()["held_until"] == "2026-11-25T09:00:00-05:00"
    assert (reopened.json()["held_until"], given_up.json()["owner"]) == (None, None)
    assert done.json()["done_at"] == "2026-11-24T08:50:00-05:00"


def test_a_stale_answer_is_refused_and_one_without_a_version_is_not(api: Api, key: str) -> None:
    api.post(f"attention/{key}/take/")

    stale = api.post(f"attention/{key}/done/", If_Match='"0"')
    malformed = api.post(f"attention/{key}/done/", If_Match="yesterday")
    fresh = api.post(f"attention/{key}/done/")

    assert [answer.status_code for answer in (stale, malformed, fresh)] == [412, 400, 200]


@pytest.mark.parametrize("body", [{}, {"until": "soon"}, {"until": "2026-11-25T09:00:00Z", "why": "busy"}])
def test_a_hold_needs_an_instant_and_nothing_else(api: Api, key: str, body: Any) -> None:
    assert api.post(f"attention/{key}/hold/", body).status_code == 400


def test_a_hold_into_the_past_is_refused_by_rule(api: Api, key: str) -> None:
    answer = api.post(f"attention/{key}/hold/", {"until": "2026-11-24T08:00:00-05:00"})

    assert (answer.status_code, answer.json()["code"], answer.json()["fields"]) == (
        422,
        "hold_range",
        {"until": "range"},
    )


@pytest.mark.parametrize("step", STEPS)
def test_an_answer_takes_no_field(api: Api, key: str, step: str) -> None:
    assert api.post(f"attention/{key}/{step}/", {"why": "busy"}).status_code == 400


@pytest.mark.parametrize("step", [*STEPS, "hold"])
@pytest.mark.parametrize("role", list(Role))
def test_who_may_answer_is_in_the_table(api: Api, world: World, key: str, role: Role, step: str) -> None:
    world.receptionist.memberships.update(role=role)
    body = {"until": "2026-11-25T09:00:00-05:00"} if step == "hold" else None

    answer = api.post(f"attention/{key}/{step}/", body)

    assert answer.status_code == (200 if Permission.SETTLE_MISS in ALLOWED[role] else 403)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_count_is_in_the_table(api: Api, world: World, key: str, role: Role) -> None:
    world.receptionist.memberships.update(role=role)

    answer = api.get("attention/counts/")

    assert answer.status_code == (200 if Permission.VIEW_ATTENTION in ALLOWED[role] else 403)


def test_another_site_knows_nothing_of_it(outsider: Api, key: str) -> None:
    listed, counted = outsider.get("attention/").json(), outsider.get("attention/counts/").json()
    named = outsider.get("attention/", site="riverside"), outsider.get("attention/counts/", site="riverside")
    answered = [outsider.post(f"attention/{key}/{step}/") for step in STEPS]

    assert (listed["count"], counted["total"]) == (0, 0)
    assert [answer.status_code for answer in (*named, *answered)] == [404] * 6
    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize(
    "query", [{"kind": "gossip"}, {"group": "yesterday"}, {"owner": "dana"}, {"include_held": "yes"}], ids=str
)
def test_a_filter_that_is_none_is_refused(api: Api, query: dict[str, str]) -> None:
    answer = api.get("attention/", **query)

    assert (answer.status_code, sorted(answer.json()["fields"])) == (400, sorted(query))


def test_whose_records_were_listed_is_noted_only_for_what_was_shown(api: Api, world: World, key: str) -> None:
    world.visit(world.daniel, start_on=FIRST_DAY, preferred_minute=600)
    answer = api.get("attention/", page_size=1)

    assert answer.json()["count"] == 1
    noted = AuditEntry.objects.filter(action="attention.listed").values_list("actor_id", "site_id", "patient_id")
    assert list(noted) == [(world.receptionist.pk, world.site.pk, world.maria.pk)]


@pytest.mark.parametrize("odd", ["late:999999:1", "late", "a%00b", "late:1:1%0A", "ü" * 200])
def test_a_key_that_is_nobodys_is_not_found(api: Api, key: str, odd: str) -> None:
    assert api.post(f"attention/{odd}/done/").status_code == 404
