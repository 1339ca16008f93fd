"""Pure: why a visit can't be where it was wished, and what is free near there, in words."""

from collections.abc import Iterator, Mapping

from scheduling.domain import bitmap, words
from scheduling.domain.costs import NEAR_QUANTA
from scheduling.domain.local_time import QUANTUM, clock_text
from scheduling.domain.options import DayBook, Lane, Use
from scheduling.domain.wish import PICK_UP_QUANTA


def deviation(book: DayBook, day: int, visit: str, *, wanted: int, given: int, device: int, main: int) -> str | None:
    """Return how a session differs from the standing time (quanta) and device and why, or None if it does not."""
    if given == wanted and device == main:
        return None
    names = {lane.id: lane.name for lane in book.lanes}
    reason = why_not(book, day, visit, wanted, main) or f"{clock_text(wanted * QUANTUM)} would cost more elsewhere"
    chosen = clock_text(given * QUANTUM) if device == main else f"{names[device]} at {clock_text(given * QUANTUM)}"
    others = [text for text in _free_instead(book, day, visit, wanted, main, names) if text != chosen]
    more = f", or {others[0]}" if others else ""
    return f"{reason[0].upper()}{reason[1:]}; free instead: {chosen}{more}."


def why_not(book: DayBook, day: int, visit: str, quantum: int, main: int) -> str | None:
    """Return the first hard reason a visit can't start at a quantum on a device, or None if it can."""
    return next(_reasons(book, day, visit, quantum, main), None)


def _reasons(book: DayBook, day: int, visit: str, quantum: int, main: int) -> Iterator[str]:
    at = clock_text(quantum * QUANTUM)
    uses = book.uses[visit]
    for lane in book.by_use[uses[0]]:
        if lane.id == main and not book.lane_starts(lane, day, uses[0]) >> quantum & 1:
            yield _of_lane(lane, day, quantum, uses[0], at)
    yield from _of_patient(book, day, visit, quantum, at)
    for use in uses[1:]:
        free = [lane for lane in book.by_use[use] if book.lane_starts(lane, day, use) >> quantum & 1]
        if not free:
            pool = book.by_use[use]
            yield (
                _of_lane(pool[0], day, quantum, use, at)
                if len(pool) == 1
                else f"no {words.kind(use.kind)} is free at {at}"
            )
    if book.assign(day, visit, quantum, main, {}) is None:
        yield f"{at} is taken"


def _of_lane(lane: Lane, day: int, quantum: int, use: Use, at: str) -> str:
    first = quantum + use.at - use.before
    needed = bitmap.span(first, use.before + use.length + use.after) if first >= 0 else 0
    hours = lane.hours.get(day, 0)
    if (
        use.position
        and hours >> (quantum + use.at) & 1
        and not bitmap.positions(hours, use.position) >> (quantum + use.at) & 1
    ):
        return f"{at} is between two places of the list of {lane.name}"
    if needed & ~hours or not needed:
        if not hours:
            return f"{lane.name} is not there that day"
        first, _end = next(bitmap.spans(hours))
        before = quantum + use.at - use.before < first
        return f"{lane.name} begins at {clock_text(first * QUANTUM)}" if before else f"{lane.name} is not there at {at}"
    return f"{lane.name} is taken at {at}{_until(needed & ~lane.free.get(day, 0), lane.free.get(day, 0))}"


def _until(blocked: int, free: int) -> str:
    """Return until when what is in the way stays there; nothing if that can't be told."""
    if not blocked:
        return ""
    first = (blocked & -blocked).bit_length() - 1
    if not free >> first:
        return " for the rest of the day"
    return f" until {clock_text((first + bitmap.nearest_zero(~free >> first)) * QUANTUM)}"


def _of_patient(book: DayBook, day: int, visit: str, quantum: int, at: str) -> Iterator[str]:
    length = book.visits[visit].minutes // QUANTUM
    during = bitmap.span(quantum, length)
    life = book.life
    if book.unusable.get(day, 0) & during:
        yield "the clocks change then"
    if book.shut.get(day, 0) & during:
        yield f"the clinic is closed at {at}"
    if quantum < book.earliest.get(day, 0):
        yield f"{at} has passed"
    if life.visits.get(day, 0) & during:
        yield f"the patient has another visit at {at}"
    if life.rules.get(day, 0) & during:
        yield life.rule_texts.get(day, "another visit of that day forbids it")
    if life.away.get(day, 0) & during:
        yield f"the patient can't come at {at}"
    if life.escort.get(day, 0) & bitmap.span(quantum + length, PICK_UP_QUANTA):
        yield f"the escort can't come at {clock_text((quantum + length) * QUANTUM)}"


def _free_instead(
    book: DayBook, day: int, visit: str, wanted: int, main: int, names: Mapping[int, str]
) -> Iterator[str]:
    """Yield the nearest time within an hour on the same device, then another device at the wished time."""
    starts = book.starts(day, visit)
    near = bitmap.nearest(starts.get(main, 0), wanted)
    if near is not None and 0 < abs(near - wanted) <= NEAR_QUANTA:
        yield clock_text(near * QUANTUM)
    for lane, mask in starts.items():
        if lane != main and mask >> wanted & 1:
            yield f"{names[lane]} at {clock_text(wanted * QUANTUM)}"
