"""Pure: from a wish to the best plan, with the reason for every session.

The standing time is the one asked for, or the half hour that fits most days. Every possible main device is searched,
each search bounded by the cheapest plan so far; the result is optimal for the costs in `costs`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling.domain import cadence, local_time, words
from scheduling.domain.cadence import Block
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.options import DayBook, Lane
from scheduling.domain.plan import Deviation, Plan, PlannedSession, PlannedUse
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.search import Path, Placed, Search

__all__ = [
    "Deviation",
    "Infeasible",
    "Lane",
    "Plan",
    "PlannedSession",
    "PlannedUse",
    "Wish",
    "best_times",
    "plan_course",
]

HALF_HOUR = 30 // QUANTUM


class Infeasible(ValueError):
    """No plan keeps every rule. `str()` says which session does not fit, why, and what to change."""

    def __init__(self, message: str, *, code: str, at_session: int) -> None:
        super().__init__(message)
        self.code = code
        self.at_session = at_session


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the planner. Minutes are wall clock at the site; `pins` (kind to resource id) are hard."""

    protocol: ProtocolDefinition
    start_on: dt.date
    preferred_minute: int | None
    window: tuple[int, int] | None
    pins: Mapping[str, int]
    not_before: tuple[dt.date, int]
    horizon_days: int


def plan_course(
    wish: Wish,
    *,
    lanes: Sequence[Lane],
    patient_busy: Mapping[int, int],
    closures: Mapping[dt.date, str],
    zone: str,
) -> Plan:
    """Return the cheapest plan that keeps every hard rule.

    :raises Infeasible: there is none within the horizon.
    """
    blocks = cadence.blocks_of(wish.protocol)
    if not blocks:
        raise Infeasible("This protocol plans no sessions ahead.", code="nothing_to_plan", at_session=1)
    book = _day_book(wish, lanes, patient_busy, zone)
    _check_kinds(wish, book)
    wanted = _standing_quantum(wish, book, blocks)
    path, deepest = _search_all(wish, book, blocks, wanted)
    if path is None:
        raise _infeasible(wish, book, blocks, deepest)
    return _plan(wish, book, path, wanted, closures)


def best_times(
    wish: Wish, *, lanes: Sequence[Lane], patient_busy: Mapping[int, int], zone: str
) -> list[tuple[int, int]]:
    """Return, for each half hour that fits at all, its minute and how many of the course's first days fit it."""
    book = _day_book(wish, lanes, patient_busy, zone)
    return _fits(wish, book, cadence.blocks_of(wish.protocol))


