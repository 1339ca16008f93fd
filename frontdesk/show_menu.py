"""The menu of a visit: every step it may take now, each with the key that does the same."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from clinic.domain.permissions import Permission
from frontdesk import show, ways
from frontdesk.show_visit import KEYS
from scheduling.domain.states import SessionState
from scheduling.queries.definitions import definition_of

_P = Permission


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the menu; `does` names a step or what is opened for it, `key` is as the keyboard calls it."""

    word: str
    does: str
    icon: str
    key: str = ""

    @property
    def cap(self) -> str:
        """Return what stands on the key."""
        return {"delete": "Del"}.get(self.key, self.key.upper())


def groups(session: Any, *, held: Collection[Permission], now: dt.datetime) -> list[list[Line]]:
    """Return the lines of the menu in groups, only what this person may do to this visit now. No statement."""
    may = ways.ways(session, now=now)
    found: list[list[Line]] = []
    if _P.RECORD_ATTENDANCE in held:
        found += [list(_steps(session, may, now)), list(_ends(session, may, now))]
    found += [list(_changes(may, held)), list(_opens(held))]
    return [group for group in found if group]


def _steps(session: Any, may: dict[str, Any], now: dt.datetime) -> Iterator[Line]:
    """Yield what is recorded at once."""
    observed = bool(definition_of(session.course.protocol).observe_minutes)
    step = show.next_step(SessionState(session.state), is_observed=observed)
    if step and not (step[0] == "arrive" and ways.is_ahead(session, now=now)):
        icons = {"arrive": "here", "start": "chair", "monitor": "watch", "complete": "done"}
        yield Line(step[1], step[0], icons[step[0]], KEYS[step[0]].lower())
    if may["may_come"]:
        yield Line(may["came"], "arrive", "here", "a")
    if may["may_no_show"]:
        yield Line("No-show", "no-show", "noshow", "x")


def _ends(session: Any, may: dict[str, Any], now: dt.datetime) -> Iterator[Line]:
    """Yield what asks for a reason first."""
    if may["may_turn_away"] and not ways.is_ahead(session, now=now):
        yield Line("Turned away", "not-treated", "turned")
    if may["may_stop_early"]:
        yield Line("Stopped early", "stop-early", "partial")


def _changes(may: dict[str, Any], held: Collection[Permission]) -> Iterator[Line]:
    if may["may_move"] and _P.BOOK_COURSE in held:
        yield Line("Move", "move", "arrow-right", "m")
    if may["may_cancel"] and _P.RECORD_ATTENDANCE in held:
        yield Line("Cancel visit", "cancel", "cancelled", "delete")
    if _P.RECORD_ATTENDANCE in held:
        yield Line("Note", "note", "note", "e")


def _opens(held: Collection[Permission]) -> Iterator[Line]:
    yield Line("Open visit", "open", "today")
    if _P.VIEW_COURSE in held:
        yield Line("Open course", "course", "book")
