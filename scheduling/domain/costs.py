"""Pure: what a plan costs. Hard rules are not here; they are never broken at any price.

The order is the one a good coordinator follows (screens.md S3): the same day within an hour on the same device, then the
same day on another device, then the next allowed day; a visit far from the wished time costs more than one day's delay
and less than two.
"""

DAY_LATER = 10_000  # a calendar day from the wished start to the last session: urgency and the end date
SHORT_GAP = 12_000  # each day by which two visits stand closer than the phase wishes: more than ending a day sooner
OTHER_TIME = 100  # not at the standing time
FIVE_MINUTES = 10  # and each 5 minutes away from it, up to an hour
OTHER_DEVICE = 2_000  # a change of device may ask for a re-map
FAR_FROM_WISH = 15_000  # more than an hour away, or outside the wished window
NEAR_QUANTA = 12
OFF_INTERVAL = 500  # each day away from the interval a maintenance phase asks for


def time_cost(quantum: int, wanted: int, window: tuple[int, int] | None) -> int:
    """Return the cost of starting at a quantum when `wanted` is the standing time; `window` is [first, end) in quanta."""
    away = abs(quantum - wanted)
    if not away:
        cost = 0
    elif away <= NEAR_QUANTA:
        cost = OTHER_TIME + FIVE_MINUTES * away
    else:
        # Still rising, so that the nearest of the far times is taken.
        cost = FAR_FROM_WISH + away
    if window and not window[0] <= quantum < window[1] and away <= NEAR_QUANTA:
        cost += FAR_FROM_WISH
    return cost
