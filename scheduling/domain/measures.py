"""Pure: which scores are due, by the visits after which the protocol asks for them."""

import datetime as dt
from collections.abc import Collection, Sequence


def due_after(places: Collection[int], delivered: Sequence[dt.date], recorded: dt.date) -> int:
    """Return after which delivered visit a score is due since; 0: none is. `delivered`: the days, in order."""
    reached = [place for place in places if 0 < place <= len(delivered)]
    if not reached or recorded >= delivered[max(reached) - 1]:
        return 0
    return max(reached)
