"""From a person on the staff and an id to a course or session this person may see."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from clinic import access as clinic_access
from clinic import queries as clinic_queries
from clinic.domain.permissions import ALLOWED, Permission, Role
from clinic.models import StaffUser
from scheduling.errors import NotFound
from scheduling.models import (
    Block,
    Course,
    ExtraHours,
    LevelProposal,
    PrepSheet,
    RecordingGap,
    Resource,
    Session,
    SlotOffer,
    WaitlistEntry,
)

Row = TypeVar("Row", bound=Model)


def course(user: StaffUser, course_id: int, permission: Permission = Permission.VIEW_COURSE) -> Course:
    """Return a course at one of this person's sites; site, patient and protocol fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    rows = Course.objects.select_related("site", "patient", "protocol")
    return _at_own_site(rows, user, course_id, permission, "There is no such course.")


def session(user: StaffUser, session_id: int, permission: Permission = Permission.VIEW_DAY) -> Session:
    """Return a session at one of this person's sites; site, course, protocol and patient fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    rows = Session.objects.select_related("site", "course", "course__protocol", "patient")
    return _at_own_site(rows, user, session_id, permission, "There is no such visit.")


def holds(user: StaffUser, site_id: int, permission: Permission) -> bool:
    """Tell whether a person holds a permission at a site."""
    return site_id in clinic_access.site_ids(user, permission)


def permissions(user: StaffUser, site_id: int) -> frozenset[Permission]:
    """Return all that a person may do at a site; one statement."""
    roles = [Role(found.role) for found in clinic_queries.memberships_of(user) if found.site_id == site_id]
    return frozenset(permission for role in roles for permission in ALLOWED[role])


def resource(user: StaffUser, resource_id: int, permission: Permission = Permission.VIEW_DAY) -> Resource:
    """Return a resource at one of this person's sites; site fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    rows = Resource.objects.select_related("site")
    return _at_own_site(rows, user, resource_id, permission, "There is no such device, place or person.")


def recording_gap(user: StaffUser, gap_id: int, permission: Permission) -> RecordingGap:
    """Return the question about a day of one of this person's sites.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    return _at_own_site(
        RecordingGap.objects.select_related("site"), user, gap_id, permission, "There is no such question."
    )


def level_proposal(user: StaffUser, proposal_id: int, permission: Permission) -> LevelProposal:
    """Return a proposal to level the future of one of this person's sites; site and who decided fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    rows = LevelProposal.objects.select_related("site", "decided_by")
    return _at_own_site(rows, user, proposal_id, permission, "There is no such proposal.")


def waitlist_entry(user: StaffUser, entry_id: int, permission: Permission) -> WaitlistEntry:
    """Return an entry of the waiting list of one of this person's sites, open or closed; site and protocol fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    rows = WaitlistEntry.objects.select_related("site", "protocol", "course__protocol")
    return _at_own_site(rows, user, entry_id, permission, "There is no such entry.")


def slot_offer(user: StaffUser, offer_id: int, permission: Permission) -> SlotOffer:
    """Return an offer of a freed time at one of this person's sites; entry, its site and session fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    rows = SlotOffer.objects.select_related("entry__site", "session", "resource")
    return _at_own_site(rows, user, offer_id, permission, "There is no such offer.", site="entry__site")


def block(user: StaffUser, block_id: int, permission: Permission) -> Block:
    """Return a block at one of this person's sites, in force or over; site fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    return _at_own_site(Block.objects.select_related("site"), user, block_id, permission, "There is no such block.")


def prep_sheet(user: StaffUser, sheet_id: int, permission: Permission) -> PrepSheet:
    """Return a list of steps of one of this person's sites, in force or not; site fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    rows = PrepSheet.objects.select_related("site")
    return _at_own_site(rows, user, sheet_id, permission, "There is no such list.")


def extra_hours(user: StaffUser, extra_id: int, permission: Permission, *, site_id: int) -> ExtraHours:
    """Return extra hours of one of this person's sites.

    :raises NotFound: there are none, or they are at a site where this person lacks the permission.
    """
    rows = ExtraHours.objects.filter(site=site_id)
    return _at_own_site(rows, user, extra_id, permission, "There are no such extra hours.")


def _at_own_site(
    rows: QuerySet[Row], user: StaffUser, row_id: int, permission: Permission, refusal: str, *, site: str = "site"
) -> Row:
    """Return the row of an id at one of this person's sites; what is elsewhere is refused like what is nowhere."""
    found = rows.filter(pk=row_id, **{f"{site}__in": clinic_access.site_ids(user, permission)}).first()
    if found is None:
        raise NotFound(refusal)
    return found
