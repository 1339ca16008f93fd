"""A clinic of three devices with courses in full swing, one of which breaks: what the product makes of it, measured."""

import datetime as dt
import random
import time
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.clinic import NOW, ZONE, _patient, open_site
from clinic import actions as clinic_actions
from clinic.actions import Request
from clinic.domain.permissions import Role
from clinic.models import Site
from scheduling import block_token, optimize
from scheduling.actions import blocks, catalogue, unblocking
from scheduling.actions.setup import NewResource
from scheduling.catalogue import SHIPPED
from scheduling.domain import local_time
from scheduling.domain.reseat import first_come_first_served
from scheduling.domain.reseat_all import as_seat
from scheduling.domain.reseat_words import MoveKind
from scheduling.models import Course, Protocol, Reservation, Resource, Session
from scheduling.queries.outages import Blocking, Proposal, blocking_of, hits_of, preview_block, span_of
from scheduling.queries.outages.around import series_going
from scheduling.queries.outages.seating import ways_of_all
from tests.scheduling.living.judge import overlaps
from tests.scheduling.living.rulebook import cadence_faults

DEVICES, OPERATORS = 3, 4
OUT = (dt.date(2026, 11, 17), dt.date(2026, 11, 18))  # tomorrow and the day after
TAPER = ((0, 2, 4), (0, 3), (2,))
SECONDS = 20  # for the optimum
_FACTS = ("id", "course_id", "day", "minute", "phase", "visit_type", "state")


@dataclass(frozen=True, slots=True)
class Run:
    """One outage: seconds and statements, what became of it, its cost beside the best and first come, first served."""

    proposal: float
    statements: int
    commit: float
    undo: float
    moved: int
    other_day: int
    calls: int
    broken: int
    cost: int
    best: int
    first_come: int


