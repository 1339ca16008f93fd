"""From what happened and what is coming to message rows. Planning twice adds nothing: the key is the memory."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from notifications import hours
from notifications.actions import changes, driving, reminders
from notifications.actions.rows import row
from notifications.actions.scene import HOLD, Scene, scene
from notifications.actions.told import not_said_before
from notifications.domain.cadence import OPTIONAL, PURPOSES, VITAL
from notifications.domain.states import Kind, MessageState
from notifications.domain.window import LAW
from notifications.models import AskedFor, Message
from notifications.policies import hours_of
from patients.domain.contact import Channel, Purpose
from patients.reach import Reach, reach_by_purpose, reach_of_people

__all__ = ["HOLD", "new_of", "plan_messages", "rows_of"]

NO_TIME = "There was no time left at which the site may write. Call the patient."
_Ways = Mapping[tuple[int, Channel], Reach]


def plan_messages(*, now: dt.datetime) -> int:
    """Insert the messages that follow from what happened and what is coming; return how many rows are new.

    The number of statements does not depend on how much there is, and their cost not on how much was said before.
    """
    seen = scene(now)
    if not seen.sites:
        return 0
    asked = frozenset(AskedFor.objects.values_list("patient_id", "kind"))
    changed = changes.of_changes(seen)
    ways = driving.rides_of(seen)
    drafts = [
        *changes.of_courses(seen),
        *changed.drafts,
        *changes.of_offers(seen),
        *reminders.of_weeks(seen),
        *reminders.of_sessions(seen, asked, changed),
        *driving.to_drivers(seen, ways),
        *reminders.of_recalls(seen),
    ]
    planned = _insert(rows_of(drafts, seen))
    driving.let_go(seen, ways)  # last: it waits for whoever is at the course
    return planned


def rows_of(drafts: Iterable[Message], seen: Scene) -> list[Message]:
    """Return the rows of drafts for every way their readers agreed to, each within the hours of its site."""
    wanted = [each for each in drafts if each.kind not in seen.policy(each.site_id).kinds_off]
    reach = _Reach.of(wanted)
    return [made for each in wanted for made in _rows(each, seen, reach)]


def _unsaid(rows: Sequence[Message]) -> list[Message]:
    """Return the new rows of which nothing was said to another address: who gets a new phone is not told all again.

    Whom nobody could reach by then may be reached now.
    """
    if not rows:
        return []
    known = Message.objects.filter(
        Q(session__in={each.session_id for each in rows if each.session_id})
        | Q(course__in={each.course_id for each in rows if not each.session_id}, session=None)
        | Q(offer__in={each.offer_id for each in rows if each.offer_id})
    ).exclude(state=MessageState.UNREACHABLE, address_hash="")
    columns = (
        "kind",
        "session_id",
        "timing_version",
        "course_id",
        "week_of",
        "offer_id",
        "related_person_id",
        "channel",
    )
    said = {_subject(*values) for values in known.values_list(*columns)}
    return [each for each in rows if _subject(*(getattr(each, name) for name in columns)) not in said]


def _subject(kind: str, session: int | None, timing: int, course: int | None, *rest: object) -> tuple[object, ...]:
    # A session says which course it is of.
    return (str(kind), session, timing if session else 0, None if session else course, *rest)


@dataclass(frozen=True, slots=True)
class _Reach:
    """How whoever a draft is for may be reached; at most four statements."""

    patients: Mapping[Purpose, _Ways]
    people: _Ways

    @classmethod
    def of(cls, drafts: Sequence[Message]) -> "_Reach":
        people = {each.related_person_id for each in drafts if each.related_person_id}
        patients = {each.patient_id for each in drafts if each.patient_id and not each.related_person_id}
        purposes = {_purpose(each) for each in drafts}
        return cls(reach_by_purpose(patients, purposes) if patients else {}, reach_of_people(people) if people else {})

    def ways(self, draft: Message) -> list[tuple[Channel, Reach]]:
        """Return the channels a draft goes by, and where to."""
        found = self.people if draft.related_person_id else self.patients.get(_purpose(draft), {})
        who = draft.related_person_id or draft.patient_id or 0
        return [(channel, found[(who, channel)]) for channel in Channel if (who, channel) in found]


def _purpose(draft: Message) -> Purpose:
    return Purpose(PURPOSES[Kind(draft.kind)])


def _rows(draft: Message, seen: Scene, reach: _Reach) -> list[Message]:
    """Return one row for each channel the reader agreed to, or one row that says nobody could be reached; none yet
    where its time has not come."""
    ways: Sequence[tuple[Channel, Reach | None]] = reach.ways(draft) or [(Channel.SMS, None)]
    rows = [_placed(draft, seen, channel, way) for channel, way in ways if way or draft.kind not in OPTIONAL]
    return [made for made in rows if made is not None]


def _placed(draft: Message, seen: Scene, channel: Channel, way: Reach | None) -> Message | None:
    site = seen.sites[draft.site_id]
    at = _said_at(draft, seen, (way.zone if way else "") or site.zone)
    if at and at > seen.now + HOLD and draft.due_at > seen.now:
        return None  # a row too early would be one too many if the visit changes by then
    made = row(draft, site=site, now=seen.now, channel=channel, reach=way)
    if at is None and way:
        made.state, made.reason, made.settled_at = MessageState.SKIPPED_STALE, NO_TIME, seen.now
    elif at and (at < draft.due_at or at > max(draft.due_at, seen.now)):
        made.due_at = at
    return made


def _said_at(draft: Message, seen: Scene, zone: str) -> dt.datetime | None:
    """Return when something is said, within the hours at which its reader may be written to; None: never in time."""
    found = hours.placed(
        draft.due_at, until=draft.send_by, zone=zone, hours=hours_of(seen.policy(draft.site_id)), now=seen.now
    )
    if found is None and draft.kind in VITAL:
        return hours.placed(draft.due_at, until=draft.send_by, zone=zone, hours=LAW, now=seen.now)
    return found


@transaction.atomic(durable=True)
def _insert(rows: Iterable[Message]) -> int:
    """Insert what is new; of two planners that insert the same row, the key lets one win."""
    new = new_of(rows)
    Message.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    return len(new)


def new_of(rows: Iterable[Message]) -> list[Message]:
    """Return those rows that say something new: not planned before, and not said in other words."""
    made = {each.dedupe_key: each for each in rows}
    known = set(Message.objects.filter(dedupe_key__in=made).values_list("dedupe_key", flat=True)) if made else set()
    new = [each for key, each in made.items() if key not in known]
    # Who drives is named by the key itself, whatever their phone.
    to_people = [each for each in new if each.related_person_id]
    return not_said_before([*to_people, *_unsaid([each for each in new if not each.related_person_id])])
