"""What a site set for itself, and what it was asked."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from scheduling.domain.operations import ProposalState
from scheduling.domain.policy import DEFAULT_LATE_MINUTES
from scheduling.domain.states import CourseState, SessionState
from scheduling.models import AttendancePolicy, Course, LevelProposal, RecordingGap


@dataclass(frozen=True, slots=True)
class DayNotRecorded:
    """A day on which a site recorded nothing, or the system was down, and how many visits wait for an answer."""

    gap_id: int
    site_id: int
    zone: str
    day: dt.date
    is_outage: bool
    noticed_at: dt.datetime
    visits: int


def days_not_recorded(*, site_ids: Sequence[int]) -> list[DayNotRecorded]:
    """Return the days some sites were asked about and nobody has answered, the oldest first."""
    waiting = Count("sessions", filter=Q(sessions__state=SessionState.BOOKED))
    rows = RecordingGap.objects.filter(site_id__in=site_ids, settled_at=None).annotate(visits=waiting)
    columns = ("pk", "site_id", "site__zone", "day", "is_outage", "noticed_at", "visits")
    return [DayNotRecorded(*row) for row in rows.filter(visits__gt=0).order_by("day", "pk").values_list(*columns)]


def late_after(*, site_ids: Sequence[int]) -> dict[tuple[int, str], dt.timedelta]:
    """Return after which time a visit counts as late, by site and modality; the empty modality is for all others."""
    found = {(site_id, ""): dt.timedelta(minutes=DEFAULT_LATE_MINUTES) for site_id in site_ids}
    rows = AttendancePolicy.objects.filter(site_id__in=site_ids).values_list("site_id", "modality", "late_minutes")
    return found | {(site_id, modality): dt.timedelta(minutes=minutes) for site_id, modality, minutes in rows}


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """A proposal to level the future that waits for a manager: how many visits move, and how many fit then."""

    proposal_id: int
    site_id: int
    zone: str
    made_at: dt.datetime
    moves: int
    opens: int


def proposals_open(*, site_ids: Sequence[int]) -> list[OpenProposal]:
    """Return the open proposals of some sites whose courses go on as they were read; two statements."""
    if not site_ids:
        return []
    rows = list(LevelProposal.objects.filter(site_id__in=site_ids, state=ProposalState.OPEN).select_related("site"))
    ids = {move["course"] for row in rows for move in row.moves}
    # Asked even if nothing is open: how many statements a list costs must not depend on what is on it.
    courses = Course.objects.filter(pk__in=ids or {0}, state=CourseState.ACTIVE)
    versions = dict(courses.values_list("pk", "version"))
    return [
        OpenProposal(row.pk, row.site_id, row.site.zone, row.made_at, len(row.moves), len(row.gain["starts"]))
        for row in rows
        if all(versions.get(move["course"]) == move["version"] for move in row.moves)
    ]
