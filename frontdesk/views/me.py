"""A person's own settings."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from clinic import actions, lock, preferences
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from frontdesk.guard import needs

SWITCH = {"on": True, "off": False}


@require_GET
@needs(Permission.VIEW_DAY)
def mine(request: HttpRequest) -> HttpResponse:
    """Show what a person can set for themselves."""
    user: Any = request.user
    choices = [(None, "As long as the clinic says"), *((minutes, f"{minutes} min") for minutes in (2, 5, 10, 20, 30))]
    return render(request, "frontdesk/me/page.html", {"choices": choices, "now_after": lock.minutes_of(user)})


@require_POST
@needs(Permission.VIEW_DAY)
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice, and go back to the same page."""
    actions.choose_theme(user=request.user, theme=request.POST.get("theme", ""))  # type: ignore[arg-type]
    return _back(request)


@require_POST
@needs(Permission.VIEW_DAY)
def keys(request: HttpRequest) -> HttpResponse:
    """Switch single keys on or off for this person, on every machine."""
    return _switch(request, "single_keys")


@require_POST
@needs(Permission.VIEW_DAY)
def privacy(request: HttpRequest) -> HttpResponse:
    """Show initials instead of names, or names again."""
    return _switch(request, "is_private")


@require_POST
@needs(Permission.VIEW_DAY)
def lock_after(request: HttpRequest) -> HttpResponse:
    """Remember after how many minutes without a touch this person's screen locks."""
    user: Any = request.user
    text = request.POST.get("minutes", "")
    if text and not text.isdecimal():
        raise Malformed("Choose after how many minutes.")
    preferences.set_preference(user=user, name="lock_minutes", value=int(text) if text else None)
    request.session.pop(lock.TOUCHED, None)  # the next page counts by the new time
    return _back(request)


def _switch(request: HttpRequest, name: str) -> HttpResponse:
    user: Any = request.user
    wanted = SWITCH.get(request.POST.get("switch", ""), not getattr(user, name))
    preferences.set_preference(user=user, name=name, value=wanted)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    back = request.POST.get("back", "/")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "/")
