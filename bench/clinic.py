"""A clinic with a full calendar, for measurements: set up by the actions, filled by bulk inserts."""

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.booking import DEVICES, LOAD_AHEAD, SITES, SLOTS, WORKDAYS_AHEAD
from bench.engine import CLOCK
from clinic import actions as clinic_actions
from clinic.actions import NewSite, Request
from clinic.domain.permissions import Role
from clinic.models import Site, StaffUser
from patients.models import Patient
from scheduling.actions import catalogue, courses, setup
from scheduling.actions.setup import NewResource
from scheduling.catalogue import SHIPPED
from scheduling.domain import local_time
from scheduling.models import Course, Protocol, Reservation, Resource, Session
from scheduling.queries.planning import CourseWish, Proposal, propose_course

NOW = dt.datetime.fromisoformat(CLOCK)
ZONE = "America/New_York"
BATCH = 5_000


@dataclass
class Bench:
    """The clinic and one person who books."""

    sites: list[Site]
    user: StaffUser
    token: str
    reservations: int
    counter: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def site(self) -> Site:
        """Where is booked."""
        return self.sites[0]

    def at_another_site(self) -> "Bench":
        """Return the same clinic, booking at its next site: a calendar that nobody has filled up yet."""
        return replace(self, sites=self.sites[1:])

    def patients(self, number: int) -> list[int]:
        """Add so many patients and return their ids."""
        return [row.pk for row in Patient.objects.bulk_create(_patient(self.site) for _ in range(number))]

    def propose(self, patient: int, *, start_on: dt.date, minute: int, protocol: str = "tms_mdd_36") -> Proposal:
        """Plan a course."""
        wish = CourseWish(patient_id=patient, protocol_code=protocol, start_on=start_on, preferred_minute=minute)
        return propose_course(site=self.site, wish=wish, now=NOW)

    def request(self) -> Request:
        """Return a request with a key of its own."""
        key = f"bench-{next(self.counter)}"
        return Request(user=self.user, key=key, route="/api/v1/courses/", body_sha256="0" * 64, ip="127.0.0.1")

    def book(self, proposal: Proposal) -> None:
        """Book through the product's action."""
        courses.book_course(request=self.request(), proposal=proposal, now=NOW)

    def statements(self) -> dict[str, int]:
        """Count the SQL statements of one booking over HTTP, for a course of one and for a course of 36."""
        client = Client(
            SERVER_NAME="127.0.0.1", headers={"Authorization": f"Token {self.token}", "Idempotency-Key": "count"}
        )
        counts = {}
        for number, code in enumerate(("consult", "tms_mdd_36")):
            [patient] = self.patients(1)
            body: dict[str, Any] = {"patient": patient, "protocol": code, "start_on": "2027-08-02"}
            answer = client.post("/api/v1/courses/preview/", body, content_type="application/json").json()
            plan = {"plan": answer["plans"][0]["plan"]}
            with CaptureQueriesContext(connection) as seen:
                booked = client.post(
                    "/api/v1/courses/",
                    plan,
                    content_type="application/json",
                    headers={"Idempotency-Key": f"count-{number}"},
                )
            assert booked.status_code == 201
            counts[f"{code} ({len(booked.json()['sessions'])} sessions)"] = len(seen)
        return counts


def build(*, reservations: int) -> Bench:
    """Migrate, set up the sites and fill the calendar with so many reservations, the rest of them in the past."""
    call_command("migrate", verbosity=0)
    catalogue.load_protocols(folder=SHIPPED, now=NOW)
    sites = [_site(number) for number in range(SITES)]
    user = clinic_actions.create_staff(
        email="bench@example.com",
        name="Bench",
        password=None,
        roles=dict.fromkeys(sites, Role.FRONT_DESK),
        now=NOW,
    )
    seeded = _fill(sites, reservations)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Bench(sites=sites, user=user, token=clinic_actions.create_token(user=user, now=NOW), reservations=seeded)


