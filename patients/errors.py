"""What can be wrong with a patient's details."""

from clinic.errors import Conflict, NotFound, Rejected, Stale

__all__ = ["AlreadyKnown", "Conflict", "Merged", "NotFound", "PatientInactive", "Rejected", "Stale"]


class AlreadyKnown(Conflict):
    """A patient with the same name and birth date, or the same birth date and phone, is already here."""

    code = "patient_already_known"


class PatientInactive(Rejected):
    """The patient is not in treatment here any more."""

    code = "patient_inactive"


class Merged(Conflict):
    """The record was merged into another one of the same person; `alternatives` names it."""

    code = "patient_merged"
