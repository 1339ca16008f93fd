"""What the oracle knows of a course: its blocks, and what a start costs on each day and device, by trying all."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from scheduling.domain.costs import Costs
from scheduling.domain.ground import Ground
from scheduling.domain.options import Lane
from scheduling.domain.protocol import Phase
from scheduling.domain.wish import Wish
from tests.scheduling.oracle.rules import (
    PICK_UP,
    QUANTA,
    QUANTUM,
    interval_range,
    is_weekly,
    iso_weekday,
    longest_gap,
    monday,
    odd_quanta,
    opening,
    planned,
    week_quota,
)

NEAR = 12


@dataclass(frozen=True, slots=True)
class Part:
    """A resource held from `first` to `end`, in quanta from the visit's start; its step begins at `at`."""

    kind: str
    wanted: frozenset[str]
    first: int
    end: int
    at: int
    position: int


@dataclass(frozen=True, slots=True)
class Block:
    """One session: the index within its phase, and the visit it is."""

    phase: Phase
    index: int
    visit: str


class Course:
    """What is asked, as blocks, usable days and the price of each day by device."""

    def __init__(self, wish: Wish, ground: Ground, costs: Costs) -> None:
        self.wish, self.ground, self.costs = wish, ground, costs
        self.first = wish.start_on.toordinal()
        self.last = self.first + wish.horizon_days
        self.is_one_device = wish.protocol.keep_provider == "hard"
        self.blocks = self._blocks()
        self.odd = {
            day: sum(1 << quantum for quantum in odd_quanta(day, ground.zone))
            for day in range(self.first, self.last + 1)
        }
        self.lanes = [
            replace(lane, free={day: mask & ~self.odd.get(day, 0) for day, mask in lane.free.items()})
            for lane in ground.lanes
        ]
        self.travelled = {day for day, mask in ground.life.visits.items() if mask}
        # visit: day: main device: the least its time of day costs
        self.prices = {visit: self._price(visit) for visit in sorted({block.visit for block in self.blocks})}

    def _blocks(self) -> list[Block]:
        protocol = self.wish.protocol
        assert len(protocol.series) == 1, "one series only"
        assert not self.wish.is_same_trip, "no shared trips"
        assert self.wish.preferred_minute is not None, "the standing time is given"
        found: list[Block] = []
        for phase in protocol.phases:
            assert phase.per_day == 1, "one visit a day"
            assert (phase.windows_days, phase.first_weeks, phase.consecutive_days) == ((), 0, None), "plain counting"
            for index in range(planned(phase)):
                other = phase.visit or protocol.other_visit
                found.append(Block(phase, index, other if found or phase.visit else protocol.first_visit))
        return found

    def mains(self) -> list[int]:
        """Return the devices the course can be centred on: those fit for the first need of any of its visits."""
        firsts = [self._parts(visit)[0] for visit in self.prices]
        return [lane.id for lane in self.lanes if any(self._fits(lane, part) for part in firsts)]

    def _parts(self, code: str) -> list[Part]:
        wish, visit = self.wish, self.wish.protocol.visit_types[code]
        found = [
            Part(
                need.kind,
                frozenset(need.capabilities) | wish.requires.get(need.kind, frozenset()),
                (step.at - need.setup) // QUANTUM,
                (step.at + step.minutes + need.turnover) // QUANTUM,
                step.at // QUANTUM,
                (need.position_minutes or 0) // QUANTUM,
            )
            for step in visit.steps
            for need in step.needs
            for _each in range(need.count)
        ]
        if wish.interpreter:
            wanted = frozenset({wish.interpreter}) | wish.requires.get("interpreter", frozenset())
            found.append(Part("interpreter", wanted, 0, visit.minutes // QUANTUM, 0, 0))
        return found

    def _fits(self, lane: Lane, part: Part) -> bool:
        pinned = self.wish.pins.get(part.kind, lane.id) == lane.id
        return pinned and lane.kind == part.kind and part.wanted <= lane.capabilities

    def _price(self, visit: str) -> dict[int, dict[int, int]]:
        parts = self._parts(visit)
        lanes = [[lane for lane in self.lanes if self._fits(lane, part)] for part in parts]
        ranked = sorted((self._time_cost(quantum), quantum) for quantum in range(QUANTA))
        found = {}
        for day in range(self.first, self.last + 1):
            open_at = [(cost, quantum) for cost, quantum in ranked if self._patient_can(day, visit, quantum)]
            priced: dict[int, int] = {}
            for lane in lanes[0]:
                for cost, quantum in open_at:
                    if _has_room(day, quantum, parts, [[lane], *lanes[1:]], []):
                        priced[lane.id] = cost
                        break
            if priced:
                found[day] = priced
        return found

    def _time_cost(self, quantum: int) -> int:
        assert self.wish.preferred_minute is not None
        away = abs(quantum - self.wish.preferred_minute // QUANTUM)
        if away > NEAR:
            return self.costs.far + away
        cost = self.costs.other_time + self.costs.five_minutes * away if away else 0
        window = self.wish.window
        outside = window is not None and not window[0] <= quantum * QUANTUM < window[1]
        return cost + (self.costs.far if outside else 0)

    def _patient_can(self, day: int, visit: str, quantum: int) -> bool:
        end = quantum + self.wish.protocol.visit_types[visit].minutes // QUANTUM
        if end > QUANTA or (dt.date.fromordinal(day), quantum * QUANTUM) < self.wish.not_before:
            return False
        life = self.ground.life
        busy = life.visits.get(day, 0) | life.rules.get(day, 0) | life.away.get(day, 0) | self.odd[day]
        if _is_any(busy, quantum, end):
            return False
        escort = life.escort.get(day, 0)
        picked_up = end + PICK_UP // QUANTUM
        return not escort or (picked_up <= QUANTA and not _is_any(escort, end, picked_up))

    def is_usable(self, block: Block, day: int) -> bool:
        """Tell whether a block can be on a day at all, on any device."""
        weekday = iso_weekday(day)
        asked = self.wish.weekdays is None or weekday in self.wish.weekdays
        return asked and weekday in block.phase.weekdays and day in self.prices[block.visit]

    def price(self, block: Block, day: int, main: int) -> int | None:
        """Return the least a block costs on a day around a main device, or None if it can't be there."""
        if not self.is_usable(block, day):
            return None
        prices = self.prices[block.visit][day]
        if self.is_one_device:
            return prices.get(main)
        return min(cost + (self.costs.other_device if lane != main else 0) for lane, cost in prices.items())

    def travel_days_left(self, week: int) -> int:
        """Return how many days of a week the patient may come only for this course; below 0: none of any kind."""
        if self.wish.max_travel_days is None:
            return 7
        return self.wish.max_travel_days - sum(week <= day < week + 7 for day in self.travelled)

    @cached_property
    def ideal(self) -> list[int]:
        """The day the cadence would give each block, all times of day as good as another."""
        days: list[int] = []
        for block in self.blocks:
            after = max(self._earliest(days), self.first)
            day = next((day for day in range(after, self._latest(days) + 1) if self._is_next(days, day)), None)
            if day is None:
                return days + [self.last] * (len(self.blocks) - len(days))
            assert self.is_usable(block, day)
            days.append(day)
        return days

    def _earliest(self, days: Sequence[int]) -> int:
        block = self.blocks[len(days)]
        phase = block.phase
        if not days:
            return self.first + 7 * phase.offset_weeks
        if block.index == 0:
            first = opening(phase, days[-1], self.first)
        else:
            first = days[-1] + max(phase.min_gap_days, phase.wish_gap_days or 0)
            if is_weekly(phase):
                first = self._on_its_weekday(first, days)
        return max(first, days[-1] + (interval_range(phase)[0] if phase.interval_weeks else 1))

    def _on_its_weekday(self, first: int, days: Sequence[int]) -> int:
        block = self.blocks[len(days)]
        week = monday(days[-1]) + 7
        wanted = week + iso_weekday(days[len(days) - block.index]) - 1
        has_room = any(self.is_usable(block, day) for day in range(max(first, wanted), min(week + 6, self.last) + 1))
        return max(first, wanted if has_room else week)

    def _latest(self, days: Sequence[int]) -> int:
        block = self.blocks[len(days)]
        most = longest_gap(self.wish, block.phase, is_first=block.index == 0) if days else None
        return self.last if most is None else min(self.last, days[-1] + most)

    def _is_next(self, days: Sequence[int], day: int) -> bool:
        block = self.blocks[len(days)]
        week = monday(day)
        of_week = [other for other in days if monday(other) == week]
        of_phase = [other for other in days[len(days) - block.index :] if other in of_week]
        before = days[-1 - block.index] if block.index < len(days) else None
        most = week_quota(block.phase, (week - self.anchor(block.phase, before)) // 7)
        own = sum(other not in self.travelled for other in [*of_week, day])
        is_within = most is None or len(of_phase) < most
        return self.is_usable(block, day) and is_within and own <= self.travel_days_left(week)

    def anchor(self, phase: Phase, before: int | None) -> int:
        """Return the Monday a phase's weeks are counted from: of the first day it could begin."""
        return monday(opening(phase, before, self.first))


def latest_before(block: Block, day: int) -> int:
    """Return the latest day the block before may be on, for a block on a day."""
    phase = block.phase
    gap = max(phase.min_gap_days, interval_range(phase)[0] if phase.interval_weeks else 0)
    if block.index:
        return day - gap
    if phase.starts == "next_monday":
        latest = monday(day) - 1 - 7 * phase.offset_weeks
        return min(latest, day - interval_range(phase)[0]) if phase.interval_weeks else latest
    return day - max(gap, 7 * phase.offset_weeks)


def is_paid(wish: Wish, day: int) -> bool:
    return wish.covered is None or any(first <= day <= last for first, last in wish.covered)


def _is_any(mask: int, first: int, end: int) -> bool:
    return mask >> first & ((1 << (end - first)) - 1) != 0


def _has_room(
    day: int, quantum: int, parts: Sequence[Part], lanes: Sequence[Sequence[Lane]], held: list[tuple[Part, int]]
) -> bool:
    """Tell whether every part from the first not held yet finds a lane that is free, none twice at once."""
    if len(held) == len(parts):
        return True
    part = parts[len(held)]
    for lane in lanes[len(held)]:
        clash = any(lane.id == other and part.first < p.end and p.first < part.end for p, other in held)
        if clash or not _is_free(lane, day, quantum, part):
            continue
        if _has_room(day, quantum, parts, lanes, [*held, (part, lane.id)]):
            return True
    return False


def _is_free(lane: Lane, day: int, quantum: int, part: Part) -> bool:
    first, end = quantum + part.first, quantum + part.end
    if first < 0 or end > QUANTA or _is_any(~lane.free.get(day, 0), first, end):
        return False
    return not part.position or _is_position(lane.hours.get(day, 0), quantum + part.at, part.position)


def _is_position(hours: int, quantum: int, step: int) -> bool:
    since = quantum
    while since > 0 and hours >> (since - 1) & 1:
        since -= 1
    return hours >> quantum & 1 == 1 and (quantum - since) % step == 0
