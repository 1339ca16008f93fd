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
    """Who drives in the next days, who was ever named for what lies ahead, and when they were told what.

    `shown`: told as far as the outbox goes, for sending is off.
    """

    driven: Sequence[Driven]
    pickups: Sequence[Pickup]
    asked: Mapping[_Way, dt.datetime]
    spared: Mapping[_Way, dt.datetime]
    waiting: frozenset[_Way]
    shown: frozenset[_Way]


def rides_of(scene: Scene) -> Rides:
    """Return what texts to people who drive go by; two statements, three if anybody is named."""
    days = [scene.today(site_id) for site_id in scene.sites]
    driven = rides.driven(first=min(days), last=max(days) + A_DAY * 2)
    named = pickups(now=scene.now)
    asked: dict[_Way, dt.datetime] = {}
    spared: dict[_Way, dt.datetime] = {}
    waiting, shown = set(), set()
    for message in _messages([*driven, *named]):
        # A copy leaves until well before the visit begins, the other until it would have ended.
        is_copy = message.kind == Kind.ESCORT
        ends = message.send_by + LEAST_AHEAD if is_copy else message.send_by
        way = (message.session_id or 0, message.related_person_id, ends)
        if message.state in _WAITS:
            waiting |= set() if is_copy else {way}
        elif message.state in COUNTED and message.handed_at:
            (asked if is_copy else spared)[way] = message.handed_at
            shown |= {way} if message.state == MessageState.SHOWN else set()
    return Rides(driven, named, asked, spared, frozenset(waiting), frozenset(shown))


def _messages(rows: Iterable[Driven | Pickup]) -> Iterable[Message]:
    if not (session_ids := {row.session_id for row in rows}):
        return []
    found = Message.objects.filter(kind__in=(Kind.ESCORT, Kind.ESCORT_OFF), session__in=session_ids)
    return found.order_by("handed_at", "pk")


def let_go(scene: Scene, found: Rides) -> None:
    """Let no yes count any more of whom a text told since that they are not needed: should they be, they are asked."""
    for each in found.pickups:
        way = (each.session_id, each.person_id, each.ends_at)
        told_at = None if way in found.shown else found.spared.get(way)
        if each.is_agreed and told_at and each.agreed_at and each.agreed_at < told_at:
            drivers.let_go(
                session_id=each.session_id,
                person_id=each.person_id,
                starts_at=each.starts_at,
                told_at=told_at,
                now=scene.now,
            )


def to_drivers(scene: Scene, found: Rides) -> list[Message]:
    """Return what is due for people who take a patient home."""
    copies = [each for row in found.driven for each in _copies(scene, row, found)]
    due = [each for each in copies if each.due_at <= scene.now + EARLY and scene.now < each.send_by]
    return [*due, *_not_needed(scene, found)]


def _copies(scene: Scene, row: Driven, found: Rides) -> list[Message]:
    """Return the copy for one who drives; none, where the protocol leaves it out."""
    plan = cadence_of(row.reminders, needs_company=True)
    told_at = found.spared.get((row.session_id, row.person_id, row.ends_at))
    return [_copy(scene, row, moment, plan, told_at) for moment in plan.moments if moment.kind is Kind.ESCORT]


def _copy(scene: Scene, row: Driven, moment: Moment, plan: Cadence, told_at: dt.datetime | None) -> Message:
    minute = minute_of(scene, row.site_id, plan, moment.by)
    again = f".{told_at:%Y%m%d%H%M%S}" if told_at else ""  # needed after all
    return draft(
        Kind.ESCORT,
        f"session-{row.session_id}.{row.timing_version}{again}",
        site_id=row.site_id,
        patient_id=row.patient_id,
        due_at=scene.at(row.site_id, row.day - A_DAY * moment.days, minute),
        until=row.starts_at - LEAST_AHEAD,
        course_id=row.course_id,
        session_id=row.session_id,
        timing_version=row.timing_version,
        related_person_id=row.person_id,
    )


def _not_needed(scene: Scene, found: Rides) -> Iterator[Message]:
    """Yield what spares people a way: held like every change, and only to those who were asked or had said yes."""
    for row in found.pickups:
        if not row.is_spared or not HOLD <= scene.now - row.changed_at < LOOK_BACK:
            continue
        known = [found.asked.get((row.session_id, row.person_id, row.starts_at)), row.agreed_at]
        known_at = max((at for at in known if at), default=None)
        way = (row.session_id, row.person_id, row.ends_at)
        is_told = way in found.waiting or (known_at and way in found.spared and found.spared[way] > known_at)
        if known_at and not is_told:
            yield _spare(row, known_at)


def _spare(row: Pickup, known_at: dt.datetime) -> Message:
    return draft(
        Kind.ESCORT_OFF,
        f"session-{row.session_id}.{row.timing_version}.{known_at:%Y%m%d%H%M%S}",
        site_id=row.site_id,
        patient_id=row.patient_id,
        due_at=row.changed_at + HOLD,
        until=row.ends_at,
        course_id=row.course_id,
        session_id=row.session_id,
        timing_version=row.timing_version,
        related_person_id=row.person_id,
    )
