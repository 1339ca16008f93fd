"""Devices, rooms, chairs, places and people: what can be booked, in the board's order."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from clinic.models import Site
from clinic.site_actions import check_hours
from frontdesk import forms_settings, show_resources
from frontdesk.guard import needs, who
from frontdesk.settings_pages import conflict, number_of, page, site_of, tried, version_of
from frontdesk.show_settings import with_errors
from frontdesk.toasts import Toast, Undo, leave
from scheduling import access
from scheduling.actions import resources as actions
from scheduling.actions.resources import Wanted
from scheduling.queries import setup

if TYPE_CHECKING:
    from scheduling.models import Resource


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def index(request: HttpRequest) -> HttpResponse:
    """List what can be booked, and add to it."""
    site = site_of(request)
    if request.method != "POST":
        return _listed(request, site)
    kind, made = request.POST.get("kind", ""), list[int]()

    def add() -> None:
        group = request.POST.get("group", "").strip() or show_resources.column_of(kind)
        wanted = Wanted(request.POST.get("name", ""), group, request.POST.getlist("capability"))
        made.extend(
            actions.add_resource(
                request=who(request),
                site=site,
                kind=kind,
                wanted=wanted,
                count=number_of(request, "count") or 0,
                now=clock.now(),
            )
        )

    if refusal := tried(add):
        return _listed(request, site, refusal)
    said = "Added. It can be booked from now on." if len(made) == 1 else f"{len(made)} added."
    leave(request, Toast(said, Undo("resource_used", made[0], 1) if len(made) == 1 else None))
    return redirect(f"{reverse('settings-resources')}?site={site.slug}#r{made[-1]}")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def edit(request: HttpRequest, resource_id: int) -> HttpResponse:
    """Show and change one of them."""
    row = _own(request, resource_id)
    if request.method != "POST":
        typed = forms_settings.as_typed(setup.hours_of(resource_id=row.pk))
        return _edited(request, row, {"name": row.name, "group": row.group}, typed)
    typed = forms_settings.typed_week(request)

    def save() -> None:
        hours = forms_settings.week(typed) if request.POST.get("own_hours") else {}
        check_hours(hours)
        if request.POST.get("own_hours") and not hours:
            raise forms_settings.refused({"d1": "Type hours on at least one day, or unmark its own hours."})
        wanted = Wanted(
            request.POST.get("name", ""), request.POST.get("group", ""), request.POST.getlist("capability"), hours
        )
        actions.change_resource(
            request=who(request), resource_id=row.pk, version=version_of(request), wanted=wanted, now=clock.now()
        )

    if refusal := tried(save):
        return _edited(request, row, request.POST.dict(), typed, refusal)
    leave(request, Toast("Saved. Booked visits stay as they are."))
    return _back(row)


@require_POST
@needs(Permission.MANAGE_SITE)
def step(request: HttpRequest, resource_id: int, verb: str) -> HttpResponse:
    """Take one out of use, bring it back, or move it up or down on the board."""
    row = _own(request, resource_id)
    about: dict[str, Any] = {"request": who(request), "resource_id": row.pk, "version": version_of(request)}
    about["now"] = clock.now()
    if verb == "retire":
        refusal = tried(lambda: actions.retire(**about))
        said = f"{row.name} is out of use. Its past stays on record."
    elif verb == "bring-back":
        refusal, said = tried(lambda: actions.bring_back(**about)), f"{row.name} can be booked again."
    elif verb in ("up", "down"):
        refusal, said = tried(lambda: actions.shift(**about, is_up=verb == "up")), ""
    else:
        raise Malformed("There is no such step.")
    if refusal:
        return _listed(request, row.site, refusal)
    if said:
        kind = "resource_retired" if verb == "retire" else "resource_used"
        leave(request, Toast(said, Undo(kind, row.pk, about["version"] + 1)))
    return _back(row)


def _own(request: HttpRequest, resource_id: int) -> "Resource":
    user: Any = request.user
    site_of(request)  # somebody without the right anywhere is told so
    return access.resource(user, resource_id, Permission.MANAGE_SITE)


def _back(row: "Resource") -> HttpResponse:
    return redirect(f"{reverse('settings-resources')}?site={row.site.slug}#r{row.pk}")


def _listed(request: HttpRequest, site: Site, refusal: Rejected | None = None) -> HttpResponse:
    rows = setup.resources_of(site=site)
    kinds, abilities = setup.kinds_known(site=site)
    typed = request.POST if refusal else {}
    context = {
        "groups": show_resources.groups_of([row for row in rows if row.is_active]),
        "retired": [show_resources.line_of(row) for row in rows if not row.is_active],
        "fields": with_errors(show_resources.adding(kinds), typed, refusal.fields if refusal else {}),
        "abilities": [(each, each in request.POST.getlist("capability")) for each in abilities],
        "is_open": bool(refusal and refusal.status == 422) or not rows,
    }
    here = reverse("settings-resources")
    context |= conflict(request, site, refusal, about=("resource", 0), here=here, now=clock.now())
    return page(request, site, "resources", context, status=refusal.status if refusal else 200)


def _edited(
    request: HttpRequest,
    row: "Resource",
    typed: dict[str, str],
    week: dict[str, str],
    refusal: Rejected | None = None,
) -> HttpResponse:
    chosen = request.POST.getlist("capability") if refusal else row.capabilities
    _kinds, abilities = setup.kinds_known(site=row.site)
    context = show_resources.form_of(row, typed, week, refusal.fields if refusal else {}) | {
        "abilities": [(each, each in chosen) for each in abilities],
        "own_hours": bool(request.POST.get("own_hours")) if refusal else bool(week),
        "version": request.POST.get("version", row.version),
    }
    here = reverse("settings-resource", args=[row.pk])
    context |= conflict(request, row.site, refusal, about=("resource", row.pk), here=here, now=clock.now())
    return page(request, row.site, "resources_one", context, status=refusal.status if refusal else 200)
