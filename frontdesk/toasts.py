"""What a page says about the latest deed, and how it is taken back: shown once, undone for three minutes."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest

from clinic import clock

KEPT = dt.timedelta(minutes=3)  # as long as texts are held
_TOAST, _MINE = "toast", "mine"


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes a deed back: the kind names a function of `frontdesk.undoables`."""

    kind: str
    id: int | str
    version: int


@dataclass(frozen=True, slots=True)
class Toast:
    """One sentence about what was done.

    `course_id`: its patient is told after the hold; `focus`: id of the element that has the focus next;
    `link`: address and words; `is_again`: about the deed before, whose time for a way back goes on;
    `name`: whom it is about, as it stands in the sentence.
    """

    said: str
    undo: Undo | None = None
    course_id: int | None = None
    focus: str = ""
    is_problem: bool = False
    link: tuple[str, str] | None = None
    is_again: bool = False
    name: str = ""

    @property
    def parts(self) -> tuple[str, str, str]:
        """Return what stands before the name, the name, and what stands after it: a name of any script stands alone."""
        if not self.name:
            return self.said, "", ""
        before, name, after = self.said.partition(self.name)
        return before, name, after


@dataclass(frozen=True, slots=True)
class Mine:
    """This person's latest deed that can still be taken back."""

    said: str
    undo: Undo
    at: dt.datetime


def leave(request: HttpRequest, toast: Toast) -> None:
    """Leave a toast for the next page."""
    request.session[_TOAST] = asdict(toast)
    remember(request, toast)


def left(request: HttpRequest) -> Toast | None:
    """Return the toast left for this page, once."""
    kept = request.session.pop(_TOAST, None)
    return _toast(kept) if kept else None


def remember(request: HttpRequest, toast: Toast) -> None:
    """Remember how the latest deed is taken back, for every page of the next three minutes."""
    if toast.undo is not None and not toast.is_again:
        request.session[_MINE] = {"said": toast.said, "undo": asdict(toast.undo), "at": clock.now().isoformat()}


def latest(request: HttpRequest) -> Mine | None:
    """Return this person's latest deed, however long ago."""
    kept = request.session.get(_MINE)
    if not kept:
        return None
    return Mine(kept["said"], Undo(**kept["undo"]), dt.datetime.fromisoformat(kept["at"]))


def forget(request: HttpRequest) -> None:
    """Forget the latest deed: it was taken back."""
    request.session.pop(_MINE, None)


def _toast(kept: dict[str, Any]) -> Toast:
    undo, link = kept["undo"], kept["link"]
    return Toast(**kept | {"undo": Undo(**undo) if undo else None, "link": tuple(link) if link else None})
