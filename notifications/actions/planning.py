"""From what happened and what is coming to message rows. Planning twice adds nothing: the key is the memory."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction

from clinic import queries as clinic_queries
from clinic.models import Site
from notifications.actions.transitions import address_hash
from notifications.domain import texts
from notifications.domain.states import Kind, MessageState
from notifications.models import Message
from patients.domain.contact import Channel
from patients.reach import Reach, reach_of
from scheduling.domain import local_time
from scheduling.queries import messaging
from scheduling.queries.messaging import BookedCourse, ComingSession

HOLD = dt.timedelta(minutes=3)  # a slip undone at once sends nothing (screens.md 2.4)
LOOK_BACK = dt.timedelta(days=2)
REMIND_AT, REMIND_UNTIL = 10 * 60, 20 * 60
DIGEST_AT, DIGEST_UNTIL = 12 * 60, 20 * 60
FRIDAY = 5
_NAMES = uuid.UUID("5f1f4b0e-6c1d-4a53-9f0e-0a6f2f2b7c11")


def plan_messages(*, now: dt.datetime) -> int:
    """Insert the messages that follow from new courses and coming sessions; return how many rows are new."""
    sites = {site.pk: site for site in clinic_queries.all_sites()}
    rows = _for_new_courses(sites, now)
    for site in sites.values():
        rows += _for_coming_sessions(site, now)
    return _insert(rows)


@transaction.atomic(durable=True)
def _insert(rows: Sequence[Message]) -> int:
    """Insert what is new; of two planners that insert the same row, the key lets one win."""
    keys = [row.dedupe_key for row in rows]
    known = set(Message.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    new = [row for row in rows if row.dedupe_key not in known]
    Message.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    return len(new)


def _for_new_courses(sites: Mapping[int, Site], now: dt.datetime) -> list[Message]:
    courses = [c for c in messaging.booked_courses(since=now - LOOK_BACK) if c.first_starts_at > now]
    reach = reach_of({course.patient_id for course in courses})
    return [row for course in courses for row in _rows(_booked(course), sites[course.site_id], reach, now)]


def _booked(course: BookedCourse) -> Message:
    return Message(
        dedupe_key=f"course-{course.course_id}",
        patient_id=course.patient_id,
        course_id=course.course_id,
        kind=Kind.BOOKED,
        due_at=course.booked_at + HOLD,
        send_by=course.first_starts_at,
    )


def _for_coming_sessions(site: Site, now: dt.datetime) -> list[Message]:
    today = local_time.today(now, site.zone)
    monday = today + dt.timedelta(days=8 - today.isoweekday())
    week = [monday + dt.timedelta(days=offset) for offset in range(7)]
    coming = messaging.sessions_coming(site_id=site.pk, days=[*_next_days(today), *week])
    drafts = [_day_before(session, site) for session in coming if _is_reminded(session)]
    drafts += _digests(coming, week, site)
    due = [draft for draft in drafts if draft.due_at <= now < draft.send_by]
    reach = reach_of({draft.patient_id for draft in due if draft.patient_id})
    return [row for draft in due for row in _rows(draft, site, reach, now)]


def _next_days(today: dt.date) -> list[dt.date]:
    return [today + dt.timedelta(days=1)]


def _is_reminded(session: ComingSession) -> bool:
    return session.style == "every_visit" or session.is_unusual


def _day_before(session: ComingSession, site: Site) -> Message:
    eve = session.day - dt.timedelta(days=1)
    return Message(
        dedupe_key=f"session-{session.session_id}.{session.timing_version}",
        patient_id=session.patient_id,
        course_id=session.course_id,
        session_id=session.session_id,
        timing_version=session.timing_version,
        kind=Kind.DAY_BEFORE,
        due_at=local_time.to_utc(eve, REMIND_AT, site.zone),
        send_by=local_time.to_utc(eve, REMIND_UNTIL, site.zone),
    )


def _digests(coming: Iterable[ComingSession], week: Sequence[dt.date], site: Site) -> list[Message]:
    courses = {s.course_id: s.patient_id for s in coming if s.style == "weekly_digest" and s.day in week}
    friday = week[0] - dt.timedelta(days=8 - FRIDAY)
    return [
        Message(
            dedupe_key=f"course-{course_id}.{week[0]:%Y%m%d}",
            patient_id=patient_id,
            course_id=course_id,
            week_of=week[0],
            kind=Kind.WEEK,
            due_at=local_time.to_utc(friday, DIGEST_AT, site.zone),
            send_by=local_time.to_utc(week[0] - dt.timedelta(days=1), DIGEST_UNTIL, site.zone),
        )
        for course_id, patient_id in sorted(courses.items())
    ]


def _rows(draft: Message, site: Site, reach: Mapping[tuple[int, Channel], Reach], now: dt.datetime) -> list[Message]:
    """Return one row for each channel the patient agreed to, or one row that says nobody could be reached."""
    assert draft.patient_id is not None
    ways = [
        (channel, reach[(draft.patient_id, channel)]) for channel in Channel if (draft.patient_id, channel) in reach
    ]
    if not ways:
        nobody = _copy(draft, site, now, Channel.SMS, None)
        nobody.state = MessageState.UNREACHABLE
        nobody.reason = "No consent with a usable phone or e-mail. Call the patient."
        nobody.settled_at = now
        return [nobody]
    return [_copy(draft, site, now, channel, way) for channel, way in ways]


def _copy(draft: Message, site: Site, now: dt.datetime, channel: Channel, way: Reach | None) -> Message:
    key = f"{draft.dedupe_key}:{draft.kind}:{channel}:{way.contact_point_id if way else 'nobody'}"
    return Message(
        # Made of the key: planned again after a restore, it is the message the provider knows already.
        id=uuid.uuid5(_NAMES, key),
        dedupe_key=key,
        site=site,
        patient_id=draft.patient_id,
        course_id=draft.course_id,
        session_id=draft.session_id,
        timing_version=draft.timing_version,
        week_of=draft.week_of,
        contact_point_id=way.contact_point_id if way else None,
        address_hash=address_hash(way.address) if way else "",
        language=way.language if way else "",
        kind=draft.kind,
        channel=channel,
        due_at=draft.due_at,
        send_by=draft.send_by,
        template_version=texts.VERSION,
        created_at=now,
    )
