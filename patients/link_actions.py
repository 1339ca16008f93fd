"""A patient's link: the check that it is in the right hands, what ends it, and what gives a new one.

The birth date is a check against a wrong recipient, not a login (reliability.md 0.11): what lies behind it stays small.
"""

import datetime as dt
from enum import StrEnum

from django.db import transaction

from clinic import actions as clinic_actions
from patients import actions as patient_actions
from patients import links
from patients.domain.contact import TRIES
from patients.models import LinkCheck, Patient


class Checked(StrEnum):
    """What a birth date on a patient's page came to."""

    RIGHT = "right"
    WRONG = "wrong"
    CLOSED = "closed"  # it was the fifth wrong one, or came after it: the link has ended


@transaction.atomic(durable=True)
def check_birth_date(*, patient_id: int, birth_date: dt.date, now: dt.datetime) -> Checked:
    """Compare a birth date somebody gave on a patient's page, and return what it came to.

    Wrong ones are counted for the patient, whichever device and link they came by; the fifth ends the link. The right
    one counts no more once it is closed.
    """
    patient_actions.lock_patient(patient_id=patient_id)
    check, _new = LinkCheck.objects.select_for_update(no_key=True).get_or_create(patient_id=patient_id)
    if check.closed_at:
        return Checked.CLOSED
    if Patient.objects.filter(pk=patient_id, birth_date=birth_date).exists():
        if check.wrong:
            LinkCheck.objects.filter(pk=check.pk).update(wrong=0)
        _note("link.checked", patient_id, now)
        return Checked.RIGHT
    check.wrong += 1
    if check.wrong < TRIES:
        check.save(update_fields=["wrong"])
        return Checked.WRONG
    check.closed_at = now
    check.save(update_fields=["wrong", "closed_at"])
    links.end_of(patient_id, now=now)
    _note("link.closed", patient_id, now)
    return Checked.CLOSED


@transaction.atomic(durable=True)
def allow_again(*, request: clinic_actions.Request, patient_id: int, now: dt.datetime) -> bool:
    """Let a patient's page ask for the birth date again, from the first try; return False if nothing was closed."""
    opened = LinkCheck.objects.filter(patient=patient_id, closed_at__isnull=False).update(wrong=0, closed_at=None)
    if opened:
        _audit(request, "link.opened", patient_id, now)
    return bool(opened)


@transaction.atomic(durable=True)
def end_link(*, request: clinic_actions.Request, patient_id: int, now: dt.datetime) -> bool:
    """End a patient's link, so that the next message carries a new one; return False if there is none."""
    patient_actions.lock_patient(patient_id=patient_id)
    ended = links.end_of(patient_id, now=now)
    if ended:
        _audit(request, "link.ended", patient_id, now)
    return bool(ended)


@transaction.atomic(durable=True)
def note_robot(*, patient_id: int, now: dt.datetime) -> None:
    """Note that a page was answered as a mail scanner does: read and sent within two seconds, right after a message."""
    _note("link.not_a_person", patient_id, now)


def _note(action: str, patient_id: int, now: dt.datetime) -> None:
    _audit(clinic_actions.Request(user=None, actor="patient"), action, patient_id, now)


def _audit(request: clinic_actions.Request, action: str, patient_id: int, now: dt.datetime) -> None:
    site = Patient.objects.select_related("site").get(pk=patient_id).site
    clinic_actions.write_audit(
        request=request, site=site, action=action, patient_ids=[patient_id], object_type="link", now=now
    )
