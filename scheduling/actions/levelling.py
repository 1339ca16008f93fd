"""Levelling the future: a proposal by night, accepted or dismissed by a manager; nothing moves by itself."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from clinic import actions as clinic_actions
from clinic.models import Site
from scheduling.actions import locking, reseating
from scheduling.actions.ledger import Hand
from scheduling.actions.reseating import Reseat
from scheduling.domain import local_time
from scheduling.domain.levelling import Levelling
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.opening import Rigid
from scheduling.domain.operations import ProposalState
from scheduling.errors import IllegalMove, NotFound, PlanGone, SlotTaken, Stale
from scheduling.models import LevelProposal
from scheduling.plan_token import packed, unpacked
from scheduling.queries import levelling as queries
from scheduling.queries.levelling import Look, Told

NIGHT = range(3, 6)  # hours of the site's wall clock; no clock jumps over or repeats them where clinics are
CHANGED = "A visit of this proposal was changed, or somebody was told about it. It is outdated."
_DECIDED = {
    ProposalState.ACCEPTED: "accepted",
    ProposalState.DISMISSED: "dismissed",
    ProposalState.OUTDATED: "outdated",
}


def is_due(*, site: Site, now: dt.datetime) -> bool:
    """Tell whether it is night at a site and nothing was proposed there this night; one statement at night."""
    today, minute = local_time.wall(now, site.zone)
    if minute // 60 not in NIGHT:
        return False
    midnight = local_time.day_bounds(today, site.zone)[0]
    return not LevelProposal.objects.filter(site=site, made_at__gte=midnight).exists()


def propose(*, site: Site, since: dt.date, told: Told, now: dt.datetime) -> int | None:
    """Store what would make room at a site in the four weeks from a day on, and return its id; None if nothing would.

    An open proposal of an earlier night is outdated either way. `told` says which of some sessions anybody was told
    about. Again in the same night proposes the same anew.
    """
    found = queries.look(site=site, since=since, told=told, now=now)
    try:
        return _store(site, found, now)
    except IntegrityError as error:
        if "levelproposal_one_open" not in str(error) and "levelproposal.site_id" not in str(error):
            raise
        return None  # another worker was quicker


@transaction.atomic(durable=True)
def _store(site: Site, found: Look | None, now: dt.datetime) -> int | None:
    open_ones = LevelProposal.objects.filter(site=site, state=ProposalState.OPEN)
    open_ones.update(state=ProposalState.OUTDATED, decided_at=now, version=F("version") + 1)
    if found is None:
        return None
    return LevelProposal.objects.create(
        site=site, state=ProposalState.OPEN, moves=_moves(found), gain=_gain(found), made_at=now
    ).pk


def accept(
    *, request: clinic_actions.Request, proposal_id: int, version: int, told: Told, now: dt.datetime
) -> tuple[int, bool]:
    """Move everything a proposal moves, or nothing; return its id, and whether that was done before.

    `told`: as in `propose`, with those about to be told.

    :raises NotFound: there is none.
    :raises Stale: it is not the version that was read.
    :raises IllegalMove: it was decided already.
    :raises PlanGone: a course was changed since, or somebody was told meanwhile; the proposal is outdated.
    :raises SlotTaken: a place was taken meanwhile; the proposal is outdated.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=proposal_id, now=now)
        row = _open(proposal_id, version)
        moves = [Reseat(move["session"], unpacked(move["to"])) for move in row.moves]
        versions = {move["course"]: move["version"] for move in row.moves}
        courses = locking.courses(versions)
        ids = [move.session_id for move in moves]
        if queries.untouched().filter(pk__in=ids).count() < len(ids) or told(ids):
            raise PlanGone(CHANGED)
        reseating.move_all(
            site=row.site,
            moves=moves,
            versions=versions,
            kind="levelled",
            hand=Hand.of(request, now),
            data={"proposal": row.pk},
        )
        _decide(row, ProposalState.ACCEPTED, request, now)
        _audit(request, row, "accepted", [course.patient_id for course in courses.values()], now)
        return row.pk

    try:
        return locking.once(request, run)
    except (PlanGone, SlotTaken):
        _outdate(proposal_id, version, now)
        raise


