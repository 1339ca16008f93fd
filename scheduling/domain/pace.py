"""Pure: how a course keeps to the plan it was first booked with: what was to be done by now, what is, where it ends."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.domain.local_time import day_text

Points = tuple[tuple[dt.date, int], ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """Three lines of days and counts: as planned, as done until today, and as it goes on.

    `behind`: how many fewer were done before today than planned; below 0: more.
    """

    planned: Points
    done: Points
    forecast: Points
    behind: int

    @property
    def planned_end(self) -> dt.date:
        """The last day of the first plan."""
        return self.planned[-1][0]

    @property
    def ends_on(self) -> dt.date | None:
        """The last day as it goes on, or None if nothing lies ahead."""
        return self.forecast[-1][0] if self.forecast else None

    @property
    def words(self) -> str:
        """The pace in a sentence: `3 sessions behind plan. New end: Fri Jan 29.`"""
        if self.ends_on is None:
            return "No visit ahead."
        if self.behind > 0:
            count = "One session" if self.behind == 1 else f"{self.behind} sessions"
            end = "New end" if self.ends_on != self.planned_end else "The end stays"
            return f"{count} behind plan. {end}: {day_text(self.ends_on)}."
        if not self.done:
            return f"Starts {day_text(self.forecast[0][0])}. Last visit {day_text(self.ends_on)}."
        return f"On plan. Last visit {day_text(self.ends_on)}."


def pace(
    *, first_plan: Sequence[dt.date], delivered: Sequence[dt.date], coming: Sequence[dt.date], today: dt.date
) -> Pace:
    """Return a course's pace from the days of its first plan, of what was delivered, and of what lies ahead."""
    done = _counted(delivered)
    before = done[-1][1] if done else 0
    due = sum(day < today for day in first_plan) - sum(day < today for day in delivered)
    return Pace(_counted(first_plan), done, _counted(coming, start=before), due)


def _counted(days: Sequence[dt.date], *, start: int = 0) -> Points:
    """Return the days in order with how many there are by each, several of one day as one point."""
    return tuple({day: count for count, day in enumerate(sorted(days), start=start + 1)}.items())
