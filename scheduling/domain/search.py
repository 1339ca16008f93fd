"""Pure: the cheapest legal sequence of days and starts, exactly.

For one standing time and one main device the cost of a start does not depend on its neighbours, so a course is a path
over places (blocks placed, latest day, count in the week, anchor of the phase). A* with a bound that never exceeds
the truth finds the cheapest one; where no path reaches the end, none exists. Where a block may go and the bound do not
depend on the device, so they are worked out once for all devices.
"""

import heapq
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scheduling.domain import cadence, options
from scheduling.domain.cadence import Block, Place
from scheduling.domain.costs import DAY_LATER, LATE, OFF_INTERVAL, SHORT_GAP
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.options import DayBook, Option
from scheduling.domain.protocol import Phase


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
class Reach:
    """Where the next block may go: the anchor of its phase, and (day, blocks already in that week)."""

    anchor: int
    days: Sequence[tuple[int, int]]


@dataclass(slots=True)
class Search:
    """The searches of one wish and one standing time (quantum), a main device each."""

    blocks: Sequence[Block]
    book: DayBook
    start_on: int
    last_day: int
    wanted: int
    window: tuple[int, int] | None
    hard_gap: int | None
    ideal: Sequence[int] = field(
        init=False
    )  # the day the cadence would give each block, were every time of day as good as another
    deepest: int = 0  # how many blocks could be placed at the most: names the session that does not fit
    _options: dict[tuple[int, tuple[str, ...], int | None], Option | None] = field(default_factory=dict)
    _offers: dict[tuple[int, tuple[str, ...]], Sequence[Option]] = field(default_factory=dict)
    _reaches: dict[Place, Reach] = field(default_factory=dict)
    _bounds: dict[Place, int] = field(default_factory=dict)
    _usable: dict[tuple[tuple[int, ...], str], list[int]] = field(default_factory=dict)

    def cheapest(self, *, main: int | None, limit: int | None = None) -> Path | None:
        """Return the cheapest path around a main device that costs less than `limit`, or None."""
        root = Place(0, self.start_on, 0, self.start_on)
        queue = [(self._bound_of(root), 0, _key(root))]
        cost_to = {root: 0}
        came: dict[Place, tuple[Place, Placed]] = {}
        while queue:
            estimate, cost, key = heapq.heappop(queue)
            place = Place(-key[0], *key[1:])
            if limit is not None and estimate >= limit:
                return None
            if cost > cost_to[place]:
                continue
            self.deepest = max(self.deepest, place.placed)
            if place.placed == len(self.blocks):
                return Path(_walk(came, place), cost)
            for following, step, price in self._steps(place, main):
                total = cost + price
                if total < cost_to.get(following, total + 1):
                    cost_to[following] = total
                    came[following] = (place, step)
                    heapq.heappush(queue, (total + self._bound_of(following), total, _key(following)))
        return None

    def __post_init__(self) -> None:
        self.ideal = self._ideal_days()

    def _ideal_days(self) -> list[int]:
        """Return the earliest day of each block, one after the other, at the spacing its phase wishes."""
        place = Place(0, self.start_on, 0, self.start_on)
        days: list[int] = []
        for block in self.blocks:
            reach = self._reach(place, block, spaced=True)
            day = next((day for day, _in_week in reach.days), None)
            if day is None:
                return days + [self.last_day] * (len(self.blocks) - len(days))
            in_week = place.in_week if block.index and cadence.monday(day) == cadence.monday(place.day) else 0
            place = Place(place.placed + 1, day, in_week + 1, reach.anchor)
            days.append(day)
        return days

    def _reach(self, place: Place, block: Block, *, spaced: bool = False) -> Reach:
        """Return the days the next block may fall on, with what its week holds already."""
        phase = block.phase
        gap = max(phase.min_gap_days, phase.wish_gap_days or 0) if spaced else phase.min_gap_days
        if block.index == 0:
            anchor, first = cadence.entry(block, place, self.start_on)
        else:
            anchor, first = place.anchor, place.day + gap
        low, high = cadence.window(block, place, anchor, first, self.hard_gap)
        last = self.last_day if high is None else min(high, self.last_day)
        found = []
        for day in self._days(phase, block.visits, low, last):
            # Counted within the phase: a new phase starts its own week.
            in_week = place.in_week if block.index and cadence.monday(day) == cadence.monday(place.day) else 0
            most = cadence.quota(phase, day, anchor)
            if most is None or in_week < most:
                found.append((day, in_week))
        return Reach(anchor, found)

    def _steps(self, place: Place, main: int | None) -> list[tuple[Place, Placed, int]]:
        block = self.blocks[place.placed]
        reach = self._reaches.get(place)
        if reach is None:
            reach = self._reaches[place] = self._reach(place, block)
        found = []
        for day, in_week in reach.days:
            option = self._option(day, block, main)
            if option is not None:
                following = Place(place.placed + 1, day, in_week + 1, reach.anchor)
                found.append((following, Placed(block, day, option), option.cost + self._step_cost(place, block, day)))
        return found

    def _step_cost(self, place: Place, block: Block, day: int) -> int:
        phase, gap = block.phase, day - place.day
        cost = DAY_LATER * gap + LATE * max(0, day - self.ideal[place.placed])
        if block.index and phase.wish_gap_days:
            cost += SHORT_GAP * max(0, phase.wish_gap_days - gap)
        if block.index and phase.interval_weeks:
            cost += OFF_INTERVAL * abs(gap - 7 * phase.interval_weeks)
        return cost

    def _option(self, day: int, block: Block, main: int | None) -> Option | None:
        key = (day, block.visits, main)
        if key not in self._options:
            self._options[key] = options.cheapest(self._offers_on(day, block), main)
        return self._options[key]

    def _offers_on(self, day: int, block: Block) -> Sequence[Option]:
        key = (day, block.visits)
        if key not in self._offers:
            spacing = (block.phase.spacing_minutes or 0) // QUANTUM
            self._offers[key] = self.book.offers(
                day, block.visits, spacing=spacing, wanted=self.wanted, window=self.window
            )
        return self._offers[key]

    def _days(self, phase: Phase, visits: Sequence[str], low: int, last: int) -> Sequence[int]:
        """Return the days of the phase's weekdays on which the first visit has any start at all, within bounds."""
        key = (phase.weekdays, visits[0])
        if key not in self._usable:
            self._usable[key] = [
                day
                for day in range(self.start_on, self.last_day + 1)
                if (day - 1) % 7 + 1 in phase.weekdays and self.book.starts(day, visits[0])
            ]
        days = self._usable[key]
        return days[bisect_left(days, low) : bisect_left(days, last + 1)]

    def _bound_of(self, place: Place) -> int:
        if place not in self._bounds:
            self._bounds[place] = self._bound(place)
        return self._bounds[place]

    def _bound(self, place: Place) -> int:
        """Return a cost the rest can't undercut: the days to the earliest possible end, by quotas and gaps."""
        day, in_week, index = place.day, place.in_week, place.placed
        anchor = place.anchor
        while index < len(self.blocks):
            block = self.blocks[index]
            remaining = block.last_in_phase - block.index + 1
            if block.index == 0:
                anchor, first = cadence.entry(block, Place(index, day, 0, anchor), self.start_on)
                in_week = 0
            else:
                first = day + block.phase.min_gap_days
            day = self._phase_end(block, remaining, first, day, in_week, anchor)
            index += remaining
            in_week = 0
        return DAY_LATER * max(0, day - place.day)

    def _phase_end(self, block: Block, remaining: int, first: int, day: int, in_week: int, anchor: int) -> int:
        phase = block.phase
        if phase.windows_days:
            return max(day, anchor + phase.windows_days[block.last_in_phase][0])
        if phase.interval_weeks:
            return day + cadence.interval_days(phase)[0] * (remaining - (1 if block.index == 0 else 0))
        used = in_week if cadence.monday(first) == cadence.monday(day) else 0
        by_quota = cadence.quota_end(phase, remaining, first, used, anchor) if phase.per_week or phase.weeks else first
        by_gap = first + (remaining - 1) * phase.min_gap_days
        return max(by_quota, by_gap, self._by_calendar(phase, block, remaining, first))

    def _by_calendar(self, phase: Phase, block: Block, remaining: int, first: int) -> int:
        days = self._days(phase, block.visits[-1:], first, self.last_day)
        if block.index == 0 or len(days) < remaining:
            # The first block may be of another kind of visit: leave it out of the count.
            remaining -= 1
        return days[remaining - 1] if 0 < remaining <= len(days) else first


def _key(place: Place) -> tuple[int, int, int, int]:
    # More blocks placed first among equals: the search runs to the end before it looks sideways.
    return -place.placed, place.day, place.in_week, place.anchor


def _walk(came: Mapping[Place, tuple[Place, Placed]], place: Place) -> tuple[Placed, ...]:
    steps = []
    while place in came:
        place, step = came[place]
        steps.append(step)
    return tuple(reversed(steps))
