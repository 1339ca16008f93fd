"""What blocks have moved: which changes are still in force, where visits were told to be first, who was told."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from scheduling.domain.history import BESIDE, Step, latest_in_force
from scheduling.models import CourseEvent, SessionEvent

RESEATED = "reseated"
MOVED_BACK = "moved_back"


@dataclass(frozen=True, slots=True)
class Moved:
    """A visit that a block moved: the event that did, its facts before, and whether nothing happened to it since."""

    session_id: int
    course_id: int
    event_id: int
    before: Mapping[str, Any]
    is_untouched: bool


def changes_in_force(block_id: int) -> list[CourseEvent]:
    """Return the changes a block made that were not taken back, oldest first; course fetched, one statement."""
    events = list(CourseEvent.objects.filter(block=block_id).select_related("course").order_by("pk"))
    undone = {event.data.get("undoes") for event in events if event.kind == "undone"}
    return [event for event in events if event.kind in (RESEATED, MOVED_BACK) and event.pk not in undone]


def reseated_by(block_id: int) -> frozenset[int]:
    """Return the ids of the sessions a block has moved and nobody took back; two statements."""
    changes = [event.pk for event in changes_in_force(block_id)]
    return frozenset(SessionEvent.objects.filter(change__in=changes).values_list("session_id", flat=True))


def moved_by(block_id: int) -> list[Moved]:
    """Return the visits a block moved and that are not back, by session; three statements."""
    changes = changes_in_force(block_id)
    reseated = {event.pk for event in changes if event.kind == RESEATED}
    back = {event.pk for event in changes if event.kind == MOVED_BACK}
    rows = list(SessionEvent.objects.filter(change__in=reseated | back).order_by("pk"))
    gone_back = {row.session_id for row in rows if row.change_id in back}
    mine = {row.session_id: row for row in rows if row.change_id in reseated and row.session_id not in gone_back}
    latest = latest_of(mine)
    courses = {event.pk: event.course_id for event in changes}
    return [
        Moved(
            session_id=session_id,
            course_id=courses[row.change_id or 0],
            event_id=row.pk,
            before=row.data["before"],
            is_untouched=latest.get(session_id) == row.pk,
        )
        for session_id, row in sorted(mine.items())
    ]


def latest_of(session_ids: Collection[int]) -> dict[int, int]:
    """Return the newest event of some sessions that was not taken back; one statement."""
    steps: dict[int, list[Step]] = defaultdict(list)
    rows = SessionEvent.objects.filter(session__in=session_ids).exclude(kind__in=BESIDE).order_by("pk")
    for pk, session_id, kind, frm, to, data in rows.values_list(
        "pk", "session_id", "kind", "from_state", "to_state", "data"
    ):
        steps[session_id].append(Step(id=pk, kind=kind, from_state=frm, to_state=to, undoes=data.get("undoes")))
    found = {session_id: latest_in_force(each) for session_id, each in steps.items()}
    return {session_id: step.id for session_id, step in found.items() if step}


@dataclass(frozen=True, slots=True)
class ToTell:
    """One patient whose visits a block moved: the changes of all their courses are one thing to say."""

    patient_id: int
    change_ids: tuple[int, ...]
    session_ids: tuple[int, ...]


def patients_to_tell(block_id: int) -> list[ToTell]:
    """Return the patients a block moved, each once for all their courses; who has to be called is not there."""
    changes = {event.pk: event.course.patient_id for event in changes_in_force(block_id)}
    sessions: dict[int, set[int]] = defaultdict(set)
    for change_id, session_id in SessionEvent.objects.filter(change__in=changes).values_list("change_id", "session_id"):
        sessions[changes[change_id or 0]].add(session_id)
    return [
        ToTell(
            patient_id=patient_id,
            change_ids=tuple(pk for pk, whose in changes.items() if whose == patient_id),
            session_ids=tuple(sorted(ids)),
        )
        for patient_id, ids in sorted(sessions.items())
    ]


def first_told(moved: Moved, *, day: dt.date, minute: int) -> tuple[dt.date, int, list[int]]:
    """Return day, minute and reservations a visit had before it was moved; `day` and `minute`: where it is now."""
    before = moved.before
    was_on = dt.date.fromisoformat(before["day"]) if "day" in before else day
    return was_on, int(before.get("minute", minute)), list(before.get("held", []))
