"""What other apps may say something about: new courses, coming sessions, and the facts of one of them."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, Max, Min, OuterRef, Q, Subquery

from scheduling.domain.states import QUIET_ENDS, RELEASED, SessionState
from scheduling.models import Course, CourseEvent, Session

WITHOUT_VISIT_DAYS = 3  # after this many days without a visit a daily patient is reminded again (screens.md 4.3)


@dataclass(frozen=True, slots=True)
class BookedCourse:
    """A course that was booked, and the span of its visits."""

    course_id: int
    patient_id: int
    site_id: int
    booked_at: dt.datetime
    first_starts_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ComingSession:
    """A booked session on a coming day. `is_unusual`: the first, or the first after days without one."""

    session_id: int
    course_id: int
    patient_id: int
    timing_version: int
    day: dt.date
    style: str
    is_unusual: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """When one visit is: the clinic's wall clock."""

    day: dt.date
    minute: int
    starts_at: dt.datetime


def booked_courses(*, since: dt.datetime) -> list[BookedCourse]:
    """Return the courses booked since an instant whose first visit still stands."""
    rows = (
        CourseEvent.objects.filter(kind="booked", at__gte=since)
        .annotate(first=Min("course__sessions__starts_at", filter=Q(course__sessions__is_active=True)))
        .exclude(first=None)
        .values_list("course_id", "course__patient_id", "course__site_id", "at", "first")
        .order_by("pk")
    )
    return [BookedCourse(*row) for row in rows]


def sessions_coming(*, site_id: int, days: Collection[dt.date]) -> list[ComingSession]:
    """Return the booked sessions of a site on some days."""
    before = (
        Session.objects.filter(course=OuterRef("course"), is_active=True, starts_at__lt=OuterRef("starts_at"))
        .order_by("-starts_at")
        .values("day")[:1]
    )
    rows = (
        Session.objects.filter(site_id=site_id, day__in=days, state=SessionState.BOOKED)
        .annotate(previous_day=Subquery(before), style=F("course__protocol__definition__reminders__style"))
        .values_list("pk", "course_id", "patient_id", "timing_version", "day", "style", "previous_day")
        .order_by("starts_at", "pk")
    )
    return [
        ComingSession(
            session_id=pk,
            course_id=course_id,
            patient_id=patient_id,
            timing_version=timing_version,
            day=day,
            style=style or "weekly_digest",
            is_unusual=previous is None or (day - previous).days > WITHOUT_VISIT_DAYS,
        )
        for pk, course_id, patient_id, timing_version, day, style, previous in rows
    ]


def visit_if_unchanged(*, session_id: int, timing_version: int) -> Visit | None:
    """Return when a session is, if it is still booked and was not moved since; else None."""
    row = (
        Session.objects.filter(pk=session_id, timing_version=timing_version, state=SessionState.BOOKED)
        .values_list("day", "minute", "starts_at")
        .first()
    )
    return Visit(*row) if row else None


def visits_of(*, course_id: int, since: dt.datetime, until: dt.datetime | None = None) -> list[Visit]:
    """Return a course's booked visits that begin in a stretch of time, in order."""
    rows = Session.objects.filter(course_id=course_id, state=SessionState.BOOKED, starts_at__gte=since)
    if until is not None:
        rows = rows.filter(starts_at__lt=until)
    return [Visit(*row) for row in rows.order_by("starts_at").values_list("day", "minute", "starts_at")]


def days_of(*, session_ids: Collection[int]) -> list[tuple[int, int, dt.date]]:
    """Return each session with its course and its day; one statement."""
    rows = Session.objects.filter(pk__in=session_ids).order_by("pk")
    return list(rows.values_list("pk", "course_id", "day"))


def latest_visit_day(*, course_id: int) -> dt.date | None:
    """Return the day of a course's last visit that still stands."""
    found: dt.date | None = (
        Session.objects.filter(course_id=course_id).exclude(state__in=RELEASED).aggregate(day=Max("day"))["day"]
    )
    return found


def courses_ended_quietly(*, since: dt.datetime) -> list[int]:
    """Return the courses that ended since an instant in a way nobody is told about."""
    ended = CourseEvent.objects.filter(kind="ended", at__gte=since, course__end_reason__in=QUIET_ENDS)
    return sorted(set(ended.values_list("course_id", flat=True)))


def has_ended_quietly(*, course_id: int) -> bool:
    """Tell whether a course ended in a way nobody is told about."""
    return Course.objects.filter(pk=course_id, end_reason__in=QUIET_ENDS).exists()
