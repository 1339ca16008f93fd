"""Pure: the places one visit of a course could take among the others, and whether all of them keep the rules."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scheduling.domain import bitmap, cadence, lists, placing
from scheduling.domain.choices import expected_visit
from scheduling.domain.ground import HALF_HOUR, Ground, day_book, longest_gap
from scheduling.domain.living import Sitting, Under
from scheduling.domain.local_time import MINUTES_A_DAY, QUANTUM
from scheduling.domain.options import DayBook
from scheduling.domain.plan import PlannedSession
from scheduling.domain.rules import Broken, broken
from scheduling.domain.wish import Life

NOTICE_MINUTES = 120  # nobody is asked to come sooner than that from now; default
LOOK_DAYS = 14
PAST_END_DAYS = 8
MOST_THAT_DAY = 36
MOST_A_DAY = 6  # of other days
MOST = 60
PEOPLE = 4  # how many different people a place is offered with
WHY = "Moved: its place was blocked."


@dataclass(frozen=True, slots=True)
class Spot:
    """A place by its day, wall-clock minute and main device."""

    day: dt.date
    minute: int
    main: int


class Rules:
    """What a course asks of where its visits stand: the protocol, the patient's week, and time enough to be told."""

    def __init__(self, under: Under, life: Life) -> None:
        self.under = under
        self.protocol = under.wish.protocol
        self.life = life
        self.longest = longest_gap(under.wish)
        self.in_order = sorted(under.sittings, key=_when)
        self._now: dict[int, frozenset[str]] = {}

    def faults(self, there: Sitting, others: Sequence[Sitting], was: Sitting) -> list[Broken]:
        """Return what a visit breaks at a place; what it breaks where it stands, it may go on breaking that day."""
        found = broken(self.protocol, others, there, longest_gap=self.longest)
        wish = self.under.wish
        if wish.weekdays and there.day.isoweekday() not in wish.weekdays:
            found.append(Broken("patient_weekday", "the patient can't come on that weekday"))
        found += lists.broken(wish.frozen_through, there.day, now_on=was.day, frozen_at=self.protocol.list_frozen_at)
        if there.day != was.day:
            return found
        return [fault for fault in found if fault.code not in self._broken_now(was)]

    def allows(self, there: Sitting, others: Sequence[Sitting], was: Sitting) -> bool:
        """Tell whether a visit may be at a place among others, as the kind of visit it is there."""
        return not self.faults(there, others, was) and there.visit_type == self.visit(there, others)

    def visit(self, there: Sitting, others: Sequence[Sitting]) -> str:
        """Return the visit type a visit must be at a place among others."""
        return expected_visit(self.protocol, [each for each in others if each.number != there.number], there)

    def _broken_now(self, was: Sitting) -> frozenset[str]:
        if was.number not in self._now:
            faults = broken(self.protocol, self.in_order, was, longest_gap=self.longest)
            weekdays = self.under.wish.weekdays
            if weekdays and was.day.isoweekday() not in weekdays:
                faults.append(Broken("patient_weekday", ""))
            self._now[was.number] = frozenset(fault.code for fault in faults)
        return self._now[was.number]

    def is_in_time(self, was: Sitting, day: dt.date, minute: int) -> bool:
        """Tell whether a patient can still be told: to come later always, to come sooner only some time from now."""
        if (day, minute) >= (was.day, was.minute):
            return True
        today, now = self.under.wish.not_before
        days, soonest = divmod(now + NOTICE_MINUTES, MINUTES_A_DAY)
        return (day, minute) >= (today + dt.timedelta(days=days), soonest)

    def holds(self, after: Sequence[Sitting], moved: Collection[int]) -> bool:
        """Tell whether a course keeps its rules after some visits moved: these, those left behind, the week's trips."""
        by_number = {each.number: each for each in after}
        before = {each.number: each for each in self.in_order}
        for number in moved:
            if not self.allows(by_number[number], after, before[number]):
                return False
        ordered = sorted(after, key=_when)
        beside = _beside(self.in_order, moved) | _beside(ordered, moved)
        return all(self._is_as_before(by_number[number], ordered) for number in beside) and self._can_travel(after)

    def _is_as_before(self, stays: Sitting, ordered: Sequence[Sitting]) -> bool:
        """Tell whether a visit that stays breaks nothing new and is still the right kind of visit."""
        if not stays.is_open:
            return True
        now = {fault.code for fault in broken(self.protocol, ordered, stays, longest_gap=self.longest)}
        if now - self._broken_now(stays):
            return False
        return self.visit(stays, ordered) in (stays.visit_type, self.visit(stays, self.in_order))

    def _can_travel(self, after: Sequence[Sitting]) -> bool:
        most = self.under.wish.max_travel_days
        if most is None:
            return True
        return all(
            len(days) <= max(most, len(self._trips(self.in_order).get(week, ())))
            for week, days in self._trips(after).items()
        )

    def _trips(self, sittings: Sequence[Sitting]) -> Mapping[int, set[int]]:
        weeks: dict[int, set[int]] = {}
        for day in (*(each.day.toordinal() for each in sittings), *self.life.visits):
            weeks.setdefault(cadence.monday(day), set()).add(day)
        return weeks


