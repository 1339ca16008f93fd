"""What a number's owner says about texts by text: no to everything, and yes again to what they had said yes to."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max, Q, QuerySet

from patients.domain.contact import GONE, Channel, ContactKind
from patients.models import Consent, ContactPoint, Patient, RelatedPerson

BY_TEXT = "sms START"


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody a phone number belongs to: a patient, or a person beside one; `contact_point_id` of the patient's."""

    patient_id: int
    site_id: int
    language: str
    zone: str  # empty: the site's
    contact_point_id: int | None = None
    person_id: int | None = None


def owners_of(phone: str) -> list[Owner]:
    """Return everybody a number (E.164) belongs to, patients first; what is known to be somebody else's is left out."""
    points = ContactPoint.objects.filter(kind=ContactKind.PHONE, value=phone, is_usable=True)
    alive = points.exclude(patient__state__in=GONE).select_related("patient").order_by("patient_id", "pk")
    people = RelatedPerson.objects.filter(phone=phone, is_active=True).select_related("patient").order_by("pk")
    return [
        *(
            Owner(each.patient_id, each.patient.site_id, each.patient.language, each.zone, contact_point_id=each.pk)
            for each in alive
        ),
        *(
            Owner(each.patient_id, each.patient.site_id, each.language, each.zone, person_id=each.pk)
            for each in people
            if each.patient.state not in GONE
        ),
    ]


def end_texts(phone: str, *, now: dt.datetime) -> int:
    """Take back every consent to texts given for a number, for all purposes, inside the caller's transaction.

    Return how many there were; again changes nothing.
    """
    return _given_for(phone).filter(revoked_at=None).update(revoked_at=now)


def begin_texts(phone: str, *, now: dt.datetime) -> int:
    """Give anew, by text, the consents that were taken back last for a number, inside the caller's transaction.

    Return how many of them are in force now; none: nobody ever said yes for this number, and a text alone is no yes.
    """
    revoked = _given_for(phone).filter(revoked_at__isnull=False)
    latest = {
        (patient, person): at
        for patient, person, at in revoked.values_list("patient", "person").annotate(at=Max("revoked_at")).order_by()
    }
    Consent.objects.bulk_create(
        (_again(row, now) for row in _last_of_each(revoked) if row.revoked_at == latest[row.patient_id, row.person_id]),
        ignore_conflicts=True,  # the desk wrote one down meanwhile
    )
    return _given_for(phone).filter(revoked_at=None).count()


def _given_for(phone: str) -> QuerySet[Consent]:
    """Return the consents to texts a number has the say of: a former number says nothing about the one used now."""
    points = ContactPoint.objects.filter(kind=ContactKind.PHONE, value=phone, is_preferred=True, is_usable=True)
    people = RelatedPerson.objects.filter(phone=phone, is_active=True)
    return Consent.objects.filter(
        Q(person=None, patient__in=Patient.objects.filter(contact_points__in=points)) | Q(person__in=people),
        channel=Channel.SMS,
    )


def _last_of_each(rows: QuerySet[Consent]) -> Iterable[Consent]:
    found = {(row.patient_id, row.person_id, row.purpose): row for row in rows.order_by("revoked_at", "pk")}
    return found.values()


def _again(row: Consent, now: dt.datetime) -> Consent:
    return Consent(
        patient_id=row.patient_id,
        person_id=row.person_id,
        channel=row.channel,
        purpose=row.purpose,
        wording=row.wording,
        how=BY_TEXT,
        given_at=now,
    )
