"""A proposal for a block worked out again, where the world has changed since it was shown."""

import datetime as dt
from collections.abc import Callable, Mapping

from clinic.models import Site
from scheduling.block_token import ShownBlock
from scheduling.errors import Rejected
from scheduling.models import Block
from scheduling.queries import outages
from scheduling.queries.outages import Blocking, Fixed, Proposal


def worked_out_anew(
    shown: ShownBlock, *, now: dt.datetime, is_over: Callable[[], bool]
) -> tuple[Proposal, Mapping[int, Fixed]] | None:
    """Return the proposal as things are now and what stays decided: who was to be called stays to be called.

    None where nothing can be proposed any more. Writes nothing; whose site it is, is the caller's to check.
    """
    try:
        if shown.change == outages.MOVED_BACK:
            return outages.return_choices(block=_block(shown), now=now, is_over=is_over), {}
        blocking = _blocking(shown, now)
        still = set(outages.hits_of(blocking, now=now).ahead)
        fixed = {session_id: Fixed(None) for session_id in shown.calls if session_id in still}
        return outages.preview_block(blocking=blocking, now=now, fixed=fixed, is_over=is_over), fixed
    except Rejected:
        return None


def _blocking(shown: ShownBlock, now: dt.datetime) -> Blocking:
    if shown.block_id is not None:
        return outages.blocking_in_force(_block(shown))
    return outages.blocking_of(
        site=Site.objects.get(pk=shown.site_id),
        resource_ids=shown.resource_ids,
        starts_at=shown.starts_at,
        ends_at=shown.ends_at,
        reason=shown.reason,
        now=now,
        kind=shown.kind,
    )


def _block(shown: ShownBlock) -> Block:
    return Block.objects.select_related("site").get(pk=shown.block_id or 0, site=shown.site_id)
