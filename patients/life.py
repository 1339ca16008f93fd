"""When a patient, and who comes along, can come: read for the planner, in few statements."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import F, Q

from patients.domain.clinical import RANGES, Instrument, RelatedRole
from patients.models import Absence, MeasureResult, Patient, RelatedPerson, ScreeningFlag

# What says nothing about how ill somebody is: of one, more is better; the other is asked beside the main scale.
_BESIDE = (Instrument.MOCA, Instrument.GAD7)


@dataclass(frozen=True, slots=True)
class Away:
    """A stretch in which somebody can't come: dates, both in, on one weekday or all, between two minutes."""

    starts_on: dt.date
    ends_on: dt.date | None
    weekday: int | None
    from_minute: int
    to_minute: int
    person_id: int | None

    def covers(self, day: dt.date) -> bool:
        """Tell whether any of a day is meant."""
        return (
            self.starts_on <= day
            and (self.ends_on is None or day <= self.ends_on)
            and self.weekday in (None, day.isoweekday())
        )


@dataclass(frozen=True, slots=True)
class PatientLife:
    """What planning asks about a patient: absences, escorts, the interpreter, and open screening flags."""

    interpreter: str
    away: tuple[Away, ...]
    escorts: tuple[int, ...]
    open_flags: frozenset[str]
    cleared_flags: frozenset[str]


NOBODY = PatientLife("", (), (), frozenset(), frozenset())


def life_of(*, patient_id: int, first: dt.date, last: dt.date) -> PatientLife:
    """Return what planning asks about a patient for a stretch of days, both in; four statements."""
    return lives_of(patient_ids=[patient_id], first=first, last=last).get(patient_id, NOBODY)


def lives_of(*, patient_ids: Collection[int], first: dt.date, last: dt.date) -> dict[int, PatientLife]:
    """Return what planning asks about some patients for a stretch of days, both in, by patient; four statements."""
    away = Absence.objects.filter(Q(ends_on=None) | Q(ends_on__gte=first), patient__in=patient_ids, starts_on__lte=last)
    columns = ("starts_on", "ends_on", "weekday", "from_minute", "to_minute", "person_id")
    aways: dict[int, list[Away]] = {}
    for patient_id, *row in away.values_list("patient_id", *columns):
        aways.setdefault(patient_id, []).append(Away(*row))
    flags: dict[int, list[tuple[str, dt.datetime | None]]] = {}
    found = ScreeningFlag.objects.filter(patient__in=patient_ids)
    for patient_id, code, cleared_at in found.values_list("patient_id", "code", "cleared_at"):
        flags.setdefault(patient_id, []).append((code, cleared_at))
    escorts: dict[int, list[int]] = {}
    people = RelatedPerson.objects.filter(patient__in=patient_ids, role=RelatedRole.ESCORT, is_active=True)
    for patient_id, pk in people.order_by("pk").values_list("patient_id", "pk"):
        escorts.setdefault(patient_id, []).append(pk)
    return {
        patient_id: PatientLife(
            interpreter=interpreter,
            away=tuple(aways.get(patient_id, ())),
            escorts=tuple(escorts.get(patient_id, ())),
            open_flags=frozenset(code for code, cleared in flags.get(patient_id, ()) if cleared is None),
            cleared_flags=frozenset(code for code, cleared in flags.get(patient_id, ()) if cleared is not None),
        )
        for patient_id, interpreter in Patient.objects.filter(pk__in=patient_ids).values_list("pk", "interpreter")
    }


def severities_of(*, patient_ids: Collection[int], since: dt.date) -> dict[int, float]:
    """Return the latest score of some patients since a day, as a share of its scale's highest; one statement."""
    rows = MeasureResult.objects.filter(patient__in=patient_ids, measured_on__gte=since).order_by("measured_on", "pk")
    return {
        patient_id: score / RANGES[Instrument(instrument)][1]
        for patient_id, instrument, score in rows.values_list("patient_id", "instrument", "score")
        if instrument not in _BESIDE
    }


def scores_of(*, patient_id: int, instrument: Instrument, since: dt.date) -> list[tuple[dt.date, int]]:
    """Return a patient's scores on one scale since a day, the latest last."""
    rows = MeasureResult.objects.filter(patient=patient_id, instrument=instrument, measured_on__gte=since)
    return list(rows.order_by("measured_on").values_list("measured_on", "score"))


def results_of(patient_id: int) -> list[MeasureResult]:
    """Return a patient's scores on every scale, the latest last; `run_id`: of their own form. One statement."""
    rows = MeasureResult.objects.filter(patient=patient_id).annotate(run_id=F("run__pk"))
    return list(rows.order_by("measured_on", "pk"))


def absences_of(patient_ids: Sequence[int]) -> list[Absence]:
    """Return the absences of some patients and of who comes along with them, by day."""
    return list(Absence.objects.filter(patient__in=patient_ids).select_related("person").order_by("starts_on", "pk"))


def related_people_of(patient_id: int) -> list[RelatedPerson]:
    """Return who comes along with a patient."""
    return list(RelatedPerson.objects.filter(patient=patient_id, is_active=True).order_by("pk"))


def people_beside(patient_ids: Collection[int]) -> dict[int, list[RelatedPerson]]:
    """Return who comes along with each of some patients; one statement."""
    found: dict[int, list[RelatedPerson]] = {patient_id: [] for patient_id in patient_ids}
    for row in RelatedPerson.objects.filter(patient__in=patient_ids, is_active=True).order_by("pk"):
        found[row.patient_id].append(row)
    return found


def flags_of(patient_id: int) -> list[ScreeningFlag]:
    """Return a patient's screening flags, open ones first."""
    return list(ScreeningFlag.objects.filter(patient=patient_id).order_by("cleared_at", "pk"))
