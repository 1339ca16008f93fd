"""From a person and an id to what this person may see. Missing and hidden look the same."""

from clinic import queries
from clinic.domain.permissions import ALLOWED, Permission, Role
from clinic.errors import NotAllowed, NotFound
from clinic.models import Membership, Site, StaffUser


def membership(user: StaffUser, site_id: int, permission: Permission) -> Membership:
    """Return a person's membership of a site, if it grants the permission.

    :raises NotFound: the site is unknown to this person.
    :raises NotAllowed: they belong to it, without this right.
    """
    held = next((found for found in queries.memberships_of(user) if found.site_id == site_id), None)
    if held is None:
        raise NotFound("There is no such site.")
    if permission not in ALLOWED[Role(held.role)]:
        raise NotAllowed("Your role at this site doesn't include this. Ask a manager.")
    return held


def site(user: StaffUser, slug: str | None, permission: Permission) -> Site:
    """Return the named site, or the person's first one.

    :raises NotFound: unknown, hidden, or the person belongs nowhere.
    :raises NotAllowed: none of their sites grants the permission.
    """
    mine = queries.memberships_of(user)
    wanted = [m for m in mine if slug in (None, "", m.site.slug)]
    if not wanted:
        raise NotFound("There is no such site.")
    allowed = [m.site for m in wanted if permission in ALLOWED[Role(m.role)]]
    if not allowed:
        raise NotAllowed("Your role at this site doesn't include this. Ask a manager.")
    return allowed[0]


def site_ids(user: StaffUser, permission: Permission) -> list[int]:
    """Return the ids of the sites at which a person holds a permission; empty means: sees nothing."""
    return [found.pk for found in queries.sites_where(user, permission)]
