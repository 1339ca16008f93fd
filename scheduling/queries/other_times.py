"""Where a patient may move a visit to themselves: the planner's places that touch nothing else."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from scheduling.domain import policy
from scheduling.domain.states import CourseState, Scope, SessionState
from scheduling.errors import CannotPlan
from scheduling.models import Session, SessionEvent
from scheduling.queries.definitions import definition_of
from scheduling.queries.policies import notice_for
from scheduling.queries.repairs import Choice, move_choices

SHOWN = 3
OWN_STEPS = ("moved", "rescheduled")
REMEMBERED = dt.timedelta(days=1)  # how long a step of their own stands on the page with its way back


@dataclass(frozen=True, slots=True)
class OtherTime:
    """A place a visit could go to: the clinic's wall clock, and the token that does exactly it."""

    day: dt.date
    minute: int
    token: str


@dataclass(frozen=True, slots=True)
class OwnStep:
    """What a patient did to a visit on their page and may take back."""

    session_id: int
    version: int
    is_cancelled: bool
    may_undo: bool  # the time it goes back to is far enough ahead
    day: dt.date  # where it was before
    minute: int
    now_on: dt.date
    now_at: int


def visit_to_change(session_id: int, *, patient_id: int, now: dt.datetime) -> Session | None:
    """Return a patient's own visit that is still ahead, its course with site and protocol; None: there is none."""
    rows = Session.objects.select_related("course__site", "course__protocol", "course__patient")
    mine = rows.filter(pk=session_id, patient=patient_id, state=SessionState.BOOKED, starts_at__gt=now)
    return mine.filter(course__state__in=[CourseState.ACTIVE, CourseState.READY]).first()


def is_too_late(session: Session, *, now: dt.datetime) -> bool:
    """Tell whether the clinic's notice is over: from then on a change needs a call."""
    notice = notice_for(session.course.site, definition_of(session.course.protocol))
    return policy.is_late(notice, cancelled_at=now, starts_at=session.starts_at, zone=session.zone)


def other_times(session: Session, *, now: dt.datetime) -> list[OtherTime]:
    """Return the places a visit could move to that keep every rule, cost nothing and move nothing else; the best first.

    `SHOWN` of them are offered; one that was offered stays good when a better one gets free meanwhile.
    """
    try:
        found = move_choices(session, scope=Scope.ONE, now=now)
    except CannotPlan:
        return []
    return [each for choice in found if (each := _alone(choice))]


def own_step(patient_id: int, *, now: dt.datetime) -> OwnStep | None:
    """Return what a patient did last on their page to a visit that is still ahead, if nobody changed it since."""
    steps = SessionEvent.objects.filter(session__patient=patient_id, at__gte=now - REMEMBERED)
    last = steps.select_related("session__course__site", "session__course__protocol").order_by("-pk").first()
    if last is None or last.kind not in OWN_STEPS or last.data.get("actor") != "patient":
        return None
    before, session = last.data["before"], last.session
    if session.starts_at <= now or session.state not in (SessionState.CANCELLED, SessionState.BOOKED):
        return None
    return OwnStep(
        session_id=session.pk,
        version=session.version,
        is_cancelled=session.state == SessionState.CANCELLED,
        may_undo=_may_go_back(session, before, now),
        day=dt.date.fromisoformat(before["day"]) if "day" in before else session.day,
        minute=before.get("minute", session.minute),
        now_on=session.day,
        now_at=session.minute,
    )


def was_taken_back(session_id: int, *, patient_id: int, version: int) -> bool:
    """Tell whether the latest thing that happened to a patient's visit is that they took back this very step."""
    mine = SessionEvent.objects.filter(session=session_id, session__patient=patient_id, session__version=version + 1)
    last = mine.order_by("-pk").first()
    return last is not None and last.kind == "undone" and last.data.get("actor") == "patient"


def _may_go_back(session: Session, before: dict[str, Any], now: dt.datetime) -> bool:
    """Tell whether a moved visit may go back to where it was: what is nearer than the clinic's notice needs a call."""
    if "starts_at" not in before:
        return True
    notice = notice_for(session.course.site, definition_of(session.course.protocol))
    starts_at = dt.datetime.fromisoformat(before["starts_at"])
    return starts_at > now and not policy.is_late(notice, cancelled_at=now, starts_at=starts_at, zone=session.zone)


def _alone(choice: Choice) -> OtherTime | None:
    change = choice.change
    if change is None or choice.needs_clinician or choice.uncovered:
        return None
    if len(change.moves) != 1 or change.added or change.dropped:
        return None
    place = change.moves[0].to
    return OtherTime(place.day, place.minute, choice.token)
