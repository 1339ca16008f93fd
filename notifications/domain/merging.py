"""Pure: when one message says what another one would, so that a number gets one text and not two."""

import datetime as dt
from dataclasses import dataclass

from notifications.domain.states import Kind

# Reminders of a visit, the one that says most first: it carries the others.
_RANK = {Kind.PREP: 0, Kind.RIDE: 1, Kind.DAY_BEFORE: 2, Kind.FIRST_VISIT: 3, Kind.AHEAD: 4}
_ASKING = frozenset({Kind.DAY_BEFORE, Kind.FIRST_VISIT, Kind.AHEAD})
# Several of one kind can be said at once: "your visits moved".
_PLURAL = frozenset({Kind.BOOKED, Kind.WEEK, Kind.MOVED, Kind.CANCELLED})


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about. `visits`: session and timing, with those of the messages merged into it; `days`: theirs.

    `has_left`: it was handed over; `is_old`: on an earlier day. `is_late`: it should have left long ago, as after an
    outage. `is_first`: of the first visit of a course.
    """

    kind: Kind
    course_id: int | None
    visits: frozenset[tuple[int, int]] = frozenset()
    days: frozenset[dt.date] = frozenset()
    week_of: dt.date | None = None
    has_left: bool = False
    is_late: bool = False
    is_first: bool = False
    is_old: bool = False


def covers(by: About, what: About) -> bool:
    """Tell whether a message says by itself all that another one would."""
    if what.kind is Kind.BOOKED:
        # Late: the visit that comes is said to be booked by its reminder, and the link shows the rest.
        is_close = by.kind in _RANK or by.kind is Kind.WEEK
        return is_close and what.is_late and by.course_id == what.course_id
    if what.kind in (Kind.MOVED, Kind.CANCELLED):
        # Not yet on its way, it will be true of the course as it is by then.
        return by.kind is Kind.BOOKED and by.course_id == what.course_id and not by.has_left
    if what.kind is Kind.RIDE:
        return by.kind is Kind.PREP and what.visits <= by.visits
    if what.kind not in _ASKING:
        return False
    if by.kind is Kind.WEEK and by.course_id == what.course_id:
        return _is_in_week(by, what)
    names_one = by.kind is Kind.MOVED and len(by.visits) == 1  # several: the text leaves the times to the link
    return (by.kind in _RANK or names_one) and what.visits <= by.visits


def _is_in_week(by: About, what: About) -> bool:
    if by.is_old and (
        (what.is_first and what.kind is Kind.DAY_BEFORE) or any(timing > 1 for _id, timing in what.visits)
    ):
        return False  # the very first visit is reminded of the day before; of what moved since, another time was said
    assert by.week_of is not None
    return all(by.week_of <= day < by.week_of + dt.timedelta(days=7) for day in what.days)


def carries(by: About, what: About) -> bool:
    """Tell whether a message that has not left yet can say what another one would, too."""
    if covers(by, what):
        return True
    if by.kind is what.kind and by.kind in _PLURAL:
        return by.week_of == what.week_of
    if by.kind is Kind.MOVED:
        return what.kind is Kind.CANCELLED
    ranked = by.kind in _RANK and what.kind in _RANK and _RANK[by.kind] <= _RANK[what.kind]
    return ranked and by.days == what.days


def leads(by: About, what: About) -> bool:
    """Tell whether, of two that carry each other, the first is the one to leave: never both, and never neither."""
    return carries(by, what) and (not carries(what, by) or _order(by) < _order(what))


def _order(about: About) -> tuple[int, list[tuple[int, int]], int]:
    return _RANK.get(about.kind, 0), sorted(about.visits), about.course_id or 0
