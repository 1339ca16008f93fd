"""A day's board from rows to what the page prints: columns, closed and free stretches, the strip above."""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from frontdesk.show import ROW
from frontdesk.show_visits import Moment, VisitCard, alike, visit_card
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text
from scheduling.domain.states import SessionState
from scheduling.queries.board import Board, Column
from scheduling.queries.day_cards import Card

_S = SessionState
logger = logging.getLogger(__name__)
SLOT_MINUTES = 20  # a shorter gap is no offer
FULL_WORDS = 60
MOST_COLUMNS, MOST_ROWS = 40, 288  # what board-grid.css places


@dataclass(frozen=True, slots=True)
class Stretch:
    """A closed part of a column."""

    id: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A free part of a column: its length and time in words, and the time as the planner reads it."""

    id: str
    place: str
    text: str
    label: str
    time: str


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A column, ready to print. `folded`: out the whole day, and why; `failed`: nothing could be made of it."""

    id: int
    number: int
    name: str
    group: str
    group_span: int
    done: int
    total: int
    gap: str
    closed: tuple[Stretch, ...] = ()
    slots: tuple[Slot, ...] = ()
    cards: tuple[VisitCard, ...] = ()
    folded: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """One filter of the strip."""

    key: str
    word: str
    icon: str
    css: str
    number: int


@dataclass(frozen=True, slots=True)
class DayView:
    """A whole day, ready to print."""

    title: str
    columns: tuple[BoardColumn, ...]
    cards: tuple[VisitCard, ...]
    hours: tuple[tuple[str, str], ...]
    rows: int
    now_place: str
    now_text: str
    closed: str
    tallies: tuple[Tally, ...]
    folds: int
    wide: int  # columns that are not folded


