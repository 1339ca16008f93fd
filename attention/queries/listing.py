"""The list: every kind derived, people's answers laid over it, in the order of work."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from attention.domain.items import Group, Item, Kind, in_order
from attention.models import Acknowledgement
from attention.queries import (
    at_risk,
    authorizations,
    delivery,
    gaps,
    gates,
    levelling,
    machinery,
    measures,
    misses,
    replies,
    today,
)
from scheduling.queries import watch
from scheduling.queries.watch import WatchedCourse


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
) -> list[Item]:
    """Return what needs a person at some sites, the gravest first; statements do not depend on how much there is.

    What somebody finished is left out for good, what somebody put off until its time comes, unless `include_held`.
    `managed_site_ids`: those of the sites this person manages, who is asked there what only a manager decides.
    """
    return [
        item
        for item in in_order(_answered(_derived(site_ids, now, managed_site_ids)))
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


def find(*, key: str, site_ids: Sequence[int], now: dt.datetime, managed_site_ids: Sequence[int] = ()) -> Item | None:
    """Return the item of a cause that still stands at one of some sites, whatever people answered to it."""
    found = [item for item in _derived(site_ids, now, managed_site_ids) if item.key == key]
    return next(iter(_answered(found)), None)


def finished(*, keys: Collection[str], site_ids: Sequence[int]) -> set[str]:
    """Return those of some causes of which people at some sites said that nothing is left to do; one statement."""
    rows = Acknowledgement.objects.filter(site__in=site_ids, key__in=keys, done_at__isnull=False)
    return set(rows.values_list("key", flat=True))


def _derived(site_ids: Sequence[int], now: dt.datetime, managed_site_ids: Sequence[int]) -> list[Item]:
    courses = watch.courses_watched(site_ids=site_ids, now=now)
    expected = watch.visits_expected(site_ids=site_ids, now=now)
    ending = at_risk.holds_ending(site_ids, now)
    return [
        *today.late_arrivals(expected, courses, site_ids, now),
        *today.missed_to_settle(site_ids),
        *today.not_closed(site_ids, now),
        *today.not_recorded(site_ids),
        *today.freed(site_ids, now),
        *today.out_of_service(site_ids, now),
        *measures.measures_due(courses),
        *(item for course in courses for item in _at_risk(course)),
        *ending,
        *gates.of_gates(courses, site_ids, now, ending={item.course_id for item in ending}),
        *authorizations.authorizations_short(courses),
        *delivery.not_reached(courses, site_ids, now),
        *delivery.untold(site_ids, now),
        *delivery.wrong_addresses(courses),
        *delivery.no_text_consent(courses),
        *replies.of_replies(site_ids, now),
        *machinery.sweep_stuck(expected, now),
        *levelling.level_proposals(managed_site_ids),
    ]


def _at_risk(course: WatchedCourse) -> list[Item]:
    # One question to the clinician at a time: the longer a gap, the less the misses before it say.
    review = list(gaps.review_of_gap(course)) or list(misses.review_of_misses(course))
    return [
        *misses.missed_twice(course),
        *gaps.gap_too_long(course),
        *at_risk.no_next_session(course),
        *at_risk.hold_over(course),
        *gaps.next_visit_type(course),
        *review,
    ]


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
