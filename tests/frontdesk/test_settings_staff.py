"""Who works here, as a manager sets it up: a link shown once, roles that count at once, and nothing given away."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.domain.permissions import Role
from clinic.models import Membership, StaffUser
from config.logs import Scrubbed
from tests.factories import PASSWORD, World, make_staff
from tests.frontdesk.test_settings import as_user, faults_in, page_of


@pytest.fixture
def maya(world: World, clock: Any) -> StaffUser:
    return make_staff("maya@example.com", Role.MANAGER, world.site)


@pytest.fixture
def manager(maya: StaffUser) -> Client:
    return as_user(maya)


def link_in(answer: Any) -> str:
    found = re.search(r'value="http://testserver(/accounts/join/[^"]+)"', page_of(answer))
    assert found is not None
    return found[1]


def test_three_fields_make_somebody_a_login_and_the_link_is_shown_once(
    world: World, manager: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    answer = manager.post("/settings/staff/", {"email": "Nia@Example.com", "name": "Nia", "role": "technician"})
    link = link_in(answer)

    assert link not in page_of(manager.get("/settings/staff/"))
    new = Client()
    assert (new.get(link).status_code, new.get(link)["Referrer-Policy"]) == (200, "same-origin")
    assert new.post(link, {"password": "short"}).status_code == 422
    assert new.post(link, {"password": PASSWORD})["Location"] == "/accounts/login/?joined=1"
    assert new.post(link, {"password": PASSWORD + "x"}).status_code == 409
    assert StaffUser.objects.get(email="nia@example.com").check_password(PASSWORD)
    kept = [record for record in caplog.records if record.name != "django.db.backends"]
    said = "\n".join(Scrubbed().format(record) for record in kept)
    assert [word for word in (link.split("/")[-2], "nia@example.com", "Nia") if word in said] == []


def test_nobody_learns_whether_an_address_works_elsewhere(world: World, manager: Client) -> None:
    def asked(email: str) -> str:
        page = page_of(manager.post("/settings/staff/", {"email": email, "name": "Nia", "role": "technician"}))
        found = re.search(r'<section class="ck-secret".*?</section>', page, re.DOTALL)
        assert found is not None
        return re.sub(r"join/[^/]+/|<bdi>.*?</bdi>", "", found[0])

    assert asked("otto@example.com") == asked("new@example.com")


def test_an_address_that_cant_be_used_stays_typed(world: World, manager: Client) -> None:
    answer = manager.post("/settings/staff/", {"email": "nia", "name": "Nia", "role": "technician"})

    assert (answer.status_code, faults_in(answer)) == (
        422,
        ["This is not an e-mail address. Type it like name@clinic.org."],
    )
    assert ('value="nia"' in page_of(answer), StaffUser.objects.filter(name="Nia").count()) == (True, 0)


def test_a_role_counts_from_the_next_click(world: World, manager: Client) -> None:
    tess = Membership.objects.get(user=world.technician)
    path = reverse("settings-member", args=[tess.pk])
    desk = as_user(world.technician)
    assert desk.get("/courses/new/").status_code == 403

    manager.post(path, {"role": "front_desk", "skill": ["operator"], "version": 1})

    assert desk.get("/courses/new/").status_code == 200
    assert manager.post(path, {"role": "boss", "version": 2}).status_code == 422
    manager.post(f"{path}end/", {"version": 2})
    assert desk.get("/courses/new/").status_code == 302  # to the sign-in page


def test_the_last_manager_stays(world: World, manager: Client, maya: StaffUser) -> None:
    mine = Membership.objects.get(user=maya)

    answer = manager.post(reverse("settings-member-step", args=[mine.pk, "end"]), {"version": 1})

    assert (answer.status_code, "You are the last manager here." in page_of(answer)) == (409, True)
