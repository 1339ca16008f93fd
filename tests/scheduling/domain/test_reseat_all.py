"""Everybody seated together: who finds no place keeps theirs, and nobody is in anybody's way."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.plan import PlannedSession
from scheduling.domain.reseat_all import NoPlace, as_seat, settled
from scheduling.domain.reseat_options import Take, Way

DAY = dt.date(2026, 12, 1)
PLACE = PlannedSession(0, "acute", "treatment", DAY, 510, 30, (), "", None)
NUMBER = DAY.toordinal()


def take(lane: int, quantum: int) -> Take:
    return lane, NUMBER, 1 << quantum


def moves(cost: int, *takes: Take) -> Way:
    return Way({1: PLACE}, cost, takes)


def stays(cost: int, *takes: Take) -> Way:
    return Way({1: None}, cost, takes)


def never() -> bool:
    return False


def test_everybody_moves_where_there_is_room() -> None:
    first = [moves(10, take(1, 0)), stays(900, take(9, 0))]
    second = [moves(10, take(1, 0)), moves(20, take(1, 1)), stays(900, take(9, 1))]

    assert settled([first, second], is_over=never) == [first[0], second[1]]


def test_who_stays_holds_what_they_hold_and_nobody_is_put_there() -> None:
    # The second would take what the first, who has no way at all, goes on holding.
    first = [stays(900, take(1, 0))]
    second = [moves(10, take(1, 0)), moves(20, take(1, 1)), stays(800, take(9, 1))]

    assert settled([first, second], is_over=never) == [first[0], second[1]]


def test_places_are_traded_if_both_move() -> None:
    first = [moves(10, take(1, 1)), stays(900, take(1, 0))]
    second = [moves(10, take(1, 0)), stays(900, take(1, 1))]

    assert settled([first, second], is_over=never) == [first[0], second[0]]


def test_a_decision_that_another_one_stands_against_is_refused() -> None:
    promised = [moves(10, take(1, 0))]
    other = [stays(900, take(1, 0))]

    with pytest.raises(NoPlace, match="holds what a fixed one needs"):
        settled([promised, other], is_over=never)


def test_two_decisions_for_one_place_are_refused() -> None:
    with pytest.raises(NoPlace, match="needs that place more"):
        settled([[moves(10, take(1, 0))], [moves(10, take(1, 0))]], is_over=never)


def test_a_course_is_seen_as_what_moves_and_the_cost_of_staying() -> None:
    seat = as_seat(3, [moves(10, take(1, 0)), stays(900, take(9, 0))])

    assert (seat.key, [option.cost for option in seat.options], seat.unseated) == (3, [10], 900)


def test_without_time_everybody_still_gets_an_answer() -> None:
    ways = [[moves(10, take(1, 0)), stays(900, take(9, number))] for number in range(5)]

    found = settled(ways, is_over=lambda: True)

    assert sorted(way.cost for way in found) == [10, 900, 900, 900, 900]


@given(
    rows=st.lists(
        st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5), st.integers(1, 99)), max_size=4),
        min_size=1,
        max_size=7,
    )
)
def test_whatever_is_asked_nobody_is_in_anybodys_way(rows: Sequence[Sequence[tuple[int, int, int]]]) -> None:
    # Each stands on a place of its own now, which others may be given.
    ways = [
        [*(moves(cost, take(lane, quantum)) for lane, quantum, cost in row), stays(500, take(1 + n % 3, n // 3))]
        for n, row in enumerate(rows)
    ]

    found = settled(ways, is_over=never)

    held = [each for way in found for each in way.takes]
    assert len(held) == len(set(held)) == len(rows)
    assert all(way in each for way, each in zip(found, ways, strict=True))
