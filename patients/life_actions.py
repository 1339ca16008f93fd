"""What the desk notes about a patient's life: who comes along, absences, the interpreter, screening, scores."""

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from clinic import actions as clinic_actions
from patients import phones
from patients.domain.clinical import RANGES, Instrument, RelatedRole, ScreeningCode
from patients.errors import NotFound, Rejected
from patients.models import Absence, MeasureResult, Patient, RelatedPerson, ScreeningFlag

DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class NewAbsence:
    """When somebody can't come: from a day on, to a day (in) or on; on one weekday or all; wall-clock minutes.

    `person_id`: not the patient but who comes along.
    """

    starts_on: dt.date
    ends_on: dt.date | None = None
    weekday: int | None = None
    from_minute: int = 0
    to_minute: int = DAY
    person_id: int | None = None


@transaction.atomic(durable=True)
def add_absence(*, request: clinic_actions.Request, patient: Patient, absence: NewAbsence, now: dt.datetime) -> int:
    """Note when a patient, or who comes along, can't come, and return its id; visits already booked stay.

    :raises Rejected: it ends before it begins, is empty, or has neither an end nor a weekday.
    :raises NotFound: the person does not belong to the patient.
    """
    if absence.ends_on is not None and absence.ends_on < absence.starts_on:
        raise Rejected("The absence must end on or after the day it starts.", fields={"ends_on": "too early"})
    if absence.ends_on is None and absence.weekday is None:
        raise Rejected("Give the last day, or a weekday on which it repeats.", fields={"ends_on": "required"})
    if not 0 <= absence.from_minute < absence.to_minute <= DAY:
        raise Rejected("The time must begin before it ends.", fields={"to": "too early"})
    if absence.person_id and not RelatedPerson.objects.filter(pk=absence.person_id, patient=patient).exists():
        raise NotFound("There is nobody like that beside this patient.", fields={"person": "unknown"})
    row = Absence.objects.create(
        patient=patient,
        person_id=absence.person_id,
        starts_on=absence.starts_on,
        ends_on=absence.ends_on,
        weekday=absence.weekday,
        from_minute=absence.from_minute,
        to_minute=absence.to_minute,
    )
    _audit(request, patient, "absence.added", now)
    return row.pk


@transaction.atomic(durable=True)
def remove_absence(*, request: clinic_actions.Request, patient: Patient, absence_id: int, now: dt.datetime) -> None:
    """Take an absence back.

    :raises NotFound: the patient has no such absence.
    """
    if not Absence.objects.filter(pk=absence_id, patient=patient).delete()[0]:
        raise NotFound("There is no such absence.")
    _audit(request, patient, "absence.removed", now)


@transaction.atomic(durable=True)
def add_related_person(
    *,
    request: clinic_actions.Request,
    patient: Patient,
    role: RelatedRole,
    name: str,
    phone: str,
    now: dt.datetime,
) -> int:
    """Note who comes along with a patient and return its id.

    :raises Rejected: no name, or a phone that can't be one.
    """
    if not name.strip():
        raise Rejected("Write the name.", fields={"name": "required"})
    try:
        number = phones.to_e164(phone, region=patient.site.region) if phone.strip() else ""
    except ValueError as error:
        raise Rejected(str(error), fields={"phone": "not a phone"}) from error
    row = RelatedPerson.objects.create(patient=patient, role=role, name=name.strip()[:80], phone=number)
    _audit(request, patient, "related_person.added", now)
    return row.pk


@transaction.atomic(durable=True)
def retire_related_person(
    *, request: clinic_actions.Request, patient: Patient, person_id: int, now: dt.datetime
) -> None:
    """Note that somebody does not come along any more: what they said yes to stays in the record.

    :raises NotFound: there is nobody like that beside this patient.
    """
    _set_active(request, patient, person_id, is_active=False, now=now)


