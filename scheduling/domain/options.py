"""Pure: on one day, for one kind of visit, where it can start and what it would occupy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scheduling.domain import bitmap
from scheduling.domain.costs import NEAR_QUANTA, Costs
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.protocol import VisitType
from scheduling.domain.wish import PICK_UP_QUANTA, Life


@dataclass(frozen=True, slots=True)
class Lane:
    """One resource as the planner sees it. `free`: date ordinal to bitmap; a day that is absent is closed.

    `hours` are the same days before anything was reserved: they tell taken from closed, and where a list begins.
    """

    id: int
    kind: str
    name: str
    capabilities: frozenset[str]
    free: Mapping[int, int]
    hours: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Use:
    """One resource needed during a visit, in quanta: occupied [at - before, at + length + after) from the start."""

    kind: str
    capabilities: frozenset[str]
    at: int
    length: int
    before: int
    after: int
    position: int = 0  # quanta between two starts on a list; 0: any start

    def overlaps(self, other: "Use") -> bool:
        """Tell whether both occupy some quantum together."""
        return self.at - self.before < other.at + other.length + other.after and (
            other.at - other.before < self.at + self.length + self.after
        )


@dataclass(frozen=True, slots=True)
class Option:
    """A start on a day (quantum), the main device, and its cost; neighbours do not change it."""

    quantum: int
    main: int
    cost: int


def uses_of(visit: VisitType) -> tuple[Use, ...]:
    """Return what a visit occupies, in the order of its steps."""
    found: list[Use] = []
    for step in visit.steps:
        for need in step.needs:
            use = Use(
                need.kind,
                frozenset(need.capabilities),
                step.at // QUANTUM,
                step.minutes // QUANTUM,
                need.setup // QUANTUM,
                need.turnover // QUANTUM,
                (need.position_minutes or 0) // QUANTUM,
            )
            found.extend([use] * need.count)
    return tuple(found)


@dataclass(slots=True)
class DayBook:
    """The lanes of one course's planning, and for every day and visit the starts each main device allows."""

    lanes: Sequence[Lane]
    pins: Mapping[str, int]
    life: Life
    earliest: Mapping[int, int]  # date ordinal to the first quantum that may be used
    unusable: Mapping[int, int]  # date ordinal to quanta that do not exist or come twice
    visits: Mapping[str, VisitType]
    requires: Mapping[str, frozenset[str]] = field(default_factory=dict)
    interpreter: str = ""
    is_same_trip: bool = False
    shut: Mapping[int, int] = field(default_factory=dict)  # date ordinal to quanta in which the site is closed
    uses: dict[str, tuple[Use, ...]] = field(init=False)
    by_use: dict[Use, list[Lane]] = field(init=False)
    _starts: dict[tuple[int, str], dict[int, int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.uses = {code: uses_of(visit) + self._interpreting(visit) for code, visit in self.visits.items()}
        self.by_use = {use: self._fitting(use) for uses in self.uses.values() for use in uses}

    def _interpreting(self, visit: VisitType) -> tuple[Use, ...]:
        if not self.interpreter:
            return ()
        return (Use("interpreter", frozenset({self.interpreter}), 0, visit.minutes // QUANTUM, 0, 0),)

    def _fitting(self, use: Use) -> list[Lane]:
        pinned = self.pins.get(use.kind)
        wanted = use.capabilities | self.requires.get(use.kind, frozenset())
        return [
            lane
            for lane in self.lanes
            if lane.kind == use.kind and wanted <= lane.capabilities and (pinned is None or lane.id == pinned)
        ]

    def tightest_kind(self, visit: str, days: Sequence[int]) -> str | None:
        """Return the kind of resource no lane of which has room for a visit on any of the days, or None."""
        return next((use.kind for use in self.uses[visit] if not any(self.has_room(day, use) for day in days)), None)

    def has_room(self, day: int, use: Use) -> bool:
        """Tell whether any lane that fits a use is free for it at any start of a day."""
        return any(self.lane_starts(lane, day, use) for lane in self.by_use[use])

    def starts(self, day: int, visit: str) -> dict[int, int]:
        """Return main device to the bitmap of starts at which everything the visit needs is free."""
        key = (day, visit)
        if key not in self._starts:
            self._starts[key] = self._find_starts(day, visit)
        return self._starts[key]

    def _find_starts(self, day: int, visit: str) -> dict[int, int]:
        uses = self.uses[visit]
        allowed = self._allowed(day, visit)
        for use in uses[1:]:
            if not allowed:
                return {}
            # Any one lane of the kind, free throughout: OR of what each alone allows.
            reach = 0
            for lane in self.by_use[use]:
                reach |= self.lane_starts(lane, day, use)
            allowed &= reach
        crowded = _needs_matching(uses)
        found = {}
        for lane in self.by_use[uses[0]]:
            mask = allowed & self.lane_starts(lane, day, uses[0])
            if mask and crowded:
                mask = sum(1 << q for q in bitmap.each(mask) if self.assign(day, visit, q, lane.id, {}) is not None)
            if mask:
                found[lane.id] = mask
        return found

    def _allowed(self, day: int, visit: str) -> int:
        length = self.visits[visit].minutes // QUANTUM
        free = bitmap.FULL_DAY & ~self.life.busy(day) & ~self.unusable.get(day, 0) & ~self.shut.get(day, 0)
        first = self.earliest.get(day, 0)
        found = bitmap.erode(free, length) >> first << first
        if escort := self.life.escort.get(day, 0):
            # Who takes the patient home must be there when the visit ends.
            found &= bitmap.erode(bitmap.FULL_DAY & ~escort, PICK_UP_QUANTA) >> length
        return found

    def lane_starts(self, lane: Lane, day: int, use: Use) -> int:
        """Return the visit starts of a day at which one lane is free for one use."""
        mask = lane.free.get(day, 0) & ~self.unusable.get(day, 0)
        if not mask:
            return 0
        found = bitmap.starts(mask, at=use.at, length=use.length, before=use.before, after=use.after)
        if use.position and found:
            found &= bitmap.positions(lane.hours.get(day, 0), use.position) >> use.at
        return found

    def assign(self, day: int, visit: str, quantum: int, main: int, liked: Mapping[int, int]) -> list[Lane] | None:
        """Return one lane for each use of a visit starting at a quantum, or None; `liked` lanes are tried first."""
        return self._assign(day, self.uses[visit], quantum, main, liked, [])

    def _assign(
        self,
        day: int,
        uses: Sequence[Use],
        quantum: int,
        main: int,
        liked: Mapping[int, int],
        chosen: list[Lane],
    ) -> list[Lane] | None:
        if len(chosen) == len(uses):
            return chosen
        use = uses[len(chosen)]
        for lane in sorted(self.by_use[use], key=lambda lane: -liked.get(lane.id, 0)):
            if not chosen and lane.id != main:
                continue
            clash = any(lane.id == other.id and use.overlaps(held) for held, other in zip(uses, chosen, strict=False))
            if not clash and self.lane_starts(lane, day, use) >> quantum & 1:
                rest = self._assign(day, uses, quantum, main, liked, [*chosen, lane])
                if rest is not None:
                    return rest
        return None

    def offers(
        self,
        day: int,
        block: Sequence[str],
        *,
        offsets: Sequence[int],
        wanted: int,
        window: tuple[int, int] | None,
        costs: Costs,
    ) -> list[Option]:
        """Return each device's cheapest start of a block of visits, each `offsets` quanta after the first."""
        targets = self._targets(day, block[0]) if self.is_same_trip else ()
        found = []
        for lane_id, mask in self.block_starts(day, block, offsets).items():
            if targets:
                near = [(order, target, bitmap.nearest(mask, target)) for order, target in enumerate(targets)]
                priced = [(costs.of_time(q, target, None) + order % 2, q) for order, target, q in near if q is not None]
            else:
                extra = costs.own_trip if self.is_same_trip else 0
                priced = [
                    (extra + costs.of_time(quantum, wanted, window), quantum)
                    for quantum in _candidates(mask, wanted, window)
                ]
            if priced:
                cost, quantum = min(priced)
                found.append(Option(quantum, lane_id, cost))
        return found

    def _targets(self, day: int, visit: str) -> tuple[int, ...]:
        """Return the starts that join another visit of the day: as it ends (better), then ending as it begins."""
        length = self.visits[visit].minutes // QUANTUM
        spans = bitmap.spans(self.life.visits.get(day, 0))
        return tuple(start for first, end in spans for start in (end, max(0, first - length)))

    def block_starts(self, day: int, block: Sequence[str], offsets: Sequence[int]) -> dict[int, int]:
        """Return main device to the starts of a block of visits on it, each `offsets` quanta after the first."""
        found = self.starts(day, block[0])
        for offset, visit in zip(offsets[1:], block[1:], strict=True):
            later = self.starts(day, visit)
            found = {lane: mask & later.get(lane, 0) >> offset for lane, mask in found.items()}
        return found


def cheapest(
    offers: Sequence[Option], main: int | None, other_device: int, promise: Mapping[int, int]
) -> Option | None:
    """Return the cheapest offer where every device but `main` costs extra; of equals the earliest, then by `promise`.

    `promise`: device to its rank, the least scarce first; one that has none comes last.
    """
    best: tuple[int, int, int, int] | None = None
    for offer in offers:
        cost = offer.cost + (other_device if main is not None and offer.main != main else 0)
        found = (cost, offer.quantum, promise.get(offer.main, len(promise)), offer.main)
        if best is None or found < best:
            best = found
    return best and Option(best[1], best[3], best[0])


def most_promising(lanes: Sequence[int], promise: Mapping[int, int]) -> int:
    """Return the device of some that ranks first, the lowest id of equals."""
    return min(lanes, key=lambda lane: (promise.get(lane, len(promise)), lane))


def _candidates(mask: int, wanted: int, window: tuple[int, int] | None) -> list[int]:
    """Return the nearest start, the nearest in the window and the nearest far one: one of them is the cheapest."""
    found = [bitmap.nearest(mask, wanted)]
    if window:
        found.append(bitmap.nearest(mask & bitmap.span(window[0], window[1] - window[0]), wanted))
        # Outside the window a start just over an hour away can cost less than a near one.
        near = bitmap.span(max(0, wanted - NEAR_QUANTA), wanted + NEAR_QUANTA + 1 - max(0, wanted - NEAR_QUANTA))
        found.append(bitmap.nearest(mask & ~near, wanted))
    return [quantum for quantum in found if quantum is not None]


def _needs_matching(uses: Sequence[Use]) -> bool:
    """Tell whether two uses of one kind overlap, so that each needs a lane of its own."""
    return any(a.kind == b.kind and a.overlaps(b) for i, a in enumerate(uses) for b in uses[i + 1 :])
