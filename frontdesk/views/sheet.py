"""The day on paper: asked for with one key, noted as every look at records is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, NotFound
from clinic.models import Site
from frontdesk import show_sheet
from frontdesk.guard import needs, who
from frontdesk.show_sheet import BOXES, Paper
from frontdesk.site import current_site, day_named
from patients.reach import phones_of
from scheduling import access
from scheduling.actions import printing
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text
from scheduling.queries import board as boards
from scheduling.queries.board import Board
from scheduling.queries.printed import SincePrint, since_print, was_printed

SCOPE = "sheet_of"


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_DAY)
def day_sheet(request: HttpRequest) -> HttpResponse:
    """Show what to print, or the sheet itself: the latter is noted, and comes with its print dialog."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_DAY)
    day = day_named(request.POST.get("day") or request.GET.get("day"), site, now)
    board = boards.board(site=site, day=day, now=now)
    if request.method != "POST":
        return render(request, "frontdesk/sheet/ask.html", _asked(request, board) | {"site": site, "day": day})
    paper = _paper(request, board)
    cards = show_sheet.on_paper(board, paper)
    since = _since(site, board, paper) if request.POST.get("only") == "changes" else None
    may_call = access.holds(_user(request), site.pk, Permission.VIEW_PATIENT)
    sheet = show_sheet.sheet_of(
        board,
        site=site,
        paper=paper,
        phones=phones_of({card.patient_id for card in cards.values()}) if may_call else {},
        now=now,
        since=since,
    )
    printing.note_print(
        request=who(request),
        site=site,
        day=day,
        resource_id=paper.resource_id,
        cards=cards,
        gone=[gone.patient_id for gone in since.gone] if since else (),
        now=now,
    )
    request.session[SCOPE] = paper.resource_id
    return render(request, "frontdesk/sheet/sheet.html", {"sheet": sheet, "boxes": BOXES, "site": site, "day": day})


@require_GET
@needs(Permission.VIEW_DAY)
def since(request: HttpRequest) -> HttpResponse:
    """Say how much has changed since the day's sheet was printed; nothing where none was."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_DAY)
    day = day_named(request.GET.get("day"), site, now)
    if not was_printed(site=site, day=day):  # the board asks often, and reading the whole day to say nothing is dear
        return render(request, "frontdesk/sheet/_since.html", {"site": site, "day": day, "since": None, "at": ""})
    board = boards.board(site=site, day=day, now=now)
    found = _since(site, board, Paper(resource_id=_scope(request, board)))
    at = clock_text(local_time.wall(found.at, site.zone)[1]) if found else ""
    context = {"site": site, "day": board.day, "since": found, "at": at}
    return render(request, "frontdesk/sheet/_since.html", context)


def _since(site: Site, board: Board, paper: Paper) -> SincePrint | None:
    cards = show_sheet.on_paper(board, paper)
    return since_print(site=site, day=board.day, resource_id=paper.resource_id, cards=cards)


def _asked(request: HttpRequest, board: Board) -> dict[str, Any]:
    columns = [(column.resource_id, column.name) for column in board.columns]
    return {"columns": columns, "chosen": _scope(request, board), "page": "today"}


def _paper(request: HttpRequest, board: Board) -> Paper:
    asked = request.POST.get("resource")
    resource = _scope(request, board) if asked is None else _number(asked)
    if resource and resource not in {column.resource_id for column in board.columns}:
        raise NotFound("There is no such device at this site.")
    user = _user(request)
    initials = "initials" in request.POST or (asked is None and user.is_private)
    return Paper(resource_id=resource, initials=initials, by="".join(part[0] for part in user.name.split()[:2]).upper())


def _scope(request: HttpRequest, board: Board) -> int | None:
    """Return the column this person printed last, if the site has it."""
    kept = request.session.get(SCOPE)
    return kept if kept in {column.resource_id for column in board.columns} else None


def _number(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise Malformed("Choose what to print again. This page may be out of date.")
    return int(text)


def _user(request: HttpRequest) -> Any:
    return request.user
