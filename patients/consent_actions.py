"""What ends a consent from outside the clinic: the reader of an e-mail, without a login."""

import datetime as dt

from django.db import transaction

from clinic import actions as clinic_actions
from patients import stop_links
from patients.models import Consent


@transaction.atomic(durable=True)
def end_by_link(token: str, *, now: dt.datetime) -> Consent | None:
    """Take back what a stop link is about, and return the consent it names; None: the link was not made here.

    A later yes to the same ends too: the page says that no more will come. It is noted in the audit log once; again
    changes nothing.
    """
    consent = stop_links.find(token)
    if consent is None:
        return None
    same = {"patient": consent.patient_id, "person": consent.person_id, "channel": consent.channel}
    if Consent.objects.filter(**same, purpose=consent.purpose, revoked_at=None).update(revoked_at=now):
        clinic_actions.write_audit_of_command(
            site=consent.patient.site, action="consent.ended_by_link", patient_ids=[consent.patient_id], now=now
        )
    return consent
