"""How a person looks at the board: zoom, cancelled visits, sets of columns. Theirs alone, on every machine."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from clinic import preferences
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from frontdesk import toasts
from frontdesk.guard import needs
from frontdesk.sent_back import back
from frontdesk.site import current_site
from frontdesk.toasts import Toast

SWITCH = {"on": True, "off": False}


@require_POST
@needs(Permission.VIEW_DAY)
def board(request: HttpRequest) -> HttpResponse:
    """Remember how large the board is shown, or whether cancelled visits are on it."""
    user: Any = request.user
    if "zoom" in request.POST:
        preferences.set_preference(user=user, name="zoom", value=_number(request.POST["zoom"]))
    else:
        shown = SWITCH.get(request.POST.get("show_cancelled", ""))
        preferences.set_preference(user=user, name="show_cancelled", value=shown)
    return redirect(back(request))


@require_POST
@needs(Permission.VIEW_DAY)
def choose(request: HttpRequest) -> HttpResponse:
    """Show one set of columns, or all of them."""
    user: Any = request.user
    site = current_site(request, Permission.VIEW_DAY)
    wanted = request.POST.get("set", "")
    preferences.choose_board_view(user=user, site=site, view_id=_number(wanted) if wanted else None)
    return redirect(back(request))


@require_POST
@needs(Permission.VIEW_DAY)
def save(request: HttpRequest) -> HttpResponse:
    """Give the ticked columns a name and show them; the same name again replaces its set."""
    user: Any = request.user
    site = current_site(request, Permission.VIEW_DAY)
    columns = [_number(text) for text in request.POST.getlist("columns")]
    name = request.POST.get("name", "")
    preferences.save_board_view(user=user, site=site, name=name, columns=columns, is_default=True)
    return redirect(back(request))


@require_POST
@needs(Permission.VIEW_DAY)
def remove(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget a set of columns."""
    user: Any = request.user
    name = preferences.remove_board_view(user=user, view_id=view_id)
    toasts.leave(request, Toast(f"{name} is removed. Its columns stay."))
    return redirect(back(request))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Malformed("This page is out of date. Reload it.")
    return int(text)
