"""Every kind read from the tables, part by part: where one part can't be read, the others still are."""

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import DatabaseError

from attention.domain.items import Group, Item
from attention.queries import (
    at_risk,
    authorizations,
    delivery,
    forms,
    gaps,
    gates,
    helping,
    levelling,
    machinery,
    measures,
    misses,
    replies,
    today,
)
from attention.queries.subjects import by_patient
from scheduling.queries import watch
from scheduling.queries.waitlist import waiting_patients
from scheduling.queries.watch import WatchedCourse, WatchedVisit

log = logging.getLogger(__name__)
_G = Group


@dataclass(frozen=True, slots=True)
class Derived:
    """What stands at some sites, without what people answered; `missing`: the parts that could not be read whole."""

    items: tuple[Item, ...]
    missing: frozenset[Group] = frozenset()


@dataclass(frozen=True)
class _Read:
    """What several kinds are read from, read once."""

    site_ids: Sequence[int]
    now: dt.datetime
    managed: Sequence[int] = ()

    @cached_property
    def courses(self) -> list[WatchedCourse]:
        return watch.courses_watched(site_ids=self.site_ids, now=self.now)

    @cached_property
    def expected(self) -> list[WatchedVisit]:
        return watch.visits_expected(site_ids=self.site_ids, now=self.now)

    @cached_property
    def people(self) -> Mapping[int, Mapping[str, Any]]:
        return by_patient(self.courses, waiting_patients(self.site_ids))

    @cached_property
    def ending(self) -> list[Item]:
        return at_risk.holds_ending(self.site_ids, self.now)


_Reader = Callable[[_Read], Iterable[Item]]
_AT_RISK: tuple[tuple[tuple[Group, ...], _Reader], ...] = (
    ((_G.AT_RISK,), lambda r: [item for course in r.courses for item in _of_course(course)]),
    ((_G.AT_RISK,), lambda r: r.ending),
    (
        (_G.AT_RISK, _G.TODAY),
        lambda r: gates.of_gates(r.courses, r.site_ids, r.now, ending={item.course_id for item in r.ending}),
    ),
)
# Each reader, and the parts of the list it fills.
_READERS: tuple[tuple[tuple[Group, ...], _Reader], ...] = (
    ((_G.TODAY,), lambda r: helping.help_asked(r.site_ids, r.now)),
    ((_G.TODAY,), lambda r: today.late_arrivals(r.expected, r.courses, r.site_ids, r.now)),
    ((_G.TODAY,), lambda r: today.missed_to_settle(r.site_ids)),
    ((_G.TODAY,), lambda r: today.not_closed(r.site_ids, r.now)),
    ((_G.TODAY,), lambda r: today.not_recorded(r.site_ids)),
    ((_G.TODAY,), lambda r: today.freed(r.site_ids, r.now)),
    ((_G.TODAY,), lambda r: today.out_of_service(r.site_ids, r.now)),
    ((_G.TODAY,), lambda r: measures.measures_due(r.courses)),
    ((_G.TODAY,), lambda r: forms.alarming_answers(r.site_ids, r.now)),
    *_AT_RISK,
    ((_G.AUTHORIZATIONS,), lambda r: authorizations.authorizations_short(r.courses)),
    ((_G.DELIVERY,), lambda r: delivery.not_reached(r.courses, r.site_ids, r.now)),
    ((_G.DELIVERY,), lambda r: delivery.untold(r.site_ids, r.now)),
    ((_G.DELIVERY,), lambda r: delivery.wrong_addresses(r.people)),
    ((_G.DELIVERY,), lambda r: delivery.links_closed(r.people)),
    ((_G.DELIVERY,), lambda r: delivery.no_text_consent(r.courses)),
    ((_G.REPLIES, _G.TODAY), lambda r: replies.of_replies(r.site_ids, r.now)),
    ((_G.SETUP,), lambda r: machinery.sweep_stuck(r.expected, r.now)),
    ((_G.SETUP,), lambda r: levelling.level_proposals(r.managed)),
)


def derive(
    *, site_ids: Sequence[int], now: dt.datetime, managed_site_ids: Sequence[int] = (), is_lenient: bool = False
) -> Derived:
    """Return what stands at some sites; `is_lenient`: a part that can't be read is left out and named."""
    read = _Read(site_ids, now, managed_site_ids)
    found: list[Item] = []
    missing: set[Group] = set()
    for groups, reader in _READERS:
        try:
            found += reader(read)
        except (DatabaseError, AssertionError, LookupError, ValueError) as error:
            if not is_lenient:
                raise
            # Words of an error may name somebody: its kind has to do.
            log.error("a part of the list could not be read: %s", type(error).__name__)  # noqa: TRY400 - see above
            missing |= set(groups)
    return Derived(tuple(found), frozenset(missing))


def at_risk_now(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return what puts courses at some sites at risk."""
    read = _Read(site_ids, now)
    return [item for _groups, reader in _AT_RISK for item in reader(read)]


def _of_course(course: WatchedCourse) -> list[Item]:
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
