"""Pure: what a course can be planned on: the lanes of a site, the patient's life, closures; and one series of it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scheduling.domain import bitmap, cadence, load, local_time, words
from scheduling.domain.cadence import Block
from scheduling.domain.costs import Costs
from scheduling.domain.load import Demand
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.options import DayBook, Lane
from scheduling.domain.plan import PlannedSession
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.search import Path, Search
from scheduling.domain.space import Bounds, Space
from scheduling.domain.wish import FREE, Infeasible, Life, Wish

HALF_HOUR = 30 // QUANTUM


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything around a wish that the planner looks at.

    `closures`: days on which the whole site is closed. `shut`: the quanta in which it is, by day: lanes are not open
    then, and no patient is there either, whether or not the visit needs anything at that moment.
    """

    lanes: Sequence[Lane]
    zone: str
    life: Life = FREE
    closures: Mapping[dt.date, str] = field(default_factory=dict)
    shut: Mapping[int, int] = field(default_factory=dict)


class Series:
    """One series of a course: its blocks, the day book they are laid on, and the searches over it."""

    def __init__(
        self,
        wish: Wish,
        ground: Ground,
        series: str,
        *,
        bounds: Bounds | None = None,
        blocks: Sequence[Block] | None = None,
    ) -> None:
        self.wish = wish
        self.ground = ground
        self.blocks = cadence.blocks_of(wish.protocol, series) if blocks is None else blocks
        self.book = day_book(wish, ground)
        first = wish.start_on.toordinal()
        self.bounds = bounds or Bounds(
            start_on=first,
            last_day=first + wish.horizon_days,
            hard_gap=longest_gap(wish),
            weekdays=wish.weekdays,
            max_travel_days=wish.max_travel_days,
            travelled=frozenset(day for day, mask in ground.life.visits.items() if mask),
            covered=wish.covered,
            is_one_device=wish.protocol.keep_provider == "hard",
        )
        self.space = Space(self.blocks, self.book, self.bounds)

    def check_kinds(self) -> None:
        """Refuse a protocol for which the site lacks a kind of resource altogether.

        :raises Infeasible: it names the kind, and what of it was asked for.
        """
        for visit in {visit for block in self.blocks for visit in block.visits}:
            for use in self.book.uses[visit]:
                if not self.book.by_use[use]:
                    wanted = use.capabilities | self.wish.requires.get(use.kind, frozenset())
                    what = words.resource(use.kind, wanted)
                    raise Infeasible(
                        f"There is no {what} at this site for this protocol. Add one, or pick another protocol.",
                        code="no_resource",
                        at_session=1,
                    )

    def mains(self) -> list[Lane]:
        """Return the lanes that can be the main device: those of the first thing a visit needs."""
        mains: dict[int, Lane] = {}
        for visit in {visit for block in self.blocks for visit in block.visits}:
            mains.update({lane.id: lane for lane in self.book.by_use[self.book.uses[visit][0]]})
        return [lane for lane in self.ground.lanes if lane.id in mains]

    def starts_in_all(self) -> int:
        """Return at how many quanta of its days the series' usual visit could start: its room to move."""
        visit = self.blocks[-1].visits[-1]
        days = range(self.bounds.start_on, self.bounds.last_day + 1)
        return sum(max((mask.bit_count() for mask in self.book.starts(day, visit).values()), default=0) for day in days)

    def fits(self, days: int) -> list[tuple[int, int]]:
        """Return, for each half hour (minutes) at all free, on how many of the first `days` possible days it is."""
        counts: dict[int, int] = {}
        phase, visit = self.blocks[-1].phase, self.blocks[-1].visits[-1]
        seen = 0
        for day in range(self.bounds.start_on, self.bounds.last_day + 1):
            starts = self.book.starts(day, visit) if (day - 1) % 7 + 1 in phase.weekdays else {}
            if not starts:
                continue
            seen += 1
            count_half_hours(starts.values(), counts)
            if seen == days:
                break
        return [(quantum * QUANTUM, count) for quantum, count in sorted(counts.items()) if count]

    def demand(self) -> Demand:
        """Return how much in demand the standing slots of the usual visit are in the first weeks."""
        use = self.book.uses[self.blocks[-1].visits[-1]][0]
        days = range(self.bounds.start_on, min(self.bounds.start_on + load.LOOK_DAYS, self.bounds.last_day + 1))
        return load.demand_of(self.book.by_use[use], use, days)

    def best(self, wanted: int, costs: Costs) -> tuple[Path | None, int]:
        """Return the cheapest path over every main device, and how many blocks could be placed at the most."""
        window = self.wish.wished_minutes
        lanes = self._by_promise(wanted)
        search = Search(
            space=self.space,
            wanted=wanted,
            window=(window[0] // QUANTUM, -(-window[1] // QUANTUM)) if window else None,
            costs=replace(costs, is_any_time=self.wish.is_any_time),
            promise={lane.id: place for place, lane in enumerate(lanes)},
        )
        best: Path | None = None
        for lane in lanes:
            found = search.cheapest(main=lane.id, limit=best.cost if best else None)
            if found:
                best = found
            elif best is None and not self.bounds.is_one_device:
                break  # feasibility does not depend on the main device
        return best, self.space.deepest

    def can_finish(self) -> bool:
        """Tell whether any plan keeps every rule, whatever it costs."""
        if not self.bounds.is_one_device:
            return self.space.can_finish()
        return any(self.space.can_finish(main=lane.id) for lane in self.mains())

    def soonest_end(self) -> int:
        """Return a day (ordinal) no plan can end before, by quotas and gaps."""
        return self.space.soonest_end()

    def _by_promise(self, wanted: int) -> list[Lane]:
        """Return the main devices, those free at the standing time most often first.

        The bound then bites early, and of plans that cost the same the one on the least scarce device is kept.
        """
        visit = self.blocks[-1].visits[-1]
        days = range(self.bounds.start_on, self.bounds.last_day + 1)

        def free(lane: Lane) -> int:
            return sum(self.book.starts(day, visit).get(lane.id, 0) >> wanted & 1 for day in days)

        different: list[Lane] = []
        for lane in self.mains():
            # Places of one group or bays in one row are as good as each other: one of them is enough.
            if not any(_is_as_good(lane, other) for other in different):
                different.append(lane)
        return sorted(different, key=lambda lane: (-free(lane), lane.id))


def day_book(wish: Wish, ground: Ground) -> DayBook:
    """Return the day book of a wish: what is free on each of its days."""
    since, minute = wish.not_before
    # A list that has gone out lies before the first day of the plan; places on it are still looked at.
    first = wish.start_on if wish.frozen_through is None else min(wish.start_on, since)
    days = range(first.toordinal(), wish.start_on.toordinal() + wish.horizon_days + 1)
    earliest = {day: local_time.QUANTA_A_DAY for day in days if day < since.toordinal()}
    earliest[since.toordinal()] = -(-minute // QUANTUM)
    changes = {day: local_time.unusable_mask(dt.date.fromordinal(day), ground.zone) for day in days}
    return DayBook(
        lanes=ground.lanes,
        pins=wish.pins,
        life=ground.life,
        earliest=earliest,
        unusable={day: mask for day, mask in changes.items() if mask},
        visits=wish.protocol.visit_types,
        requires=wish.requires,
        interpreter=wish.interpreter,
        is_same_trip=wish.is_same_trip,
        shut=ground.shut,
    )


def longest_gap(wish: Wish) -> int | None:
    """Return the days from which on a gap is never planned: where a clinician decides, not a planner."""
    return longest_gap_of(wish.protocol)


def longest_gap_of(protocol: ProtocolDefinition) -> int | None:
    """Return the days from which on a gap of a protocol is never planned."""
    gaps = protocol.gaps
    return gaps.hard_days or gaps.flag_days or gaps.close_days


def count_half_hours(masks: Iterable[int], counts: dict[int, int]) -> None:
    """Add one to each half hour at which any of the masks allows a start."""
    together = 0
    for mask in masks:
        together |= mask
    for quantum in range(0, local_time.QUANTA_A_DAY, HALF_HOUR):
        counts[quantum] = counts.get(quantum, 0) + (together >> quantum & 1)


def with_sessions(ground: Ground, sessions: Sequence[PlannedSession]) -> Ground:
    """Return the ground after sessions were laid on it: they are visits of the patient, and their lanes are taken."""
    visits = dict(ground.life.visits)
    taken: dict[int, dict[int, int]] = {}
    for session in sessions:
        day = session.day.toordinal()
        span = bitmap.span(session.minute // QUANTUM, session.minutes // QUANTUM)
        visits[day] = visits.get(day, 0) | span
        for use in session.uses:
            days = taken.setdefault(use.resource_id, {})
            length = (use.to_minute - use.from_minute) // QUANTUM
            days[day] = days.get(day, 0) | bitmap.span(use.from_minute // QUANTUM, length)
    lanes = [
        replace(lane, free={day: mask & ~taken[lane.id].get(day, 0) for day, mask in lane.free.items()})
        if lane.id in taken
        else lane
        for lane in ground.lanes
    ]
    return replace(ground, lanes=lanes, life=replace(ground.life, visits=visits))


def _is_as_good(lane: Lane, other: Lane) -> bool:
    return (
        lane.kind == other.kind
        and lane.capabilities == other.capabilities
        and lane.free == other.free
        and lane.hours == other.hours
    )
