"""The three minutes in which a text is held, in the hand of who made the change: at once, or not at all.

Within them there is no row yet, except for a new course; both answers make the rows the planner would make, so that
it finds them said.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.errors import Conflict
from notifications.actions import changes
from notifications.actions.planning import new_of, rows_of
from notifications.actions.scene import HOLD, scene
from notifications.actions.transitions import move_all
from notifications.domain.cadence import CHANGES
from notifications.domain.states import COUNTED, Kind, MessageState
from notifications.models import Message
from scheduling.models import Course

__all__ = ["HOLD", "Held", "dont_send", "held_of", "send_now"]

NOTHING = "Nothing is held any more: it has gone, or there is nothing to say."
_HELD_KINDS = CHANGES | {Kind.BOOKED}


@dataclass(frozen=True, slots=True)
class Held:
    """What a course's patient is about to be told, and the zone of its site. `is_correction`: an earlier text has gone
    already."""

    due_at: dt.datetime
    channels: tuple[str, ...]
    is_correction: bool
    zone: str


def held_of(*, course_id: int, now: dt.datetime) -> Held | None:
    """Return what is held for a course; None: nothing goes out, or nobody can be reached."""
    held = _unplanned(course_id, now)
    rows = [row for row, _until in held] + list(_planned(course_id))
    if not rows:
        return None
    gone = Message.objects.filter(
        course=course_id, kind__in=CHANGES, state__in=COUNTED, handed_at__gt=now - 2 * HOLD
    ).exists()
    zone = Course.objects.values_list("site__zone", flat=True).get(pk=course_id)
    due = [max(row.due_at, until) for row, until in held] + [row.due_at for row in rows[len(held) :]]
    # A row that is due already is on its way: what can still be held says when.
    ahead = [at for at in due if at > now] or due
    return Held(min(ahead), tuple(sorted({str(row.channel) for row in rows})), gone, zone)


@transaction.atomic(durable=True)
def send_now(*, request: clinic_actions.Request, course_id: int, now: dt.datetime) -> int:
    """Tell a course's patient what is held as soon as the site may write, and return how many messages that are.

    :raises Conflict: nothing is held any more.
    """
    keys = _made(course_id, now)
    rows = Message.objects.filter(dedupe_key__in=keys, state=MessageState.PENDING)
    early = [row.pk for row in rows if row.due_at <= row.created_at + HOLD]
    # What waits for the site's hours waits for them all the same.
    Message.objects.filter(pk__in=early, due_at__gt=now).update(due_at=now)
    return _noted(request, course_id, "message.sent_at_once", len(rows), now)


@transaction.atomic(durable=True)
def dont_send(*, request: clinic_actions.Request, course_id: int, now: dt.datetime) -> int:
    """Tell a course's patient nothing of what is held, and return how many messages that are.

    :raises Conflict: nothing is held any more.
    """
    count = move_all(
        Message.objects.filter(dedupe_key__in=_made(course_id, now)),
        before=MessageState.PENDING,
        to=MessageState.SKIPPED_CHANGED,
        reason=f"{request.staff.name} chose not to send it."[:160],
        settled_at=now,
    )
    return _noted(request, course_id, "message.not_sent", count, now)


def _made(course_id: int, now: dt.datetime) -> list[str]:
    """Make the rows that are held, due as soon as the site may write, and return the keys of all of them."""
    new = [row for row, _until in _unplanned(course_id, now)]
    keys = [row.dedupe_key for row in [*new, *_planned(course_id)]]
    Message.objects.bulk_create(new, ignore_conflicts=True)  # the planner may come at the same moment
    return keys


def _unplanned(course_id: int, now: dt.datetime) -> list[tuple[Message, dt.datetime]]:
    """Return the rows that the planner will make once nobody is at the course, as if that were now, and until when
    each is held."""
    seen = scene(now)
    booked = [draft for draft in changes.of_courses(seen) if draft.course_id == course_id and draft.due_at > now]
    drafts = [*booked, *changes.of_changes(seen, course_id=course_id).drafts]
    until = {draft.dedupe_key: draft.due_at for draft in drafts}
    for draft in drafts:
        draft.due_at = now  # else what waits for the site's hours has no row yet
    rows = [row for row in new_of(rows_of(drafts, seen)) if row.state == MessageState.PENDING]
    return [(row, until[row.dedupe_key.partition(":")[0]]) for row in rows]


def _planned(course_id: int) -> Iterable[Message]:
    """Return the rows that wait already."""
    return Message.objects.filter(
        course=course_id, kind__in=_HELD_KINDS, state=MessageState.PENDING, related_person=None
    ).order_by("pk")


def _noted(request: clinic_actions.Request, course_id: int, action: str, count: int, now: dt.datetime) -> int:
    if not count:
        raise Conflict(NOTHING, code="nothing_held")
    course = Course.objects.select_related("site").get(pk=course_id)
    clinic_actions.write_audit(
        request=request,
        site=course.site,
        action=action,
        patient_ids=[course.patient_id],
        object_type="course",
        object_id=course.pk,
        now=now,
    )
    return count
