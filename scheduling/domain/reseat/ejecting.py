"""Pure: a place for everybody: whoever has none takes one, and whoever sat there looks for another, again and again.

Who was in vain often is not made to leave for others: an ejection pool with penalties (Nagata and Braysy, 2009).
"""

import random
from collections.abc import Callable

from scheduling.domain.reseat.table import Table

STEPS = 30  # by seat


def seat_everybody(table: Table, chance: random.Random, is_over: Callable[[], bool]) -> bool:
    """Move people until nobody is left without a place, whatever it costs; return whether that came about."""
    vain = [1] * len(table.seats)
    waiting = [seat for seat in table.seats if table.is_left(seat)]
    for _step in range(STEPS * len(table.seats)):
        if not waiting or is_over():
            break
        seat = waiting.pop(0)
        table.put(seat, table.first_free(seat))
        if table.is_left(seat):
            vain[seat] += 1
            choice, leaving = _gentlest(table, seat, vain, chance)
            table.lift(leaving)
            table.put(seat, choice)
            waiting += [other for other in leaving if table.is_left(other)]
    return not waiting


def _gentlest(table: Table, seat: int, vain: list[int], chance: random.Random) -> tuple[int, list[int]]:
    """Return the choice for which those have to leave who find another place the easiest, and who they are."""
    best: tuple[float, int, list[int]] | None = None
    for choice in range(table.nowhere[seat]):
        leaving = table.in_the_way(seat, choice)
        weight = sum(vain[other] for other in leaving) + chance.random() / 2
        if best is None or weight < best[0]:
            best = weight, choice, leaving
    assert best is not None, "whoever can't sit anywhere is not here"
    return best[1], best[2]
