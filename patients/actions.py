"""What changes patients, and the note that somebody looked at one."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from clinic import actions as clinic_actions
from clinic.models import Site
from patients import joined, queries
from patients.domain.contact import PatientState
from patients.domain.details import NewPatient
from patients.errors import AlreadyKnown, NotFound, PatientInactive, Rejected
from patients.models import Consent, ContactPoint, Patient
from patients.rows import consent_rows, contact_rows, patient_row

DRAWS = 5  # of a record number, when several desks add patients at once


@transaction.atomic(durable=True)
def add_patient(
    *,
    request: clinic_actions.Request,
    site: Site,
    details: NewPatient,
    now: dt.datetime,
    how: str = "at the desk",
    allow_twin: bool = False,
) -> Patient:
    """Add a patient with contact points and consents; `allow_twin` says a person has looked at the look-alike.

    :raises AlreadyKnown: a patient with the same birth date and the same name or phone is here already.
    :raises Rejected: the record number is taken, an address is malformed, or consent lacks an address.
    """
    _check(details)
    if not allow_twin:
        _refuse_twin(site, details)
    patient = _insert(site, details, now)
    ContactPoint.objects.bulk_create(contact_rows(patient, details))
    Consent.objects.bulk_create(consent_rows(patient, details, how=how, by=request.user, now=now))
    clinic_actions.write_audit(request=request, site=site, action="patient.added", patient_ids=[patient.pk], now=now)
    return patient


def _check(details: NewPatient) -> None:
    if details.email:
        try:
            validate_email(details.email)
        except ValidationError as error:
            raise Rejected(
                "This is not an e-mail address.", fields={"email": "Type it like name@example.com."}
            ) from error
    if details.sms_consent and not details.phone:
        raise Rejected(
            "Texts need a mobile number.",
            fields={"phone": "Type the mobile number or take the consent away."},
        )
    if details.email_consent and not details.email:
        raise Rejected("E-mails need an address.", fields={"email": "Type the address or take the consent away."})


def _refuse_twin(site: Site, details: NewPatient) -> None:
    found = queries.twins_of(
        site_ids=[site.pk],
        born=details.birth_date,
        first=details.first_name,
        last=details.last_name,
        phone=details.phone or "",
    )
    twin = found[0] if found else None
    if twin is not None:
        raise AlreadyKnown(
            "A patient with this birth date and name or phone is here already. Use it, or say it's someone else.",
            alternatives=[{"patient": twin.pk}],
        )


def _insert(site: Site, details: NewPatient, now: dt.datetime) -> Patient:
    for _try in range(DRAWS):
        number = details.record_number or _next_record_number(site)
        patient = patient_row(site, details, record_number=number, now=now)
        try:
            with transaction.atomic():
                patient.save(force_insert=True)
        except IntegrityError:
            # Two desks at once may draw the same number: the second draws again.
            if details.record_number:
                break
        else:
            return patient
    raise Rejected("Another patient has this record number.", fields={"record_number": "taken"})


def _next_record_number(site: Site) -> str:
    latest = (
        Patient.objects.filter(site=site, record_number__startswith="P-")
        .order_by("-pk")
        .values_list("record_number", flat=True)
    )
    number = next((int(value[2:]) for value in latest[:50] if value[2:].isdigit()), 1000)
    return f"P-{number + 1}"


@transaction.atomic(durable=True)
def record_access(
    *, request: clinic_actions.Request, site: Site, patient_ids: Iterable[int | None], action: str, now: dt.datetime
) -> None:
    """Note that somebody opened or listed these records: before the answer leaves, or it must not leave.

    None stands for what somebody unknown wrote.
    """
    clinic_actions.write_audit(request=request, site=site, action=action, patient_ids=patient_ids, now=now)


def lock_active_patient(*, patient_id: int, site: Site) -> None:
    """Lock a patient's row inside the caller's transaction.

    :raises NotFound: there is no such patient at this site.
    :raises PatientInactive: the patient is not in treatment here any more.
    :raises Merged: the record was merged into another one.
    """
    row = Patient.objects.select_for_update(no_key=True).filter(pk=patient_id, site=site).first()
    if row is None:
        raise NotFound("There is no such patient.")
    joined.refuse_merged(row)
    if row.state != PatientState.ACTIVE:
        raise PatientInactive(
            "This patient is not active. Make the record active before booking.",
            fields={"patient": "inactive"},
        )


def lock_patient(*, patient_id: int) -> None:
    """Lock a patient's row inside the caller's transaction, active or not."""
    list(Patient.objects.select_for_update(no_key=True).filter(pk=patient_id).values_list("pk"))


def note_death(*, request: clinic_actions.Request, patient_id: int, now: dt.datetime) -> None:
    """Note inside the caller's transaction that a patient has died: nothing is booked or sent any more."""
    patient = Patient.objects.select_related("site").get(pk=patient_id)
    Patient.objects.filter(pk=patient_id).update(state=PatientState.DECEASED)
    clinic_actions.write_audit(
        request=request, site=patient.site, action="patient.deceased", patient_ids=[patient_id], now=now
    )


def take_back_death(*, patient_id: int) -> None:
    """Make a patient active again inside the caller's transaction: the death was noted by mistake."""
    Patient.objects.filter(pk=patient_id, state=PatientState.DECEASED).update(state=PatientState.ACTIVE)


@transaction.atomic(durable=True)
def set_state(*, request: clinic_actions.Request, patient: Patient, state: PatientState, now: dt.datetime) -> None:
    """Make a patient active or inactive."""
    Patient.objects.filter(pk=patient.pk).update(state=state)
    clinic_actions.write_audit(
        request=request, site=patient.site, action=f"patient.{state}", patient_ids=[patient.pk], now=now
    )
