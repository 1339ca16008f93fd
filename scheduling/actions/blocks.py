"""Taking a device, a person or the whole site out of use as one operation, with one undo; and the way back.

What is blocked is locked before it is written, and so is whatever anybody takes: nobody is booked into a time while it
is being blocked. Locks: the block, courses, resources, patients, sessions, each by id.
"""

import datetime as dt
from collections.abc import Iterable

from clinic import actions as clinic_actions
from clinic.models import Site
from scheduling import block_token
from scheduling.actions import locking, visits
from scheduling.actions.ledger import Hand
from scheduling.actions.reseating import Reseat, move_all
from scheduling.block_token import ShownBlock
from scheduling.domain.operations import BlockKind, BlockState
from scheduling.domain.plan import PlannedSession
from scheduling.errors import IllegalMove, NotFound, PlanGone, Rejected, Stale
from scheduling.models import Block, Closure, Outage, Resource
from scheduling.queries.outages import Blocking, blocking_in_force, hits_of


def apply_block(*, request: clinic_actions.Request, token: str, now: dt.datetime) -> tuple[int, bool]:
    """Do what a proposal shows, all of it or nothing; return the block's id, and whether it was done before.

    The block is new, or it stands and people are moved for it; or it was ended, and they go back.

    :raises PlanGone: the proposal is too old, a course or a place changed since, or somebody was booked into the time.
    :raises SlotTaken: a place was taken meanwhile.
    :raises IllegalMove: the block is not as it was shown any more.
    """
    if (done := locking.already_done(request)) is not None:
        return done, True
    shown = block_token.read(token, now=now)

    def run() -> int:
        block = _made(request, shown, now) if shown.block_id is None else _shown_again(shown)
        clinic_actions.remember_request(request=request, result_id=block.pk, now=now)
        patients = {course.patient_id for course in locking.courses(shown.versions).values()}
        _lock_things(block.site, shown.kind, shown.resource_ids, [place for _pk, place in shown.moves])
        if shown.block_id is None:
            _write_times(block, shown.resource_ids)
        _check_nobody_new(block, shown, now)
        if shown.moves:
            move_all(
                site=block.site,
                moves=[Reseat(session_id, place) for session_id, place in shown.moves],
                versions=shown.versions,
                kind=shown.change,
                hand=Hand.of(request, now),
                reason=block.reason,
                block=block,
            )
        audit(request, block, shown.change if shown.moves else "made", patients, now)
        return block.pk

    return locking.once(request, run, has_looked=True)


def block_now(*, request: clinic_actions.Request, blocking: Blocking, now: dt.datetime) -> tuple[int, bool]:
    """Block a time and move nobody: whoever is booked then stays booked and waits for a person.

    The answer is as that of `apply_block`.

    :raises PlanGone: one of the resources is not in use any more.
    """

    def run() -> int:
        block = _row(request, blocking.site, blocking, now)
        block.save()
        clinic_actions.remember_request(request=request, result_id=block.pk, now=now)
        _lock_things(blocking.site, blocking.kind, blocking.resource_ids, [])
        _write_times(block, blocking.resource_ids)
        audit(request, block, "made", (), now)
        return block.pk

    return locking.once(request, run)


def close_days(
    *, request: clinic_actions.Request, blockings: Iterable[Blocking], now: dt.datetime
) -> tuple[list[int], bool]:
    """Close a site at several times, all or none, and move nobody; return the blocks' ids as `apply_block`.

    :raises Rejected: nothing was chosen.
    """
    wanted = list(blockings)
    if not wanted:
        raise Rejected("Choose at least one day.", fields={"days": "required"})

    def run() -> int:
        rows = Block.objects.bulk_create(_row(request, each.site, each, now) for each in wanted)
        clinic_actions.remember_request(request=request, result_id=rows[0].pk, now=now)
        _lock_things(wanted[0].site, BlockKind.CLOSED, (), [])
        for block in rows:
            _write_times(block, ())
            audit(request, block, "made", (), now)
        return rows[0].pk

    first, again = locking.once(request, run)
    one = Block.objects.get(pk=first)
    together = Block.objects.filter(site=one.site_id, kind=one.kind, by=one.by_id, made_at=one.made_at, pk__gte=first)
    return list(together.order_by("pk").values_list("pk", flat=True)), again


