"""How full a site is, where new courses of a protocol would start best, what some more would meet; writes nothing."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from clinic.models import Site
from scheduling.domain import capacity, load, local_time
from scheduling.domain.capacity import Imagined, Start
from scheduling.domain.load import Cell, DeviceLoad
from scheduling.domain.options import Lane
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.wish import Infeasible
from scheduling.queries import lists
from scheduling.queries.availability import lanes_of, next_open_day
from scheduling.queries.definitions import definition_of
from scheduling.queries.planning import Asked, CourseWish, current_protocol, current_protocols, prepared, refused

WEEKS = 8


@dataclass(frozen=True, slots=True)
class Load:
    """How full the devices of a site are between two days, and how scarce each half hour of a kind of device is."""

    first: dt.date
    last: dt.date
    devices: tuple[DeviceLoad, ...]
    cells: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Some more courses of a protocol, one after the other, and the load of its devices before and after them."""

    courses: tuple[Imagined, ...]
    before: Load
    after: Load


def load_of(*, site: Site, now: dt.datetime, weeks: int = WEEKS) -> Load:
    """Return how full each device is in the coming weeks, from tomorrow on.

    A device is what a visit of a current protocol needs first.
    """
    first = local_time.today(now, site.zone) + dt.timedelta(days=1)
    days = 7 * weeks
    kinds = {kind for protocol in current_protocols() for kind in main_kinds(definition_of(protocol))}
    lanes, _closures = lanes_of(site=site, kinds=kinds, first=first, days=days - 1)
    return _load(lanes, first, days)


def starts_of(*, site: Site, protocol_code: str, now: dt.datetime) -> list[Start]:
    """Return where a new course of a protocol would start best from the next open day on, the best first.

    :raises NotFound: the protocol is unknown.
    :raises CannotPlan: the site lacks something it needs.
    """
    asked = _asked(site, protocol_code, now)
    try:
        return capacity.best_starts(asked.wish, asked.ground)
    except Infeasible as refusal:
        raise refused(refusal, asked) from refusal


def what_if(*, site: Site, protocol_code: str, courses: int, now: dt.datetime) -> WhatIf:
    """Return so many more courses of a protocol, each planned after the one before, until none fits.

    :raises NotFound: the protocol is unknown.
    """
    asked = _asked(site, protocol_code, now)
    found, after = capacity.what_if(asked.wish, asked.ground, courses)
    kinds = main_kinds(asked.definition)
    first, days = asked.wish.start_on, min(load.LOOK_DAYS, asked.wish.horizon_days)
    return WhatIf(
        courses=tuple(found),
        before=_load([lane for lane in asked.ground.lanes if lane.kind in kinds], first, days),
        after=_load([lane for lane in after.lanes if lane.kind in kinds], first, days),
    )


def main_kinds(definition: ProtocolDefinition) -> frozenset[str]:
    """Return the kinds of resource the visits of a protocol need first: those its courses are planned around."""
    return frozenset(visit.steps[0].needs[0].kind for visit in definition.visit_types.values())


def _asked(site: Site, protocol_code: str, now: dt.datetime) -> Asked:
    """Return the wish of nobody in particular for the next open day whose list has not gone out."""
    definition = definition_of(current_protocol(protocol_code))
    after = local_time.today(now, site.zone)
    start = next_open_day(site=site, after=after)
    frozen = lists.frozen_through(site=site, definition=definition, now=now)
    if frozen is not None and start <= frozen:
        start = next_open_day(site=site, after=frozen)
    return prepared(site=site, wish=CourseWish(patient_id=0, protocol_code=protocol_code, start_on=start), now=now)


def _load(lanes: Sequence[Lane], first: dt.date, days: int) -> Load:
    calendar = range(first.toordinal(), first.toordinal() + days)
    kinds = dict.fromkeys(lane.kind for lane in lanes)
    return Load(
        first=first,
        last=first + dt.timedelta(days=days - 1),
        devices=tuple(load.device_load(lane, calendar) for lane in lanes),
        cells=tuple(
            (kind, tuple(load.cells([lane for lane in lanes if lane.kind == kind], calendar))) for kind in kinds
        ),
    )
