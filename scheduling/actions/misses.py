"""Sessions nobody arrived for, flagged by the clock and settled by a person.

Set by set: one batch is a few statements whatever it holds, and the partial index keeps the past out of it. Where
nobody could have recorded anything (the site wrote nothing that day, or the system was down), nobody is flagged: a
person is asked once instead.
"""

import datetime as dt
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from clinic import actions as clinic_actions
from clinic import queries as clinic_queries
from scheduling import bulk
from scheduling.actions import locking
from scheduling.domain import local_time
from scheduling.domain.states import SessionState
from scheduling.errors import IllegalMove
from scheduling.models import RecordingGap, Reservation, Session, SessionEvent

logger = logging.getLogger(__name__)

BATCH = 500
WORKER = "worker"  # whose heartbeat says that the system was up
LOOK_AGAIN = dt.timedelta(minutes=15)
# A person who takes the flag back has looked: the session is not flagged a second time.
_UNFLAGGED = {"state": SessionState.BOOKED.value, "missed_after": None}
_RECORDED = Q(arrived_at__isnull=False) | Q(state__in=[SessionState.NO_SHOW, SessionState.NOT_TREATED])


@dataclass(frozen=True, slots=True)
class Due:
    """A session past its time, as the sweep sees it."""

    pk: int
    site_id: int
    day: dt.date
    zone: str
    starts_at: dt.datetime
    missed_after: dt.datetime
    ends_at: dt.datetime


def flag_missed_sessions(*, now: dt.datetime) -> int:
    """Flag every booked session past its `missed_after` and return how many; running it again flags nothing twice.

    A batch that fails is repeated row by row: one poisoned row stops no other, and is logged.
    """
    if not _is_anything_due(now):
        return 0
    flagged, poisoned = 0, set[int]()
    while _due(now, poisoned).exists():
        try:
            flagged += _sweep(now, poisoned)
        except DatabaseError:
            logger.exception("A batch of missed sessions failed; repeating it row by row")
            flagged += _row_by_row(now, poisoned)
    return flagged


def _is_anything_due(now: dt.datetime) -> bool:
    # Asked every minute for ever: by hand, because building the query costs three times what it costs to run.
    table = connection.ops.quote_name(Session._meta.db_table)
    sql = f"SELECT 1 FROM {table} WHERE state = %s AND missed_after IS NOT NULL AND missed_after <= %s LIMIT 1"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [SessionState.BOOKED.value, connection.ops.adapt_datetimefield_value(now)])
        return cursor.fetchone() is not None


def _row_by_row(now: dt.datetime, poisoned: set[int]) -> int:
    flagged = 0
    for pk in list(_due(now, poisoned).values_list("pk", flat=True)[:BATCH]):
        try:
            flagged += _sweep(now, poisoned, only=pk)
        except DatabaseError:
            logger.exception("Session %s can't be flagged", pk)
            poisoned.add(pk)
    return flagged


@transaction.atomic(durable=True)
def _sweep(now: dt.datetime, skipped: set[int], only: int | None = None) -> int:
    """Deal with one batch and return how many it flagged; what somebody holds is added to the `skipped`."""
    due = _due(now, skipped)
    if only:
        due = due.filter(pk=only)
    wanted = list(due.values_list("pk", flat=True)[:BATCH]) if connection.vendor == "postgresql" else []
    if connection.vendor == "postgresql":
        # A second worker, or a receptionist on the row, is not waited for; the next run finds what is left.
        due = due.filter(pk__in=wanted).select_for_update(skip_locked=True, no_key=True, of=("self",))
    columns = ("pk", "site_id", "day", "zone", "starts_at", "missed_after", "ends_at")
    rows = [Due(*row) for row in due.values_list(*columns)[:BATCH]]
    skipped |= set(wanted) - {row.pk for row in rows}
    sorted_out = _sort_out(rows, now)
    _flag(sorted_out.flag, now)
    if sorted_out.wait:
        Session.objects.filter(pk__in=sorted_out.wait).update(missed_after=now + LOOK_AGAIN)
    for (site_id, day, was_down), ids in sorted_out.ask.items():
        _hold_back(site_id, day, was_down, ids, now)
    return len(sorted_out.flag)


@dataclass(slots=True)
class SortedOut:
    """What becomes of a batch: flagged, looked at again later, or asked about by (site, day, was down)."""

    flag: list[Due] = field(default_factory=list)
    wait: list[int] = field(default_factory=list)
    ask: dict[tuple[int, dt.date, bool], list[int]] = field(default_factory=dict)


def _sort_out(rows: Sequence[Due], now: dt.datetime) -> SortedOut:
    found = SortedOut()
    if not rows:
        return found
    down = clinic_queries.downtimes(name=WORKER, since=min(row.starts_at for row in rows), now=now)
    silent, wrote = _days(rows, down)
    for row in rows:
        day = (row.site_id, row.day)
        fell_in = any(since < row.missed_after and row.starts_at < until for since, until in down)
        if fell_in and day not in wrote:
            found.ask.setdefault((*day, True), []).append(row.pk)
        elif day not in silent:
            found.flag.append(row)
        elif local_time.today(now, row.zone) <= row.day:
            found.wait.append(row.pk)  # the day is not over: somebody may still record something
        else:
            found.ask.setdefault((*day, False), []).append(row.pk)
    return found


