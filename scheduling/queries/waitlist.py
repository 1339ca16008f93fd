"""Who waits for a time: the entries still open, and what decides in which order they are asked."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from patients.domain.contact import PatientState
from patients.models import Patient
from scheduling.domain import local_time
from scheduling.domain.operations import OfferState, Urgency, WaitKind
from scheduling.domain.refill import LATELY, Applicant, Rate, Wanted
from scheduling.domain.states import CourseState
from scheduling.models import Course, CourseEvent, Session, SlotOffer, WaitlistEntry
from scheduling.queries.definitions import definition_of

ENDED = (CourseState.COMPLETED, CourseState.DISCONTINUED, CourseState.ENTERED_IN_ERROR)
_BOOKED = (CourseState.READY, CourseState.ACTIVE, CourseState.ON_HOLD, CourseState.COMPLETED)
UNDER_WAY = (CourseState.READY, CourseState.ACTIVE)
LIVE = (CourseState.DRAFT, *UNDER_WAY, CourseState.ON_HOLD)
# Somebody who said no, did not answer, or is still thinking is not asked again; who only came too late is.
_ANSWERED = (OfferState.OPEN, OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED)


def settled() -> Q:
    """Return what makes an entry settled whether or not anybody closed it: the course ended, or it was booked."""
    booked = Course.objects.filter(
        patient=OuterRef("patient"),
        protocol__code=OuterRef("protocol__code"),
        booked_at__gte=OuterRef("since"),
        state__in=_BOOKED,
    )
    return Q(kind=WaitKind.STANDBY, course__state__in=ENDED) | Q(Exists(booked), kind=WaitKind.WAITING)


def open_entries(site_ids: Collection[int]) -> QuerySet[WaitlistEntry]:
    """Return who waits at some sites, the longest first; course, protocol, patient and site come with them."""
    rows = WaitlistEntry.objects.filter(closed_at=None, site__in=site_ids, patient__state=PatientState.ACTIVE)
    fetched = ("site", "patient", "protocol", "course__site", "course__patient", "course__protocol")
    return rows.exclude(settled()).select_related(*fetched).order_by("since", "pk")


def entries_of(patient: Patient) -> list[WaitlistEntry]:
    """Return what a patient waits for, the longest first; one statement."""
    return list(open_entries([patient.site_id]).filter(patient=patient))


@dataclass(frozen=True, slots=True)
class WaitingPatient:
    """Somebody who waits for a time at a site whose clocks are those of `zone`."""

    patient_id: int
    last_name: str
    first_name: str
    site_id: int
    zone: str


def waiting_patients(site_ids: Collection[int]) -> list[WaitingPatient]:
    """Return who waits at some sites, each once, who waits longest first; one statement."""
    columns = ("patient", "patient__last_name", "patient__first_name", "site", "site__zone")
    found: dict[int, WaitingPatient] = {}
    for values in open_entries(site_ids).select_related(None).values_list(*columns):
        found.setdefault(values[0], WaitingPatient(*values))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """What a patient waits for, as they may know it; without a `course_id` it is the first visit of a new one."""

    entry_id: int
    version: int
    course_id: int | None
    weekdays: tuple[int, ...]
    from_minute: int
    to_minute: int
    is_call_only: bool


def own_list(patient_id: int) -> list[OwnEntry]:
    """Return what a patient waits for, the longest first; one statement."""
    rows = WaitlistEntry.objects.filter(patient=patient_id, closed_at=None).exclude(settled()).order_by("since", "pk")
    return [
        OwnEntry(
            entry_id=row.pk,
            version=row.version,
            course_id=row.course_id,
            weekdays=tuple(row.weekdays),
            from_minute=row.from_minute,
            to_minute=row.to_minute,
            is_call_only=row.is_call_only,
        )
        for row in rows
    ]


def waits(patient_id: int) -> bool:
    """Tell whether a patient is on the list."""
    return WaitlistEntry.objects.filter(patient=patient_id, closed_at=None).exclude(settled()).exists()


def courses_under_way(patient_id: int) -> list[int]:
    """Return the courses of a patient of which a visit may come sooner; one statement."""
    rows = Course.objects.filter(patient=patient_id, state__in=UNDER_WAY).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def wanted_by(entry: WaitlistEntry) -> Wanted:
    """Return when somebody on the list wants to come."""
    return Wanted(frozenset(entry.weekdays), entry.from_minute, entry.to_minute)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was offered to the people on a list lately: by patient the times today, by entry the places asked for.

    A place is a resource and an instant. `helped`: entries that came forward lately.
    """

    today: Mapping[int, int] = field(default_factory=dict)
    places: frozenset[tuple[int, int, dt.datetime]] = frozenset()
    helped: frozenset[int] = frozenset()


