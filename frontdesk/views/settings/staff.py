"""Who works at a site: a link for somebody new, their role, what they can be rostered for, and good-bye."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic import clock, staff_actions, staff_queries
from clinic.domain.permissions import Permission, Role
from clinic.errors import Malformed, NotFound, Rejected
from clinic.models import Membership, Site
from frontdesk import show_staff
from frontdesk.forms_settings import refused
from frontdesk.guard import needs, who
from frontdesk.settings_pages import conflict, page, site_of, tried, version_of
from frontdesk.toasts import Toast, leave
from scheduling.queries import setup


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def index(request: HttpRequest) -> HttpResponse:
    """List who works here, and invite somebody. The link is shown in this one answer and kept nowhere."""
    site = site_of(request)
    if request.method != "POST":
        return _listed(request, site)
    made: list[tuple[Membership, str]] = []

    def add() -> None:
        made.append(
            staff_actions.invite(
                request=who(request),
                site=site,
                email=request.POST.get("email", ""),
                name=request.POST.get("name", ""),
                role=_role(request),
                now=clock.now(),
            )
        )

    if refusal := tried(add):
        return _listed(request, site, refusal)
    return _listed(request, site, invited=made[0])


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def edit(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Show and change what one person may do."""
    site = site_of(request)
    row = _own(site, membership_id)
    if request.method != "POST":
        return _edited(request, row)

    def save() -> None:
        staff_actions.change_membership(
            request=who(request),
            membership_id=row.pk,
            version=version_of(request),
            role=_role(request),
            skills=request.POST.getlist("skill"),
            now=clock.now(),
        )

    if refusal := tried(save):
        return _edited(request, row, refusal)
    leave(request, Toast("Saved. It counts from their next click."))
    return _back(site)


@require_POST
@needs(Permission.MANAGE_SITE)
def step(request: HttpRequest, membership_id: int, verb: str) -> HttpResponse:
    """Make a new link for somebody, or let them go."""
    site = site_of(request)
    row = _own(site, membership_id)
    about: dict[str, Any] = {"request": who(request), "membership_id": row.pk, "version": version_of(request)}
    about["now"] = clock.now()
    made: list[tuple[Membership, str]] = []
    if verb == "link":
        refusal = tried(lambda: made.append(staff_actions.invite_again(**about)))
    elif verb == "end":
        refusal = tried(lambda: staff_actions.end_membership(**about))
    else:
        raise Malformed("There is no such step.")
    if refusal:
        return _edited(request, row, refusal)
    if made:
        return _listed(request, site, invited=made[0])
    leave(request, Toast("They can't open this clinic any more. What they did stays on record."))
    return _back(site)


def _own(site: Site, membership_id: int) -> Membership:
    row = staff_queries.staff_member(site=site, membership_id=membership_id)
    if row is None:
        raise NotFound("Nobody of that number works here.")
    return row


def _role(request: HttpRequest) -> Role:
    try:
        return Role(request.POST.get("role", Role.FRONT_DESK))
    except ValueError as error:
        raise refused({"role": "Pick one of the list."}) from error


def _back(site: Site) -> HttpResponse:
    return redirect(f"{reverse('settings-staff')}?site={site.slug}")


def _listed(
    request: HttpRequest,
    site: Site,
    refusal: Rejected | None = None,
    *,
    invited: tuple[Membership, str] | None = None,
) -> HttpResponse:
    user: Any = request.user
    typed: Mapping[str, str] = request.POST if refusal else {}
    context: dict[str, Any] = {
        "people": show_staff.lines_of(staff_queries.staff_of(site=site), user, site=site, now=clock.now()),
        "fields": show_staff.inviting(typed, refusal.fields if refusal else {}),
        "refusal": refusal,
        "version_now": "",
        "invited": None,
        "link": "",
    }
    if invited:
        context["invited"] = invited[0].user.name
        context["link"] = request.build_absolute_uri(reverse("join", args=[invited[1]]))
    return page(request, site, "staff", context, status=refusal.status if refusal else 200)


def _edited(request: HttpRequest, row: Membership, refusal: Rejected | None = None) -> HttpResponse:
    is_typed = bool(refusal) and "role" in request.POST
    chosen = request.POST.getlist("skill") if is_typed else row.skills
    kinds, abilities = setup.kinds_known(site=row.site)
    context = {
        "person": row,
        "is_me": row.user_id == request.user.pk,
        "roles": show_staff.roles(request.POST.get("role", "") if is_typed else row.role),
        "skills": show_staff.skills(kinds, abilities, chosen),
        "version": request.POST.get("version", row.version),
    }
    here = reverse("settings-member", args=[row.pk])
    context |= conflict(request, row.site, refusal, about=("membership", row.pk), here=here, now=clock.now())
    return page(request, row.site, "staff_one", context, status=refusal.status if refusal else 200)
