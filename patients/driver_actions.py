"""Who drives a patient home, as the patient writes them down: noted as somebody beside them, and whether to text them.

All of it inside the caller's transaction, the patient locked.
"""

import datetime as dt

from clinic import actions as clinic_actions
from patients import phones
from patients.domain.clinical import RelatedRole
from patients.domain.contact import CONSENT_WORDING, Channel, ContactKind, Purpose
from patients.errors import NotFound, Rejected
from patients.models import Consent, ContactPoint, Patient, RelatedPerson

BY_PATIENT = "patient's page"


def known_driver(*, patient: Patient, person_id: int) -> RelatedPerson:
    """Return somebody beside a patient who can be called while they drive.

    :raises NotFound: there is nobody like that beside this patient.
    :raises Rejected: they have no phone.
    """
    person = RelatedPerson.objects.filter(pk=person_id, patient=patient, is_active=True).first()
    if person is None:
        raise NotFound("There is nobody like that beside this patient.", fields={"person": "unknown"})
    if not person.phone:
        raise Rejected("Note the person's phone first.", fields={"phone": "required"})
    return person


def written_driver(
    *, request: clinic_actions.Request, patient: Patient, name: str, phone: str, language: str, now: dt.datetime
) -> RelatedPerson:
    """Return the person a patient wrote down; a number that is known already is the same person.

    Whoever only drives goes by the new name; of a carer or a guardian the record keeps the staff's.

    :raises Rejected: no name, or a phone that can't be one or is the patient's own.
    """
    name = " ".join("".join(each if each.isprintable() else " " for each in name).split())[:80]
    if not name:
        raise Rejected("Write the name.", fields={"name": "required"})
    number = _number(patient, phone)
    person = RelatedPerson.objects.filter(patient=patient, phone=number, is_active=True).order_by("pk").first()
    if person is None:
        person = RelatedPerson.objects.create(
            patient=patient, role=RelatedRole.ESCORT, name=name, phone=number, language=language
        )
        _audit(request, patient, "related_person.added", "related_person", person.pk, now)
    elif person.role == RelatedRole.ESCORT and person.name != name:
        RelatedPerson.objects.filter(pk=person.pk).update(name=name)
        _audit(request, patient, "related_person.renamed", "related_person", person.pk, now)
    return person


def note_may_text(
    *, request: clinic_actions.Request, patient: Patient, person: RelatedPerson, now: dt.datetime
) -> None:
    """Note that a person knows they may be texted, as the patient says; who said stop themselves is not written to."""
    said = Consent.objects.filter(person=person, channel=Channel.SMS, purpose=Purpose.ESCORT)
    if said.exists():
        return
    row = Consent.objects.create(
        patient=patient,
        person=person,
        channel=Channel.SMS,
        purpose=Purpose.ESCORT,
        wording=CONSENT_WORDING,
        how=BY_PATIENT,
        given_at=now,
    )
    _audit(request, patient, "consent.given", "consent", row.pk, now)


def _number(patient: Patient, phone: str) -> str:
    if not phone.strip():
        raise Rejected("Write the phone.", fields={"phone": "required"})
    try:
        number = phones.to_e164(phone, region=patient.site.region)
    except ValueError as error:
        raise Rejected(str(error), fields={"phone": "not a phone"}) from error
    if ContactPoint.objects.filter(patient=patient, kind=ContactKind.PHONE, value=number, is_usable=True).exists():
        raise Rejected("This is the patient's own phone.", fields={"phone": "own"})
    return number


def _audit(
    request: clinic_actions.Request, patient: Patient, action: str, object_type: str, pk: int, now: dt.datetime
) -> None:
    clinic_actions.write_audit(
        request=request,
        site=patient.site,
        action=action,
        patient_ids=[patient.pk],
        object_type=object_type,
        object_id=pk,
        now=now,
    )
