"""Who gets in: every address of the API asks for a declared right, and every refusal has one shape."""

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from api.permissions import Declared
from api.views.base import Endpoint
from clinic.domain.permissions import ALLOWED, Permission, Role
from clinic.models import ApiToken
from tests.api.conftest import Api, wish
from tests.factories import NOW, PASSWORD, World

Rows = Callable[[], dict[str, int]]
OPEN = {"livez", "readyz", "^api/"}  # health says nothing about anybody; the last one answers 404 to everybody


def _addresses(patterns: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, path)
        elif path.lstrip("^").startswith(("api/", "livez", "readyz")):
            yield path, pattern


ADDRESSES = dict(_addresses(get_resolver().url_patterns))


def test_the_walk_finds_the_whole_api() -> None:
    assert len(ADDRESSES) == 120


@pytest.mark.parametrize("path", sorted(set(ADDRESSES) - OPEN))
def test_every_address_declares_its_right(path: str) -> None:
    view: Any = ADDRESSES[path].callback

    assert view.cls.permission_classes == [Declared]
    declared = view.cls.permission
    assert isinstance(declared, Permission | property)


@pytest.mark.parametrize("path", sorted(set(ADDRESSES) - OPEN))
def test_nobody_gets_in_unsigned(path: str, rows: Rows, db: None) -> None:
    address = "/" + re.sub(r"<int:\w+>", "1", re.sub(r"<uuid:\w+>", str(uuid.uuid4()), path))
    before = rows()

    answers = [Client().get(address), Client().post(address, "{}", content_type="application/json")]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json()["code"] == "not_authenticated"
    assert rows() == before


def test_a_view_that_declares_nothing_answers_nobody(world: World) -> None:
    class Forgotten(Endpoint):
        def get(self, request: Any) -> Any:
            raise AssertionError("nobody may come here")

    class Bare(APIView):
        def get(self, request: Any) -> Any:
            raise AssertionError("nobody may come here")

    for view in (Forgotten, Bare):
        request = APIRequestFactory().get("/")
        force_authenticate(request, user=world.receptionist)

        answer = view.as_view()(request)

        assert answer.status_code == 403


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("sites/", Permission.VIEW_DAY),
        ("patients/", Permission.VIEW_PATIENT),
        ("attention/", Permission.VIEW_ATTENTION),
        ("messages/", Permission.VIEW_MESSAGES),
        ("protocols/", Permission.VIEW_COURSE),
    ],
)
def test_a_role_opens_what_the_table_says(
    api: Api, world: World, role: Role, path: str, permission: Permission
) -> None:
    world.receptionist.memberships.update(role=role)

    answer = api.get(path)

    assert answer.status_code == (200 if permission in ALLOWED[role] else 403)


@pytest.mark.parametrize("header", ["Token nonsense", "Token", "Basic cm9zYTpyb3Nh", "Token ü"])
def test_a_token_that_is_not_ours_opens_nothing(world: World, header: str) -> None:
    answer = Client(headers={"Authorization": header.encode().decode("latin-1")}).get("/api/v1/sites/")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"


def test_a_revoked_token_and_a_person_who_left_are_out(api: Api, world: World) -> None:
    world.receptionist.is_active = False
    world.receptionist.save()
    gone = api.get("sites/").status_code
    world.receptionist.is_active = True
    world.receptionist.save()
    ApiToken.objects.update(revoked_at=NOW)

    revoked = api.get("sites/").status_code

    assert (gone, revoked) == (401, 401)


def test_a_signed_in_browser_may_read_and_needs_the_form_token_to_write(world: World, clock: Any, rows: Rows) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.login(email=world.receptionist.email, password=PASSWORD)
    before = rows()

    read = browser.get("/api/v1/sites/")
    write = browser.post("/api/v1/courses/preview/", wish(world), content_type="application/json")

    assert (read.status_code, write.status_code) == (200, 403)
    assert rows() == before


def test_a_lost_address_is_answered_in_the_same_shape(api: Api) -> None:
    answer = api.get("nowhere/")

    assert (answer.status_code, answer.json()) == (
        404,
        {"code": "not_found", "message": "There is no such address.", "fields": {}, "alternatives": []},
    )


def test_a_verb_that_does_not_fit_is_answered_in_the_same_shape(api: Api) -> None:
    answer = api.client.delete("/api/v1/patients/")

    assert answer.status_code == 405
    assert sorted(answer.json()) == ["alternatives", "code", "fields", "message"]


def test_looking_changes_nothing_but_the_audit_log(api: Api, world: World, rows: Rows) -> None:
    course = world.book()
    paths = ["sites/", "protocols/", "resources/", "patients/", "sessions/", "attention/", "messages/"]
    before = rows()

    answers = [api.get(path) for path in [*paths, f"courses/{course.pk}/"]]
    heads = [api.client.head(f"/api/v1/{path}") for path in paths]

    assert {answer.status_code for answer in [*answers, *heads]} == {200}
    assert rows() == before
