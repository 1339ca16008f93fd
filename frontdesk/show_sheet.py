"""The day on paper: pages of 24 rows, numbered here, so that the file for downtime and the print say the same."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from clinic.models import Site
from frontdesk.show import LOOKS
from frontdesk.show_names import short_name
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.states import SessionState
from scheduling.queries.board import Board
from scheduling.queries.day_cards import Card
from scheduling.queries.printed import Gone, SincePrint

_S = SessionState
ROWS = 24
BOXES = ("Here", "In chair", "Done", "No-show")
_THERE = {_S.ARRIVED, _S.IN_TREATMENT, _S.MONITORING, _S.COMPLETED, _S.PARTIAL, _S.NOT_TREATED}
_BEGUN = {_S.IN_TREATMENT, _S.MONITORING, _S.COMPLETED, _S.PARTIAL}
_OVER = {_S.COMPLETED, _S.PARTIAL}
_OFF = {_S.CANCELLED, _S.ENTERED_IN_ERROR}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the sheet; `struck`: it stands on the paper printed before and not on the day any more."""

    time: str
    name: str
    number: str
    where: str
    phone: str
    boxes: tuple[bool, ...]
    note: str
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One side of paper."""

    number: int
    lines: tuple[Line, ...]
    heading: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A day on paper."""

    clinic: str
    day: str
    printed: str
    pages: tuple[Page, ...]
    of: int
    empty: str  # why there is no row, so that a blank page is never mistaken for a fault
    only_changes: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """How a sheet is wanted: whose column (none: the whole clinic by time), names or initials, printed by whom."""

    resource_id: int | None = None
    initials: bool = False
    by: str = ""


def on_paper(board: Board, paper: Paper) -> dict[int, Card]:
    """Return the visits that belong on the sheet, in its order, by session."""
    kept = [card for card in board.cards if card.state not in _OFF and paper.resource_id in (None, card.resource_id)]
    return {card.session_id: card for card in sorted(kept, key=lambda card: (card.minute, card.session_id))}


def sheet_of(
    board: Board,
    *,
    site: Site,
    paper: Paper,
    phones: Mapping[int, str],
    now: dt.datetime,
    since: SincePrint | None = None,
) -> Sheet:
    """Return the sheet of a day; with `since` only what has changed since it was printed before.

    `phones`: by patient; the last four digits are printed.
    """
    names = {column.resource_id: column.name for column in board.columns}
    cards = on_paper(board, paper)
    lines = [
        _line(card, names, paper, phones.get(card.patient_id, ""))
        for card in cards.values()
        if since is None or card.session_id in since.changed
    ]
    if since is not None:
        lines += [_gone(gone, paper) for gone in since.gone]
    pages = _pages(lines, names.get(paper.resource_id or 0, ""))
    today, minute = local_time.wall(now, site.zone)
    by = f" by {paper.by}" if paper.by else ""
    when = clock_text(minute) if today == board.day else f"{day_text(today)}, {clock_text(minute)}"
    return Sheet(
        clinic=site.name,
        day=f"{board.day:%A, %B} {board.day.day}, {board.day.year}",
        printed=f"printed {when}{by}",
        pages=pages,
        of=len(pages),
        empty="" if lines else _empty(board, only_changes=since is not None),
        only_changes=since is not None,
    )


def _line(card: Card, names: Mapping[int, str], paper: Paper, phone: str) -> Line:
    state = card.state
    return Line(
        time=clock_text(card.minute),
        name=short_name(card.last_name, card.first_name, is_private=paper.initials),
        number=f"{card.number}/{card.prescribed}",
        where=names.get(card.resource_id or 0, ""),
        phone=phone[-4:],
        boxes=(state in _THERE, state in _BEGUN, state in _OVER, state is _S.NO_SHOW),
        note=LOOKS[state].word if state in (_S.NOT_TREATED, _S.PARTIAL, _S.MISSED) else "",
    )


def _gone(gone: Gone, paper: Paper) -> Line:
    where = f"now {day_text(gone.day)}, {clock_text(gone.new_minute or 0)}" if gone.day else "cancelled"
    return Line(
        time=clock_text(gone.minute),
        name=short_name(gone.last_name, gone.first_name, is_private=paper.initials),
        number=f"{gone.number}/{gone.prescribed}",
        where="",
        phone="",
        boxes=(),
        note=where,
        struck=True,
    )


def _pages(lines: Sequence[Line], heading: str) -> tuple[Page, ...]:
    cuts: Collection[int] = range(0, max(len(lines), 1), ROWS)
    return tuple(Page(number, tuple(lines[at : at + ROWS]), heading) for number, at in enumerate(cuts, 1))


def _empty(board: Board, *, only_changes: bool) -> str:
    if only_changes:
        return "Nothing has changed since the last print."
    if board.closed:
        return f"Closed: {board.closed}"
    return f"No visits booked. Open {clock_text(board.opens)} to {clock_text(board.closes)}."
