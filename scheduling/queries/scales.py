"""Which forms a patient is asked for now, by the protocols of their courses."""

import datetime as dt
from dataclasses import dataclass

from patients import watch as patients_watch
from patients.domain.clinical import Instrument
from patients.domain.questions import FORMS
from scheduling.domain import measures
from scheduling.domain.states import CourseState
from scheduling.queries.watch import WatchedCourse, courses_watched


@dataclass(frozen=True, slots=True)
class AskedForm:
    """A form that is due, and the course that asks for it."""

    instrument: Instrument
    course_id: int


def forms_due(*, patient_id: int, site_id: int, now: dt.datetime) -> list[AskedForm]:
    """Return the forms due of a patient, each once; four statements.

    A form is due from two days before the visit it belongs to, as a text says it, until its score is there. Only what
    patients fill in themselves is among them.
    """
    courses = courses_watched(site_ids=[site_id], patient_id=patient_id, now=now)
    going_on = [course for course in courses if course.state is not CourseState.ON_HOLD]
    latest = patients_watch.latest_measures({patient_id})
    found = []
    for instrument in FORMS:
        recorded = latest.get((patient_id, instrument.value), dt.date.min)
        asking = (course.course_id for course in going_on if _is_due(course, instrument, recorded))
        found += [AskedForm(instrument, course_id) for course_id in list(asking)[:1]]
    return found


def _is_due(course: WatchedCourse, instrument: Instrument, recorded: dt.date) -> bool:
    places = (course.definition.measures or {}).get(instrument, ())
    delivered, coming = ([each.day for each in part] for part in (course.delivered, course.coming))
    if measures.due_after(places, delivered, recorded):
        return True
    return measures.due_before(places, delivered, coming, recorded, course.today)
