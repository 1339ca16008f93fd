"""From a person on the staff and an id to a patient this person may see."""

from clinic import access as clinic_access
from clinic.domain.permissions import Permission
from clinic.models import StaffUser
from patients import joined
from patients.errors import NotFound
from patients.models import Patient, PatientMerge


def patient(user: StaffUser, patient_id: int, permission: Permission = Permission.VIEW_PATIENT) -> Patient:
    """Return a patient at one of this person's sites, site fetched.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    :raises Merged: it was merged into another record.
    """
    sites = clinic_access.site_ids(user, permission)
    found = Patient.objects.filter(pk=patient_id, site_id__in=sites).select_related("site").first()
    if found is None:
        raise NotFound("There is no such patient.")
    joined.refuse_merged(found)
    return found


def merge(user: StaffUser, merge_id: int, permission: Permission = Permission.CORRECT_RECORD) -> PatientMerge:
    """Return a merge of two records at one of this person's sites.

    :raises NotFound: there is none, or it is at a site where this person lacks the permission.
    """
    sites = clinic_access.site_ids(user, permission)
    found = PatientMerge.objects.filter(pk=merge_id, site_id__in=sites).select_related("site", "kept", "gone").first()
    if found is None:
        raise NotFound("There is no such merge.")
    return found
