"""What patients do about the calendar that reads their visits: let it, and stop it."""

import datetime as dt

from django.db import transaction

from clinic import actions as clinic_actions
from patients import feeds, joined, tokens
from patients.models import CalendarFeed, Patient


@transaction.atomic(durable=True)
def make_feed(*, request: clinic_actions.Request, patient_id: int, now: dt.datetime) -> CalendarFeed:
    """Return the feed in force of a patient; the first time makes it.

    :raises Merged: the record was merged into another one meanwhile.
    """
    patient = _locked(patient_id)
    joined.refuse_merged(patient)
    if found := feeds.feed_of(patient_id):
        return found
    feed = tokens.issued(CalendarFeed(patient=patient, made_at=now), feeds.PURPOSE)
    _audit(request, patient, "calendar.made", feed.pk, now)
    return feed


@transaction.atomic(durable=True)
def end_feed(*, request: clinic_actions.Request, patient_id: int, now: dt.datetime) -> bool:
    """End the feed of a patient for good and tell whether there was one; again changes nothing."""
    patient = _locked(patient_id)
    feed = feeds.feed_of(patient_id)
    if feed is None:
        return False
    CalendarFeed.objects.filter(pk=feed.pk).update(ended_at=now)
    _audit(request, patient, "calendar.ended", feed.pk, now)
    return True


def _locked(patient_id: int) -> Patient:
    return Patient.objects.select_for_update(of=("self",), no_key=True).select_related("site").get(pk=patient_id)


def _audit(request: clinic_actions.Request, patient: Patient, action: str, feed_id: int, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=patient.site,
        action=action,
        patient_ids=[patient.pk],
        object_type="calendar",
        object_id=feed_id,
        now=now,
    )
