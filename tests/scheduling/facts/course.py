"""Pure: a course as the facts speak of it: its definition, and what was planned from it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scheduling.domain.plan import Plan, PlannedSession
from scheduling.domain.protocol import Phase, ProtocolDefinition, VisitType

Told = Any  # what a fact says: a number, two numbers as a range, names, or these by visit or resource
Visits = Iterator[tuple[str, Any, VisitType, Sequence[PlannedSession]]]


@dataclass(frozen=True, slots=True)
class Course:
    """A definition, the course planned from it in the empty clinic, and the clinic's days."""

    definition: ProtocolDefinition
    plan: Plan
    start: dt.date
    open_days: frozenset[dt.date]
    wished: int  # minute of the day

    def phases(self, name: str | None) -> list[Phase]:
        """Return the phase of a name, or all of them."""
        return [phase for phase in self.definition.phases if name in (None, phase.name)]

    def sessions(self, name: str | None) -> list[PlannedSession]:
        """Return the planned sessions of a phase, or all of them, in order."""
        return [session for session in self.plan.sessions if name in (None, session.phase)]

    def days(self, name: str | None) -> list[dt.date]:
        """Return the days with a session of a phase, or of the course."""
        return sorted({session.day for session in self.sessions(name)})

    def gaps(self, name: str | None) -> list[tuple[dt.date, dt.date]]:
        """Return each two treatment days that follow each other within a phase, or within the course."""
        return list(pairwise(self.days(name)))

    def entry(self, name: str) -> tuple[dt.date, dt.date] | None:
        """Return the last day of the phase before one and its own first day, or None where nothing comes before."""
        phase = self.phases(name)[0]
        before = [other.name for other in self.definition.phases if other.series == phase.series]
        earlier = [day for other in before[: before.index(name)] for day in self.days(other)]
        return (max(earlier), self.days(name)[0]) if earlier and self.days(name) else None

    def visits(self, told: Mapping[str, Any], name: str | None) -> Visits:
        """Yield what is told of the first, the other and the re-mapping visits, with the visit and its sessions.

        :raises LookupError: something is told of a visit that is not planned.
        """
        planned = self.sessions(name)
        own = self.phases(name)[0].visit if name else None
        used = {
            "first": (own or self.definition.first_visit, planned[:1]),
            "other": (own or self.definition.other_visit, planned[1:]),
            "remap": (self.definition.remap_visit or "", []),
        }
        for which, what in told.items():
            code, sessions = used[which]
            if which != "remap" and not sessions:
                raise LookupError(f"{self.definition.code} has no {which} visit to speak of")
            yield which, what, self.definition.visit_types[code], sessions


def fits(value: float | None, told: Told) -> bool:
    """Tell whether a number is the one told, or within the two told."""
    if isinstance(told, list):
        return value is not None and bool(told[0] <= value <= told[1])
    return bool(value == told)
