"""A list of patients brought in: chosen, mended row by row, imported as a whole, taken back within a day."""

import csv
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from clinic.models import Site
from frontdesk import show_import
from frontdesk.guard import needs, who
from frontdesk.settings_pages import page, site_of, tried
from frontdesk.show_settings import counted
from frontdesk.toasts import Toast, Undo, leave
from patients import draft_actions, import_drafts
from patients.domain.csv_rows import KNOWN, MOST_ROWS, REQUIRED
from scheduling.domain import local_time

if TYPE_CHECKING:
    from patients.models import ImportDraft

NOT_UTF8 = 'This file is not UTF-8. Save it as "CSV UTF-8" and choose it again.'


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def index(request: HttpRequest) -> HttpResponse:
    """Take a list, as a file or pasted, and show the latest ones."""
    site = site_of(request)
    if request.method != "POST":
        return _chosen(request, site)
    made: list[int] = []

    def begin() -> None:
        text = _text(request)
        made.append(draft_actions.begin_import(request=who(request), site=site, text=text, now=clock.now()))

    if refusal := tried(begin):
        return _chosen(request, site, refusal)
    return _to(site, made[0])


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show how a list stands, keep what is mended, and let it in."""
    site = site_of(request)
    row = import_drafts.draft(sites=[site], draft_id=draft_id)
    if row.done_at is not None:
        return redirect(f"{reverse('import')}?site={site.slug}")
    if request.method != "POST":
        return _shown(request, site, row)
    step, now = request.POST.get("do", "check"), clock.now()
    if step == "drop":
        draft_actions.drop_import(request=who(request), site=site, draft_id=row.pk, now=now)
        leave(request, Toast("Thrown away. Nobody of it was imported."))
        return redirect(f"{reverse('import')}?site={site.slug}")
    row = draft_actions.mend(
        request=who(request),
        site=site,
        draft_id=row.pk,
        fixes=show_import.typed_in(request.POST.dict()),
        skipped=_skipped(request, site, row, step),
    )
    if step != "import":
        return _shown(request, site, row) if request.headers.get("HX-Request") else _to(site, row.pk)
    done: list[ImportDraft] = []
    if refusal := tried(
        lambda: done.append(draft_actions.finish_import(request=who(request), site=site, draft_id=row.pk, now=now))
    ):
        return _shown(request, site, row, refusal)
    said = f"{counted(len(done[0].added), 'patient')} imported. Nobody was written to."
    leave(request, Toast(said, Undo("import", row.pk, 0)))
    return redirect(f"{reverse('import')}?site={site.slug}")


@require_GET
@needs(Permission.MANAGE_SITE)
def faults(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Give every row that needs a look as a table to take along."""
    site = site_of(request)
    row = import_drafts.draft(sites=[site], draft_id=draft_id)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="rows-to-look-at.csv"'
    csv.writer(answer).writerows(show_import.as_csv(_checked(site, row).faults))
    return answer


@require_POST
@needs(Permission.MANAGE_SITE)
def undo(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Take an import back."""
    site = site_of(request)
    found = draft_actions.undo_import(request=who(request), site=site, draft_id=draft_id, now=clock.now())
    leave(request, Toast(show_import.said_of(found)))
    return redirect(f"{reverse('import')}?site={site.slug}")


def _text(request: HttpRequest) -> str:
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("rows", "")
    try:
        return bytes(file.read()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Rejected(NOT_UTF8, code="not_text") from error


def _skipped(request: HttpRequest, site: Site, row: "ImportDraft", step: str) -> set[int]:
    """Return the rows that are left out: those shown are as marked, the others as they were."""
    if step == "skip-all":
        return {*row.skipped, *(fault.row for fault in _checked(site, row).faults if fault.row > 1)}
    if step == "bring-back":
        return set()
    marked, shown = (
        {int(text) for text in request.POST.getlist(name) if text.isdecimal() and len(text) < 6}
        for name in ("skip", "shown")
    )
    return (set(row.skipped) - shown) | marked


def _checked(site: Site, row: "ImportDraft") -> import_drafts.Checked:
    return import_drafts.checked(row, today=local_time.today(clock.now(), site.zone))


def _chosen(request: HttpRequest, site: Site, refusal: Rejected | None = None) -> HttpResponse:
    now = clock.now()
    rows = import_drafts.drafts_of(site=site, now=now)
    context = {
        "refusal": refusal,
        "version_now": "",
        "waiting": [row for row in rows if row.done_at is None],
        "done": [(row, len(row.added)) for row in rows if row.done_at],
        "needed": [show_import.COLUMNS[name] for name in REQUIRED],
        "others": [show_import.COLUMNS[name] for name in KNOWN if name not in REQUIRED],
        "most": f"{MOST_ROWS:,}",
        "rows": request.POST.get("rows", "") if refusal else "",
    }
    return page(request, site, "import", context, status=refusal.status if refusal else 200)


def _shown(request: HttpRequest, site: Site, row: "ImportDraft", refusal: Rejected | None = None) -> HttpResponse:
    found = _checked(site, row)
    cells = show_import.cells_to_mend(row, found)
    context: dict[str, Any] = {
        "draft": row,
        "site": site,
        "cells": cells,
        "more": len(found.faults) - len(cells),
        "sum": show_import.summary(row, found),
        "rows": show_import.first_rows(found.rows),
        "shown_rows": sorted({cell.row for cell in cells}),
        "refusal": refusal,
        "version_now": "",
        "beside": (),
    }
    if request.headers.get("HX-Request"):
        posted = [name for name in request.POST if name.startswith("fix-")]
        wrong = {cell.name: cell for cell in cells}
        marked = set(request.POST.getlist("skip"))
        context["beside"] = [(name, wrong.get(name), name.split("-")[1] in marked) for name in posted]
        return render(request, "frontdesk/settings/_import_ready.html", context)
    return page(request, site, "import_draft", context, status=refusal.status if refusal else 200)


def _to(site: Site, pk: int) -> HttpResponse:
    return redirect(f"{reverse('import-draft', args=[pk])}?site={site.slug}")
