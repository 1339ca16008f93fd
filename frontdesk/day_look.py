"""How a person looks at a day: which one, by device, by person or as a list, how large, one state picked out."""

import datetime as dt
import zlib
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest

from clinic import preferences
from clinic.models import BoardView, Site
from scheduling.domain.states import SessionState
from scheduling.queries.board import Board

VIEWS = ("board", "staff", "list")
STATES = ("booked", "late", "here", "chair", "watch", "done", "noshow", "came")
ZOOM = 15  # minutes a line of the board stands for, unless somebody chose
ZOOMS = tuple(preferences.BOARD["zoom"])


@dataclass(frozen=True, slots=True)
class DayLook:
    """A day and the way it is shown."""

    day: dt.date
    view: str
    device: int | None = None
    only: str = ""
    zoom: int = ZOOM
    shows_cancelled: bool = True
    sets: tuple[BoardView, ...] = ()

    @classmethod
    def of(cls, request: HttpRequest, day: dt.date, site: Site) -> "DayLook":
        """Return how a request asks for a day; a step taken on a board is answered as the board was shown."""
        user = request.user
        assert user.is_authenticated
        asked = _asked(request)
        only, device = asked.get("only", ""), asked.get("device", "")
        return cls(
            day=day,
            view=_view(request, asked.get("view", "")),
            device=int(device) if device.isascii() and device.isdigit() and len(device) < 10 else None,
            only=only if only in STATES else "",
            zoom=user.board.get("zoom", ZOOM),
            shows_cancelled=user.board.get("show_cancelled", True),
            sets=tuple(preferences.board_views(user=user, site=site)),
        )

    @property
    def as_list(self) -> bool:
        """Tell whether a day is one list of visits, without columns."""
        return self.view == "list"

    @property
    def by_staff(self) -> bool:
        """Tell whether the columns of a day are people."""
        return self.view == "staff"

    @property
    def chosen(self) -> BoardView | None:
        """Return the set of columns that is looked at; none: all of them."""
        return next((each for each in self.sets if each.is_default), None)

    @property
    def version(self) -> str:
        """Return a text that changes whenever the look does; names of sets are not for headers."""
        named = [(each.pk, each.name, each.is_default, each.columns) for each in self.sets]
        sets = zlib.crc32(repr(named).encode()) if named else 0
        return f"{self.view[0]}{self.device or ''}z{self.zoom}{'c' * self.shows_cancelled}{sets:x}"

    def narrowed(self, board: Board) -> Board:
        """Return a board as far as it is looked at: a visit that stands nowhere else is never hidden.

        A set none of whose devices is there any more hides nothing; there are no sets of people.
        """
        wanted = set(self.chosen.columns) if self.chosen and not self.by_staff else set()
        columns = [column for column in board.columns if column.resource_id in wanted]
        if not columns:
            columns = list(board.columns)
        else:
            columns += [column for column in board.columns if not column.resource_id]
        shown = {column.resource_id or None for column in columns}
        cards = [card for card in board.cards if self.by_staff or card.resource_id in shown]
        if not self.shows_cancelled:
            cards = [card for card in cards if card.state is not SessionState.CANCELLED]
            columns = [
                replace(column, cards=tuple(card for card in column.cards if card.state is not SessionState.CANCELLED))
                for column in columns
            ]
        return replace(board, columns=tuple(columns), cards=tuple(cards))


def _asked(request: HttpRequest) -> dict[str, str]:
    if request.method == "GET":
        return {key: str(value) for key, value in request.GET.items()}
    query = parse_qs(urlsplit(request.headers.get("HX-Current-URL", "")).query)
    shown = {key: values[-1] for key, values in query.items()}
    return shown | {key: str(request.POST[key]) for key in ("view",) if key in request.POST}


def _view(request: HttpRequest, asked: str) -> str:
    """Return how a day is shown: as asked, else as chosen on this screen, else as a list on a phone."""
    chosen = asked or request.COOKIES.get("view", "")
    if chosen in VIEWS:
        return chosen
    return "list" if "Mobi" in request.headers.get("User-Agent", "") else "board"
