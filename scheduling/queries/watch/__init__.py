"""What is watched over: courses under way, and visits, days, places and grants that may need a person.

Bulk readers for many sites at once: each costs the same few statements whatever it finds.
"""

from scheduling.queries.watch.courses import LIVE, WatchedCourse, WatchedSession, courses_watched
from scheduling.queries.watch.grants import WatchedGrant, grants_watched
from scheduling.queries.watch.sites import DayNotRecorded, days_not_recorded, late_after
from scheduling.queries.watch.visits import (
    Displaced,
    WatchedVisit,
    visits_displaced,
    visits_expected,
    visits_freed,
    visits_unclosed,
)

__all__ = [
    "LIVE",
    "DayNotRecorded",
    "Displaced",
    "WatchedCourse",
    "WatchedGrant",
    "WatchedSession",
    "WatchedVisit",
    "courses_watched",
    "days_not_recorded",
    "grants_watched",
    "late_after",
    "visits_displaced",
    "visits_expected",
    "visits_freed",
    "visits_unclosed",
]
