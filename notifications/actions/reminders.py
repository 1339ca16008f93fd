"""What follows from coming visits: reminders, a week's times, recalls."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from notifications.actions.changes import Changed
from notifications.actions.scene import HOLD, Scene, draft
from notifications.domain import cadence
from notifications.domain.cadence import (
    LEAST_AHEAD_MINUTES,
    LONGEST_AHEAD,
    PREP_UNTIL,
    SAME_DAY_MINUTES,
    SAME_DAY_UNTIL,
    WITHOUT_VISIT_DAYS,
    Cadence,
    Moment,
    Only,
)
from notifications.domain.states import Kind
from notifications.models import Message
from patients.domain.questions import FORMS
from patients.watch import latest_measures
from scheduling.domain import local_time
from scheduling.domain.local_time import monday_of
from scheduling.domain.measures import BASELINE_DAYS, asked_from
from scheduling.queries import messaging
from scheduling.queries.messaging import ComingSession, CourseWeek, Unbooked

# Looked at so long before it is due: what falls into somebody's night is said before it, not after.
EARLY = dt.timedelta(hours=16)
A_DAY = dt.timedelta(days=1)
A_WEEK = dt.timedelta(days=7)
WELL_BEFORE = 60  # minutes
LEAST_AHEAD = dt.timedelta(minutes=LEAST_AHEAD_MINUTES)
BASELINE = dt.timedelta(days=BASELINE_DAYS)
RECALL_FOR = dt.timedelta(days=3)  # how long after it is due a recall is of use
Asked = Collection[tuple[int, str]]  # patient and kind


def of_sessions(scene: Scene, asked: Asked, changed: Changed) -> list[Message]:
    """Return the reminders of coming visits that are due, one for each visit: the newest that is still of use."""
    # Those just changed are left out: somebody is still at it.
    coming = [
        each
        for each in messaging.sessions_coming(**_days(scene))
        if scene.now - each.timed_at >= HOLD and each.course_id not in changed.held
    ]
    scores = latest_measures({each.patient_id for each in coming if _places(each)})
    found = [form for each in coming for form in _forms(scene, each, scores, changed)]
    for session in coming:
        plan = cadence_of(session.reminders, needs_company=session.needs_company)
        due = [
            moment
            for moment in plan.moments
            if moment.kind is not Kind.ESCORT
            and _is_meant(scene, session, moment, asked, changed)
            and _due(scene, session, moment, plan) <= scene.now + EARLY
        ]
        found += _drafts(scene, session, due, plan, _told_at(session, changed))
    return found


def _told_at(session: ComingSession, changed: Changed) -> dt.datetime | None:
    """Return when a visit got a time of which its patient is told by itself; None: nobody tells them."""
    return changed.moved.get((session.session_id, session.timing_version), session.booked_by_hand_at)


def _days(scene: Scene) -> dict[str, dt.date]:
    # A day more: what is due tomorrow where it is today already.
    days = [scene.today(site_id) for site_id in scene.sites]
    last = max(days) + A_DAY * (cadence.AHEAD_DAYS + 1)
    return {"first": min(days), "last": last, "far": max(days) + A_DAY * (LONGEST_AHEAD + 1)}


def cadence_of(reminders: Mapping[str, Any], *, needs_company: bool) -> Cadence:
    """Return what a protocol as it is stored has; what it does not say is as usual."""
    at = reminders.get("at")
    return cadence.cadence(
        style=reminders.get("style", "weekly_digest"),
        needs_company=needs_company,
        ahead_days=reminders.get("ahead_days"),
        at=local_time.parse_wall(at) if at else None,
        off=tuple(reminders.get("off") or ()),
    )


def _is_meant(scene: Scene, session: ComingSession, moment: Moment, asked: Asked, changed: Changed) -> bool:
    if moment.is_answered_by_yes and session.is_confirmed:
        return False
    if session.starts_at <= scene.now:
        return False
    is_first = session.previous_day is None
    was_asked = (session.patient_id, moment.kind.value) in asked
    return {
        Only.EVERY: True,
        Only.FIRST: is_first,
        Only.LATER: not is_first,
        Only.UNUSUAL: was_asked or is_first or _is_unusual(scene, session, changed),
        Only.ASKED: was_asked,
    }[moment.only]


def _is_unusual(scene: Scene, session: ComingSession, changed: Changed) -> bool:
    """Tell whether a daily patient may not have this visit in mind: after days without one, or moved after the digest
    of its week had said another time."""
    assert session.previous_day is not None
    if (session.day - session.previous_day).days > WITHOUT_VISIT_DAYS:
        return True
    moved_at = changed.moved.get((session.session_id, session.timing_version))
    return moved_at is not None and moved_at > digest_due(scene, session.site_id, monday_of(session.day))


def _due(scene: Scene, session: ComingSession, moment: Moment, plan: Cadence) -> dt.datetime:
    if moment.kind is Kind.SAME_DAY:
        return session.starts_at - dt.timedelta(minutes=SAME_DAY_MINUTES)
    return scene.at(
        session.site_id, session.day - A_DAY * moment.days, minute_of(scene, session.site_id, plan, moment.by)
    )


def minute_of(scene: Scene, site_id: int, plan: Cadence, by: int | None = None) -> int:
    """Return the minute of a site's day at which a reminder is due.

    As the protocol has it, else the site, and well before it has to be sent `by`.
    """
    usual = scene.policy(site_id).remind_minute if plan.at is None else plan.at
    return usual if by is None else min(usual, by - WELL_BEFORE)


@dataclass(frozen=True, slots=True)
class _Timed:
    moment: Moment
    due: dt.datetime
    until: dt.datetime


def _drafts(
    scene: Scene, session: ComingSession, due: list[Moment], plan: Cadence, told_at: dt.datetime | None
) -> list[Message]:
    timed = [_timed(scene, session, moment, plan) for moment in due]
    useful = [each for each in timed if each and not _was_told_by_change(scene, session, each, told_at)]
    same_day = [each for each in useful if each.moment.kind is Kind.SAME_DAY]
    others = [each for each in useful if each.moment.kind is not Kind.SAME_DAY]
    # Of several that are overdue only the newest: it says all that the older ones would.
    newest = max(others, key=lambda each: each.due, default=None)
    return [_about(session, each.moment.kind, each.due, each.until) for each in [newest, *same_day] if each]


def _about(session: ComingSession, kind: Kind, due: dt.datetime, until: dt.datetime) -> Message:
    return draft(
        kind,
        f"session-{session.session_id}.{session.timing_version}",
        site_id=session.site_id,
        patient_id=session.patient_id,
        due_at=due,
        until=until,
        course_id=session.course_id,
        session_id=session.session_id,
        timing_version=session.timing_version,
    )


def _timed(scene: Scene, session: ComingSession, moment: Moment, plan: Cadence) -> _Timed | None:
    """Return when a reminder is due and until when it is of use; None: the next one says more by now."""
    due = _due(scene, session, moment, plan)
    if moment.kind is Kind.SAME_DAY:
        return _Timed(moment, due, session.starts_at - dt.timedelta(minutes=SAME_DAY_UNTIL))
    if moment.kind is Kind.PREP:
        return _Timed(moment, due, scene.at(session.site_id, session.day - A_DAY, PREP_UNTIL))
    if moment.days == 1:
        return _Timed(moment, due, session.starts_at - LEAST_AHEAD)
    until = scene.at(session.site_id, session.day - A_DAY, minute_of(scene, session.site_id, plan))
    return _Timed(moment, due, until) if scene.now < until else None


def _was_told_by_change(scene: Scene, session: ComingSession, timed: _Timed, told_at: dt.datetime | None) -> bool:
    """Tell whether the visit was booked or moved so late that the message about that says all of it."""
    if told_at is None:
        return False
    if timed.moment.days > 1:
        return told_at > timed.due
    return local_time.today(told_at, scene.sites[session.site_id].zone) >= session.day


def _places(session: ComingSession) -> list[str]:
    """Return the forms a protocol wants from a patient before a visit: after so many visits, it says."""
    return [name for name, places in session.measures.items() if name in FORMS and session.number - 1 in places]


def _forms(
    scene: Scene, session: ComingSession, scores: Mapping[tuple[int, str], dt.date], changed: Changed
) -> list[Message]:
    """Return the form due before a visit, two days ahead at most, unless its scores are there already."""
    since = session.previous_day or session.day - BASELINE
    missing = [each for each in _places(session) if scores.get((session.patient_id, each), dt.date.min) < since]
    plan = cadence_of(session.reminders, needs_company=session.needs_company)
    if not missing or not plan.has_forms:
        return []
    day = asked_from(session.day, session.previous_day)
    due = scene.at(session.site_id, day, minute_of(scene, session.site_id, plan))
    until = session.starts_at - dt.timedelta(minutes=SAME_DAY_UNTIL)
    told_at = _told_at(session, changed)
    if due > scene.now + EARLY or scene.now >= until or (told_at is not None and told_at > due):
        return []
    return [_about(session, Kind.FORM_DUE, due, until)]


def of_weeks(scene: Scene) -> list[Message]:
    """Return the digests of this week and the next that are due and not over."""
    mondays = {
        monday_of(scene.today(site_id)) + A_WEEK * weeks
        for site_id in scene.sites
        for weeks in (0, 1, 2)
        if digest_due(scene, site_id, monday_of(scene.today(site_id)) + A_WEEK * weeks) <= scene.now + EARLY
    }
    found = messaging.weeks_coming(mondays=mondays, now=scene.now)
    return [
        _digest(scene, week, monday)
        for monday, weeks in found.items()
        for week in weeks
        if _is_digest_due(scene, week, monday)
    ]


def digest_due(scene: Scene, site_id: int, monday: dt.date) -> dt.datetime:
    """Return when a site says the times of the week that begins on a Monday: on its weekday before it."""
    policy = scene.policy(site_id)
    return scene.at(site_id, monday - A_DAY * (8 - policy.digest_weekday), policy.digest_minute)


def _is_digest_due(scene: Scene, week: CourseWeek, monday: dt.date) -> bool:
    due = digest_due(scene, week.site_id, monday)
    if not cadence_of(week.reminders, needs_company=False).has_digest:
        return False
    # What was booked after it was due was told as booked.
    return due <= scene.now + EARLY and week.known_at <= due and scene.now < week.last_starts_at - LEAST_AHEAD


def _digest(scene: Scene, week: CourseWeek, monday: dt.date) -> Message:
    return draft(
        Kind.WEEK,
        f"course-{week.course_id}.{monday:%Y%m%d}",
        site_id=week.site_id,
        patient_id=week.patient_id,
        due_at=digest_due(scene, week.site_id, monday),
        until=week.last_starts_at - LEAST_AHEAD,
        course_id=week.course_id,
        week_of=monday,
    )


def of_recalls(scene: Scene) -> list[Message]:
    """Return the recalls due: when the time for the next visit of a long-interval course opens, and a week later."""
    rows = [row for row in messaging.unbooked() if cadence_of(row.reminders, needs_company=False).has_recall]
    drafts = [_recall(scene, row, after) for row in rows for after in (0, 7)]
    return [each for each in drafts if each.due_at <= scene.now + EARLY and scene.now < each.send_by]


def _recall(scene: Scene, row: Unbooked, after: int) -> Message:
    opens = row.last_day + A_WEEK * (row.weeks - 1)
    day = opens + A_DAY * after
    due = scene.at(row.site_id, day, scene.policy(row.site_id).remind_minute)
    return draft(
        Kind.RECALL,
        f"course-{row.course_id}.{monday_of(day):%Y%m%d}",
        site_id=row.site_id,
        patient_id=row.patient_id,
        due_at=due,
        until=due + RECALL_FOR,
        course_id=row.course_id,
        week_of=monday_of(day),
    )
