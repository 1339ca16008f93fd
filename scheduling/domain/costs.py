"""Pure: what a plan costs. Hard rules are not here; they are never broken at any price.

The order is the one a good coordinator follows: start soon and end soon, keep the cadence, then keep the time of day,
then the device. A prescription is a cadence and a time is a wish, so another time on the same day costs less than a
day's delay, however far from the wish it is. Within a day: up to an hour away on the same device, then another device,
then far away.
"""

DAY_LATER = 10_000  # a calendar day from the wished start to the last session: urgency and the end date
LATE = 8_000  # each day by which a session stands later than the cadence would have it, even if the end does not move
SHORT_GAP = 12_000  # each day two visits stand closer than the phase wishes: more than ending a day sooner
OTHER_TIME = 100  # not at the standing time
FIVE_MINUTES = 10  # and each 5 minutes away from it, up to an hour
OTHER_DEVICE = 2_000  # a change of device may ask for a re-map
FAR_FROM_WISH = 6_000  # more than an hour away, or outside the wished window
NEAR_QUANTA = 12
OFF_INTERVAL = 500  # each day away from the interval a maintenance phase asks for


def time_cost(quantum: int, wanted: int, window: tuple[int, int] | None) -> int:
    """Return the cost of starting at a quantum when `wanted` is the standing time; `window` is [first, end)."""
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
