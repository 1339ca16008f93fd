"""Pure: the search in one contest: several orders, prices on what is scarce, a few people seated anew at a time."""

import random
from collections.abc import Callable, Iterable
from functools import cached_property

from scheduling.domain.reseat.anew import seat_anew
from scheduling.domain.reseat.contest import Contest
from scheduling.domain.reseat.ejecting import seat_everybody
from scheduling.domain.reseat.prices import Prices
from scheduling.domain.reseat.proof import prove
from scheduling.domain.reseat.table import Table

ORDERS = 6  # in which people are served before anything else
BARGAINS = 1_500_000  # choices that are priced in all, and in how many rounds at least and at most
ROUNDS = (30, 300)
SERVED = 3  # rounds of bargaining between two seatings by price
PROOF = 30_000  # steps
NEIGHBOURS = (3, 12)  # people who are seated anew at once
LOOKS = 3  # at choices each of them would rather have
STEPS = 400  # of looking ahead each time
PATIENCE = 8  # tries in vain before a restart, by seat
SHAKEN = 0.2  # share of the people a restart seats elsewhere
NOISE = 0.1  # on prices


class Search:
    """The search in one contest. `best`: by seat, its choice; never worse than first come, first served."""

    def __init__(self, contest: Contest, chance: random.Random, is_over: Callable[[], bool]) -> None:
        self._table = Table(contest)
        self._contest = contest
        self._chance = chance
        self._is_over = is_over
        self._bound = sum(row[0].cost for row in contest.choices)
        self._serve(self._table.seats)
        self.best = list(self._table.chosen)
        self.cost = self._table.cost

    def is_done(self) -> bool:
        """Return whether nothing is better, or time is over."""
        return self.cost <= self._bound or self._is_over()

    def restart(self, turn: int) -> None:
        """Look for something better, each time from elsewhere."""
        if turn == 0:
            self._try_orders()
        elif turn == 1:
            self._bargain()
        elif self._is_somebody_left():
            self._seat_everybody()
        elif turn % 2:
            self._shake()
        else:
            self._serve_by_price(NOISE)
        self._improve()
        if turn == 1:
            self._prove()

    @cached_property
    def _prices(self) -> Prices:
        return Prices(self._contest)

    def _note(self) -> None:
        if self._table.cost < self.cost:
            self.cost = self._table.cost
            self.best = list(self._table.chosen)

    def _serve(self, order: Iterable[int]) -> None:
        self._table.lift(self._table.seats)
        for seat in order:
            self._table.put(seat, self._table.first_free(seat))

    def _try_orders(self) -> None:
        """Serve those with the fewest choices first, those whose time is over first, and with more and more chance."""
        table = self._table
        for turn in range(ORDERS):
            if self.is_done():
                return
            rank = table.until if turn % 2 else table.nowhere
            self._serve(sorted(table.seats, key=lambda seat: rank[seat] * (1 + turn // 2 * self._chance.random() / 4)))
            self._note()
        table.set(self.best)

    def _bargain(self) -> None:
        prices = self._prices
        least, most = ROUNDS
        for turn in range(max(least, min(most, BARGAINS // sum(map(len, self._table.costs))))):
            if self.is_done() or not prices.bargain(self.cost):
                break
            if turn % SERVED == 0:
                self._serve_by_price()
        prices.settle()
        self._bound = max(self._bound, prices.bound)
        self._table.set(self.best)

    def _serve_by_price(self, noise: float = 0) -> None:
        """Seat everybody where it is cheapest with the prices, those with the most to lose first."""
        table, chance = self._table, self._chance
        table.lift(table.seats)
        losses = []
        for seat in table.seats:
            costs = [cost * (1 + noise * chance.random()) for cost in self._prices.of(seat)]
            by_price = sorted(range(len(costs)), key=costs.__getitem__)
            loss = costs[by_price[1]] - costs[by_price[0]] if len(costs) > 1 else 0
            losses.append((loss * chance.uniform(0.7, 1.4), seat, by_price))
        for _loss, seat, by_price in sorted(losses, reverse=True):
            table.put(seat, next(choice for choice in by_price if table.is_free(table.takes[seat][choice])))
        for seat in sorted(table.seats, key=table.loss, reverse=True):
            table.lift([seat])
            table.put(seat, table.first_free(seat))
        self._note()

    def _is_somebody_left(self) -> bool:
        self._table.set(self.best)
        return any(map(self._table.is_left, self._table.seats))

    def _seat_everybody(self) -> None:
        """Find a place for whoever has none; for who can't have one it is no use."""
        if seat_everybody(self._table, self._chance, self._is_over):
            self._note()
        else:
            self._shake()

    def _shake(self) -> None:
        table = self._table
        table.set(self.best)
        shaken = self._chance.sample(table.seats, int(SHAKEN * len(table.seats)))
        table.lift(shaken)
        for seat in shaken:
            table.put(seat, table.first_free(seat))

    def _prove(self) -> None:
        """Look at everything near the bound, then a little farther; what is not found there does not exist."""
        reach = 1
        while not self.is_done():
            below = min(self.cost, self._bound + reach)
            proof = prove(self._table, self._prices, below, steps=PROOF)
            if proof.chosen:
                self._table.set(proof.chosen)
                self._note()
            if not proof.is_complete:
                return
            self._bound = min(below, self.cost)
            reach *= 2

    def _improve(self) -> None:
        in_vain, patience = 0, PATIENCE * len(self._table.seats)
        while in_vain < patience and not self.is_done():
            in_vain += 1
            unhappy = [seat for seat in self._table.seats if self._table.loss(seat)]
            if seat_anew(self._table, self._near(self._chance.choice(unhappy)), self._chance, steps=STEPS).is_better:
                in_vain = 0
                self._note()

    def _near(self, focus: int) -> list[int]:
        """Return somebody unhappy, those in the way of something better, and those in their way in turn."""
        table, wanted = self._table, self._chance.randint(*NEIGHBOURS)
        near = [focus]
        for seat in near:
            for _look in range(LOOKS):
                # Rather one of the cheapest than one that is a little better than now.
                better = int(table.chosen[seat] * self._chance.random() ** 2)
                others = [other for other in table.in_the_way(seat, better) if other not in near]
                self._chance.shuffle(others)
                near += others
                if len(near) >= wanted:
                    return near[:wanted]
        return near
