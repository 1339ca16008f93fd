import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from clinic.models import StaffUser
from tests.factories import World
from tests.notifications.made import texted

TOMORROW = dt.date(2026, 11, 17)
NAMES = re.compile(r"garcia|okafor|\bmaria\b|\bdaniel\b", re.IGNORECASE)


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


def names_on(client: Client, path: str) -> set[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    return {name.lower() for name in NAMES.findall(answer.content.decode())}


@pytest.mark.parametrize("path", ["/messages/", "/tomorrow/"])
def test_a_list_holds_no_name_in_privacy_mode_not_even_for_a_screen_reader(
    world: World, desk: Client, path: str
) -> None:
    world.book(start_on=TOMORROW)
    texted(world, world.maria)
    before = names_on(desk, path)

    desk.post("/me/privacy/", {"switch": "on"})

    page = desk.get(path).content.decode()
    assert ("garcia" in before, names_on(desk, path), "G. M." in page) == (True, set(), True)


def test_what_was_opened_lately_is_named_by_initials_only(world: World, desk: Client) -> None:
    desk.post("/me/privacy/", {"switch": "on"})
    desk.get(f"/patients/{world.maria.pk}/")

    page = desk.post("/palette/", {"q": ""}).content.decode()

    assert ("G. M." in page, NAMES.findall(page)) == (True, [])


def test_the_mode_is_one_persons_and_is_turned_back(world: World, desk: Client) -> None:
    answers = [desk.post("/me/privacy/", {"back": "/me/"}) for _ in range(3)]

    private = dict(StaffUser.objects.values_list("pk", "is_private"))
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/me/")}
    assert [pk for pk, is_private in private.items() if is_private] == [world.receptionist.pk]


def test_a_page_with_a_script_is_answered_without_a_page(desk: Client) -> None:
    answer = desk.post("/me/privacy/", {"switch": "on"}, headers={"HX-Request": "true"})

    assert (answer.status_code, answer.content) == (204, b"")
