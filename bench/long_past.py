"""A clinic with years of sessions behind it, seeded by a few statements, and the ways of flagging what nobody closed.

Ten sites of 200 sessions a workday: a longer past is more days, never fuller ones. Of each of the last five days half
the sessions are overdue, the other half is recorded, so that the sweep holds nothing back.
"""

import datetime as dt
import itertools
import time
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from bench.missed import IDLE, LANES, OVERDUE
from clinic import actions as clinic_actions
from clinic.actions import NewSite
from patients.models import Patient
from scheduling import bulk
from scheduling.actions import catalogue, misses, setup
from scheduling.actions.setup import NewResource
from scheduling.catalogue import SHIPPED
from scheduling.models import Course, Protocol, Reservation, Resource, Session, SessionEvent

NOW = dt.datetime(2026, 11, 16, 13, 0, tzinfo=dt.UTC)  # a Monday, 6am in Phoenix: the last week is over
ZONE, OFFSET = "America/Phoenix", 7 * 60  # the same offset all year: SQL can work out the instants
SITES, SLOTS = 10, 20
COURSE = 36
OVERDUE_DAYS, DAYS_AHEAD = 5, 10
CHUNK = 50  # days to a statement
SAMPLE = 250  # rows of the loop
_SESSION, _EVENT, _RESERVATION = (model._meta.db_table for model in (Session, SessionEvent, Reservation))
_WHERE = "state = 'booked' AND missed_after <= %s"
_FLAG = f"UPDATE {_SESSION} SET state = 'missed', version = version + 1 WHERE {_WHERE} RETURNING id"
_NOTE = (
    f"INSERT INTO {_EVENT} (session_id, kind, from_state, to_state, at, reason, data) "
    f"SELECT id, 'flagged', 'booked', 'missed', %s, '', %s FROM {_SESSION} WHERE {_WHERE}"
)
_BEFORE = '{"before": {"state": "booked", "missed_after": null}}'


