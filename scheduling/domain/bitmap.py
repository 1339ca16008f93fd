"""Pure: a day as one integer. Bit q is the quantum that starts q * 5 minutes after midnight; 1 means free."""

from collections.abc import Iterator

from scheduling.domain.local_time import QUANTA_A_DAY

FULL_DAY = (1 << QUANTA_A_DAY) - 1


def span(first: int, length: int) -> int:
    """Return the bitmap of `length` quanta from `first` on."""
    return ((1 << length) - 1) << first


def erode(mask: int, length: int) -> int:
    """Return the quanta at which `length` free quanta in a row begin, by doubling: about log2(length) shifts."""
    done = 1
    while done < length and mask:
        step = min(done, length - done)
        mask &= mask >> step
        done += step
    return mask


def starts(mask: int, *, at: int, length: int, before: int = 0, after: int = 0) -> int:
    """Return the visit starts for which `mask` is free from `at - before` for `before + length + after` quanta.

    A start so early that set-up would reach into the day before is not one.
    """
    begins = erode(mask, before + length + after)
    shift = at - before
    return begins >> shift if shift >= 0 else (begins << -shift) & FULL_DAY


def nearest(mask: int, wanted: int) -> int | None:
    """Return the set bit nearest to `wanted`, the earlier one of two; None if no bit is set."""
    below = mask & ((2 << wanted) - 1)
    above = mask >> wanted
    low = below.bit_length() - 1 if below else None
    high = wanted + (above & -above).bit_length() - 1 if above else None
    if low is None or high is None:
        return low if high is None else high
    return low if wanted - low <= high - wanted else high


def each(mask: int) -> Iterator[int]:
    """Yield the set bits in rising order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def positions(mask: int, step: int) -> int:
    """Return every `step`-th quantum of each stretch of set bits, counted from where the stretch begins."""
    found = 0
    begins = mask & ~(mask << 1)
    for first in each(begins):
        length = nearest_zero(mask >> first)
        for quantum in range(first, first + length, step):
            found |= 1 << quantum
    return found


def nearest_zero(mask: int) -> int:
    """Return how many set bits in a row a bitmap begins with."""
    return (~mask & (mask + 1)).bit_length() - 1


def spans(mask: int) -> Iterator[tuple[int, int]]:
    """Yield each stretch of set bits as [first, end), in rising order."""
    for first in each(mask & ~(mask << 1)):
        yield first, first + nearest_zero(mask >> first)
