"""Pure: which sessions of a plan an authorisation pays for, and in words what is left uncovered.

Units are used up in date order. One unit is a session, a treatment day or a visit, as the payer counts
(docs: a course that runs past its dates or units is the most frequent money failure [B1 C]).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling.domain.local_time import day_text

_PLURAL = {"falls": "fall", "has": "have", "is": "are"}


@dataclass(frozen=True, slots=True)
class Grant:
    """What an approved authorisation still allows: unit pools by the codes they cover, and dates, both ends in."""

    id: int
    starts_on: dt.date
    ends_on: dt.date
    pools: tuple[tuple[frozenset[str], int], ...]
    unit: str = "session"  # or "day" or "visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """What is to be covered: a day, and the procedure code it is billed under (None: nothing is asked of a payer)."""

    day: dt.date
    code: str | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """For each visit the id of the authorisation that pays for it, or None with the reason."""

    grants: tuple[int | None, ...]
    reasons: Mapping[int, str]  # index of the visit to why it is not covered

    @property
    def covered(self) -> int:
        """How many visits are paid for."""
        return sum(grant is not None for grant in self.grants)


def cover(visits: Sequence[Visit], grants: Sequence[Grant]) -> Coverage:
    """Return what pays for each visit, in date order; the authorisation that ends first is used up first."""
    left = {(grant.id, index): units for grant in grants for index, (_codes, units) in enumerate(grant.pools)}
    paid_days: dict[tuple[int, int], dt.date] = {}
    order = sorted(grants, key=lambda grant: (grant.ends_on, grant.id))
    found: list[int | None] = []
    reasons: dict[int, str] = {}
    for index, visit in enumerate(visits):
        pool = _pool_for(visit, order, left, paid_days)
        if pool is None:
            reasons[index] = _why_not(visit, order)
            found.append(None)
            continue
        grant, number = pool
        if not (grant.unit == "day" and paid_days.get((grant.id, number)) == visit.day):
            left[grant.id, number] -= 1
            paid_days[grant.id, number] = visit.day
        found.append(grant.id)
    return Coverage(tuple(found), reasons)


def cover_after(billed: Sequence[Visit], visits: Sequence[Visit], grants: Sequence[Grant]) -> Coverage:
    """Return what pays for each visit, after what was already billed or booked took its units."""
    both = cover([*billed, *visits], grants)
    before = len(billed)
    reasons = {index - before: reason for index, reason in both.reasons.items() if index >= before}
    return Coverage(both.grants[before:], reasons)


def _pool_for(
    visit: Visit,
    grants: Sequence[Grant],
    left: Mapping[tuple[int, int], int],
    paid_days: Mapping[tuple[int, int], dt.date],
) -> tuple[Grant, int] | None:
    for grant in grants:
        if not grant.starts_on <= visit.day <= grant.ends_on:
            continue
        for number, (codes, _units) in enumerate(grant.pools):
            same_day = grant.unit == "day" and paid_days.get((grant.id, number)) == visit.day
            if visit.code in codes and (left[grant.id, number] > 0 or same_day):
                return grant, number
    return None


def _why_not(visit: Visit, grants: Sequence[Grant]) -> str:
    fitting = [grant for grant in grants if any(visit.code in codes for codes, _units in grant.pools)]
    if not fitting:
        return "is covered by no authorisation"
    if all(visit.day > grant.ends_on for grant in fitting):
        return f"falls after {day_text(max(grant.ends_on for grant in fitting))}"
    if all(visit.day < grant.starts_on for grant in fitting):
        return f"falls before {day_text(min(grant.starts_on for grant in fitting))}"
    if any(grant.starts_on <= visit.day <= grant.ends_on for grant in fitting):
        return "has no authorised unit left"
    return "falls between two authorisations"


def words(coverage: Coverage) -> str:
    """Return the coverage in a sentence: `All 36 are authorised.` or what is not, and why."""
    total = len(coverage.grants)
    if coverage.covered == total:
        return f"All {total} are authorised." if total > 1 else "The visit is authorised."
    by_reason: dict[str, list[int]] = {}
    for index, reason in coverage.reasons.items():
        by_reason.setdefault(reason, []).append(index)
    parts = [f"{_which(indexes, total)} {_verb(reason, len(indexes))}" for reason, indexes in by_reason.items()]
    return f"{coverage.covered} of {total} are authorised; {'; '.join(parts)}."


def _which(indexes: Sequence[int], total: int) -> str:
    count = len(indexes)
    is_tail = indexes[-1] == total - 1 and indexes[-1] - indexes[0] == count - 1
    if is_tail and count < total:
        return "the last one" if count == 1 else f"the last {count}"
    return f"{count} of them" if count > 1 else f"number {indexes[0] + 1}"


def _verb(reason: str, count: int) -> str:
    verb, _space, rest = reason.partition(" ")
    return reason if count == 1 else f"{_PLURAL[verb]} {rest}"
