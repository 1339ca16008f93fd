"""One visit of the day as its card prints it: words, badges, buttons, timers."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from frontdesk import show
from frontdesk.show import Look
from frontdesk.show_names import short_name
from patients.domain.contact import folded
from scheduling.domain.gates import Gate, GateState, sentence
from scheduling.domain.local_time import clock_text
from scheduling.domain.operations import GateKind
from scheduling.domain.states import SessionState, may_move
from scheduling.queries.chair import Someone
from scheduling.queries.day_cards import Card

_S = SessionState
SMALL_ROWS = 5
TALL_ROWS = 15
NOTE_ROWS = 6  # a taller card has a line for what is worth knowing
ROWS_FOR_CHOICES = 9  # a shorter card offers them in the list, the panel, and by key
NEAR = dt.timedelta(minutes=45)
MOST_BADGES = 4
WAITING_LIMIT = 15  # minutes somebody may sit and wait before the desk is told
CHAIR_SLACK = 5  # minutes over plan in the chair
NEXT_LOOKS = {
    "arrive": _S.ARRIVED,
    "start": _S.IN_TREATMENT,
    "monitor": _S.MONITORING,
    "complete": _S.COMPLETED,
    "no-show": _S.NO_SHOW,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A button that records a step, and how the card looks once it is taken: for the click that doesn't wait."""

    verb: str
    word: str
    next: Look


@dataclass(frozen=True, slots=True)
class Timer:
    """How long a stage lasts: `count` says up from `at`, down to it, or how late; over the limit it asks for a look."""

    at: str
    count: str
    limit: int
    text: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class VisitCard:
    """A card, ready to print. `who` is for ears and for the moment somebody is let in: full name and birth date."""

    id: int
    copy: str  # tells cards of one visit apart: empty on the first, `-2` on the second
    version: int
    course_id: int
    patient_id: int
    css: str
    place: str
    name: str
    who: str
    count: str
    tag: str
    word: str
    icon: str
    time: str
    span: str
    device: str
    steps: tuple[Step, ...]
    shows_step: bool  # its button is on the card; otherwise it appears when the card is pointed at
    asks: bool  # it asks for a decision: all its buttons stand in a row of their own
    asks_here: bool
    chip: str  # what lacks, where the card has no line for it
    warning: str  # the same in a sentence
    notes: tuple[tuple[str, str, str], ...]
    badges: tuple[tuple[str, str], ...]
    timer: Timer | None
    filter: str
    is_alike: bool
    may_call: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """The minute a day is looked at, None if it is not that day's; and by whom."""

    now: dt.datetime
    minute: int | None
    opens: int
    is_private: bool = False
    alike: Collection[int] = ()


def alike(cards: Iterable[Card | Someone]) -> set[int]:
    """Return the patients of a day whom a card can't tell apart: same last name, same first letter of the first."""
    people = {
        card.patient_id: (folded(card.last_name), folded(card.first_name)[:1])
        for card in cards
        if card.state is not _S.CANCELLED
    }
    counts = Counter(people.values())
    return {patient_id for patient_id, name in people.items() if counts[name] > 1}


