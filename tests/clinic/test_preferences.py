from typing import Any

import pytest

from clinic import preferences
from clinic.errors import NotFound, Rejected
from clinic.models import BoardView
from tests.factories import World


@pytest.mark.parametrize(
    ("name", "value"),
    [("single_keys", False), ("is_private", True), ("lock_minutes", 2), ("lock_minutes", 30), ("lock_minutes", None)],
)
def test_a_preference_is_remembered_for_the_person_only(world: World, name: str, value: Any) -> None:
    before = getattr(world.technician, name)

    preferences.set_preference(user=world.receptionist, name=name, value=value)

    world.receptionist.refresh_from_db()
    world.technician.refresh_from_db()
    assert (getattr(world.receptionist, name), getattr(world.technician, name)) == (value, before)


def test_what_a_person_likes_about_the_board_adds_up(world: World) -> None:
    for name, value in (("zoom", 10), ("view", "list"), ("zoom", 30), ("show_cancelled", False)):
        preferences.set_preference(user=world.receptionist, name=name, value=value)

    world.receptionist.refresh_from_db()
    assert world.receptionist.board == {"zoom": 30, "view": "list", "show_cancelled": False}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("single_keys", "no"),
        ("is_active", False),
        ("zoom", 7),
        ("view", "map"),
        ("lock_minutes", 1),
        ("lock_minutes", 31),
    ],
)
def test_a_preference_nobody_can_have_is_refused(world: World, name: str, value: Any) -> None:
    with pytest.raises(Rejected):
        preferences.set_preference(user=world.receptionist, name=name, value=value)


def saved(world: World, name: str, columns: list[int], *, is_default: bool = False) -> BoardView:
    return preferences.save_board_view(
        user=world.receptionist, site=world.site, name=name, columns=columns, is_default=is_default
    )


def test_a_set_of_columns_is_saved_in_order_and_replaced_by_its_name(world: World) -> None:
    saved(world, "TMS only", [3, 1, 3])
    saved(world, "ECT", [4], is_default=True)
    saved(world, " TMS  only ", [2], is_default=True)

    views = preferences.board_views(user=world.receptionist, site=world.site)
    assert [(v.name, v.columns, v.position, v.is_default) for v in views] == [
        ("TMS only", [2], 0, True),
        ("ECT", [4], 1, False),
    ]
    assert preferences.board_views(user=world.technician, site=world.site) == []


@pytest.mark.parametrize(("name", "columns"), [(" ", [1]), ("x" * 41, [1]), ("Empty", [])])
def test_a_set_without_a_name_or_columns_is_refused(world: World, name: str, columns: list[int]) -> None:
    with pytest.raises(Rejected):
        saved(world, name, columns)


def test_a_ninth_set_is_refused_and_an_eighth_can_still_be_changed(world: World) -> None:
    for number in range(8):
        saved(world, f"Set {number}", [number])

    with pytest.raises(Rejected, match="8 sets already"):
        saved(world, "One more", [1])

    assert saved(world, "Set 7", [1]).columns == [1]


def test_a_set_is_removed_by_its_owner_and_unknown_to_others(world: World) -> None:
    view = saved(world, "ECT", [4])

    with pytest.raises(NotFound):
        preferences.remove_board_view(user=world.technician, view_id=view.pk)

    assert preferences.remove_board_view(user=world.receptionist, view_id=view.pk) == "ECT"
    assert BoardView.objects.count() == 0


def test_one_set_at_a_time_is_looked_through_and_none_shows_everything(world: World) -> None:
    first, second = saved(world, "TMS", [1], is_default=True), saved(world, "ECT", [2])

    def chosen() -> list[str]:
        return [
            each.name for each in preferences.board_views(user=world.receptionist, site=world.site) if each.is_default
        ]

    def choose(view: BoardView | None) -> None:
        view_id = view.pk if view else None
        preferences.choose_board_view(user=world.receptionist, site=world.site, view_id=view_id)

    seen = [chosen()]
    for view in (second, None, first):
        choose(view)
        seen.append(chosen())

    assert seen == [["TMS"], ["ECT"], [], ["TMS"]]


def test_nobody_looks_through_a_set_of_somebody_else(world: World) -> None:
    mine = saved(world, "TMS", [1])

    with pytest.raises(NotFound):
        preferences.choose_board_view(user=world.technician, site=world.site, view_id=mine.pk)
    with pytest.raises(NotFound):
        preferences.choose_board_view(user=world.receptionist, site=world.other_site, view_id=mine.pk)
