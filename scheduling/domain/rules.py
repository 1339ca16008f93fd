"""Pure: which rules of a protocol one session of a course breaks where it stands; the planner keeps them unasked.

People do: a visit dragged to a place of their choice, a make-up, an override that has to say what it overrides.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scheduling.domain import cadence
from scheduling.domain.living import Sitting
from scheduling.domain.local_time import day_text
from scheduling.domain.protocol import Phase, ProtocolDefinition

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that is broken: a code for machines, and words that name the rule."""

    code: str
    text: str


def broken(
    protocol: ProtocolDefinition, others: Sequence[Sitting], session: Sitting, *, longest_gap: int | None = None
) -> list[Broken]:
    """Return the rules a session breaks among the other counted sessions of its series, in no order.

    `longest_gap`: days from which on a gap is a clinician's to decide; None: any gap may be.
    """
    phase = next(phase for phase in protocol.phases if phase.name == session.phase)
    rest = sorted((each for each in others if each.number != session.number), key=_when)
    before = [each for each in rest if _when(each) < _when(session)]
    after = [each for each in rest if _when(each) >= _when(session)]
    return [
        *_weekday(phase, session),
        *_order(protocol, phase, session, rest),
        *_per_day(protocol, phase, session, rest),
        *_per_week(phase, session, rest),
        *_gap(protocol, before[-1:], [session], longest_gap),
        *_gap(protocol, [session], after[:1], longest_gap),
    ]


def _when(sitting: Sitting) -> tuple[dt.date, int]:
    return sitting.day, sitting.minute


def _weekday(phase: Phase, session: Sitting) -> Iterator[Broken]:
    if session.day.isoweekday() not in phase.weekdays:
        yield Broken("weekday", f"it is not given on {_DAYS[session.day.isoweekday() - 1]}")


def _order(protocol: ProtocolDefinition, phase: Phase, session: Sitting, rest: Sequence[Sitting]) -> Iterator[Broken]:
    """Phases follow each other. One that has begun stays where it is: what the one before lacks comes in between."""
    begun = {each.phase for each in rest if not each.is_open}
    names = [each.name for each in protocol.phases if each.series == phase.series]
    place = names.index(phase.name)
    earlier = [each.day for each in rest if each.phase in names[:place]]
    later = [each for each in rest if each.phase in names[place + 1 :] and each.phase not in begun]
    late_start = earlier and (max(earlier) >= session.day or _must_wait(phase, max(earlier), session.day))
    if late_start and phase.name not in begun:
        yield Broken("phase_order", f"{phase.name} begins after the phase before it")
    first = min(later, key=_when, default=None)
    if first is None:
        return
    following = next(each for each in protocol.phases if each.name == first.phase)
    if first.day <= session.day or _must_wait(following, session.day, first.day):
        yield Broken("phase_order", f"{first.phase} begins on {day_text(first.day)}")


def _must_wait(phase: Phase, last_before: dt.date, day: dt.date) -> bool:
    if phase.starts != "next_monday":
        return False
    return cadence.monday(last_before.toordinal()) >= cadence.monday(day.toordinal())


def _per_day(protocol: ProtocolDefinition, phase: Phase, session: Sitting, rest: Sequence[Sitting]) -> Iterator[Broken]:
    same_day = [each for each in rest if each.day == session.day]
    if len(same_day) >= phase.per_day:
        yield Broken("per_day", "one a day" if phase.per_day == 1 else f"{phase.per_day} a day")
    for other in same_day:
        first, second = sorted((other, session), key=_when)
        length = protocol.visit_types[first.visit_type].minutes
        wait = phase.spacing_minutes or length + (phase.rest_minutes or 0)
        if second.minute - first.minute < wait:
            yield Broken("spacing", f"{wait} minutes from one start to the next")


def _per_week(phase: Phase, session: Sitting, rest: Sequence[Sitting]) -> Iterator[Broken]:
    of_phase = {each.day.toordinal() for each in rest if each.phase == phase.name} | {session.day.toordinal()}
    week = cadence.monday(session.day.toordinal())
    most = cadence.quota(phase, session.day.toordinal(), min(of_phase))
    if most is not None and sum(cadence.monday(day) == week for day in of_phase) > most:
        yield Broken("per_week", f"{most} a week")


def _gap(
    protocol: ProtocolDefinition, first: Sequence[Sitting], second: Sequence[Sitting], longest: int | None
) -> Iterator[Broken]:
    for earlier, later in zip(first, second, strict=False):
        days = (later.day - earlier.day).days
        phase = next(each for each in protocol.phases if each.name == later.phase)
        if 0 < days < phase.min_gap_days:
            yield Broken("min_gap", f"at least {phase.min_gap_days} days apart")
        if phase.interval_weeks:
            low, high = cadence.interval_days(phase)
            if not low <= days <= high:
                yield Broken("interval", f"{low} to {high} days apart")
        elif longest is not None and days >= longest:
            yield Broken("gap_too_long", f"less than {longest} days apart")
