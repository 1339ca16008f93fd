"""What is to be blocked: a device, a room, a person, or the whole site, between two instants."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from clinic.models import Site
from scheduling.domain import local_time
from scheduling.domain.local_time import LocalTimeError, clock_text, day_text
from scheduling.domain.operations import BlockKind, BlockState
from scheduling.errors import IllegalMove, NotFound, Rejected
from scheduling.models import Block, Resource

LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Blocking:
    """A block as it is asked for, or as it stands (`block_id`). Without resources the whole site is closed."""

    site: Site
    kind: BlockKind
    resource_ids: tuple[int, ...]
    names: tuple[str, ...]
    starts_at: dt.datetime
    ends_at: dt.datetime
    reason: str
    block_id: int | None = None

    @property
    def is_whole_site(self) -> bool:
        """Whether the whole site is closed."""
        return self.kind is BlockKind.CLOSED

    @property
    def words(self) -> str:
        """What is blocked and when: `NeuroStar 2 is out from Tue Nov 24, 10am until Wed Nov 25, 8am.`"""
        what = "The clinic" if self.is_whole_site else _listed(self.names)
        verb = "are" if len(self.names) > 1 else "is"
        how = {BlockKind.CLOSED: "closed", BlockKind.AWAY: "away", BlockKind.OUT_OF_SERVICE: "out"}[self.kind]
        return f"{what} {verb} {how} {span_words(self.starts_at, self.ends_at, self.site.zone)}."


def span_words(starts_at: dt.datetime, ends_at: dt.datetime, zone: str) -> str:
    """Return a time in words, whole days without the clock: `on Tue Nov 24`, `from Tue Nov 24, 10am until 2pm`."""
    first, since = local_time.wall(starts_at, zone)
    last, until = local_time.wall(ends_at, zone)
    begins = f"{day_text(first)}, {clock_text(since)}" if since else day_text(first)
    if until:
        return f"from {begins} until {clock_text(until) if last == first else f'{day_text(last)}, {clock_text(until)}'}"
    last -= dt.timedelta(days=1)
    if last > first:
        return f"from {begins} until the end of {day_text(last)}"
    return f"from {begins} until the end of the day" if since else f"on {begins}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def span_of(
    site: Site, *, first: dt.date, last: dt.date, from_minute: int | None = None, to_minute: int | None = None
) -> tuple[dt.datetime, dt.datetime]:
    """Return the instants from a day's minute to another day's, wall clock at the site; without minutes, whole days.

    :raises Rejected: a time does not exist there, or comes twice; or the end is not after the beginning.
    """
    try:
        since = (
            local_time.day_bounds(first, site.zone)[0]
            if from_minute is None
            else local_time.to_utc(first, from_minute, site.zone)
        )
        until = (
            local_time.day_bounds(last, site.zone)[1]
            if to_minute is None
            else local_time.to_utc(last, to_minute, site.zone)
        )
    except LocalTimeError as error:
        raise Rejected(str(error), code="no_such_time", fields={"time": "no such time"}) from error
    if until <= since:
        raise Rejected("A block must end after it begins.", code="block_empty", fields={"until": "too early"})
    return since, until


def blocking_of(
    *,
    site: Site,
    resource_ids: Collection[int],
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    reason: str,
    now: dt.datetime,
    kind: BlockKind | None = None,
) -> Blocking:
    """Return a block that is asked for; no resource: the whole site. A resource without a column is a person.

    :raises NotFound: one of the resources is not in use at this site.
    :raises Rejected: the time is empty, over, or longer than a year; or no reason is given.
    """
    _check(starts_at, ends_at, reason, now)
    rows = list(Resource.objects.filter(site=site, pk__in=set(resource_ids), is_active=True).order_by("position", "pk"))
    if len(rows) != len(set(resource_ids)):
        raise NotFound("There is no such device, place or person at this site.", fields={"resources": "unknown"})
    if not rows:
        found = BlockKind.CLOSED
    elif kind in (None, BlockKind.CLOSED):
        found = BlockKind.OUT_OF_SERVICE if any(row.group for row in rows) else BlockKind.AWAY
    else:
        assert kind is not None
        found = kind
    ids, names = tuple(row.pk for row in rows), tuple(row.name for row in rows)
    return Blocking(site, found, ids, names, starts_at, ends_at, reason.strip())


def _check(starts_at: dt.datetime, ends_at: dt.datetime, reason: str, now: dt.datetime) -> None:
    if ends_at <= starts_at:
        raise Rejected("A block must end after it begins.", code="block_empty", fields={"until": "too early"})
    if ends_at <= now:
        raise Rejected("That time has passed. Block a time that is still ahead.", fields={"until": "past"})
    if ends_at - starts_at > dt.timedelta(days=LONGEST_DAYS):
        raise Rejected("Block up to a year at a time.", code="block_too_long", fields={"until": "too far"})
    if not reason.strip() or len(reason.strip()) > 80:
        raise Rejected("Say why, in up to 80 letters.", fields={"reason": "required"})


def blocking_in_force(block: Block) -> Blocking:
    """Return a block as it stands; its site must be fetched.

    :raises IllegalMove: it is not in force any more.
    """
    if block.state != BlockState.IN_FORCE:
        raise IllegalMove("This block is not in force any more. Look at it again.")
    rows = list(block.outages.select_related("resource").order_by("resource__position", "resource_id"))
    return Blocking(
        site=block.site,
        kind=BlockKind(block.kind),
        resource_ids=tuple(row.resource_id for row in rows),
        names=tuple(row.resource.name for row in rows),
        starts_at=block.starts_at,
        ends_at=block.ends_at,
        reason=block.reason,
        block_id=block.pk,
    )