class Spots:
    """The places one visit could take, each with the different people that could be there, the usual device first."""

    def __init__(
        self,
        under: Under,
        ground: Ground,
        was: Sitting,
        others: Sequence[Sitting],
        rules: Rules,
        *,
        book: DayBook | None = None,
    ) -> None:
        self.under, self.was, self.others, self.rules = under, was, others, rules
        self.book: DayBook = book or day_book(under.wish, ground)
        self.is_one_device = rules.protocol.keep_provider == "hard"
        self._of_day: dict[dt.date, bool] = {}
        self._busy_days = {each.day for each in others}

    def all(self) -> list[tuple[PlannedSession, ...]]:
        """Return the places of its day, then those of other days, as many as are worth looking at."""
        found = list(self._of(self.was.day, MOST_THAT_DAY))
        if all(phase.per_day == 1 for phase in self.rules.protocol.phases):
            # The visits of a course with several a day belong together: its days are not torn apart.
            for day in self._other_days():
                found += self._of(day, MOST_A_DAY)
                if len(found) >= MOST:
                    break
        return found

    def named(self, spots: Sequence[Spot], *, is_chosen: bool) -> list[tuple[PlannedSession, ...]]:
        """Return those of some named places that are free and legal; `is_chosen`: by a person, who calls."""
        found = (
            self.placed(spot.day, spot.minute // QUANTUM, spot.main)
            for spot in spots
            if not self.faults(spot.day, spot.minute) and (is_chosen or self.is_in_time(spot.day, spot.minute))
        )
        return [each for each in found if each]

    def why_not(self, spot: Spot) -> str:
        """Return why the visit can't be at a place, in words; empty: it can, as far as this visit alone goes."""
        if faults := self.faults(spot.day, spot.minute):
            return f"not allowed, {faults[0].text}"
        if self.placed(spot.day, spot.minute // QUANTUM, spot.main):
            return ""
        visit = self._visit(spot.day, spot.minute)
        return placing.why_taken(self.book, day=spot.day, minute=spot.minute, main=spot.main, visit=visit)

    def is_in_time(self, day: dt.date, minute: int) -> bool:
        """Tell whether the patient can still be told."""
        return self.rules.is_in_time(self.was, day, minute)

    def _other_days(self) -> Iterator[dt.date]:
        """Yield the days around, the nearest first, then those behind the end of its phase."""
        today = self.under.wish.not_before[0]
        for away in range(1, LOOK_DAYS + 1):
            yield self.was.day + dt.timedelta(days=away)
            if self.was.day - dt.timedelta(days=away) >= today:
                yield self.was.day - dt.timedelta(days=away)
        last = max((each.day for each in self.others if each.phase == self.was.phase), default=self.was.day)
        for away in range(PAST_END_DAYS + 1):
            day = last + dt.timedelta(days=away)
            if (day - self.was.day).days > LOOK_DAYS:
                yield day

    def _of(self, day: dt.date, most: int) -> Iterator[tuple[PlannedSession, ...]]:
        """Yield places of a day, those near the told time first."""
        if day not in self._busy_days and not self._is_allowed(day, self.was.minute):
            return
        wanted = self.was.minute // QUANTUM
        # A place is looked at as the visit it would be at the usual time; it is checked again where it is.
        visit = self._visit(day, self.was.minute)
        near = [
            (abs(quantum - wanted), main != self.was.main, quantum, main)
            for main, mask in self.book.starts(day.toordinal(), visit).items()
            if main == self.was.main or not self.is_one_device
            for quantum in _worth(mask, wanted, is_that_day=day == self.was.day)
        ]
        count = 0
        for _away, _other, quantum, main in sorted(near):
            found = self._at(day, quantum, main)
            if found:
                yield found
                count += 1
            if count == most:
                return

    def _at(self, day: dt.date, quantum: int, main: int) -> tuple[PlannedSession, ...]:
        minute = quantum * QUANTUM
        if not self.is_in_time(day, minute) or not self._is_allowed(day, minute):
            return ()
        return self.placed(day, quantum, main)

    def placed(self, day: dt.date, quantum: int, main: int) -> tuple[PlannedSession, ...]:
        """Return the visit at a place whatever the rules say, once with each of the people it could have; or none."""
        visit = self._visit(day, quantum * QUANTUM)
        number = day.toordinal()
        if not self.book.starts(number, visit).get(main, 0) >> quantum & 1:
            return ()
        beside = {lane.id for use in self.book.uses[visit][1:] for lane in self.book.by_use[use]}
        found: dict[tuple[int, ...], PlannedSession] = {}
        for liked in (None, *sorted(beside)):
            uses = placing.held(self.book, number, visit, quantum, main, {liked: 1} if liked is not None else {})
            if uses is not None:
                found.setdefault(
                    tuple(use.resource_id for use in uses),
                    PlannedSession(
                        number=0,
                        phase=self.was.phase,
                        visit_type=visit,
                        day=day,
                        minute=quantum * QUANTUM,
                        minutes=self.book.visits[visit].minutes,
                        uses=uses,
                        why=WHY,
                        deviation=None,
                    ),
                )
            if len(found) == PEOPLE:
                break
        return tuple(found.values())

    def _is_allowed(self, day: dt.date, minute: int) -> bool:
        """Tell whether the rules allow a minute of a day; where no other visit is that day, all minutes are alike."""
        if day in self._busy_days:
            return not self.faults(day, minute)
        if day not in self._of_day:
            self._of_day[day] = not self.faults(day, minute)
        return self._of_day[day]

    def faults(self, day: dt.date, minute: int) -> list[Broken]:
        """Return the rules the visit would break at a minute of a day."""
        there = Sitting(self.was.number, self.was.phase, day, minute, 0, True, self._visit(day, minute))
        return self.rules.faults(there, self.others, self.was)

    def _visit(self, day: dt.date, minute: int) -> str:
        there = Sitting(self.was.number, self.was.phase, day, minute, 0, True, "")
        return self.rules.visit(there, self.others)


def _worth(mask: int, wanted: int, *, is_that_day: bool) -> list[int]:
    """Return the starts worth looking at: the told time, whole half hours from it, and the edges of each free stretch.

    On another day the few nearest are enough.
    """
    found = {quantum for quantum in bitmap.each(mask) if (quantum - wanted) % HALF_HOUR == 0}
    for first, end in bitmap.spans(mask):
        found |= {first, end - 1}
    nearest = sorted(found, key=lambda quantum: (abs(quantum - wanted), quantum))
    return nearest if is_that_day else nearest[:3]


def _beside(ordered: Sequence[Sitting], moved: Collection[int]) -> set[int]:
    """Return who stands right before and after those who moved, and did not move."""
    found = set()
    for place, sitting in enumerate(ordered):
        if sitting.number in moved:
            found |= {each.number for each in ordered[max(0, place - 1) : place + 2]}
    return found - set(moved)


def _when(sitting: Sitting) -> tuple[dt.date, int]:
    return sitting.day, sitting.minute
