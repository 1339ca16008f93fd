"""Pure: which sessions of a plan an authorisation pays for, and in words what is left uncovered.

Units are used up in date order. One unit is a session, a treatment day or a visit, as the payer counts
(docs: a course that runs past its dates or units is the most frequent money failure [B1 C]).
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling.domain.local_time import day_text, monday_of

_PLURAL = {"falls": "fall", "has": "have", "is": "are"}


@dataclass(frozen=True, slots=True)
class Grant:
    """What an approved authorisation still allows: unit pools by the codes they cover, and dates, both ends in."""

    id: int
    starts_on: dt.date
    ends_on: dt.date
    pools: tuple[tuple[frozenset[str], int], ...]
    unit: str = "session"  # or "day", "visit" or "mg"
    per_day: int | None = None  # the most units a day and a week the payer accepts
    per_week: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """What is to be covered: a day, the code it is billed under (None: nothing is asked of a payer), and the dose."""

    day: dt.date
    code: str | None
    milligrams: int = 0


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
    ledger = _Ledger(grants)
    found: list[int | None] = []
    reasons: dict[int, str] = {}
    for index, visit in enumerate(visits):
        grant = ledger.pay(visit)
        found.append(grant)
        if grant is None:
            reasons[index] = ledger.why_not(visit)
    return Coverage(tuple(found), reasons)


def cover_after(billed: Sequence[Visit], visits: Sequence[Visit], grants: Sequence[Grant]) -> Coverage:
    """Return what pays for each visit, after what was already billed or booked took its units."""
    both = cover([*billed, *visits], grants)
    before = len(billed)
    reasons = {index - before: reason for index, reason in both.reasons.items() if index >= before}
    return Coverage(both.grants[before:], reasons)


class _Ledger:
    """The units that are left while visits are paid for one after the other."""

    def __init__(self, grants: Sequence[Grant]) -> None:
        self.grants = sorted(grants, key=lambda grant: (grant.ends_on, grant.id))
        self.left = {(grant.id, n): units for grant in grants for n, (_codes, units) in enumerate(grant.pools)}
        self.paid_days: dict[tuple[int, int], dt.date] = {}
        self.per_day: Counter[tuple[int, dt.date]] = Counter()
        self.per_week: Counter[tuple[int, dt.date]] = Counter()

    def pay(self, visit: Visit) -> int | None:
        """Take what a visit costs from the first pool that covers it and return its authorisation, or None."""
        for grant in self.grants:
            if not grant.starts_on <= visit.day <= grant.ends_on:
                continue
            for number, (codes, _units) in enumerate(grant.pools):
                if visit.code in codes and self._take(grant, number, visit):
                    return grant.id
        return None

    def _take(self, grant: Grant, number: int, visit: Visit) -> bool:
        pool = (grant.id, number)
        if grant.unit == "day" and self.paid_days.get(pool) == visit.day:
            return True
        costs = visit.milligrams if grant.unit == "mg" else 1
        if self.left[pool] < costs or self._is_too_often(grant, visit.day):
            return False
        self.left[pool] -= costs
        self.paid_days[pool] = visit.day
        self.per_day[grant.id, visit.day] += 1
        self.per_week[grant.id, monday_of(visit.day)] += 1
        return True

    def _is_too_often(self, grant: Grant, day: dt.date) -> bool:
        return (grant.per_day is not None and self.per_day[grant.id, day] >= grant.per_day) or (
            grant.per_week is not None and self.per_week[grant.id, monday_of(day)] >= grant.per_week
        )

    def why_not(self, visit: Visit) -> str:
        """Return why nothing pays for a visit, beginning with the verb."""
        fitting = [grant for grant in self.grants if any(visit.code in codes for codes, _units in grant.pools)]
        if not fitting:
            return "is covered by no authorisation"
        if all(visit.day > grant.ends_on for grant in fitting):
            return f"falls after {day_text(max(grant.ends_on for grant in fitting))}"
        if all(visit.day < grant.starts_on for grant in fitting):
            return f"falls before {day_text(min(grant.starts_on for grant in fitting))}"
        current = [grant for grant in fitting if grant.starts_on <= visit.day <= grant.ends_on]
        if not current:
            return "falls between two authorisations"
        if all(self._is_too_often(grant, visit.day) for grant in current):
            return "is more often than authorised"
        return "has no authorised unit left"


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
