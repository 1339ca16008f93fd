"""On which days sites work: what a due time counts by."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection

from clinic.models import OpeningHours
from scheduling.domain import bitmap, local_time
from scheduling.domain.gate_kinds import WorkingDays
from scheduling.models import Closure, ExtraHours
from scheduling.queries.availability import mark

_Spans = dict[int, int]


def working_days(site_ids: Collection[int], *, first: dt.date, last: dt.date) -> dict[int, WorkingDays]:
    """Return the working days of some sites between two days, by site; three statements.

    A day is closed where closures leave nothing of its hours; a day opened beside the week counts as long as it is not.
    """
    weekly: dict[int, _Spans] = {site_id: defaultdict(int) for site_id in site_ids}
    hours = OpeningHours.objects.filter(site__in=site_ids).values_list("site_id", "weekday", "opens", "closes")
    for site_id, weekday, opens, closes in hours:
        weekly[site_id][weekday] |= _span(opens, closes)
    extra: dict[int, _Spans] = {site_id: defaultdict(int) for site_id in site_ids}
    rows = ExtraHours.objects.filter(site__in=site_ids, resource=None, removed_at=None, day__range=(first, last))
    for site_id, day, opens, closes in rows.values_list("site_id", "day", "opens", "closes"):
        extra[site_id][day.toordinal()] |= _span(opens, closes)
    shut = _shut(site_ids, first, last)
    return {site_id: _days(weekly[site_id], extra[site_id], shut[site_id]) for site_id in site_ids}


def _shut(site_ids: Collection[int], first: dt.date, last: dt.date) -> dict[int, _Spans]:
    shut: dict[int, _Spans] = {site_id: {} for site_id in site_ids}
    since = dt.datetime.combine(first - dt.timedelta(days=1), dt.time(), dt.UTC)
    until = dt.datetime.combine(last + dt.timedelta(days=2), dt.time(), dt.UTC)
    rows = Closure.objects.filter(site__in=site_ids, starts_at__lt=until, ends_at__gt=since)
    for site_id, zone, starts_at, ends_at in rows.values_list("site_id", "site__zone", "starts_at", "ends_at"):
        mark(shut[site_id], max(starts_at, since), min(ends_at, until), zone)
    return shut


def _days(weekly: _Spans, extra: _Spans, shut: _Spans) -> WorkingDays:
    closed, opened = set(), set()
    for number, mask in shut.items():
        day = dt.date.fromordinal(number)
        if not (weekly.get(day.isoweekday(), 0) | extra.get(number, 0)) & ~mask:
            closed.add(day)
    for number, mask in extra.items():
        if mask & ~shut.get(number, 0):
            opened.add(dt.date.fromordinal(number))
    return WorkingDays(frozenset(weekly), frozenset(closed), frozenset(opened))


def _span(opens: dt.time, closes: dt.time) -> int:
    first = (opens.hour * 60 + opens.minute) // local_time.QUANTUM
    end = (closes.hour * 60 + closes.minute) // local_time.QUANTUM
    return bitmap.span(first, end - first)
