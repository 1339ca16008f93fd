"""Who waits for a time: put on the list, changed, taken off it; off it by itself once there is nothing to wait for."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from clinic import actions as clinic_actions
from clinic.models import Site
from patients import actions as patient_actions
from scheduling.actions import locking, visits
from scheduling.domain.local_time import MINUTES_A_DAY
from scheduling.domain.operations import OfferState, Urgency, WaitKind
from scheduling.errors import Conflict, IllegalMove, NotFound, Rejected, Stale
from scheduling.models import Course, SlotOffer, WaitlistEntry
from scheduling.queries.planning import current_protocol
from scheduling.queries.waitlist import LIVE, UNDER_WAY, settled

BATCH = 200
NOTHING_LEFT = "Nothing to wait for any more"  # why an entry closed by itself
LONGEST_WAY = 24 * 60


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What somebody asks for: weekdays (ISO; none: any), minutes within which a visit may begin, minutes of the way."""

    weekdays: Sequence[int] = ()
    from_minute: int = 0
    to_minute: int = MINUTES_A_DAY
    lead_minutes: int = 0
    urgency: Urgency = Urgency.ROUTINE
    is_call_only: bool = False


def join_standby(
    *, request: clinic_actions.Request, course_id: int, asked: AskedFor, now: dt.datetime
) -> tuple[int, bool]:
    """Put the patient of a course under way on the list for an earlier visit; return the entry's id, and if it was
    before.

    :raises NotFound: there is no such course.
    :raises IllegalMove: the course is not under way.
    :raises Conflict: it is on the list already.
    :raises Rejected: a weekday or a time that does not exist.
    """
    _check(asked)

    def run() -> int:
        course = locking.course(course_id)
        locking.patient(course.patient_id)
        if course.state not in UNDER_WAY:
            raise IllegalMove("This course is not under way. Only one that is can have a visit sooner.")
        return _insert(
            request, course.site, asked, now, kind=WaitKind.STANDBY, patient=course.patient_id, course=course
        )

    return locking.once(request, run)


def join_waiting(
    *,
    request: clinic_actions.Request,
    site: Site,
    patient_id: int,
    protocol_code: str,
    asked: AskedFor,
    now: dt.datetime,
) -> tuple[int, bool]:
    """Put a patient on the list for the first visit of a new course; return the entry's id, and if it was before.

    :raises NotFound: there is no such patient or protocol.
    :raises IllegalMove: times of such a course are booked or held already.
    :raises Conflict: the patient is on the list for it already.
    :raises Rejected: a weekday or a time that does not exist; the patient is not in treatment here any more.
    """
    _check(asked)
    protocol = current_protocol(protocol_code)

    def run() -> int:
        visits.wait_briefly()
        patient_actions.lock_active_patient(patient_id=patient_id, site=site)
        if Course.objects.filter(patient=patient_id, protocol__code=protocol_code, state__in=LIVE).exists():
            raise IllegalMove("Times of such a course are booked or held already. Put that course on standby instead.")
        return _insert(request, site, asked, now, kind=WaitKind.WAITING, patient=patient_id, protocol=protocol)

    return locking.once(request, run)


def _check(asked: AskedFor) -> None:
    if not set(asked.weekdays) <= set(range(1, 8)):
        raise Rejected("Weekdays are 1, a Monday, to 7, a Sunday.", fields={"weekdays": "unknown"})
    if not 0 <= asked.from_minute < asked.to_minute <= MINUTES_A_DAY:
        raise Rejected("The times must begin before they end.", fields={"to_time": "too early"})
    if not 0 <= asked.lead_minutes <= LONGEST_WAY:
        raise Rejected("The way here takes up to a day.", fields={"lead_minutes": "range"})


def _insert(
    request: clinic_actions.Request,
    site: Site,
    asked: AskedFor,
    now: dt.datetime,
    *,
    kind: WaitKind,
    patient: int,
    course: Course | None = None,
    protocol: Any = None,
) -> int:
    """Insert an entry; the patient must be locked, so that two desks add one."""
    mine = WaitlistEntry.objects.filter(patient=patient, closed_at=None)
    _close(mine.filter(settled()).values_list("pk", flat=True), NOTHING_LEFT, now)
    of_kind = mine.filter(course=course) if course else mine.filter(protocol__code=protocol.code)
    if of_kind.exists():
        if (twin := locking.already_done(request)) is not None:
            return twin  # a double click: the other one was first to the lock
        raise Conflict("This patient is on the list for it already. Change that entry.", code="already_waiting")
    row = WaitlistEntry.objects.create(
        site=site,
        patient_id=patient,
        kind=kind,
        course=course,
        protocol=protocol,
        since=now,
        by=request.user,
        **_columns(asked),
    )
    clinic_actions.remember_request(request=request, result_id=row.pk, now=now)
    _audit(request, row, "added", now)
    return row.pk


