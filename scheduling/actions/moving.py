"""Changing when the sessions of a course are: exactly what was shown, or one to a place the desk chose."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from clinic import actions as clinic_actions
from scheduling import change_token
from scheduling.actions import cancelling, completion, ledger, locking, meanwhile, visits
from scheduling.actions.ledger import Edit, Hand
from scheduling.actions.open_places import check_lists, check_open, check_other_courses
from scheduling.actions.visits import Visit
from scheduling.change_token import Shown
from scheduling.domain.choices import Places, as_counted
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.plan import PlannedSession
from scheduling.domain.protocol import Phase
from scheduling.domain.rules import Broken
from scheduling.domain.states import MOVABLE, WORDS, CancelledBy, SessionState
from scheduling.errors import CannotPlan, IllegalMove, NotAllowed, PlanGone, SlotTaken
from scheduling.models import Course, CourseEvent, Session
from scheduling.queries.legality import series_of
from scheduling.queries.living import definition_under, standing_of

NOT_YOURS = "A clinician decides this. Ask one, or put the course on hold."
SHORTER = "The course has fewer sessions now"


def apply_change(
    *,
    request: clinic_actions.Request,
    token: str,
    now: dt.datetime,
    session_id: int | None = None,
    version: int | None = None,
    may_decide: bool = False,
    reason: str = "",
) -> tuple[int, bool]:
    """Make a previewed change: all of it or nothing; return the course's id, and whether it was made before.

    `session_id` and `version`: the session it was previewed for, as it was read. `may_decide`: a clinician asks.

    :raises PlanGone: the course was changed since the preview, the plan is too old, or a place closed meanwhile.
    :raises NotAllowed: only a clinician may do this.
    :raises SlotTaken: a place was taken meanwhile; nothing was changed.
    :raises Stale: somebody changed the session since it was read.
    """
    if (done := locking.already_done(request)) is not None:
        return done, True  # asked before the plan's age and the right to decide: it is made already
    shown = change_token.read(token, now=now)
    if shown.needs_clinician and not may_decide:
        raise NotAllowed(NOT_YOURS, code="needs_clinician")

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=shown.course_id, now=now)
        course = locking.course(shown.course_id)
        if session_id is not None and version is not None:
            locking.check_version(session_id, version)
        if course.version != shown.version:
            raise PlanGone(f"{meanwhile.who_changed_course(course)} The choices have changed.")
        _apply(course, shown, Hand.of(request, now), reason)
        _audit(request, course, shown.kind, now)
        return course.pk

    return locking.once(request, run, has_looked=True)


def _apply(course: Course, shown: Shown, hand: Hand, reason: str) -> None:
    places = [place for _number, place in shown.moves] + list(shown.added)
    visits.lock(site=course.site, patient_id=course.patient_id, planned=places)
    moved = _locked(course, [number for number, _place in shown.moves])
    dropped = _locked(course, shown.dropped)
    zone = course.site.zone
    timed = [Visit(place, zone) for place in places]
    if timed:
        check_open(course.site, timed, hand.now)
        check_lists(course.site, definition_under(course), _listed(shown, moved), hand.now)
        check_other_courses(course, timed)
    change = ledger.header(course, shown.kind, hand, facts=_facts(shown), reason=reason, data=_summary(shown))
    edits = [edit_to(course, moved[number], Visit(place, zone)) for number, place in shown.moves if number in moved]
    edits += cancelling.cancelled(course, list(dropped.values()), SHORTER, CancelledBy.CLINIC, hand.now)
    if edits:
        ledger.write(edits, hand, change=change)
    if shown.added:
        add(course, [Visit(place, zone) for place in shown.added], change, hand, makeup_of=shown.makeup_of)
    if shown.kind == "resized":
        completion.settle_course(course.pk, hand)


def _listed(shown: Shown, moved: Mapping[int, Session]) -> list[tuple[dt.date, dt.date | None]]:
    """Return the day of each place, and on which day's list its patient is, or was until it was lost."""
    was = Session.objects.filter(pk=shown.makeup_of).values_list("day", flat=True).first() if shown.makeup_of else None
    return [(place.day, moved[number].day) for number, place in shown.moves] + [(each.day, was) for each in shown.added]


