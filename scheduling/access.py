"""From a person on the staff and an id to a course or session this person may see."""

from clinic import access as clinic_access
from clinic.domain.permissions import Permission
from clinic.models import StaffUser
from scheduling.errors import NotFound
from scheduling.models import Course, RecordingGap, Resource, Session


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