@transaction.atomic(durable=True)
def restore_related_person(
    *, request: clinic_actions.Request, patient: Patient, person_id: int, now: dt.datetime
) -> None:
    """Note that somebody comes along after all.

    :raises NotFound: there was nobody like that beside this patient.
    """
    _set_active(request, patient, person_id, is_active=True, now=now)


def _set_active(
    request: clinic_actions.Request, patient: Patient, person_id: int, *, is_active: bool, now: dt.datetime
) -> None:
    rows = RelatedPerson.objects.filter(pk=person_id, patient=patient)
    if not rows.exclude(is_active=is_active).update(is_active=is_active):
        raise NotFound("There is nobody like that beside this patient.", fields={"person": "unknown"})
    _audit(request, patient, "related_person.restored" if is_active else "related_person.retired", now)


@transaction.atomic(durable=True)
def set_interpreter(*, request: clinic_actions.Request, patient: Patient, language: str, now: dt.datetime) -> None:
    """Note the language an interpreter must speak at every visit; empty: none is needed."""
    Patient.objects.filter(pk=patient.pk).update(interpreter=language.strip().lower()[:20])
    _audit(request, patient, "patient.interpreter", now)


@transaction.atomic(durable=True)
def note_flag(*, request: clinic_actions.Request, patient: Patient, code: ScreeningCode, now: dt.datetime) -> int:
    """Note what screening found and return its id; noted twice it is one flag."""
    flag = ScreeningFlag.objects.filter(patient=patient, code=code, cleared_at=None).first()
    if flag is None:
        flag = ScreeningFlag.objects.create(patient=patient, code=code, noted_at=now, noted_by=request.user)
        _audit(request, patient, "screening.flagged", now)
    return flag.pk


@transaction.atomic(durable=True)
def clear_flag(
    *, request: clinic_actions.Request, patient: Patient, flag_id: int, because: str, now: dt.datetime
) -> None:
    """Clear a screening flag: a clinician's decision, with a reason.

    :raises Rejected: no reason.
    :raises NotFound: the patient has no such open flag.
    """
    if not because.strip():
        raise Rejected("Write why the treatment is safe.", fields={"because": "required"})
    cleared = ScreeningFlag.objects.filter(pk=flag_id, patient=patient, cleared_at=None).update(
        cleared_at=now, cleared_by=request.user, cleared_because=because.strip()[:200]
    )
    if not cleared:
        raise NotFound("There is no such open flag.")
    _audit(request, patient, "screening.cleared", now)


@transaction.atomic(durable=True)
def record_measure(
    *,
    request: clinic_actions.Request,
    patient: Patient,
    instrument: Instrument,
    score: int,
    measured_on: dt.date,
    now: dt.datetime,
) -> int:
    """Record a score of an outcome scale and return its id.

    :raises Rejected: a score outside the scale, or a second one on the day.
    """
    low, high = RANGES[instrument]
    if not low <= score <= high:
        raise Rejected(f"A score on this scale is from {low} to {high}.", fields={"score": "range"})
    try:
        with transaction.atomic():
            row = MeasureResult.objects.create(
                patient=patient,
                instrument=instrument,
                score=score,
                measured_on=measured_on,
                recorded_at=now,
                recorded_by=request.user,
            )
    except IntegrityError as error:
        raise Rejected("This scale was recorded on that day already.", fields={"measured_on": "in use"}) from error
    _audit(request, patient, "measure.recorded", now)
    return row.pk


@transaction.atomic(durable=True)
def withdraw_measure(*, request: clinic_actions.Request, patient: Patient, measure_id: int, now: dt.datetime) -> None:
    """Take back a score that was typed wrong.

    :raises NotFound: the patient has no such score, or not any more.
    """
    if not MeasureResult.objects.filter(pk=measure_id, patient=patient).delete()[0]:
        raise NotFound("This total is not there any more.")
    _audit(request, patient, "measure.withdrawn", now)


def _audit(request: clinic_actions.Request, patient: Patient, action: str, now: dt.datetime) -> None:
    clinic_actions.write_audit(request=request, site=patient.site, action=action, patient_ids=[patient.pk], now=now)
