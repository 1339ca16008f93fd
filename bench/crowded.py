"""Sites of ten devices and people that eight clients want at once, and what one client does there."""

import datetime as dt
import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.core.management import call_command
from django.db import connection, connections

from bench.booking import SLOTS
from bench.clinic import NOW, _patient, open_site
from clinic import actions as clinic_actions
from clinic.actions import Request
from clinic.domain.permissions import Role
from clinic.errors import Busy, Rejected
from clinic.models import Site, StaffUser
from patients.models import Patient
from scheduling.actions import catalogue, courses, moving, visits
from scheduling.actions.setup import NewResource
from scheduling.catalogue import SHIPPED
from scheduling.models import Reservation, Resource, Session
from scheduling.queries.planning import CourseWish, Proposal, propose_course

DEVICES, RESOURCES = 4, 10
STARTS = [dt.date(2026, 11, 30) + dt.timedelta(days=7 * week) for week in range(40)]
PLANS, PEOPLE = 100, 1_000  # of a site; people of a client
WARM_UPS = 6


@dataclass
class Crowded:
    """One site, plans made for it while it was empty, and people enough for every client."""

    site: Site
    user: StaffUser
    proposals: list[Proposal]
    patients: list[list[int]]  # of each client


def build(*, sites: int, clients: int) -> list[Crowded]:
    """Migrate, and make so many sites."""
    call_command("migrate", verbosity=0)
    catalogue.load_protocols(folder=SHIPPED, now=NOW)
    user = clinic_actions.create_staff(email="bench@example.com", name="Bench", password=None, roles={}, now=NOW)
    found = [_site(f"c{number}", user, clients) for number in range(sites)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connections.close_all()  # the clients are forks
    return found


def _site(slug: str, user: StaffUser, clients: int) -> Crowded:
    resources = [NewResource("tms_device", f"Device {n}", "TMS") for n in range(DEVICES)]
    resources += [NewResource("operator", f"Operator {n}") for n in range(DEVICES)]
    resources += [NewResource("psychiatrist", f"Doctor {n}") for n in range(RESOURCES - 2 * DEVICES)]
    site = open_site(slug, resources)
    user.memberships.create(site=site, role=Role.FRONT_DESK)
    people = [row.pk for row in Patient.objects.bulk_create(_patient(site) for _ in range(PEOPLE * clients))]
    return Crowded(site, user, _proposals(site), [people[n::clients] for n in range(clients)])


def _proposals(site: Site) -> list[Proposal]:
    """Plan on an empty calendar, everybody with everybody: later plans clash with earlier ones."""
    devices, operators, doctors = (
        Resource.objects.filter(site=site, kind=kind).order_by("pk").values_list("pk", flat=True)
        for kind in ("tms_device", "operator", "psychiatrist")
    )
    chance = random.Random(5)
    places = chance.sample(list(itertools.product(STARTS, SLOTS, devices)), PLANS)
    return [
        propose_course(
            site=site,
            wish=CourseWish(
                patient_id=0,
                protocol_code="tms_mdd_36",
                start_on=start,
                preferred_minute=minute,
                pins={
                    "tms_device": device,
                    "operator": chance.choice(operators),
                    "psychiatrist": chance.choice(doctors),
                },
            ),
            now=NOW,
        )
        for start, minute, device in places
    ]


def work(clinic: Crowded, number: int, line: Any, answers: Any, seconds: int, is_locked: bool) -> None:
    """Book and move for so many seconds, from when everybody is ready; hand over each attempt, its outcome and ms."""
    if not is_locked:
        visits.lock = lambda **_names: None
    client = _Client(clinic, number)
    for _warm_up in range(WARM_UPS):
        client.attempt()
    client.seen.clear()
    line.wait()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        client.attempt()
    connections.close_all()
    answers.put(client.seen)


class _Client:
    def __init__(self, clinic: Crowded, number: int) -> None:
        self.clinic, self.number = clinic, number
        self.chance = random.Random(number)
        self.people = iter(clinic.patients[number])
        self.keys = itertools.count()
        self.booked: list[int] = []
        self.seen: list[tuple[str, str, float]] = []

    def attempt(self) -> None:
        """Book a course, or move a session of one; what is looked up first is not timed."""
        if self.booked and self.chance.random() < 0.5:
            self._move()
        else:
            self._book()

    def _book(self) -> None:
        proposal = self.chance.choice(self.clinic.proposals)
        proposal = replace(proposal, wish=replace(proposal.wish, patient_id=next(self.people)))
        done = self._timed("book", lambda: courses.book_course(request=self._request(), proposal=proposal, now=NOW))
        if done:
            self.booked.append(done[0])

    def _move(self) -> None:
        row = self.chance.choice(list(Session.objects.filter(course=self.chance.choice(self.booked))))
        self._timed(
            "move",
            lambda: moving.move_to(
                request=self._request(),
                session_id=row.pk,
                version=row.version,
                day=row.day,
                minute=self.chance.choice(SLOTS),
                now=NOW,
            ),
        )

    def _timed(self, kind: str, run: Callable[[], Any]) -> Any:
        result, outcome = None, "done"
        started = time.perf_counter()
        try:
            result = run()
        except Busy:
            outcome = "busy"
        except Rejected as refusal:
            outcome = refusal.code
        self.seen.append((kind, outcome, (time.perf_counter() - started) * 1000))
        return result

    def _request(self) -> Request:
        key = f"{self.number}-{next(self.keys)}"
        return Request(user=self.clinic.user, key=f"{self.clinic.site.slug}-{key}", route="/", body_sha256="0" * 64)


def deadlocks() -> int:
    """Return how many deadlocks the server has broken up so far (40P01); every client has closed its connection."""
    time.sleep(1.1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        found = int(cursor.fetchone()[0])
    connections.close_all()
    return found


def overlaps(clinic: Crowded) -> int:
    """Count pairs of active rows of one resource at the same time."""
    table = Reservation._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table} a JOIN {table} b ON a.resource_id = b.resource_id AND a.id < b.id "
            "AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at JOIN scheduling_resource r "
            "ON r.id = a.resource_id WHERE a.is_active AND b.is_active AND r.site_id = %s",
            [clinic.site.pk],
        )
        found = int(cursor.fetchone()[0])
    connections.close_all()
    return found
