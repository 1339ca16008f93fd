"""What patients decide about messages on their own page: the language, which ones, and that they are none of theirs.

A yes is for the patient's own number and address, in the words shown; nobody says yes for somebody else's here.
"""

import datetime as dt
from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import F

from clinic import actions as clinic_actions
from patients import actions as patient_actions
from patients.domain.contact import OWN_PURPOSES, Channel, ContactKind, Language, Purpose, wording_in
from patients.edit_actions import EDITED
from patients.errors import Rejected
from patients.models import Consent, ContactPoint, Patient

HOW = "patient's page"
_KIND = {Channel.SMS: ContactKind.PHONE, Channel.EMAIL: ContactKind.EMAIL}


@transaction.atomic(durable=True)
def choose_language(*, request: clinic_actions.Request, patient_id: int, language: Language, now: dt.datetime) -> bool:
    """Write to a patient in another language from now on, and tell whether that is new."""
    rows = Patient.objects.filter(pk=patient_id).exclude(language=language)
    if not rows.update(language=language, version=F("version") + 1):
        return False
    _audit(request, EDITED, patient_id, now)
    return True


@transaction.atomic(durable=True)
def choose_messages(
    *,
    request: clinic_actions.Request,
    patient_id: int,
    wanted: Mapping[Channel, Collection[Purpose]],
    language: Language,
    now: dt.datetime,
) -> bool:
    """Let what a patient agrees to be just this, and tell whether anything changed; a channel not named stays.

    `language`: of the words they were shown.

    :raises Rejected: nobody can be reached that way, so nobody can agree to it.
    """
    patient_actions.lock_patient(patient_id=patient_id)  # of two at once one finds the other's
    own = Consent.objects.filter(patient=patient_id, person=None, revoked_at=None, purpose__in=OWN_PURPOSES)
    given = {(Channel(channel), Purpose(purpose)) for channel, purpose in own.values_list("channel", "purpose")}
    asked = {(channel, purpose) for channel, purposes in wanted.items() for purpose in purposes}
    fresh, over = asked - given, {each for each in given - asked if each[0] in wanted}
    _check_reachable(patient_id, {channel for channel, _purpose in fresh})
    Consent.objects.bulk_create(_yes(patient_id, each, language, now) for each in sorted(fresh))
    for channel, purpose in over:
        own.filter(channel=channel, purpose=purpose).update(revoked_at=now)
    for action, changed in (("consent.given", fresh), ("consent.ended", over)):
        if changed:
            _audit(request, action, patient_id, now)
    return bool(fresh or over)


def stop_all(*, request: clinic_actions.Request, patient_id: int, now: dt.datetime) -> bool:
    """Take back everything a patient agreed to be written to about, and tell whether there was anything."""
    nothing: dict[Channel, Collection[Purpose]] = dict.fromkeys(Channel, ())
    return choose_messages(request=request, patient_id=patient_id, wanted=nothing, language=Language.ENGLISH, now=now)


def _check_reachable(patient_id: int, channels: Collection[Channel]) -> None:
    points = ContactPoint.objects.filter(patient=patient_id, is_preferred=True, is_usable=True)
    kinds = set(points.values_list("kind", flat=True)) if channels else set()
    if any(_KIND[channel] not in kinds for channel in channels):
        raise Rejected("There is no number or address to write to.", fields={"channel": "no address"})


def _yes(patient_id: int, given: tuple[Channel, Purpose], language: Language, now: dt.datetime) -> Consent:
    channel, purpose = given
    return Consent(
        patient_id=patient_id,
        channel=channel,
        purpose=purpose,
        wording=wording_in(language),
        how=HOW,
        given_at=now,
    )


def _audit(request: clinic_actions.Request, action: str, patient_id: int, now: dt.datetime) -> None:
    site = Patient.objects.select_related("site").get(pk=patient_id).site
    clinic_actions.write_audit(request=request, site=site, action=action, patient_ids=[patient_id], now=now)
