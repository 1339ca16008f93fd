"""The locked screen: whose it is, and the way back in."""

from typing import Any

from allauth.account.forms import ReauthenticateForm
from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods, require_POST

from clinic import clock, lock
from clinic.domain.permissions import Permission
from frontdesk.guard import needs

MANY = "Too many tries. Wait a minute, or sign out."


@require_POST
@needs(Permission.VIEW_DAY)
def lock_now(request: HttpRequest) -> HttpResponse:
    """Lock this session, in every tab, until the person's password is given."""
    lock.lock(request.session)
    return redirect(f"{reverse('locked')}?{urlencode({'next': _local(request, request.POST.get('back', ''))})}")


@require_POST
@needs(Permission.VIEW_DAY)
def touch(request: HttpRequest) -> HttpResponse:
    """Answer a page whose person is at work; that it was asked is what counts."""
    return HttpResponse(status=204)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_DAY)
def locked(request: HttpRequest) -> HttpResponse:
    """Ask for the password of the person whose screen this is, and go back to where they were."""
    user: Any = request.user
    back = _local(request, request.POST.get("next") or request.GET.get("next") or "")
    form = ReauthenticateForm(data=request.POST or None, user=user)
    context = {"form": form, "back": back, "unsaved": request.GET.get("unsaved"), "said": ""}
    if request.method != "POST":
        return render(request, "frontdesk/locked.html", context)
    if not ratelimit.consume(request, action="reauthenticate", user=user):
        return render(request, "frontdesk/locked.html", context | {"said": MANY}, status=429)
    if not form.is_valid():
        return render(request, "frontdesk/locked.html", context | {"said": "That isn't your password."}, status=422)
    lock.unlock(request.session, user=user, now=clock.now())
    return redirect(back)


def _local(request: HttpRequest, target: str) -> str:
    return target if url_has_allowed_host_and_scheme(target, {request.get_host()}) else reverse("board")
