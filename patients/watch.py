"""What is missing in patients' records, read for many at once."""

import datetime as dt
from collections.abc import Collection

from django.db.models import Exists, Max, OuterRef

from patients.domain.contact import Channel, ContactKind, Purpose
from patients.models import Consent, ContactPoint, MeasureResult


def never_asked_to_text(patient_ids: Collection[int]) -> set[int]:
    """Return those of some patients who have a usable phone and never said yes or stop to texts; one statement."""
    answered = Consent.objects.filter(patient=OuterRef("patient_id"), channel=Channel.SMS, purpose=Purpose.REMINDERS)
    phones = ContactPoint.objects.filter(patient_id__in=patient_ids, kind=ContactKind.PHONE, is_usable=True)
    return set(phones.filter(~Exists(answered)).values_list("patient_id", flat=True))


def latest_measures(patient_ids: Collection[int]) -> dict[tuple[int, str], dt.date]:
    """Return when each scale was last recorded, by patient and instrument; one statement."""
    rows = MeasureResult.objects.filter(patient_id__in=patient_ids).values_list("patient_id", "instrument")
    return {
        (patient_id, instrument): latest
        for patient_id, instrument, latest in rows.annotate(latest=Max("measured_on")).order_by()
    }
