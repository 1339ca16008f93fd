"""The hours of the week. Booked visits stay; those the new hours leave outside are counted before anything is kept."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from clinic.models import Site
from clinic.site_actions import change_hours, check_hours
from frontdesk import forms_settings, show_week
from frontdesk.guard import needs, who
from frontdesk.settings_pages import conflict, page, site_of, tried, version_of
from frontdesk.toasts import Toast, leave
from scheduling.domain.local_time import clock_text, day_text
from scheduling.queries import setup

SHOWN = 50
COPIES = {"weekdays": range(2, 6), "week": range(2, 8)}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def hours(request: HttpRequest) -> HttpResponse:
    """Show and change when a site is open."""
    site = site_of(request)
    if request.method != "POST":
        return _shown(request, site, forms_settings.as_typed(setup.opening_hours(site=site)))
    typed = forms_settings.typed_week(request)
    if to := COPIES.get(request.POST.get("copy", "")):
        return _shown(request, site, forms_settings.copied(typed, weekdays=to))
    now = clock.now()
    outside: list[tuple[int, str]] = []

    def save() -> None:
        wanted = forms_settings.week(typed)
        check_hours(wanted)
        found = setup.visits_outside(site=site, hours=wanted, now=now)
        if found and request.POST.get("sure") != str(len(found)):
            outside.extend((pk, f"{day_text(day)}, {clock_text(minute)}") for pk, day, minute in found)
            return
        change_hours(request=who(request), site=site, version=version_of(request), hours=wanted, now=now)

    if (refusal := tried(save)) or outside:
        return _shown(request, site, typed, refusal=refusal, outside=outside)
    leave(request, Toast("Hours saved. Booked visits stay as they are."))
    return redirect(f"{reverse('settings-hours')}?site={site.slug}")


def _shown(
    request: HttpRequest,
    site: Site,
    typed: Mapping[str, str],
    *,
    refusal: Rejected | None = None,
    outside: list[tuple[int, str]] | None = None,
) -> HttpResponse:
    context = {
        "days": show_week.days_of(typed, refusal.fields if refusal else {}),
        "outside": (outside or [])[:SHOWN],
        "count": len(outside or []),
        "version": request.POST.get("version", site.version),
        "mine": request.POST.get("mine", ""),
    }
    here = reverse("settings-hours")
    context |= conflict(request, site, refusal, about=("site", site.pk), here=here, now=clock.now())
    return page(request, site, "hours", context, status=refusal.status if refusal else 200)
