"""The same rows, locks and checks as `book_course`, written by hand for psycopg: the floor it is measured against."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import psycopg

from bench.clinic import NOW, Bench
from scheduling.actions import courses
from scheduling.queries.planning import Proposal

_SESSION = {
    "number": "int2",
    "phase": "text",
    "visit_type": "text",
    "starts_at": "timestamptz",
    "ends_at": "timestamptz",
    "day": "date",
    "minute": "int2",
    "why": "text",
    "deviation": "text",
    "missed_after": "timestamptz",
}
_SESSIONS = (
    "INSERT INTO scheduling_session (course_id, site_id, patient_id, state, is_active, zone, reason, version, "
    f"timing_version, {', '.join(_SESSION)}) SELECT %s, %s, %s, 'booked', true, %s, '', 1, 1, * "
    f"FROM unnest({', '.join(f'%s::{kind}[]' for kind in _SESSION.values())}) RETURNING id"
)
_RESERVATION = {
    "resource_id": "int8",
    "starts_at": "timestamptz",
    "ends_at": "timestamptz",
    "session_id": "int8",
    "day_number": "int4",
    "first_quantum": "int2",
    "end_quantum": "int2",
}
_RESERVATIONS = (
    f"INSERT INTO scheduling_reservation (is_active, {', '.join(_RESERVATION)}) SELECT true, * "
    f"FROM unnest({', '.join(f'%s::{kind}[]' for kind in _RESERVATION.values())})"
)
_EVENTS = (
    "INSERT INTO scheduling_sessionevent (session_id, kind, from_state, to_state, at, by_id, reason, data) "
    "SELECT unnest(%s::int8[]), 'booked', '', 'booked', %s, %s, '', '{}'"
)


class Raw:
    """One connection of its own."""

    def __init__(self, address: str, bench: Bench) -> None:
        self.line = psycopg.connect(address)
        self.bench = bench

    def prepared(self, proposal: Proposal) -> Callable[[Proposal], None]:
        """Return the booking of a plan with every value worked out beforehand: only SQL is left to do."""
        grace = dt.timedelta(minutes=15)
        visits = [courses._Visit(planned, proposal.site.zone) for planned in proposal.plan.sessions]
        rows = [
            (
                visit.planned.number,
                visit.planned.phase,
                visit.planned.visit_type,
                visit.starts_at,
                visit.ends_at,
                visit.planned.day,
                visit.planned.minute,
                visit.planned.why,
                visit.planned.deviation or "",
                visit.ends_at + grace,
            )
            for visit in visits
        ]
        held = sorted(
            (
                use.resource_id,
                visit.at(use.from_minute),
                visit.at(use.to_minute),
                place,
                visit.planned.day.toordinal(),
                use.from_minute // 5,
                -(-use.to_minute // 5),
            )
            for place, visit in enumerate(visits)
            for use in visit.planned.uses
        )
        session_columns = [list(column) for column in zip(*rows, strict=True)]
        held_columns = dict(zip(_RESERVATION, (list(column) for column in zip(*held, strict=True)), strict=True))
        return lambda _proposal: self._book(proposal, visits, session_columns, held_columns)

    def _book(self, proposal: Proposal, visits: list[Any], session_columns: Any, held: dict[str, list[Any]]) -> None:
        site, user, patient = proposal.site.pk, self.bench.user.pk, proposal.wish.patient_id
        request = self.bench.request()
        resources = sorted(set(held["resource_id"]))
        span = (visits[-1].ends_at, visits[0].starts_at)
        with self.line.transaction(), self.line.cursor() as cursor:
            run = cursor.execute
            run(
                "INSERT INTO scheduling_course (site_id, patient_id, protocol_id, state, prescribed, standing_minute, "
                "booked_at, version) VALUES (%s, %s, %s, 'active', %s, %s, %s, 1) RETURNING id",
                (site, patient, proposal.protocol.pk, len(visits), proposal.plan.standing_minute, NOW),
            )
            course = cursor.fetchone()[0]
            run(
                "INSERT INTO clinic_idempotencykey (user_id, key, route, body_sha256, result_id, created_at) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                (user, request.key, request.route, request.body_sha256, course, NOW),
            )
            run("SET LOCAL lock_timeout = '3s'")
            run(
                "SELECT id FROM scheduling_resource WHERE id = ANY(%s) AND site_id = %s AND is_active "
                "ORDER BY id FOR NO KEY UPDATE",
                (resources, site),
            )
            run("SELECT state FROM patients_patient WHERE id = %s AND site_id = %s FOR NO KEY UPDATE", (patient, site))
            run(_SESSIONS, (course, site, patient, proposal.site.zone, *session_columns))
            ids = [row[0] for row in cursor.fetchall()]
            run(
                "SELECT starts_at, ends_at FROM scheduling_closure "
                "WHERE site_id = %s AND starts_at < %s AND ends_at > %s",
                (site, *span),
            )
            run(
                "SELECT resource_id, starts_at, ends_at FROM scheduling_outage "
                "WHERE resource_id = ANY(%s) AND starts_at < %s AND ends_at > %s",
                (resources, *span),
            )
            placed = [ids[place] for place in held["session_id"]]
            run(_RESERVATIONS, tuple((held | {"session_id": placed}).values()))
            run(_EVENTS, (ids, NOW, user))
            run(
                "INSERT INTO scheduling_courseevent (course_id, kind, from_state, to_state, at, by_id, reason, data) "
                "VALUES (%s, 'booked', '', 'active', %s, %s, '', %s)",
                (course, NOW, user, json.dumps({"sessions": len(visits)})),
            )
            run(
                "INSERT INTO clinic_auditentry (at, actor_id, site_id, role, action, patient_id, object_type,"
                " object_id, outcome, request_id, ip)"
                " VALUES (%s, %s, %s, '', 'course.booked', %s, 'course', %s, 'done', '', '127.0.0.1')",
                (NOW, user, site, patient, course),
            )
