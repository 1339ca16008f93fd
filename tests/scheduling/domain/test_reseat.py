"""Whatever is asked: a seating that holds, the same each time, no dearer than first come first served, or the best."""

import random
from collections.abc import Callable, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.domain.reseat import Option, Seat, Seating, first_come_first_served, lower_bound, seat
from scheduling.domain.reseat.contest import contests
from scheduling.domain.reseat.ejecting import seat_everybody
from scheduling.domain.reseat.table import Table

LANES, DAYS, QUANTA = 2, 2, 8


def spans() -> st.SearchStrategy[tuple[int, int, int]]:
    bits = st.tuples(st.integers(0, QUANTA - 3), st.integers(1, 3)).map(lambda span: ((1 << span[1]) - 1) << span[0])
    return st.tuples(st.integers(1, LANES), st.integers(0, DAYS - 1), bits)


def takes() -> st.SearchStrategy[tuple[tuple[int, int, int], ...]]:
    return st.lists(spans(), min_size=1, max_size=2, unique_by=lambda span: span[:2]).map(tuple)


def options() -> st.SearchStrategy[tuple[Option, ...]]:
    found = st.lists(st.builds(Option, st.integers(0, 30), takes()), max_size=4)
    return found.map(lambda some: tuple(sorted(some, key=lambda option: option.cost)))


def problems(most: int) -> st.SearchStrategy[list[Seat]]:
    seats = st.lists(st.tuples(options(), st.integers(20, 90)), min_size=1, max_size=most)
    return seats.map(lambda rows: [Seat(key, some, unseated) for key, (some, unseated) in enumerate(rows)])


def faults(seats: Sequence[Seat], found: Seating) -> list[str]:
    """Return what is wrong with a seating: somebody left out, five minutes taken twice, a wrong sum."""
    wrong = [] if set(found.chosen) == {each.key for each in seats} else ["somebody is left out"]
    taken: set[tuple[int, int, int]] = set()
    cost = 0
    for each in seats:
        index = found.chosen[each.key]
        cost += each.unseated if index is None else each.options[index].cost
        for lane, day, bits in each.options[index].takes if index is not None else ():
            mine = {(lane, day, quantum) for quantum in range(bits.bit_length()) if bits >> quantum & 1}
            wrong += [f"lane {lane} is taken twice"] if taken & mine else []
            taken |= mine
    return wrong if cost == found.cost else [*wrong, f"costs {cost}, not {found.cost}"]


def cheapest(seats: Sequence[Seat]) -> int:
    """Return what the best of all seatings costs: every one is tried."""
    everything = product(*([None, *range(len(each.options))] for each in seats))
    costs = []
    for way in everything:
        chosen = dict(zip((each.key for each in seats), way, strict=True))
        cost = sum(
            each.unseated if index is None else each.options[index].cost for each, index in zip(seats, way, strict=True)
        )
        if not faults(seats, Seating(chosen, cost)):
            costs.append(cost)
    return min(costs)


@settings(max_examples=150, deadline=None)
@given(problems(8))
def test_nobody_is_left_out_and_nothing_is_taken_twice(seats: list[Seat]) -> None:
    assert faults(seats, seat(seats, seed=1)) == []


@settings(max_examples=60, deadline=None)
@given(problems(8), st.integers(0, 9))
def test_the_same_is_asked_and_the_same_is_answered(seats: list[Seat], seed: int) -> None:
    assert seat(seats, seed=seed) == seat(seats, seed=seed)


@settings(max_examples=100, deadline=None)
@given(problems(8))
def test_no_seating_is_dearer_than_first_come_first_served(seats: list[Seat]) -> None:
    assert seat(seats, seed=1).cost <= first_come_first_served(seats).cost


@settings(max_examples=100, deadline=None)
@given(problems(4))
def test_of_a_few_people_everybody_sits_as_well_as_can_be(seats: list[Seat]) -> None:
    assert seat(seats, seed=1).cost == cheapest(seats)


@settings(max_examples=100, deadline=None)
@given(problems(4))
def test_no_seating_is_below_the_bound(seats: list[Seat]) -> None:
    assert lower_bound(seats) <= cheapest(seats)


@settings(max_examples=60, deadline=None)
@given(problems(8), st.integers(0, 40))
def test_there_is_an_answer_whenever_time_is_over(seats: list[Seat], after: int) -> None:
    found = seat(seats, seed=1, is_over=over_after(after))

    assert faults(seats, found) == []
    assert found.cost <= first_come_first_served(seats).cost


def over_after(asked: int) -> Callable[[], bool]:
    """Return a clock that says it is over once it was asked so often."""
    left = iter(range(asked))
    return lambda: next(left, None) is None


def test_whoever_has_no_way_is_left_to_a_person() -> None:
    assert seat([Seat(7, (), 500)], seed=1) == Seating({7: None}, 500)


def test_two_who_want_the_same_place_are_told_apart_by_what_it_costs_them() -> None:
    place, other = Option(1, ((1, 0, 0b11),)), Option(9, ((2, 0, 0b11),))
    far = Option(40, ((2, 0, 0b11),))

    found = seat([Seat(1, (place, other), 100), Seat(2, (place, far), 100)], seed=1)

    assert (found.chosen, found.cost) == ({1: 1, 2: 0}, 10)


def test_nobody_to_seat_costs_nothing() -> None:
    assert seat([], seed=1) == Seating({}, 0)


def test_two_seats_of_one_key_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="a key of its own"):
        seat([Seat(1, (), 1), Seat(1, (), 1)], seed=1)


def a_row(people: int) -> list[Seat]:
    """Return people who may each sit on one of two neighbouring places, and a last one who needs the first place."""
    takes = [((1, 1, 1 << place),) for place in range(people + 1)]
    row = [Seat(key, (Option(0, takes[key]), Option(1, takes[key + 1])), unseated=1000) for key in range(people)]
    return [*row, Seat(people, (Option(0, takes[0]),), unseated=1000)]


@pytest.mark.parametrize("people", [1, 5, 40])
def test_somebody_without_a_place_gets_one_by_a_chain_of_others_who_move_on(people: int) -> None:
    [contest] = contests(a_row(people), {})
    table = Table(contest)
    for number in table.seats:
        table.put(number, table.first_free(number))
    assert table.cost == 1000

    assert seat_everybody(table, random.Random(1), lambda: False)
    assert table.cost == people


def test_who_can_have_no_place_is_given_up_after_a_while() -> None:
    [contest] = contests([*a_row(3), Seat(9, (Option(0, ((1, 1, 1),)),), unseated=1000)], {})

    assert not seat_everybody(Table(contest), random.Random(1), lambda: False)
