"""Pure: what no seating can cost less than."""

from collections.abc import Mapping, Sequence

from scheduling.domain.reseat.contest import Contest, contests
from scheduling.domain.reseat.prices import Prices
from scheduling.domain.reseat.shapes import ALONE, Seat
from scheduling.domain.reseat.table import Table

ROUNDS = 200


def lower_bound(seats: Sequence[Seat], *, capacity: Mapping[int, int] = ALONE) -> int:
    """Return a cost no seating is below: everybody at the cheapest, and more where they are in each other's way."""
    return sum(_of(contest) for contest in contests(seats, capacity))


def _of(contest: Contest) -> int:
    table = Table(contest)
    for seat in table.seats:
        table.put(seat, table.first_free(seat))
    prices = Prices(contest)
    for _round in range(ROUNDS):
        if not prices.bargain(table.cost):
            break
    return prices.bound