def _due(now: dt.datetime, poisoned: Collection[int]) -> QuerySet[Session]:
    due = Session.objects.filter(state=SessionState.BOOKED, missed_after__lte=now).order_by("missed_after")
    return due.exclude(pk__in=poisoned) if poisoned else due


Days = set[tuple[int, dt.date]]


def _days(rows: Sequence[Due], down: Sequence[tuple[dt.datetime, dt.datetime]]) -> tuple[Days, Days]:
    """Return the (site, day) pairs nobody recorded anything on, and those somebody wrote about since it went down."""
    pairs = {(row.site_id, row.day) for row in rows}
    of_days = Session.objects.filter(site__in={site for site, _day in pairs}, day__in={day for _site, day in pairs})
    recorded = set(of_days.filter(_RECORDED).values_list("site_id", "day").distinct().order_by())
    if not down:
        return pairs - recorded, pairs
    since = min(begin for begin, _end in down)
    written = SessionEvent.objects.filter(session=OuterRef("pk"), at__gte=since, by__isnull=False)
    wrote = set(of_days.filter(Exists(written)).values_list("site_id", "day").distinct().order_by())
    return pairs - recorded, wrote


def _flag(rows: Sequence[Due], now: dt.datetime) -> None:
    """Flag sessions with their events, and give back what they would still hold."""
    if not rows:
        return
    ids = [row.pk for row in rows]
    Session.objects.filter(pk__in=ids).update(state=SessionState.MISSED, version=F("version") + 1)
    going = [row.pk for row in rows if row.ends_at > now]
    if over := [row.pk for row in rows if row.ends_at <= now]:
        bulk.insert(
            SessionEvent,
            {"session_id": over},
            kind="flagged",
            from_state=SessionState.BOOKED,
            to_state=SessionState.MISSED,
            at=now,
            data={"before": dict(_UNFLAGGED)},
        )
    if going:
        _release(going, now)


def _release(ids: Sequence[int], now: dt.datetime) -> None:
    """Note the flags of sessions whose time is not over yet, and give back what they would still hold."""
    held: dict[int, dict[int, bool]] = {pk: {} for pk in ids}
    for row in Reservation.objects.filter(session__in=ids, is_active=True).order_by("pk"):
        held[row.session_id or 0][row.pk] = row.ends_at > now
    SessionEvent.objects.bulk_create(
        SessionEvent(
            session_id=pk,
            kind="flagged",
            from_state=SessionState.BOOKED,
            to_state=SessionState.MISSED,
            at=now,
            data={
                "before": {**_UNFLAGGED, "held": list(kept)},
                "after": {"held": [row for row, is_given_back in kept.items() if not is_given_back]},
            },
        )
        for pk, kept in held.items()
    )
    given_back = [row for kept in held.values() for row, is_given_back in kept.items() if is_given_back]
    Reservation.objects.filter(pk__in=given_back).update(is_active=False)


def _hold_back(site_id: int, day: dt.date, is_outage: bool, ids: Sequence[int], now: dt.datetime) -> None:
    """Ask about a day once: its sessions wait for a person's answer, not for the clock."""
    gap, _is_new = RecordingGap.objects.get_or_create(
        site_id=site_id, day=day, is_outage=is_outage, defaults={"noticed_at": now}
    )
    Session.objects.filter(pk__in=ids).update(missed_after=None, recording_gap=gap)


def settle_gap(*, request: clinic_actions.Request, gap_id: int, nobody_came: bool, now: dt.datetime) -> tuple[int, int]:
    """Answer the question about a day: flag everybody not recorded (`nobody_came`), or leave them to be recorded one
    by one; return the gap's id and how many were flagged.

    :raises IllegalMove: somebody answered it already.
    """
    flagged = 0

    def run() -> int:
        nonlocal flagged
        gap = RecordingGap.objects.select_for_update(no_key=True, of=("self",)).select_related("site").get(pk=gap_id)
        if gap.settled_at is not None:
            raise IllegalMove("Somebody has answered this already.")
        rows = Session.objects.filter(recording_gap=gap, state=SessionState.BOOKED).order_by("pk")
        patients = sorted(set(rows.values_list("patient_id", flat=True)))
        columns = ("pk", "site_id", "day", "zone", "starts_at", "ends_at", "ends_at")
        found = [Due(*row) for row in rows.select_for_update(no_key=True).values_list(*columns)] if nobody_came else []
        _flag(found, now)
        RecordingGap.objects.filter(pk=gap.pk).update(settled_at=now, settled_by=request.user)
        clinic_actions.write_audit(
            request=request,
            site=gap.site,
            action="recording_gap.settled",
            patient_ids=patients,
            object_type="recording_gap",
            object_id=gap.pk,
            now=now,
        )
        flagged = len(found)
        return gap.pk

    locking.once(request, run)
    return gap_id, flagged
