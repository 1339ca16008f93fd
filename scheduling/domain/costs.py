"""Pure: what a plan costs. Hard rules are not here; they are never broken at any price.

The order is the one a good coordinator follows: start soon and end soon, keep the cadence, then keep the time of day,
then the device. A prescription is a cadence and a time is a wish, so another time on the same day costs less than a
day's delay, however far from the wish it is. Within a day: up to an hour away on the same device, then another device,
then far away. What costs the same is told apart by how scarce it is (`load`): scarcity has no price, it breaks ties.
"""

from dataclasses import dataclass, replace

NEAR_QUANTA = 12


@dataclass(frozen=True, slots=True)
class Costs:
    """One taste in plans. Every plan is the cheapest for its tastes; the three offered ones differ only in these."""

    day_later: int = 10_000  # a calendar day from the wished start to the last session: urgency and the end date
    late: int = 8_000  # each day a session stands later than the cadence would have it, even if the end does not move
    short_gap: int = 12_000  # each day two visits stand closer than the phase wishes: more than ending a day sooner
    other_time: int = 100  # not at the standing time
    five_minutes: int = 10  # and each 5 minutes away from it, up to an hour
    far: int = 6_000  # more than an hour away, or outside the wished window
    other_device: int = 2_000  # a change of device may ask for a re-map
    off_interval: int = 8_000  # each day away from the interval a maintenance phase asks for; it is not urgent to end
    off_weekday: int = 500  # each day away from the weekday of a weekly visit
    uncovered: int = 30_000  # a session on a day no authorisation covers: nobody pays for it
    own_trip: int = 3_000  # a day with no other visit of the patient, where one trip for both was wished
    moved: int = 15_000  # a session the patient was already told about, on another day or at another time
    is_any_time: bool = False  # the time may differ from day to day: nothing but the wished window has a price

    def of_time(self, quantum: int, wanted: int, window: tuple[int, int] | None) -> int:
        """Return the cost of starting at a quantum when `wanted` is the standing time; `window` is [first, end)."""
        away = abs(quantum - wanted)
        if self.is_any_time:
            is_wished = window[0] <= quantum < window[1] if window else away <= NEAR_QUANTA
            return away if is_wished else self.far + away
        if not away:
            cost = 0
        elif away <= NEAR_QUANTA:
            cost = self.other_time + self.five_minutes * away
        else:
            # Still rising, so that the nearest of the far times is taken.
            cost = self.far + away
        if window and not window[0] <= quantum < window[1] and away <= NEAR_QUANTA:
            cost += self.far
        return cost


AS_ASKED = Costs()
# A day sooner is worth any change of times.
EARLIEST = replace(AS_ASKED, day_later=2_000_000)
# Another time or device is worth two or more days; a session passed over is not, where the end stays.
STEADIEST = replace(
    AS_ASKED, day_later=2_000, late=0, other_time=5_000, five_minutes=500, far=20_000, other_device=9_000
)
