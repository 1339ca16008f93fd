"""Pure: one day, and the fewest sessions to move within it so that a rigid visit has room that had none.

A rigid visit needs much at once: the first one of a protocol. Of the places it could have, those with the fewest
sessions in the way are looked at; each of these is seated elsewhere on its day, together at the least cost. Nobody else
is touched, and no other rigid visit loses its room.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scheduling.domain import bitmap, local_time, placing
from scheduling.domain.cadence import date_of
from scheduling.domain.local_time import QUANTA_A_DAY, QUANTUM
from scheduling.domain.options import DayBook, Lane
from scheduling.domain.placing import HALF_HOUR
from scheduling.domain.plan import PlannedSession
from scheduling.domain.protocol import VisitType
from scheduling.domain.wish import FREE

MOST_A_DAY = 3  # sessions in the way of one visit
PLACES_TRIED = 8  # places for one visit on one day, those with the fewest in the way
STEPS = 400  # seats tried for one place; past that the best so far is taken
MOST_POINTS = 20  # moves that cost more than a whole day is worth are not looked at
OTHER_HELPER, OTHER_DEVICE, OTHER_TIME = 1, 2, 3  # and one more point for each half hour from the standing time
WHY = "Moved before anybody was told, to make room for a longer visit."
_ON_THE_HALF_HOUR = sum(1 << quantum for quantum in range(0, QUANTA_A_DAY, HALF_HOUR))


@dataclass(frozen=True, slots=True)
class Rigid:
    """A visit that needs much at once, the protocols that begin with it, and the weekdays (ISO) they may begin on."""

    visit: VisitType
    names: tuple[str, ...]
    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class Seated:
    """A session that may be moved within its day (an ordinal), and what it holds then: lane to bitmap."""

    session_id: int
    course_id: int
    patient_id: int
    day: int
    takes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Way:
    """Another start (quantum) of a session on its day, its main device, and the points it costs."""

    quantum: int
    main: int
    cost: int


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the rules, the patient and the standing time let a session go on its day, the cheapest first."""

    book: DayBook  # of its course: who fits, whatever is free
    phase: str
    visit: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A session that goes elsewhere on its day, and the points that costs."""

    session_id: int
    course_id: int
    to: PlannedSession
    cost: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What moving a few sessions of one day opens: rigid visits (their indexes) and the minute each could begin at."""

    day: int
    moves: tuple[Move, ...]
    opens: Mapping[int, int]

    @property
    def cost(self) -> int:
        """The points the moves cost together."""
        return sum(move.cost for move in self.moves)


WaysOf = Callable[[Seated], Ways | None]
Free = dict[int, int]  # lane to bitmap; a patient is a lane under the negative id


def price(*, quantum: int, main: int, standing: int, now: tuple[int, int]) -> int:
    """Return the points of a place (start and device) for a session that stands at `now` (quantum and device)."""
    cost = OTHER_DEVICE if main != now[1] else 0
    if quantum != now[0]:
        cost += OTHER_TIME + abs(quantum - standing) // HALF_HOUR
    return cost or OTHER_HELPER


