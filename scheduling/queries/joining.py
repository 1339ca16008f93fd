"""What two records of one patient would bring together: courses, visits, and where they clash."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef

from scheduling.domain.states import OPEN
from scheduling.models import Authorization, Course, Session, WaitlistEntry


@dataclass(frozen=True, slots=True)
class Counts:
    """How much hangs on a record."""

    courses: int
    coming: int
    authorizations: int
    waiting: int


def counts_of(patient_id: int, *, now: dt.datetime) -> Counts:
    """Return how much hangs on a record; four statements."""
    return Counts(
        courses=Course.objects.filter(patient=patient_id).count(),
        coming=Session.objects.filter(patient=patient_id, state__in=OPEN, starts_at__gte=now).count(),
        authorizations=Authorization.objects.filter(patient=patient_id).count(),
        waiting=WaitlistEntry.objects.filter(patient=patient_id, closed_at=None).count(),
    )


def overlapping_visits(kept_id: int, gone_id: int) -> list[tuple[dt.date, int]]:
    """Return the day and minute of visits of one record that fall into one of another record; one statement."""
    others = Session.objects.filter(
        patient=kept_id, is_active=True, starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at")
    )
    rows = Session.objects.filter(Exists(others), patient=gone_id, is_active=True)
    return list(rows.order_by(F("starts_at")).values_list("day", "minute")[:5])
