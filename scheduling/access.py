"""From a person on the staff and an id to a course or session this person may see."""

from clinic import access as clinic_access
from clinic.domain.permissions import Permission
from clinic.models import StaffUser
from scheduling.errors import NotFound
from scheduling.models import (
    Block,
    Course,
    ExtraHours,
    LevelProposal,
    RecordingGap,
    Resource,
    Session,
    SlotOffer,
    WaitlistEntry,
)


def course(user: StaffUser, course_id: int, permission: Permission = Permission.VIEW_COURSE) -> Course:
    """Return a course at one of this person's sites; site, patient and protocol fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    found = Course.objects.filter(pk=course_id, site_id__in=sites).select_related("site", "patient", "protocol").first()
    if found is None:
        raise NotFound("There is no such course.")
    return found


def session(user: StaffUser, session_id: int, permission: Permission = Permission.VIEW_DAY) -> Session:
    """Return a session at one of this person's sites; site, course, protocol and patient fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    found = (
        Session.objects.filter(pk=session_id, site_id__in=sites)
        .select_related("site", "course", "course__protocol", "patient")
        .first()
    )
    if found is None:
        raise NotFound("There is no such visit.")
    return found


def holds(user: StaffUser, site_id: int, permission: Permission) -> bool:
    """Tell whether a person holds a permission at a site."""
    return site_id in clinic_access.site_ids(user, permission)


def resource(user: StaffUser, resource_id: int, permission: Permission = Permission.VIEW_DAY) -> Resource:
    """Return a resource at one of this person's sites; site fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    found = Resource.objects.filter(pk=resource_id, site_id__in=sites).select_related("site").first()
    if found is None:
        raise NotFound("There is no such device, place or person.")
    return found


def recording_gap(user: StaffUser, gap_id: int, permission: Permission) -> RecordingGap:
    """Return the question about a day of one of this person's sites.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    found = RecordingGap.objects.filter(pk=gap_id, site_id__in=sites).select_related("site").first()
    if found is None:
        raise NotFound("There is no such question.")
    return found


def level_proposal(user: StaffUser, proposal_id: int, permission: Permission) -> LevelProposal:
    """Return a proposal to level the future of one of this person's sites; site and who decided fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    rows = LevelProposal.objects.filter(pk=proposal_id, site_id__in=sites).select_related("site", "decided_by")
    found = rows.first()
    if found is None:
        raise NotFound("There is no such proposal.")
    return found


def waitlist_entry(user: StaffUser, entry_id: int, permission: Permission) -> WaitlistEntry:
    """Return an entry of the waiting list of one of this person's sites, open or closed; site and protocol fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    rows = WaitlistEntry.objects.select_related("site", "protocol", "course__protocol")
    found = rows.filter(pk=entry_id, site_id__in=sites).first()
    if found is None:
        raise NotFound("There is no such entry.")
    return found


def slot_offer(user: StaffUser, offer_id: int, permission: Permission) -> SlotOffer:
    """Return an offer of a freed time at one of this person's sites; entry, its site and session fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    rows = SlotOffer.objects.select_related("entry__site", "session", "resource")
    found = rows.filter(pk=offer_id, entry__site_id__in=sites).first()
    if found is None:
        raise NotFound("There is no such offer.")
    return found


def block(user: StaffUser, block_id: int, permission: Permission) -> Block:
    """Return a block at one of this person's sites, in force or over; site fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    found = Block.objects.filter(pk=block_id, site_id__in=sites).select_related("site").first()
    if found is None:
        raise NotFound("There is no such block.")
    return found


def extra_hours(user: StaffUser, extra_id: int, permission: Permission, *, site_id: int) -> ExtraHours:
    """Return extra hours of one of this person's sites.

    :raises NotFound: there are none, or they are at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    found = ExtraHours.objects.filter(pk=extra_id, site_id=site_id, site_id__in=sites).first()
    if found is None:
        raise NotFound("There are no such extra hours.")
    return found
