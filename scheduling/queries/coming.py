"""The visits somebody outside the clinic may answer about: a patient's own, and those a person drives to."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Max, OuterRef, QuerySet

from scheduling.domain import gate_kinds
from scheduling.domain.gate_kinds import NAMED
from scheduling.domain.states import DELIVERED, CourseState, SessionState
from scheduling.models import Course, Prerequisite, Session
from scheduling.queries.definitions import definition_of


@dataclass(frozen=True, slots=True)
class ComingVisit:
    """A booked visit: the clinic's wall clock beside the instants. `needs_company`: nobody goes home from it alone."""

    session_id: int
    course_id: int
    patient_id: int
    site_id: int
    timing_version: int
    day: dt.date
    minute: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    is_confirmed: bool = False  # by the patient
    needs_company: bool = False
    number: int = 0  # within its course, and of how many
    prescribed: int = 0

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


def visits_coming(
    patient_ids: Collection[int], *, since: dt.datetime, until: dt.datetime | None = None
) -> list[ComingVisit]:
    """Return the booked visits of some patients that begin after an instant, in order; one statement."""
    found = _booked(patient_ids, since, until)
    return [visit_of(row, needs_company=needs_company(row), prescribed=row.course.prescribed) for row in found]


def visits_driven(
    person_id: int, patient_id: int, *, since: dt.datetime, until: dt.datetime | None = None
) -> list[ComingVisit]:
    """Return the booked visits of a patient a person drives to, or might: nobody else is named for them.

    Only visits whose protocol asks for somebody to go home with; two statements.
    """
    asking = [row for row in _booked([patient_id], since, until) if needs_company(row)]
    shown = Prerequisite.objects.filter(session__in=asking, kind__in=NAMED, is_override=False, withdrawn_at=None)
    named = {(each.session_id, each.starts_at): each for each in shown}
    found = [(row, named.get((row.pk, row.starts_at))) for row in asking]
    return [visit_of(row) for row, who in found if who is None or who.person_id == person_id]


def is_of(session_id: int, *, patient_id: int) -> bool:
    """Tell whether a visit is a patient's."""
    return Session.objects.filter(pk=session_id, patient=patient_id).exists()


def timing_of(session_id: int, *, patient_id: int) -> int | None:
    """Return the version of when a patient's visit is; None: it is not theirs."""
    found = Session.objects.filter(pk=session_id, patient=patient_id)
    return found.values_list("timing_version", flat=True).first()


def rides_promised(session: OuterRef, starts_at: OuterRef) -> QuerySet[Prerequisite]:
    """Return who said yes to take a patient home from a visit of another query, at the time it has now."""
    return Prerequisite.objects.filter(
        session=session,
        starts_at=starts_at,
        kind__in=NAMED,
        is_override=False,
        is_confirmed=True,
        withdrawn_at=None,
    )


def course_done(patient_id: int) -> tuple[int, int] | None:
    """Return of a patient's latest course how many visits there were, and how many were prescribed.

    None: there was none, it goes on or was broken off, or it is a single visit. Two statements.
    """
    courses = Course.objects.filter(patient=patient_id).order_by("-pk")
    last = courses.values_list("pk", "prescribed", "state").first()
    if last is None or last[2] != CourseState.COMPLETED or last[1] < 2:
        return None
    done = Session.objects.filter(course=last[0], state__in=DELIVERED, is_counted=True).count()
    return done, last[1]


def last_visit_ended(patient_id: int) -> dt.datetime | None:
    """Return when a patient's last visit ends or ended, whatever became of it; None: there never was one."""
    found: dt.datetime | None = Session.objects.filter(patient=patient_id).aggregate(at=Max("ends_at"))["at"]
    return found


def _booked(patient_ids: Collection[int], since: dt.datetime, until: dt.datetime | None) -> QuerySet[Session]:
    rows = Session.objects.filter(patient__in=patient_ids, state=SessionState.BOOKED, starts_at__gt=since)
    if until is not None:
        rows = rows.filter(starts_at__lte=until)
    return with_protocol(rows).order_by("starts_at", "pk")


def with_protocol(rows: QuerySet[Session]) -> QuerySet[Session]:
    """Fetch with some visits which protocol they are of, and not the whole of it: it was parsed before."""
    return rows.select_related("course__protocol").defer("course__protocol__definition")


def needs_company(row: Session) -> bool:
    """Tell whether the protocol of a visit, fetched with it, asks for somebody to go home with."""
    return any(each.kind in NAMED for each in gate_kinds.requirements(definition_of(row.course.protocol)))


def visit_of(row: Session, *, needs_company: bool = False, prescribed: int = 0) -> ComingVisit:
    """Return a stored visit as it is shown to somebody outside."""
    return ComingVisit(
        session_id=row.pk,
        course_id=row.course_id,
        patient_id=row.patient_id,
        site_id=row.site_id,
        timing_version=row.timing_version,
        day=row.day,
        minute=row.minute,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        is_confirmed=row.confirmed_at is not None,
        needs_company=needs_company,
        number=row.number,
        prescribed=prescribed,
    )
