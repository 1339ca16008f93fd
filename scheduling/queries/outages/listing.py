"""The blocks of a site: in force, coming or over, and who still stands in their way."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from scheduling.domain.operations import BlockState
from scheduling.models import Block, Outage
from scheduling.queries import watch


@dataclass(frozen=True, slots=True)
class Seen:
    """A block as people see it: what it is about, and how many visits still need a place."""

    block: Block
    resources: tuple[tuple[int, str], ...]  # id and name; none: the whole site
    left: int
    is_running: bool


def blocks_of(*, site_ids: Sequence[int], now: dt.datetime, is_whole_past: bool = False) -> list[Seen]:
    """Return the blocks that are in force now or later, the next to end first; statements do not depend on how many.

    `is_whole_past`: those that are over, ended before their time or undone, too, newest first.
    """
    rows = Block.objects.filter(site__in=site_ids).select_related("site", "by")
    if is_whole_past:
        rows = rows.order_by("-pk")
    else:
        rows = rows.filter(state=BlockState.IN_FORCE, ends_at__gt=now).order_by("ends_at", "pk")
    return _seen(list(rows), now)


def block_of(*, block_id: int, now: dt.datetime) -> Seen | None:
    """Return one block, or None."""
    found = _seen(list(Block.objects.filter(pk=block_id).select_related("site", "by")), now)
    return found[0] if found else None


def _seen(rows: Sequence[Block], now: dt.datetime) -> list[Seen]:
    names: dict[int, list[tuple[int, str]]] = {row.pk: [] for row in rows}
    outages = Outage.objects.filter(block__in=names).order_by("resource__position", "resource_id")
    for block_id, resource_id, name in outages.values_list("block_id", "resource_id", "resource__name"):
        names[block_id].append((resource_id, name))
    left = _left({row.site_id for row in rows}, now)
    return [
        Seen(
            block=row,
            resources=tuple(names[row.pk]),
            left=left.get(row.pk, 0),
            is_running=row.state == BlockState.IN_FORCE and row.starts_at <= now < row.ends_at,
        )
        for row in rows
    ]


def _left(site_ids: Collection[int], now: dt.datetime) -> dict[int, int]:
    found = watch.visits_displaced(site_ids=sorted(site_ids), now=now)
    return {each.block_id: len(each.visits) for each in found if each.block_id is not None}
