"""What each session is billed under and which authorisation pays for it, worked out anew from what is stored.

Called in the transaction of every booking, move, outcome and edit, and every night over everybody (domain.md 2).
"""

import datetime as dt
import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from patients.models import Patient
from scheduling.domain import coverage
from scheduling.domain.coverage import Grant, Visit
from scheduling.domain.states import AuthorizationState
from scheduling.models import Authorization, Session
from scheduling.queries.definitions import definitions_of
from scheduling.queries.grants import granted_to

logger = logging.getLogger(__name__)

_STORED = ("billing_code", "authorization_id", "uncovered")


def recount(patient_id: int) -> int:
    """Store for every counted session of a patient its code and what pays for it; return how many rows changed.

    Inside the caller's transaction, the patient locked.
    """
    rows = list(
        Session.objects.filter(patient_id=patient_id, is_counted=True)
        .annotate(protocol_id=F("course__protocol_id"))
        .only("pk", "course_id", "day", "minute", "visit_type", "dose_mg", *_STORED)
        .order_by("day", "minute", "pk")
    )
    visits = _visits(rows)
    paid = _paid(rows, visits, granted_to(patient_id))
    changed = []
    for row, visit, (authorization_id, why) in zip(rows, visits, paid, strict=True):
        found = (visit.code or "", authorization_id, why)
        if found != tuple(getattr(row, name) for name in _STORED):
            row.billing_code, row.authorization_id, row.uncovered = found
            changed.append(row)
    if changed:
        Session.objects.bulk_update(changed, ["billing_code", "authorization", "uncovered"], batch_size=200)
    return len(changed)


def recount_if_authorized(patient_id: int) -> None:
    """Recount a patient whose sessions already have their codes; without an authorisation there is nothing to do."""
    if Authorization.objects.filter(patient_id=patient_id).exists():
        recount(patient_id)


def recount_all(*, now: dt.datetime) -> int:
    """Recount every patient with an authorisation, note what has run out, and return how many sessions changed.

    Each patient in a transaction of their own. Between two nights nothing should differ: what does is logged.
    """
    patients = Authorization.objects.order_by("patient").values_list("patient_id", flat=True).distinct()
    changed = sum(_recount_one(patient_id, now) for patient_id in list(patients))
    if changed:
        logger.warning("The nightly recount changed %s sessions", changed)
    return changed


@transaction.atomic(durable=True)
def _recount_one(patient_id: int, now: dt.datetime) -> int:
    Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    over = Authorization.objects.filter(
        patient_id=patient_id,
        state__in=[AuthorizationState.APPROVED, AuthorizationState.PARTIALLY_APPROVED],
        ends_on__lt=now.date() - dt.timedelta(days=1),  # over in every zone
    )
    over.update(state=AuthorizationState.EXPIRED, version=F("version") + 1)
    return recount(patient_id)


def _visits(rows: Sequence[Session]) -> list[Visit]:
    definitions = definitions_of({row.protocol_id for row in rows})  # type: ignore[attr-defined]
    first_day: dict[int, dt.date] = {}
    last_dose: dict[int, int] = {}
    found = []
    for row in rows:
        definition = definitions[row.protocol_id]  # type: ignore[attr-defined]
        is_first = row.course_id not in first_day
        begins = first_day.setdefault(row.course_id, row.day)
        dose = row.dose_mg or last_dose.get(row.course_id)
        if row.dose_mg:
            last_dose[row.course_id] = row.dose_mg
        code = definition.billing.code(
            visit_type=row.visit_type,
            is_first=is_first or (definition.billing.unit == "day" and row.day == begins),
            is_remap=row.visit_type == definition.remap_visit,
            dose=dose,
        )
        found.append(Visit(row.day, code, definition.billing.expected_dose(dose, is_first=is_first)))
    return found


def _paid(rows: Sequence[Session], visits: Sequence[Visit], grants: Sequence[Grant]) -> list[tuple[int | None, str]]:
    """Return what pays for each visit, or why nothing does; a course no authorisation is about is nobody's debt."""
    about = {code for grant in grants for codes, _units in grant.pools for code in codes}
    courses = {row.course_id for row, visit in zip(rows, visits, strict=True) if visit.code in about}
    asked = [index for index, row in enumerate(rows) if row.course_id in courses]
    found = coverage.cover([visits[index] for index in asked], grants)
    paid: list[tuple[int | None, str]] = [(None, "")] * len(rows)
    for place, index in enumerate(asked):
        paid[index] = (found.grants[place], found.reasons.get(place, ""))
    return paid
