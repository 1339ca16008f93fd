"""From a person on the staff and an id to a message this person may see."""

import uuid

from clinic import access as clinic_access
from clinic.domain.permissions import Permission
from clinic.errors import NotFound
from clinic.models import StaffUser
from notifications.models import Message


def message(user: StaffUser, message_id: uuid.UUID, permission: Permission = Permission.VIEW_MESSAGES) -> Message:
    """Return a message at one of this person's sites; site, patient and address fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    found = (
        Message.objects.filter(pk=message_id, site_id__in=sites)
        .select_related("site", "patient__site", "contact_point", "related_person", "session")
        .first()
    )
    if found is None:
        raise NotFound("There is no such message.")
    return found
