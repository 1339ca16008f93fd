"""How the board is looked at, as its View menu prints it: zoom, cancelled visits, sets of columns."""

from dataclasses import dataclass

from frontdesk.day_look import ZOOMS, DayLook
from scheduling.queries.board import Board


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: a zoom, a set, a column."""

    id: int
    name: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Look:
    """The menu, ready to print. `hidden`: the names of the columns that are not shown."""

    zoom: int
    zooms: tuple[Choice, ...]
    shows_cancelled: bool
    name: str
    sets: tuple[Choice, ...]
    columns: tuple[Choice, ...]
    hidden: tuple[str, ...]


def look(by: DayLook, board: Board, narrowed: Board) -> Look:
    """Return the menu of a board and of what is shown of it."""
    shown = {column.resource_id for column in narrowed.columns}
    columns = tuple(
        Choice(column.resource_id, column.name, column.resource_id in shown)
        for column in board.columns
        if column.resource_id and not board.by_staff
    )
    hidden = tuple(each.name for each in columns if not each.is_on)
    return Look(
        zoom=by.zoom,
        zooms=tuple(Choice(minutes, f"{minutes} min", minutes == by.zoom) for minutes in ZOOMS),
        shows_cancelled=by.shows_cancelled,
        name=by.chosen.name if by.chosen and hidden else "",
        sets=tuple(Choice(each.pk, each.name, each.is_default) for each in by.sets),
        columns=columns,
        hidden=hidden,
    )
