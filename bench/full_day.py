"""A clinic on a full day: 240 visits in every state on twelve devices, and 100,000 sessions in the database.

Every course has its 36 sessions, as a clinic's have: today's visits belong to courses under way, the past to others.
"""

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.management import call_command
from django.db import connection

from bench.clinic import ZONE, open_site
from clinic import actions as clinic_actions
from clinic.domain.permissions import Role
from clinic.models import Site, StaffUser
from patients.domain.contact import search_text
from patients.models import Patient
from scheduling.actions import catalogue
from scheduling.actions.setup import NewResource
from scheduling.catalogue import SHIPPED
from scheduling.domain import local_time
from scheduling.models import Course, Protocol, Reservation, Resource, Session

DEVICES, SITES, COURSE = 12, 4, 36
SLOTS = range(450, 1050, 30)  # 7:30am to 5pm: twenty half hours
NOON = 13 * 60 + 12  # the clock of the clinic: what began at 1pm is under way
BATCH = 5_000
FIRST = ["Ana", "Ben", "Carmen", "David", "Elena", "Femi", "Grace", "Hiro", "Ines", "Jonas", "Kofi", "Lena", "Marta"]
LAST = ["Adeyemi", "Baker", "Castillo", "Dvorak", "Eriksen", "Flores", "Garcia", "Hughes", "Ito", "Jensen", "Kim"]
ENDS = ["", "son", "-Ruiz", "ova", "man", "stein", " de la Cruz", "berg", "ski", "well", "field", "ton"]


@dataclass(frozen=True)
class FullDay:
    """The clinic, who works at it, and what was made."""

    site: Site
    today: dt.date
    now: dt.datetime
    users: list[StaffUser]
    sessions: int
    visits: int


@dataclass(frozen=True)
class Lane:
    """A device and the person beside it, at one half hour of the day."""

    site: Site
    device: Resource
    operator: Resource
    minute: int


