"""A person's own settings."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from clinic import actions
from clinic.domain.permissions import Permission
from frontdesk.guard import needs


@require_POST
@needs(Permission.VIEW_DAY)
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice, and go back to the same page."""
    actions.choose_theme(user=request.user, theme=request.POST.get("theme", ""))  # type: ignore[arg-type]
    back = request.POST.get("back", "/")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/")
