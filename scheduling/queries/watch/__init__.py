"""What is watched over: courses under way, and visits, days, places and grants that may need a person.

Bulk readers for many sites at once: each costs the same few statements whatever it finds.
"""

from scheduling.queries.watch.courses import LIVE, WatchedCourse, WatchedSession, courses_watched
from scheduling.queries.watch.displaced import Displaced, visits_displaced
from scheduling.queries.watch.gates import FormDue, GatedCourse, GatedHold, forms_due, gates_watched
from scheduling.queries.watch.grants import WatchedGrant, extensions_asked, grants_watched
from scheduling.queries.watch.help import HelpAsked, help_asked
from scheduling.queries.watch.owing import Owing, courses_owing
from scheduling.queries.watch.sites import DayNotRecorded, OpenProposal, days_not_recorded, late_after, proposals_open
from scheduling.queries.watch.visits import (
    WatchedVisit,
    visits_expected,
    visits_freed,
    visits_unclosed,
)
from scheduling.queries.watch.waiting import Waiting, people_waiting

__all__ = [
    "LIVE",
    "DayNotRecorded",
    "Displaced",
    "FormDue",
    "GatedCourse",
    "GatedHold",
    "HelpAsked",
    "OpenProposal",
    "Owing",
    "Waiting",
    "WatchedCourse",
    "WatchedGrant",
    "WatchedSession",
    "WatchedVisit",
    "courses_owing",
    "courses_watched",
    "days_not_recorded",
    "extensions_asked",
    "forms_due",
    "gates_watched",
    "grants_watched",
    "help_asked",
    "late_after",
    "people_waiting",
    "proposals_open",
    "visits_displaced",
    "visits_expected",
    "visits_freed",
    "visits_unclosed",
]