def day_view(
    board: Board, *, now: dt.datetime, zone: str, is_private: bool = False, only: int | None = None
) -> DayView:
    """Return a board as the page prints it; `only`: the cards of one device."""
    today, minute = local_time.wall(now, zone)
    is_today = today == board.day
    at = Moment(now, minute if is_today else None, board.opens, is_private, alike(board.cards))
    free_from = minute if is_today else 0 if board.day > today else MOST_ROWS * ROW
    ordered = sorted(board.columns, key=lambda column: bool(_out(column, board)))
    columns = _columns(ordered, board, at, free_from)
    if board.by_staff:
        columns = _of_people(columns, board)
    seen = {card.id: card for column in columns for card in column.cards}
    cards = tuple(
        seen.get(card.session_id) or visit_card(card, at, column=0, device="", lane="")
        for card in board.cards
        if only is None or card.resource_id == only
    )
    inside = is_today and board.opens <= minute < board.closes
    return DayView(
        title=f"{board.day:%A, %B} {board.day.day}",
        columns=tuple(columns),
        cards=cards,
        hours=_hours(board),
        rows=min(MOST_ROWS, (board.closes - board.opens) // ROW),
        now_place=f"gr-{(minute - board.opens) // ROW}" if inside else "",
        now_text=clock_text(minute).removesuffix("am").removesuffix("pm"),
        closed=board.closed,
        tallies=_tallies(cards),
        folds=sum(bool(column.folded) for column in columns),
        wide=sum(not column.folded for column in columns),
    )


def _columns(ordered: Sequence[Column], board: Board, at: Moment, free_from: int) -> list[BoardColumn]:
    spans = Counter(column.group for column in ordered if not _out(column, board))
    started: set[str] = set()
    columns = []
    for number, column in enumerate(ordered[:MOST_COLUMNS], start=1):
        out = _out(column, board)
        span = 0 if out or column.group in started else spans[column.group]
        try:
            columns.append(_column(column, number, span, at, free_from, out))
        except (ArithmeticError, LookupError, TypeError, ValueError):
            # One column that can't be drawn must not take the others' visits from the desk.
            logger.log(logging.ERROR, "Column of resource %s could not be drawn", column.resource_id)
            columns.append(
                BoardColumn(column.resource_id, number, column.name, column.group, span, 0, 0, "", failed=True)
            )
        if not out:
            started.add(column.group)
    return columns


def _column(column: Column, number: int, span: int, at: Moment, free_from: int, out: str) -> BoardColumn:
    kept = [card for card in column.cards if card.state is not _S.CANCELLED]
    lanes = _lanes(column.cards)
    free = [(max(first, free_from), end) for first, end in column.free]
    free = [(first, end) for first, end in free if end - first >= SLOT_MINUTES]
    gap = "" if not kept else f"gap {_bare(free[0][0])}" if free else "full"
    return BoardColumn(
        id=column.resource_id,
        number=number,
        name=column.name,
        group=column.group,
        group_span=span,
        done=sum(card.state in (_S.COMPLETED, _S.PARTIAL) for card in kept),
        total=len(kept),
        gap=gap,
        closed=() if out else _closed(column, number, at.opens),
        slots=() if out else tuple(_slot(column, number, first, end, at.opens) for first, end in free),
        cards=tuple(
            visit_card(card, at, column=number, device=column.name, lane=lanes.get(card.session_id, ""))
            for card in column.cards
        ),
        folded=out,
    )


def _of_people(columns: Sequence[BoardColumn], board: Board) -> list[BoardColumn]:
    """Return the columns of people: a card says where its visit is; one visit has a card with each of its people.

    Nothing is booked on a person alone, so that free time is no offer.
    """
    devices = {card.session_id: card.device for card in board.cards}
    seen: Counter[int] = Counter()

    def told_apart(card: VisitCard) -> VisitCard:
        seen[card.id] += 1
        copy = f"-{seen[card.id]}" if seen[card.id] > 1 else ""
        return replace(card, copy=copy, tag=devices[card.id] or card.tag)

    return [replace(column, slots=(), cards=tuple(told_apart(card) for card in column.cards)) for column in columns]


def _out(column: Column, board: Board) -> str:
    """Return why a column stands still the whole day; empty: it doesn't, or somebody still stands in it."""
    if column.cards or board.closed:
        return ""
    whole = [
        b.reason for b in column.blocked if b.reason and (b.from_minute, b.to_minute) == (board.opens, board.closes)
    ]
    return whole[0] if whole else ""


def _closed(column: Column, number: int, opens: int) -> tuple[Stretch, ...]:
    return tuple(
        Stretch(
            f"shut-{column.resource_id}-{b.from_minute}-{b.to_minute}",
            _place(number, b.from_minute, b.to_minute, opens),
            b.reason,
        )
        for b in column.blocked
        if b.to_minute > b.from_minute
    )


def _slot(column: Column, number: int, first: int, end: int, opens: int) -> Slot:
    length = _length(end - first)
    return Slot(
        id=f"slot-{column.resource_id}-{end}",
        place=_place(number, first, end, opens),
        text=length,
        label=f"{length} free at {clock_text(first)} on {column.name}: book a visit",
        time=f"{first // 60:02}:{first % 60:02}",
    )


def _length(minutes: int) -> str:
    if minutes <= FULL_WORDS:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def _bare(minute: int) -> str:
    return clock_text(minute).removesuffix("am").removesuffix("pm")


def _place(number: int, first: int, end: int, opens: int) -> str:
    return f"gc-{number} gr-{(first - opens) // ROW} gh-{max(1, (end - first) // ROW)}"


def _hours(board: Board) -> tuple[tuple[str, str], ...]:
    marks = [board.opens] if board.opens % 60 else []
    marks += range(-(-board.opens // 60) * 60, board.closes, 60)
    return tuple((f"gr-{(minute - board.opens) // ROW}", clock_text(minute)) for minute in marks)


def _lanes(cards: Sequence[Card]) -> dict[int, str]:
    """Return the classes that put cards of one column and time side by side: a cancelled one and its successor."""
    lanes: dict[int, str] = {}
    bunch: list[Card] = []
    for card in [*sorted(cards, key=lambda card: (card.span[0], card.session_id)), None]:
        if card and bunch and card.span[0] < max(other.span[1] for other in bunch):
            bunch.append(card)
            continue
        if len(bunch) > 1:
            wide = min(3, len(bunch))
            lanes |= {each.session_id: f"lane-{n % wide + 1}of{wide}" for n, each in enumerate(bunch)}
        bunch = [card] if card else []
    return lanes


_STRIP = (
    ("booked", "To come", "booked", "is-booked"),
    ("late", "Late", "late", "is-late"),
    ("here", "Here", "here", "is-here"),
    ("chair", "In chair", "chair", "is-chair"),
    ("watch", "Watch", "watch", "is-watch"),
    ("done", "Done", "done", "is-done"),
    ("noshow", "No-show", "noshow", "is-noshow"),
    ("came", "Came?", "came", "is-came"),
)


def _tallies(cards: Sequence[VisitCard]) -> tuple[Tally, ...]:
    counts = Counter(card.filter for card in cards)
    always = {"booked", "here", "chair", "done"}
    return tuple(
        Tally(key, word, icon, css, counts[key]) for key, word, icon, css in _STRIP if counts[key] or key in always
    )
