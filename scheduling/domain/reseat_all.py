"""Pure: all courses seated together by the solver. Who finds no place goes on holding what they hold.

To the solver they hold nothing, which finds better answers; where somebody was given what they hold, everybody is
seated once more around them.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from scheduling.domain.reseat import Option, Seat, seat
from scheduling.domain.reseat_options import CALL, Take, Way, staying

SEED = 5
RESTARTS = 8
TRIES = 3  # as long as somebody is left to a person
NO_WAY = 10  # times dearer than any way: who was promised a place has to get it

Held = Mapping[tuple[int, int], int]


class NoPlace(ValueError):
    """Somebody decided where a visit goes, and somebody else stays there."""


def as_seat(key: int, ways: Sequence[Way]) -> Seat:
    """Return a course as the solver sees it: every way in which anything moves, and what it costs that nothing does."""
    stay = staying(ways)
    return Seat(
        key=key,
        options=tuple(Option(way.cost, way.takes) for way in ways if way is not stay),
        unseated=stay.cost if stay else NO_WAY * (CALL + max(way.cost for way in ways)),
    )


def settled(ways: Sequence[Sequence[Way]], *, is_over: Callable[[], bool]) -> list[Way]:
    """Return the way each course goes; nobody is in anybody's way.

    :raises NoPlace: what somebody decided can't be.
    """
    left = {key: list(each) for key, each in enumerate(ways)}
    found: dict[int, Way] = {}
    while left:
        chosen = _best(left, is_over)
        stays = {key: _stay(left[key]) for key, way in chosen.items() if way is None}
        held = _held_by(list(stays.values()))
        if not any(way and _is_in_the_way(way.takes, held) for way in chosen.values()):
            found |= stays | {key: way for key, way in chosen.items() if way is not None}
            break
        found |= stays
        left = {key: _beside(each, held) for key, each in left.items() if key not in stays}
    return [found[key] for key in range(len(ways))]


def _best(left: Mapping[int, Sequence[Way]], is_over: Callable[[], bool]) -> dict[int, Way | None]:
    """Return the best of a few seatings; one that leaves nobody to a person is good enough."""
    seats = [as_seat(key, each) for key, each in left.items()]
    best = seat(seats, seed=SEED, restarts=RESTARTS, is_over=is_over)
    for turn in range(1, TRIES):
        if None not in best.chosen.values() or is_over():
            break
        other = seat(seats, seed=SEED + turn, restarts=RESTARTS, is_over=is_over)
        best = min(best, other, key=lambda seating: seating.cost)
    moving = {key: [way for way in each if any(way.places.values())] for key, each in left.items()}
    return {key: None if choice is None else moving[key][choice] for key, choice in best.chosen.items()}


def _stay(ways: Sequence[Way]) -> Way:
    stay = staying(ways)
    if stay is None:
        raise NoPlace("Somebody else needs that place more. Pick another one, or call.")
    return stay


def _beside(ways: Sequence[Way], held: Held) -> list[Way]:
    found = [way for way in ways if not _is_in_the_way(way.takes, held)]
    if not found:
        raise NoPlace("A visit that stays holds what a fixed one needs. Pick another place.")
    return found


def _held_by(ways: Sequence[Way]) -> Held:
    held: dict[tuple[int, int], int] = defaultdict(int)
    for way in ways:
        for lane, day, mask in way.takes:
            held[lane, day] |= mask
    return held


def _is_in_the_way(takes: Sequence[Take], held: Held) -> bool:
    return any(held.get((lane, day), 0) & mask for lane, day, mask in takes)
