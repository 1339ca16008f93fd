"""Pure: level the future. Which sessions nobody was told about could move within their day, and what that opens.

Gain is room for rigid visits where there was none: a day is worth the more, the scarcer such days are. Cost is what the
moves ask of people who do not know their time yet. Only what clearly gains is proposed, and little enough to be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.domain import load
from scheduling.domain.opening import MOST_POINTS, Day, Move, Opening, Rigid, Seated, WaysOf
from scheduling.domain.options import Lane

MOST_MOVES = 10  # of one proposal: a person reads it
CLEARLY = 2  # points gained for each point of cost, at the least


@dataclass(frozen=True, slots=True)
class Room:
    """On how many of the days looked at a rigid visit has room: before and after, and how many days those are."""

    before: int
    after: int
    days: int


@dataclass(frozen=True, slots=True)
class Levelling:
    """What is proposed: the openings by day, and the room of each rigid visit."""

    openings: tuple[Opening, ...]
    room: tuple[Room, ...]

    @property
    def moves(self) -> tuple[Move, ...]:
        """Every session that would go elsewhere."""
        return tuple(move for opening in self.openings for move in opening.moves)


def level(
    *,
    days: Sequence[int],
    lanes: Sequence[Lane],
    zone: str,
    seated: Sequence[Seated],
    rigids: Sequence[Rigid],
    ways_of: WaysOf,
) -> Levelling | None:
    """Return the moves whose gain clearly exceeds their cost, or None if there are none.

    `lanes`: as they are, with everything booked on them. `ways_of` is asked only about who stands in the way; it says
    None of a session that stays.
    """
    looks = [
        Day(day, lanes, zone, [each for each in seated if each.day == day], rigids, ways_of)
        for day in days
        if any(lane.hours.get(day) for lane in lanes)
    ]
    given = [sum(index in look.given for look in looks) for index in range(len(rigids))]
    before = [sum(index in look.room for look in looks) for index in range(len(rigids))]
    chosen = _chosen([opening for look in looks for opening in look.openings()], given, before)
    if not chosen:
        return None
    after = [room + sum(index in opening.opens for opening in chosen) for index, room in enumerate(before)]
    return Levelling(
        openings=tuple(sorted(chosen, key=lambda opening: opening.day)),
        room=tuple(Room(*counts) for counts in zip(before, after, given, strict=True)),
    )


def _chosen(waiting: Sequence[Opening], given: Sequence[int], before: Sequence[int]) -> list[Opening]:
    """Return the best openings, one a day; each makes the next one of its kind worth less."""
    room = list(before)
    chosen: list[Opening] = []
    left = MOST_MOVES
    while True:
        gains = {
            place: _points(opening, given, room)
            for place, opening in enumerate(waiting)
            if len(opening.moves) <= left and all(opening.day != other.day for other in chosen)
        }
        clear = [place for place, gain in gains.items() if gain >= CLEARLY * waiting[place].cost]
        if not clear:
            return chosen
        best = waiting[max(clear, key=lambda place: (gains[place] - waiting[place].cost, -place))]
        chosen.append(best)
        left -= len(best.moves)
        for index in best.opens:
            room[index] += 1


def _points(opening: Opening, given: Sequence[int], room: Sequence[int]) -> int:
    """Return what an opening gains: for each visit it makes room for, how scarce such days are, of `MOST_POINTS`."""
    return sum(MOST_POINTS * load.scarcity(given[index], room[index]) // load.WHOLLY for index in opening.opens)
