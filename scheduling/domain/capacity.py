"""Pure: where new courses of a protocol would start best, and what some more of them would meet. Nothing is booked."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scheduling.domain import load
from scheduling.domain.costs import AS_ASKED
from scheduling.domain.ground import Ground, Series, with_sessions
from scheduling.domain.load import Demand
from scheduling.domain.local_time import QUANTA_A_DAY, QUANTUM, day_text
from scheduling.domain.plan import Plan
from scheduling.domain.planner import plan_course
from scheduling.domain.space import Space
from scheduling.domain.wish import Infeasible, Wish

START_DAYS = 10  # days on which the course could begin that are looked at
LOOK_FOR_START = 60  # calendar days in which they are looked for
OF_ONE_DAY = 2  # times named for one first day
MOST_STARTS = 10
_HALF_HOURS = range(0, QUANTA_A_DAY, load.HALF_HOUR)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a course could begin: its first day, standing time (minutes) and device, and how good that is.

    `days_free`: on how many of the course's `days` the device is free then; `scarcity`: per mille of all its days on
    which the half hour is taken on devices of its kind.
    """

    day: dt.date
    minute: int
    resource_id: int
    name: str
    days_free: int
    days: int
    scarcity: int
    ends_on: dt.date
    why: str


@dataclass(frozen=True, slots=True)
class Imagined:
    """One more course: its plan and how many days after the first one it would begin; or why none fits any more.

    A later one can begin sooner where that costs it less than it saves.
    """

    number: int
    plan: Plan | None
    later_days: int
    text: str


def best_starts(wish: Wish, ground: Ground, *, most: int = MOST_STARTS) -> list[Start]:
    """Return where a course would start best, the best first; the standing time is that of its first series.

    Ranked as the planner prices: a day later costs most, then each session that has to go to another device; of equals
    the least scarce half hour, then the earlier day and time.

    :raises Infeasible: the site lacks a kind of resource, or the protocol plans nothing ahead.
    """
    series = Series(wish, ground, wish.protocol.series[0])
    if not series.blocks:
        raise Infeasible("This protocol plans no sessions ahead.", code="nothing_to_plan", at_session=1)
    series.check_kinds()
    demand = series.demand()
    names = {lane.id: lane.name for lane in series.mains()}
    found = [
        start
        for space in _spaces(series)
        for start in sorted(_of_day(series, space, demand, names), key=_within_day)[:OF_ONE_DAY]
    ]
    found.sort(key=lambda start: (_price(start, wish.start_on), start.scarcity, start.day, start.minute))
    return found[:most]


def _spaces(series: Series) -> Iterator[Space]:
    """Yield the places of the course for each day on which it could begin and then run to its end."""
    first = series.bounds.start_on
    seen = 0
    for day in range(first, min(first + LOOK_FOR_START, series.bounds.last_day + 1)):
        space = Space(series.blocks, series.book, replace(series.bounds, start_on=day))
        # A course that finds no place for its rest has its last day more than once.
        if space.ideal[0] == day and len(set(space.ideal)) == len(space.ideal):
            yield space
            seen += 1
        if seen == START_DAYS:
            return


def _of_day(series: Series, space: Space, demand: Demand, names: dict[int, str]) -> Iterator[Start]:
    """Yield each half hour that is free for a course beginning on a day, on the device that is free most often then."""
    starts: dict[int, list[int]] = {}
    for block, day in zip(series.blocks, space.ideal, strict=True):
        for lane, mask in series.book.block_starts(day, block.visits, block.offsets).items():
            starts.setdefault(lane, []).append(mask)
    planes = {lane: load.add_up(masks) for lane, masks in starts.items()}
    scarcities = {quantum: demand.scarcity(quantum) for quantum in _HALF_HOURS if demand.days_open(quantum)}
    least, days = min(scarcities.values(), default=0), len(space.ideal)
    is_uneven = least < max(scarcities.values(), default=0)
    for quantum, scarcity in scarcities.items():
        free, lane = max((load.count_at(found, quantum), -lane) for lane, found in planes.items())
        if free:
            yield Start(
                day=dt.date.fromordinal(space.ideal[0]),
                minute=quantum * QUANTUM,
                resource_id=-lane,
                name=names[-lane],
                days_free=free,
                days=days,
                scarcity=scarcity,
                ends_on=dt.date.fromordinal(space.ideal[-1]),
                why=_why(free, days, names[-lane], scarcity, is_least=is_uneven and scarcity == least),
            )


def _why(free: int, days: int, name: str, scarcity: int, *, is_least: bool) -> str:
    count = f"{free} of {days} days" if free < days else f"all {days} days" if days > 1 else "its day"
    asked = (
        "; the least asked half hour"
        if is_least
        else f"; that half hour is {scarcity // 10} % taken"
        if scarcity
        else ""
    )
    return f"Free on {count} on {name}{asked}."


def _within_day(start: Start) -> tuple[int, int, int]:
    return -start.days_free, start.scarcity, start.minute


def _price(start: Start, wished: dt.date) -> int:
    """Return what a start costs by the planner's prices: days to the end, and sessions that go to another device."""
    elsewhere = start.days - start.days_free
    return AS_ASKED.day_later * (start.ends_on - wished).days + AS_ASKED.other_device * elsewhere


def what_if(wish: Wish, ground: Ground, courses: int) -> tuple[list[Imagined], Ground]:
    """Return so many more courses planned one after the other, until none fits, and the ground after them.

    Each is for somebody else: only devices, rooms and people are taken, nobody's own time.
    """
    found: list[Imagined] = []
    for number in range(1, courses + 1):
        try:
            plan = plan_course(wish, ground)
        except Infeasible as refusal:
            found.append(Imagined(number, None, 0, f"The {ordinal(number)} would not fit. {refusal}"))
            break
        ground = replace(with_sessions(ground, plan.sessions), life=ground.life)
        begins = plan.sessions[0].day
        first = found[0].plan.sessions[0].day if found and found[0].plan else begins
        found.append(Imagined(number, plan, (begins - first).days, _begins(number, begins, first)))
    return found, ground


def _begins(number: int, day: dt.date, first: dt.date) -> str:
    """Return when one more course begins, in a sentence; the others are told by the first one."""
    away = abs((day - first).days)
    if number == 1:
        when = f"on {day_text(day)}"
    elif not away:
        when = "on the same day"
    else:
        when = f"{away} {'day' if away == 1 else 'days'} {'later' if day > first else 'sooner'}"
    return f"The {ordinal(number)} would start {when}."


def ordinal(number: int) -> str:
    """Return a place in a row: 1st, 2nd, 11th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
