"""What corrects who a patient is: names, birth date, language."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.errors import Meanwhile, Stale
from clinic.models import AuditEntry
from patients import queries
from patients.domain.contact import ContactKind, Language, search_text
from patients.errors import AlreadyKnown
from patients.models import ContactPoint, Patient

EDITED = "patient.edited"


@dataclass(frozen=True, slots=True)
class PatientEdit:
    """Who a patient is, as typed and checked."""

    first_name: str
    last_name: str
    preferred_name: str
    birth_date: dt.date
    language: Language
    interpreter: str


@transaction.atomic(durable=True)
def edit_patient(
    *,
    request: clinic_actions.Request,
    patient_id: int,
    version: int,
    details: PatientEdit,
    now: dt.datetime,
    allow_twin: bool = False,
) -> bool:
    """Correct who a patient is, and tell whether anything changed; `allow_twin`: a person has looked at who is alike.

    :raises Stale: somebody corrected it since it was read.
    :raises AlreadyKnown: another patient would have the same name and birth date.
    """
    row = Patient.objects.select_for_update(no_key=True, of=("self",)).select_related("site").get(pk=patient_id)
    if row.version != version:
        raise _stale(row, now)
    wanted = asdict(details)
    if all(getattr(row, name) == value for name, value in wanted.items()):
        return False
    if not allow_twin:
        _refuse_twin(row, details)
    _store(row, wanted)
    clinic_actions.write_audit(request=request, site=row.site, action=EDITED, patient_ids=[row.pk], now=now)
    return True


def _store(row: Patient, wanted: Mapping[str, object]) -> None:
    for name, value in wanted.items():
        setattr(row, name, value)
    phone = ContactPoint.objects.filter(patient=row, kind=ContactKind.PHONE, is_preferred=True).first()
    row.search_text = search_text(
        first=row.first_name,
        last=row.last_name,
        preferred=row.preferred_name,
        record_number=row.record_number,
        phone=phone.value if phone else None,
    )
    row.version += 1
    row.save(update_fields=[*wanted, "search_text", "version"])


def _refuse_twin(row: Patient, details: PatientEdit) -> None:
    found = queries.twins_of(
        site_ids=[row.site_id], born=details.birth_date, first=details.first_name, last=details.last_name
    )
    if any(twin.pk != row.pk for twin in found):
        raise AlreadyKnown(
            "Another patient has this name and birth date. Check the birth date, or say it's someone else.",
            alternatives=[{"label": "It's someone else", "fields": {"allow_twin": "1"}}],
        )


def _stale(row: Patient, now: dt.datetime) -> Stale:
    """Return the refusal of who read an older version: who corrected it since, and when."""
    edits = AuditEntry.objects.filter(patient_id=row.pk, action=EDITED).select_related("actor")
    latest = edits.order_by("-pk").first()
    who = latest.actor.name if latest and latest.actor else "Somebody"
    at = latest.at if latest else now
    words = f"{who} corrected this record {{ago}}."
    when = f"{at.astimezone(ZoneInfo(row.site.zone)):%I:%M%p}".lstrip("0").lower()
    return Stale(
        f"{who} corrected this record meanwhile. Look at it, then save again.",
        details=Meanwhile(who, at, when, row.version, words),
    )
