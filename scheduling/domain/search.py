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
from scheduling.domain.costs import AS_ASKED, Costs
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
    """Where the next block may go: the anchor of its phase, and (day, blocks and trips already in that week)."""

    anchor: int
    days: Sequence[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Told:
    """Where a block already is, as the patient knows it."""

    day: int
    quantum: int
    main: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """What every search of a wish shares beside the blocks: first and last day, longest gap, and day-wise limits."""

    start_on: int
    last_day: int
    hard_gap: int | None = None
    weekdays: frozenset[int] | None = None
    max_travel_days: int | None = None
    travelled: frozenset[int] = frozenset()  # days on which the patient comes anyway
    covered: tuple[tuple[int, int], ...] | None = None  # spans of days an authorisation pays for
    is_one_device: bool = False  # no other device than the main one, whatever it costs
    root: Place | None = None  # where a course under way stands; None: at its beginning
    told: Mapping[int, Told] = field(default_factory=dict)  # block index to where it is now
    fixed: frozenset[int] = frozenset()  # block indexes that stay where the patient was told
    shut: frozenset[int] = frozenset()  # days no block but a fixed one may use
    is_gap_waived: bool = False  # the first block may stand after the longest gap: a clinician said so

    def is_covered(self, day: int) -> bool:
        """Tell whether an authorisation pays for a visit on a day, as far as dates go."""
        return self.covered is None or any(first <= day <= last for first, last in self.covered)


@dataclass(slots=True)
class Shared:
    """What searches of one wish over one book share: none of it depends on tastes, times or the device."""

    reaches: dict[Place, Reach] = field(default_factory=dict)
    days_left: dict[Place, int] = field(default_factory=dict)
    usable: dict[tuple[tuple[int, ...], str], list[int]] = field(default_factory=dict)
    ideal: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Search:
    """The searches of one wish and one standing time (quantum), a main device each."""

    blocks: Sequence[Block]
    book: DayBook
    bounds: Bounds
    wanted: int
    window: tuple[int, int] | None
    costs: Costs = AS_ASKED
    # The day the cadence would give each block, were every time of day as good as another.
    ideal: Sequence[int] = field(init=False)
    shared: Shared = field(default_factory=Shared)
    deepest: int = 0  # how many blocks could be placed at the most: names the session that does not fit
    _options: dict[tuple[int, tuple[str, ...], int | None], Option | None] = field(default_factory=dict)
    _offers: dict[tuple[int, tuple[str, ...]], Sequence[Option]] = field(default_factory=dict)

    def cheapest(self, *, main: int | None, limit: int | None = None) -> Path | None:
        """Return the cheapest path around a main device that costs less than `limit`, or None."""
        root = self._root()
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
        if not self.shared.ideal:
            self.shared.ideal = self._ideal_days()
        self.ideal = self.shared.ideal

    def _root(self) -> Place:
        return self.bounds.root or Place(0, self.bounds.start_on, 0, self.bounds.start_on)

    def can_finish(self, *, main: int | None = None) -> bool:
        """Tell whether any path reaches the end, whatever it costs; `main`: where only one device may be used."""
        seen: set[Place] = set()
        stack = [self._root()]
        while stack:
            place = stack.pop()
            self.deepest = max(self.deepest, place.placed)
            if place.placed == len(self.blocks):
                return True
            reach = self._reach_of(place)
            following = [
                self._follow(place, reach, *step)
                for step in reversed(reach.days)
                if self._has_start(step[0], self.blocks[place.placed], main)
            ]
            stack += [after for after in following if after not in seen]
            seen.update(following)
        return False

    def _has_start(self, day: int, block: Block, main: int | None) -> bool:
        if main is None and len(block.visits) == 1:
            return True  # the reach holds only days with a start of the first visit
        starts = self.book.block_starts(day, block.visits, block.offsets)
        return bool(starts.get(main)) if main is not None else any(starts.values())

    def _ideal_days(self) -> list[int]:
        """Return the earliest day of each block, one after the other, at the spacing its phase wishes."""
        place = self._root()
        days = [place.day] * place.placed
        for block in self.blocks[place.placed :]:
            reach = self._reach(place, block, spaced=True)
            step = next(iter(reach.days), None)
            if step is None:
                return days + [self.bounds.last_day] * (len(self.blocks) - len(days))
            place = self._follow(place, reach, *step)
            days.append(place.day)
        return days

    def _follow(self, place: Place, reach: Reach, day: int, in_week: int, trips: int) -> Place:
        block = self.blocks[place.placed]
        anchor = day if block.index == 0 and cadence.keeps_weekday(block.phase) else reach.anchor
        return Place(place.placed + 1, day, in_week + 1, anchor, trips)

    def _reach_of(self, place: Place) -> Reach:
        reach = self.shared.reaches.get(place)
        if reach is None:
            reach = self.shared.reaches[place] = self._reach(place, self.blocks[place.placed])
        return reach

    def _reach(self, place: Place, block: Block, *, spaced: bool = False) -> Reach:
        """Return the days the next block may fall on, with what its week holds already."""
        phase = block.phase
        gap = max(phase.min_gap_days, phase.wish_gap_days or 0) if spaced else phase.min_gap_days
        if block.index == 0:
            anchor, first = cadence.entry(block, place, self.bounds.start_on)
        else:
            anchor, first = place.anchor, place.day + gap
        if spaced and block.index and cadence.keeps_weekday(phase):
            first = max(first, self._same_weekday(first, place))
        is_waived = self.bounds.is_gap_waived and place == self.bounds.root
        low, high = cadence.window(block, place, anchor, first, None if is_waived else self.bounds.hard_gap)
        last = self.bounds.last_day if high is None else min(high, self.bounds.last_day)
        found = []
        for day in self._allowed(place.placed, self._days(phase, block.visits, low, last)):
            # Counted within the phase: a new phase starts its own week.
            same_week = cadence.monday(day) == cadence.monday(place.day)
            in_week = place.in_week if block.index and same_week else 0
            most = cadence.quota(phase, day, anchor)
            if most is not None and in_week >= most:
                continue
            trips = self._trips(day, place.trips if same_week else 0)
            if trips is not None:
                found.append((day, in_week, trips))
        return Reach(anchor, found)

    def _allowed(self, index: int, days: Sequence[int]) -> Sequence[int]:
        if index in self.bounds.fixed:
            told = self.bounds.told[index].day
            return [day for day in days if day == told]
        return [day for day in days if day not in self.bounds.shut] if self.bounds.shut else days

    def _same_weekday(self, first: int, place: Place) -> int:
        """Return the anchor's weekday in the first week that has room, or the next day with room in that week."""
        wanted = cadence.monday(place.day) + 7 + (place.anchor - 1) % 7
        block = self.blocks[place.placed]
        phase = block.phase
        if (cadence.quota(phase, first, place.anchor) or 1) > 1:
            return first
        rest_of_week = self._days(phase, block.visits, max(first, wanted), cadence.monday(wanted) + 6)
        return wanted if rest_of_week else max(first, cadence.monday(wanted))

    def _trips(self, day: int, before: int) -> int | None:
        """Return the week's own trips with a visit on a day, or None if the patient would travel too often."""
        most = self.bounds.max_travel_days
        if most is None:
            return 0
        trips = before + (day not in self.bounds.travelled)
        week = cadence.monday(day)
        anyway = sum(week <= other < week + 7 for other in self.bounds.travelled)
        return trips if trips + anyway <= most else None

    def _steps(self, place: Place, main: int | None) -> list[tuple[Place, Placed, int]]:
        block = self.blocks[place.placed]
        reach = self._reach_of(place)
        found = []
        for day, in_week, trips in reach.days:
            option = self._option(day, place.placed, main)
            if option is not None:
                following = self._follow(place, reach, day, in_week, trips)
                cost = option.cost + self._step_cost(place, block, day, following.anchor)
                found.append((following, Placed(block, day, option), cost))
        return found

    def _step_cost(self, place: Place, block: Block, day: int, anchor: int) -> int:
        phase, gap, costs = block.phase, day - place.day, self.costs
        cost = costs.day_later * gap + costs.late * max(0, day - self.ideal[place.placed])
        if block.index and phase.wish_gap_days:
            cost += costs.short_gap * max(0, phase.wish_gap_days - gap)
        if block.index and phase.interval_weeks:
            cost += costs.off_interval * abs(gap - 7 * phase.interval_weeks)
        if cadence.keeps_weekday(phase) and cadence.quota(phase, day, anchor) == 1:
            cost += costs.off_interval * cadence.weekday_drift(day, anchor)
        if not self.bounds.is_covered(day):
            cost += costs.uncovered * len(block.visits)
        return cost

    def _option(self, day: int, index: int, main: int | None) -> Option | None:
        told = self.bounds.told.get(index)
        if told is not None:
            return self._option_told(day, self.blocks[index], main, told)
        key = (day, self.blocks[index].visits, main)
        if key not in self._options:
            self._options[key] = self._cheapest(day, self.blocks[index], main)
        return self._options[key]

    def _option_told(self, day: int, block: Block, main: int | None, told: Told) -> Option | None:
        """Return the cheapest start of a block the patient knows the time of: staying there costs nothing."""
        if day == told.day:
            starts = self.book.block_starts(day, block.visits, block.offsets)
            if starts.get(told.main, 0) >> told.quantum & 1:
                return Option(told.quantum, told.main, 0)
            # The same time on another device: nothing the patient was told changes.
            others = [lane for lane, mask in starts.items() if mask >> told.quantum & 1]
            if others:
                return Option(told.quantum, main if main in others else others[0], self.costs.other_device)
        best = self._cheapest(day, block, main)
        return best and Option(best.quantum, best.main, best.cost + self.costs.moved)

    def _cheapest(self, day: int, block: Block, main: int | None) -> Option | None:
        offers = self._offers_on(day, block)
        if self.bounds.is_one_device:
            offers = [offer for offer in offers if offer.main == main]
        return options.cheapest(offers, main, self.costs.other_device)

    def _offers_on(self, day: int, block: Block) -> Sequence[Option]:
        key = (day, block.visits)
        if key not in self._offers:
            self._offers[key] = self.book.offers(
                day, block.visits, offsets=block.offsets, wanted=self.wanted, window=self.window, costs=self.costs
            )
        return self._offers[key]

    def _days(self, phase: Phase, visits: Sequence[str], low: int, last: int) -> Sequence[int]:
        """Return the days of the phase's weekdays on which the first visit has any start at all, within bounds."""
        key = (phase.weekdays, visits[0])
        if key not in self.shared.usable:
            self.shared.usable[key] = [
                day
                for day in range(self.bounds.start_on, self.bounds.last_day + 1)
                if self._is_weekday(day, phase) and self.book.starts(day, visits[0])
            ]
        days = self.shared.usable[key]
        return days[bisect_left(days, low) : bisect_left(days, last + 1)]

    def _is_weekday(self, day: int, phase: Phase) -> bool:
        weekday = (day - 1) % 7 + 1
        return weekday in phase.weekdays and (self.bounds.weekdays is None or weekday in self.bounds.weekdays)

    def _bound_of(self, place: Place) -> int:
        if place not in self.shared.days_left:
            self.shared.days_left[place] = self._days_left(place)
        return self.costs.day_later * self.shared.days_left[place]

    def soonest_end(self) -> int:
        """Return a day no path can end before."""
        return self._root().day + self._days_left(self._root())

    def _days_left(self, place: Place) -> int:
        """Return the days to the earliest possible end, by quotas and gaps: the rest can't be quicker."""
        day, in_week, index = place.day, place.in_week, place.placed
        anchor = place.anchor
        while index < len(self.blocks):
            block = self.blocks[index]
            remaining = block.last_in_phase - block.index + 1
            if block.index == 0:
                anchor, first = cadence.entry(block, Place(index, day, 0, anchor), self.bounds.start_on)
                in_week = 0
            else:
                first = day + block.phase.min_gap_days
            day = self._phase_end(block, remaining, first, day, in_week, anchor)
            index += remaining
            in_week = 0
        return max(0, day - place.day)

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
        days = self._days(phase, block.visits[-1:], first, self.bounds.last_day)
        if block.index == 0 or len(days) < remaining:
            # The first block may be of another kind of visit: leave it out of the count.
            remaining -= 1
        return days[remaining - 1] if 0 < remaining <= len(days) else first


def _key(place: Place) -> tuple[int, int, int, int, int]:
    # More blocks placed first among equals: the search runs to the end before it looks sideways.
    return -place.placed, place.day, place.in_week, place.anchor, place.trips


def _walk(came: Mapping[Place, tuple[Place, Placed]], place: Place) -> tuple[Placed, ...]:
    steps = []
    while place in came:
        place, step = came[place]
        steps.append(step)
    return tuple(reversed(steps))
