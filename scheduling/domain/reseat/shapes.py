"""Pure: what a re-seating is asked with and answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ALONE: Mapping[int, int] = MappingProxyType({})  # nothing is shared


@dataclass(frozen=True, slots=True)
class Option:
    """One way to seat somebody: its cost, and what it takes: (lane id, day ordinal, bitmap of 5-minute quanta).

    A patient is a lane, too. Two options are in each other's way if they share a bit of one lane and day.
    """

    cost: int
    takes: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody to seat (all displaced sessions of one course together): the ways to do it, the cheapest first.

    `unseated`: the cost of leaving it to a person.
    """

    key: int
    options: tuple[Option, ...]
    unseated: int


@dataclass(frozen=True, slots=True)
class Seating:
    """Which option each seat gets (index into its options), or None where a person must call; and what that costs."""

    chosen: Mapping[int, int | None]
    cost: int
