"""Courses, visits and all that hangs on them go from one record of a patient to another, and back.

Inside the caller's transaction, both records and every course of theirs locked.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from patients.moved_rows import MovedRows, ids_moved
from scheduling.actions import locking
from scheduling.actions.recount import recount, recount_if_authorized
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.operations import OfferState
from scheduling.errors import Busy, Conflict
from scheduling.models import Authorization, Course, Prerequisite, Session, SlotOffer, WaitlistEntry
from scheduling.queries.joining import overlapping_visits

MERGED = "Both records of the patient were waiting; they were merged"


def lock(*ids: int) -> None:
    """Lock every course of some patients, then the patients: the order everybody takes.

    :raises Busy: somebody booked for one of them in between.
    """
    courses = _courses(ids)
    for course_id in courses:
        locking.course(course_id)
    locking.patients(ids)
    if _courses(ids) != courses:
        raise Busy("Somebody is booking for one of these records just now. Nothing was changed. Try again.")


def _courses(patient_ids: Sequence[int]) -> list[int]:
    return list(Course.objects.filter(patient__in=patient_ids).order_by("pk").values_list("pk", flat=True))


def move(moved: MovedRows, *, kept_id: int, gone_id: int, now: dt.datetime) -> None:
    """Move what one record has to another one. Of evidence both have, the newer counts; of two places on the list the
    older.

    :raises Conflict: both have a visit at one time.
    """
    if clashes := overlapping_visits(kept_id, gone_id):
        day, minute = clashes[0]
        raise Conflict(
            f"Both records have a visit {day_text(day)}, {clock_text(minute)}. Cancel one of them first.",
            code="visits_overlap",
        )
    _end_older_evidence(moved, kept_id, gone_id, now)
    _close_younger_entries(moved, kept_id, gone_id, now)
    for model in (Course, Session, Authorization, WaitlistEntry, SlotOffer):
        moved.change(model.objects.filter(patient=gone_id), patient_id=kept_id)
    in_force = set(_evidence(kept_id).values_list("kind", "is_override"))
    known = [pk for pk, *key in _evidence(gone_id).values_list("pk", "kind", "is_override") if tuple(key) in in_force]
    moved.change(Prerequisite.objects.filter(patient=gone_id).exclude(pk__in=known), patient_id=kept_id)
    recount_if_authorized(kept_id)


def _evidence(patient_id: int) -> QuerySet[Prerequisite]:
    return Prerequisite.objects.filter(patient=patient_id, course=None, withdrawn_at=None)


def _end_older_evidence(moved: MovedRows, kept_id: int, gone_id: int, now: dt.datetime) -> None:
    newer = {(row.kind, row.is_override): row.at for row in _evidence(gone_id)}
    mine = {row.pk: (newer.get((row.kind, row.is_override)), row.at) for row in _evidence(kept_id)}
    older = [pk for pk, (theirs, at) in mine.items() if theirs is not None and theirs > at]
    moved.change(Prerequisite.objects.filter(pk__in=older), withdrawn_at=now)


def _close_younger_entries(moved: MovedRows, kept_id: int, gone_id: int, now: dt.datetime) -> None:
    """Leave one open place on the list for each protocol, in whichever version it was asked for."""
    seen: set[str] = set()
    younger = []
    rows = WaitlistEntry.objects.filter(patient__in=[kept_id, gone_id], closed_at=None, protocol__isnull=False)
    for pk, code in rows.order_by("since", "pk").values_list("pk", "protocol__code"):
        if code in seen:
            younger.append(pk)
        seen.add(code)
    moved.change(
        SlotOffer.objects.filter(entry__in=younger, state=OfferState.OPEN.value),
        state=OfferState.DECLINED.value,
        answered_at=now,
    )
    moved.change(WaitlistEntry.objects.filter(pk__in=younger), closed_at=now, closed_because=MERGED)


def follow(steps: Sequence[Mapping[str, Any]], *, kept_id: int, gone_id: int) -> list[int]:
    """Let what was added since to courses that go back go with them, count both records anew, and return the courses.

    The rows that had moved are back already.
    """
    courses = ids_moved(steps, table=Course._meta.label, name="patient_id")
    Session.objects.filter(course__in=courses, patient=kept_id).update(patient=gone_id)
    Prerequisite.objects.filter(course__in=courses, patient=kept_id).update(patient=gone_id)
    entries = WaitlistEntry.objects.filter(course__in=courses)
    entries.filter(patient=kept_id).update(patient=gone_id)
    SlotOffer.objects.filter(entry__in=entries, patient=kept_id).update(patient=gone_id)
    for patient_id in (kept_id, gone_id):  # what one of them lent the other is not paid by it any more
        recount(patient_id)
    return courses
