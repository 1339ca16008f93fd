"""A course lived day by day: what the desk does, what the clock does, and how everything then reads."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from attention.actions import finish_item
from attention.domain.items import Kind
from attention.queries import items
from clinic.actions import Request
from patients.domain.clinical import Instrument
from patients.life_actions import record_measure
from scheduling.actions import attendance, authorizations, cancelling, courses, gates, misses, moving
from scheduling.actions.authorizations import NewAuthorization
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain import local_time
from scheduling.domain.operations import GateKind
from scheduling.domain.states import AuthorizationState, CancelledBy, Scope
from scheduling.models import Authorization, Course, Prerequisite, Reservation, Session
from scheduling.queries import repairs
from scheduling.queries.burn_down import burn_down
from tests.factories import NOW, World, file_form, prepare, prepare_visit, propose, worker_lives

MINUTE, WEEK = dt.timedelta(minutes=1), dt.timedelta(days=7)


def at(day: dt.date, clock: str) -> dt.datetime:
    """Return an instant in New York: `at(DEC_3, "17:00")`."""
    hour, minute = clock.split(":")
    return local_time.to_utc(day, 60 * int(hour) + int(minute), "America/New_York")


@dataclass(slots=True)
class Diary:
    """One course. Days and times are those of the clinic's wall."""

    world: World
    course_id: int
    looks_ahead: bool = True  # whoever drives is named in time, and the drug ordered

    # Reading.

    @property
    def course(self) -> Course:
        return Course.objects.select_related("site", "patient", "protocol").get(pk=self.course_id)

    def on(self, day: dt.date) -> Session:
        """Return the one session of a day that counts, or else the last one that was lost."""
        rows = Session.objects.filter(course=self.course_id, day=day).order_by("-is_counted", "-pk")
        return rows.select_related("site", "course", "course__protocol", "course__site", "course__patient")[0]

    def plan(self) -> list[str]:
        """Return the counted sessions as a desk reads them: `1 acute Tue Nov 24 8:30am completed`."""
        return [self._line(row) for row in self._rows().filter(is_counted=True)]

    def days(self, phase: str) -> list[str]:
        """Return the days of the counted sessions of a phase."""
        rows = self._rows().filter(is_counted=True, phase=phase)
        return [local_time.day_text(row.day) for row in rows]

    def held(self, day: dt.date) -> list[str]:
        """Return what the visit of a day holds, by name."""
        rows = Reservation.objects.filter(session=self.on(day), is_active=True).order_by("starts_at", "resource__name")
        return list(rows.values_list("resource__name", flat=True))

    def lost(self) -> list[str]:
        """Return what was lost, and why."""
        rows = self._rows().filter(is_counted=False)
        return [f"{local_time.day_text(row.day)} {row.state}{f': {row.reason}' if row.reason else ''}" for row in rows]

    def _rows(self) -> Any:
        return Session.objects.filter(course=self.course_id).order_by("starts_at", "pk")

    @staticmethod
    def _line(row: Session) -> str:
        when = f"{local_time.day_text(row.day)} {local_time.clock_text(row.minute)}"
        return f"{row.number} {row.phase} {when} {row.state}"

    def needs(self, now: dt.datetime) -> list[str]:
        """Return what needs a person at the site: `kind: title -> action`, the gravest first."""
        found = items(site_ids=[self.course.site_id], now=now)
        return [f"{item.kind}: {item.title} -> {item.action.label}" for item in found]

    def finish(self, kind: str, now: dt.datetime) -> None:
        """Tick an item off."""
        [item] = items(site_ids=[self.course.site_id], now=now, kind=Kind(kind))
        finish_item(request=self._request(), key=item.key, now=now)

    def units(self, today: dt.date) -> tuple[int, int, int, str]:
        """Return approved, used and booked units, and the level, of the first authorisation."""
        line = burn_down(self.course.patient_id, today=today)[0]
        return line.approved, line.used, line.booked, line.level.value

    def paid(self) -> dict[str, int]:
        """Return how many counted sessions each authorisation pays for, by its number."""
        return dict(Counter(self._rows().filter(is_counted=True).values_list("authorization__number", flat=True)))

    def codes(self) -> dict[str, int]:
        """Return how many counted sessions are billed under each code."""
        return dict(Counter(self._rows().filter(is_counted=True).values_list("billing_code", flat=True)))

    # What the payer says.

    def authorize(
        self,
        number: str,
        codes: list[str],
        units: int,
        first: dt.date,
        last: dt.date,
        *,
        state: AuthorizationState = AuthorizationState.APPROVED,
        now: dt.datetime = NOW,
    ) -> None:
        new = NewAuthorization("Blue Shield", number, state, first, last, [(codes, units)])
        authorizations.add_authorization(
            request=self._request(), patient=self.course.patient, authorization=new, now=now
        )

    def grant(self, number: str, now: dt.datetime) -> None:
        row = Authorization.objects.get(patient=self.course.patient_id, number=number)
        authorizations.change_authorization(
            request=self._request(),
            patient=self.course.patient,
            authorization_id=row.pk,
            version=row.version,
            state=AuthorizationState.APPROVED,
            now=now,
        )

    # The day.

    def quiet_days(self, first: dt.date, last: dt.date, *, scores: Mapping[dt.date, int] | None = None) -> None:
        """Let the visits of some days take place; every evening nothing needs a person."""
        for offset in range((last - first).days + 1):
            day = first + dt.timedelta(days=offset)
            self.treat_until(day)
            self.prepare(day)
            if scores and day in scores:
                self.score(scores[day], day)
            assert (day, self.needs(at(day, "18:00"))) == (day, [])

    def treat(self, day: dt.date, **more: Any) -> None:
        """Let the visit of a day take place on time."""
        visit = self.on(day)
        self.step(attendance.arrive, visit, visit.starts_at - 5 * MINUTE)
        self.step(attendance.start, visit, visit.starts_at, **more)
        self.step(attendance.complete, visit, visit.ends_at)

    def prepare(self, today: dt.date) -> None:
        """Let everything be there that the visits of the coming week ask for ahead: who drives, the drug."""
        coming = self._rows().filter(state="booked", day__gt=today, day__lte=today + WEEK)
        for row in coming if self.looks_ahead else ():
            prepare_visit(row)

    def renew(self, kind: GateKind, now: dt.datetime) -> None:
        """Record anew what a course needs and what had run out, or soon would."""
        seen = Prerequisite.objects.get(course=self.course_id, session=None, kind=kind, withdrawn_at=None)
        gates.record_gate(
            request=self._request(),
            whose=Whose(course_id=self.course_id),
            kind=kind,
            evidence=Evidence(text="Examined"),
            now=now,
            replaces=seen.pk,
        )

    def treat_until(self, last: dt.date) -> None:
        """Let every visit still ahead take place on time, up to and with a day."""
        for day in sorted(set(self._rows().filter(state="booked", day__lte=last).values_list("day", flat=True))):
            self.treat(day)

    def step(self, verb: Callable[..., None], visit: Session, now: dt.datetime, **more: Any) -> None:
        """Take a step of a visit, as a technician."""
        visit.refresh_from_db()
        if verb is attendance.start:
            prepare_visit(visit)
        verb(session_id=visit.pk, version=visit.version, now=now, by=self.world.technician, **more)
        if verb is attendance.complete:
            file_form(visit)
        self.prepare(visit.day)

    def sweep(self, now: dt.datetime) -> int:
        """Let the worker that looks for misses run, as it does every minute, and return how many it flagged."""
        worker_lives(now=now - MINUTE)
        return misses.flag_missed_sessions(now=now)

    def is_open(self, day: dt.date) -> None:
        """Let somebody else be seen that day: a day on which a site records nothing is asked about, not flagged."""
        early = at(day, "7:00")
        proposal = propose(
            self.world.site, self.world.daniel, now=early, protocol_code="consult", start_on=day, preferred_minute=450
        )
        course_id, _again = courses.book_course(request=self._request(), proposal=proposal, now=early)
        prepare(Course.objects.get(pk=course_id))
        visit = Session.objects.get(course=course_id)
        self.step(attendance.arrive, visit, visit.starts_at)
        self.step(attendance.start, visit, visit.starts_at)
        self.step(attendance.complete, visit, visit.ends_at)

    def score(self, value: int, day: dt.date, instrument: Instrument = Instrument.PHQ9) -> None:
        """Record a score of a day."""
        record_measure(
            request=self._request(),
            patient=self.course.patient,
            instrument=instrument,
            score=value,
            measured_on=day,
            now=at(day, "9:30"),
        )

    def cancel(self, day: dt.date, reason: str, by_whom: CancelledBy, now: dt.datetime) -> None:
        visit = self.on(day)
        cancelling.cancel_sessions(
            request=self._request(),
            session_id=visit.pk,
            version=visit.version,
            reason=reason,
            now=now,
            by_whom=by_whom,
            scope=Scope.ONE,
        )

    # Repair.

    def make_ups(self, day: dt.date, now: dt.datetime) -> list[str]:
        """Return the choices for the lost visit of a day, as the desk reads them."""
        return [
            f"{choice.label} - {choice.why_not}" if choice.why_not else choice.label
            for choice in repairs.make_up_choices(self.on(day), now=now)
        ]

    def make_up(self, day: dt.date, label: str, now: dt.datetime, *, may_decide: bool = False) -> str:
        """Take one of the choices for the lost visit of a day and return what it said it would do."""
        visit = self.on(day)
        choices = repairs.make_up_choices(visit, now=now)
        return self._take(next(each for each in choices if each.label == label), visit, now, may_decide)

    def move_rest(self, day: dt.date, to: dt.date, now: dt.datetime) -> str:
        """Move the visit of a day and all after it, from another day on, and return what that said it would do."""
        visit = self.on(day)
        [choice] = repairs.move_choices(visit, scope=Scope.REST, now=now, from_day=to)
        return self._take(choice, visit, now, may_decide=False)

    def _take(self, choice: repairs.Choice, visit: Session, now: dt.datetime, may_decide: bool) -> str:
        moving.apply_change(
            request=self._request(),
            token=choice.token,
            now=now,
            session_id=visit.pk,
            version=visit.version,
            may_decide=may_decide,
        )
        self.prepare(local_time.today(now, visit.zone))
        return choice.words

    def _request(self) -> Request:
        return self.world.request
