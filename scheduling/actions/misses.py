"""Sessions nobody arrived for, flagged by the clock and settled by a person."""

import datetime as dt

from django.db import connection, transaction
from django.db.models import F

from scheduling.domain.states import SessionState
from scheduling.models import Session, SessionEvent

BATCH = 500


def flag_missed_sessions(*, now: dt.datetime) -> int:
    """Flag every booked session past its `missed_after` and return how many; running it again flags nothing twice."""
    flagged = 0
    while count := _flag_batch(now=now):
        flagged += count
    return flagged


@transaction.atomic(durable=True)
def _flag_batch(*, now: dt.datetime) -> int:
    # The partial index holds only booked sessions still to be flagged: the cost does not grow with the past.
    due = Session.objects.filter(state=SessionState.BOOKED, missed_after__lte=now).order_by("missed_after")
    if connection.vendor == "postgresql":
        # A second worker, or a receptionist on the row, is not waited for; the next run finds what is left.
        due = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    if ids:
        Session.objects.filter(pk__in=ids).update(state=SessionState.MISSED, version=F("version") + 1)
        SessionEvent.objects.bulk_create(
            SessionEvent(
                session_id=pk,
                kind="flagged",
                from_state=SessionState.BOOKED,
                to_state=SessionState.MISSED,
                at=now,
                by=None,
            )
            for pk in ids
        )
    return len(ids)
