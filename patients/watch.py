"""What is missing in patients' records, read for many at once."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef

from clinic.lookups import among
from patients.domain.contact import Channel, ContactKind, Purpose
from patients.models import Consent, ContactPoint, LinkCheck, MeasureResult


def never_asked_to_text(patient_ids: Collection[int]) -> set[int]:
    """Return those of some patients who have a usable phone and never said yes or stop to texts; one statement."""
    answered = Consent.objects.filter(patient=OuterRef("patient_id"), channel=Channel.SMS, purpose=Purpose.REMINDERS)
    phones = ContactPoint.objects.filter(among("patient_id", patient_ids), kind=ContactKind.PHONE, is_usable=True)
    return set(phones.filter(~Exists(answered)).values_list("patient_id", flat=True))


@dataclass(frozen=True, slots=True)
class WrongAddress:
    """An address nothing is sent to any more, and since when; `problem`: one of `Problem`."""

    contact_point_id: int
    patient_id: int
    kind: str
    problem: str
    since: dt.datetime


def wrong_addresses(patient_ids: Collection[int]) -> list[WrongAddress]:
    """Return the preferred addresses of some patients at which something was found wrong; one statement."""
    rows = ContactPoint.objects.filter(among("patient_id", patient_ids), is_preferred=True, problem_at__isnull=False)
    return [
        WrongAddress(row.pk, row.patient_id, row.kind, row.problem, row.problem_at)
        for row in rows.order_by("pk")
        if row.problem_at is not None
    ]


def links_closed(patient_ids: Collection[int]) -> dict[int, dt.datetime]:
    """Return since when the pages of some patients ask for no birth date any more, by patient; one statement."""
    rows = LinkCheck.objects.filter(among("patient_id", patient_ids), closed_at__isnull=False)
    return {patient: at for patient, at in rows.order_by("pk").values_list("patient_id", "closed_at") if at}


def latest_measures(patient_ids: Collection[int]) -> dict[tuple[int, str], dt.date]:
    """Return when each scale was last recorded, by patient and instrument; one statement."""
    rows = MeasureResult.objects.filter(among("patient_id", patient_ids)).values_list("patient_id", "instrument")
    return {
        (patient_id, instrument): latest
        for patient_id, instrument, latest in rows.annotate(latest=Max("measured_on")).order_by()
    }


def latest_scores(patient_id: int) -> dict[str, tuple[dt.date, int]]:
    """Return by instrument the day and total of a patient's latest score; one statement."""
    rows = MeasureResult.objects.filter(patient=patient_id).order_by("measured_on")
    return {name: (day, score) for name, day, score in rows.values_list("instrument", "measured_on", "score")}
