"""Pure: on one day, for one kind of visit, where it can start and what it would occupy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scheduling.domain import bitmap
from scheduling.domain.costs import OTHER_DEVICE, time_cost
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.protocol import VisitType


@dataclass(frozen=True, slots=True)
class Lane:
    """One resource as the planner sees it. `free`: date ordinal to bitmap; a day that is absent is closed."""

    id: int
    kind: str
    name: str
    capabilities: frozenset[str]
    free: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Use:
    """One resource needed during a visit, in quanta: occupied [at - before, at + length + after) from the start."""

    kind: str
    capability: str | None
    at: int
    length: int
    before: int
    after: int

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
    """Return what a visit occupies. The same kind in steps that follow each other is one resource throughout."""
    found: list[Use] = []
    for step in visit.steps:
        for need in step.needs:
            use = Use(
                need.kind,
                need.capability,
                step.at // QUANTUM,
                step.minutes // QUANTUM,
                need.setup // QUANTUM,
                need.turnover // QUANTUM,
            )
            found.extend([use] * need.count)
    return tuple(found)


@dataclass(slots=True)
class DayBook:
    """The lanes of one course's planning, and for every day and visit the starts each main device allows."""

    lanes: Sequence[Lane]
    pins: Mapping[str, int]
    patient_busy: Mapping[int, int]
    earliest: Mapping[int, int]  # date ordinal to the first quantum that may be used
    unusable: Mapping[int, int]  # date ordinal to quanta that do not exist or come twice
    visits: Mapping[str, VisitType]
    uses: dict[str, tuple[Use, ...]] = field(init=False)
    by_use: dict[Use, list[Lane]] = field(init=False)
    _starts: dict[tuple[int, str], dict[int, int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.uses = {code: uses_of(visit) for code, visit in self.visits.items()}
        self.by_use = {use: self._fitting(use) for uses in self.uses.values() for use in uses}

    def _fitting(self, use: Use) -> list[Lane]:
        pinned = self.pins.get(use.kind)
        return [
            lane
            for lane in self.lanes
            if lane.kind == use.kind
            and (use.capability is None or use.capability in lane.capabilities)
            and (pinned is None or lane.id == pinned)
        ]

    def mains(self) -> list[Lane]:
        """Return the lanes that can be a course's main device: those of the first thing a visit needs."""
        mains: dict[int, Lane] = {}
        for uses in self.uses.values():
            mains.update({lane.id: lane for lane in self.by_use[uses[0]]})
        return list(mains.values())

    def has_room(self, day: int, use: Use) -> bool:
        """Tell whether any lane that fits a use is free for it at any start of a day."""
        return any(self._lane_starts(lane, day, use) for lane in self.by_use[use])

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
                reach |= self._lane_starts(lane, day, use)
            allowed &= reach
        crowded = _needs_matching(uses)
        found = {}
        for lane in self.by_use[uses[0]]:
            mask = allowed & self._lane_starts(lane, day, uses[0])
            if mask and crowded:
                mask = sum(1 << q for q in bitmap.each(mask) if self.assign(day, visit, q, lane.id, {}) is not None)
            if mask:
                found[lane.id] = mask
        return found

    def _allowed(self, day: int, visit: str) -> int:
        length = self.visits[visit].minutes // QUANTUM
        free = bitmap.FULL_DAY & ~self.patient_busy.get(day, 0) & ~self.unusable.get(day, 0)
        first = self.earliest.get(day, 0)
        return bitmap.erode(free, length) >> first << first

    def _lane_starts(self, lane: Lane, day: int, use: Use) -> int:
        mask = lane.free.get(day, 0) & ~self.unusable.get(day, 0)
        return bitmap.starts(mask, at=use.at, length=use.length, before=use.before, after=use.after) if mask else 0

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
            if not clash and self._lane_starts(lane, day, use) >> quantum & 1:
                rest = self._assign(day, uses, quantum, main, liked, [*chosen, lane])
                if rest is not None:
                    return rest
        return None

    def offers(
        self, day: int, block: Sequence[str], *, spacing: int, wanted: int, window: tuple[int, int] | None
    ) -> list[Option]:
        """Return each device's cheapest start of a block of visits, one every `spacing` quanta on that device."""
        found = []
        for lane_id, mask in self._block_starts(day, block, spacing).items():
            priced = [(time_cost(quantum, wanted, window), quantum) for quantum in _candidates(mask, wanted, window)]
            if priced:
                cost, quantum = min(priced)
                found.append(Option(quantum, lane_id, cost))
        return found

    def _block_starts(self, day: int, block: Sequence[str], spacing: int) -> dict[int, int]:
        found = self.starts(day, block[0])
        for index, visit in enumerate(block[1:], start=1):
            later = self.starts(day, visit)
            found = {lane: mask & later.get(lane, 0) >> index * spacing for lane, mask in found.items()}
        return found


def cheapest(offers: Sequence[Option], main: int | None) -> Option | None:
    """Return the cheapest offer where every device but `main` costs extra; the earliest of equals."""
    best: Option | None = None
    for offer in offers:
        cost = offer.cost + (OTHER_DEVICE if main is not None and offer.main != main else 0)
        if best is None or (cost, offer.quantum, offer.main) < (best.cost, best.quantum, best.main):
            best = Option(offer.quantum, offer.main, cost)
    return best


def _candidates(mask: int, wanted: int, window: tuple[int, int] | None) -> list[int]:
    """Return the nearest start, and the nearest one inside the window: one of the two is the cheapest."""
    found = [bitmap.nearest(mask, wanted)]
    if window:
        found.append(bitmap.nearest(mask & bitmap.span(window[0], window[1] - window[0]), wanted))
    return [quantum for quantum in found if quantum is not None]


def _needs_matching(uses: Sequence[Use]) -> bool:
    """Tell whether two uses of one kind overlap, so that each needs a lane of its own."""
    return any(a.kind == b.kind and a.overlaps(b) for i, a in enumerate(uses) for b in uses[i + 1 :])
