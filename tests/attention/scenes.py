"""One scene for every kind: how its cause comes about, how it is solved, and how a new cause comes about."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from notifications.actions.planning import plan_messages
from patients import life_actions
from patients.domain.clinical import Instrument
from patients.models import Consent, Patient
from scheduling.actions import attendance, course_states, helping, holds, misses, moving, setup
from scheduling.actions import authorizations as grants
from scheduling.actions.undoing import undo_change
from scheduling.domain.states import Scope
from scheduling.models import Authorization, Course, RecordingGap, Resource, Session
from scheduling.queries.repairs import resume_choices
from tests.attention.desk import DAY, HOUR, Desk, authorize, deliver, miss, nth, step
from tests.attention.gate_scenes import GATE_SCENES
from tests.attention.proposed import LevelProposal
from tests.attention.reply_scenes import REPLY_SCENES
from tests.attention.scene import Scene
from tests.factories import FIRST_DAY, NOW

MINUTE = dt.timedelta(minutes=1)
WEEK = dt.timedelta(days=7)


def sweep(now: dt.datetime) -> None:
    """Let the worker look twice, as it does every minute: one look after a day of silence is an outage."""
    for before in (70, 50, 25, 0):
        misses.flag_missed_sessions(now=now - before * MINUTE)


class LateArrival(Scene):
    def begin(self) -> dt.datetime:
        self.visit = self.desk.visit()
        return self.visit.starts_at + 11 * MINUTE

    def solve(self) -> None:
        step(attendance.arrive, self.visit, self.visit.starts_at + 12 * MINUTE)

    def again(self) -> dt.datetime:
        return self.desk.visit(day=FIRST_DAY + DAY).starts_at + 11 * MINUTE


class FreedSlot(Scene):
    day = FIRST_DAY

    def begin(self) -> dt.datetime:
        self.visit = self.desk.visit(day=self.day)
        self.now = self.visit.starts_at - 2 * DAY
        self.desk.cancel(self.visit, now=self.now)
        return self.now

    def solve(self) -> None:
        self.desk.visit(day=self.day)

    def again(self) -> dt.datetime:
        self.day += DAY
        return self.begin()


class MissedTwice(Scene):
    def begin(self) -> dt.datetime:
        self.course = self.desk.book()
        self.missed = nth(self.course, 1, 2)
        miss(self.missed)
        return self.missed[-1].starts_at + 2 * HOUR

    def solve(self) -> None:
        step(attendance.arrive, self.missed[-1], self.missed[-1].starts_at + 3 * HOUR)

    def again(self) -> dt.datetime:
        [third] = nth(self.course, 3)
        miss([third])
        return third.starts_at + 2 * HOUR


class GapTooLong(Scene):
    def begin(self) -> dt.datetime:
        self.course = self.desk.book()
        first, *lost, self.next = nth(self.course, 1, 2, 3, 4)  # Tue Nov 24; Wed, Fri; Mon Nov 30
        deliver([first])
        miss(lost)
        return first.starts_at + 4 * DAY

    def solve(self) -> dt.datetime:
        deliver([self.next])
        return self.next.ends_at + MINUTE

    def again(self) -> dt.datetime:
        self.solve()
        lost = nth(self.course, 5, 6, 7)
        miss(lost)
        return lost[-1].starts_at + DAY


class NoNextSession(Scene):
    def begin(self) -> dt.datetime:
        self.course = self.desk.book()
        [first] = nth(self.course, 1)
        self.desk.cancel(first, now=NOW, scope=Scope.REST)
        return NOW + HOUR

    def solve(self) -> None:
        self.course.refresh_from_db()
        undo_change(request=self.desk.request, course_id=self.course.pk, version=self.course.version, now=NOW + HOUR)

    def again(self) -> dt.datetime:
        self.solve()
        [first] = nth(self.course, 1)
        self.desk.cancel(first, now=NOW + HOUR, scope=Scope.REST)
        return NOW + 2 * HOUR


class AuthorizationShort(Scene):
    def begin(self) -> dt.datetime:
        self.course = self.desk.book()
        self.patient = Patient.objects.get(pk=self.course.patient_id)
        self.grant = authorize(self.desk, self.patient, 30, dt.date(2027, 3, 31))
        return NOW

    def solve(self) -> None:
        authorize(self.desk, self.patient, 20, dt.date(2027, 4, 30))

    def again(self) -> dt.datetime:
        grants.change_authorization(
            request=self.desk.request,
            patient=self.patient,
            authorization_id=self.grant.pk,
            version=Authorization.objects.get(pk=self.grant.pk).version,
            now=NOW,
            ends_on=dt.date(2026, 12, 31),
        )
        return NOW


class NotReached(Scene):
    def begin(self) -> dt.datetime:
        self.desk.book(self.desk.new_patient(phone=None, sms_consent=False))
        plan_messages(now=NOW + HOUR)
        return NOW + HOUR

    def solve(self) -> dt.datetime:
        return NOW + 2 * HOUR + 3 * DAY  # shown for three days: then it helps nobody any more

    def again(self) -> dt.datetime:
        self.desk.book(self.desk.new_patient(phone=None, sms_consent=False), preferred_minute=660)
        plan_messages(now=NOW + 2 * HOUR)
        return NOW + 2 * HOUR


class NoTextConsent(Scene):
    def begin(self) -> dt.datetime:
        self.patient = self.desk.new_patient(sms_consent=False)
        self.visit = self.desk.visit(self.patient)
        return NOW

    def solve(self) -> None:
        Consent.objects.create(patient=self.patient, channel="sms", wording="2026-11", how="at the desk", given_at=NOW)

    def again(self) -> dt.datetime:
        deliver([self.visit])
        later = self.visit.ends_at + HOUR
        self.desk.visit(self.patient, day=FIRST_DAY + WEEK, now=later)
        return later


class OutOfService(Scene):
    def begin(self) -> dt.datetime:
        self.visit = self.desk.visit()
        self._out(self.visit)
        return NOW

    def _out(self, visit: Session) -> None:
        setup.take_out_of_service(
            site=self.desk.site,
            resource_name="Dr. Weiss",
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            reason="Ill",
        )

    def solve(self) -> None:
        self.desk.cancel(self.visit, now=NOW)

    def again(self) -> dt.datetime:
        self._out(self.desk.visit(day=FIRST_DAY + DAY))
        return NOW


class MeasureDue(Scene):
    def begin(self) -> dt.datetime:
        self.course = self.desk.book()
        [self.first] = nth(self.course, 1)
        return self.first.starts_at - DAY

    def solve(self) -> None:
        life_actions.record_measure(
            request=self.desk.request,
            patient=Patient.objects.get(pk=self.course.patient_id),
            instrument=Instrument.PHQ9,
            score=18,
            measured_on=self.first.day - DAY,
            now=self.first.starts_at - DAY,
        )

    def again(self) -> dt.datetime:
        five = nth(self.course, 1, 2, 3, 4, 5)
        deliver(five)
        return five[-1].ends_at + HOUR


class HoldEnding(Scene):
    until = NOW + 9 * DAY

    def begin(self) -> dt.datetime:
        self.course = self.desk.book(start_on=FIRST_DAY + 2 * WEEK, held_until=self.until)
        return self.until - HOUR

    def solve(self) -> None:
        holds.confirm_hold(request=self.desk.request, course_id=self.course.pk, now=self.until - HOUR)

    def again(self) -> dt.datetime:
        self.desk.book(start_on=FIRST_DAY + 2 * WEEK, preferred_minute=660, held_until=self.until)
        return self.until - HOUR


class NotClosed(Scene):
    def begin(self) -> dt.datetime:
        self.visit = self.desk.visit()
        step(attendance.arrive, self.visit, self.visit.starts_at)
        return self.visit.starts_at + DAY

    def solve(self) -> None:
        step(attendance.start, self.visit, self.visit.starts_at + DAY)
        step(attendance.complete, self.visit, self.visit.starts_at + DAY)

    def again(self) -> dt.datetime:
        visit = self.desk.visit(day=FIRST_DAY + DAY)
        step(attendance.arrive, visit, visit.starts_at)
        return visit.starts_at + 2 * DAY


class DayNotRecorded(Scene):
    def begin(self) -> dt.datetime:
        self.visit = self.desk.visit()
        self.now = self.visit.starts_at + DAY
        misses.flag_missed_sessions(now=self.now)
        return self.now

    def solve(self) -> None:
        gap = RecordingGap.objects.get(sessions=self.visit)
        misses.settle_gap(request=self.desk.request, gap_id=gap.pk, nobody_came=True, now=self.now)

    def again(self) -> dt.datetime:
        visit = self.desk.visit(day=FIRST_DAY + DAY)
        now = visit.starts_at + 2 * DAY
        misses.flag_missed_sessions(now=now)
        return now


class SweepStuck(Scene):
    def begin(self) -> dt.datetime:
        self.visit = self.desk.visit()
        assert self.visit.missed_after
        return self.visit.missed_after + 16 * MINUTE

    def solve(self) -> None:
        misses.flag_missed_sessions(now=self.visit.starts_at + 12 * HOUR)

    def again(self) -> dt.datetime:
        step(attendance.arrive, self.visit, self.visit.ends_at)
        visit = self.desk.visit(day=FIRST_DAY + DAY)
        assert visit.missed_after
        return visit.missed_after + 16 * MINUTE


class MissedToSettle(Scene):
    day = FIRST_DAY

    def begin(self) -> dt.datetime:
        self.visit = self.desk.visit(day=self.day)
        other = self.desk.visit(day=self.day, preferred_minute=840)
        step(attendance.arrive, other, self.visit.ends_at)  # somebody records: the day is not silent
        sweep(self.visit.ends_at + HOUR)
        return self.visit.ends_at + HOUR

    def solve(self) -> None:
        step(attendance.mark_no_show, self.visit, self.visit.ends_at + HOUR)

    def again(self) -> dt.datetime:
        self.day += DAY
        return self.begin()


class ClinicianReview(MissedTwice):
    """Two visits missed in a row."""


class NextVisitType(Scene):
    def begin(self) -> dt.datetime:
        self.course = self.desk.book()
        first, self.next = nth(self.course, 1, 2)
        miss([first])
        return first.starts_at + 2 * HOUR

    def solve(self) -> None:
        Session.objects.filter(pk=self.next.pk).update(visit_type="mapping")

    def again(self) -> dt.datetime:
        self.solve()
        deliver([self.next])
        lost = nth(self.course, 3, 4, 5, 6, 7)  # Fri Nov 27 to Thu Dec 3; the next one is Fri Dec 4, nine days later
        miss(lost)
        return lost[-1].starts_at + 2 * HOUR


class HoldOver(Scene):
    until = FIRST_DAY

    def begin(self) -> dt.datetime:
        self.course = self.desk.book()
        self._hold(self.until)
        return dt.datetime.combine(self.until, dt.time(16), dt.UTC)

    def _hold(self, until: dt.date) -> None:
        self.course.refresh_from_db()
        course_states.hold_course(
            request=self.desk.request,
            course_id=self.course.pk,
            version=self.course.version,
            reason="Away",
            resume_on=until,
            now=NOW,
        )

    def solve(self) -> None:
        self._resume(dt.datetime.combine(self.until, dt.time(16), dt.UTC))

    def _resume(self, now: dt.datetime) -> None:
        self.course = Course.objects.select_related("site", "protocol", "patient").get(pk=self.course.pk)
        [choice] = resume_choices(self.course, on=self.until + DAY, now=now)
        moving.apply_change(request=self.desk.request, token=choice.token, now=now)

    def again(self) -> dt.datetime:
        self.solve()
        self._hold(self.until + WEEK)
        return dt.datetime.combine(self.until + WEEK, dt.time(16), dt.UTC)


class HelpAsked(Scene):
    day = FIRST_DAY

    def begin(self) -> dt.datetime:
        self.visit = self.desk.visit(day=self.day)
        at = self.visit.starts_at
        step(attendance.arrive, self.visit, at)
        self._ask(at)
        return at + MINUTE

    def _ask(self, at: dt.datetime) -> None:
        device = Resource.objects.filter(reservations__session=self.visit)[0]
        helping.ask_for_help(request=self.desk.request, session_id=self.visit.pk, resource_id=device.pk, now=at)

    def solve(self) -> None:
        at = self.visit.starts_at + MINUTE
        helping.give_help(request=self.desk.request, session_id=self.visit.pk, now=at)

    def again(self) -> dt.datetime:
        self.solve()
        at = self.visit.starts_at + 2 * MINUTE
        self._ask(at)
        return at


SCENES: dict[str, Callable[[Desk], Any]] = {
    "late_arrival": LateArrival,
    "freed_slot": FreedSlot,
    "missed_twice": MissedTwice,
    "gap_too_long": GapTooLong,
    "no_next_session": NoNextSession,
    "authorization_short": AuthorizationShort,
    "not_reached": NotReached,
    "no_text_consent": NoTextConsent,
    "out_of_service": OutOfService,
    "measure_due": MeasureDue,
    "hold_ending": HoldEnding,
    "not_closed": NotClosed,
    "day_not_recorded": DayNotRecorded,
    "sweep_stuck": SweepStuck,
    "missed_to_settle": MissedToSettle,
    "clinician_review": ClinicianReview,
    "next_visit_type": NextVisitType,
    "hold_over": HoldOver,
    "level_proposal": LevelProposal,
    "help_asked": HelpAsked,
    **GATE_SCENES,
    **REPLY_SCENES,
}
