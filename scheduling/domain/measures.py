"""Pure: which scores are due, by the visits after which the protocol asks for them."""

import datetime as dt
from collections.abc import Collection, Sequence

BASELINE_DAYS = 30  # a first score taken so long before the first visit still counts
AHEAD_DAYS = 2  # a form is asked for so long before the visit it belongs to


def due_after(places: Collection[int], delivered: Sequence[dt.date], recorded: dt.date) -> int:
    """Return after which delivered visit a score is due since; 0: none is. `delivered`: the days, in order."""
    reached = [place for place in places if 0 < place <= len(delivered)]
    if not reached or recorded >= delivered[max(reached) - 1]:
        return 0
    return max(reached)


def asked_from(day: dt.date, previous: dt.date | None) -> dt.date:
    """Return the day from which the form before a visit is asked for: two days ahead, and not before it can count.

    `previous`: the day of the visit before, which the form is about; None: there is none.
    """
    ahead = day - dt.timedelta(days=AHEAD_DAYS)
    return ahead if previous is None else max(ahead, previous)


def due_before(
    places: Collection[int], delivered: Sequence[dt.date], coming: Sequence[dt.date], recorded: dt.date, today: dt.date
) -> bool:
    """Tell whether a score is asked for before one of the visits of the next days and was not taken since the last."""
    days = [*delivered, *coming]
    for place in range(len(delivered), len(days)):
        day, previous = days[place], days[place - 1] if place else None
        if today < asked_from(day, previous):
            return False
        if place in places and recorded < (previous or day - dt.timedelta(days=BASELINE_DAYS)):
            return True
    return False
