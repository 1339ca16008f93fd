"""Which forms a patient is asked for now, by the protocols of their courses."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from patients import watch as patients_watch
from patients.domain.clinical import Instrument
from patients.domain.questions import FORMS
from scheduling.domain import local_time, measures
from scheduling.domain.states import DELIVERED, MOVABLE, CourseState
from scheduling.models import Course, Session
from scheduling.queries.definitions import definition_of
from scheduling.queries.watch.courses import ENDED_DAYS

_Asking = dict[int, dict[Instrument, tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class AskedForm:
    """A form that is due, and the course that asks for it."""

    instrument: Instrument
    course_id: int


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of a course's counted visits: those delivered, and those still ahead."""

    delivered: list[dt.date]
    coming: list[dt.date]


def forms_due(*, patient_id: int, zone: str, now: dt.datetime) -> list[AskedForm]:
    """Return the forms due of a patient, each once.

    One statement, two where a protocol asks for any, three where one may be due.

    A form is due from two days before the visit it belongs to, as a text says it, until its score is there. Only what
    patients fill in themselves is among them.
    """
    asking = _asking(patient_id)
    if not asking:
        return []
    days = _days_of(asking, zone, now)
    today = local_time.today(now, zone)
    if not _found(asking, days, {}, today):  # not even if none was ever recorded
        return []
    latest = patients_watch.latest_measures({patient_id})
    recorded = {Instrument(name): day for (_patient, name), day in latest.items()}
    return _found(asking, days, recorded, today)


def _found(
    asking: _Asking, days: Mapping[int, _Days], recorded: Mapping[Instrument, dt.date], today: dt.date
) -> list[AskedForm]:
    """Return which forms are due, by the day on which each was recorded last."""
    found = []
    for instrument in FORMS:
        since = recorded.get(instrument, dt.date.min)
        due = (pk for pk, wanted in asking.items() if _is_due(wanted.get(instrument, ()), days[pk], since, today))
        found += [AskedForm(instrument, course_id) for course_id in list(due)[:1]]
    return found


def _asking(patient_id: int) -> _Asking:
    """Return by course the forms its protocol asks for; a course on hold asks for none."""
    states = (CourseState.ACTIVE, CourseState.COMPLETED)
    rows = Course.objects.filter(patient=patient_id, state__in=states).select_related("protocol")
    found = {row.pk: definition_of(row.protocol).measures or {} for row in rows.defer("protocol__definition")}
    mine = {pk: {name: wanted[name] for name in FORMS if name in wanted} for pk, wanted in found.items()}
    return {pk: wanted for pk, wanted in sorted(mine.items()) if wanted}


def _days_of(course_ids: Collection[int], zone: str, now: dt.datetime) -> dict[int, _Days]:
    rows = Session.objects.filter(course__in=course_ids, is_counted=True).order_by("day", "minute", "pk")
    found: dict[int, _Days] = defaultdict(lambda: _Days([], []))
    for course_id, state, day, minute in rows.values_list("course_id", "state", "day", "minute"):
        if state in DELIVERED:
            found[course_id].delivered.append(day)
        elif state in MOVABLE and (day, minute) > local_time.wall(now, zone):
            found[course_id].coming.append(day)
    return found


def _is_due(places: Collection[int], days: _Days, recorded: dt.date, today: dt.date) -> bool:
    is_over = not days.coming and days.delivered and (today - days.delivered[-1]).days > ENDED_DAYS
    if not is_over and measures.due_after(places, days.delivered, recorded):
        return True
    return measures.due_before(places, days.delivered, days.coming, recorded, today)
