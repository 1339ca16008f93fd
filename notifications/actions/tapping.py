"""What people tap on their page and somebody must know: kept beside what they write, for the same people."""

import datetime as dt

from django.db import transaction

from notifications.actions.transitions import address_hash
from notifications.domain.inbound import Outcome
from notifications.inbox import PAGE
from notifications.models import InboundMessage
from patients import actions as patient_actions
from patients.models import Patient
from patients.reach import phones_of
from scheduling.queries import coming


@transaction.atomic(durable=True)
def tell_desk(
    *,
    patient_id: int,
    session_id: int,
    outcome: Outcome,
    words: str,
    now: dt.datetime,
    minutes: int | None = None,
) -> bool:
    """Keep what a patient tapped about a visit of theirs until somebody says what was done; return False if it is not.

    `words`: as the desk reads it. Said again before that, the latest words count and nothing is added.
    """
    patient_actions.lock_patient(patient_id=patient_id)
    timing_version = coming.timing_of(session_id, patient_id=patient_id)
    if timing_version is None:
        return False
    same = InboundMessage.objects.filter(provider=PAGE, session=session_id, outcome=outcome)
    # A visit that moved since is still one they want to be called about.
    if same.filter(done_at=None).update(body=words, minutes=minutes, timing_version=timing_version):
        return True
    phone = phones_of([patient_id]).get(patient_id, "")  # to call back
    InboundMessage.objects.create(
        provider=PAGE,
        provider_sid=f"{session_id}.{timing_version}.{outcome}.{same.count()}",
        site=Patient.objects.select_related("site").get(pk=patient_id).site,
        patient_id=patient_id,
        session_id=session_id,
        timing_version=timing_version,
        address=phone,
        address_hash=address_hash(phone),
        body=words,
        minutes=minutes,
        outcome=outcome,
        received_at=now,
        handled_at=now,
    )
    return True
