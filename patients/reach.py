"""Who may be reached how: recorded consent, a usable address, the language of whoever reads it."""

from collections.abc import Collection
from dataclasses import dataclass

from patients.domain.contact import Channel, ContactKind, PatientState, Purpose
from patients.models import Consent, ContactPoint, RelatedPerson

_KIND = {Channel.SMS: ContactKind.PHONE, Channel.EMAIL: ContactKind.EMAIL}


@dataclass(frozen=True, slots=True)
class Reach:
    """A way to a patient, or to somebody beside the patient, at this moment: one of the two ids is set."""

    contact_point_id: int | None
    person_id: int | None
    address: str
    language: str
    zone: str  # empty: the site's


def reach_of(patient_ids: Collection[int], purpose: Purpose = Purpose.REMINDERS) -> dict[tuple[int, Channel], Reach]:
    """Return the preferred usable address by active patient and channel, where consent is in force; two queries."""
    return reach_by_purpose(patient_ids, {purpose}).get(purpose, {})


def reach_by_purpose(
    patient_ids: Collection[int], purposes: Collection[Purpose]
) -> dict[Purpose, dict[tuple[int, Channel], Reach]]:
    """Return the same for several purposes at once; still two queries."""
    consents = Consent.objects.filter(
        patient_id__in=patient_ids, person=None, purpose__in=purposes, revoked_at=None
    ).values_list("patient_id", "channel", "purpose")
    given = set(consents)
    points = ContactPoint.objects.filter(
        patient_id__in=patient_ids, is_preferred=True, is_usable=True, patient__state=PatientState.ACTIVE
    ).select_related("patient")
    found: dict[Purpose, dict[tuple[int, Channel], Reach]] = {purpose: {} for purpose in purposes}
    for point in points:
        way = Reach(point.pk, None, point.value, point.patient.language, point.zone)
        for channel in (channel for channel, kind in _KIND.items() if kind == point.kind):
            for purpose in purposes:
                if (point.patient_id, channel, purpose) in given:
                    found[purpose][(point.patient_id, channel)] = way
    return found


def phones_of(patient_ids: Collection[int]) -> dict[int, str]:
    """Return the preferred phone of each patient who has one, in E.164, whatever may be sent to it; one statement."""
    phones = ContactPoint.objects.filter(patient_id__in=patient_ids, kind=ContactKind.PHONE, is_preferred=True)
    return dict(phones.values_list("patient_id", "value"))


def reach_of_people(person_ids: Collection[int]) -> dict[tuple[int, Channel], Reach]:
    """Return the phone of people beside a patient who agreed to be texted themselves; two queries.

    The patient's own yes says nothing about somebody else's phone.
    """
    given = set(
        Consent.objects.filter(
            person_id__in=person_ids, channel=Channel.SMS, purpose=Purpose.ESCORT, revoked_at=None
        ).values_list("person_id", flat=True)
    )
    people = RelatedPerson.objects.filter(pk__in=given, is_active=True, patient__state=PatientState.ACTIVE).exclude(
        phone=""
    )
    return {
        (person.pk, Channel.SMS): Reach(None, person.pk, person.phone, person.language, person.zone)
        for person in people
    }
