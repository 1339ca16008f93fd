"""Pure: what is really contested. What can't run short is nobody's business and falls away here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scheduling.domain.reseat.shapes import Seat

Takes = tuple[tuple[int, int], ...]  # (number of a lane's day, bitmap)


class Choice(NamedTuple):
    """One way to sit. `option`: the caller's index, or None for not being seated."""

    cost: int
    takes: Takes
    option: int | None


Row = list[Choice]


@dataclass(frozen=True, slots=True)
class Contest:
    """Seats that may be in each other's way, directly or through others; nobody else concerns them.

    `choices`: by seat, the cheapest first. The last one takes nothing: every seat always has a choice.
    `capacity`: by lane's day, how many may take the same quantum.
    """

    seats: list[int]
    choices: list[Row]
    capacity: list[int]


def contests(seats: Sequence[Seat], capacity: Mapping[int, int]) -> list[Contest]:
    """Return the contests in the order of their first seats; every seat is in one, some in one of their own."""
    numbers: dict[tuple[int, int], int] = {}
    rows = [_choices(seat, numbers) for seat in seats]
    room = [capacity.get(lane, 1) for lane, _day in numbers]
    while _give_up_what_nobody_wants(rows, room):
        pass
    return [_contest(members, rows, room) for members in _together(rows)]


def _choices(seat: Seat, numbers: dict[tuple[int, int], int]) -> Row:
    found = []
    for index in sorted(range(len(seat.options)), key=lambda index: seat.options[index].cost):
        option = seat.options[index]
        if option.cost > seat.unseated:
            break
        merged: dict[int, int] = {}
        for lane, day, bits in option.takes:
            cell = numbers.setdefault((lane, day), len(numbers))
            merged[cell] = merged.get(cell, 0) | bits
        found.append(Choice(option.cost, tuple(sorted(merged.items())), index))
    return [*found, Choice(seat.unseated, (), None)]


def _give_up_what_nobody_wants(rows: list[Row], room: Sequence[int]) -> bool:
    """Drop uncontested bits, then choices a cheaper one makes pointless. Return whether there were any."""
    contested = _contested(rows, room)
    kept: dict[Takes, Takes] = {}
    dropped = 0
    for index, row in enumerate(rows):
        rows[index] = _worth_having(row, contested, kept)
        dropped += len(row) - len(rows[index])
    return dropped > 0


def _contested(rows: Sequence[Row], room: Sequence[int]) -> list[int]:
    """Return by cell what more want than may have it."""
    wanted_by = [[0] * (places + 1) for places in room]  # the last: wanted by one more than there is room for
    for row in rows:
        for cell, bits in _wanted(row).items():
            pile(wanted_by[cell], bits)
    return [levels[-1] for levels in wanted_by]


def pile(levels: list[int], bits: int) -> None:
    """Count bits in one more: a quantum is set on as many levels, from the first on, as it was counted."""
    for level, before in enumerate(levels):
        levels[level] = before | bits
        bits &= before
        if not bits:
            return


def unpile(levels: list[int], bits: int) -> None:
    """Count bits out again."""
    for level in range(len(levels) - 1, -1, -1):
        gone = levels[level] & bits
        levels[level] ^= gone
        bits ^= gone
        if not bits:
            return


def _wanted(row: Row) -> dict[int, int]:
    wanted: dict[int, int] = {}
    for _cost, takes, _option in row:
        for cell, bits in takes:
            wanted[cell] = wanted.get(cell, 0) | bits
    return wanted


def _worth_having(row: Row, contested: Sequence[int], kept: dict[Takes, Takes]) -> Row:
    worth: dict[Takes, Choice] = {}
    for choice in row:
        takes = kept.get(choice.takes)
        if takes is None:
            takes = tuple((cell, left) for cell, bits in choice.takes if (left := bits & contested[cell]))
            kept[choice.takes] = takes
        worth.setdefault(takes, Choice(choice.cost, takes, choice.option))
        if not takes:
            break  # it is in nobody's way: nothing dearer is needed
    return list(worth.values())


def _together(rows: Sequence[Row]) -> list[list[int]]:
    first_of: dict[int, int] = {}
    parent = list(range(len(rows)))

    def root(seat: int) -> int:
        while parent[seat] != seat:
            parent[seat] = seat = parent[parent[seat]]
        return seat

    for index, row in enumerate(rows):
        for cell in _wanted(row):
            one, other = root(index), root(first_of.setdefault(cell, index))
            parent[max(one, other)] = min(one, other)
    members: dict[int, list[int]] = {}
    for index in range(len(rows)):
        members.setdefault(root(index), []).append(index)
    return list(members.values())


def _contest(members: list[int], rows: Sequence[Row], room: Sequence[int]) -> Contest:
    cells: dict[int, int] = {}
    renumbered: dict[Takes, Takes] = {}

    def numbered(takes: Takes) -> Takes:
        if takes not in renumbered:
            renumbered[takes] = tuple((cells.setdefault(cell, len(cells)), bits) for cell, bits in takes)
        return renumbered[takes]

    choices = [[choice._replace(takes=numbered(choice.takes)) for choice in rows[seat]] for seat in members]
    return Contest(members, choices, [room[cell] for cell in cells])
