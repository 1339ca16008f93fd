"""One day at one site: the columns, and what stands in them. A fixed number of queries whatever the day holds."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import F, FilteredRelation, Q

from clinic.models import Site
from scheduling.domain import bitmap, local_time, words
from scheduling.domain.operations import PEOPLE
from scheduling.models import Closure, Outage, Reservation, Resource, Session
from scheduling.queries.availability import FULL_DAY
from scheduling.queries.day_cards import Card, cards_of
from scheduling.queries.hours import Hours

READABLE = 30  # minutes: a shorter card has no room for its words


@dataclass(frozen=True, slots=True)
class Blocked:
    """A stretch in which a column can't be booked, in wall-clock minutes, and why."""

    from_minute: int
    to_minute: int
    reason: str


@dataclass(frozen=True, slots=True)
class Column:
    """A device, chair, room or person, its closed stretches, and its visits in time order."""

    resource_id: int
    name: str
    group: str
    blocked: tuple[Blocked, ...]
    free: tuple[tuple[int, int], ...]  # open and held by nobody: from and to
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A day: `opens` and `closes` frame the grid; `closed` names the reason when the whole site is shut.

    `by_staff`: its columns are people, and a visit stands with each of those it needs.
    """

    day: dt.date
    opens: int
    closes: int
    closed: str
    columns: tuple[Column, ...]
    cards: tuple[Card, ...]
    by_staff: bool = False


def board(*, site: Site, day: dt.date, now: dt.datetime, by_staff: bool = False) -> Board:
    """Return a day's board; `by_staff`: its columns are the people somebody needs that day, not the devices."""
    known = _known(site, day, by_staff=by_staff)
    devices = [resource for resource in known if resource.group]
    cards = cards_of(site=site, day=day, columns=devices, now=now)
    standing = _standing(cards, {resource.pk for resource in known if not resource.group} if by_staff else None)
    columns = _needed(known, standing) if by_staff else devices
    open_then = Hours(site, columns, first=day, last=day)
    hours = open_then.of_site(day)
    closures = _closures(site, day)
    opens, closes = _frame(hours, cards)
    out = _outages(columns, site, day)
    taken = _taken(columns, day)
    closed = next((c.reason for c in closures if (c.from_minute, c.to_minute) == (0, 24 * 60)), "")

    def column(resource: Resource) -> Column:
        mask, named = open_then.of(resource.pk, day), closures + out[resource.pk]
        free = mask & ~taken[resource.pk] & ~_mask(named)
        return Column(
            resource_id=resource.pk,
            name=known[resource],
            group=resource.group or words.kind(resource.kind),
            blocked=_blocked(mask, opens, closes, named),
            free=_stretches(free, opens, closes),
            cards=tuple(standing[resource.pk]),
        )

    return Board(
        day=day,
        opens=opens,
        closes=closes,
        closed=closed or ("" if hours else "No opening hours"),
        columns=(
            *(column(resource) for resource in columns),
            *_elsewhere(standing[None], "No staff" if by_staff else "Elsewhere"),
        ),
        cards=tuple(cards),
        by_staff=by_staff,
    )


def _known(site: Site, day: dt.date, *, by_staff: bool) -> dict[Resource, str]:
    """Return what may have a column, with its name; people by who stands in for a role that day; one statement."""
    found = Resource.objects.filter(site=site, is_active=True)
    if not by_staff:
        return {resource: resource.name for resource in found.exclude(group="").order_by("position", "pk")}
    since, until = local_time.day_bounds(day, site.zone)
    that_day = Q(shifts__is_active=True, shifts__starts_at__lt=until, shifts__ends_at__gt=since)
    rows = (
        found.filter(~Q(group="") | Q(kind__in=PEOPLE))
        .annotate(shift=FilteredRelation("shifts", condition=that_day))
        .annotate(stands_in=F("shift__staff__name"))
        .order_by("position", "pk", "shift__starts_at")
    )
    named: dict[Resource, list[str]] = defaultdict(list)
    for row in rows:
        named[row] += [row.stands_in] if row.stands_in and row.stands_in not in named[row] else []
    return {row: f"{', '.join(names)} ({row.name})" if names else row.name for row, names in named.items()}


def _standing(cards: Sequence[Card], people: Collection[int] | None) -> dict[int | None, list[Card]]:
    """Return the cards of each column: a device's visits, or for how long each visit needs a person."""
    standing: dict[int | None, list[Card]] = defaultdict(list)
    for card in cards:
        if people is None:
            standing[card.resource_id].append(card)
            continue
        needs = [need for need in card.needs if need.resource_id in people]
        for need in needs:
            standing[need.resource_id].append(replace(card, shown=(need.minute, need.end_minute)))
        if not needs:
            standing[None].append(card)
    if people is not None:
        standing |= {pk: _readable(found) for pk, found in standing.items()}
    return standing


def _readable(cards: Sequence[Card]) -> list[Card]:
    """Return a person's cards in order, a short one as tall as a card must be to be read, where there is room."""
    ordered = sorted(cards, key=lambda card: card.span)
    until = [card.span[0] for card in ordered[1:]] + [FULL_DAY.bit_length() * local_time.QUANTUM]
    return [
        replace(card, shown=(card.span[0], max(card.span[1], min(card.span[0] + READABLE, next_one))))
        for card, next_one in zip(ordered, until, strict=True)
    ]


