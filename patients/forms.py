"""Forms patients fill in themselves: what was begun, sent, and which answer needs a clinician."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from patients.domain.clinical import Instrument
from patients.domain.contact import GONE
from patients.domain.questions import FORMS, next_open
from patients.models import FormRun

GOOD_FOR = dt.timedelta(days=7)  # answers about the last two weeks: what was begun before that is begun anew
WATCHED = dt.timedelta(days=90)  # so long an answer that alarmed is on the list, unless somebody says it is done


def open_run(patient_id: int, instrument: Instrument) -> FormRun | None:
    """Return the form that was begun and neither sent nor dropped; one statement."""
    rows = FormRun.objects.filter(patient=patient_id, instrument=instrument, finished_at=None, dropped_at=None)
    return rows.first()


def begun_form(*, patient_id: int, instrument: Instrument, now: dt.datetime) -> FormRun | None:
    """Return the form a patient can go on with; one statement."""
    found = open_run(patient_id, instrument)
    return found if found and can_go_on(found, now) else None


def begun_forms(*, patient_id: int, now: dt.datetime) -> set[Instrument]:
    """Return the forms a patient can go on with; one statement."""
    rows = FormRun.objects.filter(patient=patient_id, finished_at=None, dropped_at=None)
    return {Instrument(row.instrument) for row in rows if can_go_on(row, now)}


def can_go_on(run: FormRun, now: dt.datetime) -> bool:
    """Tell whether a form that was begun is not too old, and its questions still have the same words."""
    return run.begun_at + GOOD_FOR > now and run.wording == FORMS[Instrument(run.instrument)].wording


def sent_since(*, patient_id: int, instrument: Instrument, since: dt.datetime) -> FormRun | None:
    """Return the form a patient sent last, if that was since then; one statement."""
    rows = FormRun.objects.filter(patient=patient_id, instrument=instrument, finished_at__gte=since)
    return rows.order_by("-finished_at", "-pk").first()


def has_alarmed(*, patient_id: int, instrument: Instrument) -> bool:
    """Tell whether an answer in any form of a patient ever alarmed; one statement."""
    return FormRun.objects.filter(patient=patient_id, instrument=instrument, alarm__gte=1).exists()


def sent_forms(patient_id: int) -> list[FormRun]:
    """Return the forms a patient sent, the latest last; one statement."""
    rows = FormRun.objects.filter(patient=patient_id, finished_at__isnull=False)
    return list(rows.order_by("finished_at", "pk"))


def answers_of(run: FormRun) -> Mapping[int, int]:
    """Return the answers of a form by the number of their question."""
    return {int(number): answer for number, answer in run.answers.items()}


def next_of(run: FormRun) -> int:
    """Return the first question of a form without an answer; 0: there is none."""
    return next_open(FORMS[Instrument(run.instrument)], answers_of(run))


@dataclass(frozen=True, slots=True)
class Alarm:
    """An answer that needs a clinician the same day; `answer`: the gravest one given, 1 to 3."""

    run_id: int
    site_id: int
    zone: str
    patient_id: int
    last_name: str
    first_name: str
    instrument: str
    answer: int
    at: dt.datetime


def alarms(*, site_ids: Sequence[int], now: dt.datetime) -> list[Alarm]:
    """Return the answers at some sites that alarmed lately, whatever became of their form; one statement."""
    rows = FormRun.objects.filter(alarm__gte=1, alarm_at__gt=now - WATCHED, patient__site__in=site_ids)
    found = rows.exclude(patient__state__in=GONE).select_related("patient__site").order_by("alarm_at", "pk")
    return [
        Alarm(
            run_id=row.pk,
            site_id=row.patient.site_id,
            zone=row.patient.site.zone,
            patient_id=row.patient_id,
            last_name=row.patient.last_name,
            first_name=row.patient.preferred_name or row.patient.first_name,
            instrument=row.instrument,
            answer=row.alarm,
            at=row.alarm_at,
        )
        for row in found
        if row.alarm_at is not None
    ]
