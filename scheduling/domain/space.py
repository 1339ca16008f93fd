"""Pure: where a course may go, whatever it costs: which days each block may fall on, and how soon it can end.

None of it depends on tastes, on the standing time or on the device, so it is worked out once for every search.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scheduling.domain import cadence
from scheduling.domain.cadence import Block, Place
from scheduling.domain.options import DayBook
from scheduling.domain.protocol import Phase


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
class Space:
    """The places of one course over one day book."""

    blocks: Sequence[Block]
    book: DayBook
    bounds: Bounds
    ideal: Sequence[int] = field(init=False)  # the day the cadence would give each block, all times as good as another
    deepest: int = 0  # how many blocks could be placed at the most: names the session that does not fit
    _reaches: dict[Place, Reach] = field(default_factory=dict)
    _left: dict[Place, int] = field(default_factory=dict)
    _usable: dict[tuple[tuple[int, ...], str], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ideal = self._ideal_days()

    def root(self) -> Place:
        """Return where the course stands."""
        return self.bounds.root or Place(0, self.bounds.start_on, 0, self.bounds.start_on)

    def can_finish(self, *, main: int | None = None) -> bool:
        """Tell whether any path reaches the end, whatever it costs; `main`: where only one device may be used."""
        seen: set[Place] = set()
        stack = [self.root()]
        while stack:
            place = stack.pop()
            self.deepest = max(self.deepest, place.placed)
            if place.placed == len(self.blocks):
                return True
            reach = self.reach_of(place)
            following = [
                self.follow(place, reach, *step)
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

    def reach_of(self, place: Place) -> Reach:
        """Return the days the next block may fall on."""
        reach = self._reaches.get(place)
        if reach is None:
            reach = self._reaches[place] = self._reach(place, self.blocks[place.placed])
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
        for day in self.allowed(place.placed, self.days(phase, block.visits, low, last)):
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

    def allowed(self, index: int, days: Sequence[int]) -> Sequence[int]:
        """Return the days a block may use of some: a fixed one only its own, another none that is shut."""
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
        rest_of_week = self.days(phase, block.visits, max(first, wanted), cadence.monday(wanted) + 6)
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

    def follow(self, place: Place, reach: Reach, day: int, in_week: int, trips: int) -> Place:
        """Return where the course stands after its next block is put on a day of its reach."""
        block = self.blocks[place.placed]
        anchor = day if block.index == 0 and cadence.keeps_weekday(block.phase) else reach.anchor
        return Place(place.placed + 1, day, in_week + 1, anchor, trips)

    def _ideal_days(self) -> list[int]:
        """Return the earliest day of each block, one after the other, at the spacing its phase wishes."""
        place = self.root()
        days = [place.day] * place.placed
        for block in self.blocks[place.placed :]:
            reach = self._reach(place, block, spaced=True)
            step = next(iter(reach.days), None)
            if step is None:
                return days + [self.bounds.last_day] * (len(self.blocks) - len(days))
            place = self.follow(place, reach, *step)
            days.append(place.day)
        return days

    def days(self, phase: Phase, visits: Sequence[str], low: int, last: int) -> Sequence[int]:
        """Return the days of the phase's weekdays on which the first visit has any start at all, within bounds."""
        key = (phase.weekdays, visits[0])
        if key not in self._usable:
            self._usable[key] = [
                day
                for day in range(self.bounds.start_on, self.bounds.last_day + 1)
                if self._is_weekday(day, phase) and self.book.starts(day, visits[0])
            ]
        days = self._usable[key]
        return days[bisect_left(days, low) : bisect_left(days, last + 1)]

    def _is_weekday(self, day: int, phase: Phase) -> bool:
        weekday = (day - 1) % 7 + 1
        return weekday in phase.weekdays and (self.bounds.weekdays is None or weekday in self.bounds.weekdays)

    def soonest_end(self) -> int:
        """Return a day no path can end before."""
        return self.root().day + self._days_left(self.root())

    def days_left(self, place: Place) -> int:
        """Return the days to the earliest possible end of what is counted by the week: the rest can't be quicker."""
        if place not in self._left:
            self._left[place] = self._days_left(place)
        return self._left[place]

    def _days_left(self, place: Place) -> int:
        day, in_week, index, waited = place.day, place.in_week, place.placed, 0
        since = day
        anchor = place.anchor
        while index < len(self.blocks):
            block = self.blocks[index]
            if block.phase.interval_weeks and index:
                break  # a phase of intervals is not paid for by the day
            remaining = block.last_in_phase - block.index + 1
            if block.index == 0:
                anchor, first = cadence.entry(block, Place(index, day, 0, anchor), self.bounds.start_on)
                in_week = 0
            else:
                first = day + block.phase.min_gap_days
            usual = self.blocks[index + remaining - 1].visits
            end = max(
                self._phase_end(block, remaining, first, day, in_week, anchor),
                self._by_calendar(block, usual, remaining, first),
            )
            waited += self._waited(block, since, first, end)
            # The last weekly visit may stand later in its week without costing more: what follows waits less for it.
            since = cadence.monday(end) + 6 if cadence.keeps_weekday(block.phase) else end
            day = end
            index += remaining
            in_week = 0
        return waited

    def _waited(self, block: Block, day: int, first: int, end: int) -> int:
        """Return the days a phase is paid for at least: weeks for a weekly visit, where only the first is urgent."""
        if not cadence.keeps_weekday(block.phase):
            return max(0, end - day)
        if block.index:
            return max(0, cadence.monday(end) - cadence.monday(day))
        # A first visit put off to the next Monday saves a week there and costs a day at least: six days of slack.
        return max(0, first - day + max(0, cadence.monday(end) - cadence.monday(first) - 6))

    def _phase_end(self, block: Block, remaining: int, first: int, day: int, in_week: int, anchor: int) -> int:
        phase = block.phase
        if phase.windows_days:
            return max(day, anchor + phase.windows_days[block.last_in_phase][0])
        used = in_week if cadence.monday(first) == cadence.monday(day) else 0
        by_quota = cadence.quota_end(phase, remaining, first, used, anchor) if phase.per_week or phase.weeks else first
        by_gap = first + (remaining - 1) * phase.min_gap_days
        return max(by_quota, by_gap)

    def _by_calendar(self, block: Block, usual: Sequence[str], remaining: int, first: int) -> int:
        days = self.days(block.phase, usual[-1:], first, self.bounds.last_day)
        if block.visits != usual or len(days) < remaining:
            # The first block is another kind of visit, on days of its own: leave it out of the count.
            remaining -= 1
        return days[remaining - 1] if 0 < remaining <= len(days) else first
