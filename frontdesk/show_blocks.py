"""Blocked time ready to print: what can be out, who is hit and where everybody goes, the blocks of a site."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from clinic.models import Site
from frontdesk.forms_blocks import CALL, EXACT, NEXT, REASONS, REST, WEEK, Asked, next_words, value_of
from patients import phones
from scheduling.block_token import ShownBlock
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.operations import BlockKind, BlockState
from scheduling.domain.reseat_words import MoveKind, label_of
from scheduling.domain.spots import Spot
from scheduling.queries import setup
from scheduling.queries.outages import Blocking, Proposal, Row, Seen, span_words

# Tone, icon and word of what happens to a visit.
_GOES = {
    MoveKind.CALL: ("is-late", "phone", "Call"),
    MoveKind.OTHER_DAY: ("is-here", "week", "Other day"),
    MoveKind.OTHER_TIME: ("is-confirmed", "clock", "Other time"),
    MoveKind.OTHER_DEVICE: ("is-done", "done", ""),  # its words say that the time stays
    MoveKind.OTHER_PERSON: ("is-done", "done", ""),
}
_HARMED = (MoveKind.CALL, MoveKind.OTHER_DAY)  # how bad a gap would be matters where there may be one
_STATES = {
    BlockState.IN_FORCE: ("is-late", "In force"),
    BlockState.REOPENED: ("is-done", "Open again"),
    BlockState.UNDONE: ("is-cancelled", "Taken back"),
}
_KINDS = {BlockKind.OUT_OF_SERVICE: "Out of service", BlockKind.AWAY: "Away", BlockKind.CLOSED: "Closed"}


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be decided about a visit."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One visit: whose, where it stands, where it goes, and what else could be decided about it."""

    session_id: int
    last: str
    first: str
    number: int
    was: str
    words: str
    why: str
    css: str
    icon: str
    goes: str
    is_call: bool
    is_changed: bool
    phone: str
    problem: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A proposal as a page prints it. `kept`: what is decided in it, as the form sends it on."""

    title: str
    said: str
    lines: tuple[Line, ...]
    later: tuple[Line, ...]
    under_way: int
    button: str
    is_way_back: bool
    is_for_block: bool
    is_moving: bool
    kept: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class About:
    """What is printed beside a proposal: phones, what was refused by visit, where a former proposal sent each."""

    phones: Mapping[int, str] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)
    before: ShownBlock | None = None


@dataclass(frozen=True, slots=True)
class BlockLine:
    """A block in the list and on its own page."""

    id: int
    version: int
    what: str
    how: str
    when: str
    reason: str
    by: str
    made: str
    css: str
    state: str
    left: int
    is_in_force: bool
    is_open_again: bool
    day: str


def things(site: Site, asked: Asked) -> tuple[list[tuple[str, list[Option]]], list[Option]]:
    """Return what can be out: what has a column on the board, by group; and people and rooms."""
    rows = [row for row in setup.resources_of(site=site) if row.is_active]
    options = {row.pk: Option(str(row.pk), row.name, row.pk in asked.resource_ids) for row in rows}
    devices = groupby((row for row in rows if row.group), key=lambda row: row.group)
    return (
        [(group, [options[row.pk] for row in each]) for group, each in devices],
        [options[row.pk] for row in rows if not row.group],
    )


def form_context(site: Site, asked: Asked) -> dict[str, Any]:
    """Return what the form prints."""
    untils = ((REST, "Rest of the day"), (NEXT, f"Until {next_words(asked, site)}"), (WEEK, "Rest of the week"))
    devices, others = things(site, asked)
    return {
        "site": site,
        "asked": asked,
        "devices": devices,
        "others": others,
        "is_other": any(option.is_chosen for option in others),
        "untils": [Option(value, label, value == asked.until) for value, label in (*untils, (EXACT, "Exactly until"))],
        "reasons": [Option(reason, reason, reason == asked.reason) for reason in REASONS],
        "from_time": _typed(asked.from_minute),
        "to_time": _typed(asked.to_minute) if asked.until == EXACT else "",
        "page": "blocks",
    }


def shown(found: Proposal, about: About) -> Shown:
    """Return a proposal ready to print: who has to be called first, then whom a gap would harm the most."""
    blocking = found.blocking
    zone = blocking.site.zone
    places = dict(about.before.moves) if about.before else {}
    before = {pk: value_of(Spot(to.day, to.minute, to.uses[0].resource_id)) for pk, to in places.items()}

    def line(row: Row) -> Line:
        is_other = about.before is not None and before.get(row.session.pk, CALL) != _goes_to(row)
        return _line(row, zone, about, is_changed=is_other)

    rows = [line(row) for row in found.rows]
    return Shown(
        title=blocking.words if not found.is_way_back else "Back to what they were told first",
        said=found.words.removeprefix(blocking.words).strip(),
        lines=tuple(sorted(rows, key=lambda each: not each.is_call)),
        later=tuple(line(row) for row in found.later),
        under_way=len(found.under_way),
        button=_button(found),
        is_way_back=found.is_way_back,
        is_for_block=blocking.block_id is not None,
        is_moving=bool(found.moves),
        kept=tuple((row.session.pk, _goes_to(row)) for row in found.rows if row.is_fixed),
    )


def _button(found: Proposal) -> str:
    moving = sum(row.to is not None for row in found.rows)
    if found.is_way_back:
        return f"Move {moving} back" if moving else ""
    if found.blocking.block_id is not None:
        return f"Move {moving}" if moving else ""
    return f"Block and move {moving}" if moving else "Block it"


def _line(row: Row, zone: str, about: About, *, is_changed: bool) -> Line:
    session, patient = row.session, row.session.course.patient
    css, icon, goes = _GOES[row.kind]
    day, minute = local_time.wall(session.starts_at, zone)
    is_call = row.kind is MoveKind.CALL
    return Line(
        session_id=session.pk,
        last=patient.last_name,
        first=patient.first_name,
        number=session.number,
        was=f"{day_text(day)}, {clock_text(minute)}",
        words=row.words,
        why=row.harm.words if row.harm and row.kind in _HARMED else "",
        css=css,
        icon=icon,
        goes=goes,
        is_call=is_call,
        is_changed=is_changed,
        phone=phones.readable(about.phones[patient.pk]) if is_call and patient.pk in about.phones else "",
        problem=about.problems.get(session.pk, ""),
        options=_options(row) if row.rank else (),
    )


def _options(row: Row) -> tuple[Option, ...]:
    """Return what can be decided: as proposed, another place, or that somebody calls."""
    mine = (Option(_goes_to(row), label_of(row.to), is_chosen=True),) if row.is_fixed and row.to else ()
    others = tuple(Option(value_of(each.spot), each.label) for each in row.choices)
    calls = Option(CALL, "Somebody calls", is_chosen=row.is_fixed and row.to is None)
    proposed = "Back to the proposal" if row.is_fixed else "As proposed"
    return (Option("", proposed, is_chosen=not row.is_fixed), *mine, *others, calls)


def _goes_to(row: Row) -> str:
    return value_of(Spot(row.to.day, row.to.minute, row.to.uses[0].resource_id)) if row.to else CALL


def lines_of(rows: Sequence[Seen]) -> list[BlockLine]:
    """Return blocks ready to print."""
    return [line_of(row) for row in rows]


def line_of(seen: Seen) -> BlockLine:
    """Return one block ready to print."""
    block = seen.block
    zone, state = block.site.zone, BlockState(block.state)
    css, word = _STATES[state]
    if state is BlockState.IN_FORCE and not seen.is_running:
        word = "Planned"
    return BlockLine(
        id=block.pk,
        version=block.version,
        what=", ".join(name for _pk, name in seen.resources) or _KINDS[BlockKind(block.kind)],
        how=_KINDS[BlockKind(block.kind)],
        when=span_words(block.starts_at, block.ends_at, zone),
        reason=block.reason,
        by=block.by.name if block.by else "",
        made=_when(block.made_at, zone),
        css=css,
        state=word,
        left=seen.left,
        is_in_force=state is BlockState.IN_FORCE,
        is_open_again=state is BlockState.REOPENED,
        day=local_time.wall(block.starts_at, zone)[0].isoformat(),
    )


def made_words(seen: Seen, *, moved: int) -> str:
    """Return what a toast says after a block was made: what is out, who moved, who is left."""
    block = seen.block
    ids, names = tuple(pk for pk, _name in seen.resources), tuple(name for _pk, name in seen.resources)
    kind = BlockKind(block.kind)
    words = Blocking(block.site, kind, ids, names, block.starts_at, block.ends_at, block.reason).words
    parts = [words, *moved_words(moved, left=seen.left)]
    return " ".join(parts)


def moved_words(moved: int, *, left: int) -> list[str]:
    """Return how many moved, when they are told, and how many are left for somebody to call."""
    said = []
    if moved:
        said.append(f"{moved} moved{f', {left} to call' if left else ''}. Texts go out in 3 minutes.")
    if left and moved:
        said.append(f"The {'one' if left == 1 else left} left {'is' if left == 1 else 'are'} in Needs attention.")
    elif left:
        stands = "1 session still stands" if left == 1 else f"{left} sessions still stand"
        said.append(f"{stands} there, in Needs attention; nobody was texted about {'it' if left == 1 else 'them'}.")
    return said


def moving_of(shown_block: ShownBlock) -> int:
    """Return how many of the visits in the way a proposal moves; later ones that shift with them left aside."""
    return sum(pk in shown_block.hit for pk, _place in shown_block.moves)


def _when(at: dt.datetime, zone: str) -> str:
    day, minute = local_time.wall(at, zone)
    return f"{day_text(day)}, {clock_text(minute)}"


def _typed(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"
