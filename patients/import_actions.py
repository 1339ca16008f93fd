"""A whole list of patients, or none of it. No message leaves because of an import."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.models import Site, StaffUser
from patients.domain.contact import ContactKind
from patients.domain.csv_rows import Fault, Row
from patients.domain.details import NewPatient
from patients.models import Consent, ContactPoint, Patient
from patients.rows import consent_rows, contact_rows, patient_row

BATCH = 500
HOW = "imported list"
COMPARED = ("first_name", "last_name", "preferred_name", "birth_date", "language")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many were new, and how many were there already, just so."""

    added: int
    unchanged: int


class ImportRefused(Exception):
    """Rows that differ from what is stored: nothing was imported."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} rows differ from what is stored.")
        self.faults = list(faults)


@transaction.atomic(durable=True)
def import_patients(*, site: Site, rows: Sequence[Row], now: dt.datetime) -> Imported:
    """Add the patients whose record numbers are new; the same list again changes nothing.

    :raises ImportRefused: a record number is known with other details; a list never overwrites a record.
    """
    added = insert_rows(site=site, rows=rows, by=None, now=now)
    clinic_actions.write_audit_of_command(site=site, action="patient.imported", patient_ids=added, now=now)
    return Imported(added=len(added), unchanged=len(rows) - len(added))


def insert_rows(*, site: Site, rows: Sequence[Row], by: StaffUser | None, now: dt.datetime) -> list[int]:
    """Add the patients who are new inside the caller's transaction, which audits it, and return their ids.

    :raises ImportRefused: a record number is known with other details.
    """
    fresh = check_against_stored(site=site, rows=rows)
    rows_to_add = [patient_row(site, new, record_number=new.record_number or "", now=now) for new in fresh]
    patients = Patient.objects.bulk_create(rows_to_add, batch_size=BATCH)
    points, consents = [], []
    for patient, details in zip(patients, fresh, strict=True):
        points += contact_rows(patient, details)
        consents += consent_rows(patient, details, how=HOW, by=by, now=now)
    ContactPoint.objects.bulk_create(points, batch_size=BATCH)
    Consent.objects.bulk_create(consents, batch_size=BATCH)
    return [patient.pk for patient in patients]


def check_against_stored(*, site: Site, rows: Sequence[Row]) -> list[NewPatient]:
    """Return the patients of a list who are new to a site; writes nothing.

    :raises ImportRefused: a record number is known with other details.
    """
    known = _known(site, rows)
    faults = [
        fault
        for row in rows
        if (stored := known.get(row.details.record_number or ""))
        for fault in _differences(row, *stored)
    ]
    if faults:
        raise ImportRefused(faults)
    return [row.details for row in rows if row.details.record_number not in known]


def _known(site: Site, rows: Sequence[Row]) -> dict[str, tuple[Patient, dict[str, str]]]:
    wanted = [row.details.record_number or "" for row in rows]
    found: dict[str, tuple[Patient, dict[str, str]]] = {}
    for start in range(0, len(wanted), BATCH):
        batch = Patient.objects.filter(site=site, record_number__in=wanted[start : start + BATCH])
        for patient in batch.prefetch_related("contact_points"):
            found[patient.record_number] = (
                patient,
                {point.kind: point.value for point in patient.contact_points.all()},
            )
    return found


def _differences(row: Row, patient: Patient, points: dict[str, str]) -> list[Fault]:
    wrong = [name for name in COMPARED if getattr(patient, name) != getattr(row.details, name)]
    wrong += [kind for kind in ContactKind if (points.get(kind) or None) != getattr(row.details, kind)]
    return [
        Fault(row.number, name, "differs from the stored record. Change it there, or remove the row.") for name in wrong
    ]
