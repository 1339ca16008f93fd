"""What a site is called and where it stands; and another site."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods

from clinic import clock
from clinic.actions import NewSite
from clinic.domain import neutral
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from clinic.models import Site
from clinic.queries import all_sites
from clinic.site_actions import open_site
from frontdesk import forms_settings, show_site
from frontdesk.guard import needs, who
from frontdesk.settings_pages import conflict, page, site_of, tried, version_of
from frontdesk.toasts import Toast, leave
from patients import phones
from scheduling.actions.sites import change_site


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def site(request: HttpRequest) -> HttpResponse:
    """Show and change what a site is called and where it stands."""
    row = site_of(request)
    if request.method != "POST":
        return _shown(request, row)

    def save() -> None:
        wanted = forms_settings.site_details(request.POST, region=row.region)
        change_site(request=who(request), site=row, version=version_of(request), wanted=wanted, now=clock.now())

    if refusal := tried(save):
        return _shown(request, row, refusal)
    leave(request, Toast("Saved."))
    return redirect(f"{reverse('settings-site')}?site={row.slug}")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def new_site(request: HttpRequest) -> HttpResponse:
    """Open another site; whoever does it is its manager."""
    here = site_of(request)
    made: list[Site] = []

    def save() -> None:
        wanted = forms_settings.site_details(request.POST, region=here.region)
        new = NewSite(
            slug=_free_slug(wanted["name"]),
            name=wanted["name"],
            message_name=wanted["message_name"],
            zone=wanted["zone"],
            address=wanted["address"],
            phone=wanted["phone"],
            hours=dict.fromkeys(range(1, 6), forms_settings.WORKDAY),
            region=here.region,
        )
        made.append(open_site(request=who(request), site=new, now=clock.now()))

    refusal = tried(save) if request.method == "POST" else None
    if made:
        leave(request, Toast(f"{made[0].name} is open Monday to Friday, 8am to 5pm. Change that any time."))
        return redirect(f"{reverse('settings')}?site={made[0].slug}")
    typed = request.POST.dict() if refusal else {"zone": here.zone}
    context = {"fields": show_site.fields_of(typed, refusal.fields if refusal else {}), "refusal": refusal}
    return page(request, here, "site_new", context | {"version_now": ""}, status=refusal.status if refusal else 200)


def _free_slug(name: str) -> str:
    taken = {each.slug for each in all_sites()}
    short = slugify(name)[:44] or "clinic"
    return next(
        slug for number in range(1, 1000) if (slug := short if number == 1 else f"{short}-{number}") not in taken
    )


def _shown(request: HttpRequest, row: Site, refusal: Rejected | None = None) -> HttpResponse:
    typed: Mapping[str, str] = {
        "name": row.name,
        "message_name": row.message_name,
        "address": row.address,
        "phone": phones.readable(row.phone),
        "zone": row.zone,
    }
    if refusal:
        typed = request.POST.dict()
    context = {
        "fields": show_site.fields_of(typed, refusal.fields if refusal else {}),
        "note": neutral.warning(row.message_name),
        "version": request.POST.get("version", row.version),
    }
    context |= conflict(request, row, refusal, about=("site", row.pk), here=reverse("settings-site"), now=clock.now())
    return page(request, row, "site", context, status=refusal.status if refusal else 200)
