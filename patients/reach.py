"""Who may be reached how: recorded consent, a usable address, the patient's language."""

from collections.abc import Collection
from dataclasses import dataclass

from patients.domain.contact import Channel, ContactKind, PatientState, Purpose
from patients.models import Consent, ContactPoint

_KIND = {Channel.SMS: ContactKind.PHONE, Channel.EMAIL: ContactKind.EMAIL}


@dataclass(frozen=True, slots=True)
class Reach:
    """A way to a patient at this moment."""

    contact_point_id: int
    address: str
    language: str
    zone: str  # empty: the site's


def reach_of(patient_ids: Collection[int]) -> dict[tuple[int, Channel], Reach]:
    """Return the preferred usable address by active patient and channel, where consent is in force; two queries."""
    consents = Consent.objects.filter(patient_id__in=patient_ids, purpose=Purpose.REMINDERS, revoked_at=None)
    given = {(patient_id, channel) for patient_id, channel in consents.values_list("patient_id", "channel")}
    points = ContactPoint.objects.filter(
        patient_id__in=patient_ids, is_preferred=True, is_usable=True, patient__state=PatientState.ACTIVE
    ).select_related("patient")
    found = {}
    for point in points:
        for channel, kind in _KIND.items():
            if point.kind == kind and (point.patient_id, channel) in given:
                found[(point.patient_id, channel)] = Reach(point.pk, point.value, point.patient.language, point.zone)
    return found
