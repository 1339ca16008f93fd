"""Pure: people seated at the least cost the search finds."""

import random
from collections.abc import Callable, Mapping, Sequence

from scheduling.domain.reseat.contest import contests
from scheduling.domain.reseat.search import Search
from scheduling.domain.reseat.shapes import ALONE, Seat, Seating

RESTARTS = 8


def never() -> bool:
    """Return that there is time."""
    return False


def seat(
    seats: Sequence[Seat],
    *,
    seed: int,
    restarts: int = RESTARTS,
    is_over: Callable[[], bool] = never,
    capacity: Mapping[int, int] = ALONE,
) -> Seating:
    """Return who sits where, cheaply: the same for the same seats, seed and restarts unless `is_over` ends it before.

    `is_over` is asked often and may look at a clock; there is an answer even if it is over at once. `capacity`: how
    many may take the same five minutes of a lane, where it is not one. Never dearer than first come, first served.

    :raises ValueError: two seats have the same key.
    """
    if len({seat.key for seat in seats}) < len(seats):
        raise ValueError("Every seat needs a key of its own.")
    groups = contests(seats, capacity)
    chance = random.Random(seed)  # noqa: S311 - an order of trying, not a secret
    searches = [Search(contest, chance, is_over) for contest in groups]
    for turn in range(restarts):
        under_way = [search for search in searches if not search.is_done()]
        if not under_way:
            break
        for search in under_way:
            search.restart(turn)
    chosen = {
        seats[at].key: row[choice].option
        for contest, search in zip(groups, searches, strict=True)
        for at, row, choice in zip(contest.seats, contest.choices, search.best, strict=True)
    }
    return Seating(chosen, sum(search.cost for search in searches))


def first_come_first_served(seats: Sequence[Seat], *, capacity: Mapping[int, int] = ALONE) -> Seating:
    """Return what a desk without a plan would do: everybody in turn gets the cheapest that is left."""
    return seat(seats, seed=0, restarts=0, capacity=capacity)
