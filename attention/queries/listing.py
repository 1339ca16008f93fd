"""The list: every kind derived, people's answers laid over it, in the order of work."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from attention.domain.items import KINDS, Group, Item, Kind, in_order
from attention.models import Acknowledgement
from attention.queries.deriving import Derived, at_risk_now, derive


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items there are, by kind and by part of the list; what there is none of is left out."""

    total: int
    kinds: Mapping[Kind, int]
    groups: Mapping[Group, int]


def items(
    *,
    site_ids: Sequence[int],
    now: dt.datetime,
    kind: Kind | None = None,
    group: Group | None = None,
    owner_id: int | None = None,
    include_held: bool = False,
    managed_site_ids: Sequence[int] = (),
    derived: Derived | None = None,
) -> list[Item]:
    """Return what needs a person at some sites, the gravest first; statements do not depend on how much there is.

    What somebody finished is left out for good, what somebody put off until its time comes, unless `include_held`.
    `managed_site_ids`: those of the sites this person manages, who is asked there what only a manager decides.
    `derived`: what was read for them at this instant already; people's answers are always read anew.
    """
    if derived is None:
        derived = derive(site_ids=site_ids, now=now, managed_site_ids=managed_site_ids)
    return [
        item
        for item in in_order(_answered(derived.items))
        if item.done_at is None
        and (include_held or not item.is_waiting(now))
        and kind in (None, item.kind)
        and group in (None, item.group)
        and owner_id in (None, item.owner_id)
    ]


def counts(*, site_ids: Sequence[int], now: dt.datetime, managed_site_ids: Sequence[int] = ()) -> Counts:
    """Return how many items need a person at some sites."""
    found = items(site_ids=site_ids, now=now, managed_site_ids=managed_site_ids)
    return Counts(len(found), Counter(item.kind for item in found), Counter(item.group for item in found))


def find(
    *,
    key: str,
    site_ids: Sequence[int],
    now: dt.datetime,
    managed_site_ids: Sequence[int] = (),
    derived: Derived | None = None,
) -> Item | None:
    """Return the item of a cause that still stands at one of some sites, whatever people answered to it."""
    if derived is None:
        derived = derive(site_ids=site_ids, now=now, managed_site_ids=managed_site_ids)
    found = [item for item in derived.items if item.key == key and item.site_id in site_ids]
    return next(iter(_answered(found)), None)


def finished(*, keys: Collection[str], site_ids: Sequence[int]) -> set[str]:
    """Return those of some causes of which people at some sites said that nothing is left to do; one statement."""
    rows = Acknowledgement.objects.filter(site__in=site_ids, key__in=keys, done_at__isnull=False)
    return set(rows.values_list("key", flat=True))


def owner_of(*, site_id: int, key: str) -> tuple[int, str] | None:
    """Return who is on an item of a site, if anybody is; one statement."""
    row = Acknowledgement.objects.filter(site=site_id, key=key, owner__isnull=False).select_related("owner").first()
    return (row.owner.pk, row.owner.name) if row and row.owner else None


def cleared_since(*, site_ids: Sequence[int], since: dt.datetime) -> int:
    """Return how many items people at some sites have called done since then; one statement."""
    return Acknowledgement.objects.filter(site__in=site_ids, done_at__gte=since).count()


def at_risk_by_course(site_ids: Sequence[int], now: dt.datetime) -> dict[int, tuple[str, ...]]:
    """Return why courses at some sites are at risk, in words, by course; what people finished is left out."""
    found: dict[int, tuple[str, ...]] = {}
    for item in in_order(_answered(at_risk_now(site_ids, now))):
        if item.course_id is not None and item.done_at is None and KINDS[item.kind][1] is Group.AT_RISK:
            found[item.course_id] = (*found.get(item.course_id, ()), item.title)
    return found


def _answered(found: Sequence[Item]) -> list[Item]:
    """Return items with what people answered to them; one statement."""
    sites = {item.site_id for item in found}
    rows = Acknowledgement.objects.filter(site_id__in=sites, key__in=[item.key for item in found])
    answers = {(row.site_id, row.key): row for row in rows.select_related("owner")}
    return [_with(item, answers.get((item.site_id, item.key))) for item in found]


def _with(item: Item, answer: Acknowledgement | None) -> Item:
    if answer is None:
        return item
    return replace(
        item,
        version=answer.version,
        owner_id=answer.owner_id,
        owner=answer.owner.name if answer.owner else "",
        held_until=answer.held_until,
        done_at=answer.done_at,
    )
