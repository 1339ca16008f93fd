"""A course with its sessions, and a patient's courses and coming visits."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from patients.models import Patient
from scheduling.domain import local_time
from scheduling.domain.misses import is_miss
from scheduling.domain.states import DELIVERED, OPEN, RELEASED, CourseState, SessionState, TurnedAway
from scheduling.models import Course, Reservation, Resource, Session

BRIEF_HOLD = dt.timedelta(hours=1)  # up to this nobody waits for a payer: somebody at the desk is choosing


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A course in one line: how far it is and when it goes on."""

    course_id: int
    protocol_name: str
    tag: str
    state: CourseState
    prescribed: int
    delivered: int
    next_at: dt.datetime | None


def sessions_of(course: Course) -> list[Session]:
    """Return a course's sessions in order of their numbers, reservations and resources fetched."""
    rows = Session.objects.filter(course=course).prefetch_related("reservations__resource").order_by("number", "pk")
    found = list(rows)
    for row in found:
        row.course = course
    return found


def courses_of(patient: Patient, *, now: dt.datetime) -> list[CourseLine]:
    """Return a patient's courses, newest first."""
    return course_lines([patient.pk], now=now).get(patient.pk, [])


def course_lines(patient_ids: Sequence[int], *, now: dt.datetime) -> dict[int, list[CourseLine]]:
    """Return the courses of several patients, newest first, in two queries; none that never was meant."""
    courses = (
        Course.objects.filter(patient_id__in=patient_ids)
        .exclude(state=CourseState.ENTERED_IN_ERROR)
        .select_related("protocol")
        .defer("protocol__definition")
        .annotate(delivered=Count("sessions", filter=Q(sessions__state__in=DELIVERED, sessions__is_counted=True)))
        .order_by("-booked_at", "-pk")
    )
    # Latest first, so that the earliest of each course is the one that stays.
    ahead = Session.objects.filter(patient_id__in=patient_ids, state__in=OPEN, starts_at__gte=now).order_by(
        "-starts_at"
    )
    coming: dict[int, dt.datetime] = dict(ahead.values_list("course_id", "starts_at"))
    lines: dict[int, list[CourseLine]] = defaultdict(list)
    for course in courses:
        lines[course.patient_id].append(
            CourseLine(
                course_id=course.pk,
                protocol_name=course.protocol.name,
                tag=course.protocol.tag,
                state=CourseState(course.state),
                prescribed=course.prescribed,
                delivered=course.delivered,
                next_at=coming.get(course.pk),
            )
        )
    return dict(lines)


def course_strip(course_id: int) -> list[Session]:
    """Return a course's sessions in order of their numbers, without what they occupy; one statement."""
    return list(Session.objects.filter(course=course_id).order_by("number", "pk"))


def misses_of(course_id: int, *, since: dt.date) -> int:
    """Return how many visits of a course the patient missed since a day; what the clinic could not give is not meant.

    One statement.
    """
    lost = Session.objects.filter(course=course_id, day__gte=since, state__in=RELEASED)
    rows = lost.exclude(reason_code=TurnedAway.DEVICE_DOWN).values_list("state", "is_late_cancel", "cancelled_by")
    return sum(
        is_miss(SessionState(state), is_late_cancel=is_late, cancelled_by=by_whom) for state, is_late, by_whom in rows
    )


def make_up_of(session_id: int) -> Session | None:
    """Return what was booked in place of a lost session and still counts."""
    return Session.objects.filter(makeup_of=session_id, is_counted=True).order_by("-pk").first()


def coming_sessions(patient: Patient, *, now: dt.datetime, limit: int = 10) -> list[Session]:
    """Return a patient's next visits, course and protocol fetched."""
    return list(
        Session.objects.filter(patient=patient, state__in=OPEN, ends_at__gte=now)
        .select_related("course__protocol")
        .order_by("starts_at")[:limit]
    )


def sessions_listed(
    *,
    site_ids: Sequence[int],
    day: dt.date | None = None,
    course_id: int | None = None,
    patient_id: int | None = None,
) -> QuerySet[Session]:
    """Return sessions of some sites on a day, of a course or of a patient, in time order, as a query to be paged.

    Site, course, reservations and their resources are fetched.
    """
    found = (
        Session.objects.filter(site_id__in=site_ids)
        .select_related("site", "course")
        .prefetch_related("reservations__resource")
    )
    if day is not None:
        found = found.filter(day=day)
    if course_id is not None:
        found = found.filter(course_id=course_id)
    if patient_id is not None:
        found = found.filter(patient_id=patient_id)
    return found.order_by("starts_at", "pk")


def resources_listed(*, site_ids: Sequence[int]) -> list[Resource]:
    """Return the resources in use at some sites, in board order."""
    return list(
        Resource.objects.filter(site_id__in=site_ids, is_active=True)
        .select_related("site")
        .order_by("site_id", "position", "pk")
    )


def resources_with_column(*, site_id: int) -> list[Resource]:
    """Return the devices, chairs and rooms of a site that have a column on the board, in its order."""
    return list(Resource.objects.filter(site_id=site_id, is_active=True).exclude(group="").order_by("position", "pk"))


def reservations_of(session: Session) -> list[Reservation]:
    """Return what a session occupies, or did if it occupies nothing any more; resources fetched."""
    rows = list(Reservation.objects.filter(session=session).select_related("resource").order_by("pk"))
    return [row for row in rows if row.is_active] or rows


def holds_ending(*, site_ids: Sequence[int], now: dt.datetime) -> list[Course]:
    """Return the courses whose held times go back within a working day, the soonest first; patient and site fetched."""
    rows = (
        Course.objects.filter(site_id__in=site_ids, held_until__gt=now, held_until__lte=now + dt.timedelta(days=4))
        .select_related("site", "patient")
        .order_by("held_until", "pk")
    )
    return [course for course in rows if not is_brief(course) and _is_within_a_working_day(course, now)]


def is_brief(course: Course) -> bool:
    """Tell whether times are only held while somebody at the desk chooses: nothing to wait or to ask for."""
    return course.held_until is not None and course.held_until - course.booked_at <= BRIEF_HOLD


def _is_within_a_working_day(course: Course, now: dt.datetime) -> bool:
    """Tell whether at most one working day (Monday to Friday at the site) lies between now and the end of a hold."""
    assert course.held_until is not None
    today, _minute = local_time.wall(now, course.site.zone)
    last, _minute = local_time.wall(course.held_until, course.site.zone)
    between = (today + dt.timedelta(days=offset) for offset in range(1, (last - today).days + 1))
    return sum(day.isoweekday() < 6 for day in between) <= 1


def missed_to_settle(*, site_ids: Sequence[int]) -> list[Session]:
    """Return sessions the worker flagged and nobody settled, oldest first; patient fetched."""
    return list(
        Session.objects.filter(site_id__in=site_ids, state=SessionState.MISSED)
        .select_related("patient", "site", "course")
        .order_by("starts_at", "pk")
    )
