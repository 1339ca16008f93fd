"""Which rules of its protocol a stored course breaks, asked where people and not the planner chose a place."""

import datetime as dt
from collections.abc import Sequence

from scheduling.domain.ground import longest_gap_of
from scheduling.domain.living import Sitting
from scheduling.domain.local_time import day_text
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.rules import Broken, broken
from scheduling.domain.states import CourseState
from scheduling.errors import IllegalMove
from scheduling.models import Course, CourseEvent, Session
from scheduling.queries.living import Counted, counted, definition_under

_CHANGES = (
    "moved",
    "pulled_forward",
    "levelled",
    "made_up",
    "makeup_waived",
    "resumed",
    "extended",
    "resized",
    "reseated",
    "moved_back",
)
_NEAR = {"per_day", "spacing", "min_gap", "per_week"}
_STANDS_STILL: dict[str, str] = {CourseState.ON_HOLD: "on hold", CourseState.DISCONTINUED: "ended"}


def series_of(definition: ProtocolDefinition, phase: str) -> str:
    """Return the series a phase belongs to."""
    return next((each.series for each in definition.phases if each.name == phase), definition.series[0])


def rules_broken(course: Course, session: Session, *, now: dt.datetime) -> list[Broken]:
    """Return the rules a counted session breaks where it is stored now."""
    definition = definition_under(course)
    found = counted(course, definition, series_of(definition, session.phase), now=now)
    return _of(definition, found, session)


def check_restored(course: Course, sessions: Sequence[Session], *, since: dt.datetime, now: dt.datetime) -> None:
    """Refuse what undoing would put ahead of a course that stands still, or beside something changed after it.

    :raises IllegalMove: the words name what is in the way.
    """
    back = [session for session in sessions if session.is_counted and session.starts_at > now]
    if back and course.state in _STANDS_STILL:
        raise IllegalMove(
            f"Can't undo: this course is {_STANDS_STILL[course.state]}. Visits can't be put back into it."
        )
    if not CourseEvent.objects.filter(course=course, at__gte=since, kind__in=_CHANGES).exists():
        return
    for session in back:
        faults = rules_broken(course, session, now=now)
        if faults:
            raise IllegalMove(
                f"Can't undo: the visit on {day_text(session.day)} would break a rule now: {faults[0].text}. "
                "Move it by hand."
            )
    counted = Session.objects.filter(course=course, is_counted=True).count()
    if any(session.is_counted for session in sessions) and counted > course.prescribed:
        raise IllegalMove(
            f"Can't undo: {counted} visits would stand for the {course.prescribed} that are prescribed now. "
            "Cancel what was booked in its place, or take back the decision not to make it up, first."
        )


def check_beside(session: Session, *, now: dt.datetime) -> None:
    """Refuse a lost visit that takes place after all beside one that was put near it meanwhile.

    :raises IllegalMove: the words name the rule.
    """
    near = [fault for fault in rules_broken(session.course, session, now=now) if fault.code in _NEAR]
    if near:
        raise IllegalMove(
            f"Another visit of this course stands too near: {near[0].text}. Move or cancel that one first."
        )


def _of(definition: ProtocolDefinition, found: Counted, session: Session) -> list[Broken]:
    mine = next(
        (each for each in found.sittings if (each.day, each.minute) == (session.day, session.minute)),
        Sitting(session.number, session.phase, session.day, session.minute, 0, True, session.visit_type),
    )
    return broken(definition, found.sittings, mine, longest_gap=longest_gap_of(definition))
