"""Phases without an end: booked a few sessions ahead, and extended by the clock."""

import datetime as dt
import logging
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Max

from patients import life as patient_life
from patients.domain.clinical import Instrument
from scheduling.actions import ledger, visits
from scheduling.actions.ledger import Hand
from scheduling.actions.locking import OVERLAPS
from scheduling.actions.visits import Visit
from scheduling.domain import local_time
from scheduling.domain.choices import as_counted
from scheduling.domain.ground import Ground
from scheduling.domain.living import Limits, Under, numbers, rest_of
from scheduling.domain.plan import PlannedSession
from scheduling.domain.protocol import Phase, ProtocolDefinition
from scheduling.domain.stable import Stable, treatments_this_week
from scheduling.domain.states import CourseState, SessionState
from scheduling.domain.wish import Infeasible
from scheduling.errors import Rejected
from scheduling.models import Course, CourseEvent, Protocol, Session
from scheduling.queries.definitions import definition_of
from scheduling.queries.living import definition_under, under_way
from scheduling.wishes import read_wish

logger = logging.getLogger(__name__)

SCORE_IS_FRESH_DAYS = 7  # the weekly rating of the STABLE rule; default


def extend_courses(*, now: dt.datetime) -> int:
    """Book the next sessions of every course in a phase without an end, and return how many were added.

    One course that can't be extended (no room, contended) is logged and left for the next run; again adds nothing.
    """
    endless = [
        protocol.pk
        for protocol in Protocol.objects.all()
        if any(phase.open_ended or phase.rule for phase in definition_of(protocol).phases)
    ]
    courses = Course.objects.filter(state=CourseState.ACTIVE, protocol__in=endless).order_by("pk")
    return sum(_extend_safely(course_id, now) for course_id in courses.values_list("pk", flat=True))


def _extend_safely(course_id: int, now: dt.datetime) -> int:
    try:
        return _extend(course_id, now)
    except (Infeasible, Rejected) as refusal:
        logger.warning("Course %s can't be extended: %s", course_id, getattr(refusal, "code", "refused"))
    except IntegrityError as error:
        if not any(name in str(error) for name in OVERLAPS):
            raise
        logger.warning("Course %s was not extended: a time was taken meanwhile", course_id)
    return 0


@transaction.atomic(durable=True)
def _extend(course_id: int, now: dt.datetime) -> int:
    locked = Course.objects.select_for_update(no_key=True, of=("self",)).select_related("site", "protocol")
    course = locked.get(pk=course_id)
    definition = definition_under(course)
    phase = definition.phases[-1]
    if course.state != CourseState.ACTIVE or not (phase.open_ended or phase.rule):
        return 0
    added = _by_score(course, definition, phase, now) if phase.rule else _ahead(course, definition, phase, now)
    if not added:
        return 0
    visits.lock(site=course.site, patient_id=course.patient_id, planned=added)
    visits.insert(
        course=course,
        visits=[Visit(planned, course.site.zone) for planned in added],
        state=SessionState.BOOKED,
        grace=visits.grace_of(course.site, definition),
        now=now,
        by_id=None,
    )
    ledger.follow(course.pk, course.patient_id, Hand(now))
    counted = Session.objects.filter(course=course, is_counted=True).count()
    Course.objects.filter(pk=course.pk).update(prescribed=max(course.prescribed, counted))
    _note(course, "extended", now, {"sessions": len(added), "last": str(added[-1].day)})
    return len(added)


def _ahead(course: Course, definition: ProtocolDefinition, phase: Phase, now: dt.datetime) -> list[PlannedSession]:
    """Return what an open-ended phase lacks to be booked as far ahead as it wants."""
    under, ground = under_way(course, now=now, definition=definition)
    of_phase = [sitting for sitting in under.sittings if sitting.phase == phase.name]
    ahead = sum(sitting.is_open for sitting in of_phase)
    lacking = (phase.plan_ahead or 0) - ahead
    if lacking <= 0:
        return []
    # What other phases owe is a person's to decide: only this one is lengthened.
    return _added(course, as_counted(under, {phase.name: lacking}), ground)


def _by_score(course: Course, definition: ProtocolDefinition, phase: Phase, now: dt.datetime) -> list[PlannedSession]:
    """Return the coming week's treatments of the STABLE rule; none without a fresh score, or once decided."""
    today = local_time.today(now, course.site.zone)
    coming = today + dt.timedelta(days=8 - today.isoweekday())
    entry = read_wish(course.wish).start_on
    week = (coming - entry).days // 7 + 1
    first, last = phase.rule_weeks or (1, 999)
    decided = CourseEvent.objects.filter(course=course, kind="week_decided", data__week=str(coming)).exists()
    scores = patient_life.scores_of(patient_id=course.patient_id, instrument=Instrument.HAMD24, since=entry)
    if decided or not first <= week <= last or not scores or (today - scores[-1][0]).days > SCORE_IS_FRESH_DAYS:
        return []
    verdict = treatments_this_week(baseline=scores[0][1], scores=[score for _day, score in scores])
    _note(course, "week_decided", now, {"week": str(coming), "treatments": verdict.name.lower()})
    if verdict in {Stable.NONE, Stable.LEAVE}:
        return []
    under, ground = under_way(course, now=now, definition=definition)
    done = sum(sitting.phase == phase.name for sitting in under.sittings)
    counted = replace(phase, rule=None, rule_weeks=None, sessions=done + verdict.value, per_week=2, wish_gap_days=3)
    weekly = replace(definition, phases=(*definition.phases[:-1], counted))
    wish = replace(under.wish, protocol=weekly, start_on=coming, horizon_days=6)
    return _added(course, replace(under, wish=wish), ground)


def _added(course: Course, under: Under, ground: Ground) -> list[PlannedSession]:
    change = rest_of(under, ground, Limits(fixed=numbers(s for s in under.sittings if s.is_open), is_gap_waived=True))
    counted = Session.objects.filter(course=course, is_counted=True)
    highest = counted.aggregate(most=Max("number"))["most"] or 0
    return [replace(session, number=highest + offset) for offset, session in enumerate(change.added, start=1)]


def _note(course: Course, kind: str, now: dt.datetime, data: dict[str, object]) -> None:
    CourseEvent.objects.create(
        course=course, kind=kind, from_state=course.state, to_state=course.state, at=now, by=None, data=data
    )
