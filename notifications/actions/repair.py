"""What follows from a message that certainly did not arrive: the same by e-mail, no more to an address that is wrong.

Each is looked at once. What can't be said in any other way is an item for a person (attention: could not be reached).
"""

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import Max, Min

from notifications.actions.rows import row
from notifications.domain import mail_status
from notifications.domain.cadence import PURPOSES
from notifications.domain.states import REFUSED, Kind, MessageState
from notifications.models import Message
from patients import contact_actions
from patients.domain.contact import Channel, Problem, Purpose
from patients.reach import Reach, reach_of

BATCH = 100
LEAST_TIME = dt.timedelta(minutes=10)  # an e-mail nobody can read in time helps nobody
LOOK_BACK = dt.timedelta(days=2)  # older failures are history: an address may have been asked about since
RECYCLED_AFTER = dt.timedelta(days=45)  # domain.md 4.1
_PROBLEMS = {
    "21211": Problem.INVALID,
    "21614": Problem.LANDLINE,
    "30005": Problem.OUT_OF_SERVICE,
    "30006": Problem.LANDLINE,
}
_M = MessageState


def repair_messages(*, now: dt.datetime) -> int:
    """Do what follows from the messages that failed since the last time; return how many e-mails are new."""
    made = 0
    while found := _repair_batch(now):
        made += found[1]
    return made


@transaction.atomic(durable=True)
def _repair_batch(now: dt.datetime) -> tuple[int, int] | None:
    waiting = Message.objects.filter(state__in=REFUSED, repaired_at=None).order_by("settled_at")
    if connection.vendor == "postgresql":
        waiting = waiting.select_for_update(skip_locked=True, of=("self",))
    failed = list(waiting.select_related("site")[:BATCH])
    if not failed:
        return None
    for message in failed:
        _note_problem(message, now)
    made = _insert([copy for message in failed for copy in said_by_mail(message, now=now)])
    Message.objects.filter(pk__in=[message.pk for message in failed]).update(repaired_at=now)
    return len(failed), made


def said_by_mail(message: Message, *, now: dt.datetime) -> list[Message]:
    """Return the rows that say by e-mail what a text should have said, and what was merged into it; perhaps none."""
    if message.channel != Channel.SMS or message.patient_id is None or message.send_by - now < LEAST_TIME:
        return []
    said = [message, *Message.objects.filter(merged_into=message).select_related("site")]
    rows = []
    for each in said:
        reach = way_of(each, Channel.EMAIL)
        if reach and not each.inbound_id and not each.related_person_id:
            rows.append(again(each, subject=subject_of(each), channel=Channel.EMAIL, reach=reach, now=now))
    return rows


def way_of(message: Message, channel: Channel) -> Reach | None:
    """Return how the patient a message is for may be reached about such things, if at all."""
    assert message.patient_id is not None
    purpose = Purpose(PURPOSES[Kind(message.kind)].value)
    return reach_of([message.patient_id], purpose).get((message.patient_id, channel))


def again(message: Message, *, subject: str, channel: Channel, reach: Reach, now: dt.datetime) -> Message:
    """Return the unsaved row that says the same, due now, under a subject of its own or by another channel."""
    draft = Message(
        dedupe_key=subject,
        patient_id=message.patient_id,
        course_id=message.course_id,
        session_id=message.session_id,
        timing_version=message.timing_version,
        week_of=message.week_of,
        offer_id=message.offer_id,
        inbound_id=message.inbound_id,
        kind=message.kind,
        due_at=now,
        send_by=message.send_by,
    )
    return row(draft, site=message.site, now=now, channel=channel, reach=reach)


def subject_of(message: Message) -> str:
    """Return the part of a message's key that says what it is about."""
    return message.dedupe_key.partition(":")[0]


def _insert(rows: Sequence[Message]) -> int:
    """Insert what is new: where both ways were planned from the start, the e-mail is there already."""
    keys = [each.dedupe_key for each in rows]
    known = set(Message.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    new = [each for each in rows if each.dedupe_key not in known]
    Message.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _note_problem(message: Message, now: dt.datetime) -> None:
    settled = message.settled_at or message.due_at
    if message.contact_point_id is None or settled < now - LOOK_BACK:
        return
    problem = _problem(message, now)
    if problem:
        contact_actions.note_problem(contact_point_id=message.contact_point_id, problem=problem, now=now)


def _problem(message: Message, now: dt.datetime) -> Problem | None:
    if message.channel == Channel.EMAIL:
        return Problem.BOUNCED if mail_status.is_about_the_address(message.error_code) else None
    known = _PROBLEMS.get(message.error_code)
    return known or (Problem.UNCONFIRMED if _is_silent_for_weeks(message, now) else None)


def _is_silent_for_weeks(message: Message, now: dt.datetime) -> bool:
    """Tell whether nothing got through to a number for so long that it may be somebody else's by now."""
    if message.state == _M.SUPPRESSED or not message.address_hash:
        return False
    same = Message.objects.filter(address_hash=message.address_hash, channel=message.channel)
    arrived = same.filter(state__in=(_M.DELIVERED, _M.SENT)).aggregate(at=Max("handed_at"))["at"]
    failed = same.filter(state__in=(_M.FAILED, _M.UNDELIVERED))
    since = (failed.filter(due_at__gt=arrived) if arrived else failed).aggregate(at=Min("due_at"))["at"]
    return bool(since and now - since >= RECYCLED_AFTER)
