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
