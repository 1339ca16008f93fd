"""What people are told who take a patient home: the day before that they are listed, and when they are not needed."""

import datetime as dt
from collections.abc import Collection, Mapping

from notifications.actions.changes import LOOK_BACK
from notifications.actions.reminders import A_DAY, EARLY, LEAST_AHEAD, cadence_of, minute_of
from notifications.actions.scene import HOLD, Scene, draft
from notifications.domain.cadence import Cadence, Moment
from notifications.domain.states import COUNTED, Kind
from notifications.models import Message
from scheduling.queries import rides
from scheduling.queries.rides import Driven
from scheduling.queries.spared import Spared, spared

_Heard = Mapping[tuple[int, int, dt.datetime], dt.datetime]  # visit, person and the visit's start


def to_drivers(scene: Scene) -> list[Message]:
    """Return what is due for people who take a patient home."""
    return [*_copies(scene), *_not_needed(scene)]


def _copies(scene: Scene) -> list[Message]:
    days = [scene.today(site_id) for site_id in scene.sites]
    rows = rides.driven(first=min(days), last=max(days) + A_DAY * 2)
    drafts = [each for row in rows for each in _copies_of(scene, row)]
    return [each for each in drafts if each.due_at <= scene.now + EARLY and scene.now < each.send_by]


def _copies_of(scene: Scene, row: Driven) -> list[Message]:
    """Return the copy for one who drives; none, where the protocol leaves it out."""
    plan = cadence_of(row.reminders, needs_company=True)
    return [_copy(scene, row, moment, plan) for moment in plan.moments if moment.kind is Kind.ESCORT]


def _copy(scene: Scene, row: Driven, moment: Moment, plan: Cadence) -> Message:
    minute = minute_of(scene, row.site_id, plan, moment.by)
    return draft(
        Kind.ESCORT,
        f"session-{row.session_id}.{row.timing_version}",
        site_id=row.site_id,
        patient_id=row.patient_id,
        due_at=scene.at(row.site_id, row.day - A_DAY * moment.days, minute),
        until=row.starts_at - LEAST_AHEAD,
        course_id=row.course_id,
        session_id=row.session_id,
        timing_version=row.timing_version,
        related_person_id=row.person_id,
    )


def _not_needed(scene: Scene) -> list[Message]:
    """Return what spares people a way: held like every change, and only to those who were asked or had said yes."""
    rows = [row for row in spared(now=scene.now) if HOLD <= scene.now - row.since < LOOK_BACK]
    asked = _asked({row.session_id for row in rows}) if rows else {}
    found = []
    for row in rows:
        heard = [asked.get((row.session_id, row.person_id, row.starts_at)), row.agreed_at]
        if known := [at for at in heard if at]:
            found.append(_spare(row, max(known)))
    return found


def _spare(row: Spared, known_at: dt.datetime) -> Message:
    return draft(
        Kind.ESCORT_OFF,
        # Once for each time they were told otherwise, whatever becomes of the visit after that.
        f"session-{row.session_id}.{known_at:%Y%m%d%H%M%S}",
        site_id=row.site_id,
        patient_id=row.patient_id,
        due_at=row.since + HOLD,
        until=row.ends_at,
        course_id=row.course_id,
        session_id=row.session_id,
        timing_version=row.timing_version,
        related_person_id=row.person_id,
    )


def _asked(session_ids: Collection[int]) -> _Heard:
    """Return when people were last asked to take somebody home from some visits, by the start they were asked for."""
    rows = Message.objects.filter(
        kind=Kind.ESCORT, session__in=session_ids, state__in=COUNTED, handed_at__isnull=False
    ).order_by("handed_at")
    columns = ("session_id", "related_person_id", "send_by", "handed_at")
    return {
        (session_id, person_id, send_by + LEAST_AHEAD): at
        for session_id, person_id, send_by, at in rows.values_list(*columns)
        if session_id and person_id and at
    }
