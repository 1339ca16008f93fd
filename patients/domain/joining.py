"""Pure: what becomes of two records of one person."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

FIELDS = ("first_name", "last_name", "preferred_name", "birth_date", "language", "interpreter")
POINTS = ("phone", "email")  # the address that is used, of each kind
UNDO_FOR = dt.timedelta(hours=24)

Word = tuple[str, str, bool]  # channel, purpose, whether it is a yes that stands
Topic = tuple[str, str]


def differing(kept: Mapping[str, object], gone: Mapping[str, object]) -> list[str]:
    """Return the fields in which both records say something, and not the same, in order."""
    return [name for name in kept if gone.get(name) and kept[name] and kept[name] != gone[name]]


def outcome(
    kept: Mapping[str, object], gone: Mapping[str, object], *, take: Collection[str]
) -> dict[str, tuple[object, object]]:
    """Return the fields of the kept record that change: what they were and what they become.

    `take`: those that are right in the other one. What the kept record does not know, it learns.
    """
    return {
        name: (value, gone[name])
        for name, value in kept.items()
        if gone.get(name) and gone[name] != value and (name in take or not value)
    }


def agreed(words: Iterable[Word]) -> set[Topic]:
    """Return what somebody said yes to."""
    return {(channel, purpose) for channel, purpose, stands in words if stands}


def stopped(words: Iterable[Word]) -> set[Topic]:
    """Return what somebody once said yes to and then no."""
    said = list(words)
    return {(channel, purpose) for channel, purpose, _stands in said} - agreed(said)


def ended_by(kept: Collection[Topic], gone: Collection[Topic], stops: Collection[Topic]) -> set[Topic]:
    """Return the yeses of two records that end: a stop in either of them wins."""
    return (set(kept) | set(gone)) & set(stops)