def asked_lately(entries: Sequence[WaitlistEntry], *, now: dt.datetime) -> Asked:
    """Return what was offered to some people of one site lately; one statement."""
    if not entries:
        return Asked()
    zone = entries[0].site.zone
    since, until = local_time.day_bounds(local_time.today(now, zone), zone)
    rows = SlotOffer.objects.filter(patient__in={entry.patient_id for entry in entries}, asked_at__gte=since - LATELY)
    found = list(rows.values_list("entry_id", "patient_id", "resource_id", "starts_at", "state", "asked_at"))
    return Asked(
        today=Counter(patient for _entry, patient, *_place, at in found if since <= at < until),
        places=frozenset((entry, res, at) for entry, _p, res, at, state, _asked in found if state in _ANSWERED),
        helped=frozenset(entry for entry, *_rest, state, _asked in found if state == OfferState.ACCEPTED),
    )


def applicants(entries: Sequence[WaitlistEntry], asked: Asked) -> dict[int, Applicant]:
    """Return entries as far as the order of asking goes, by id; two statements."""
    courses = {entry.course_id: entry.course for entry in entries if entry.course}
    counted = Session.objects.filter(course__in=courses, is_counted=True).values("course")
    now = {row["course"]: (row["last"], row["count"]) for row in counted.annotate(last=Max("day"), count=Count("pk"))}
    events = CourseEvent.objects.filter(course__in=courses, kind="booked").order_by("-pk")
    booked = dict(events.values_list("course_id", "data"))
    found = {}
    for entry in entries:
        behind, owed = _behind(entry.course, now.get(entry.course_id or 0), booked.get(entry.course_id or 0, {}))
        found[entry.pk] = Applicant(
            entry_id=entry.pk,
            urgency=Urgency(entry.urgency),
            since=entry.since,
            behind=behind,
            owed=owed,
            was_helped=entry.pk in asked.helped,
        )
    return found


def _behind(course: Course | None, now: tuple[dt.date, int] | None, booked: Mapping[str, Any]) -> tuple[int, int]:
    """Return by how many days a course ends later than it was booked to, and how many visits nobody has booked yet."""
    if course is None or now is None:
        return 0, 0
    last, count = now
    is_comparable = booked.get("sessions") == course.prescribed and "last" in booked
    # A phase without an end only grows: its last day says nothing.
    if any(phase.open_ended or phase.rule for phase in definition_of(course.protocol).phases):
        return 0, 0
    behind = (last - dt.date.fromisoformat(booked["last"])).days if is_comparable else 0
    return max(0, behind), max(0, course.prescribed - count)


def rate_of(site_ids: Collection[int]) -> Rate:
    """Return how many offers were accepted at some sites, of those that were not too late; one statement."""
    rows = SlotOffer.objects.filter(entry__site__in=site_ids)
    over = (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED)
    found = rows.aggregate(
        yes=Count("pk", filter=Q(state=OfferState.ACCEPTED)), of=Count("pk", filter=Q(state__in=over))
    )
    return Rate(found["yes"], found["of"])
