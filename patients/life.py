"""When a patient, and who comes along, can come: read for the planner, in few statements."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from patients.domain.clinical import Instrument, RelatedRole
from patients.models import Absence, MeasureResult, Patient, RelatedPerson, ScreeningFlag


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
    interpreter = Patient.objects.filter(pk=patient_id).values_list("interpreter", flat=True).first()
    if interpreter is None:
        return NOBODY
    away = Absence.objects.filter(Q(ends_on=None) | Q(ends_on__gte=first), patient=patient_id, starts_on__lte=last)
    columns = ("starts_on", "ends_on", "weekday", "from_minute", "to_minute", "person_id")
    flags = list(ScreeningFlag.objects.filter(patient=patient_id).values_list("code", "cleared_at"))
    escorts = RelatedPerson.objects.filter(patient=patient_id, role=RelatedRole.ESCORT, is_active=True)
    return PatientLife(
        interpreter=interpreter,
        away=tuple(Away(*row) for row in away.values_list(*columns)),
        escorts=tuple(escorts.order_by("pk").values_list("pk", flat=True)),
        open_flags=frozenset(code for code, cleared in flags if cleared is None),
        cleared_flags=frozenset(code for code, cleared in flags if cleared is not None),
    )


def scores_of(*, patient_id: int, instrument: Instrument, since: dt.date) -> list[tuple[dt.date, int]]:
    """Return a patient's scores on one scale since a day, the latest last."""
    rows = MeasureResult.objects.filter(patient=patient_id, instrument=instrument, measured_on__gte=since)
    return list(rows.order_by("measured_on").values_list("measured_on", "score"))


def absences_of(patient_ids: Sequence[int]) -> list[Absence]:
    """Return the absences of some patients and of who comes along with them, by day."""
    return list(Absence.objects.filter(patient__in=patient_ids).select_related("person").order_by("starts_on", "pk"))


def related_people_of(patient_id: int) -> list[RelatedPerson]:
    """Return who comes along with a patient."""
    return list(RelatedPerson.objects.filter(patient=patient_id, is_active=True).order_by("pk"))


def flags_of(patient_id: int) -> list[ScreeningFlag]:
    """Return a patient's screening flags, open ones first."""
    return list(ScreeningFlag.objects.filter(patient=patient_id).order_by("cleared_at", "pk"))
