"""Where a patient waits for an earlier time, and where they may."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from portal.pages import Visitor
from scheduling.queries import waitlist
from scheduling.queries.coming import ComingVisit
from scheduling.queries.waitlist import OwnEntry

ENOUGH = 2  # visits ahead: one alone is better changed than waited for


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the list, or one somebody may take; `since`: the first visit it is about."""

    entry: OwnEntry | None
    course_id: int | None
    since: dt.date | None

    @property
    def key(self) -> str:
        """What a form of it carries."""
        return f"course-{self.course_id}" if self.course_id or self.entry is None else f"entry-{self.entry.entry_id}"


def places(visitor: Visitor, visits: Sequence[ComingVisit]) -> list[Place]:
    """Return the places a patient has on the list, and those they may take: of courses with visits enough ahead.

    One statement, two if there is one to take.
    """
    entries = waitlist.own_list(visitor.link.patient_id)
    ahead = [each for each in visits if each.starts_at > visitor.now]
    first = {each.course_id: each.day for each in reversed(ahead)}
    mine = [Place(each, each.course_id, first.get(each.course_id or 0)) for each in entries]
    many = {course for course, count in Counter(each.course_id for each in ahead).items() if count >= ENOUGH}
    free = many - {each.course_id for each in mine}
    if not free:
        return mine
    under_way = waitlist.courses_under_way(visitor.link.patient_id)
    return mine + [Place(None, course, first[course]) for course in under_way if course in free]


def is_for_first(found: Sequence[Place]) -> bool:
    """Tell whether somebody waits for nothing but a first visit."""
    return bool(found) and all(each.course_id is None for each in found)
