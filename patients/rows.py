"""From a new patient's details to rows, unsaved: one way for the desk, the API and lists."""

import datetime as dt

from clinic.models import Site, StaffUser
from patients.domain.contact import CONSENT_WORDING, Channel, ContactKind, search_text
from patients.domain.details import NewPatient
from patients.models import Consent, ContactPoint, Patient


def patient_row(site: Site, details: NewPatient, *, record_number: str, now: dt.datetime) -> Patient:
    """Return the patient's row, with the text the search box looks in."""
    return Patient(
        site=site,
        record_number=record_number,
        first_name=details.first_name,
        last_name=details.last_name,
        preferred_name=details.preferred_name,
        birth_date=details.birth_date,
        language=details.language,
        created_at=now,
        search_text=search_text(
            first=details.first_name,
            last=details.last_name,
            preferred=details.preferred_name,
            record_number=record_number,
            phone=details.phone,
        ),
    )


def contact_rows(patient: Patient, details: NewPatient) -> list[ContactPoint]:
    """Return a row for each address that was given."""
    values = ((ContactKind.PHONE, details.phone), (ContactKind.EMAIL, details.email))
    return [ContactPoint(patient=patient, kind=kind, value=value) for kind, value in values if value]


def consent_rows(
    patient: Patient, details: NewPatient, *, how: str, by: StaffUser | None, now: dt.datetime
) -> list[Consent]:
    """Return a row for each channel the patient agreed to, with the wording shown."""
    given = ((Channel.SMS, details.sms_consent), (Channel.EMAIL, details.email_consent))
    return [
        Consent(patient=patient, channel=channel, wording=CONSENT_WORDING, how=how, given_at=now, recorded_by=by)
        for channel, yes in given
        if yes
    ]
