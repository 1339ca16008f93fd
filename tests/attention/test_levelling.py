"""A proposal to level the future: a manager's, as long as it could be accepted."""

from clinic.domain.permissions import Role
from scheduling.models import Course
from tests.attention.desk import Desk
from tests.attention.proposed import LevelProposal
from tests.factories import make_staff


def test_it_says_how_many_move_and_how_many_fit(desk: Desk) -> None:
    scene = LevelProposal(desk)
    now = scene.begin()

    [item] = desk.items(now, kind="level_proposal")

    assert (item["key"], item["severity"], item["group"]) == (f"level:{scene.row.pk}", "low", "setup")
    assert (item["title"], item["detail"]) == (
        "Room for 1 first visit could be made",
        "1 visit nobody was told about would move within its day. Accept or dismiss it.",
    )
    assert item["action"]["path"] == f"/api/v1/level-proposals/{scene.row.pk}/"


def test_the_desk_neither_sees_nor_answers_it(desk: Desk) -> None:
    scene = LevelProposal(desk)
    now = scene.begin()
    other = Desk(desk.site, make_staff("fred@example.com", Role.FRONT_DESK, desk.site), desk.clock)

    assert other.items(now) == []
    assert other.api.get("attention/counts/").json()["total"] == 0
    assert other.answer(now, f"level:{scene.row.pk}", "done").status_code == 404
    assert desk.api.get("attention/counts/").json()["by_kind"] == {"level_proposal": 1}


def test_a_manager_of_another_site_does_not_see_it(desk: Desk, elsewhere: Desk) -> None:
    elsewhere.user.memberships.update(role=Role.MANAGER)
    now = LevelProposal(desk).begin()

    assert elsewhere.items(now) == []


def test_once_a_course_has_changed_there_is_nothing_to_decide(desk: Desk) -> None:
    now = LevelProposal(desk).begin()
    assert len(desk.keys(now, "level_proposal")) == 1

    Course.objects.update(version=2)

    assert desk.keys(now, "level_proposal") == []
