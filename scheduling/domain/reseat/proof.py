"""Pure: every seating that may still be cheaper than the best, looked at with the help of prices.

What a choice costs at the prices above the cheapest one is its loss. A seating costs at least the bound and all its
losses, so only seatings with small losses are worth looking at. If none is cheaper, the best is proved to be it.
"""

from dataclasses import dataclass

from scheduling.domain.reseat.prices import Prices
from scheduling.domain.reseat.table import Table


@dataclass(frozen=True, slots=True)
class Proof:
    """`chosen`: the cheapest seating found, None if none is cheaper. `is_complete`: nothing is cheaper than that."""

    chosen: list[int] | None
    is_complete: bool


def prove(table: Table, prices: Prices, cost: int, *, steps: int) -> Proof:
    """Look for a seating that costs less than so much, in so many steps. Leaves everybody unseated."""
    table.lift(table.seats)
    tree = _Tree(table, prices, cost, steps)
    tree.down(0, 0, 0)
    return Proof(tree.found, tree.steps > 0)


class _Tree:
    def __init__(self, table: Table, prices: Prices, cost: int, steps: int) -> None:
        self.table = table
        self.prices = prices
        self.steps = steps
        self.limit = cost
        self.found: list[int] | None = None
        self.path = [0] * len(table.seats)
        worth = [self._worth(seat) for seat in table.seats]
        order = sorted(table.seats, key=lambda seat: len(worth[seat]))
        self.depths = [(seat, worth[seat], table.costs[seat], table.takes[seat]) for seat in order]
        least = [table.costs[seat][0] for seat in order]
        self.rest = [sum(least[depth:]) for depth in range(1, len(order) + 1)]

    def _worth(self, seat: int) -> list[tuple[int, int]]:
        """Return (loss, choice) that leave the bound below the limit, the smallest loss first."""
        costs = self.prices.of(seat)
        least, most = min(costs), self._most()
        return sorted((cost - least, choice) for choice, cost in enumerate(costs) if cost - least <= most)

    def _most(self) -> int:
        return self.prices.room_below(self.limit)

    def down(self, depth: int, lost: int, spent: int) -> None:
        """Try everything for the seats from a depth on."""
        if depth == len(self.depths):
            self.limit = spent
            self.found = list(self.path)
            return
        table, rest = self.table, self.rest[depth]
        seat, worth, costs, takes = self.depths[depth]
        for loss, choice in worth:
            if lost + loss > self._most() or self.steps <= 0:
                return
            self.steps -= 1
            so_far = spent + costs[choice]
            if so_far + rest < self.limit and table.is_free(takes[choice]):
                table.occupy(takes[choice])
                self.path[seat] = choice
                self.down(depth + 1, lost + loss, so_far)
                table.vacate(takes[choice])
