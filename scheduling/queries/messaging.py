"""What other apps may say something about: new courses, coming sessions, and the facts of one of them."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, Min, OuterRef, Q, Subquery

from scheduling.domain.operations import OfferState
from scheduling.domain.states import QUIET_ENDS, RELEASED, CourseState, SessionState
from scheduling.models import Course, CourseEvent, Session, SessionEvent, SlotOffer

_TIMED = ("booked", "rescheduled", "undone")  # events after which a visit is when it is
_Q = "course__protocol__definition"


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
    """A booked session on a coming day. `reminders`: what its protocol says of them; `timed_at`: since when it is then.

    `previous_day`: of the visit before it that stands; None: it is the first. `measures`: which scores are taken after
    which numbers of visits. `booked_by_hand_at`: when a person booked it, so that its patient is told; None: the clock
    did.
    """

    session_id: int
    course_id: int
    patient_id: int
    site_id: int
    timing_version: int
    day: dt.date
    starts_at: dt.datetime
    is_confirmed: bool
    reminders: Mapping[str, Any]
    needs_company: bool
    previous_day: dt.date | None
    timed_at: dt.datetime
    number: int
    measures: Mapping[str, Sequence[int]]
    booked_by_hand_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class CourseWeek:
    """The booked visits of one course in one week. `known_at`: since when the first one planned is."""

    course_id: int
    patient_id: int
    site_id: int
    last_starts_at: dt.datetime
    known_at: dt.datetime
    reminders: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One event that moved, cancelled, added or settled a session, and the session as it stands now.

    `before`: what the event changed, as it was; `is_added`: somebody added the session to a course under way;
    `is_withdrawn`: the booking of its whole course was taken back.
    """

    session_id: int
    course_id: int
    patient_id: int
    site_id: int
    at: dt.datetime
    is_added: bool
    from_state: str
    before: Mapping[str, Any]
    makeup_of: int | None
    state: SessionState
    cancelled_by: str
    timing_version: int
    day: dt.date
    minute: int
    starts_at: dt.datetime
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """A freed time somebody is asked about and has not answered."""

    offer_id: int
    patient_id: int
    site_id: int
    asked_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Unbooked:
    """A course under way in a phase of long intervals, with no visit ahead: when the last one was, and how long after
    it the next one is due, in weeks."""

    course_id: int
    patient_id: int
    site_id: int
    last_day: dt.date
    weeks: int
    reminders: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """When one visit is: the clinic's wall clock."""

    day: dt.date
    minute: int
    starts_at: dt.datetime
    is_confirmed: bool = False


def booked_courses(*, since: dt.datetime) -> list[BookedCourse]:
    """Return the courses booked since an instant whose first visit still stands; one statement."""
    rows = (
        CourseEvent.objects.filter(kind="booked", at__gte=since)
        .annotate(first=Min("course__sessions__starts_at", filter=Q(course__sessions__is_active=True)))
        .exclude(first=None)
        .values_list("course_id", "course__patient_id", "course__site_id", "at", "first")
        .order_by("pk")
    )
    return [BookedCourse(*row) for row in rows]


def sessions_coming(*, first: dt.date, last: dt.date, far: dt.date) -> list[ComingSession]:
    """Return the booked sessions of some days, whatever the site; one statement.

    `far`: up to then those whose protocol says itself how long before a visit it reminds of it.
    """
    before = Session.objects.filter(course=OuterRef("course"), is_active=True, starts_at__lt=OuterRef("starts_at"))
    timed = SessionEvent.objects.filter(session=OuterRef("pk"), kind__in=_TIMED)
    by_hand = SessionEvent.objects.filter(session=OuterRef("pk"), kind="booked", by__isnull=False)
    own = Q(day__gt=last, day__lte=far, **{f"{_Q}__reminders__has_key": "ahead_days"})
    rows = (
        Session.objects.filter(Q(day__range=(first, last)) | own, state=SessionState.BOOKED)
        .annotate(
            previous_day=Subquery(before.order_by("-starts_at").values("day")[:1]),
            timed_at=Subquery(timed.order_by("-pk").values("at")[:1]),
            by_hand_at=Subquery(by_hand.order_by("-pk").values("at")[:1]),
            reminders=F(f"{_Q}__reminders"),
            escort=F(f"{_Q}__escort"),
            measures=F(f"{_Q}__measures"),
        )
        .order_by("starts_at", "pk")
        .values_list(
            "pk",
            "course_id",
            "patient_id",
            "site_id",
            "timing_version",
            "day",
            "starts_at",
            "confirmed_at",
            "reminders",
            "escort",
            "previous_day",
            "timed_at",
            "course__booked_at",
            "number",
            "measures",
            "by_hand_at",
        )
    )
    return [
        ComingSession(
            *row[:7],
            is_confirmed=row[7] is not None,
            reminders=row[8] or {},
            needs_company=row[9] not in (None, "none"),
            previous_day=row[10],
            timed_at=row[11] or row[12],
            number=row[13],
            measures=row[14] or {},
            booked_by_hand_at=row[15] if row[11] else row[12],
        )
        for row in rows
    ]


def weeks_coming(*, mondays: Collection[dt.date], now: dt.datetime) -> dict[dt.date, list[CourseWeek]]:
    """Return, by Monday, the courses told of their weeks that have a visit still ahead in one; a statement a week."""
    found = {}
    for monday in sorted(mondays):
        rows = (
            Session.objects.filter(
                day__range=(monday, monday + dt.timedelta(days=6)), starts_at__gt=now, state=SessionState.BOOKED
            )
            # No style: the usual one.
            .exclude(**{f"{_Q}__reminders__style__in": ["every_visit", "recall"]})
            .annotate(reminders=F(f"{_Q}__reminders"))
            .values("course_id", "patient_id", "site_id", "reminders")
            .annotate(
                last=Max("starts_at"),
                known=Min("events__at", filter=Q(events__kind="booked")),
                booked=Min("course__booked_at"),
            )
            .order_by("course_id")
            .values_list("course_id", "patient_id", "site_id", "last", "known", "booked", "reminders")
        )
        found[monday] = [CourseWeek(*row[:4], known_at=row[4] or row[5], reminders=row[6] or {}) for row in rows]
    return found


