"""Which site a person is looking at: the one in the address, else the latest one, else their first."""

import datetime as dt

from django.http import HttpRequest

from clinic import access
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, NotFound
from clinic.models import Site
from scheduling.domain import local_time


def current_site(request: HttpRequest, permission: Permission) -> Site:
    """Return the site, and remember it for this session.

    :raises NotFound: unknown or hidden.
    :raises NotAllowed: the person lacks the permission there.
    """
    user = request.user
    assert user.is_authenticated
    named = request.GET.get("site") or request.POST.get("site")
    remembered = request.session.get("site")
    try:
        site = access.site(user, named or remembered, permission)
    except NotFound:
        if named:
            raise
        site = access.site(user, None, permission)
    if remembered != site.slug:
        request.session["site"] = site.slug
    return site


def day_named(text: str | None, site: Site, now: dt.datetime) -> dt.date:
    """Return the day a page is asked for, an ISO date; nothing: today at the site.

    :raises Malformed: it is no day.
    """
    if not text:
        return local_time.today(now, site.zone)
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f'"{text[:12]}" is not a day. Use a date like 2026-11-24.') from error
