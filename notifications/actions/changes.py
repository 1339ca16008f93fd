"""What follows from what happened: courses booked, visits moved, cancelled and missed, times offered.

A change is held for three minutes after the last one of its course: a drag undone by then sends nothing, and five in
two minutes send one text with the final time.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from notifications.actions.made_up import MISSED_FOR, named_with_miss
from notifications.actions.scene import HOLD, Scene, draft
from notifications.domain.cadence import CHANGES
from notifications.domain.states import COUNTED, Kind
from notifications.models import Message
from scheduling.domain.states import RELEASED, CancelledBy, SessionState
from scheduling.queries import messaging
from scheduling.queries.messaging import BookedCourse, Change, OpenOffer

LOOK_BACK = dt.timedelta(days=9)  # a planner that was down for a week finds what it missed
A_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Changed:
    """What happened to visits. `drafts` tell of it; `moved`: visits whose patient is told of their timing, and since
    when they have it; `held`: courses somebody is still at."""

    drafts: Sequence[Message]
    moved: Mapping[tuple[int, int], dt.datetime]
    held: frozenset[int]


def of_courses(scene: Scene) -> list[Message]:
    """Return what tells of new courses whose first visit lies ahead."""
    rows = messaging.booked_courses(since=scene.now - LOOK_BACK)
    return [_booked(row) for row in rows if row.first_starts_at > scene.now]


def _booked(row: BookedCourse) -> Message:
    return draft(
        Kind.BOOKED,
        f"course-{row.course_id}",
        site_id=row.site_id,
        patient_id=row.patient_id,
        due_at=row.booked_at + HOLD,
        until=row.first_starts_at,
        course_id=row.course_id,
    )


def of_offers(scene: Scene) -> list[Message]:
    """Return what asks people whether they want a freed time; an offer ends within the hour, so it is not held."""
    return [_offered(row) for row in messaging.offers_open(now=scene.now)]


def _offered(row: OpenOffer) -> Message:
    return draft(
        Kind.OPENING,
        f"offer-{row.offer_id}",
        site_id=row.site_id,
        patient_id=row.patient_id,
        due_at=row.asked_at,
        until=row.expires_at,
        offer_id=row.offer_id,
    )


def of_changes(scene: Scene, *, course_id: int | None = None) -> Changed:
    """Return what tells of visits that are not what they were, one draft a visit; those of one text are merged when it
    leaves.

    `course_id`: of this course alone, though somebody is still at it.
    """
    by_course: dict[int, list[Change]] = defaultdict(list)
    # A day more than is told of, so that no stretch of steps is read in half.
    since = scene.now - LOOK_BACK - A_DAY
    for change in messaging.changes(since=since, course_id=course_id):
        by_course[change.course_id].append(change)
    held = frozenset(pk for pk, events in by_course.items() if scene.now - events[-1].at < HOLD)
    shown = by_course if course_id is not None else by_course.keys() - held
    gone = _gone(by_course, since)
    told = [found for pk in by_course if pk in shown for found in _of_course(scene, by_course[pk], gone.get(pk, ()))]
    told = _without_unheard_of(told)
    named = named_with_miss(scene, _made_up(told))
    drafts = [found for each in told if each.change.session_id not in named for found in _draft(scene, each)]
    moved = {(each.change.session_id, each.change.timing_version): each.at for each in told if each.kind is Kind.MOVED}
    return Changed(drafts, moved, held)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the steps of one session come to. `at`: when the last step of its course was that belongs to them."""

    kind: Kind
    steps: Sequence[Change]
    at: dt.datetime

    @property
    def change(self) -> Change:
        """The session as it stands now."""
        return self.steps[-1]


def _gone(by_course: Mapping[int, Sequence[Change]], since: dt.datetime) -> dict[int, list[dt.datetime]]:
    """Return when changes of courses were told while somebody was at them: sent at once, by hand. One statement, if
    there are any."""
    quick = [
        pk
        for pk, events in by_course.items()
        if any(dt.timedelta() < after.at - before.at < HOLD for before, after in pairwise(events))
    ]
    found: dict[int, list[dt.datetime]] = defaultdict(list)
    if quick:
        rows = Message.objects.filter(course__in=quick, kind__in=CHANGES, state__in=COUNTED, handed_at__gte=since)
        for course_id, at in rows.values_list("course_id", "handed_at"):
            if course_id and at:
                found[course_id].append(at)
    return found


