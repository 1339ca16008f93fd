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


def due_before(
    places: Collection[int], delivered: Sequence[dt.date], coming: Sequence[dt.date], recorded: dt.date, today: dt.date
) -> bool:
    """Tell whether a score is asked for before one of the visits of the next days.

    It is there if it was taken since the visit before, or in the days in which it is asked for.
    """
    days = [*delivered, *coming]
    for place in range(len(delivered), len(days)):
        day = days[place]
        if (day - today).days > AHEAD_DAYS:
            return False
        baseline = day - dt.timedelta(days=BASELINE_DAYS)
        since = min(days[place - 1], day - dt.timedelta(days=AHEAD_DAYS)) if place else baseline
        if place in places and recorded < since:
            return True
    return False