def dismiss(
    *, request: clinic_actions.Request, proposal_id: int, version: int, reason: str, now: dt.datetime
) -> tuple[int, bool]:
    """Decide that a proposal is not made; return its id, and whether that was done before.

    What it would have moved is not proposed again for four weeks.

    :raises NotFound, Stale, IllegalMove: as `accept`.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=proposal_id, now=now)
        row = _open(proposal_id, version)
        _decide(row, ProposalState.DISMISSED, request, now, reason=reason)
        _audit(request, row, "dismissed", [None], now)
        return row.pk

    return locking.once(request, run)


def _open(proposal_id: int, version: int) -> LevelProposal:
    locked = LevelProposal.objects.select_for_update(of=("self",), no_key=True).select_related("site", "decided_by")
    row = locked.filter(pk=proposal_id).first()
    if row is None:
        raise NotFound("There is no such proposal.")
    if row.state != ProposalState.OPEN:
        who = f" by {row.decided_by.name}" if row.decided_by else ""
        day, minute = local_time.wall(row.decided_at or row.made_at, row.site.zone)
        state = _DECIDED[ProposalState(row.state)]
        raise IllegalMove(f"This proposal was {state}{who} at {clock_text(minute)} on {day_text(day)}.")
    if row.version != version:
        raise Stale("This proposal was changed meanwhile. Look at it and try again.")
    return row


def _decide(
    row: LevelProposal, state: ProposalState, request: clinic_actions.Request, now: dt.datetime, *, reason: str = ""
) -> None:
    row.state, row.decided_at, row.decided_by, row.reason = state, now, request.user, reason[:120]
    row.version += 1
    row.save(update_fields=["state", "decided_at", "decided_by", "reason", "version"])


@transaction.atomic(durable=True)
def _outdate(proposal_id: int, version: int, now: dt.datetime) -> None:
    LevelProposal.objects.filter(pk=proposal_id, version=version, state=ProposalState.OPEN).update(
        state=ProposalState.OUTDATED, decided_at=now, version=F("version") + 1
    )


def _audit(
    request: clinic_actions.Request, row: LevelProposal, what: str, patients: Sequence[Any], now: dt.datetime
) -> None:
    clinic_actions.write_audit(
        request=request,
        site=row.site,
        action=f"level_proposal.{what}",
        patient_ids=patients,
        object_type="level_proposal",
        object_id=row.pk,
        now=now,
    )


def _moves(found: Look) -> list[dict[str, Any]]:
    """Return the moves as they are stored: per session its course as it was read, and from where to where."""
    rows = [(move, found.rows[move.session_id]) for move in found.levelling.moves]
    return [
        {
            "session": move.session_id,
            "course": move.course_id,
            "version": row.version,
            "from": {"day": str(move.to.day), "minute": row.minute, "resource": row.main, "name": row.device},
            "to": packed(replace(move.to, number=row.number)),
        }
        for move, row in rows
    ]


def _gain(found: Look) -> dict[str, Any]:
    """Return what a proposal opens: each day and visit with its time, and the days with room before and after."""
    starts = [
        {
            "day": str(dt.date.fromordinal(opening.day)),
            "minute": minute,
            "visit": found.rigids[index].visit.name,
            "protocols": list(found.rigids[index].names),
        }
        for opening in found.levelling.openings
        for index, minute in sorted(opening.opens.items())
    ]
    return {"starts": starts, "room": _room(found.levelling, found.rigids), "text": _text(found)}


def _room(levelling: Levelling, rigids: Sequence[Rigid]) -> list[dict[str, Any]]:
    return [
        {
            "visit": rigid.visit.name,
            "protocols": list(rigid.names),
            "before": room.before,
            "after": room.after,
            "days": room.days,
        }
        for rigid, room in zip(rigids, levelling.room, strict=True)
        if room.after > room.before
    ]


def _text(found: Look) -> str:
    """Return a proposal in a sentence or two."""
    count = len(found.levelling.moves)
    moves = "1 visit moves" if count == 1 else f"{count} visits move"
    parts = [_fits(each) for each in _room(found.levelling, found.rigids)]
    return f"{moves} within {'its day' if count == 1 else 'their days'}. {' '.join(parts)}"


def _fits(room: Mapping[str, Any]) -> str:
    names = " and ".join(room["protocols"])
    return f"{room['visit']} ({names}) then fits on {room['after']} of {room['days']} days instead of {room['before']}."