def _needed(known: Collection[Resource], standing: Mapping[int | None, Sequence[Card]]) -> list[Resource]:
    """Return the people who have something to do, those of one profession beside each other."""
    people = [resource for resource in known if not resource.group and standing.get(resource.pk)]
    return sorted(people, key=lambda resource: PEOPLE.index(resource.kind))


def _elsewhere(cards: Sequence[Card], name: str) -> Sequence[Column]:
    """Return the column of visits that hold nothing which has one; none if there are none."""
    return [Column(0, name, "Other", (), (), tuple(cards))] if cards else []


def next_day_with_visits(*, site: Site, after: dt.date) -> dt.date | None:
    """Return the first day after `after` with a visit on it."""
    return (
        Session.objects.filter(site=site, day__gt=after, is_active=True)
        .order_by("day")
        .values_list("day", flat=True)
        .first()
    )


def _taken(columns: Sequence[Resource], day: dt.date) -> dict[int, int]:
    """Return what anything holds of each column on a day; one statement."""
    taken: dict[int, int] = defaultdict(int)
    rows = Reservation.objects.filter(resource__in=columns, day_number=day.toordinal(), is_active=True)
    for resource_id, first, end in rows.values_list("resource_id", "first_quantum", "end_quantum"):
        taken[resource_id] |= bitmap.span(first, end - first)
    return taken


def _mask(named: Sequence[Blocked]) -> int:
    mask = 0
    for row in named:
        first = row.from_minute // local_time.QUANTUM
        mask |= bitmap.span(first, max(0, -(-row.to_minute // local_time.QUANTUM) - first))
    return mask


def _stretches(mask: int, opens: int, closes: int) -> tuple[tuple[int, int], ...]:
    """Return the runs of set bits between two minutes, as minutes."""
    quantum = local_time.QUANTUM
    mask &= bitmap.span(opens // quantum, max(0, (closes - opens) // quantum))
    begins, ends = mask & ~(mask << 1), mask & ~(mask >> 1)
    runs = zip(bitmap.each(begins), bitmap.each(ends), strict=True)
    return tuple((first * quantum, (last + 1) * quantum) for first, last in runs)


def _frame(hours: int, cards: Sequence[Card]) -> tuple[int, int]:
    """Return first and last minute of the grid, on half hours: the opening hours, stretched to hold every visit."""
    opens = (hours & -hours).bit_length() - 1 if hours else 0
    first = min([opens * local_time.QUANTUM if hours else 8 * 60] + [card.minute for card in cards])
    last = max([hours.bit_length() * local_time.QUANTUM if hours else 17 * 60] + [card.end_minute for card in cards])
    return first // 30 * 30, -(-last // 30) * 30


def _closures(site: Site, day: dt.date) -> list[Blocked]:
    since, until = local_time.day_bounds(day, site.zone)
    rows = Closure.objects.filter(site=site, starts_at__lt=until, ends_at__gt=since).order_by("starts_at")
    return [_clipped(row.starts_at, row.ends_at, row.reason, site.zone, day) for row in rows]


def _outages(columns: Sequence[Resource], site: Site, day: dt.date) -> dict[int, list[Blocked]]:
    since, until = local_time.day_bounds(day, site.zone)
    rows = Outage.objects.filter(resource__in=columns, starts_at__lt=until, ends_at__gt=since).order_by("starts_at")
    out: dict[int, list[Blocked]] = defaultdict(list)
    for row in rows:
        out[row.resource_id].append(_clipped(row.starts_at, row.ends_at, row.reason, site.zone, day))
    return out


def _clipped(starts_at: dt.datetime, ends_at: dt.datetime, reason: str, zone: str, day: dt.date) -> Blocked:
    first_day, first = local_time.wall(starts_at, zone)
    last_day, last = local_time.wall(ends_at, zone)
    return Blocked(first if first_day == day else 0, last if last_day == day else 24 * 60, reason)


def _blocked(hours: int, opens: int, closes: int, named: Sequence[Blocked]) -> tuple[Blocked, ...]:
    """Return the named stretches and, around them, the hours in which the resource is simply not open."""
    shut = ~hours & FULL_DAY
    stretches = list(named)
    for row in named:
        shut &= ~((1 << row.to_minute // local_time.QUANTUM) - (1 << row.from_minute // local_time.QUANTUM))
    quantum = opens // local_time.QUANTUM
    while quantum < closes // local_time.QUANTUM:
        run = 0
        while shut >> (quantum + run) & 1 and quantum + run < closes // local_time.QUANTUM:
            run += 1
        if run:
            stretches.append(Blocked(quantum * local_time.QUANTUM, (quantum + run) * local_time.QUANTUM, ""))
        quantum += run + 1
    return tuple(
        sorted(
            (Blocked(max(b.from_minute, opens), min(b.to_minute, closes), b.reason) for b in stretches),
            key=lambda b: (b.from_minute, b.reason),
        )
    )
