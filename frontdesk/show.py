"""From rows to what a template prints: every time, word and class is made here, once, not in the template."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.domain import local_time
from scheduling.domain.gates import Gate, GateState, sentence
from scheduling.domain.local_time import QUANTUM, clock_text
from scheduling.domain.states import SessionState
from scheduling.queries.board import Board, Card, Column

_S = SessionState
ROW = QUANTUM
SMALL_ROWS = 5
TALL_ROWS = 15
NOTE_ROWS = 6  # a taller card has a line for what is worth knowing
ROWS_FOR_CHOICES = 9  # a shorter card offers them in the list beside the board, the panel, and by key


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks: word, icon, class. The words are fixed (screens.md 2.2)."""

    word: str
    icon: str
    css: str


LOOKS: dict[SessionState, Look] = {
    _S.HELD: Look("Held", "planned", "is-planned"),
    _S.BOOKED: Look("Booked", "booked", "is-booked"),
    _S.ARRIVED: Look("Here", "here", "is-here"),
    _S.IN_TREATMENT: Look("In chair", "chair", "is-chair"),
    _S.MONITORING: Look("Watch", "watch", "is-watch"),
    _S.COMPLETED: Look("Done", "done", "is-done"),
    _S.PARTIAL: Look("Stopped early", "partial", "is-partial"),
    _S.NOT_TREATED: Look("Turned away", "turned", "is-turned"),
    _S.MISSED: Look("Came?", "came", "is-came"),
    _S.NO_SHOW: Look("No-show", "noshow", "is-noshow"),
    _S.CANCELLED: Look("Cancelled", "cancelled", "is-cancelled"),
    _S.ENTERED_IN_ERROR: Look("Error", "cancelled", "is-error"),
}
CONFIRMED = Look("Confirmed", "confirmed", "is-confirmed")
NEXT_STEP = {
    _S.BOOKED: ("arrive", "Arrive"),
    _S.ARRIVED: ("start", "Start"),
    _S.IN_TREATMENT: ("complete", "Complete"),
    _S.MONITORING: ("complete", "Complete"),
}
NEAR = dt.timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class VisitCard:
    """A card, ready to print."""

    id: int
    version: int
    course_id: int
    classes: str
    place: str
    last: str
    initial: str
    count: str
    tag: str
    word: str
    icon: str
    time: str
    span: str
    step: tuple[str, str] | None
    shows_step: bool  # its button is on the card; otherwise it appears when the card is pointed at
    choices: tuple[tuple[str, str], ...]
    choices_fit: bool
    chip: str  # what lacks, where the card has no line for it
    warning: str  # the same in a sentence
    notes: tuple[tuple[str, str, str], ...]
    filter: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A closed part of a column, or a free one that can be booked."""

    place: str
    text: str
    minutes: int = 0
    time: str = ""


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A column, ready to print."""

    number: int
    name: str
    group: str
    group_span: int
    done: int
    total: int
    closed: tuple[Stretch, ...]
    cards: tuple[VisitCard, ...]


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


def next_step(state: SessionState, *, is_observed: bool) -> tuple[str, str] | None:
    """Return the one next step of a visit: its verb and its word."""
    return ("monitor", "Watch") if state is _S.IN_TREATMENT and is_observed else NEXT_STEP.get(state)


def look_of(state: SessionState, *, is_confirmed: bool = False, is_late: bool = False) -> Look:
    """Return how a state looks; "confirmed" and "late" are facts on top of booked."""
    if state is _S.BOOKED and is_late:
        return Look("Late", "late", "is-late")
    return CONFIRMED if state is _S.BOOKED and is_confirmed else LOOKS[state]


def day_view(board: Board, *, now: dt.datetime, zone: str) -> DayView:
    """Return a board as the page prints it."""
    today, minute = local_time.wall(now, zone)
    is_today = today == board.day
    lanes = _lanes(board)
    cards = {
        card.session_id: _card(card, board, lanes.get(card.session_id, ""), minute if is_today else None)
        for card in board.cards
    }
    spans = Counter(column.group for column in board.columns)
    seen: set[str] = set()
    columns = []
    for number, column in enumerate(board.columns, start=1):
        columns.append(_column(column, number, 0 if column.group in seen else spans[column.group], cards, board.opens))
        seen.add(column.group)
    inside = is_today and board.opens <= minute < board.closes
    return DayView(
        title=f"{board.day:%A, %B} {board.day.day}",
        columns=tuple(columns),
        cards=tuple(cards[card.session_id] for card in board.cards),
        hours=_hours(board),
        rows=(board.closes - board.opens) // ROW,
        now_place=f"gr-{(minute - board.opens) // ROW}" if inside else "",
        now_text=clock_text(minute).removesuffix("am").removesuffix("pm"),
        closed=board.closed,
        tallies=_tallies(list(cards.values())),
    )