# What the patient of a session may have to hear of.
_HEARD_OF = (
    Q(kind__in=["rescheduled", "undone"])
    | Q(to_state__in=[SessionState.CANCELLED, SessionState.NO_SHOW, SessionState.ENTERED_IN_ERROR])
    | Q(kind="booked", change__isnull=False, by__isnull=False)
)


def has_news(*, course_id: int, since: dt.datetime) -> bool:
    """Tell whether a course had news since an instant that its patient may have to hear of; one statement."""
    return SessionEvent.objects.filter(_HEARD_OF, session__course=course_id, at__gt=since).exists()


def changes(*, since: dt.datetime, course_id: int | None = None) -> list[Change]:
    """Return what happened to sessions since an instant that their patients may have to hear of, in order.

    Of courses that ended quietly, nothing; `course_id`: of this one alone. One statement.
    """
    of_course: dict[str, int] = {} if course_id is None else {"session__course": course_id}
    rows = (
        SessionEvent.objects.filter(_HEARD_OF, at__gte=since, **of_course)
        .exclude(session__course__end_reason__in=QUIET_ENDS)
        .order_by("at", "pk")
        .values_list(
            "session_id",
            "session__course_id",
            "session__patient_id",
            "session__site_id",
            "at",
            "kind",
            "from_state",
            "data",
            "session__state",
            "session__cancelled_by",
            "session__timing_version",
            "session__day",
            "session__minute",
            "session__starts_at",
            "session__makeup_of_id",
            "session__course__state",
        )
    )
    return [
        Change(
            *row[:5],
            is_added=row[5] == "booked",
            from_state=row[6],
            before=row[7].get("before", {}),
            state=SessionState(row[8]),
            cancelled_by=row[9],
            timing_version=row[10],
            day=row[11],
            minute=row[12],
            starts_at=row[13],
            makeup_of=row[14],
            is_withdrawn=row[15] == CourseState.ENTERED_IN_ERROR,
        )
        for row in rows
    ]


def offers_open(*, now: dt.datetime) -> list[OpenOffer]:
    """Return the offers made by text that wait for an answer; one statement."""
    rows = SlotOffer.objects.filter(state=OfferState.OPEN, is_by_phone=False, expires_at__gt=now).order_by("pk")
    return [OpenOffer(*row) for row in rows.values_list("pk", "patient_id", "entry__site_id", "asked_at", "expires_at")]


def unbooked() -> list[Unbooked]:
    """Return the courses recalled for their next visit that have none ahead; one statement."""
    ahead = Session.objects.filter(course=OuterRef("pk"), state__in=[SessionState.BOOKED, SessionState.HELD])
    rows = (
        Course.objects.filter(state=CourseState.ACTIVE, protocol__definition__reminders__style="recall")
        .annotate(
            ahead=Subquery(ahead.values("pk")[:1]),
            last=Max("sessions__day", filter=Q(sessions__is_counted=True)),
            phases=F("protocol__definition__phases"),
            reminders=F("protocol__definition__reminders"),
        )
        .filter(ahead=None, last__isnull=False)
        .order_by("pk")
        .values_list("pk", "patient_id", "site_id", "last", "phases", "reminders")
    )
    return [
        Unbooked(course_id, patient_id, site_id, last, int(phases[-1].get("interval_weeks") or 4), reminders)
        for course_id, patient_id, site_id, last, phases, reminders in rows
    ]


def visit_if_unchanged(*, session_id: int, timing_version: int) -> Visit | None:
    """Return when a session is, if it is still booked and was not moved since; else None."""
    row = (
        Session.objects.filter(pk=session_id, timing_version=timing_version, state=SessionState.BOOKED)
        .values_list("day", "minute", "starts_at", "confirmed_at")
        .first()
    )
    return Visit(*row[:3], is_confirmed=row[3] is not None) if row else None


def visits_of(*, course_id: int, since: dt.datetime, until: dt.datetime | None = None) -> list[Visit]:
    """Return a course's booked visits that begin in a stretch of time, in order."""
    rows = Session.objects.filter(course_id=course_id, state=SessionState.BOOKED, starts_at__gte=since)
    if until is not None:
        rows = rows.filter(starts_at__lt=until)
    return [Visit(*row) for row in rows.order_by("starts_at").values_list("day", "minute", "starts_at")]


def booked_after(*, course_ids: Collection[int], since: dt.datetime) -> dict[int, list[tuple[int, dt.datetime]]]:
    """Return, by course, the booked visits that begin from an instant on and when, in order; one statement."""
    found: dict[int, list[tuple[int, dt.datetime]]] = {}
    rows = Session.objects.filter(course__in=course_ids, state=SessionState.BOOKED, starts_at__gte=since)
    for course_id, pk, starts_at in rows.order_by("starts_at").values_list("course_id", "pk", "starts_at"):
        found.setdefault(course_id, []).append((pk, starts_at))
    return found


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


def ended_quietly(*, course_ids: Collection[int]) -> set[int]:
    """Return those of some courses that ended in a way nobody is told about; one statement."""
    return set(Course.objects.filter(pk__in=course_ids, end_reason__in=QUIET_ENDS).values_list("pk", flat=True))