def _columns(asked: AskedFor) -> dict[str, Any]:
    return {
        "weekdays": sorted(set(asked.weekdays)),
        "from_minute": asked.from_minute,
        "to_minute": asked.to_minute,
        "lead_minutes": asked.lead_minutes,
        "urgency": asked.urgency,
        "is_call_only": asked.is_call_only,
    }


def change_entry(
    *, request: clinic_actions.Request, entry_id: int, version: int, now: dt.datetime, **changed: Any
) -> tuple[int, bool]:
    """Change what somebody asks for (`changed`: of `AskedFor`); their place on the list stays; return the entry's id.

    :raises NotFound: there is no such entry.
    :raises IllegalMove: it is closed.
    :raises Rejected: as when it was made.
    :raises Stale: somebody changed it meanwhile.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=entry_id, now=now)
        row = _locked(entry_id, version)
        asked = AskedFor(**{name: changed.get(name, getattr(row, name)) for name in _columns(AskedFor())})
        _check(asked)
        WaitlistEntry.objects.filter(pk=row.pk).update(**_columns(asked), version=F("version") + 1)
        _audit(request, row, "changed", now)
        return row.pk

    return locking.once(request, run)


def close_entry(
    *, request: clinic_actions.Request, entry_id: int, version: int, reason: str, now: dt.datetime
) -> tuple[int, bool]:
    """Take somebody off the list, with the reason; what is still offered to them counts as declined; return its id.

    :raises Rejected: no reason is given.
    :raises IllegalMove: it is closed.
    :raises Stale: somebody changed it meanwhile.
    """
    if not reason.strip():
        raise Rejected("Say why.", fields={"reason": "required"})

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=entry_id, now=now)
        row = _locked(entry_id, version)
        _close([row.pk], reason.strip()[:80], now)
        _audit(request, row, "closed", now)
        return row.pk

    return locking.once(request, run)


def close_booked(entry: WaitlistEntry, reason: str, now: dt.datetime) -> None:
    """Close an entry whose course is booked, inside the caller's transaction."""
    _close([entry.pk], reason, now)


def close_settled_entries(*, now: dt.datetime) -> int:
    """Close the entries of courses that have ended or were booked meanwhile and return how many; again changes nothing.

    One statement where there is none.
    """
    with transaction.atomic(durable=True):
        due = WaitlistEntry.objects.filter(settled(), closed_at=None).order_by("pk")
        if connection.vendor == "postgresql":
            # What somebody is changing at this very moment is found by the next run.
            due = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
        ids = list(due.values_list("pk", flat=True)[:BATCH])
        if ids:
            _close(ids, NOTHING_LEFT, now)
    return len(ids)


def _locked(entry_id: int, version: int) -> WaitlistEntry:
    row = WaitlistEntry.objects.select_for_update(no_key=True).filter(pk=entry_id).first()
    if row is None:
        raise NotFound("There is no such entry.")
    if row.version != version:
        raise Stale("Somebody changed this entry meanwhile. Look at it again.")
    if row.closed_at is not None:
        raise IllegalMove(f"This entry is closed: {row.closed_because}. Add a new one.")
    return row


def _close(entry_ids: Any, reason: str, now: dt.datetime) -> None:
    ids = list(entry_ids)
    if not ids:
        return
    WaitlistEntry.objects.filter(pk__in=ids, closed_at=None).update(
        closed_at=now, closed_because=reason, version=F("version") + 1
    )
    SlotOffer.objects.filter(entry__in=ids, state=OfferState.OPEN).update(
        state=OfferState.DECLINED, answered_at=now, version=F("version") + 1
    )


def _audit(request: clinic_actions.Request, row: WaitlistEntry, what: str, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=row.site,
        action=f"waitlist.{what}",
        patient_ids=[row.patient_id],
        object_type="waitlist",
        object_id=row.pk,
        now=now,
    )
