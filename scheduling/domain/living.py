"""Pure: changing a course under way. Every change is the same search from where the course stands.

What was delivered stays. What the patient was told is moved only at a price, or not at all where it is fixed. A lost
session (missed, cancelled) does not count, so its phase is one short and the search appends it: the taper shifts.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scheduling.domain import cadence, remap
from scheduling.domain.cadence import Block, Place
from scheduling.domain.costs import AS_ASKED, Costs
from scheduling.domain.ground import Ground, Series, longest_gap
from scheduling.domain.local_time import QUANTUM, day_text
from scheduling.domain.plan import PlannedSession
from scheduling.domain.planner import lay_out
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.space import Bounds, Told
from scheduling.domain.wish import Infeasible, Wish


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session of a course under way that counts: delivered, or booked and still to come (`is_open`)."""

    number: int
    phase: str
    day: dt.date
    minute: int
    main: int
    is_open: bool
    visit_type: str

    def is_at(self, session: PlannedSession) -> bool:
        """Tell whether a planned session is this one, where and as it is."""
        there = (session.day, session.minute, session.uses[0].resource_id, session.visit_type)
        return there == (self.day, self.minute, self.main, self.visit_type)


@dataclass(frozen=True, slots=True)
class Move:
    """A session that goes elsewhere: its number now, where it was, where it will be."""

    number: int
    was: Sitting
    to: PlannedSession


