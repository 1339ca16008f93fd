"""Sites with a given number of active courses: daily ones on the devices, weekly ones on the staff."""

import datetime as dt
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.management import call_command
from django.db import connection

from bench.clinic import NOW, ZONE, _patient, open_site
from clinic import actions as clinic_actions
from clinic.domain.permissions import Role
from clinic.models import Site, StaffUser
from patients.models import Patient
from scheduling.actions import catalogue, groups, levelling
from scheduling.actions.groups import NewGroup
from scheduling.actions.setup import NewResource
from scheduling.catalogue import SHIPPED
from scheduling.domain import bitmap, local_time
from scheduling.domain.planner import Ground, Lane, Wish, best_times, plans_to_choose
from scheduling.models import Course, Protocol, Reservation, Resource, Session
from scheduling.queries import load, planning
from scheduling.queries.definitions import definition_of
from scheduling.queries.planning import CourseWish

SLOTS = range(450, 1050, 30)
DAILY, WEEKLY = 36, 16
STEADY = 0.85  # of the days a recurring place is taken; the rest were cancelled or end earlier


@dataclass
class BusyClinic:
    """Sites by devices and active courses, one person who books at all of them."""

    user: StaffUser
    token: str

    def site(self, *, devices: int, active: int) -> str:
        """Make a site with so many devices and active courses, once, and return its slug."""
        slug = f"d{devices}a{active}"
        if not Site.objects.filter(slug=slug).exists():
            self._fill(self._add(slug, devices), active)
        return slug

    def _add(self, slug: str, devices: int) -> Site:
        resources = [
            NewResource("tms_device", f"Device {n}", "TMS", capabilities=("neuronavigation",)) for n in range(devices)
        ]
        resources += [NewResource("operator", f"Operator {n}") for n in range(devices)]
        resources += [NewResource("psychiatrist", f"Doctor {n}") for n in range(4)]
        resources += [NewResource("therapist", f"Therapist {n}", capabilities=("dbt",)) for n in range(20 - devices)]
        site = open_site(slug, resources)
        self.user.memberships.create(site=site, role=Role.FRONT_DESK)
        group = NewGroup("Skills", "dbt", 8, dt.date(2026, 11, 24), 14 * 60, 150, 60, ())
        groups.add_group(site=site, group=group)
        return site

    def _fill(self, site: Site, active: int) -> None:
        chance = random.Random(active)
        devices, operators, therapists = (
            list(Resource.objects.filter(site=site, kind=kind).order_by("pk"))
            for kind in ("tms_device", "operator", "therapist")
        )
        daily = [(pair, minute) for pair in zip(devices, operators, strict=True) for minute in SLOTS]
        chance.shuffle(daily)
        # 60 % of the devices' places at the most; the other courses are weekly therapy.
        daily = daily[: min(active, len(daily) * 6 // 10)]
        weekly = [
            ((person,), minute, day) for person in therapists for minute in range(450, 1020, 60) for day in range(5)
        ]
        chance.shuffle(weekly)
        for pair, minute in daily:
            first = chance.randrange(-30, 20)
            self._course(site, "tms_mdd_36", pair, minute, _workdays(first)[:DAILY])
        for pair, minute, weekday in weekly[: active - len(daily)]:
            days = [dt.date(2026, 11, 16) + dt.timedelta(days=weekday + 7 * week) for week in range(WEEKLY)]
            self._course(site, "ipt_16", pair, minute, days)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _course(self, site: Site, code: str, held: Any, minute: int, days: list[dt.date]) -> None:
        patient = _patient(site)
        patient.save()
        course = Course.objects.create(
            site=site,
            patient=patient,
            protocol=Protocol.objects.get(code=code),
            state="active",
            prescribed=len(days),
            standing_minute=minute,
            booked_at=NOW,
        )
        sessions = Session.objects.bulk_create(_session(course, patient, day, minute) for day in days)
        Reservation.objects.bulk_create(
            Reservation(
                resource=resource,
                session=session,
                starts_at=session.starts_at,
                ends_at=session.ends_at,
                day_number=session.day.toordinal(),
                first_quantum=minute // 5,
                end_quantum=minute // 5 + 6,
            )
            for session in sessions
            for resource in held
        )

    def cost(self, slug: str, *, runs: int) -> tuple[list[float], list[float]]:
        """Return the ms of whole offers at a site, and of the reading in each."""
        site = Site.objects.get(slug=slug)
        chance = random.Random(1)
        whole, reading = [], []
        for _run in range(runs):
            start = dt.date(2026, 11, 30) + dt.timedelta(days=7 * chance.randrange(6))
            wish = CourseWish(0, "tms_mdd_36", start, chance.choice(SLOTS))
            started = time.perf_counter()
            planning.prepared(site=site, wish=wish, now=NOW)
            read = time.perf_counter()
            planning.offer_courses(site=site, wish=wish, now=NOW)
            whole.append((time.perf_counter() - read) * 1000)
            reading.append((read - started) * 1000)
        return whole, reading

    def in_memory(self, *, load: float, seed: int) -> tuple[Wish, Ground]:
        """Return a wish for a daily course over two devices, an operator and a doctor, so much of it taken."""
        chance = random.Random(seed)
        first = dt.date(2026, 11, 30)
        lanes = []
        for number, kind in enumerate(("tms_device", "tms_device", "operator", "psychiatrist")):
            taken = [minute for minute in SLOTS if kind == "tms_device" and chance.random() < load / STEADY]
            hours, free = {}, {}
            for offset in range(122):
                day = first + dt.timedelta(days=offset)
                if day.isoweekday() < 6:
                    hours[day.toordinal()] = mask = bitmap.span(90, 120)
                    for minute in taken:
                        if chance.random() < STEADY:
                            mask &= ~bitmap.span(minute // 5, 6)
                    free[day.toordinal()] = mask
            lanes.append(Lane(number, kind, f"Lane {number}", frozenset(), free, hours))
        wish = Wish(
            protocol=definition_of(Protocol.objects.get(code="tms_mdd_36", is_current=True)),
            start_on=first,
            preferred_minute=chance.choice(SLOTS),
            window=None,
            pins={},
            not_before=(dt.date(2026, 11, 16), 0),
            horizon_days=122,
        )
        return wish, Ground(lanes=lanes, zone=ZONE)

    def offers(self, wish: Wish, ground: Ground) -> None:
        """Plan what a preview shows."""
        best_times(wish, ground, plans_to_choose(wish, ground)[0].plan)

    def outlook(self, slug: str) -> list[tuple[str, Callable[[], object], int]]:
        """Return what is asked about the coming weeks of a site: words, the question, how often to ask it."""
        site = Site.objects.get(slug=slug)
        asked: dict[str, Any] = {"site": site, "now": NOW}
        level: dict[str, Any] = {"since": dt.date(2026, 11, 30), "told": lambda _ids: ()}
        return [
            ("load of eight weeks", lambda: load.load_of(**asked), 20),
            ("best starts of a course", lambda: load.starts_of(protocol_code="tms_mdd_36", **asked), 20),
            ("four more courses", lambda: load.what_if(protocol_code="tms_mdd_36", courses=4, **asked), 10),
            ("a night's look for a levelling", lambda: levelling.propose(**asked, **level), 5),
        ]


def prepare() -> BusyClinic:
    """Migrate, load the protocols, and return a clinic without sites."""
    call_command("migrate", verbosity=0)
    catalogue.load_protocols(folder=SHIPPED, now=NOW)
    user = clinic_actions.create_staff(email="bench@example.com", name="Bench", password=None, roles={}, now=NOW)
    return BusyClinic(user=user, token=clinic_actions.create_token(user=user, now=NOW))


def _workdays(first: int) -> list[dt.date]:
    days = (dt.date(2026, 11, 16) + dt.timedelta(days=first + offset) for offset in range(70))
    return [day for day in days if day.isoweekday() < 6]


def _session(course: Course, patient: Patient, day: dt.date, minute: int) -> Session:
    starts_at = local_time.to_utc(day, minute, ZONE)
    return Session(
        course=course,
        site_id=course.site_id,
        patient=patient,
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