def reopen_block(
    *, request: clinic_actions.Request, block_id: int, version: int, now: dt.datetime, at: dt.datetime | None = None
) -> tuple[int, bool]:
    """End a block now, or at an instant still ahead; who was moved stays where they are. Return as `apply_block`.

    :raises NotFound: there is none.
    :raises Stale: somebody changed it since it was read.
    :raises IllegalMove: it is not in force, or ends before that.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=block_id, now=now)
        block = locked_block(block_id, version)
        ends_at = max(at or now, now)
        if block.state != BlockState.IN_FORCE or block.ends_at <= ends_at:
            raise IllegalMove("This block is over by then already.")
        for rows in (Outage.objects.filter(block=block), Closure.objects.filter(block=block)):
            rows.filter(starts_at__gte=ends_at).delete()
            rows.filter(starts_at__lt=ends_at).update(ends_at=ends_at)
        if block.starts_at < ends_at:
            block.ends_at = ends_at
        settle(block, BlockState.REOPENED)
        audit(request, block, "reopened", (), now)
        return block.pk

    return locking.once(request, run)


def locked_block(block_id: int, version: int) -> Block:
    """Lock a block; its site comes with it.

    :raises NotFound: there is none.
    :raises Stale: it is not the version that was read.
    """
    block = _locked(block_id)
    if block.version != version:
        raise Stale("Somebody changed this block meanwhile. Look at it and try again.")
    return block


def settle(block: Block, state: BlockState) -> None:
    """Give a locked block another state."""
    block.state = state
    block.version += 1
    block.save(update_fields=["state", "ends_at", "version"])


def _locked(block_id: int) -> Block:
    visits.wait_briefly()
    rows = Block.objects.select_for_update(no_key=True, of=("self",)).select_related("site")
    block = rows.filter(pk=block_id).first()
    if block is None:
        raise NotFound("There is no such block.")
    return block


def _made(request: clinic_actions.Request, shown: ShownBlock, now: dt.datetime) -> Block:
    block = _row(request, Site.objects.get(pk=shown.site_id), shown, now)
    block.save()
    return block


def _row(request: clinic_actions.Request, site: Site, of: Blocking | ShownBlock, now: dt.datetime) -> Block:
    return Block(
        site=site,
        kind=of.kind,
        state=BlockState.IN_FORCE,
        starts_at=of.starts_at,
        ends_at=of.ends_at,
        reason=of.reason,
        made_at=now,
        by=request.user,
    )


def _shown_again(shown: ShownBlock) -> Block:
    """Lock the block a proposal was made for, and check that it is still as it was."""
    block = _locked(shown.block_id or 0)
    wanted = BlockState.REOPENED if shown.change == "moved_back" else BlockState.IN_FORCE
    if block.state != wanted or block.ends_at != shown.ends_at:
        raise PlanGone("This block was changed meanwhile. Look at it again.")
    return block


def _lock_things(site: Site, kind: BlockKind, resource_ids: Iterable[int], places: Iterable[PlannedSession]) -> None:
    visits.wait_briefly()
    ids = {use.resource_id for place in places for use in place.uses} | set(resource_ids)
    if kind is BlockKind.CLOSED:
        ids |= set(Resource.objects.filter(site=site, is_active=True).values_list("pk", flat=True))
    locking.resources(ids)


def _write_times(block: Block, resource_ids: Iterable[int]) -> None:
    then = {"starts_at": block.starts_at, "ends_at": block.ends_at, "reason": block.reason, "block": block}
    if block.kind == BlockKind.CLOSED:
        Closure.objects.create(site=block.site, **then)
    else:
        Outage.objects.bulk_create(Outage(resource_id=pk, **then) for pk in sorted(resource_ids))


def _check_nobody_new(block: Block, shown: ShownBlock, now: dt.datetime) -> None:
    """Refuse a proposal that does not know of somebody booked into the time since."""
    if block.state != BlockState.IN_FORCE:
        return
    new = set(hits_of(blocking_in_force(block), now=now).ahead) - shown.hit
    if new:
        count = "1 visit was" if len(new) == 1 else f"{len(new)} visits were"
        raise PlanGone(f"{count} booked into that time meanwhile. Nothing was changed. Look at the new proposal.")


def audit(
    request: clinic_actions.Request, block: Block, step: str, patient_ids: Iterable[int], now: dt.datetime
) -> None:
    """Note in the audit log what happened to a block, once for each patient it changed anything for."""
    clinic_actions.write_audit(
        request=request,
        site=block.site,
        action=f"block.{step}",
        patient_ids=sorted(set(patient_ids)) or [None],
        object_type="block",
        object_id=block.pk,
        now=now,
    )