class BrokenClinic:
    """Sites that are alike but for the seed."""

    def __init__(self) -> None:
        call_command("migrate", verbosity=0)
        catalogue.load_protocols(folder=SHIPPED, now=NOW)
        self.user = clinic_actions.create_staff(
            email="bench@example.com", name="Bench", password=None, roles={}, now=NOW
        )
        self.numbers = count(1)

    def outage(self, hit: int, code: str, load: float, seed: int) -> Run:
        """Let a device of a new site break, with so many sessions on it, and return what that costs."""
        site = self._site(f"s{next(self.numbers)}")
        self._fill(site, hit // len(OUT), code, load, random.Random(f"{hit} {seed}"))
        since, until = span_of(site, first=OUT[0], last=OUT[-1])
        [broken, *_others] = Resource.objects.filter(site=site, kind="tms_device").order_by("pk")
        blocking = blocking_of(
            site=site, resource_ids=[broken.pk], starts_at=since, ends_at=until, reason="Coil", now=NOW
        )
        with CaptureQueriesContext(connection) as statements:
            preview_block(blocking=blocking, now=NOW)
        proposed, proposal = _timed(lambda: preview_block(blocking=blocking, now=NOW))
        assert len(proposal.rows) == hit, len(proposal.rows)
        cost, best, first_come = self._beside(blocking)
        before = _faults(site)
        token = block_token.sign(proposal, now=NOW)
        committed, (block_id, _again) = _timed(
            lambda: blocks.apply_block(request=Request(user=self.user), token=token, now=NOW)
        )
        after = _faults(site) - before
        undone, _done = _timed(
            lambda: unblocking.undo_block(request=Request(user=self.user), block_id=block_id, version=1, now=NOW)
        )
        return Run(
            proposal=proposed,
            statements=len(statements),
            commit=committed,
            undo=undone,
            moved=len(proposal.moves),
            other_day=_kinds(proposal, MoveKind.OTHER_DAY),
            calls=_kinds(proposal, MoveKind.CALL),
            broken=len(after) + len(list(overlaps())) + len(_faults(site) ^ before),
            cost=cost,
            best=best,
            first_come=first_come,
        )

    def _beside(self, blocking: Blocking) -> tuple[int, int, int]:
        """Return the cost of the proposal, of the best there is, and of serving everybody in turn."""
        found = series_going(blocking.site, hits_of(blocking, now=NOW).ahead, now=NOW, blocking=blocking)
        seats = [as_seat(key, ways) for key, ways in enumerate(ways_of_all(found))]
        ours = preview_block(blocking=blocking, now=NOW).cost
        return ours, optimize.optimal(seats, seconds=SECONDS, seed=1).cost, first_come_first_served(seats).cost

    def _site(self, slug: str) -> Site:
        resources = [NewResource("tms_device", f"Device {n}", "TMS") for n in range(DEVICES)]
        resources += [NewResource("operator", f"Operator {n}") for n in range(OPERATORS)]
        site = open_site(slug, [*resources, NewResource("psychiatrist", "Doctor")])
        self.user.memberships.create(site=site, role=Role.FRONT_DESK)
        return site

    def _fill(self, site: Site, patients: int, code: str, load: float, chance: random.Random) -> None:
        protocol = Protocol.objects.get(code=code, is_current=True)
        minutes = next(step["minutes"] for step in [protocol.definition["visit_types"]["treatment"]])
        slots = list(range(450, 1050 - minutes + 1, minutes))
        devices, operators = (
            list(Resource.objects.filter(site=site, kind=kind).order_by("pk")) for kind in ("tms_device", "operator")
        )
        for number, device in enumerate(devices):
            taken = chance.sample(slots, patients if number == 0 else round(load * len(slots)))
            for minute in taken:
                self._course(site, protocol, (device, operators[number]), minute, minutes, chance)

    def _course(
        self, site: Site, protocol: Protocol, held: Any, minute: int, minutes: int, chance: random.Random
    ) -> None:
        patient = _patient(site)
        patient.save()
        # In the acute phase on the days of the outage.
        days = _days(OUT[0] - dt.timedelta(days=chance.randrange(3, 38)))
        course = Course.objects.create(
            site=site,
            patient=patient,
            protocol=protocol,
            state="active",
            prescribed=len(days),
            standing_minute=minute,
            booked_at=NOW,
        )
        sessions = Session.objects.bulk_create(
            _session(course, number, phase, day, minute, minutes) for number, (day, phase) in enumerate(days, start=1)
        )
        Reservation.objects.bulk_create(
            Reservation(
                resource=resource,
                session=session,
                starts_at=session.starts_at,
                ends_at=session.ends_at,
                day_number=session.day.toordinal(),
                first_quantum=minute // 5,
                end_quantum=(minute + minutes) // 5,
            )
            for session in sessions
            for resource in held
        )


def _days(first: dt.date) -> list[tuple[dt.date, str]]:
    """Return thirty daily visits from a day on, and three, two, one in the weeks after."""
    weekdays = (first + dt.timedelta(days=offset) for offset in range(60))
    acute = [day for day in weekdays if day.isoweekday() < 6][:30]
    monday = acute[-1] + dt.timedelta(days=8 - acute[-1].isoweekday())
    taper = [monday + dt.timedelta(days=7 * week + offset) for week, offsets in enumerate(TAPER) for offset in offsets]
    return [(day, "acute") for day in acute] + [(day, "taper") for day in taper]


def _session(course: Course, number: int, phase: str, day: dt.date, minute: int, minutes: int) -> Session:
    starts_at = local_time.to_utc(day, minute, ZONE)
    is_past = starts_at < NOW
    return Session(
        course=course,
        site_id=course.site_id,
        patient_id=course.patient_id,
        number=number,
        phase=phase,
        visit_type="treatment",
        state="completed" if is_past else "booked",
        arrived_at=starts_at if is_past else None,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=minutes),
        day=day,
        minute=minute,
        zone=ZONE,
        why="seeded",
    )


def _faults(site: Site) -> set[str]:
    """Return what the stored courses of a site break of their protocols, by an independent reading of them."""
    found: set[str] = set()
    rows = list(Session.objects.filter(site=site, is_counted=True).order_by("starts_at").values(*_FACTS))
    for course in Course.objects.filter(site=site).select_related("protocol"):
        mine = [row for row in rows if row["course_id"] == course.pk]
        definition = course.protocol.definition
        found |= {f"{course.pk}: {fault.text}" for fault in cadence_faults(definition, None, mine)}
        longest = definition["gaps"]["hard_days"]
        found |= {
            f"{course.pk}: a gap before {later['day']}"
            for earlier, later in pairwise(mine)
            if (later["day"] - earlier["day"]).days >= longest
        }
    return found


def _kinds(proposal: Proposal, kind: MoveKind) -> int:
    return sum(row.kind is kind for row in proposal.rows)


def _timed(run: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    found = run()
    return time.perf_counter() - started, found
