"""The list beside the day board: every kind can be read there, and only a flagged visit is settled there."""

import html

import pytest
from django.test import Client

from tests.attention.desk import Desk
from tests.attention.scenes import SCENES
from tests.factories import PASSWORD


def board(desk: Desk) -> str:
    browser = Client()
    assert browser.login(email=desk.user.email, password=PASSWORD)
    answer = browser.get("/day/side/")  # as a page of its own: all that needs somebody, not only the first few
    assert answer.status_code == 200
    return html.unescape(answer.content.decode().partition("<main")[2].partition("</main>")[0])


@pytest.mark.parametrize("kind", sorted(SCENES))
def test_every_kind_can_be_read_beside_the_board(desk: Desk, kind: str) -> None:
    now = SCENES[kind](desk).begin()
    [item] = desk.items(now, kind=kind)

    side = board(desk)

    assert item["title"] in side
    assert item["detail"] in side
    assert ("Sato, A." in side) is any(each["patient"] for each in desk.items(now))


def test_only_a_flagged_visit_is_settled_beside_the_board(desk: Desk) -> None:
    now = SCENES["late_arrival"](desk).begin()
    assert desk.kinds(now) == ["late_arrival"]
    late = board(desk)
    desk.clock(SCENES["missed_to_settle"](desk).begin())

    flagged = board(desk)

    assert ("settle-" in late, "settle-" in flagged) == (False, True)