@dataclass(slots=True)
class Day:
    """One day (an ordinal): its lanes as they are, who may move, and which rigid visits have room."""

    day: int
    lanes: Sequence[Lane]
    zone: str
    seated: Sequence[Seated]
    rigids: Sequence[Rigid]
    ways_of: WaysOf
    hours: Free = field(init=False)
    free: Free = field(init=False)
    given: frozenset[int] = field(init=False)  # rigid visits the day would have room for if nothing were booked
    room: dict[int, int] = field(init=False)  # rigid visit to the minute of its first start
    _steps: int = 0

    def __post_init__(self) -> None:
        weekday = (self.day - 1) % 7 + 1
        self.hours = {lane.id: lane.hours.get(self.day, 0) for lane in self.lanes}
        self.free = {lane.id: lane.free.get(self.day, 0) for lane in self.lanes}
        self.given = frozenset(i for i in self._starts(self.hours) if weekday in self.rigids[i].weekdays)
        self.room = {index: minute for index, minute in self._starts(self.free).items() if index in self.given}

    def openings(self) -> Iterator[Opening]:
        """Yield, for each rigid visit without room, the cheapest way to make some."""
        for index in sorted(self.given - set(self.room)):
            moves = self._cheapest(index)
            if moves:
                after = self._starts(self._after(moves))
                opens = {each: after[each] for each in after if each in self.given and each not in self.room}
                yield Opening(self.day, moves, opens)

    def _cheapest(self, index: int) -> tuple[Move, ...]:
        best: tuple[Move, ...] = ()
        limit = MOST_POINTS
        for needed, blockers in self._places(index):
            self._steps = 0
            found = self._seats(blockers, _without(self._given_back(blockers), needed), needed, limit)
            if found is not None:
                best, limit = found, sum(move.cost for move in found)
        return best

    def _places(self, index: int) -> list[tuple[Free, list[Seated]]]:
        """Return what a rigid visit would take and who is in the way there, the fewest first."""
        empty = self._book(self._given_back(self.seated))
        found = []
        for main, mask in empty.starts(self.day, str(index)).items():
            for quantum in bitmap.each(mask & _ON_THE_HALF_HOUR or mask):
                needed = self._needed(empty, index, quantum, main)
                blockers = [each for each in self.seated if _meets(each.takes, needed)]
                if len(blockers) <= MOST_A_DAY:
                    found.append((len(blockers), quantum, main, needed, blockers))
        found.sort(key=lambda place: place[:3])
        return [(needed, blockers) for _count, _quantum, _main, needed, blockers in found[:PLACES_TRIED]]

    def _needed(self, empty: DayBook, index: int, quantum: int, main: int) -> Free:
        """Return what a rigid visit takes from a quantum on, on the lanes with the fewest sessions meanwhile."""
        during = bitmap.span(quantum, self.rigids[index].visit.minutes // QUANTUM)
        idle: dict[int, int] = {}
        for each in self.seated:
            for lane, mask in each.takes.items():
                idle[lane] = idle.get(lane, 0) - bool(mask & during)
        lanes = empty.assign(self.day, str(index), quantum, main, idle)
        assert lanes is not None, "only starts that can be assigned are asked about"
        needed: Free = {}
        for use, held in zip(empty.uses[str(index)], lanes, strict=True):
            taken = bitmap.span(quantum + use.at - use.before, use.before + use.length + use.after)
            needed[held.id] = needed.get(held.id, 0) | taken
        return needed

    def _seats(self, blockers: Sequence[Seated], base: Free, needed: Free, limit: int) -> tuple[Move, ...] | None:
        """Return the cheapest seats for all of some sessions on what is free, below a limit of points; or None.

        `needed`: what the visit to be opened takes of it; without it every other one that has room must keep it.
        """
        if not blockers:
            after = {lane: mask | needed.get(lane, 0) for lane, mask in base.items()}
            return () if set(self.room) <= set(self._starts(after)) else None
        first, others = blockers[0], blockers[1:]
        ways = self.ways_of(first)
        best = None
        for way in ways.ways if ways else ():
            self._steps += 1
            if way.cost + OTHER_HELPER * len(others) >= limit or self._steps > STEPS:
                break
            place = self._place(first, ways, way, base)  # type: ignore[arg-type]
            if place is None:
                continue
            rest = self._seats(others, _without(base, _takes(place, first)), needed, limit - way.cost)
            if rest is not None:
                best = (Move(first.session_id, first.course_id, place, way.cost), *rest)
                limit = sum(move.cost for move in best)
        return best

    def _place(self, session: Seated, ways: Ways, way: Way, base: Free) -> PlannedSession | None:
        minutes = ways.book.visits[ways.visit].minutes
        if bitmap.span(way.quantum, minutes // QUANTUM) & ~base.get(-session.patient_id, bitmap.FULL_DAY):
            return None
        book = replace(ways.book, lanes=self._lanes(base))
        uses = placing.held(book, self.day, ways.visit, way.quantum, way.main, dict.fromkeys(session.takes, 1))
        if uses is None:
            return None
        return PlannedSession(
            0, ways.phase, ways.visit, date_of(self.day), way.quantum * QUANTUM, minutes, uses, WHY, None
        )

    def _after(self, moves: Sequence[Move]) -> Free:
        by_id = {each.session_id: each for each in self.seated}
        found = self._given_back([by_id[move.session_id] for move in moves])
        for move in moves:
            found = _without(found, _takes(move.to, by_id[move.session_id]))
        return found

    def _given_back(self, sessions: Sequence[Seated]) -> Free:
        return _given_back(self.free, self.hours, sessions)

    def _starts(self, free: Mapping[int, int]) -> dict[int, int]:
        """Return the first minute of each rigid visit that has room on what is free."""
        book = self._book(free)
        found = {}
        for index in range(len(self.rigids)):
            masks = book.starts(self.day, str(index)).values()
            first = min((next(bitmap.each(mask)) for mask in masks), default=None)
            if first is not None:
                found[index] = first * QUANTUM
        return found

    def _book(self, free: Mapping[int, int]) -> DayBook:
        return DayBook(
            lanes=self._lanes(free),
            pins={},
            life=FREE,
            earliest={},
            unusable={self.day: local_time.unusable_mask(date_of(self.day), self.zone)},
            visits={str(index): rigid.visit for index, rigid in enumerate(self.rigids)},
        )

    def _lanes(self, free: Mapping[int, int]) -> list[Lane]:
        return [replace(lane, free={self.day: free.get(lane.id, 0)}) for lane in self.lanes]


def roomy(lanes: Sequence[Lane], day: int, seated: Sequence[Seated]) -> list[Lane]:
    """Return lanes on one day as if these sessions of it were not there; what is out of service stays so."""
    hours = {lane.id: lane.hours.get(day, 0) for lane in lanes}
    free = _given_back({lane.id: lane.free.get(day, 0) for lane in lanes}, hours, seated)
    return [replace(lane, free={day: free[lane.id]}) for lane in lanes]


def _given_back(free: Mapping[int, int], hours: Mapping[int, int], sessions: Sequence[Seated]) -> Free:
    found = dict(free)
    for session in sessions:
        for lane, mask in session.takes.items():
            found[lane] = found.get(lane, 0) | mask & hours.get(lane, 0)
    return found


def _takes(place: PlannedSession, session: Seated) -> Free:
    """Return what a session takes at a place: its lanes, and its patient's time."""
    found = {-session.patient_id: bitmap.span(place.minute // QUANTUM, place.minutes // QUANTUM)}
    for use in place.uses:
        first, end = use.from_minute // QUANTUM, -(-use.to_minute // QUANTUM)
        found[use.resource_id] = found.get(use.resource_id, 0) | bitmap.span(first, end - first)
    return found


def _without(free: Mapping[int, int], takes: Mapping[int, int]) -> Free:
    found = dict(free)
    for lane, mask in takes.items():
        found[lane] = found.get(lane, bitmap.FULL_DAY if lane < 0 else 0) & ~mask
    return found


def _meets(takes: Mapping[int, int], needed: Mapping[int, int]) -> bool:
    return any(takes.get(lane, 0) & mask for lane, mask in needed.items())