def _day_book(wish: Wish, lanes: Sequence[Lane], patient_busy: Mapping[int, int], zone: str) -> DayBook:
    first = wish.start_on.toordinal()
    days = range(first, first + wish.horizon_days + 1)
    since, minute = wish.not_before
    earliest = {day: local_time.QUANTA_A_DAY for day in days if day < since.toordinal()}
    earliest[since.toordinal()] = -(-minute // QUANTUM)
    changes = {day: local_time.unusable_mask(dt.date.fromordinal(day), zone) for day in days}
    return DayBook(
        lanes=lanes,
        pins=wish.pins,
        patient_busy=patient_busy,
        earliest=earliest,
        unusable={day: mask for day, mask in changes.items() if mask},
        visits=wish.protocol.visit_types,
    )


def _check_kinds(wish: Wish, book: DayBook) -> None:
    for code in (wish.protocol.first_visit, wish.protocol.other_visit):
        for use in book.uses[code]:
            if not book.by_use[use]:
                kind = words.kind(use.kind)
                raise Infeasible(
                    f"There is no {kind} at this site for this protocol. Add one, or pick another protocol.",
                    code="no_resource",
                    at_session=1,
                )


def _standing_quantum(wish: Wish, book: DayBook, blocks: Sequence[Block]) -> int:
    if wish.preferred_minute is not None:
        return wish.preferred_minute // QUANTUM
    fits = _fits(wish, book, blocks)
    if wish.window:
        fits = [fit for fit in fits if wish.window[0] <= fit[0] < wish.window[1]] or fits
    # The time that fits most days; the earliest of equals.
    best = max(fits, key=lambda fit: (fit[1], -fit[0]), default=(8 * 60, 0))
    return best[0] // QUANTUM


def _fits(wish: Wish, book: DayBook, blocks: Sequence[Block]) -> list[tuple[int, int]]:
    visit, phase = wish.protocol.other_visit, blocks[0].phase
    first = wish.start_on.toordinal()
    counts: dict[int, int] = {}
    days = 0
    for day in range(first, first + wish.horizon_days + 1):
        starts = book.starts(day, visit) if (day - 1) % 7 + 1 in phase.weekdays else {}
        if not starts:
            continue
        days += 1
        any_device = 0
        for mask in starts.values():
            any_device |= mask
        for quantum in range(0, local_time.QUANTA_A_DAY, HALF_HOUR):
            counts[quantum] = counts.get(quantum, 0) + (any_device >> quantum & 1)
        if days == len(blocks):
            break
    return [(quantum * QUANTUM, count) for quantum, count in sorted(counts.items()) if count]


def _search_all(wish: Wish, book: DayBook, blocks: Sequence[Block], wanted: int) -> tuple[Path | None, int]:
    best: Path | None = None
    search = Search(
        blocks=blocks,
        book=book,
        start_on=wish.start_on.toordinal(),
        last_day=wish.start_on.toordinal() + wish.horizon_days,
        wanted=wanted,
        window=(wish.window[0] // QUANTUM, -(-wish.window[1] // QUANTUM)) if wish.window else None,
        hard_gap=wish.protocol.gaps.hard_days,
    )
    for lane in _mains_by_promise(wish, book, wanted):
        found = search.cheapest(main=lane.id, limit=best.cost if best else None)
        if found:
            best = found
        elif best is None:
            break  # feasibility does not depend on the main device
    return best, search.deepest


def _mains_by_promise(wish: Wish, book: DayBook, wanted: int) -> list[Lane]:
    """Return the main devices, those free at the standing time most often first: the bound then bites early."""
    days = range(wish.start_on.toordinal(), wish.start_on.toordinal() + wish.horizon_days + 1)
    visit = wish.protocol.other_visit

    def free(lane: Lane) -> int:
        return sum(book.starts(day, visit).get(lane.id, 0) >> wanted & 1 for day in days)

    return sorted(book.mains(), key=lambda lane: (-free(lane), lane.id))


def _infeasible(wish: Wish, book: DayBook, blocks: Sequence[Block], deepest: int) -> Infeasible:
    number = sum(len(block.visits) for block in blocks[:deepest]) + 1
    visit = wish.protocol.visit_types[blocks[deepest].visits[0]]
    tight = _tightest_kind(wish, book, visit.code)
    last = wish.start_on + dt.timedelta(days=wish.horizon_days)
    span = f"between {local_time.day_text(wish.start_on)} and {local_time.day_text(last)}"
    if tight:
        message = f"Visit {number} does not fit: no {words.kind(tight)} has {visit.minutes} minutes free {span}."
    else:
        message = f"Visit {number} does not fit {span} without breaking a rule of {wish.protocol.name}."
    return Infeasible(
        f"{message} Pick a later start, another time or another device.", code="no_plan", at_session=number
    )


def _tightest_kind(wish: Wish, book: DayBook, visit: str) -> str | None:
    first = wish.start_on.toordinal()
    days = range(first, first + wish.horizon_days + 1)
    for use in book.uses[visit]:
        if not any(lane.free.get(day, 0) for lane in book.by_use[use] for day in days):
            return use.kind
    return next(
        (use.kind for use in book.uses[visit] if not any(book.has_room(day, use) for day in days)),
        None,
    )


def _plan(wish: Wish, book: DayBook, path: Path, wanted: int, closures: Mapping[dt.date, str]) -> Plan:
    sessions: list[PlannedSession] = []
    liked: dict[int, int] = {}
    main = _main_of(path)
    previous: Placed | None = None
    for placed in path.placed:
        for offset, visit in enumerate(placed.block.visits):
            quantum = placed.option.quantum + offset * (placed.block.phase.spacing_minutes or 0) // QUANTUM
            sessions.append(
                _session(
                    wish,
                    book,
                    placed,
                    visit,
                    quantum,
                    number=len(sessions) + 1,
                    wanted=wanted,
                    main=main,
                    liked=liked,
                )
            )
        previous = placed
    assert previous is not None
    skipped = tuple(
        (day, name)
        for day, name in sorted(closures.items())
        if sessions[0].day <= day <= sessions[-1].day and day.isoweekday() < 6
    )
    deviations = tuple(
        Deviation(number=session.number, code=_deviation_code(session, wanted), text=session.deviation)
        for session in sessions
        if session.deviation
    )
    return Plan(
        label=f"{local_time.clock_text(wanted * QUANTUM)}, {words.devices(sessions)}",
        summary=words.summary(sessions, skipped),
        standing_minute=wanted * QUANTUM,
        cost=path.cost,
        sessions=tuple(sessions),
        deviations=deviations,
        skipped=skipped,
    )


def _main_of(path: Path) -> int:
    """Return the device most sessions of the plan are on."""
    counts: dict[int, int] = {}
    for placed in path.placed:
        counts[placed.option.main] = counts.get(placed.option.main, 0) + 1
    return max(counts, key=lambda lane: (counts[lane], -lane))


def _session(
    wish: Wish,
    book: DayBook,
    placed: Placed,
    visit: str,
    quantum: int,
    *,
    number: int,
    wanted: int,
    main: int,
    liked: dict[int, int],
) -> PlannedSession:
    lanes = book.assign(placed.day, visit, quantum, placed.option.main, liked)
    assert lanes is not None, "the search only offers starts that can be assigned"
    for lane in lanes:
        liked[lane.id] = liked.get(lane.id, 0) + 1
    uses = tuple(
        PlannedUse(
            resource_id=lane.id,
            kind=lane.kind,
            name=lane.name,
            from_minute=(quantum + use.at - use.before) * QUANTUM,
            to_minute=(quantum + use.at + use.length + use.after) * QUANTUM,
        )
        for use, lane in zip(book.uses[visit], lanes, strict=True)
    )
    definition = wish.protocol.visit_types[visit]
    is_first_of_day = quantum == placed.option.quantum
    return PlannedSession(
        number=number,
        phase=placed.block.phase.name,
        visit_type=visit,
        day=dt.date.fromordinal(placed.day),
        minute=quantum * QUANTUM,
        minutes=definition.minutes,
        uses=uses,
        why=words.why(placed.block, wish.protocol, number),
        deviation=words.deviation(quantum, wanted, placed.option.main, main, book.lanes) if is_first_of_day else None,
    )


def _deviation_code(session: PlannedSession, wanted: int) -> str:
    return "other_time" if session.minute != wanted * QUANTUM else "other_device"