def _facts(shown: Shown) -> dict[str, Any]:
    return ledger.revived(Course, shown.facts)


def _summary(shown: Shown) -> dict[str, Any]:
    own = {
        "makeup_of": shown.makeup_of,
        "dropped": len(shown.dropped),
        "prescribed": shown.facts.get("prescribed"),
    }
    summary = {"moved": len(shown.moves), "added": len(shown.added)}
    return summary | {name: value for name, value in own.items() if value}


def add(
    course: Course, added: Sequence[Visit], change: CourseEvent, hand: Hand, *, makeup_of: int | None = None
) -> None:
    """Insert sessions of a locked course that a change adds.

    :raises SlotTaken: a place is taken.
    """
    with ledger.taken_in_words():
        visits.insert(
            course=course,
            visits=added,
            state=SessionState.BOOKED,
            grace=visits.grace_of(course.site, definition_under(course)),
            now=hand.now,
            by_id=hand.by.pk if hand.by else None,
            change_id=change.pk,
            makeup_of_id=makeup_of,
        )
    ledger.follow(course.pk, course.patient_id, hand)


def edit_to(course: Course, session: Session, visit: Visit, *, note: dict[str, Any] | None = None) -> Edit:
    """Return the move of a locked session to a place: its confirmation was for the old one and goes."""
    grace = visits.grace_of(course.site, definition_under(course))
    facts = {
        "day": visit.planned.day,
        "minute": visit.planned.minute,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "visit_type": visit.planned.visit_type,
        "why": visit.planned.why[:200],
        "deviation": (visit.planned.deviation or "")[:300],
        "confirmed_at": None,
        "recording_gap_id": None,
        "missed_after": grace.missed_after(visit) if session.state == SessionState.BOOKED else None,
    }
    return Edit(session, "rescheduled", facts, place=visit, note=note or {})


def move_to(
    *,
    request: clinic_actions.Request,
    session_id: int,
    version: int,
    day: dt.date,
    minute: int,
    now: dt.datetime,
    resource_id: int | None = None,
    override: str = "",
) -> tuple[int, bool]:
    """Move one session to a day and minute (wall clock) somebody chose; return the course's id, and if it was before.

    What is taken or closed can't be overridden by anybody. A rule of the protocol can, with a reason (`override`), and
    the event says which; the caller checks who may.

    :raises IllegalMove: the visit is not ahead any more.
    :raises CannotPlan: a rule would be broken, or the place is not free; words and alternatives say so.
    :raises SlotTaken: the place was taken at this very moment.
    :raises Stale: somebody changed it meanwhile.
    """

    def run() -> int:
        row = Session.objects.filter(pk=session_id).values_list("course_id", flat=True).first()
        clinic_actions.remember_request(request=request, result_id=row or 0, now=now)
        session = _looked_at(session_id, version, now)
        course = session.course
        place, broken = _placed(session, day, minute, resource_id, now, override)
        visits.lock(site=course.site, patient_id=course.patient_id, planned=[place])
        visit = Visit(place, course.site.zone)
        check_open(course.site, [visit], now)
        check_other_courses(course, [visit])
        hand = Hand.of(request, now)
        overridden = {"overrides": [each.code for each in broken], "override": override[:120]} if broken else {}
        change = ledger.header(course, "moved", hand, reason=override, data={"moved": 1, "added": 0} | overridden)
        ledger.write([edit_to(course, session, visit, note=overridden)], hand, change=change)
        _audit(request, course, "moved", now)
        return course.pk

    return locking.once(request, run)


def _looked_at(session_id: int, version: int, now: dt.datetime) -> Session:
    session = locking.unlocked_session(session_id, version)
    if session.state not in MOVABLE or session.starts_at <= now:
        state = WORDS[SessionState(session.state)]
        raise IllegalMove(f"This visit is {state}. Only a visit that is still ahead can be moved.")
    return session


