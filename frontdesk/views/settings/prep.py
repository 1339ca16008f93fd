"""How patients get ready: the list of each protocol, written in both languages, published, and put back."""

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from clinic.models import Site
from frontdesk import show_prep
from frontdesk.guard import needs, who
from frontdesk.settings_pages import conflict, page, site_of, tried, version_of
from frontdesk.toasts import Toast, Undo, leave
from scheduling.actions import prep as actions
from scheduling.queries import prep, protocols
from scheduling.queries.definitions import definition_of

if TYPE_CHECKING:
    from scheduling.models import PrepSheet, Protocol


@require_GET
@needs(Permission.MANAGE_SITE)
def index(request: HttpRequest) -> HttpResponse:
    """List the protocols of a site with whose steps their patients read."""
    site = site_of(request)
    running, others = show_prep.lines_of(prep.prep_lists(site=site), site)
    return page(request, site, "prep", {"running": running, "others": others})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def edit(request: HttpRequest, protocol_id: int) -> HttpResponse:
    """Show the steps of a protocol and try others; publish them, or put earlier ones back."""
    site, row = site_of(request), protocols.protocol(protocol_id)
    if request.method != "POST":
        return _edited(request, site, row)
    step = request.POST.get("do", "publish" if "mine" in request.POST else "check")
    if step == "check" or request.headers.get("HX-Request"):
        return _edited(request, site, row, _typed(request))
    made: list[PrepSheet | None] = []
    if refusal := tried(lambda: made.append(_done(request, site, row.code, step))):
        return _edited(request, site, row, _typed(request) if step == "publish" else None, refusal)
    sheet = made[0]
    if sheet is None:
        leave(request, Toast("Nothing changed: these steps are in force."))
    else:
        leave(request, Toast("Published. Patients read it from now on.", Undo("prep", sheet.pk, sheet.version)))
    return redirect(f"{reverse('prep')}?site={site.slug}#p{row.pk}")


def _done(request: HttpRequest, site: Site, code: str, step: str) -> "PrepSheet | None":
    version, now = version_of(request), clock.now()
    if step == "publish":
        typed = _typed(request)
        return actions.publish_sheet(
            request=who(request), site=site, code=code, en=typed["en"], es=typed["es"], version=version, now=now
        )
    verb, _colon, number = step.partition(":")
    if verb != "back" or not number.isdecimal() or len(number) > 9:
        raise Malformed("There is no such step.")
    return actions.put_back(request=who(request), site=site, code=code, wanted=int(number), version=version, now=now)


def _typed(request: HttpRequest) -> dict[str, str]:
    return {language: request.POST.get(language, "") for language in show_prep.HEADINGS}


def _edited(
    request: HttpRequest,
    site: Site,
    row: "Protocol",
    typed: dict[str, str] | None = None,
    refusal: Rejected | None = None,
) -> HttpResponse:
    """Show the form with the list as patients would read it; while somebody types, only that list."""
    if typed is not None and request.headers.get("HX-Request"):
        return render(request, "frontdesk/settings/_prep_tried.html", show_prep.tried(typed))
    definition = definition_of(row)
    versions = prep.prep_versions(site.pk, row.code, definition)
    in_force = versions[0] if versions else prep.PrepList(prep.default_steps(definition), is_own=False)
    shown = show_prep.typed_of(in_force.steps) if typed is None else typed
    context = show_prep.tried(shown) | {
        "row": row,
        "in_force": in_force,
        "whose": show_prep.whose(in_force, site),
        "fields": show_prep.fields_of(shown, refusal),
        "versions": show_prep.versions_of(versions, site),
        "version": request.POST.get("version", in_force.version),
    }
    here = reverse("prep-edit", args=[row.pk])
    context |= conflict(
        request, site, refusal, about=("prep_sheet", in_force.sheet_id or 0), here=here, now=clock.now()
    )
    return page(request, site, "prep_edit", context, status=refusal.status if refusal else 200)
