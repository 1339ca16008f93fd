"""The OpenAPI description tells the truth."""

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from notifications.actions import planning
from tests.api.conftest import Api, wish
from tests.factories import NOW, World


@pytest.fixture(scope="module")
def schema() -> Any:
    return SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]


def test_the_description_is_valid(schema: Any) -> None:
    validate_schema(schema)  # type: ignore[no-untyped-call]

    assert len(schema["paths"]) == 115


def test_every_operation_documents_its_refusals(schema: Any) -> None:
    for verbs in schema["paths"].values():
        for operation in verbs.values():
            assert {"401", "403", "429"} <= set(operation["responses"])


def test_the_answers_have_the_described_fields(api: Api, world: World, schema: Any) -> None:
    course = api.book(wish(world)).json()
    planning.plan_messages(now=NOW)
    plan = api.post("courses/preview/", wish(world, protocol="consult", preferred_time="14:00")).json()["plans"][0]
    shown = {
        "Course": course,
        "Session": course["sessions"][0],
        "Reservation": course["sessions"][0]["reservations"][0],
        "BuiltFrom": course["protocol"],
        "Plan": plan,
        "Planned": plan["sessions"][0],
        "Site": api.get("sites/").json()["results"][0],
        "Protocol": api.get("protocols/").json()["results"][0],
        "Resource": api.get("resources/").json()["results"][0],
        "Patient": api.get("patients/").json()["results"][0],
        "Message": api.get("messages/").json()["results"][0],
        "Refusal": api.get("courses/999999/").json(),
    }

    for name, answer in shown.items():
        assert sorted(answer) == sorted(schema["components"]["schemas"][f"{name}Out"]["properties"]), name


def test_the_description_and_its_page_are_for_staff(api: Api) -> None:
    described, page = api.client.get("/api/schema/"), api.client.get("/api/docs/")

    assert described.json()["info"]["title"] == "Coursekeeper"
    assert page.status_code == 200
    assert "POST /api/v1/courses/preview/" in page.content.decode()
    assert "<script" not in page.content.decode()