def _of_course(scene: Scene, events: Sequence[Change], gone: Sequence[dt.datetime]) -> Iterable[_Told]:
    told: dict[int, _Told] = {}
    for burst in _bursts(events, gone):
        if burst[-1].at < scene.now - LOOK_BACK:
            continue
        by_session: dict[int, list[Change]] = defaultdict(list)
        for event in burst:
            by_session[event.session_id].append(event)
        for pk, steps in by_session.items():
            # What a later burst changed again is told as that; where it came to nothing, the earlier one stands.
            if kind := _kind(steps):
                told[pk] = _Told(kind, steps, burst[-1].at)
    return told.values()


def _without_unheard_of(told: Sequence[_Told]) -> list[_Told]:
    """Leave out the visits of courses whose booking was taken back before their patients were told of it."""
    withdrawn = {each.change.course_id for each in told if each.change.is_withdrawn}
    if not withdrawn:
        return list(told)
    heard = Message.objects.filter(kind=Kind.BOOKED, course_id__in=withdrawn, handed_at__isnull=False)
    unheard = withdrawn - set(heard.values_list("course_id", flat=True))
    return [each for each in told if each.change.course_id not in unheard]


def _made_up(told: Sequence[_Told]) -> list[tuple[Change, Change]]:
    """Return the misses whose make-up was made in the same stretch, each with it."""
    misses = {(each.change.session_id, each.at): each.change for each in told if each.kind is Kind.MISSED}
    pairs = [(misses.get((each.steps[0].makeup_of or 0, each.at)), each) for each in told if each.steps[0].is_added]
    return [(miss, each.change) for miss, each in pairs if miss]


def _bursts(events: Sequence[Change], gone: Sequence[dt.datetime]) -> list[list[Change]]:
    """Return events in stretches between which nobody touched the course for as long as a change is held, or its
    patient was told at once: what is undone after that has to be told."""
    found: list[list[Change]] = []
    for event in events:
        if not found or _is_apart(found[-1][-1].at, event.at, gone):
            found.append([])
        found[-1].append(event)
    return found


def _is_apart(before: dt.datetime, after: dt.datetime, gone: Sequence[dt.datetime]) -> bool:
    return after - before >= HOLD or (before < after and any(before <= at <= after for at in gone))


def _kind(steps: Sequence[Change]) -> Kind | None:
    """Return what a session's steps come to in the end; None: nothing its patient has to hear of."""
    now, was = steps[-1], _before(steps)
    if now.state is SessionState.BOOKED:
        # Who was checked in by mistake, or missing for a while, was expected all along.
        was_expected = was["state"] and was["state"] not in RELEASED
        is_same = was_expected and (was["day"], was["minute"]) == (str(now.day), now.minute)
        return None if is_same or was["state"] == SessionState.HELD else Kind.MOVED
    if was["state"] not in (SessionState.BOOKED, SessionState.MISSED):
        return None
    if now.state is SessionState.NO_SHOW:
        return Kind.MISSED
    if now.state is SessionState.ENTERED_IN_ERROR:
        return Kind.CANCELLED
    # Who cancelled by themselves knows.
    is_ours = now.state is SessionState.CANCELLED and now.cancelled_by != CancelledBy.PATIENT
    return Kind.CANCELLED if is_ours else None


def _before(steps: Sequence[Change]) -> dict[str, object]:
    """Return state, day, minute and start as they were before the first step."""
    last = steps[-1]
    was: dict[str, object] = {
        "state": last.state,
        "day": str(last.day),
        "minute": last.minute,
        "starts_at": last.starts_at.isoformat(),
    }
    for step in reversed(steps):
        was |= {name: value for name, value in step.before.items() if name in was}
        was["state"] = step.from_state or ""
    return was


def _draft(scene: Scene, told: _Told) -> Iterator[Message]:
    change, until = told.change, _until(scene, told)
    if until <= scene.now:
        return
    yield draft(
        told.kind,
        f"session-{change.session_id}.{change.timing_version}",
        site_id=change.site_id,
        patient_id=change.patient_id,
        due_at=told.at + HOLD,
        until=until,
        course_id=change.course_id,
        session_id=change.session_id,
        timing_version=change.timing_version,
    )


def _until(scene: Scene, told: _Told) -> dt.datetime:
    """Return until when it is of use to tell: of a move, before somebody comes at the old time."""
    if told.kind is Kind.MISSED:
        return told.at + MISSED_FOR
    starts_at = told.change.starts_at
    if told.kind is Kind.CANCELLED:
        return starts_at
    was = dt.datetime.fromisoformat(str(_before(told.steps)["starts_at"]))
    return min(was, starts_at) if was > scene.now else starts_at