def _site(number: int) -> Site:
    resources = [NewResource("tms_device", f"Device {n}", "TMS") for n in range(DEVICES)]
    resources += [NewResource("operator", f"Operator {n}") for n in range(DEVICES)]
    resources += [NewResource("psychiatrist", f"Doctor {n}") for n in range(DEVICES)]
    return open_site(f"a{number}", resources)


def open_site(slug: str, resources: list[NewResource]) -> Site:
    """Add a site open from 7:30am to 5:30pm on weekdays, with what can be booked there."""
    week = {day: [(dt.time(7, 30), dt.time(17, 30))] for day in range(1, 6)}
    site = clinic_actions.add_site(
        site=NewSite(
            slug=slug, name=slug, message_name=slug, zone=ZONE, address="1 Main St", phone="+15550102000", hours=week
        )
    )
    setup.add_resources(site=site, resources=resources)
    return site


_numbers = itertools.count(1)


def _patient(site: Site) -> Patient:
    number = next(_numbers)
    return Patient(
        site=site,
        record_number=f"B-{number}",
        first_name="Bench",
        last_name=f"No{number}",
        birth_date=dt.date(1980, 1, 1),
        language="en",
        search_text="",
        created_at=NOW,
    )


def _fill(sites: list[Site], reservations: int) -> int:
    """Give each device and half hour one patient; fill some of the days ahead, then the past."""
    chance = random.Random(7)
    protocol = Protocol.objects.get(code="tms_mdd_36")
    lanes = []
    for site in sites:
        devices, operators = (
            list(Resource.objects.filter(site=site, kind=kind)) for kind in ("tms_device", "operator")
        )
        places = [
            (device, operator, minute) for device, operator in zip(devices, operators, strict=True) for minute in SLOTS
        ]
        people = Patient.objects.bulk_create(_patient(site) for _ in places)
        owners = Course.objects.bulk_create(
            Course(
                site=site,
                patient=person,
                protocol=protocol,
                state="active",
                prescribed=36,
                standing_minute=place[2],
                booked_at=NOW,
            )
            for person, place in zip(people, places, strict=True)
        )
        lanes += list(zip(owners, places, strict=True))
    ahead = [(day, lane) for day in _workdays(1, WORKDAYS_AHEAD) for lane in lanes if chance.random() < LOAD_AHEAD]
    past = ((day, lane) for day in _workdays(-1, 10_000) for lane in lanes)
    wanted = itertools.islice(itertools.chain(ahead, past), reservations // 2)
    seeded = 0
    while batch := list(itertools.islice(wanted, BATCH)):
        seeded += _insert(batch)
    return seeded


def _workdays(step: int, number: int) -> Iterator[dt.date]:
    days = (NOW.date() + dt.timedelta(days=step * offset) for offset in itertools.count(1))
    return itertools.islice((day for day in days if day.isoweekday() <= 5), number)


def _insert(batch: list[Any]) -> int:
    sessions = Session.objects.bulk_create(_session(day, course, minute) for day, (course, (_d, _o, minute)) in batch)
    rows = Reservation.objects.bulk_create(
        Reservation(
            resource=resource,
            session=session,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            day_number=session.day.toordinal(),
            first_quantum=session.minute // 5,
            end_quantum=session.minute // 5 + 6,
        )
        for session, (_day, (_course, (device, operator, _minute))) in zip(sessions, batch, strict=True)
        for resource in (device, operator)
    )
    return len(rows)


def _session(day: dt.date, course: Course, minute: int) -> Session:
    starts_at = local_time.to_utc(day, minute, ZONE)
    return Session(
        course=course,
        site_id=course.site_id,
        patient_id=course.patient_id,
        number=1,
        phase="acute",
        visit_type="treatment",
        state="booked",
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=30),
        day=day,
        minute=minute,
        zone=ZONE,
        why="seeded",
    )
