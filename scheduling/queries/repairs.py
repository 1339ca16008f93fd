"""What can be done about a course under way: ranked choices, each with a token that does exactly it; writes nothing."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from scheduling import change_token
from scheduling.domain import changes, choices, local_time
from scheduling.domain.changes import Gap, GapClock, NeedsClinician, gap_clock, limits_in
from scheduling.domain.choices import Lost, as_counted
from scheduling.domain.living import Change
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import DELIVERED, MISSES, WORDS, CourseState, Scope, SessionState, TurnedAway
from scheduling.domain.wish import Infeasible
from scheduling.errors import CannotPlan, IllegalMove, Rejected
from scheduling.models import Course, Reservation, Session
from scheduling.queries.coverage import uncovered_after
from scheduling.queries.legality import series_of
from scheduling.queries.living import Standing, definition_under, standing_of

LEAD = dt.timedelta(minutes=30)  # a place offered for today is not before then; default
NO_MAKE_UP = "A missed visit of this treatment is not made up: it goes on with the next one."
_MAKEABLE = MISSES | {SessionState.CANCELLED}


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: words for the desk, the change and its token; or why it may not be.

    `uncovered`: the numbers (as after the change) that nothing pays for. `needs_clinician`: nobody else may do it.
    """

    kind: str
    label: str
    words: str
    change: Change | None
    token: str
    why_not: str = ""
    uncovered: tuple[int, ...] = ()
    needs_clinician: bool = False


def move_choices(
    session: Session, *, scope: Scope, now: dt.datetime, from_day: dt.date | None = None, minute: int | None = None
) -> list[Choice]:
    """Return where a session, or it and all after, or all of its weekday, could go instead; the best first.

    `from_day` and `minute` (wall clock) are for all after: the day they begin on, and their new time.

    :raises IllegalMove: the visit is not ahead any more.
    :raises CannotPlan: there is no place.
    """
    if session.state not in (SessionState.BOOKED, SessionState.HELD) or session.starts_at <= now:
        state = WORDS[SessionState(session.state)]
        raise IllegalMove(f"This visit is {state}. Only a visit that is still ahead can be moved.")
    standing = _standing(session, now)
    number = _number_in(standing, session)
    try:
        if scope is Scope.ONE:
            as_is = standing.ground(movable=[session.pk])
            found = choices.to_move(standing.under, as_is, standing.ground(), number)
        else:
            found = [_many(standing, session, number, scope, from_day, minute)]
    except Infeasible as refusal:
        raise CannotPlan(str(refusal), code=refusal.code) from refusal
    if any(each.change and not (each.change.moves or each.change.added) for each in found):
        raise CannotPlan("Everything is where it would go. Nothing moves.", code="nothing_moves")
    if not found:
        raise CannotPlan(f"No other time fits within {choices.LOOK_DAYS} days. Look further, or cancel the visit.")
    facts = {"standing_minute": minute} if minute is not None and scope is not Scope.ONE else {}
    return [as_choice(standing, choice, kind="moved", facts=facts) for choice in found]


def make_up_choices(session: Session, *, now: dt.datetime) -> list[Choice]:
    """Return where a lost session could be made up: three legal places, the best first; then what may not be, and why.

    :raises IllegalMove: the session is not lost, is made up already, or the course is not going on.
    :raises CannotPlan: this treatment makes no visit up, or there is no place.
    """
    _check_owed(session)
    standing = _standing(session, now)
    today = local_time.today(now, session.zone)
    clock = _clock(standing, today)
    main = Reservation.objects.filter(session=session).order_by("pk").values_list("resource_id", flat=True).first()
    lost = Lost(session.phase, session.day, session.minute, main or 0, _not_today(session, standing.definition))
    found = choices.to_make_up(standing.under, standing.ground(movable=[]), standing.ground(), lost, today=today)
    if standing.definition.makeup == "day_end":
        found = [each for each in found if each.kind == "today"]
    if not any(each.change for each in found):
        why = f" {found[0].why_not[0].upper()}{found[0].why_not[1:]}." if found else ""
        raise CannotPlan(f"No place is free for a make-up.{why} Ask a clinician, or end the course.", code="no_place")
    return [
        as_choice(standing, each, kind="made_up", makeup_of=session.pk, needs_clinician=_is_clinicians(standing, clock))
        for each in found
    ]


