"""Pure: some people seated anew among all the others: the best way found by looking ahead, within so many steps."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.domain.reseat.table import Table

BY_TIME = 0.6  # how often whoever must be served by the earliest time comes first, and not who has the fewest choices
LATER = 6  # quanta: how far chance puts somebody back who must be served by a time
DEARER = 0.5  # and how far, of the number, somebody who has few choices


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `is_final`: every way was looked at, none is cheaper."""

    is_better: bool
    is_final: bool


def seat_anew(table: Table, seats: Sequence[int], chance: random.Random, *, steps: int) -> Outcome:
    """Seat some people in another way that costs no more, if there is one in reach."""
    cost = table.cost
    before = [table.chosen[seat] for seat in seats]
    table.lift(seats)
    lookahead = _Lookahead(table, seats, before, steps)
    found = lookahead.best(chance)
    for seat, choice in zip(seats, found, strict=True):
        table.put(seat, choice)
    return Outcome(is_better=table.cost < cost, is_final=lookahead.steps > 0)


class _Lookahead:
    """Depth first over what is free, the cheapest first. Equally cheap is enough: that is how the search wanders."""

    def __init__(self, table: Table, seats: Sequence[int], before: Sequence[int], steps: int) -> None:
        costs = [table.costs[seat] for seat in seats]
        self.table = table
        self.steps = steps
        self.found = list(before)
        self.limit = sum(of_seat[choice] for of_seat, choice in zip(costs, before, strict=True)) + 1
        self.least = [of_seat[table.first_free(seat)] for of_seat, seat in zip(costs, seats, strict=True)]
        slack = self.limit - 1 - sum(self.least)
        self.free = [table.all_free(seat, low + slack) for seat, low in zip(seats, self.least, strict=True)]
        self.seats = seats

    def best(self, chance: random.Random) -> list[int]:
        """Return the cheapest choices found by seat; those before if nothing is as cheap."""
        at_depth = self._order(chance)
        self.depths = [
            (at, self.free[at], self.table.costs[self.seats[at]], self.table.takes[self.seats[at]]) for at in at_depth
        ]
        self.rest = [sum(self.least[at] for at in at_depth[depth:]) for depth in range(1, len(at_depth) + 1)]
        self.path = list(self.found)
        self._down(0, 0)
        return self.found

    def _order(self, chance: random.Random) -> list[int]:
        until = self.table.until
        if chance.random() < BY_TIME:
            back = [until[seat] + LATER * chance.random() for seat in self.seats]
        else:
            back = [len(free) * (1 + DEARER * chance.random()) for free in self.free]
        return sorted(range(len(back)), key=back.__getitem__)

    def _down(self, depth: int, spent: int) -> None:
        if depth == len(self.depths):
            self.limit = spent
            self.found = list(self.path)
            return
        table, rest = self.table, self.rest[depth]
        at, free, costs, takes = self.depths[depth]
        for choice in free:
            so_far = spent + costs[choice]
            if so_far + rest >= self.limit or self.steps <= 0:
                return
            self.steps -= 1
            if table.is_free(takes[choice]):
                table.occupy(takes[choice])
                self.path[at] = choice
                self._down(depth + 1, so_far)
                table.vacate(takes[choice])
