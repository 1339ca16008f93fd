"""The day: who is late, what nobody recorded or finished, what became free, what is out of service."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from attention.domain.items import API, Action, Item, Kind, Severity, look, on_session
from attention.queries.subjects import of_visit
from patients.domain.contact import GONE
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.refill import AT_ONCE
from scheduling.domain.states import QUIET_ENDS, CourseState, SessionState
from scheduling.queries import courses as stored
from scheduling.queries import watch
from scheduling.queries.watch import Displaced, Waiting, WatchedCourse, WatchedVisit

_UNFINISHED: dict[str, str] = {
    SessionState.BOOKED: "Nothing was recorded that day. Say what happened.",
    SessionState.ARRIVED: "The patient was here. Nothing after that is recorded.",
    SessionState.IN_TREATMENT: "It began. Nobody recorded the end.",
    SessionState.MONITORING: "The patient was being watched. Nobody recorded the end.",
}


def late_arrivals(
    expected: Sequence[WatchedVisit], courses: Sequence[WatchedCourse], site_ids: Sequence[int], now: dt.datetime
) -> list[Item]:
    """Return the visits of the day whose patient is late by the site's policy, until the clock flags them."""
    policies = watch.late_after(site_ids=site_ids)
    modalities = {course.course_id: course.definition.modality for course in courses}
    found = []
    for visit in expected:
        key = (visit.site_id, modalities.get(visit.course_id, ""))
        late = policies.get(key, policies[visit.site_id, ""])
        is_of_the_day = visit.day == local_time.today(now, visit.zone)
        is_flagged = visit.flag_at is not None and visit.flag_at <= now
        if is_of_the_day and not is_flagged and visit.starts_at + late < now:
            found.append(_late(visit, late, now))
    return found


