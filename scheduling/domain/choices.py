"""Pure: where a session could go instead, and where a lost one could be made up: legal places ranked, others with why.

A place is looked at on its day: the start nearest to the standing time, the usual device before another one. The end of
the phase is laid out by the search, because what follows may have to shift.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from scheduling.domain import bitmap, lists, placing, remap, rules
from scheduling.domain.costs import NEAR_QUANTA
from scheduling.domain.ground import HALF_HOUR, Ground, day_book, longest_gap
from scheduling.domain.living import Change, Limits, Move, Sitting, Under, numbers, rest_of
from scheduling.domain.local_time import QUANTA_A_DAY, QUANTUM, clock_text, day_text
from scheduling.domain.options import DayBook
from scheduling.domain.plan import PlannedSession
from scheduling.domain.protocol import Phase, ProtocolDefinition
from scheduling.domain.rules import Broken
from scheduling.domain.wish import Infeasible

LOOK_DAYS = 14
LEAST_AWAY = 3  # quanta: five minutes earlier is not another time


@dataclass(frozen=True, slots=True)
class Choice:
    """A change to choose: its kind, words for the desk, and the change itself; or why it may not be."""

    kind: str
    label: str
    change: Change | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """A session to be made up: its phase, when and where it was, and why it can't be made up the same day, if so."""

    phase: str
    day: dt.date
    minute: int
    main: int
    not_today: str = ""


def as_counted(under: Under, more: Mapping[str, int] | None = None) -> Under:
    """Return a course whose protocol asks for just what counts now and `more` by phase: nothing else is added."""
    counts: dict[str, int] = dict(more or {})
    for sitting in under.sittings:
        counts[sitting.phase] = counts.get(sitting.phase, 0) + 1
    phases = tuple(
        _of_size(phase, counts.get(phase.name, 0))
        for phase in under.wish.protocol.phases
        if counts.get(phase.name) and phase.series == under.series
    )
    return replace(under, wish=replace(under.wish, protocol=replace(under.wish.protocol, phases=phases)))


def _of_size(phase: Phase, count: int) -> Phase:
    if phase.open_ended:
        return replace(phase, plan_ahead=count)
    if phase.rule:
        return replace(phase, rule=None, rule_weeks=None, sessions=count, per_week=2)
    if phase.windows_days:
        extra = phase.windows_days[-1:] * max(0, count - len(phase.windows_days))
        return replace(phase, windows_days=(*phase.windows_days[:count], *extra))
    # A weekly pattern stays whole: 3, 2, 1 cut to five visits would let two into each week after a closed one.
    return replace(phase, sessions=count)


def expected_visit(protocol: ProtocolDefinition, others: Iterable[Sitting], session: Sitting) -> str:
    """Return the visit type a session must be where it stands: the first, a re-mapping after a gap, or the usual."""
    phase = next(each for each in protocol.phases if each.name == session.phase)
    before = [each.day for each in others if (each.day, each.minute) < (session.day, session.minute)]
    if phase.visit:
        return phase.visit
    if not before:
        return protocol.first_visit
    is_due = remap.is_due(protocol, phase, (session.day - max(before)).days)
    return protocol.remap_visit if is_due and protocol.remap_visit else protocol.other_visit


