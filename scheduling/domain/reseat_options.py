"""Pure: every way to seat a course some of whose visits can't stay where they are.

A way says for each of these visits where it goes, or that it stays and somebody calls. Visits of one course are decided
together: each way keeps the rules of the protocol as a whole, so the solver only has to see who is in whose way.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scheduling.domain import bitmap
from scheduling.domain.choices import as_counted
from scheduling.domain.ground import Ground
from scheduling.domain.living import Limits, Sitting, Under, numbers, rest_of
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.options import DayBook
from scheduling.domain.plan import PlannedSession
from scheduling.domain.spots import Rules, Spot, Spots
from scheduling.domain.wish import FREE, Infeasible

Take = tuple[int, int, int]
Shape = tuple[int, dt.date, int, str]
_WHOLE: Shape = (0, dt.date.min, 0, "")

# What a way costs, all defaults: who keeps day and time is hardly disturbed, another day is worse than any other time
# of the day, and being called is worse than any move.
DEVICE = 60
MOVED = 300
CONFIRMED = 100
FARTHEST_MINUTES = 240
OTHER_DAY, EACH_DAY = 900, 100
OUT_OF_WINDOW = 400
CALL, CALL_HARM = 30_000, 300
UNTOLD = 4  # times less: nobody was told about times that are only held

MOST_WAYS = 150
ENOUGH = 60  # ways that leave nobody to a person: with so many, nothing is shifted
BEAM = 240  # partial ways kept, shared by the visits of a course
VARIANTS = 4


@dataclass(frozen=True, slots=True)
class Hit:
    """A visit that can't stay, by its number; `stays`: what it goes on holding if nobody moves it.

    `harm`: 0 to 100. `spots`: the only places to look at; `is_bound`: it has to be one of them, or to stay if there is
    none. `stay_cost`: the cost of leaving it where it is.
    """

    number: int
    harm: int = 0
    stays: tuple[Take, ...] = ()
    spots: tuple[Spot, ...] | None = None
    is_bound: bool = False
    stay_cost: int = CALL
    is_told: bool = True
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Displaced:
    """One series of a course with visits that can't stay. On `as_is` they count as gone and all others stand.

    `loose`: the ground on which later visits are gone, too, so that the rest can shift; None: nothing shifts. `kept`:
    numbers that may not. `patient`: the lane of the patient, below zero. Without a ground nothing can be planned.
    """

    key: int
    under: Under
    as_is: Ground | None
    hits: tuple[Hit, ...]
    patient: int
    loose: Ground | None = None
    kept: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Way:
    """Where visits go by number (None: it stays and somebody calls), what that costs, and what it takes."""

    places: Mapping[int, PlannedSession | None]
    cost: int
    takes: tuple[Take, ...]


def ways_of(displaced: Displaced) -> list[Way]:
    """Return the ways to seat a course, the cheapest first; the last resort, that all of them stay, is among them."""
    return _Ways(displaced).all()


def staying(ways: Sequence[Way]) -> Way | None:
    """Return the way in which all visits stay, or None if somebody decided that one of them goes."""
    return next((way for way in ways if not any(way.places.values())), None)


def why_not(displaced: Displaced, hit: Hit, spot: Spot) -> str:
    """Return why a visit can't be at a place, in words; empty: it can, as far as it alone goes."""
    return _Ways(displaced).why_not(hit, spot)


