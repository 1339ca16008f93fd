"""When and how often a site writes: the hours, the caps, the times of reminders, and what is switched off."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from clinic.models import Site
from frontdesk import show_writing
from frontdesk.guard import needs, who
from frontdesk.settings_pages import conflict, page, site_of, tried, version_of
from frontdesk.toasts import Toast, leave
from notifications.actions.policies import change_policy
from notifications.policies import policy_of


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def policy(request: HttpRequest) -> HttpResponse:
    """Show and change when a site writes."""
    site = site_of(request)
    if request.method != "POST":
        return _shown(request, site, {}, None)

    def save() -> None:
        change_policy(
            request=who(request),
            site=site,
            version=version_of(request),
            wanted=show_writing.wanted(request.POST, request.POST.getlist("kind")),
            now=clock.now(),
        )

    if refusal := tried(save):
        return _shown(request, site, request.POST, refusal)
    leave(request, Toast("Saved. Messages keep to it from now on."))
    return redirect(f"{reverse('settings-messages')}?site={site.slug}")


def _shown(
    request: HttpRequest, site: Site, typed: Mapping[str, str] | QueryDict, refusal: Rejected | None
) -> HttpResponse:
    row = policy_of(site.pk)
    kinds_on = request.POST.getlist("kind") if refusal else None
    context = show_writing.form_of(row, typed, refusal.fields if refusal else {}, kinds_on) | {
        "version": request.POST.get("version", row.version)
    }
    here = reverse("settings-messages")
    context |= conflict(request, site, refusal, about=("site", site.pk), here=here, now=clock.now())
    return page(request, site, "messages", context, status=refusal.status if refusal else 200)
