"""Pure: prices on contested time, raised where more ask for it than may have it and lowered where nobody does.

At any prices, what everybody's cheapest choice costs less what all there is costs is below the cost of every seating
(Lagrangian relaxation, moved by Polyak's step). And what is dear shows the search who had better give way.
"""

from scheduling.domain.bitmap import each
from scheduling.domain.reseat.contest import Contest

FINE = 1000  # prices are whole thousandths of a cost: whole numbers add up to the same on every machine
FRUITLESS = 10  # rounds without a better bound before the steps get shorter
SHORTER = 0.6
SHORTEST = 0.005
LONGEST = 2.0


class Prices:
    """The prices of one contest. `bound`: no seating costs less."""

    def __init__(self, contest: Contest) -> None:
        pieces: dict[tuple[int, int], int] = {}
        self._rows = [
            [
                (choice.cost * FINE, tuple(pieces.setdefault(take, len(pieces)) for take in choice.takes))
                for choice in row
            ]
            for row in contest.choices
        ]
        quanta: dict[tuple[int, int], int] = {}
        self._pieces = [[quanta.setdefault((cell, at), len(quanta)) for at in each(bits)] for cell, bits in pieces]
        self._capacity = [contest.capacity[cell] for cell, _at in quanta]
        self._price = [0] * len(quanta)
        self._of_piece = [0] * len(pieces)
        self._best = self._price
        self._value = FINE * sum(row[0].cost for row in contest.choices)  # the best so far
        self._length = LONGEST
        self._fruitless = 0

    @property
    def bound(self) -> int:
        """Return a cost no seating can be below. Costs are whole: what can't be below 3.2 can't be below 4."""
        return -(-self._value // FINE)

    def room_below(self, cost: int) -> int:
        """Return how much more than the cheapest all choices of a seating below a cost can cost, in thousandths."""
        return (cost - 1) * FINE - self._value

    def of(self, seat: int) -> list[int]:
        """Return what each choice of a seat costs at these prices, in thousandths."""
        of_piece = self._of_piece
        return [cost + sum([of_piece[piece] for piece in pieces]) for cost, pieces in self._rows[seat]]

    def bargain(self, cost: int) -> bool:
        """Let everybody ask for the cheapest, then move the prices. `cost`: of some seating, which is to be beaten.

        Return whether there is anything to gain by going on.
        """
        value, excess = self._asked()
        self._judge(value)
        moves = [more if more > 0 or price else 0 for more, price in zip(excess, self._price, strict=True)]
        norm = sum([more * more for more in moves])
        if not norm or self.bound >= cost or self._length < SHORTEST:
            return False
        step = self._length * cost * FINE / norm
        self._price = [max(0, price + int(step * more)) for price, more in zip(self._price, moves, strict=True)]
        self._sum_up()
        return True

    def settle(self) -> None:
        """Go back to the prices with the best bound."""
        self._price = self._best
        self._sum_up()

    def _sum_up(self) -> None:
        price = self._price
        self._of_piece = [sum([price[at] for at in quanta]) for quanta in self._pieces]

    def _asked(self) -> tuple[int, list[int]]:
        """Return what nobody can be below at these prices, and by quantum how many too many ask for it."""
        excess = [-places for places in self._capacity]
        value = -sum([price * places for price, places in zip(self._price, self._capacity, strict=True)])
        for seat, row in enumerate(self._rows):
            costs = self.of(seat)
            least = min(costs)
            value += least
            for piece in row[costs.index(least)][1]:
                for at in self._pieces[piece]:
                    excess[at] += 1
        return value, excess

    def _judge(self, value: int) -> None:
        """Note a bound if it is the best; walk more carefully if none was for a while."""
        if value > self._value:
            self._value, self._best, self._fruitless = value, self._price, 0
            return
        self._fruitless += 1
        if self._fruitless >= FRUITLESS:
            self._fruitless = 0
            self._length *= SHORTER