def visit_card(card: Card, at: Moment, *, column: int, device: str, lane: str) -> VisitCard:
    """Return a visit as its card prints it."""
    look = show.look_of(card.state, is_confirmed=card.is_confirmed, is_late=card.is_late)
    first, end = card.span
    rows = max(1, (end - first) // show.ROW)
    minute = at.minute
    steps = _steps(card, look, is_today=minute is not None)
    near = minute is not None and card.minute - minute <= NEAR.total_seconds() // 60
    asks, fits = card.state is _S.MISSED or look.icon == "late", rows >= ROWS_FOR_CHOICES
    urgent = _urgent(card)
    timer = _timer(card, look, at)
    size = " xs" if rows < SMALL_ROWS else " tall" if rows >= TALL_ROWS else ""
    is_alike = card.patient_id in at.alike
    return VisitCard(
        id=card.session_id,
        copy="",
        version=card.version,
        course_id=card.course_id,
        patient_id=card.patient_id,
        css=look.css,
        place=f"gc-{column} gr-{(first - at.opens) // show.ROW} gh-{rows}{size} {lane}".strip(),
        name=short_name(card.last_name, card.first_name, is_private=at.is_private),
        who=identity(card, is_private=at.is_private),
        count=f"{card.number}/{card.prescribed}",
        tag=card.tag,
        word=timer.text if timer and timer.count == "late" else look.word,
        icon=look.icon,
        time=clock_text(card.minute),
        span=f"{clock_text(card.minute)} to {clock_text(card.end_minute)}",
        device=device,
        steps=steps,
        shows_step=bool(steps) and (near or card.state is not _S.BOOKED) and not _can_wait(card),
        asks=asks,
        asks_here=asks and fits,
        chip=urgent.info.chip if urgent and rows <= NOTE_ROWS else "",
        warning=sentence(urgent) if urgent else "",
        notes=_notes(card, rows),
        badges=_badges(card, is_alike=is_alike),
        timer=timer,
        filter=_filter_of(card.state, look),
        is_alike=is_alike,
        may_call=look.icon == "late",
    )


def identity(card: Card, *, is_private: bool) -> str:
    """Return name and birth date in full, as they are read out before somebody is let in; initials in privacy mode."""
    if is_private:
        return short_name(card.last_name, card.first_name, is_private=True)
    return f"{card.first_name} {card.last_name}, born {birth_text(card.birth_date)}"


def birth_text(born: dt.date) -> str:
    """Return a birth date in words: `Mar 7, 1984`."""
    return f"{born:%b} {born.day}, {born.year}"


def _can_wait(card: Card) -> bool:
    """Tell whether nobody takes the next step of a card by now: its button appears when the card is pointed at."""
    return card.state is _S.NO_SHOW or (card.minutes_left or 0) > 0


def _steps(card: Card, look: Look, *, is_today: bool) -> tuple[Step, ...]:
    """Return the buttons of a card, the next step first; none while something must be there first."""
    if is_stopped(card):
        return ()
    if card.state is _S.MISSED:
        pairs = [("arrive", "Came"), ("no-show", "No-show")]
    elif card.state is _S.NO_SHOW:
        pairs = [("arrive", "Came late")]
    elif card.state is _S.BOOKED and not is_today:
        pairs = []
    else:
        step = show.next_step(card.state, is_observed=card.is_observed)
        pairs = [step] if step else []
        if look.icon == "late":
            pairs.append(("no-show", "No-show"))
    return tuple(Step(verb, word, show.look_of(NEXT_LOOKS[verb])) for verb, word in pairs)


def is_stopped(card: Card) -> bool:
    """Tell whether somebody is here and something that must be there first is not."""
    return card.state is _S.ARRIVED and bool(card.lacking)


def may_be_moved(card: Card) -> bool:
    """Tell whether a visit may still be given up for another time."""
    return may_move(card.state, _S.CANCELLED)


def _timer(card: Card, look: Look, at: Moment) -> Timer | None:
    if card.since is None or at.minute is None:
        return None
    stamp = card.since.isoformat(timespec="seconds")
    gone = int((at.now - card.since).total_seconds() // 60)
    if look.icon == "late":
        return Timer(stamp, "late", 0, f"{gone} min late", True)
    if card.state is _S.ARRIVED:
        return Timer(stamp, "up", WAITING_LIMIT, f"{gone} min", gone >= WAITING_LIMIT)
    if card.state is _S.IN_TREATMENT:
        planned = card.end_minute - card.minute
        return Timer(stamp, "up", planned + CHAIR_SLACK, f"{gone} min", gone >= planned + CHAIR_SLACK)
    if card.state is _S.MONITORING:
        return Timer(stamp, "down", 0, left_text(-gone), gone >= 0)
    return None


def left_text(minutes: int) -> str:
    """Return how long an observation still lasts: `1:12 left`, or that it is over."""
    return f"{minutes // 60}:{minutes % 60:02} left" if minutes > 0 else "over"


def _urgent(card: Card) -> Gate | None:
    """Return what is due and lacks; who is here waits for whatever lacks."""
    return next((gate for gate in card.lacking if gate.state is GateState.RED or card.state is _S.ARRIVED), None)


def _in_short(gate: Gate) -> str:
    """Return what lacks as it fits on a line of a card: `Consent missing`, `Ride?`."""
    chip = gate.info.chip
    return chip if chip.endswith("?") else f"{chip} {gate.lack.replace('_', ' ')}"


def _badges(card: Card, *, is_alike: bool) -> tuple[tuple[str, str], ...]:
    """Return what is worth a symbol, the gravest first, at most four."""
    if card.state is _S.CANCELLED:
        return ()
    found = [
        ("users", "2 people look alike today. Check date of birth.", is_alike),
        ("star", "First visit", card.is_first),
        ("target", "Re-mapping", card.visit_type == "remap"),
        ("car", "Ride not confirmed", any(gate.kind is GateKind.RIDE for gate in card.lacking)),
        ("clipboard-text", "A score is due", card.is_measure_due),
        ("language", _language(card), bool(_language(card))),
        ("flag", "Last visit", card.number == card.prescribed and card.prescribed > 1),
    ]
    return tuple((icon, text) for icon, text, holds in found if holds)[:MOST_BADGES]


def _language(card: Card) -> str:
    if card.interpreter:
        return "Interpreter needed"
    return "Speaks Spanish" if card.language == "es" else ""


def _notes(card: Card, rows: int) -> tuple[tuple[str, str, str], ...]:
    notes = []
    if gate := _urgent(card):
        notes.append(("late", _in_short(gate), "warn"))
    if card.is_first:
        notes.append(("star", "First visit", ""))
    if card.arrived_minute is not None and card.state is _S.ARRIVED:
        notes.append(("clock", f"Came {clock_text(card.arrived_minute)}", ""))
    if card.is_measure_due:
        notes.append(("clipboard-text", "A score is due today", ""))
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
