"""Which site a person is looking at: the one in the address, else the latest one, else their first."""

from django.http import HttpRequest

from clinic import access
from clinic.domain.permissions import Permission
from clinic.errors import NotFound
from clinic.models import Site


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
