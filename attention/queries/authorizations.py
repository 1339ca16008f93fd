"""What payers granted runs out: booked visits nobody pays for, few units, few days."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from attention.domain.items import API, Action, Item, Kind, Severity, look
from attention.queries.subjects import of_course
from scheduling.domain import coverage, local_time
from scheduling.domain.coverage import Coverage
from scheduling.domain.local_time import day_text
from scheduling.domain.states import AuthorizationState
from scheduling.queries import watch
from scheduling.queries.burn_down import LOW_DAYS, LOW_UNITS
from scheduling.queries.watch import WatchedCourse, WatchedGrant

_S = AuthorizationState
_ASKED = {_S.SUBMITTED, _S.PENDED, _S.APPEALED}


def authorizations_short(courses: Sequence[WatchedCourse]) -> list[Item]:
    """Return the courses that run out of what their payer granted; a course no authorisation is about is left out."""
    watched = [course for course in courses if course.state in watch.LIVE and course.goes_on]
    grants = watch.grants_watched({course.patient_id for course in watched})
    asked = watch.extensions_asked(course.course_id for course in watched)
    return [item for course in watched for item in _of_course(course, grants, asked.get(course.course_id))]


def _of_course(
    course: WatchedCourse, grants: Mapping[int, Sequence[WatchedGrant]], asked: tuple[dt.datetime, str] | None
) -> Iterator[Item]:
    codes = course.definition.billing.codes
    about = [grant for grant in grants.get(course.patient_id, ()) if grant.codes & codes]
    granted = [grant for grant in about if grant.is_granted]
    if not granted:
        return
    is_asked = bool(asked) or any(grant.state in _ASKED for grant in about)
    if any(session.uncovered for session in course.coming):
        yield _uncovered(course, granted[-1], is_asked=is_asked, asked=_asked_words(course, asked))
    elif not is_asked:
        yield from _running_out(course, granted)


def _asked_words(course: WatchedCourse, asked: tuple[dt.datetime, str] | None) -> str:
    if asked is None:
        return "An extension was asked for."
    at, who = asked
    day = local_time.today(at, course.zone)
    return f"An extension was asked for {day:%b} {day.day} by {who}."


def _uncovered(course: WatchedCourse, grant: WatchedGrant, *, is_asked: bool, asked: str) -> Item:
    """Return the red item: nothing pays for some of the booked visits."""
    counted = [session for session in course.sessions if session.is_counted]
    words = coverage.words(
        Coverage(
            tuple(None if session.uncovered else 0 for session in counted),
            {place: session.uncovered for place, session in enumerate(counted) if session.uncovered},
        )
    )
    unpaid = [session for session in course.coming if session.uncovered]
    return Item(
        key=f"uncovered:{course.course_id}:{grant.authorization_id}:{grant.version}",
        kind=Kind.AUTHORIZATION_SHORT,
        title="1 booked visit is not covered" if len(unpaid) == 1 else f"{len(unpaid)} booked visits are not covered",
        detail=f"{words} {asked if is_asked else 'Ask for an extension, or move them.'}",
        severity=Severity.HIGH,
        since=_since(course),
        deadline=course.starts_at(unpaid[0]),
        action=_request(course, is_asked=is_asked),
        **of_course(course, unpaid[0]),
    )


def _running_out(course: WatchedCourse, granted: Sequence[WatchedGrant]) -> Iterator[Item]:
    """Yield the amber item: everything booked is paid for, but little is left and the course goes on."""
    today, last = course.today, granted[-1]
    in_force = [grant for grant in granted if grant.ends_on >= today]
    units = sum(grant.left for grant in in_force)
    days = (last.ends_on - today).days
    if days > LOW_DAYS and (last.unit == "mg" or units > LOW_UNITS):
        return
    left = f"{units} {'mg' if last.unit == 'mg' else 'unit' if units == 1 else 'units'} left"
    yield Item(
        key=f"running_out:{course.course_id}:{last.authorization_id}:{last.version}",
        kind=Kind.AUTHORIZATION_SHORT,
        title=f"{left}, until {day_text(last.ends_on)}" if days >= 0 else f"Ended on {day_text(last.ends_on)}",
        detail=_how_far(course, sum(grant.booked for grant in in_force)),
        severity=Severity.MEDIUM if course.owed or course.is_endless else Severity.LOW,
        since=_since(course),
        deadline=local_time.day_bounds(last.ends_on, course.zone)[1],
        action=_request(course, is_asked=False),
        **of_course(course),
    )


def _how_far(course: WatchedCourse, booked: int) -> str:
    """Return whether what is left is enough for what is booked, and what is still owed beside it."""
    enough = f"Enough for what is booked ({booked})." if course.coming else "Nothing is booked on it."
    more = f" {course.owed} more {'is' if course.owed == 1 else 'are'} owed." if course.owed else ""
    return f"{enough}{more}{' The course has no end.' if course.is_endless else ''}"


def _since(course: WatchedCourse) -> dt.datetime:
    return course.ends_at(course.delivered[-1]) if course.delivered else course.booked_at


def _request(course: WatchedCourse, *, is_asked: bool) -> Action:
    if is_asked:
        return look(f"patients/{course.patient_id}/life/", "Ask how far it is")
    path = f"{API}patients/{course.patient_id}/authorizations/"
    return Action("request", "Request an extension", "POST", path)
