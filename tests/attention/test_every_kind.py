"""What holds for every kind: raised, shown, solved, closed by itself, never twice for one cause, nobody else's."""

import datetime as dt
import re

import pytest

from attention.domain.items import KINDS, Kind
from notifications.domain import texts
from scheduling.models import Course
from tests.attention.desk import Desk
from tests.attention.scene import Scene
from tests.attention.scenes import SCENES

every_kind = pytest.mark.parametrize("kind", sorted(SCENES))
# What is asked of the site whatever became of the course.
OF_THE_SITE = {"not_closed", "day_not_recorded", "document_due", "crisis", "reply", "help_asked", "item_nine"}


def scene_of(kind: str, desk: Desk) -> Scene:
    scene: Scene = SCENES[kind](desk)
    return scene


def test_there_is_a_scene_for_every_kind() -> None:
    assert set(SCENES) == set(Kind) == set(KINDS)


@every_kind
def test_it_is_raised_by_its_cause_and_shown_with_one_action_that_the_api_has(desk: Desk, kind: str) -> None:
    scene = scene_of(kind, desk)
    assert kind not in desk.kinds(dt.datetime(2026, 11, 16, 14, tzinfo=dt.UTC))

    now = scene.begin()

    [item] = desk.items(now, kind=kind)
    code, group = KINDS[Kind(kind)]
    assert (item["code"], item["group"], item["site"], item["version"]) == (code, group, desk.site.pk, 0)
    assert dt.datetime.fromisoformat(item["since"]) <= now
    assert texts.faults(f"{item['title']}. {item['detail']}", is_sms=False) == []
    assert not re.search("Ana|Sato", item["title"] + item["detail"])
    assert sorted(item["action"]) == ["label", "method", "path", "verb"]
    call = getattr(desk.api.client, item["action"]["method"].lower())
    assert call(item["action"]["path"], content_type="application/json").status_code not in (404, 405, 500)


@every_kind
def test_it_closes_itself_when_it_is_solved(desk: Desk, kind: str) -> None:
    scene = scene_of(kind, desk)
    now = scene.begin()
    assert len(desk.keys(now, kind)) == 1

    later = scene.solve()

    assert desk.keys(later or now, kind) == []


@every_kind
def test_done_it_never_returns_for_that_cause_and_a_new_cause_comes_back(desk: Desk, kind: str) -> None:
    scene = scene_of(kind, desk)
    now = scene.begin()
    [key] = desk.keys(now, kind)

    done = desk.answer(now, key, "done")

    assert (done.status_code, desk.keys(now, kind)) == (200, [])
    later = scene.again()
    [other] = desk.keys(later, kind)
    assert other != key


@pytest.mark.once
@every_kind
def test_a_site_sees_its_own_and_nothing_of_another(desk: Desk, elsewhere: Desk, kind: str) -> None:
    there = scene_of(kind, elsewhere)
    now = there.begin()
    [theirs] = elsewhere.items(now, kind=kind)

    mine = desk.items(now)
    refused = [desk.answer(now, theirs["key"], step, {}).status_code for step in ("done", "take", "give-up", "reopen")]

    assert (mine, refused) == ([], [404] * 4)
    assert {item["site"] for item in elsewhere.items(now)} == {elsewhere.site.pk}


@every_kind
def test_a_course_that_ended_asks_for_nothing(desk: Desk, kind: str) -> None:
    scene = scene_of(kind, desk)
    now = scene.begin()

    Course.objects.update(state="discontinued", held_until=None, resume_on=None, end_reason="died")

    assert {item["kind"] for item in desk.items(now)} <= OF_THE_SITE