def taken_by(place: PlannedSession, patient: int) -> Iterator[Take]:
    """Yield what a visit takes: its resources, and the patient's time."""
    day = place.day.toordinal()
    for use in place.uses:
        length = (use.to_minute - use.from_minute) // QUANTUM
        yield use.resource_id, day, bitmap.span(use.from_minute // QUANTUM, length)
    yield patient, day, bitmap.span(place.minute // QUANTUM, place.minutes // QUANTUM)


def call_cost(harm: int) -> int:
    """Return what it costs to leave a visit to a person, by the harm of its gap (0 to 100)."""
    return CALL + CALL_HARM * harm


def price(hit: Hit, was: Sitting, place: PlannedSession, window: tuple[int, int] | None) -> int:
    """Return what it costs a patient to be at a place instead of where they were told."""
    minutes, days = abs(place.minute - was.minute), abs((place.day - was.day).days)
    cost = DEVICE if place.uses[0].resource_id != was.main else 0
    if minutes or days:
        cost += MOVED + CONFIRMED * hit.is_confirmed + min(minutes, FARTHEST_MINUTES)
    if days:
        # Whoever suffers most from waiting goes first.
        cost += OTHER_DAY + (EACH_DAY + hit.harm * (place.day > was.day)) * days
    if window and _is_in(was.minute, window) and not _is_in(place.minute, window):
        cost += OUT_OF_WINDOW
    return cost if hit.is_told else cost // UNTOLD


def _is_in(minute: int, window: tuple[int, int]) -> bool:
    return window[0] <= minute < window[1]


@dataclass(frozen=True, slots=True)
class _Partial:
    """Some of the visits decided: the places of each, every one with other people beside it, or none."""

    cost: int
    chosen: tuple[tuple[PlannedSession, ...], ...]
    sittings: tuple[Sitting, ...]


class _Ways:
    def __init__(self, displaced: Displaced) -> None:
        self.of = displaced
        self.under = as_counted(displaced.under)
        self.sittings = {sitting.number: sitting for sitting in displaced.under.sittings}
        self.hits = sorted(displaced.hits, key=lambda hit: self._when(hit.number))
        away = {hit.number for hit in self.hits}
        self.standing = tuple(each for each in self.under.sittings if each.number not in away)
        self.rules = Rules(self.under, displaced.as_is.life if displaced.as_is else FREE)
        self.is_many_a_day = any(phase.per_day > 1 for phase in self.under.wish.protocol.phases)
        self._known: dict[tuple[Shape, ...], bool] = {}

    def _when(self, number: int) -> tuple[int, int]:
        sitting = self.sittings[number]
        return sitting.day.toordinal(), sitting.minute

    def all(self) -> list[Way]:
        found = []
        if self.of.as_is is not None:
            found += [way for partial in self._partials(self.of.as_is) for way in self._whole(partial)]
            if sum(all(way.places.values()) for way in found) < ENOUGH:
                found += self._shifted()
        found.sort(key=lambda way: way.cost)
        stay = self._stay()
        return sorted([*found[:MOST_WAYS], *([stay] if stay else [])], key=lambda way: way.cost)

    def why_not(self, hit: Hit, spot: Spot) -> str:
        if self.of.as_is is None:
            return "nothing can be planned for this patient now"
        spots = self._spots(self.of.as_is, hit)
        if not hit.is_bound and not spots.is_in_time(spot.day, spot.minute):
            return "it is too soon to tell the patient"
        return spots.why_not(spot)

    def _partials(self, ground: Ground) -> list[_Partial]:
        """Return the legal combinations of places, the cheapest first; where one is left to a person, the dearer."""
        beam = [_Partial(0, (), self.standing)]
        width = max(12, BEAM // len(self.hits)) if len(self.hits) > 1 else MOST_WAYS
        book = None
        for place, hit in enumerate(self.hits):
            spots = self._spots(ground, hit, book)
            book = spots.book
            places = spots.all() if hit.spots is None else spots.named(hit.spots, is_chosen=hit.is_bound)
            rest = tuple(self._expected(later) for later in self.hits[place + 1 :])
            beam = sorted(self._extended(beam, hit, places, rest), key=lambda each: each.cost)[:width]
        return [each for each in beam if any(each.chosen) and self._holds(each)]

    def _spots(self, ground: Ground, hit: Hit, book: DayBook | None = None) -> Spots:
        others = (*self.standing, *(self._expected(each) for each in self.hits if each is not hit))
        return Spots(self.under, ground, self.sittings[hit.number], others, self.rules, book=book)

    def _expected(self, hit: Hit) -> Sitting:
        """Return a visit that goes as the others see it as long as it is not decided: near where it was, or named."""
        was = self.sittings[hit.number]
        return replace(was, day=hit.spots[0].day, minute=hit.spots[0].minute) if hit.spots else was

    def _shape(self, sittings: Iterable[Sitting]) -> tuple[Shape, ...]:
        """Return what the rules see of some visits: with one a day, minutes make no difference."""
        return tuple(
            (each.number, each.day, each.minute if self.is_many_a_day else 0, each.visit_type) for each in sittings
        )

    def _allows(self, others: tuple[Sitting, ...], decided: tuple[Shape, ...], sitting: Sitting, was: Sitting) -> bool:
        """Tell whether a visit may be where it is beside those decided before it, and those still to be decided."""
        shape = (*decided, *self._shape((sitting,)))
        if shape not in self._known:
            self._known[shape] = self.rules.allows(sitting, others, was)
        return self._known[shape]

    def _holds(self, partial: _Partial) -> bool:
        """Tell whether the whole course keeps its rules."""
        shape = (*self._shape(partial.sittings[len(self.standing) :]), _WHOLE)
        if shape not in self._known:
            self._known[shape] = self.rules.holds(partial.sittings, self._moved(partial))
        return self._known[shape]

    def _extended(
        self,
        beam: Iterable[_Partial],
        hit: Hit,
        places: Sequence[tuple[PlannedSession, ...]],
        rest: tuple[Sitting, ...],
    ) -> Iterator[_Partial]:
        """Yield what is decided with one visit more; `rest`: those still to be decided."""
        was = self.sittings[hit.number]
        window = self.under.wish.window
        priced = [(price(hit, was, each[0], window), each, _seated(was, each[0])) for each in places]
        first = len(self.standing)
        for partial in beam:
            decided = self._shape(partial.sittings[first:])
            for cost, each, sitting in priced:
                # Beside all the others as they are expected, every one of these places is legal.
                if not decided or self._allows((*partial.sittings, *rest), decided, sitting, was):
                    yield _Partial(partial.cost + cost, (*partial.chosen, each), (*partial.sittings, sitting))
            if not (hit.is_bound and places):
                yield _Partial(partial.cost + hit.stay_cost, (*partial.chosen, ()), (*partial.sittings, was))

    def _moved(self, partial: _Partial) -> list[int]:
        return [hit.number for hit, chosen in zip(self.hits, partial.chosen, strict=True) if chosen]

    def _whole(self, partial: _Partial) -> Iterator[Way]:
        """Yield a combination with each of the people and rooms it could take beside the main devices."""
        variants = max((len(chosen) for chosen in partial.chosen), default=0)
        for turn in range(min(variants, VARIANTS)):
            places = {
                hit.number: chosen[(turn + self.of.key) % len(chosen)] if chosen else None
                for hit, chosen in zip(self.hits, partial.chosen, strict=True)
            }
            way = self._way(places, partial.cost)
            if way is not None:
                yield way

    def _way(self, places: Mapping[int, PlannedSession | None], cost: int) -> Way | None:
        """Return a way with what it takes, or None if it is in its own way."""
        stays = {hit.number: hit.stays for hit in self.hits}
        taken: dict[tuple[int, int], int] = {}
        for number, place in places.items():
            for lane, day, mask in taken_by(place, self.of.patient) if place else stays[number]:
                if taken.get((lane, day), 0) & mask:
                    return None
                taken[lane, day] = taken.get((lane, day), 0) | mask
        return Way(places, cost, tuple((lane, day, mask) for (lane, day), mask in sorted(taken.items())))

    def _stay(self) -> Way | None:
        if any(hit.is_bound and hit.spots for hit in self.hits):
            return None
        return self._way(dict.fromkeys((hit.number for hit in self.hits), None), sum(h.stay_cost for h in self.hits))

    def _shifted(self) -> list[Way]:
        """Return the course with these visits behind the end of their phase; what follows shifts where it must."""
        of = self.of
        if of.loose is None or any(hit.spots is not None for hit in self.hits) or self.is_many_a_day:
            return []
        phases = [self.sittings[hit.number].phase for hit in self.hits]
        away = {hit.number for hit in self.hits}
        rest = replace(of.under, sittings=tuple(each for each in of.under.sittings if each.number not in away))
        lacking = as_counted(rest, {phase: phases.count(phase) for phase in phases})
        change = self._laid_out(lacking, of.loose, set(phases), self._hit_days())
        if change is None:
            return []
        places = dict(change)
        for hit in self.hits:
            if hit.number not in places:
                return []
        was = {hit.number: hit for hit in self.hits}
        window = self.under.wish.window
        cost = sum(
            price(was.get(number, Hit(number, is_told=self.hits[0].is_told)), self.sittings[number], place, window)
            for number, place in places.items()
        )
        way = self._way(places, cost) if self._is_in_time(places) else None
        return [way] if way else []

    def _hit_days(self) -> frozenset[dt.date]:
        return frozenset(self.sittings[hit.number].day for hit in self.hits)

    def _is_in_time(self, places: Mapping[int, PlannedSession]) -> bool:
        return all(
            self.rules.is_in_time(self.sittings[number], place.day, place.minute) for number, place in places.items()
        )

    def _laid_out(
        self, lacking: Under, ground: Ground, phases: set[str], shut: frozenset[dt.date]
    ) -> list[tuple[int, PlannedSession]] | None:
        """Return where the rest of the course goes, by number: what is owed behind its phase, and who has to shift."""
        names = [each.name for each in lacking.wish.protocol.phases]
        last = max(names.index(phase) for phase in phases)
        staying = {each.name for each in lacking.wish.protocol.phases[: last + 1]}
        is_open = [sitting for sitting in lacking.sittings if sitting.is_open]
        fixed = numbers(each for each in is_open if each.phase in staying or each.number in self.of.kept)
        try:
            change = rest_of(lacking, ground, Limits(told=numbers(is_open) - fixed, fixed=fixed, shut=shut))
        except Infeasible:
            return None
        waiting = {phase: [h.number for h in self.hits if self.sittings[h.number].phase == phase] for phase in phases}
        found = [(move.number, move.to) for move in change.moves]
        for added in change.added:
            if not waiting.get(added.phase):
                return None
            found.append((waiting[added.phase].pop(0), added))
        return found


def _seated(was: Sitting, place: PlannedSession) -> Sitting:
    return replace(was, day=place.day, minute=place.minute, main=place.uses[0].resource_id, visit_type=place.visit_type)