def resume_choices(course: Course, *, on: dt.date, now: dt.datetime, is_decided: bool = False) -> list[Choice]:
    """Return how a course on hold goes on from a day: everything it owes laid out anew, a re-mapping first if due.

    :raises IllegalMove: the course is not on hold.
    :raises Rejected: the day has passed.
    :raises CannotPlan: there is no place, or the gap is at a hard limit and no clinician has decided to go on.
    """
    if course.state != CourseState.ON_HOLD:
        raise IllegalMove("This course is not on hold.")
    if on < local_time.today(now, course.site.zone):
        raise Rejected(f"{local_time.day_text(on)} has passed. Go on today or later.", fields={"on": "past"})
    found = []
    for series in definition_under(course).series:
        standing = standing_of(course, now=now, series=series)
        last = _last_delivered(standing)
        try:
            change, _clock_then = changes.resume(
                standing.under, standing.ground(), on=on, last_delivered=last or on, is_decided=is_decided
            )
        except NeedsClinician as refusal:
            raise CannotPlan(str(refusal), code="needs_clinician") from refusal
        except Infeasible as refusal:
            raise CannotPlan(str(refusal), code=refusal.code) from refusal
        found.append((standing, change))
    whole = together([change for _standing_then, change in found])
    label = f"From {local_time.day_text(on)}"
    needs = is_decided or any(_is_hard(standing, on) for standing, _change in found)
    facts = {"state": CourseState.ACTIVE.value, "resume_on": None}
    choice = choices.Choice("resumed", label, whole)
    return [as_choice(found[0][0], choice, kind="resumed", facts=facts, needs_clinician=needs)]


def together(parts: Sequence[Change]) -> Change:
    """Return what the changes of several series are as one."""
    return Change(
        moves=tuple(move for part in parts for move in part.moves),
        added=tuple(added for part in parts for added in part.added),
        dropped=tuple(dropped for part in parts for dropped in part.dropped),
        ended_on=max(part.ended_on for part in parts),
        ends_on=max(part.ends_on for part in parts),
    )


def _many(
    standing: Standing,
    session: Session,
    number: int,
    scope: Scope,
    from_day: dt.date | None,
    minute: int | None,
) -> choices.Choice:
    counted = as_counted(standing.under)
    if any(phase.per_day > 1 for phase in counted.wish.protocol.phases):
        raise CannotPlan("This treatment has several visits a day. Move them one by one.", code="by_hand")
    if scope is Scope.WEEKDAY:
        change = changes.move_weekday(counted, standing.ground(), session.day.isoweekday(), from_day=session.day)
    else:
        change = changes.move_rest(counted, standing.ground(), number, from_day=from_day or session.day, minute=minute)
    return choices.Choice(scope.value, change.words, change)


def _check_owed(session: Session) -> None:
    if session.state not in _MAKEABLE:
        state = WORDS[SessionState(session.state)]
        raise IllegalMove(f"This visit is {state}. Only a visit that did not take place is made up.")
    if session.makeups.filter(is_counted=True).exists():
        raise IllegalMove("This visit is made up already.")
    if session.course.state not in (CourseState.ACTIVE, CourseState.READY):
        raise IllegalMove("This course is not going on. Resume it first.")
    counted = Session.objects.filter(course=session.course, is_counted=True).count()
    if counted >= session.course.prescribed:
        raise IllegalMove("Nothing is owed on this course: as many visits are booked as were prescribed.")
    if definition_under(session.course).makeup == "none":
        raise CannotPlan(NO_MAKE_UP, code="no_make_up")