def _hours(board: Board) -> tuple[tuple[str, str], ...]:
    marks = [board.opens] if board.opens % 60 else []
    marks += range(-(-board.opens // 60) * 60, board.closes, 60)
    return tuple((f"gr-{(minute - board.opens) // ROW}", clock_text(minute)) for minute in marks)


def _lanes(board: Board) -> dict[int, str]:
    """Return the class that puts two cards of one column and time side by side: a cancelled one and its successor."""
    lanes: dict[int, str] = {}
    for column in board.columns:
        for first in column.cards:
            for second in column.cards:
                if (
                    first.session_id < second.session_id
                    and first.minute < second.end_minute
                    and second.minute < first.end_minute
                ):
                    lanes.setdefault(first.session_id, "lane-1")
                    lanes.setdefault(second.session_id, "lane-2")
    return lanes


def _column(column: Column, number: int, span: int, cards: dict[int, VisitCard], opens: int) -> BoardColumn:
    kept = [card for card in column.cards if card.state is not _S.CANCELLED]
    return BoardColumn(
        number=number,
        name=column.name,
        group=column.group,
        group_span=span,
        done=sum(card.state in (_S.COMPLETED, _S.PARTIAL) for card in kept),
        total=len(kept),
        closed=tuple(
            Stretch(
                f"gc-{number} gr-{(b.from_minute - opens) // ROW} gh-{max(1, (b.to_minute - b.from_minute) // ROW)}",
                b.reason,
            )
            for b in column.blocked
            if b.to_minute > b.from_minute
        ),
        cards=tuple(cards[card.session_id] for card in column.cards),
    )


def _card(card: Card, board: Board, lane: str, minute_now: int | None) -> VisitCard:
    look = look_of(card.state, is_confirmed=card.is_confirmed, is_late=card.is_late)
    rows = max(1, (card.end_minute - card.minute) // ROW)
    column = next((n for n, c in enumerate(board.columns, start=1) if c.resource_id == card.resource_id), 0)
    size = " xs" if rows < SMALL_ROWS else " tall" if rows >= TALL_ROWS else ""
    near = minute_now is not None and card.minute - minute_now <= NEAR.total_seconds() // 60
    late = (minute_now or card.minute) - card.minute
    has_step = minute_now is not None or card.state is not _S.BOOKED
    step = next_step(card.state, is_observed=card.is_observed) if has_step and not is_stopped(card) else None
    choices, choices_fit = _choices(card, look), rows >= ROWS_FOR_CHOICES
    urgent = _urgent(card)
    return VisitCard(
        id=card.session_id,
        version=card.version,
        course_id=card.course_id,
        classes=f"{look.css}{size}",
        place=f"gc-{column} gr-{(card.minute - board.opens) // ROW} gh-{rows} {lane}".strip(),
        last=card.last_name,
        initial=card.first_name[:1],
        count=f"{card.number}/{card.prescribed}",
        tag=card.tag,
        word=f"{late} min late" if look.icon == "late" and minute_now is not None else _word(look, card),
        icon=look.icon,
        time=clock_text(card.minute),
        span=f"{clock_text(card.minute)} to {clock_text(card.end_minute)}",
        step=step,
        shows_step=bool(step) and (near or card.state is not _S.BOOKED) and not (choices and choices_fit),
        choices=choices,
        choices_fit=choices_fit,
        chip=urgent.info.chip if urgent and rows <= NOTE_ROWS else "",
        warning=sentence(urgent) if urgent else "",
        notes=_notes(card, rows),
        filter=_filter_of(card.state, look),
    )


def _word(look: Look, card: Card) -> str:
    return look.word if card.minutes_left is None else f"{look.word} {left_text(card.minutes_left)}"


def left_text(minutes: int) -> str:
    """Return how long an observation still lasts: `1:12 left`, or that it is over."""
    return f"{minutes // 60}:{minutes % 60:02} left" if minutes > 0 else "over"


def _choices(card: Card, look: Look) -> tuple[tuple[str, str], ...]:
    """Return the buttons of a card that asks for a decision."""
    if card.state is _S.MISSED:
        return (("arrive", "Came"), ("no-show", "No-show"))
    if look.icon == "late":
        return (("arrive", "Arrive"), ("no-show", "No-show"))
    if card.state is _S.NO_SHOW:
        return (("arrive", "Came late"),)
    return ()


def is_stopped(card: Card) -> bool:
    """Tell whether somebody is here and something that must be there first is not."""
    return card.state is _S.ARRIVED and bool(card.lacking)


def _urgent(card: Card) -> Gate | None:
    """Return what is due and lacks; who is here waits for whatever lacks."""
    return next((gate for gate in card.lacking if gate.state is GateState.RED or card.state is _S.ARRIVED), None)


def _in_short(gate: Gate) -> str:
    """Return what lacks as it fits on a line of a card: `Consent missing`, `Ride?`."""
    chip = gate.info.chip
    return chip if chip.endswith("?") else f"{chip} {gate.lack.replace('_', ' ')}"


def _notes(card: Card, rows: int) -> tuple[tuple[str, str, str], ...]:
    notes = []
    if gate := _urgent(card):
        notes.append(("late", _in_short(gate), "warn"))
    if card.is_first:
        notes.append(("star", "First visit", ""))
    if card.arrived_minute is not None and card.state is _S.ARRIVED:
        notes.append(("clock", f"Came {clock_text(card.arrived_minute)}", ""))
    if card.reason:
        notes.append(("note", card.reason, ""))
    if card.is_first and card.people:
        notes.append(("users", ", ".join(card.people), ""))
    return tuple(notes[: max(0, (rows - NOTE_ROWS) // 3 + (1 if rows > NOTE_ROWS else 0))])


def _filter_of(state: SessionState, look: Look) -> str:
    if look.icon in ("late", "came"):
        return look.icon
    return {
        _S.BOOKED: "booked",
        _S.HELD: "booked",
        _S.ARRIVED: "here",
        _S.IN_TREATMENT: "chair",
        _S.MONITORING: "watch",
        _S.COMPLETED: "done",
        _S.PARTIAL: "done",
        _S.NO_SHOW: "noshow",
    }.get(state, "other")


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