def _placed(
    session: Session, day: dt.date, minute: int, resource_id: int | None, now: dt.datetime, override: str
) -> tuple[PlannedSession, list[Broken]]:
    """Return where a session goes and the rules that are overridden for it."""
    definition = definition_under(session.course)
    series = series_of(definition, session.phase)
    standing = standing_of(session.course, now=now, definition=definition, series=series)
    mine = next(each for each in standing.under.sittings if (each.day, each.minute) == (session.day, session.minute))
    places = Places(
        as_counted(standing.under), standing.ground(movable=[session.pk]), phase=session.phase, number=mine.number
    )
    broken = places.faults(day, minute)
    if broken and not override.strip():
        names = "; ".join(each.text for each in broken)
        raise CannotPlan(
            f"{day_text(day)}, {clock_text(minute)} is not allowed: {names}. Pick another time, or override it with a "
            "reason.",
            code="rule_broken",
            fields={"override": ", ".join(each.code for each in broken)},
        )
    found = places.free_at(day, minute, resource_id or mine.main)
    if isinstance(found, str):
        raise SlotTaken(f"{found[0].upper()}{found[1:]}. Nothing was changed.")
    return found, broken


def waive_make_up(
    *, request: clinic_actions.Request, session_id: int, version: int, reason: str, now: dt.datetime
) -> tuple[int, bool]:
    """Decide that a lost session is not made up: the course is one shorter; return its id, and if it was before.

    :raises IllegalMove: nothing is owed.
    :raises Stale: somebody changed it meanwhile.
    """

    def run() -> int:
        course_id = Session.objects.filter(pk=session_id).values_list("course_id", flat=True).first()
        clinic_actions.remember_request(request=request, result_id=course_id or 0, now=now)
        session = locking.session(session_id, version)
        course = session.course
        if session.is_counted or _is_waived(course, session) or not _is_owed(course, session.phase):
            raise IllegalMove("Nothing is owed for this visit.")
        hand = Hand.of(request, now)
        facts = {"prescribed": course.prescribed - 1, "wish": _one_less(course, session.phase)}
        ledger.header(course, "makeup_waived", hand, facts=facts, reason=reason, data={"session": session.pk})
        completion.settle_course(course.pk, hand)
        _audit(request, course, "makeup_waived", now)
        return course.pk

    return locking.once(request, run)


def _is_waived(course: Course, session: Session) -> bool:
    decided = CourseEvent.objects.filter(course=course, kind="makeup_waived", data__session=session.pk)
    undone = CourseEvent.objects.filter(course=course, kind="undone", data__of="makeup_waived")
    taken_back = {event.data["undoes"] for event in undone}
    return any(event.pk not in taken_back for event in decided)


def _is_owed(course: Course, phase: str) -> bool:
    counted = Session.objects.filter(course=course, is_counted=True)
    found = _phase(course, phase)
    if found is None or found.open_ended or course.prescribed == 1 or counted.count() >= course.prescribed:
        return False  # a phase without an end is booked ahead by the clock
    return counted.filter(phase=phase).count() < found.planned


def _phase(course: Course, name: str) -> Phase | None:
    return next((each for each in definition_under(course).phases if each.name == name), None)


def _one_less(course: Course, phase: str) -> dict[str, Any]:
    found = _phase(course, phase)
    wish: dict[str, Any] = course.wish
    assert found is not None, "only what is owed is waived"
    return {**wish, "counts": {**wish.get("counts", {}), phase: found.planned - 1}}


def _locked(course: Course, numbers: Sequence[int]) -> dict[int, Session]:
    """Lock and return sessions of a course by their numbers.

    :raises PlanGone: one of them can't be moved any more.
    """
    rows = Session.objects.select_for_update(no_key=True, of=("self",)).filter(
        course=course, is_counted=True, number__in=numbers
    )
    found = {row.number: row for row in rows.order_by("pk")}
    gone = [row for row in found.values() if row.state not in MOVABLE]
    if len(found) != len(set(numbers)) or gone:
        raise PlanGone("A visit of this change is not ahead any more. Look at the choices again.")
    return found


def _audit(request: clinic_actions.Request, course: Course, kind: str, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=course.site,
        action=f"course.{kind}",
        patient_ids=[course.patient_id],
        object_type="course",
        object_id=course.pk,
        now=now,
    )
