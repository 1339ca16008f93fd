"""Two records of one person become one, and within a day two again: all of it in one transaction."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db.models import F, Q, QuerySet

from clinic import actions as clinic_actions
from notifications.actions.rows import row as message_row
from notifications.actions.transitions import FREE, address_hash, move_all
from notifications.domain.cadence import PURPOSES
from notifications.domain.states import COUNTED, Kind, MessageState
from notifications.models import AskedFor, InboundMessage, Message
from patients import joining as patient_joining
from patients.domain.contact import Channel, ContactKind, Purpose
from patients.errors import NotFound
from patients.models import ContactPoint, PatientMerge
from patients.moved_rows import MovedRows
from patients.reach import Reach, reach_by_purpose
from scheduling.actions import joining as scheduling_joining
from scheduling.actions import locking

SAID = "Said before the records of this patient were merged."
TOLD_FOR = dt.timedelta(days=30)  # longer than planning looks back, and than any reminder is ahead of its visit
_CHANNELS = {ContactKind.PHONE: Channel.SMS, ContactKind.EMAIL: Channel.EMAIL}
_SUBJECT = ("kind", "session_id", "timing_version", "course_id", "week_of", "offer_id")


def join_records(
    *,
    request: clinic_actions.Request,
    kept_id: int,
    gone_id: int,
    versions: tuple[int, int],
    take: Collection[str] = (),
    is_sure: bool = False,
    now: dt.datetime,
) -> tuple[int, bool]:
    """Merge one record of a patient into another one; return the merge's id, and whether it was done before.

    `versions`: of the kept record and the other, as they were shown; `take`: the fields and the kinds of address that
    are right in the other; `is_sure`: a person saw that the birth dates differ.

    :raises NotFound: there are no two such records at one site.
    :raises Merged: one of them was merged already.
    :raises Stale: one of them was changed since it was read.
    :raises Conflict: both have a visit at one time.
    :raises Rejected: the birth dates differ and nobody is sure, or only one of the records says they died.
    """

    def run() -> int:
        scheduling_joining.lock(kept_id, gone_id)
        kept, gone = patient_joining.pair(kept_id=kept_id, gone_id=gone_id, versions=versions, is_sure=is_sure)
        moved = MovedRows()
        patient_joining.move(moved, kept, gone, take=take, now=now)
        scheduling_joining.move(moved, kept_id=kept_id, gone_id=gone_id, now=now)
        _move(moved, kept_id=kept_id, gone_id=gone_id, now=now)
        merge = patient_joining.write(request=request, kept=kept, gone=gone, moved=moved, now=now)
        clinic_actions.remember_request(request=request, result_id=merge.pk, now=now)
        return merge.pk

    return locking.once(request, run)


def part_records(*, request: clinic_actions.Request, merge_id: int, now: dt.datetime) -> int:
    """Take a merge back within a day; return how many texts about what goes back left meanwhile.

    What was noted since about the patient stays with the record that was kept; what was done to the courses that had
    moved goes back with them.

    :raises NotFound: there is no such merge.
    :raises Conflict: it was taken back, a day has passed, or the kept record was merged on.
    """
    left = 0

    def run() -> int:
        nonlocal left
        ids = PatientMerge.objects.filter(pk=merge_id).values_list("kept", "gone").first()
        if ids is None:
            raise NotFound("There is no such merge.")
        scheduling_joining.lock(*ids)
        merge = patient_joining.to_part(merge_id=merge_id, now=now)
        _release(merge.kept_id)
        patient_joining.part(merge, request=request, now=now)
        courses = scheduling_joining.follow(merge.steps, kept_id=merge.kept_id, gone_id=merge.gone_id)
        left = _follow(merge, courses)
        return merge.pk

    locking.once(request, run)
    return left


def _move(moved: MovedRows, *, kept_id: int, gone_id: int, now: dt.datetime) -> None:
    _release(gone_id)
    for model in (Message, InboundMessage):
        moved.change(model.objects.filter(patient=gone_id), patient_id=kept_id)
    known = AskedFor.objects.filter(patient=kept_id).values("kind")
    moved.change(AskedFor.objects.filter(patient=gone_id).exclude(kind__in=known), patient_id=kept_id)
    _readdress(moved, kept_id)
    moved.made(_twins(kept_id, now))


def _release(patient_id: int) -> None:
    """Put back what a worker has claimed and not yet begun to send: it looked at the other record."""
    move_all(
        Message.objects.filter(patient=patient_id),
        before=MessageState.CLAIMED,
        to=MessageState.PENDING,
        **FREE,
        attempt=F("attempt") - 1,
    )


def _readdress(moved: MovedRows, patient_id: int) -> None:
    """Let what waits go to the number or address the patient uses: to another one it would not leave."""
    points = ContactPoint.objects.filter(patient=patient_id, is_preferred=True)
    for point in points:
        waiting = Message.objects.filter(
            patient=patient_id,
            channel=_CHANNELS[ContactKind(point.kind)],
            state=MessageState.PENDING,
            inbound=None,
            related_person=None,
            contact_point__isnull=False,
        )
        moved.change(
            waiting.exclude(contact_point=point),
            only={"state": MessageState.PENDING.value},
            contact_point_id=point.pk,
            address_hash=address_hash(point.value),
        )


def _twins(patient_id: int, now: dt.datetime) -> list[Message]:
    """Return rows that say, for each channel the patient is reached by from now on, what they were told by another.

    Planning knows what was said by subject and channel: without these the merged record would be told all of it again
    by the channel the other record brought along.
    """
    ways = reach_by_purpose([patient_id], list(Purpose))
    said = _said(patient_id, now)
    made = []
    for about, by_channel in said.items():
        purpose = Purpose(PURPOSES[Kind(str(about[0]))])
        for channel in Channel:
            reach = ways[purpose].get((patient_id, channel))
            if reach and channel not in by_channel:
                made.append(_twin(next(iter(by_channel.values())), channel, reach, now))
    return made


def _said(patient_id: int, now: dt.datetime) -> dict[tuple[object, ...], dict[str, Message]]:
    """Return what the patient was told lately about something, by subject and channel."""
    rows = Message.objects.filter(
        Q(state__in=COUNTED) | Q(state=MessageState.SKIPPED_MERGED, merged_into__state__in=COUNTED),
        patient=patient_id,
        inbound=None,
        related_person=None,
        created_at__gte=now - TOLD_FOR,
    )
    found: dict[tuple[object, ...], dict[str, Message]] = defaultdict(dict)
    for each in rows.select_related("site").order_by("created_at", "pk"):
        found[tuple(getattr(each, name) for name in _SUBJECT)][each.channel] = each
    waiting = Message.objects.filter(patient=patient_id, inbound=None, related_person=None)
    for *about, channel in waiting.values_list(*_SUBJECT, "channel"):
        if tuple(about) in found:
            found[tuple(about)].setdefault(channel, next(iter(found[tuple(about)].values())))
    return found


def _twin(told: Message, channel: Channel, reach: Reach, now: dt.datetime) -> Message:
    draft = Message(
        dedupe_key=told.dedupe_key.split(":")[0],
        due_at=told.due_at,
        send_by=told.send_by,
        patient_id=told.patient_id,
        **{name: getattr(told, name) for name in _SUBJECT},
    )
    made = message_row(draft, site=told.site, now=now, channel=channel, reach=reach)
    made.state, made.reason, made.settled_at = MessageState.SKIPPED_MERGED, SAID, now
    made.merged_into_id = told.merged_into_id or told.pk
    return made


def _follow(merge: PatientMerge, courses: Sequence[int]) -> int:
    """Let the messages about courses that went back follow them; return how many had left since the merge."""
    about = _about(courses)
    left = about.filter(state__in=COUNTED, handed_at__gt=merge.at).count()
    about.filter(patient=merge.kept_id).update(patient=merge.gone_id)
    for patient_id in (merge.kept_id, merge.gone_id):
        _readdress(MovedRows(), patient_id)
    return left


def _about(courses: Iterable[int]) -> QuerySet[Message]:
    ids = list(courses)
    of_courses = Q(course__in=ids) | Q(session__course__in=ids) | Q(offer__entry__course__in=ids)
    return Message.objects.filter(pk__in=list(Message.objects.filter(of_courses).values_list("pk", flat=True)))
