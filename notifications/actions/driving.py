"""What people are told who take a patient home: the day before that they are listed, and when they are not needed."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from notifications.actions.changes import LOOK_BACK
from notifications.actions.reminders import A_DAY, EARLY, LEAST_AHEAD, cadence_of, minute_of
from notifications.actions.scene import HOLD, Scene, draft
from notifications.domain.cadence import Cadence, Moment
from notifications.domain.states import COUNTED, Kind, MessageState
from notifications.models import Message
from scheduling.actions import drivers
from scheduling.queries import rides
from scheduling.queries.pickups import Pickup, pickups
from scheduling.queries.rides import Driven

_WAITS = (MessageState.PENDING, MessageState.CLAIMED)
_Way = tuple[int, int | None, dt.datetime]  # visit, person, and when they are to pick somebody up


@dataclass(frozen=True, slots=True)
class Rides:
    """Who drives in the next days, who was ever named for what lies ahead, and what they were told.

    `asked`: when, by the visit's start; `spared` and `waiting`: what left, and what has not yet, by its end.
    """

    driven: Sequence[Driven]
    pickups: Sequence[Pickup]
    asked: Mapping[_Way, dt.datetime]
    spared: Mapping[_Way, Message]
    waiting: frozenset[_Way]


def rides_of(scene: Scene) -> Rides:
    """Return what texts to people who drive go by; two statements, three if anybody is named."""
    days = [scene.today(site_id) for site_id in scene.sites]
    driven = rides.driven(first=min(days), last=max(days) + A_DAY * 2)
    named = pickups(now=scene.now)
    asked: dict[_Way, dt.datetime] = {}
    spared: dict[_Way, Message] = {}
    waiting = set()
    for message in _messages([*driven, *named]):
        whose = (message.session_id or 0, message.related_person_id)
        at = message.handed_at if message.state in COUNTED else None
        if message.kind == Kind.ESCORT:
            if at:  # it leaves until well before the visit begins
                asked[(*whose, message.send_by + LEAST_AHEAD)] = at
        elif at:  # it leaves until the visit would have ended
            spared[(*whose, message.send_by)] = message
        elif message.state in _WAITS:
            waiting.add((*whose, message.send_by))
    return Rides(driven, named, asked, spared, frozenset(waiting))


def _messages(rows: Iterable[Driven | Pickup]) -> Iterable[Message]:
    if not (session_ids := {row.session_id for row in rows}):
        return []
    found = Message.objects.filter(kind__in=(Kind.ESCORT, Kind.ESCORT_OFF), session__in=session_ids)
    return found.order_by("handed_at", "pk")


def let_go(scene: Scene, found: Rides) -> None:
    """Let no yes count any more of whom a text told since that they are not needed: should they be, they are asked."""
    for each in found.pickups:
        told_at = _spared_at(found, each)
        is_shown = (
            told_at and found.spared[_until(each)].state == MessageState.SHOWN
        )  # sending is off: they never read it
        if each.is_agreed and told_at and not is_shown and each.agreed_at and each.agreed_at < told_at:
            drivers.let_go(
                session_id=each.session_id,
                person_id=each.person_id,
                starts_at=each.starts_at,
                told_at=told_at,
                now=scene.now,
            )


def to_drivers(scene: Scene, found: Rides) -> list[Message]:
    """Return what is due for people who take a patient home."""
    copies = [each for row in found.driven for each in _copies(scene, row, _spared_at(found, row))]
    due = [each for each in copies if each.due_at <= scene.now + EARLY and scene.now < each.send_by]
    return [*due, *_not_needed(scene, found)]


def _until(row: Driven | Pickup) -> _Way:
    return (row.session_id, row.person_id, row.ends_at)


def _spared_at(found: Rides, row: Driven | Pickup) -> dt.datetime | None:
    told = found.spared.get(_until(row))
    return told.handed_at if told else None


def _copies(scene: Scene, row: Driven, spared_at: dt.datetime | None) -> list[Message]:
    """Return the copy for one who drives; none, where the protocol leaves it out. `spared_at`: needed after all."""
    plan = cadence_of(row.reminders, needs_company=True)
    until = row.starts_at - LEAST_AHEAD
    return [
        _draft(Kind.ESCORT, row, due_at=_due(scene, row, moment, plan), until=until, since=spared_at)
        for moment in plan.moments
        if moment.kind is Kind.ESCORT
    ]


def _due(scene: Scene, row: Driven, moment: Moment, plan: Cadence) -> dt.datetime:
    return scene.at(row.site_id, row.day - A_DAY * moment.days, minute_of(scene, row.site_id, plan, moment.by))


def _not_needed(scene: Scene, found: Rides) -> Iterator[Message]:
    """Yield what spares people a way: held like every change, and only to those who were asked or had said yes."""
    for row in found.pickups:
        if not row.is_spared or not HOLD <= scene.now - row.changed_at < LOOK_BACK or _until(row) in found.waiting:
            continue
        known = [found.asked.get((row.session_id, row.person_id, row.starts_at)), row.agreed_at]
        known_at = max((at for at in known if at), default=None)
        spared_at = _spared_at(found, row)
        if known_at and (spared_at is None or spared_at <= known_at):
            yield _draft(Kind.ESCORT_OFF, row, due_at=row.changed_at + HOLD, until=row.ends_at, since=known_at)


def _draft(
    kind: Kind, row: Driven | Pickup, *, due_at: dt.datetime, until: dt.datetime, since: dt.datetime | None
) -> Message:
    """Return what is said to one who drives; `since`: once more, for they were told otherwise then."""
    again = f".{since:%Y%m%d%H%M%S}" if since else ""
    return draft(
        kind,
        f"session-{row.session_id}.{row.timing_version}{again}",
        site_id=row.site_id,
        patient_id=row.patient_id,
        due_at=due_at,
        until=until,
        course_id=row.course_id,
        session_id=row.session_id,
        timing_version=row.timing_version,
        related_person_id=row.person_id,
    )