def build(*, now: dt.datetime, sessions: int, users: int, visits: int = DEVICES * len(SLOTS)) -> FullDay:
    """Migrate, set the sites up, book today's visits with their courses, and fill the past to so many sessions."""
    call_command("migrate", verbosity=0)
    catalogue.load_protocols(folder=SHIPPED, now=now)
    sites = [_site(number) for number in range(SITES)]
    staff = [
        clinic_actions.create_staff(
            email=f"desk{n}@example.com",
            name=f"Desk {n}",
            password=None,
            roles=dict.fromkeys(sites, Role.FRONT_DESK),
            now=now,
        )
        for n in range(users)
    ]
    today = local_time.today(now, ZONE)
    seeder = _Seeder(now=now, today=today, protocol=Protocol.objects.get(code="tms_mdd_36", is_current=True))
    lanes = [_lanes(site) for site in sites]
    seeder.live(_spread(lanes[0], visits))
    seeder.live(lanes[1][: len(lanes[1]) * 2 // 3])
    seeder.past(list(itertools.chain(*lanes)), sessions)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return FullDay(sites[0], today, now, staff, Session.objects.count(), visits)


def _spread(lanes: list[Lane], visits: int) -> list[Lane]:
    """Return so many lanes, from all over the day."""
    return [lanes[n * len(lanes) // visits] for n in range(visits)]


def _site(number: int) -> Site:
    resources = [NewResource("tms_device", f"NeuroStar {n + 1}", "TMS") for n in range(DEVICES)]
    resources += [NewResource("operator", f"Operator {n + 1}") for n in range(DEVICES)]
    resources += [NewResource("psychiatrist", f"Doctor {n + 1}") for n in range(2)]
    return open_site(f"day{number}", resources)


def _lanes(site: Site) -> list[Lane]:
    devices, operators = (
        Resource.objects.filter(site=site, kind=kind).order_by("pk") for kind in ("tms_device", "operator")
    )
    pairs = list(zip(devices, operators, strict=True))
    return [Lane(site, device, operator, minute) for device, operator in pairs for minute in SLOTS]


class _Seeder:
    """Bulk inserts of courses with their sessions and what those occupy."""

    def __init__(self, *, now: dt.datetime, today: dt.date, protocol: Protocol) -> None:
        self.now, self.today, self.protocol = now, today, protocol
        self.chance = random.Random(7)
        self.names = itertools.count(1)

    def live(self, lanes: list[Lane]) -> None:
        """Give each lane a course that has come to any of its sessions today."""
        courses = self._courses(lanes, state="active")
        rows: list[Any] = []
        for lane, course in zip(lanes, courses, strict=True):
            done = self.chance.randrange(COURSE)
            days = [*reversed(list(itertools.islice(_workdays(self.today, -1), done))), self.today]
            days += itertools.islice(_workdays(self.today, 1), COURSE - done - 1)
            rows += [(lane, course, number, day) for number, day in enumerate(days, 1)]
        self._sessions(rows)

    def past(self, lanes: list[Lane], sessions: int) -> None:
        """Fill lane after lane with courses that are over, going back in time, until there are so many sessions."""
        block = 0
        while (missing := sessions - Session.objects.count()) > 0:
            block += 1
            some = lanes[: -(-missing // COURSE)]
            courses = self._courses(some, state="completed")
            # The days of live courses come first: what is over lies before all of them.
            days = list(itertools.islice(_workdays(self.today, -1), COURSE * (block + 1)))[-COURSE:][::-1]
            self._sessions(
                [
                    (lane, course, n, day)
                    for lane, course in zip(some, courses, strict=True)
                    for n, day in enumerate(days, 1)
                ]
            )

    def _courses(self, lanes: list[Lane], *, state: str) -> list[Course]:
        people = Patient.objects.bulk_create(self._patient(lane.site) for lane in lanes)
        return Course.objects.bulk_create(
            Course(
                site=lane.site,
                patient=person,
                protocol=self.protocol,
                state=state,
                prescribed=COURSE,
                standing_minute=lane.minute,
                booked_at=self.now - dt.timedelta(days=90),
            )
            for lane, person in zip(lanes, people, strict=True)
        )

    def _patient(self, site: Site) -> Patient:
        number = next(self.names)
        last = LAST[number % len(LAST)] + ENDS[number // len(LAST) % len(ENDS)]
        first, born = FIRST[number % len(FIRST)], dt.date(1950, 1, 1) + dt.timedelta(days=number * 7 % 18_000)
        record = f"P-{number}"
        return Patient(
            site=site,
            record_number=record,
            first_name=first,
            last_name=last,
            birth_date=born,
            language="en",
            search_text=search_text(
                first=first, last=last, preferred="", record_number=record, phone=f"+1555{number:07}"
            ),
            created_at=self.now,
        )

    def _sessions(self, rows: list[Any]) -> None:
        for start in range(0, len(rows), BATCH):
            some = rows[start : start + BATCH]
            sessions = Session.objects.bulk_create(self._session(*row) for row in some)
            Reservation.objects.bulk_create(
                _reservation(session, resource)
                for session, (lane, *_more) in zip(sessions, some, strict=True)
                for resource in (lane.device, lane.operator)
                if session.is_active
            )

    def _session(self, lane: Lane, course: Course, number: int, day: dt.date) -> Session:
        starts_at = local_time.to_utc(day, lane.minute, ZONE)
        ends_at = starts_at + dt.timedelta(minutes=30)
        state = "completed" if day < self.today else "booked" if day > self.today else self._today(lane.minute)
        is_there = state in ("completed", "in_treatment", "arrived")
        has_begun = state in ("completed", "in_treatment")
        return Session(
            course=course,
            site=lane.site,
            patient=course.patient,
            number=number,
            phase="acute",
            visit_type="mapping" if number == 1 else "treatment",
            state=state,
            is_active=state != "no_show",
            is_counted=state != "no_show",
            starts_at=starts_at,
            ends_at=ends_at,
            day=day,
            minute=lane.minute,
            zone=ZONE,
            why="Same time each day",
            confirmed_at=self.now if state == "booked" and self.chance.random() < 0.6 else None,
            arrived_at=starts_at - dt.timedelta(minutes=6) if is_there else None,
            started_at=starts_at + dt.timedelta(minutes=2) if has_begun else None,
            ended_at=ends_at if state == "completed" else None,
            missed_after=ends_at if state == "booked" else None,
        )

    def _today(self, minute: int) -> str:
        """Return how a visit of that half hour stands now: over, under way, waiting, late, or still to come."""
        if minute + 30 <= NOON:
            return "no_show" if self.chance.random() < 0.04 else "completed"
        if minute > NOON:
            return "booked"
        return self.chance.choice(["in_treatment", "arrived", "booked"])


def _reservation(session: Session, resource: Resource) -> Reservation:
    return Reservation(
        resource=resource,
        session=session,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        day_number=session.day.toordinal(),
        first_quantum=session.minute // 5,
        end_quantum=session.minute // 5 + 6,
    )


def _workdays(start: dt.date, step: int) -> Iterator[dt.date]:
    days = (start + dt.timedelta(days=step * offset) for offset in itertools.count(1))
    return (day for day in days if day.isoweekday() <= 5)