def _standing(session: Session, now: dt.datetime) -> Standing:
    """Return where a session's series stands; nothing is offered sooner than anybody can be called in."""
    definition = definition_under(session.course)
    standing = standing_of(session.course, now=now, definition=definition, series=series_of(definition, session.phase))
    soonest = max(local_time.wall(now + LEAD, session.zone), _after_fasting(session, standing.definition, now))
    return replace(standing, under=replace(standing.under, wish=replace(standing.under.wish, not_before=soonest)))


def _not_today(session: Session, definition: ProtocolDefinition) -> str:
    """Return why somebody who was turned away because of food can't be treated that day at all; empty if so."""
    is_whole_day = session.reason_code == TurnedAway.ATE and isinstance(definition.fasting, str)
    return "not before tomorrow: nothing to eat from midnight" if is_whole_day else ""


def _after_fasting(session: Session, definition: ProtocolDefinition, now: dt.datetime) -> tuple[dt.date, int]:
    """Return from when on somebody who was turned away because of food may be treated: the day and minute."""
    today, minute = local_time.wall(now, session.zone)
    if session.reason_code != TurnedAway.ATE or not definition.fasting:
        return today, minute
    if isinstance(definition.fasting, str):
        return today, minute  # not that day at all: `_not_today`
    hours = max(definition.fasting.values())
    return local_time.wall(now + dt.timedelta(hours=hours), session.zone)


def _number_in(standing: Standing, session: Session) -> int:
    return next(
        each.number
        for each in standing.under.sittings
        if (each.day, each.minute, each.phase) == (session.day, session.minute, session.phase)
    )


def _last_delivered(standing: Standing) -> dt.date | None:
    days = Session.objects.filter(course=standing.course, state__in=DELIVERED, is_counted=True).values_list(
        "day", flat=True
    )
    return max(days, default=None)


def _clock(standing: Standing, on: dt.date) -> GapClock | None:
    """Return how long the course has stood still, or None if nothing was delivered yet."""
    last = _last_delivered(standing)
    if last is None:
        return None
    done = [each for each in standing.under.sittings if not each.is_open]
    gaps = limits_in(standing.definition, done[-1].phase) if done else standing.definition.gaps
    return gap_clock(gaps, last_delivered=last, on=on)


def _is_hard(standing: Standing, on: dt.date) -> bool:
    clock = _clock(standing, on)
    return clock is not None and clock.gap in {Gap.HARD, Gap.CLOSE}


def _is_clinicians(standing: Standing, clock: GapClock | None) -> bool:
    """Tell whether a make-up is a clinician's to decide: after a missed week, or past a hard gap."""
    if clock is None:
        return False
    after = standing.definition.clinician_after_days
    waits = standing.definition.makeup == "clinician" and after is not None and clock.days >= after
    return waits or clock.gap in {Gap.HARD, Gap.CLOSE}


def as_choice(
    standing: Standing,
    choice: choices.Choice,
    *,
    kind: str,
    makeup_of: int | None = None,
    facts: dict[str, Any] | None = None,
    needs_clinician: bool = False,
) -> Choice:
    """Return a choice with its words and the token that does exactly it."""
    if choice.change is None:
        return Choice(choice.kind, choice.label, "", None, "", why_not=choice.why_not)
    shown = change_token.shown(
        choice.change,
        course_id=standing.course.pk,
        version=standing.course.version,
        kind=kind,
        makeup_of=makeup_of,
        facts=facts,
        needs_clinician=needs_clinician,
    )
    uncovered = uncovered_after(standing.course, choice.change)
    return Choice(
        kind=choice.kind,
        label=choice.label,
        words=choice.change.words + (f" {uncovered.words}" if uncovered.words else ""),
        change=choice.change,
        token=change_token.sign(shown, now=standing.now),
        uncovered=uncovered.numbers,
        needs_clinician=needs_clinician,
    )