@dataclass(frozen=True, slots=True)
class Change:
    """What a change does: who moves, what is added and dropped, and the last day before and after."""

    moves: tuple[Move, ...]
    added: tuple[PlannedSession, ...]
    dropped: tuple[Sitting, ...]
    ended_on: dt.date
    ends_on: dt.date

    @property
    def words(self) -> str:
        """The change in a sentence: `23 sessions move. End date Jan 26 -> Jan 27.`"""
        parts = []
        for count, verb, verbs in (
            (len(self.moves), "moves", "move"),
            (len(self.added), "is added", "are added"),
            (len(self.dropped), "is dropped", "are dropped"),
        ):
            if count:
                parts.append(f"{count} {'session' if count == 1 else 'sessions'} {verb if count == 1 else verbs}.")
        if self.ended_on != self.ends_on:
            parts.append(f"The last day goes from {day_text(self.ended_on)} to {day_text(self.ends_on)}.")
        else:
            parts.append(f"The last day stays {day_text(self.ends_on)}.")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Under:
    """A course under way: its protocol as prescribed, the wish it was booked with (`start_on`: the first day a change
    may use), the counting sessions of one series in order, and its standing time in minutes."""

    wish: Wish
    sittings: tuple[Sitting, ...]
    began_on: dt.date
    standing_minute: int
    series: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a change keeps: sessions that stay as told (`fixed`) or may move at a price (`told`), and shut days."""

    told: frozenset[int] = frozenset()  # numbers
    fixed: frozenset[int] = frozenset()  # numbers
    shut: frozenset[dt.date] = field(default_factory=frozenset)
    is_gap_waived: bool = False
    first_visit: str | None = None  # the visit type of the first session planned anew


def rest_of(under: Under, ground: Ground, limits: Limits, *, costs: Costs = AS_ASKED) -> Change:
    """Return how the sessions still to come are laid out anew under these limits.

    Sessions neither told nor fixed are planned as if they were new; a phase that is short gets what it lacks.

    :raises Infeasible: no way to keep every rule.
    """
    under = _settled(under)
    blocks, done = _blocks(under, limits)
    change, days = _laid_out(under, ground, limits, blocks, done, costs)
    if remapped := _with_remap(under.wish.protocol, blocks, days, since=len(blocks) - len(days)):
        change, _days = _laid_out(under, ground, limits, remapped, done, costs)
    return change


def _laid_out(
    under: Under, ground: Ground, limits: Limits, blocks: Sequence[Block], done: int, costs: Costs
) -> tuple[Change, list[dt.date]]:
    """Return how the open blocks are laid out, and the day of every block that has one."""
    order = _in_blocks(under, blocks)
    placed = [order[index] for index in range(done)]
    series = Series(
        under.wish,
        ground,
        under.series,
        blocks=blocks,
        bounds=_bounds(under, ground, limits, blocks, order, placed),
    )
    if done >= len(blocks):
        return _change(under, {}, order, blocks), []
    path, deepest = series.best(under.standing_minute // QUANTUM, costs)
    if path is None:
        raise Infeasible(
            f"Session {deepest + 1} finds no place from {day_text(under.wish.start_on)} on that keeps every rule.",
            code="no_plan",
            at_session=deepest + 1,
        )
    laid = lay_out(under.wish, series, under.standing_minute // QUANTUM, path)
    days = [placed[-1].day] if placed else []
    return _change(under, dict(enumerate(laid, start=done)), order, blocks), days + [session.day for session in laid]


def _with_remap(
    protocol: ProtocolDefinition, blocks: Sequence[Block], days: Sequence[dt.date], *, since: int
) -> list[Block] | None:
    """Return the blocks with a re-mapping where two visits came to stand too far apart, or None if none did.

    `since`: the block the first of the days is of.
    """
    found = list(blocks)
    for offset in range(1, len(days)):
        block = found[since + offset]
        far = remap.is_due(protocol, block.phase, (days[offset] - days[offset - 1]).days)
        if far and protocol.remap_visit and block.visits == (protocol.other_visit,):
            found[since + offset] = replace(block, visits=(protocol.remap_visit,))
    return found if found != list(blocks) else None


def _bounds(
    under: Under,
    ground: Ground,
    limits: Limits,
    blocks: Sequence[Block],
    order: Mapping[int, Sitting],
    placed: Sequence[Sitting],
) -> Bounds:
    told = {
        index: Told(sitting.day.toordinal(), sitting.minute // QUANTUM, sitting.main)
        for index, sitting in order.items()
        if sitting.is_open and sitting.number in limits.told | limits.fixed
    }
    first = under.wish.start_on.toordinal()
    done = [sitting.day.toordinal() for sitting in placed]
    return Bounds(
        start_on=first,
        last_day=first + under.wish.horizon_days,
        hard_gap=longest_gap(under.wish),
        weekdays=under.wish.weekdays,
        max_travel_days=under.wish.max_travel_days,
        travelled=frozenset(ground.life.visits),
        covered=under.wish.covered,
        is_one_device=under.wish.protocol.keep_provider == "hard",
        root=place_after(blocks, done, under.began_on) if done else None,
        told=told,
        fixed=frozenset(index for index, sitting in order.items() if sitting.number in limits.fixed),
        shut=frozenset(day.toordinal() for day in limits.shut),
        is_gap_waived=limits.is_gap_waived,
    )


def _settled(under: Under) -> Under:
    """Return the course with what lies before the first usable day as done: nothing there can be laid out anew."""
    first = under.wish.start_on
    return replace(
        under, sittings=tuple(replace(each, is_open=each.is_open and each.day >= first) for each in under.sittings)
    )


def place_after(blocks: Sequence[Block], days: Sequence[int], began_on: dt.date) -> Place:
    """Return where a course stands after its first blocks were on these days (ordinals)."""
    start = began_on.toordinal()
    place = Place(0, start, 0, start)
    for block, day in zip(blocks, days, strict=False):
        anchor = cadence.entry(block, place, start)[0] if block.index == 0 else place.anchor
        if block.index == 0 and cadence.keeps_weekday(block.phase):
            anchor = day
        same_week = block.index and cadence.monday(day) == cadence.monday(place.day)
        place = Place(place.placed + 1, day, (place.in_week if same_week else 0) + 1, anchor)
    return place


def _blocks(under: Under, limits: Limits) -> tuple[list[Block], int]:
    """Return the blocks of a course, those that are done first and in the order of their days, and how many they are.

    A phase may be short after a later one has begun: what it lacks comes next.

    :raises Infeasible: the course has several visits a day; its days belong together and are laid out by hand.
    """
    waiting: dict[str, list[Block]] = {}
    for block in cadence.blocks_of(under.wish.protocol, under.series):
        waiting.setdefault(block.phase.name, []).append(block)
        if len(block.visits) > 1:
            raise Infeasible(
                "This treatment has several visits a day. Book the rest anew.", code="by_hand", at_session=1
            )
    done = sorted(
        (sitting for sitting in under.sittings if not sitting.is_open), key=lambda each: (each.day, each.minute)
    )
    blocks = [waiting[sitting.phase].pop(0) for sitting in done if waiting.get(sitting.phase)]
    count = len(blocks)
    blocks += [block for left in waiting.values() for block in left]
    if limits.first_visit and count < len(blocks):
        blocks[count] = replace(blocks[count], visits=(limits.first_visit,))
    return blocks, count


def _in_blocks(under: Under, blocks: Sequence[Block]) -> dict[int, Sitting]:
    """Return block index to the session that fills it: in date order within each phase."""
    by_phase: dict[str, list[Sitting]] = {}
    for sitting in sorted(under.sittings, key=lambda each: (each.day, each.minute)):
        by_phase.setdefault(sitting.phase, []).append(sitting)
    found = {}
    for index, block in enumerate(blocks):
        waiting = by_phase.get(block.phase.name)
        if waiting:
            found[index] = waiting.pop(0)
    return found


def _change(
    under: Under, laid: Mapping[int, PlannedSession], order: Mapping[int, Sitting], blocks: Sequence[Block]
) -> Change:
    moves, added = [], []
    for index, session in laid.items():
        was = order.get(index)
        if was is None:
            added.append(replace(session, number=index + 1))
        elif not was.is_at(session):
            moves.append(Move(was.number, was, replace(session, number=index + 1)))
    kept = {sitting.number for sitting in order.values()}
    dropped = tuple(sitting for sitting in under.sittings if sitting.is_open and sitting.number not in kept)
    days = [session.day for session in laid.values()] + [s.day for s in order.values() if not s.is_open]
    return Change(
        moves=tuple(moves),
        added=tuple(added),
        dropped=dropped,
        ended_on=max((sitting.day for sitting in under.sittings), default=under.wish.start_on),
        ends_on=max(days, default=under.wish.start_on),
    )


def numbers(sittings: Iterable[Sitting]) -> frozenset[int]:
    """Return the numbers of sessions."""
    return frozenset(sitting.number for sitting in sittings)