class Places:
    """The places one session of a course could take. On the ground, all the others stand where they are."""

    def __init__(
        self, under: Under, ground: Ground, *, phase: str, number: int = 0, listed_on: dt.date | None = None
    ) -> None:
        """`listed_on`: the day on whose list the patient was, where no session of that number stands any more."""
        self.under, self.phase, self.number, self._listed_on = under, phase, number, listed_on
        self.others = [each for each in under.sittings if each.number != number]
        self.book: DayBook = day_book(under.wish, ground)
        self.protocol = under.wish.protocol

    def on(self, day: dt.date, minute: int, liked: int) -> PlannedSession | str:
        """Return the session as near to a minute of a day as anything is free, or why it can't be on that day."""
        visit = self._visit(day, minute)
        found = placing.nearest(self.book, day=day.toordinal(), visit=visit, wanted=minute // QUANTUM, liked=liked)
        if found is None:
            return self._why_full(day, minute, visit, liked)
        return self.at(day, found[0] * QUANTUM, found[1])

    def at(self, day: dt.date, minute: int, main: int) -> PlannedSession | str:
        """Return the session at a minute of a day on a device, or why it can't be there."""
        visit = self._visit(day, minute)
        faults = self.faults(day, minute, visit)
        if faults:
            return f"not allowed, {faults[0].text}"
        return self.free_at(day, minute, main)

    def free_at(self, day: dt.date, minute: int, main: int) -> PlannedSession | str:
        """Return the session at a place whatever the protocol's rules say, or why nothing is free there."""
        visit = self._visit(day, minute)
        found = placing.at(
            self.book, day=day, minute=minute, main=main, phase=self.phase, visit=visit, why="Chosen by the desk."
        )
        return found or placing.why_taken(self.book, day=day, minute=minute, main=main, visit=visit)

    def faults(self, day: dt.date, minute: int, visit: str = "") -> list[Broken]:
        """Return the rules of the protocol, and of the patient's wish, that a place would break."""
        there = Sitting(self.number, self.phase, day, minute, 0, True, visit or self._visit(day, minute))
        found = rules.broken(self.protocol, self.others, there, longest_gap=longest_gap(self.under.wish))
        if self.under.wish.weekdays and day.isoweekday() not in self.under.wish.weekdays:
            found.append(Broken("patient_weekday", "the patient can't come on that weekday"))
        if self._changes_first(day, minute):
            found.append(Broken("first_visit", "the course begins with its first visit"))
        return found + lists.broken(
            self.under.wish.frozen_through, day, now_on=self._now_on(), frozen_at=self.protocol.list_frozen_at
        )

    def starts(self, day: dt.date) -> dict[int, list[int]]:
        """Return by main device the minutes of a day at which the session may begin."""
        found: dict[int, list[int]] = {}
        fine: dict[int, bool] = {}
        for quantum in range(QUANTA_A_DAY):
            minute = quantum * QUANTUM
            visit = self._visit(day, minute)
            for main, mask in self.book.starts(day.toordinal(), visit).items():
                if not mask >> quantum & 1:
                    continue
                if minute not in fine:
                    fine[minute] = not self.faults(day, minute, visit)
                if fine[minute]:
                    found.setdefault(main, []).append(minute)
        return found

    def _now_on(self) -> dt.date | None:
        return next((each.day for each in self.under.sittings if each.number == self.number), self._listed_on)

    def _changes_first(self, day: dt.date, minute: int) -> bool:
        """Tell whether another session than now would be the first, where that one is of its own kind."""
        mine = next((each for each in self.under.sittings if each.number == self.number), None)
        if mine is None or not self.others or self.protocol.first_visit == self.protocol.other_visit:
            return False
        first = min((each.day, each.minute) for each in self.others)
        return ((mine.day, mine.minute) < first) != ((day, minute) < first)

    def _visit(self, day: dt.date, minute: int) -> str:
        there = Sitting(self.number, self.phase, day, minute, 0, True, "")
        return expected_visit(self.protocol, self.others, there)

    def _why_full(self, day: dt.date, minute: int, visit: str, liked: int) -> str:
        mains = placing.mains_of(self.book, visit)
        main = liked if liked in mains else mains[0] if mains else 0
        return placing.why_taken(self.book, day=day, minute=minute, main=main, visit=visit)

    def same_day(self, day: dt.date, minute: int, liked: int) -> Iterator[PlannedSession]:
        """Yield other times of one day near a minute, the usual device first."""
        visit = self._visit(day, minute)
        starts = self.book.starts(day.toordinal(), visit)
        wanted = minute // QUANTUM
        # Whole half hours away first: odd times leave odd gaps.
        near = [
            (main != liked, abs(q - wanted) > NEAR_QUANTA, abs(q - wanted) % HALF_HOUR != 0, abs(q - wanted), q, main)
            for main, mask in starts.items()
            for q in bitmap.each(mask)
            if (abs(q - wanted) >= LEAST_AWAY and q % LEAST_AWAY == 0) or (q == wanted and main != liked)
        ]
        for *_order, quantum, main in sorted(near):
            found = self.at(day, quantum * QUANTUM, main)
            if isinstance(found, PlannedSession):
                yield found


def to_move(under: Under, as_is: Ground, ground: Ground, number: int, *, choices: int = 5) -> list[Choice]:
    """Return other places for one session, the least disturbing first: its day, the days around it, the phase's end.

    `as_is`: the ground on which every other session of the course stands; `ground`: on which they may be laid out anew.
    """
    [session] = [each for each in under.sittings if each.number == number]
    counted = as_counted(under)
    places = Places(counted, as_is, phase=session.phase, number=number)
    found: list[PlannedSession] = []
    right = _right_visit(places, session)
    for place in places.same_day(session.day, session.minute, session.main):
        if all(abs(place.minute - other.minute) >= 2 * LEAST_AWAY * QUANTUM for other in found):
            found.append(place)
        if len(found) == 2:
            break
    for day in _around(session.day, under.wish.not_before[0]):
        place_or_why = places.on(day, session.minute, session.main)
        if isinstance(place_or_why, PlannedSession):
            found.append(place_or_why)
        if len(found) >= choices:
            break
    moved = right + [_moved(under, session, place) for place in found[: choices - len(right)]]
    if len(moved) < choices:
        moved += _to_end(under, ground, session, {place.day for place in found})
    return moved


def _right_visit(places: Places, session: Sitting) -> list[Choice]:
    """Return a session at or near its own place as the visit it has to be there, if it is booked as another one."""
    others = places.others
    if session.visit_type == expected_visit(places.protocol, others, session):
        return []
    place = places.on(session.day, session.minute, session.main)
    if isinstance(place, str):
        return []
    return [replace(_moved(places.under, session, place), kind="visit_type")]


def to_make_up(under: Under, as_is: Ground, ground: Ground, lost: Lost, *, today: dt.date) -> list[Choice]:
    """Return where a lost session could be made up: today, the soonest days, its phase's end; then what may not be.

    The legal ones come first, at most three; today and tomorrow are named even if they may not be. Grounds: `to_move`.
    """
    counted = as_counted(under)
    wanted = _with_phase(counted, under, lost.phase)
    places = Places(wanted, as_is, phase=lost.phase, listed_on=lost.day)
    legal: list[Choice] = []
    refused: list[Choice] = []
    last = max((each.day for each in under.sittings if each.phase == lost.phase), default=today)
    for offset in range(max(LOOK_DAYS, (last - today).days)):
        day = today + dt.timedelta(days=offset)
        found = places.on(day, under.standing_minute if offset else lost.minute, lost.main)
        if not offset and lost.not_today:
            found = lost.not_today
        if isinstance(found, PlannedSession):
            legal.append(_added(under, found, "today" if not offset else "soonest"))
        elif offset < 2:
            label = "Today" if not offset else "Tomorrow"
            refused.append(Choice("today" if not offset else "tomorrow", label, None, found))
        if len(legal) == 2:
            break
    legal += _at_end(under, ground, lost, taken={each.label for each in legal})
    if len(legal) < 3:
        legal += _later(places, under, lost, today, {each.label for each in legal}, 3 - len(legal))
    return legal[:3] + refused


def _with_phase(counted: Under, under: Under, name: str) -> Under:
    """Return a course that has a phase even if nothing in it counts yet."""
    if any(phase.name == name for phase in counted.wish.protocol.phases):
        return counted
    return as_counted(under, {name: 1})


def _later(places: Places, under: Under, lost: Lost, today: dt.date, seen: set[str], wanted: int) -> list[Choice]:
    found: list[Choice] = []
    for offset in range(1, 60):
        place = places.on(today + dt.timedelta(days=offset), under.standing_minute, lost.main)
        if isinstance(place, PlannedSession):
            choice = _added(under, place, "later")
            if choice.label not in seen:
                found.append(choice)
        if len(found) == wanted:
            break
    return found


def _at_end(under: Under, ground: Ground, lost: Lost, *, taken: set[str]) -> list[Choice]:
    """Return the make-up at the end of its phase; what follows shifts where it must."""
    change = _laid_out(as_counted(under, {lost.phase: 1}), ground, lost.phase)
    if change is None or not change.added:
        return []
    choice = Choice("end", _label(change.added[0]), change)
    return [] if choice.label in taken and not change.moves else [choice]


def _to_end(under: Under, ground: Ground, session: Sitting, days: set[dt.date]) -> list[Choice]:
    """Return one session taken out and put at the end of its phase."""
    rest = replace(under, sittings=tuple(each for each in under.sittings if each.number != session.number))
    change = _laid_out(as_counted(rest, {session.phase: 1}), ground, session.phase, shut=session.day)
    if change is None or not change.added or change.added[0].day in days:
        return []
    added = change.added[0]
    whole = replace(change, moves=(*change.moves, Move(session.number, session, added)), added=())
    return [Choice("end", _label(added), replace(whole, ended_on=max(each.day for each in under.sittings)))]


def _laid_out(under: Under, ground: Ground, phase: str, shut: dt.date | None = None) -> Change | None:
    """Return the course with what it lacks at the end of a phase: what comes before stays, what follows may shift.

    Where that leaves no way, as after a lost first visit, the others may move too, at the price of being told.
    """
    if any(each.per_day > 1 for each in under.wish.protocol.phases):
        return None  # the days of such a course belong together: only places within them are offered
    names = [each.name for each in under.wish.protocol.phases]
    upto = set(names[: names.index(phase) + 1])
    told = numbers(sitting for sitting in under.sittings if sitting.is_open)
    staying = numbers(sitting for sitting in under.sittings if sitting.is_open and sitting.phase in upto)
    days = frozenset({shut}) if shut else frozenset()
    for fixed in (staying, frozenset[int]()):
        try:
            return rest_of(under, ground, Limits(told=told - fixed, fixed=fixed, shut=days))
        except Infeasible:
            continue
    return None


def _around(day: dt.date, today: dt.date) -> Iterator[dt.date]:
    for away in range(1, LOOK_DAYS + 1):
        yield day + dt.timedelta(days=away)
        if day - dt.timedelta(days=away) >= today:
            yield day - dt.timedelta(days=away)


def _moved(under: Under, session: Sitting, place: PlannedSession) -> Choice:
    ended = max(each.day for each in under.sittings)
    ends = max([place.day, *(each.day for each in under.sittings if each.number != session.number)])
    change = Change((Move(session.number, session, place),), (), (), ended, ends)
    kind = "other_time" if place.day == session.day else "other_day"
    return Choice(kind, _label(place), change)


def _added(under: Under, place: PlannedSession, kind: str) -> Choice:
    ended = max((each.day for each in under.sittings), default=place.day)
    return Choice(kind, _label(place), Change((), (place,), (), ended, max(ended, place.day)))


def _label(place: PlannedSession) -> str:
    return f"{day_text(place.day)}, {clock_text(place.minute)}, {place.uses[0].name}"
