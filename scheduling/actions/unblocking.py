"""One undo for a block and everything it moved: all of it, or nothing and the words that say what is in the way."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from clinic import actions as clinic_actions
from scheduling.actions import blocks, ledger, locking, open_places
from scheduling.actions.ledger import Edit, Hand
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.operations import BlockState
from scheduling.domain.states import MOVABLE
from scheduling.errors import IllegalMove
from scheduling.models import Block, Closure, Course, CourseEvent, Outage, Reservation, Session, SessionEvent
from scheduling.queries import legality
from scheduling.queries.outages.moved import changes_in_force, latest_of

SHOWN = 5  # visits named; the others are counted


def undo_block(*, request: clinic_actions.Request, block_id: int, version: int, now: dt.datetime) -> tuple[int, bool]:
    """Take a block and everything it moved back; return its id, and whether that was done before.

    Places that were traded are traded back at once.

    :raises NotFound: there is none.
    :raises Stale: somebody changed the block since it was read.
    :raises IllegalMove: it is not in force, or visits can't go back; the words name them, and nothing is undone.
    :raises SlotTaken: a place was taken at this very moment.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=block_id, now=now)
        block = blocks.locked_block(block_id, version)
        if block.state != BlockState.IN_FORCE:
            raise IllegalMove("This block is not in force any more. Move people back instead.")
        _take_back(block, Hand.of(request, now), request)
        return block.pk

    return locking.once(request, run)


def _take_back(block: Block, hand: Hand, request: clinic_actions.Request) -> None:
    changes = changes_in_force(block.pk)
    events = list(SessionEvent.objects.filter(change__in=changes).order_by("pk"))
    courses = {pk: locking.course(pk) for pk in sorted({change.course_id for change in changes})}
    locking.resources(_resources_of(block, events))
    locking.patients(course.patient_id for course in courses.values())
    sessions = _locked_sessions(events, courses)
    _check(events, sessions, hand)
    # Before the visits go back: their places are not blocked any more then.
    Outage.objects.filter(block=block).delete()
    Closure.objects.filter(block=block).delete()
    edits = [_restored(sessions[event.session_id], event) for event in events]
    if edits:
        ledger.write_all(edits, hand, _headers(changes, courses, block, hand))
        _check_after(changes, events, sessions, hand)
    blocks.settle(block, BlockState.UNDONE)
    blocks.audit(request, block, "undone", {course.patient_id for course in courses.values()}, hand.now)


def _resources_of(block: Block, events: Sequence[SessionEvent]) -> list[int]:
    """Return what is blocked, and whatever the visits hold now or held before."""
    held = {pk for event in events for side in ("before", "after") for pk in event.data.get(side, {}).get("held", ())}
    used = Reservation.objects.filter(pk__in=held, resource__is_active=True).values_list("resource_id", flat=True)
    blocked = Outage.objects.filter(block=block, resource__is_active=True).values_list("resource_id", flat=True)
    return sorted({*used, *blocked})


def _locked_sessions(events: Sequence[SessionEvent], courses: Mapping[int, Course]) -> dict[int, Session]:
    rows = Session.objects.select_for_update(no_key=True, of=("self",))
    found = {row.pk: row for row in rows.filter(pk__in={event.session_id for event in events}).order_by("pk")}
    for row in found.values():
        row.course = courses[row.course_id]
    return found


def _check(events: Sequence[SessionEvent], sessions: Mapping[int, Session], hand: Hand) -> None:
    """Refuse if any visit can't go back where it was."""
    latest = latest_of(sessions)
    taken = _taken(events)
    problems = []
    for event in events:
        session = sessions[event.session_id]
        if latest.get(session.pk) != event.pk:
            problems.append((session, "was changed since"))
        elif session.state not in MOVABLE or _was_at(event, session) <= hand.now:
            problems.append((session, "its old time has passed"))
        elif event.pk in taken:
            problems.append((session, "its old place has gone to somebody else"))
    if problems:
        raise cannot(problems)


def cannot(problems: Sequence[tuple[Session, str]]) -> IllegalMove:
    """Return the refusal that names the visits that can't go back, and what can be done instead."""
    named = [f"visit {row.number} of {day_text(row.day)}, {clock_text(row.minute)} {why}" for row, why in problems]
    more = f"; and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return IllegalMove(
        f"Can't undo: {'; '.join(named[:SHOWN])}{more}. Nothing was changed. Reopen it instead, and move back who can.",
        code="block_cannot_undo",
        fields={str(row.pk): why for row, why in problems},
        alternatives=[{"verb": "reopen", "label": "Reopen, and move back who can"}],
    )


def _was_at(event: SessionEvent, session: Session) -> dt.datetime:
    before = event.data["before"]
    return dt.datetime.fromisoformat(before["starts_at"]) if "starts_at" in before else session.starts_at


def _taken(events: Sequence[SessionEvent]) -> set[int]:
    """Return the events of visits whose old place somebody else holds now; two statements."""
    mine = {event.session_id for event in events}
    wanted = {pk: event.pk for event in events for pk in event.data["before"].get("held", ())}
    rows = list(Reservation.objects.filter(pk__in=wanted))
    if not rows:
        return set()
    others: dict[int, list[Reservation]] = defaultdict(list)
    then = Reservation.objects.filter(
        is_active=True,
        resource__in={row.resource_id for row in rows},
        starts_at__lt=max(row.ends_at for row in rows),
        ends_at__gt=min(row.starts_at for row in rows),
    )
    for other in then:
        if other.session_id not in mine:
            others[other.resource_id].append(other)
    return {
        wanted[row.pk]
        for row in rows
        if any(o.starts_at < row.ends_at and row.starts_at < o.ends_at for o in others[row.resource_id])
    }


def _restored(session: Session, event: SessionEvent) -> Edit:
    kept: dict[str, Any] = dict(event.data["before"])
    held = kept.pop("held", None)
    return Edit(session, "undone", ledger.revived(Session, kept), held=held, undoes=event.pk)


def _headers(
    changes: Sequence[CourseEvent], courses: Mapping[int, Course], block: Block, hand: Hand
) -> dict[int, CourseEvent]:
    """Return by course the event that takes its last change back; every change gets one."""
    return {
        change.course_id: ledger.header(
            courses[change.course_id], "undone", hand, data={"undoes": change.pk, "of": change.kind}, block=block
        )
        for change in changes
    }


def _check_after(
    changes: Sequence[CourseEvent], events: Sequence[SessionEvent], sessions: Mapping[int, Session], hand: Hand
) -> None:
    """Refuse what the visits would stand in or break where they are back; the words name them."""
    if shut := open_places.blocked_now(sessions):
        raise cannot([(sessions[pk], "its old place is blocked by something else") for pk in sorted(shut)])
    since = {change.course_id: change.at for change in reversed(changes)}
    for course_id, at in since.items():
        rows = [sessions[event.session_id] for event in events if sessions[event.session_id].course_id == course_id]
        legality.check_restored(rows[0].course, rows, since=at, now=hand.now)