def _late(visit: WatchedVisit, late: dt.timedelta, now: dt.datetime) -> Item:
    minutes = int((now - visit.starts_at).total_seconds() // 60)
    return Item(
        key=f"late:{visit.session_id}:{visit.timing_version}",
        kind=Kind.LATE_ARRIVAL,
        title=f"Expected at {clock_text(visit.minute)}",
        detail=f"{minutes} minutes late. Call; if nobody comes, record it.",
        severity=Severity.HIGH,
        since=visit.starts_at + late,
        deadline=visit.flag_at,
        action=on_session(visit.session_id, "no-show", "No-show"),
        **of_visit(visit),
    )


def missed_to_settle(site_ids: Sequence[int]) -> list[Item]:
    """Return the visits the worker flagged and nobody settled."""
    return [
        Item(
            key=f"missed:{session.pk}:{session.timing_version}",
            kind=Kind.MISSED_TO_SETTLE,
            site_id=session.site_id,
            zone=session.zone,
            patient_id=session.patient_id,
            last_name=session.patient.last_name,
            first_name=session.patient.preferred_name or session.patient.first_name,
            course_id=session.course_id,
            course_version=session.course.version,
            session_id=session.pk,
            session_version=session.version,
            about=(session.patient_id,),
            title=f"{clock_text(session.minute)} on {day_text(session.day)}",
            detail="Nobody has said what happened.",
            severity=Severity.HIGH,
            since=session.missed_after or session.ends_at,
            deadline=local_time.day_bounds(session.day, session.zone)[1],
            action=on_session(session.pk, "no-show", "No-show"),
        )
        for session in stored.missed_to_settle(site_ids=site_ids)
        if _is_asked_about(session)
    ]


def _is_asked_about(session: Any) -> bool:
    """Tell whether the end of a course left its unsettled visits to be asked about."""
    is_quiet = session.course.end_reason in QUIET_ENDS or session.patient.state in GONE
    return not is_quiet and session.course.state != CourseState.ENTERED_IN_ERROR


def not_closed(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return the visits of earlier days whose record was never finished."""
    return [
        Item(
            key=f"open:{visit.session_id}:{visit.timing_version}",
            kind=Kind.NOT_CLOSED,
            title=f"{clock_text(visit.minute)} on {day_text(visit.day)} is still open",
            detail=_UNFINISHED[visit.state],
            severity=Severity.MEDIUM,
            since=visit.since,
            action=_closing(visit),
            **of_visit(visit),
        )
        for visit in watch.visits_unclosed(site_ids=site_ids, now=now)
    ]


def _closing(visit: WatchedVisit) -> Action:
    if visit.state in (SessionState.IN_TREATMENT, SessionState.MONITORING):
        return on_session(visit.session_id, "complete", "Done")
    if visit.state == SessionState.ARRIVED:
        return on_session(visit.session_id, "start", "It took place")
    return on_session(visit.session_id, "no-show", "No-show")


def not_recorded(site_ids: Sequence[int]) -> list[Item]:
    """Return the days of which nothing was recorded: one question for all their visits."""
    return [
        Item(
            key=f"day:{day.gap_id}",
            kind=Kind.DAY_NOT_RECORDED,
            site_id=day.site_id,
            zone=day.zone,
            title=f"{'The system was down' if day.is_outage else 'Nothing was recorded'} on {day_text(day.day)}",
            detail=f"{_visits(day.visits)} for an answer: did nobody come, or was it not recorded?",
            severity=Severity.HIGH,
            since=day.noticed_at,
            action=Action("settle", "Say what happened", "POST", f"{API}recording-gaps/{day.gap_id}/settle/"),
        )
        for day in watch.days_not_recorded(site_ids=site_ids)
    ]


def _visits(count: int) -> str:
    return "1 visit waits" if count == 1 else f"{count} visits wait"


def freed(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return the times of the coming days that a cancellation freed and nobody has taken."""
    waiting = watch.people_waiting(site_ids=site_ids, now=now)
    return [
        Item(
            key=f"freed:{visit.session_id}:{visit.timing_version}",
            kind=Kind.FREED_SLOT,
            title=f"{day_text(visit.day)}, {clock_text(visit.minute)} is free",
            detail=_what_is_done(visit, waiting),
            severity=Severity.LOW,
            since=visit.since,
            deadline=visit.starts_at,
            action=_filling(visit, waiting),
            **of_visit(visit),
        )
        for visit in watch.visits_freed(site_ids=site_ids, now=now)
    ]


def _what_is_done(visit: WatchedVisit, waiting: Waiting) -> str:
    asked = waiting.asked.get((visit.resource_id, visit.starts_at))
    if asked is None:
        return "A visit was cancelled. Offer the time to somebody who wants to come sooner."
    _day, minute = local_time.wall(asked.until, visit.zone)
    return f"Offered to {asked.people} until {clock_text(minute)}. The first yes has it."


def _filling(visit: WatchedVisit, waiting: Waiting) -> Action:
    """Return what fills a freed time: asking whoever waits, or seeing to it by hand where nobody does."""
    if visit.site_id not in waiting.site_ids:
        return look(f"sessions/?site={visit.site_id}&date={visit.day}", "See the day")
    path = f"freed-times/{visit.session_id}/offers/"
    if (visit.resource_id, visit.starts_at) in waiting.asked:
        return look(path, "See who was asked")
    return Action("offer", f"Offer to {AT_ONCE}", "POST", f"{API}{path}")


def out_of_service(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return what lies over booked visits: a block as one item, an outage or a closure by itself as one each."""
    return [_blocked(row, now) for row in watch.visits_displaced(site_ids=site_ids, now=now)]


def _blocked(row: Displaced, now: dt.datetime) -> Item:
    first, count, by = row.visits[0], len(row.visits), row.by
    visits = "visit" if count == 1 else "visits"
    day, minute = local_time.wall(by.starts_at, first.zone)
    what = "Closed" if by.closure_id else "Out of service"
    when = f"from {day_text(day)}, {clock_text(minute)}"
    if by.block_id:
        key, title = f"block:{by.block_id}", f"{count} {visits} still {'needs' if count == 1 else 'need'} a place"
        path = f"{API}outages/{by.block_id}/preview/"
        action = Action("preview", "Find places for those left", "POST", path)
        cause = f"Blocked {when}."
    else:
        key = f"closure:{by.closure_id}" if by.closure_id else f"outage:{by.outage_id}"
        title = f"{count} {visits} to move"
        action = on_session(first.session_id, "move/preview", "Move the first one")
        cause = f"{what} {when}."
    return Item(
        key=key,
        kind=Kind.OUT_OF_SERVICE,
        site_id=first.site_id,
        zone=first.zone,
        course_id=first.course_id,
        course_version=first.course_version,
        session_id=first.session_id,
        session_version=first.version,
        resource_id=by.resource_id,
        about=tuple(sorted({visit.patient_id for visit in row.visits})),
        title=title,
        detail=f"{cause} The first visit is {day_text(first.day)}, {clock_text(first.minute)}.",
        severity=Severity.HIGH,
        since=min(by.starts_at, now),
        deadline=first.starts_at,
        action=action,
    )
