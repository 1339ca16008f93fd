"""Pure: the STABLE rule of continuation ECT (PRIDE trial [E5 A]): how many treatments a week by HAM-D24."""

from collections.abc import Sequence
from enum import Enum


class Stable(Enum):
    """What the rule says for a week."""

    NONE = 0
    ONE = 1
    TWO = 2
    LEAVE = 3  # two scores of 21 or more in a row: leave the algorithm, a clinician decides


def treatments_this_week(*, baseline: int, scores: Sequence[int]) -> Stable:
    """Return how many treatments the coming week holds. `scores`: HAM-D24 since entry, the latest last, not empty.

    0 if the current score is at most 6, or 7 to 12 and at most 2 above baseline, or 7 to 10 with the previous one 5 to
    10 and a rise of at most 2; 2 if at least 16, or 11 to 15 with a rise of at least 3 and at least 8 above baseline;
    otherwise 1.
    """
    current = scores[-1]
    previous = scores[-2] if len(scores) > 1 else baseline
    if current >= 21 and len(scores) > 1 and previous >= 21:
        return Stable.LEAVE
    if (
        current <= 6
        or (7 <= current <= 12 and current - baseline <= 2)
        or (7 <= current <= 10 and 5 <= previous <= 10 and current - previous <= 2)
    ):
        return Stable.NONE
    if current >= 16 or (11 <= current <= 15 and current - previous >= 3 and current - baseline >= 8):
        return Stable.TWO
    return Stable.ONE
