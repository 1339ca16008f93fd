"""What becomes of a phone number or an address: found wrong, found right, replaced. Consent stays."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from clinic import actions as clinic_actions
from patients import actions as patient_actions
from patients import links, phones
from patients.domain.contact import ContactKind, Problem, search_text
from patients.errors import NotFound, Rejected
from patients.models import ContactPoint, Patient


def note_problem(*, contact_point_id: int, problem: Problem, now: dt.datetime) -> bool:
    """Send nothing more to an address that does not work, and tell whether that is new. Inside a transaction.

    Again changes nothing, and a problem somebody noted before stands.
    """
    found = ContactPoint.objects.filter(pk=contact_point_id, problem="")
    if not found.update(problem=problem, is_usable=False, problem_at=now):
        return False
    patient = Patient.objects.select_related("site").get(contact_points=contact_point_id)
    clinic_actions.write_audit_of_command(
        site=patient.site, action=f"contact.{problem}", patient_ids=[patient.pk], now=now
    )
    return True


@transaction.atomic(durable=True)
def mark_wrong(
    *, request: clinic_actions.Request, patient: Patient, contact_point_id: int, now: dt.datetime
) -> ContactPoint:
    """Send nothing more to an address that belongs to somebody else, as a person at the desk says.

    The link they were sent ends: the patient's next text carries another one.

    :raises NotFound: the patient has no such address.
    """
    return _set(request, patient, contact_point_id, Problem.WRONG_PERSON, now)


@transaction.atomic(durable=True)
def disown(
    *, request: clinic_actions.Request, patient_id: int, kind: ContactKind | None = None, now: dt.datetime
) -> None:
    """Send nothing more to the number or to the address in use, as whoever reads what came there says: not theirs.

    The link ends as well, also where no `kind` is said. The desk is asked for the right one and may set this one right
    again; again changes nothing.
    """
    patient_actions.lock_patient(patient_id=patient_id)
    patient = Patient.objects.select_related("site").get(pk=patient_id)
    in_use = ContactPoint.objects.filter(patient=patient, kind=kind, is_preferred=True, is_usable=True).order_by("pk")
    for contact_point_id in in_use.values_list("pk", flat=True):
        _set(request, patient, contact_point_id, Problem.WRONG_PERSON, now)
    if links.end_of(patient.pk, now=now):
        clinic_actions.write_audit(
            request=request, site=patient.site, action="link.ended", patient_ids=[patient_id], now=now
        )


@transaction.atomic(durable=True)
def mark_right(
    *, request: clinic_actions.Request, patient: Patient, contact_point_id: int, now: dt.datetime
) -> ContactPoint:
    """Use an address again, as a person says who asked the patient.

    :raises NotFound: the patient has no such address.
    """
    return _set(request, patient, contact_point_id, Problem.NONE, now)


@transaction.atomic(durable=True)
def record_address(
    *, request: clinic_actions.Request, patient: Patient, kind: ContactKind, value: str, now: dt.datetime
) -> ContactPoint:
    """Use another number or address from now on; one that was found wrong before is believed again.

    The link in texts to the old number ends, and consent stays: it is the patient's, not the number's.

    :raises Rejected: it is no phone number, or no e-mail address.
    """
    clean = _clean(patient, kind, value)
    mine = ContactPoint.objects.select_for_update().filter(patient=patient, kind=kind)
    if found := mine.filter(value=clean, is_preferred=True, is_usable=True).first():
        return found
    mine.update(is_preferred=False)
    point, _new = ContactPoint.objects.update_or_create(
        patient=patient,
        kind=kind,
        value=clean,
        defaults={"is_preferred": True, "is_usable": True, "problem": "", "problem_at": None},
    )
    if kind is ContactKind.PHONE:
        links.end_of(patient.pk, now=now)
        Patient.objects.filter(pk=patient.pk).update(search_text=_found_by(patient, clean))
    clinic_actions.write_audit(
        request=request, site=patient.site, action=f"contact.new_{kind}", patient_ids=[patient.pk], now=now
    )
    return point


def _clean(patient: Patient, kind: ContactKind, value: str) -> str:
    try:
        if kind is ContactKind.PHONE:
            return phones.to_e164(value, region=patient.site.region)
        validate_email(value.strip())
    except ValueError as error:
        raise Rejected(str(error), fields={"value": "not a phone number"}) from error
    except ValidationError as error:
        raise Rejected("This is not an e-mail address. Type it like name@example.com.") from error
    return value.strip()


def _found_by(patient: Patient, phone: str) -> str:
    return search_text(
        first=patient.first_name,
        last=patient.last_name,
        preferred=patient.preferred_name,
        record_number=patient.record_number,
        phone=phone,
    )


def _set(
    request: clinic_actions.Request, patient: Patient, contact_point_id: int, problem: Problem, now: dt.datetime
) -> ContactPoint:
    point = ContactPoint.objects.select_for_update().filter(pk=contact_point_id, patient=patient).first()
    if point is None:
        raise NotFound("This patient has no such number or address.")
    if point.problem == problem and point.is_usable == (problem is Problem.NONE):
        return point
    point.problem, point.is_usable = problem, problem is Problem.NONE
    point.problem_at = now if problem else None
    point.save(update_fields=["problem", "is_usable", "problem_at"])
    if problem is Problem.WRONG_PERSON:
        links.end_of(patient.pk, now=now)
    action = f"contact.{problem}" if problem else "contact.right"
    clinic_actions.write_audit(request=request, site=patient.site, action=action, patient_ids=[patient.pk], now=now)
    return point