class LongPast:
    """The seeded clinic; every way of flagging returns the ms it took and leaves the sessions flagged."""

    def __init__(self, sessions: int) -> None:
        call_command("migrate", verbosity=0)
        catalogue.load_protocols(folder=SHIPPED, now=NOW)
        self.is_postgres = connection.vendor == "postgresql"
        _seed(sessions // LANES)
        if self.is_postgres:
            for table in (_SESSION, _EVENT):  # it would come and go between the turns
                _run(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        _run("VACUUM ANALYZE" if self.is_postgres else "ANALYZE")
        self.sessions = Session.objects.count()
        assert self._overdue() == OVERDUE

    def raw(self) -> float:
        """Flag by one UPDATE."""
        return ms(lambda: _run(_FLAG, [NOW]))

    def raw_with_events(self) -> float:
        """Flag by one UPDATE, after one INSERT of the events, in one transaction."""

        def both() -> None:
            with transaction.atomic():
                _run(_NOTE, [NOW, _BEFORE, NOW])
                _run(_FLAG, [NOW])

        return ms(both)

    def ours(self) -> float:
        """Flag by the product's action."""
        spent = ms(lambda: misses.flag_missed_sessions(now=NOW))
        assert self._overdue() == 0
        return spent

    def loop(self) -> float:
        """Flag a sample row by row, each with its event in a transaction of its own; scaled up to all of them."""

        def each() -> None:
            for row in Session.objects.filter(state="booked", missed_after__lte=NOW)[:SAMPLE]:
                with transaction.atomic():
                    row.state, row.version = "missed", row.version + 1
                    row.save()
                    SessionEvent.objects.create(
                        session=row, kind="flagged", from_state="booked", to_state="missed", at=NOW
                    )

        return ms(each) * OVERDUE / SAMPLE

    def idle(self) -> dict[str, list[float]]:
        """Look again with nothing to do, raw and ours in turn."""
        spent: dict[str, list[float]] = {"raw_idle": [], "ours_idle": []}
        for _look in range(IDLE):
            spent["raw_idle"].append(self.raw())
            spent["ours_idle"].append(ms(lambda: misses.flag_missed_sessions(now=NOW)))
        return spent

    def restore(self) -> None:
        """Put everything flagged back and tidy up, as if the turn had not been."""
        _run(f"UPDATE {_SESSION} SET state = 'booked', version = 1 WHERE state = 'missed'")
        self.tidy()

    def tidy(self) -> None:
        """Remove what the turns before left in the indexes."""
        if self.is_postgres:
            _run(f"VACUUM (INDEX_CLEANUP ON, ANALYZE) {_SESSION}")

    def _overdue(self) -> int:
        return Session.objects.filter(state="booked", missed_after__lte=NOW).count()


def ms(run: Callable[[], Any]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def _run(statement: str, values: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _seed(days: int) -> None:
    assert days > OVERDUE_DAYS + DAYS_AHEAD, "seed more sessions"
    past = itertools.islice(_workdays(-1), days - DAYS_AHEAD)
    calendar = [*reversed(list(past)), *itertools.islice(_workdays(1), DAYS_AHEAD)]
    first = _courses(_lanes(), blocks=-(-days // COURSE))
    _run("CREATE TEMPORARY TABLE bench_day (place integer, day date, ordinal integer)")
    with connection.cursor() as cursor:
        rows = [(place, day, day.toordinal()) for place, day in enumerate(calendar)]
        cursor.executemany("INSERT INTO bench_day VALUES (%s, %s, %s)", rows)
    overdue = range(days - DAYS_AHEAD - OVERDUE_DAYS, days - DAYS_AHEAD)
    for start in range(0, days, CHUNK):
        _sessions(first, range(start, start + CHUNK), overdue)
    _reservations(first)


def _workdays(step: int) -> Any:
    days = (NOW.date() + dt.timedelta(days=step * offset) for offset in itertools.count(step < 0))
    return (day for day in days if day.isoweekday() <= 5)


def _lanes() -> list[tuple[int, ...]]:
    """Add the sites and their resources, and a table of who is treated daily where and when."""
    lanes: list[tuple[int, ...]] = []
    for number in range(SITES):
        site = clinic_actions.add_site(
            site=NewSite(
                slug=f"p{number}",
                name=f"P{number}",
                message_name=f"P{number}",
                zone=ZONE,
                address="1 Main St",
                phone="+16025550100",
                hours={day: [(dt.time(7, 30), dt.time(17, 30))] for day in range(1, 6)},
            )
        )
        pairs = LANES // SITES // SLOTS
        new = [NewResource("tms_device", f"Device {n}", "TMS") for n in range(pairs)]
        setup.add_resources(site=site, resources=[*new, *(NewResource("operator", f"Op {n}") for n in range(pairs))])
        devices, operators = (
            Resource.objects.filter(site=site, kind=kind).order_by("pk") for kind in ("tms_device", "operator")
        )
        for device, operator in zip(devices, operators, strict=True):
            lanes += [(len(lanes) + n, site.pk, 450 + 30 * n, device.pk, operator.pk) for n in range(SLOTS)]
    columns = ", ".join(f"{name} integer" for name in ("lane", "site_id", "minute", "device", "operator"))
    _run(f"CREATE TEMPORARY TABLE bench_lane ({columns})")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO bench_lane VALUES (%s, %s, %s, %s, %s)", lanes)
    return lanes


def _courses(lanes: list[tuple[int, ...]], *, blocks: int) -> tuple[int, int]:
    """Add the patients and their courses, lane by lane, one after the other; return the first ids."""
    places = [lane for _block in range(blocks) for lane in lanes]
    sites = [site for _lane, site, *_more in places]
    patients = bulk.insert(
        Patient,
        {"site_id": sites, "record_number": [f"P-{n}" for n in range(len(places))]},
        first_name="Past",
        last_name="Patient",
        birth_date=dt.date(1980, 1, 1),
        created_at=NOW,
    )
    courses = bulk.insert(
        Course,
        {"site_id": sites, "patient_id": patients, "standing_minute": [lane[2] for lane in places]},
        protocol_id=Protocol.objects.get(code="tms_mdd_36", is_current=True).pk,
        state="active",
        prescribed=COURSE,
        booked_at=NOW,
    )
    assert courses == list(range(courses[0], courses[0] + len(places)))
    assert patients == list(range(patients[0], patients[0] + len(places)))
    return courses[0], patients[0]


def _sessions(first: tuple[int, int], places: range, overdue: range) -> None:
    """Add the sessions of some days: done, overdue in every other lane of the last days, booked from today on."""
    is_open = f"(d.place >= {overdue.stop} OR d.place >= {overdue.start} AND l.lane %% 2 = 1)"
    given = {
        "course_id": f"{first[0]} + d.place / {COURSE} * {LANES} + l.lane",
        "patient_id": f"{first[1]} + d.place / {COURSE} * {LANES} + l.lane",
        "site_id": "l.site_id",
        "number": f"d.place %% {COURSE} + 1",
        "phase": "'acute'",
        "visit_type": "'treatment'",
        "state": f"CASE WHEN {is_open} THEN 'booked' ELSE 'completed' END",
        "starts_at": _instant(0),
        "ends_at": _instant(30),
        "missed_after": _instant(45),
        "arrived_at": f"CASE WHEN {is_open} THEN NULL ELSE {_instant(0)} END",
        "day": "d.day",
        "minute": "l.minute",
        "zone": f"'{ZONE}'",
        "why": "'seeded'",
    }
    fixed = {
        field.column: field.get_db_prep_save(field.get_default(), connection)
        for field in Session._meta.concrete_fields
        if not field.primary_key and field.column not in given
    }
    columns, picked = ", ".join([*fixed, *given]), ", ".join([*(["%s"] * len(fixed)), *given.values()])
    _run(
        f"INSERT INTO {_SESSION} ({columns}) SELECT {picked}"
        " FROM bench_day d CROSS JOIN bench_lane l WHERE d.place >= %s AND d.place < %s ORDER BY d.place, l.lane",
        [*fixed.values(), places.start, places.stop],
    )


def _instant(minutes: int) -> str:
    """Return the SQL of an instant so many minutes after the start of a lane's session."""
    after_midnight = f"l.minute + {OFFSET + minutes}"
    if connection.vendor == "postgresql":
        return f"(d.day + make_interval(mins => {after_midnight})) AT TIME ZONE 'UTC'"
    return f"datetime(d.day, ({after_midnight}) || ' minutes')"


def _reservations(first: tuple[int, int]) -> None:
    """Add what the overdue sessions hold."""
    for resource in ("device", "operator"):
        _run(
            f"INSERT INTO {_RESERVATION} (resource_id, session_id, starts_at, ends_at, day_number, first_quantum, "
            f"end_quantum, is_active) SELECT l.{resource}, s.id, s.starts_at, s.ends_at, d.ordinal, s.minute / 5, "
            f"s.minute / 5 + 6, %s FROM {_SESSION} s JOIN bench_day d ON d.day = s.day JOIN bench_lane l "
            f"ON l.lane = (s.course_id - {first[0]}) %% {LANES} WHERE s.state = 'booked' AND s.ends_at < %s",
            [True, NOW],
        )
