"""What every set-up page does alike: the frame around it, and a form given back with what is in the way."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic import staff_queries
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from clinic.models import Site
from clinic.queries import sites_where
from frontdesk.alarms import when
from frontdesk.site import current_site

IN_PLACE = {409, 412, 422}  # what a form can say by itself; anything else is a page of its own


def site_of(request: HttpRequest) -> Site:
    """Return the site being set up."""
    return current_site(request, Permission.MANAGE_SITE)


def frame(request: HttpRequest, site: Site, part: str) -> dict[str, Any]:
    """Return what the frame shows: the sites this person sets up, and which entry of the side menu is open."""
    user: Any = request.user
    managed = sites_where(user, Permission.MANAGE_SITE)
    return {"site": site, "page": "settings", "part": part, "managed": managed, "refusal": None}


def page(request: HttpRequest, site: Site, name: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Return a set-up page inside its frame; the first word of `name`, the template, is the entry of the side menu."""
    part = name.partition("_")[0]
    return render(request, f"frontdesk/settings/{name}.html", frame(request, site, part) | dict(context), status=status)


def tried(deed: Callable[[], Any]) -> Rejected | None:
    """Do something and return the refusal the form itself can show, if there was one.

    :raises Rejected: what no form can show: not found, not allowed, busy.
    """
    try:
        deed()
    except Rejected as refusal:
        if refusal.status not in IN_PLACE:
            raise
        return refusal
    return None


def version_of(request: HttpRequest) -> int:
    """Return the version a form was read in; "Use mine" sends the one in force instead."""
    text = request.POST.get("mine") or request.POST.get("version", "")
    if not text.isdecimal() or len(text) > 9:
        raise Malformed("This page is out of date. Reload it.")
    return int(text)


def number_of(request: HttpRequest, name: str) -> int | None:
    """Return a number a form sends, or None."""
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def conflict(
    request: HttpRequest,
    site: Site,
    refusal: Rejected | None,
    *,
    about: tuple[str, int],
    here: str,
    now: dt.datetime,
) -> dict[str, Any]:
    """Return what a form shows of a refusal: the words, and of a change made meanwhile whose it was and two ways on."""
    shown: dict[str, Any] = {"refusal": refusal, "version_now": "", "hand": "", "here": ""}
    if refusal is None or refusal.status != 412:
        return shown
    entry = staff_queries.last_hand(site=site, object_type=about[0], object_id=about[1])
    name = entry.actor.name if entry and entry.actor else ""
    is_mine = entry is not None and entry.actor_id == request.user.pk
    if entry and name:
        at = when(site, entry.at, now)
        refusal.message = (
            f"{'You' if is_mine else name} changed this at {at}{', in another window' if is_mine else ''}."
        )
    shown["version_now"] = refusal.fields.get("version", "")
    shown["hand"] = "" if is_mine else name.split(" ")[0]
    shown["here"] = f"{here}?site={site.slug}"
    return shown
