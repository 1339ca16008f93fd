"""Pure: who sits where in one contest, and what is taken by them."""

from collections.abc import Iterable, Sequence

from scheduling.domain.reseat.contest import Choice, Contest, Takes, pile, unpile


class Table:
    """The seats of a contest, each with one of its choices: the search's ground. At first nobody is seated."""

    def __init__(self, contest: Contest) -> None:
        self.seats = range(len(contest.choices))
        self.costs = [[choice.cost for choice in row] for row in contest.choices]
        self.takes = [[choice.takes for choice in row] for row in contest.choices]
        self.until = [_until(row) for row in contest.choices]
        self.nowhere = [len(row) - 1 for row in contest.choices]
        self.chosen = list(self.nowhere)
        self._is_seated_anyway = [row[-1].option is not None for row in contest.choices]  # where nobody else wants to
        self.cost = sum(costs[-1] for costs in self.costs)
        self._levels = [[0] * places for places in contest.capacity]
        self._full = [0] * len(contest.capacity)  # the last of the levels
        self._sitters: list[dict[int, int]] = [{} for _cell in contest.capacity]  # by cell: what each seat takes

    def put(self, seat: int, choice: int) -> None:
        """Move a seat to another of its choices, which must be free."""
        self.cost += self.costs[seat][choice] - self.costs[seat][self.chosen[seat]]
        self.vacate(self.takes[seat][self.chosen[seat]])
        for cell, _bits in self.takes[seat][self.chosen[seat]]:
            del self._sitters[cell][seat]
        self.chosen[seat] = choice
        self.occupy(self.takes[seat][choice])
        for cell, bits in self.takes[seat][choice]:
            self._sitters[cell][seat] = bits

    def lift(self, seats: Iterable[int]) -> None:
        """Leave seats unseated."""
        for seat in seats:
            self.put(seat, self.nowhere[seat])

    def set(self, chosen: Sequence[int]) -> None:
        """Seat everybody as they sat at another time."""
        changed = [seat for seat in self.seats if self.chosen[seat] != chosen[seat]]
        self.lift(changed)
        for seat in changed:
            self.put(seat, chosen[seat])

    def occupy(self, takes: Takes) -> None:
        """Take what is free."""
        for cell, bits in takes:
            levels = self._levels[cell]
            if len(levels) == 1:
                levels[0] |= bits
            else:
                pile(levels, bits)
            self._full[cell] = levels[-1]

    def vacate(self, takes: Takes) -> None:
        """Give back what was taken."""
        for cell, bits in takes:
            levels = self._levels[cell]
            if len(levels) == 1:
                levels[0] ^= bits
            else:
                unpile(levels, bits)
            self._full[cell] = levels[-1]

    def is_free(self, takes: Takes) -> bool:
        """Return whether there is room."""
        full = self._full
        for cell, bits in takes:  # noqa: SIM110 - the innermost loop of the search; any() takes twice as long
            if full[cell] & bits:
                return False
        return True

    def first_free(self, seat: int) -> int:
        """Return the cheapest choice that is free, for a seat that takes nothing at the moment."""
        return next(choice for choice, takes in enumerate(self.takes[seat]) if self.is_free(takes))

    def all_free(self, seat: int, dearest: int) -> list[int]:
        """Return the choices that are free and cost no more than so much, the cheapest first."""
        found, costs = [], self.costs[seat]
        for choice, takes in enumerate(self.takes[seat]):
            if costs[choice] > dearest:
                break
            if self.is_free(takes):
                found.append(choice)
        return found

    def in_the_way(self, seat: int, choice: int) -> list[int]:
        """Return the other seats of which some would have to leave for a choice."""
        found: dict[int, None] = {}
        for cell, bits in self.takes[seat][choice]:
            missing = self._full[cell] & bits
            if missing:
                found |= {other: None for other, theirs in self._sitters[cell].items() if theirs & missing}
        found.pop(seat, None)
        return list(found)

    def is_left(self, seat: int) -> bool:
        """Tell whether a seat has no place at all, though there are places it could have."""
        nowhere = self.nowhere[seat]
        return self.chosen[seat] == nowhere > 0 and not self._is_seated_anyway[seat]

    def loss(self, seat: int) -> int:
        """Return how much worse than at its cheapest a seat sits."""
        return self.costs[seat][self.chosen[seat]] - self.costs[seat][0]


def _until(row: Sequence[Choice]) -> int:
    """Return the quantum by which the last of the cheapest choices is over."""
    cheapest = (choice.takes for choice in row if choice.cost == row[0].cost)
    return max((bits.bit_length() for takes in cheapest for _cell, bits in takes), default=0)
