"""What a person did about a text that came in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from clinic import clock
from clinic import queries as clinic_queries
from clinic.domain.permissions import Permission
from frontdesk.guard import needs, who
from notifications.actions.settling import finish_inbound


@require_POST
@needs(Permission.SETTLE_MISS)
def done(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """Note what was done about a text, and go back to the page of messages."""
    sites = clinic_queries.sites_where(request.user, Permission.SETTLE_MISS)  # type: ignore[arg-type]
    finish_inbound(
        request=who(request),
        inbound_id=inbound_id,
        site_ids=[site.pk for site in sites],
        what=request.POST.get("what", ""),
        now=clock.now(),
    )
    messages.success(request, "Done. Your name is kept with it.")
    return redirect(f"{reverse('messages')}#inbox")
