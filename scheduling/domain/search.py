"""Pure: the cheapest legal sequence of days and starts, exactly.

For one standing time and one main device the cost of a start does not depend on its neighbours, so a course is a path
over places (blocks placed, latest day, count in the week, anchor of the phase). A* with a bound that never exceeds
the truth finds the cheapest one; where no path reaches the end, none exists.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scheduling.domain import cadence, options
from scheduling.domain.cadence import Block, Place
from scheduling.domain.costs import AS_ASKED, Costs
from scheduling.domain.options import Option
from scheduling.domain.space import Space, Told

EASY = 250  # places looked at before a search counts as a hard one
NEVER = 1 << 60


@dataclass(frozen=True, slots=True)
class Placed:
    """One block on its day."""

    block: Block
    day: int
    option: Option


@dataclass(frozen=True, slots=True)
class Path:
    """A whole course, and what it costs."""

    placed: tuple[Placed, ...]
    cost: int


@dataclass(frozen=True, slots=True)
class _Rest:
    """By number of blocks left and day: the least the options of the rest can cost, from that day on."""

    first: int
    blocks: int
    tables: Sequence[Sequence[int]]

    def at(self, place: Place) -> int:
        """Return the least the rest can cost beside the days it takes."""
        table = self.tables[self.blocks - place.placed]
        return table[max(0, min(place.day + 1 - self.first if place.placed else 0, len(table) - 1))]


@dataclass(slots=True)
class Search:
    """The searches of one wish and one standing time (quantum), a main device each."""

    space: Space
    wanted: int
    window: tuple[int, int] | None
    costs: Costs = AS_ASKED
    promise: Mapping[int, int] = field(default_factory=dict)  # device to its rank: of equally good ones the first
    _options: dict[tuple[int, tuple[str, ...], int | None], Option | None] = field(default_factory=dict)
    _offers: dict[tuple[int, tuple[str, ...]], Sequence[Option]] = field(default_factory=dict)
    _rests: dict[int | None, _Rest] = field(default_factory=dict)

    def cheapest(self, *, main: int | None, limit: int | None = None) -> Path | None:
        """Return the cheapest path around a main device that costs less than `limit`, or None."""
        root = self.space.root()
        queue = [(self._bound_of(root), 0, _key(root))]
        cost_to = {root: 0}
        came: dict[Place, tuple[Place, Placed]] = {}
        rest: _Rest | None = None
        taken = 0
        while queue:
            estimate, cost, key = heapq.heappop(queue)
            place = _place(key)
            if limit is not None and estimate >= limit:
                return None
            if cost > cost_to[place]:
                continue
            self.space.deepest = max(self.space.deepest, place.placed)
            if place.placed == len(self.space.blocks):
                return Path(_walk(came, place), cost)
            taken += 1
            if taken == EASY:
                # A hard one: a better bound is worth its price now, and what waits is weighed anew.
                rest = self._rest_of(main)
                queue = [(cost_ + self._bound_of(_place(k)) + rest.at(_place(k)), cost_, k) for _e, cost_, k in queue]
                heapq.heapify(queue)
            for following, step, price in self._steps(place, main):
                total = cost + price
                if total < cost_to.get(following, total + 1):
                    cost_to[following] = total
                    came[following] = (place, step)
                    ahead = self._bound_of(following) + (rest.at(following) if rest else 0)
                    heapq.heappush(queue, (total + ahead, total, _key(following)))
        return None

    def _rest_of(self, main: int | None) -> _Rest:
        main = main if self.space.bounds.is_one_device else None
        if main not in self._rests:
            self._rests[main] = self._find_rest(main)
        return self._rests[main]

    def _find_rest(self, main: int | None) -> _Rest:
        """Return what the blocks still to be placed cost at least, were they only one day apart."""
        first, last = self.space.bounds.start_on, self.space.bounds.last_day
        after = [0] * (last - first + 2)
        tables = [after]
        for index in range(len(self.space.blocks) - 1, self.space.root().placed - 1, -1):
            block = self.space.blocks[index]
            table = [NEVER] * (last - first + 2)
            best = NEVER
            days = set(self.space.allowed(index, self.space.days(block.phase, block.visits, first, last)))
            for day in range(last, first - 1, -1):
                option = self._option(day, index, main) if day in days else None
                if option is not None:
                    is_interval = block.phase.interval_weeks and index
                    late = 0 if is_interval else self.costs.late * max(0, day - self.space.ideal[index])
                    uncovered = 0 if self.space.bounds.is_covered(day) else self.costs.uncovered * len(block.visits)
                    best = min(best, option.cost + late + uncovered + after[day - first + 1])
                table[day - first] = best
            after = table
            tables.append(table)
        return _Rest(first, len(self.space.blocks), tables)

    def _steps(self, place: Place, main: int | None) -> list[tuple[Place, Placed, int]]:
        block = self.space.blocks[place.placed]
        reach = self.space.reach_of(place)
        found = []
        for day, in_week, trips in reach.days:
            option = self._option(day, place.placed, main)
            if option is not None:
                following = self.space.follow(place, reach, day, in_week, trips)
                cost = option.cost + self._step_cost(place, block, day, following.anchor)
                found.append((following, Placed(block, day, option), cost))
        return found

    def _step_cost(self, place: Place, block: Block, day: int, anchor: int) -> int:
        phase, gap, costs = block.phase, day - place.day, self.costs
        if phase.interval_weeks and place.placed:
            # A distance is kept, not shortened: neither the end nor the earliest day is worth anything here.
            cost = costs.off_interval * abs(gap - 7 * phase.interval_weeks)
        else:
            waited = cadence.days_waited(phase, block.index, place.day, day)
            cost = costs.day_later * waited + costs.late * max(0, day - self.space.ideal[place.placed])
        if block.index and phase.wish_gap_days:
            cost += costs.short_gap * max(0, phase.wish_gap_days - gap)
        if cadence.keeps_weekday(phase) and cadence.quota(phase, day, anchor) == 1:
            cost += costs.off_weekday * cadence.weekday_drift(day, anchor)
        if not self.space.bounds.is_covered(day):
            cost += costs.uncovered * len(block.visits)
        return cost

    def _option(self, day: int, index: int, main: int | None) -> Option | None:
        told = self.space.bounds.told.get(index)
        if told is not None:
            return self._option_told(day, self.space.blocks[index], main, told)
        key = (day, self.space.blocks[index].visits, main)
        if key not in self._options:
            self._options[key] = self._cheapest(day, self.space.blocks[index], main)
        return self._options[key]

    def _option_told(self, day: int, block: Block, main: int | None, told: Told) -> Option | None:
        """Return the cheapest start of a block the patient knows the time of: staying there costs nothing."""
        if day == told.day:
            starts = self.space.book.block_starts(day, block.visits, block.offsets)
            if starts.get(told.main, 0) >> told.quantum & 1:
                return Option(told.quantum, told.main, 0)
            # The same time on another device: nothing the patient was told changes.
            others = [lane for lane, mask in starts.items() if mask >> told.quantum & 1]
            if others:
                device = main if main in others else options.most_promising(others, self.promise)
                return Option(told.quantum, device, self.costs.other_device)
        best = self._cheapest(day, block, main)
        return best and Option(best.quantum, best.main, best.cost + self.costs.moved)

    def _cheapest(self, day: int, block: Block, main: int | None) -> Option | None:
        offers = self._offers_on(day, block)
        if self.space.bounds.is_one_device:
            offers = [offer for offer in offers if offer.main == main]
        return options.cheapest(offers, main, self.costs.other_device, self.promise)

    def _offers_on(self, day: int, block: Block) -> Sequence[Option]:
        key = (day, block.visits)
        if key not in self._offers:
            self._offers[key] = self.space.book.offers(
                day, block.visits, offsets=block.offsets, wanted=self.wanted, window=self.window, costs=self.costs
            )
        return self._offers[key]

    def _bound_of(self, place: Place) -> int:
        return self.costs.day_later * self.space.days_left(place)


def _place(key: tuple[int, int, int, int, int]) -> Place:
    return Place(-key[0], *key[1:])


def _key(place: Place) -> tuple[int, int, int, int, int]:
    # More blocks placed first among equals: the search runs to the end before it looks sideways.
    return -place.placed, place.day, place.in_week, place.anchor, place.trips


def _walk(came: Mapping[Place, tuple[Place, Placed]], place: Place) -> tuple[Placed, ...]:
    steps = []
    while place in came:
        place, step = came[place]
        steps.append(step)
    return tuple(reversed(steps))
