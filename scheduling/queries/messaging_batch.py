"""What a message says about its visits, read at once for several messages: the same answers as `messaging`."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from functools import cached_property
from typing import Protocol

from scheduling.domain.states import SessionState
from scheduling.models import Session
from scheduling.queries.messaging import Visit


class Visits(Protocol):
    """Who knows when visits are: `messaging` itself, or what was read ahead."""

    def visit_if_unchanged(self, *, session_id: int, timing_version: int) -> Visit | None:
        """Return when a session is, if it is still booked and was not moved since; else None."""
        ...

    def visits_of(self, *, course_id: int, since: dt.datetime, until: dt.datetime | None = None) -> list[Visit]:
        """Return a course's booked visits that begin in a stretch of time, in order."""
        ...


class VisitsAhead:
    """The booked visits of some sessions and courses: one statement for either, when first asked for.

    What was not named beforehand is not known: it raises KeyError, for no visit and not read are two things.
    """

    def __init__(self, *, session_ids: Collection[int], course_ids: Collection[int]) -> None:
        self._session_ids, self._course_ids = frozenset(session_ids), frozenset(course_ids)

    def visit_if_unchanged(self, *, session_id: int, timing_version: int) -> Visit | None:
        """Return when a session is, if it is still booked and was not moved since; else None."""
        if session_id not in self._session_ids:
            raise KeyError(session_id)
        return self._of_sessions.get((session_id, timing_version))

    def visits_of(self, *, course_id: int, since: dt.datetime, until: dt.datetime | None = None) -> list[Visit]:
        """Return a course's booked visits that begin in a stretch of time, in order."""
        if course_id not in self._course_ids:
            raise KeyError(course_id)
        return [
            visit
            for visit in self._of_courses[course_id]
            if visit.starts_at >= since and (until is None or visit.starts_at < until)
        ]

    @cached_property
    def _of_sessions(self) -> dict[tuple[int, int], Visit]:
        rows = Session.objects.filter(pk__in=self._session_ids, state=SessionState.BOOKED)
        return {
            (pk, version): Visit(day, minute, starts_at, is_confirmed=confirmed_at is not None)
            for pk, version, day, minute, starts_at, confirmed_at in rows.values_list(
                "pk", "timing_version", "day", "minute", "starts_at", "confirmed_at"
            )
        }

    @cached_property
    def _of_courses(self) -> defaultdict[int, list[Visit]]:
        found: defaultdict[int, list[Visit]] = defaultdict(list)
        rows = Session.objects.filter(course_id__in=self._course_ids, state=SessionState.BOOKED).order_by("starts_at")
        for course_id, day, minute, starts_at in rows.values_list("course_id", "day", "minute", "starts_at"):
            found[course_id].append(Visit(day, minute, starts_at))
        return found
