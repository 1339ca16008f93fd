"""Moving sessions of several courses as one: all or nothing, one event a course; they may trade places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clinic.models import Site
from scheduling.actions import ledger, locking
from scheduling.actions.ledger import Hand
from scheduling.actions.moving import edit_to
from scheduling.actions.open_places import check_lists, check_open, check_other_courses
from scheduling.actions.visits import Visit
from scheduling.domain.plan import PlannedSession
from scheduling.domain.states import MOVABLE
from scheduling.errors import PlanGone
from scheduling.models import Block, Course, CourseEvent, Session
from scheduling.queries.definitions import definition_of


@dataclass(frozen=True, slots=True)
class Reseat:
    """One session and the place it goes to."""

    session_id: int
    place: PlannedSession


def move_all(
    *,
    site: Site,
    moves: Sequence[Reseat],
    versions: Mapping[int, int],
    kind: str,
    hand: Hand,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    block: Block | None = None,
) -> list[CourseEvent]:
    """Move sessions of several courses and return one event a course; inside the caller's transaction.

    `versions`: by course, the version the places were worked out for: who changed since has other choices, and the
    rules of the protocols were kept for those versions.

    :raises PlanGone: a course was changed since, a visit is not ahead any more, or a place closed meanwhile.
    :raises SlotTaken: a place was taken meanwhile; nothing was changed.
    """
    courses = locking.courses(versions)
    locking.resources({use.resource_id for move in moves for use in move.place.uses})
    locking.patients(course.patient_id for course in courses.values())
    sessions = _locked(moves, courses, hand)
    visits = {move.session_id: Visit(move.place, site.zone) for move in moves}
    check_open(site, list(visits.values()), hand.now)
    of_course: dict[int, list[int]] = {}
    for move in moves:
        of_course.setdefault(sessions[move.session_id].course_id, []).append(move.session_id)
    for pk, ids in of_course.items():
        check_other_courses(courses[pk], [visits[each] for each in ids])
        days = [(visits[each].planned.day, sessions[each].day) for each in ids]
        check_lists(site, definition_of(courses[pk].protocol), days, hand.now)
    changes = {
        pk: ledger.header(courses[pk], kind, hand, reason=reason, data={"moved": len(ids), **(data or {})}, block=block)
        for pk, ids in of_course.items()
    }
    edits = [edit_to(sessions[pk].course, sessions[pk], visit) for pk, visit in visits.items()]
    ledger.write_all(edits, hand, changes)
    return list(changes.values())


def _locked(moves: Sequence[Reseat], courses: Mapping[int, Course], hand: Hand) -> dict[int, Session]:
    ids = sorted(move.session_id for move in moves)
    rows = Session.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids, course__in=courses)
    found = {row.pk: row for row in rows.order_by("pk")}
    for row in found.values():
        row.course = courses[row.course_id]
    if len(found) != len(ids) or any(row.state not in MOVABLE or row.starts_at <= hand.now for row in found.values()):
        raise PlanGone("A visit of this proposal is not ahead any more. Look at it again.")
    return found
