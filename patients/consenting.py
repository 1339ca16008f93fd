"""A person's yes to being written to, and its end, as the desk hears it: for a channel and a purpose.

Who drives says yes for a phone of their own; the patient's says nothing about it (domain.md 4.7).
"""

import datetime as dt

from django.db import transaction

from clinic import actions as clinic_actions
from patients import joined
from patients.domain.contact import CONSENT_WORDING, Channel, Purpose
from patients.errors import NotFound, Rejected
from patients.models import Consent, Patient, RelatedPerson


@transaction.atomic(durable=True)
def give_consent(
    *,
    request: clinic_actions.Request,
    patient: Patient,
    channel: Channel,
    purpose: Purpose,
    now: dt.datetime,
    person_id: int | None = None,
    how: str = "at the desk",
) -> int:
    """Note that somebody agreed, in the words shown, and return the consent's id; again changes nothing.

    `person_id`: not the patient but somebody beside them, about the visits they drive to.

    :raises Rejected: the purpose is not for this person, or the channel not theirs.
    :raises NotFound: the person does not belong to the patient.
    :raises Merged: the record was merged into another one meanwhile.
    """
    _check(patient, channel, purpose, person_id)
    columns = {"patient": patient, "person_id": person_id, "channel": channel, "purpose": purpose}
    # Of two at once one finds the other's.
    joined.refuse_merged(Patient.objects.select_for_update(no_key=True).get(pk=patient.pk))
    if found := Consent.objects.filter(revoked_at=None, **columns).first():
        return found.pk
    row = Consent.objects.create(
        wording=CONSENT_WORDING, how=how[:20], given_at=now, recorded_by=request.user, **columns
    )
    _audit(request, patient, "consent.given", row.pk, now)
    return row.pk


@transaction.atomic(durable=True)
def end_consent(
    *,
    request: clinic_actions.Request,
    patient: Patient,
    channel: Channel,
    purpose: Purpose,
    now: dt.datetime,
    person_id: int | None = None,
) -> bool:
    """Note that somebody took their yes back and tell whether there was one; again changes nothing."""
    rows = Consent.objects.filter(
        patient=patient, person_id=person_id, channel=channel, purpose=purpose, revoked_at=None
    )
    ended = list(rows.values_list("pk", flat=True))
    if not rows.update(revoked_at=now):
        return False
    _audit(request, patient, "consent.ended", ended[0], now)
    return True


def _check(patient: Patient, channel: Channel, purpose: Purpose, person_id: int | None) -> None:
    if (purpose is Purpose.ESCORT) != (person_id is not None):
        raise Rejected("Only who drives agrees to be written to about driving.", fields={"purpose": "person"})
    if person_id is None:
        return
    if channel is not Channel.SMS:
        raise Rejected("Who drives is reached by text.", fields={"channel": "person"})
    person = RelatedPerson.objects.filter(pk=person_id, patient=patient, is_active=True).first()
    if person is None:
        raise NotFound("There is nobody like that beside this patient.", fields={"person": "unknown"})
    if not person.phone:
        raise Rejected("Note the person's phone first.", fields={"person": "no phone"})


def _audit(request: clinic_actions.Request, patient: Patient, action: str, consent_id: int, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=patient.site,
        action=action,
        patient_ids=[patient.pk],
        object_type="consent",
        object_id=consent_id,
        now=now,
    )
