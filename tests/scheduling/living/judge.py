"""An independent judge of courses under way: what must hold of every picture, and of every step to the next."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from clinic.models import OpeningHours, Site
from scheduling.domain.states import COURSE_MOVES, SESSION_MOVES, CourseState, SessionState
from scheduling.models import Closure, Protocol, Resource, ResourceHours
from tests.scheduling.living import gatebook, rulebook
from tests.scheduling.living.picture import Picture, Row
from tests.scheduling.living.rulebook import Fault

LOST = {"not_treated", "no_show", "cancelled", "entered_in_error"}
DELIVERED = {"completed", "partial"}
UNDER_WAY = {"held", "booked", "arrived", "in_treatment", "monitoring"}
PAYS = {"approved", "partially_approved", "expired", "exhausted"}
# Put off by the clock without an event: nobody did anything.
_THE_CLOCKS = {"missed_after", "recording_gap_id"}

_OVERLAPS = """
SELECT a.id, b.id FROM {table} a JOIN {table} b
ON a.{key} = b.{key} AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
WHERE a.is_active AND b.is_active
"""


def overlaps() -> Iterator[str]:
    """Return whatever is held twice at once, asked in plain SQL."""
    for table, key in (("scheduling_reservation", "resource_id"), ("scheduling_session", "patient_id")):
        with connection.cursor() as cursor:
            cursor.execute(_OVERLAPS.format(table=table, key=key))
            yield from (f"{table} {first} and {second} overlap" for first, second in cursor.fetchall())


class Judge:
    """What a clinic's courses are judged by: protocols as stored, hours, closures."""

    def __init__(self) -> None:
        self.protocols: dict[int, Mapping[str, Any]] = dict(Protocol.objects.values_list("pk", "definition"))
        self.kinds: dict[int, str] = dict(Resource.objects.values_list("pk", "kind"))
        self.graces: dict[int, int] = dict(Site.objects.values_list("pk", "missed_grace_minutes"))
        self._sites: dict[int, int] = dict(Resource.objects.values_list("pk", "site_id"))
        self._open: dict[tuple[str, int, int], list[tuple[int, int]]] = {}
        for site, weekday, opens, closes in OpeningHours.objects.values_list("site", "weekday", "opens", "closes"):
            self._open.setdefault(("site", site, weekday), []).append((_minutes(opens), _minutes(closes)))
        own = ResourceHours.objects.values_list("resource", "weekday", "opens", "closes")
        for resource, weekday, opens, closes in own:
            self._open.setdefault(("resource", resource, weekday), []).append((_minutes(opens), _minutes(closes)))
        self._with_own_hours = {resource for resource, *_rest in own}
        self._closed = list(Closure.objects.values_list("site_id", "starts_at", "ends_at"))

    def faults(self, picture: Picture, now: dt.datetime, before: Picture | None = None) -> list[str]:
        """Return every invariant a picture breaks, in words; what is as it was before is not read again."""
        found = [*overlaps()]
        sessions = [row for row in picture.sessions.values() if before is None or picture.is_new(row, before)]
        for row in sessions:
            found += [f"session {row['id']}: {what}" for what in self._session(picture, row)]
        touched = {row["course_id"] for row in sessions}
        for course in picture.courses.values():
            if course["id"] in touched or before is None or before.courses.get(course["id"]) is not course:
                found += [f"course {course['id']}: {what}" for what in self._course(picture, course, now)]
        is_paid_anew = before is None or (picture.authorizations, picture.pools) != (
            before.authorizations,
            before.pools,
        )
        for patient in {course["patient_id"] for course in picture.courses.values()}:
            if is_paid_anew or any(row["patient_id"] == patient for row in sessions):
                found += self.coverage(picture, patient)
        return found

    # One session.

    def _session(self, picture: Picture, row: Row) -> Iterator[str]:
        if row["is_active"] != (row["state"] not in LOST):
            yield f"is {row['state']} and active: {row['is_active']}"
        if row["state"] != "partial" and row["is_counted"] != row["is_active"]:
            yield f"is {row['state']} and counted: {row['is_counted']}"
        yield from _replayed(row, picture.events_of(row["id"]))
        yield from self._clock(picture, row)
        if row["recording_gap_id"] and picture.gaps[row["recording_gap_id"]]["day"] != row["day"]:
            yield "is held back with a silent day that is not its own"
        held = picture.held_by(row["id"])
        if not row["is_active"]:
            if held:
                yield "is lost and still holds something"
            return
        yield from self._held(picture, row, held)

    def _clock(self, picture: Picture, row: Row) -> Iterator[str]:
        if _wall(row["starts_at"], row["zone"]) != (row["day"], row["minute"]):
            yield "its instant is not its wall clock"
        definition = self._definition(picture, row)
        minutes = definition["visit_types"][row["visit_type"]]["minutes"]
        if row["ends_at"] - row["starts_at"] != dt.timedelta(minutes=minutes):
            yield "does not last as long as its visit"
        if row["state"] == "booked" and row["missed_after"] is not None:
            base = row["starts_at"] if definition.get("missed_from") == "start" else row["ends_at"]
            grace = definition.get("missed_grace_minutes") or self.graces[row["site_id"]]
            if row["missed_after"] < base + dt.timedelta(minutes=grace):
                yield "would be flagged as missed too early"

    def _held(self, picture: Picture, row: Row, held: Sequence[Row]) -> Iterator[str]:
        spans = []
        for use in held:
            begins = (use["starts_at"] - row["starts_at"]).total_seconds() / 60
            ends = (use["ends_at"] - row["starts_at"]).total_seconds() / 60
            spans.append((self.kinds[use["resource_id"]], int(begins), int(ends)))
            day, minute = _wall(use["starts_at"], row["zone"])
            end_minute = minute + int(ends - begins)
            if (use["day_number"], use["first_quantum"], use["end_quantum"]) != (
                day.toordinal(),
                minute // 5,
                -(-end_minute // 5),
            ):
                yield "a reservation's quanta are not its instants"
            if not self._is_excused(picture, row) and not self._is_open(use, day, minute, end_minute):
                yield f"holds {self.kinds[use['resource_id']]} outside its hours"
        wanted = rulebook.uses_of(self._definition(picture, row), row["visit_type"])
        # A miss that is flagged before its time is over gives back what others can use.
        is_all = row["state"] != "missed"
        if sorted(spans) != wanted if is_all else not set(spans) <= set(wanted):
            yield f"holds {sorted(spans)} instead of {wanted}"

    def _is_open(self, use: Row, day: dt.date, begins: int, ends: int) -> bool:
        resource = use["resource_id"]
        owner = ("resource", resource) if resource in self._with_own_hours else ("site", self._sites[resource])
        hours = self._open.get((*owner, day.isoweekday()), [])
        is_closed = any(
            site == self._sites[resource] and since < use["ends_at"] and until > use["starts_at"]
            for site, since, until in self._closed
        )
        return not is_closed and any(opens <= begins and ends <= closes for opens, closes in hours)

    # One course.

    def _course(self, picture: Picture, course: Row, now: dt.datetime) -> Iterator[str]:
        counted = picture.counted(course["id"])
        if [row["number"] for row in counted] != list(range(1, len(counted) + 1)):
            yield f"numbered {[row['number'] for row in counted]}"
        definition = self.protocols[course["protocol_id"]]
        for fault in rulebook.cadence_faults(definition, course["wish"].get("per_week"), counted):
            rows = [picture.sessions[pk] for pk in fault.sessions]
            if not any(self._is_excused(picture, row) for row in rows) and not _has_begun(picture, fault, rows):
                yield f"{fault.text} (sessions {sorted(fault.sessions)})"
        surplus = len(counted) - course["prescribed"]
        # Of what took place after all, more may be given than was owed; then nothing lies ahead to be withdrawn.
        if surplus > sum(self._is_excused(picture, row) for row in counted):
            yield f"{len(counted)} sessions count, {course['prescribed']} are prescribed"
        yield from self._state(picture, course, counted, now)

    def _state(self, picture: Picture, course: Row, counted: Sequence[Row], now: dt.datetime) -> Iterator[str]:
        events = [event for event in picture.course_events if event["course_id"] == course["id"]]
        if not events or events[-1]["to_state"] != course["state"]:
            yield f"is {course['state']}, its history says {events[-1]['to_state'] if events else 'nothing'}"
        for earlier, later in pairwise(events):
            if later["from_state"] != earlier["to_state"]:
                yield f"its history jumps from {earlier['to_state']} to {later['from_state']}"
        delivered = sum(row["state"] in DELIVERED for row in counted)
        still_open = sum(row["state"] in UNDER_WAY | {"missed"} for row in counted)
        if course["state"] == "completed" and (delivered < course["prescribed"] or still_open):
            yield f"is completed with {delivered} delivered and {still_open} open"
        if course["state"] == "active" and delivered >= course["prescribed"]:
            yield f"is not completed although {delivered} are delivered"
        ahead = [row for row in counted if row["state"] in {"held", "booked"} and row["starts_at"] > now]
        if course["state"] in {"on_hold", "discontinued", "completed"} and ahead:
            yield f"is {course['state']} and has {len(ahead)} sessions to come"

    # One patient.

    def coverage(self, picture: Picture, patient: int) -> list[str]:
        """Return where the stored coverage of a patient differs from a recount made here."""
        rows = sorted(
            (row for row in picture.sessions.values() if row["patient_id"] == patient and row["is_counted"]),
            key=lambda row: (row["day"], row["minute"], row["id"]),
        )
        billed = self._codes(picture, rows)
        ledger = _Ledger(picture, patient)
        asked = {row["course_id"] for row, (code, _dose) in zip(rows, billed, strict=True) if code in ledger.codes}
        found = []
        for row, (code, dose) in zip(rows, billed, strict=True):
            payer = ledger.pay(row["day"], code, dose) if row["course_id"] in asked else None
            is_unpaid = row["course_id"] in asked and payer is None
            stored = (row["billing_code"], row["authorization_id"], bool(row["uncovered"]))
            if stored != (code, payer, is_unpaid):
                found.append(f"session {row['id']}: covered as {stored}, recounted {(code, payer, is_unpaid)}")
        return found

    def _codes(self, picture: Picture, rows: Sequence[Row]) -> list[tuple[str, int]]:
        seen: set[int] = set()
        doses: dict[int, int] = {}
        found = []
        for row in rows:
            definition = self._definition(picture, row)
            billing, course = definition.get("billing", {}), row["course_id"]
            is_first = course not in seen
            seen.add(course)
            if row["dose_mg"]:
                doses[course] = row["dose_mg"]
            expected = billing.get("first_dose") if is_first else billing.get("usual_dose")
            dose = doses.get(course) or expected or 0
            remap = definition["visits"].get("remap")
            code = rulebook.code_of(billing, row, is_first=is_first, remap_visit=remap, dose=dose)
            found.append((code, dose))
        return found

    # From one picture to the next.

    def steps(self, before: Picture, after: Picture) -> Iterator[str]:
        """Return what no step may do: a move the tables forbid, history rewritten, a lost session's number changed."""
        yield from self._moves(before, after)
        yield from self._began(before, after)
        new = after.session_events[len(before.session_events) :]
        restored = {event["session_id"] for event in new if event["kind"] == "undone"}
        for pk, row in before.sessions.items():
            now = after.sessions[pk]
            if not now["is_counted"] and row["number"] != now["number"] and pk not in restored:
                yield f"session {pk}: lost, and its number went from {row['number']} to {now['number']}"
            if row["version"] >= now["version"] and row != now and _moved(row, now):
                yield f"session {pk}: changed and its version did not rise"

    def _moves(self, before: Picture, after: Picture) -> Iterator[str]:
        for event in after.session_events[len(before.session_events) :]:
            frm, to = event["from_state"], event["to_state"]
            is_step = frm and frm != to and "undoes" not in event["data"]
            if is_step and SessionState(to) not in SESSION_MOVES[SessionState(frm)]:
                yield f"session {event['session_id']}: moved from {frm} to {to}"
        for event in after.course_events[len(before.course_events) :]:
            frm, to = event["from_state"], event["to_state"]
            is_step = frm and frm != to and event["kind"] != "undone"
            if is_step and CourseState(to) not in COURSE_MOVES[CourseState(frm)]:
                yield f"course {event['course_id']}: moved from {frm} to {to}"

    def _began(self, before: Picture, after: Picture) -> Iterator[str]:
        """Return the visits that began although something they need first was not there."""
        for event in after.session_events[len(before.session_events) :]:
            if event["to_state"] != "in_treatment" or "undoes" in event["data"]:
                continue
            row = before.sessions[event["session_id"]]
            if found := gatebook.lacking(before, self._definition(before, row), row, event["at"]):
                yield f"session {row['id']}: began without {', '.join(found)}"

    # Helpers.

    def _definition(self, picture: Picture, row: Row) -> Mapping[str, Any]:
        return self.protocols[picture.courses[row["course_id"]]["protocol_id"]]

    def _is_excused(self, picture: Picture, row: Row) -> bool:
        """Tell whether a session is where it is for a reason that is no plan.

        Somebody recorded a reason, a clinician decided that it counts, or it was put back after its time: a fact.
        """
        return any(
            event["data"].get("override")
            or event["kind"] == "counted"
            or (event["from_state"] in LOST and event["to_state"] not in LOST and event["at"] >= row["starts_at"])
            for event in picture.events_of(row["id"])
        )


class _Ledger:
    """What a patient's authorisations still pay for, while their visits are gone through in date order."""

    def __init__(self, picture: Picture, patient: int) -> None:
        self.grants = sorted(
            (row for row in picture.authorizations.values() if row["patient_id"] == patient and row["state"] in PAYS),
            key=lambda row: (row["ends_on"], row["id"]),
        )
        self.pools: dict[int, list[dict[str, Any]]] = {
            grant["id"]: [
                {"codes": set(pool["codes"]), "left": pool["units"]}
                for pool in sorted(picture.pools.values(), key=lambda pool: pool["id"])
                if pool["authorization_id"] == grant["id"]
            ]
            for grant in self.grants
        }
        self.codes = {code for pools in self.pools.values() for pool in pools for code in pool["codes"]}
        self.often: Counter[Any] = Counter()

    def pay(self, day: dt.date, code: str, milligrams: int) -> int | None:
        """Take what a visit costs and return which authorisation pays, or None."""
        week = rulebook.monday(day)
        for grant in self.grants:
            if not grant["starts_on"] <= day <= grant["ends_on"]:
                continue
            spans = [(grant["id"], "day", day), (grant["id"], "week", week)]
            if any(self.often[span] >= grant["frequency"].get(span[1], 1_000) for span in spans):
                continue
            cost = milligrams if grant["unit"] == "mg" else 1
            pool = next((p for p in self.pools[grant["id"]] if code in p["codes"] and p["left"] >= cost), None)
            if pool:
                pool["left"] -= cost
                self.often.update(spans)
                return int(grant["id"])
        return None


def _replayed(row: Row, events: Sequence[Row]) -> Iterator[str]:
    """Return where a session is not what its history makes of it."""
    if not events or events[0]["from_state"]:
        yield "its history has no beginning"
        return
    facts: dict[str, Any] = {"state": ""}
    for event in events:
        if event["from_state"] != facts["state"]:
            yield f"its history jumps from {facts['state']} to {event['from_state']}"
        yield from _contradicted(facts, event["data"].get("before", {}))
        facts |= event["data"].get("after", {}) | {"state": event["to_state"]}
    yield from _contradicted(facts, {name: _plain(value) for name, value in row.items()})


def _contradicted(facts: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[str]:
    for name, value in said.items():
        if name in facts and name not in _THE_CLOCKS and facts[name] != value:
            yield f"its {name} is {value}, and {facts[name]} by its history so far"


def _has_begun(picture: Picture, fault: Fault, rows: Sequence[Row]) -> bool:
    """Tell whether the later of two phases had begun when their visits were put where they are."""
    if not fault.phase:
        return False
    placed = max(event["at"] for row in rows for event in picture.events_of(row["id"]) if _is_placing(event))
    mine = [row for row in picture.sessions.values() if row["course_id"] == rows[0]["course_id"]]
    # One that began the phase may be lost later, or turn out not to count.
    phase = [row for row in mine if row["phase"] == fault.phase and _stood(picture, row, placed)]
    return any(min(row["starts_at"], row["arrived_at"] or row["starts_at"]) <= placed for row in phase)


def _stood(picture: Picture, row: Row, at: dt.datetime) -> bool:
    """Tell whether a session was not lost at an instant."""
    states = [
        event["to_state"]
        for event in picture.events_of(row["id"])
        if event["at"] < at or (event["at"] == at and event["to_state"] not in LOST)
    ]
    return bool(states) and states[-1] not in LOST


def _is_placing(event: Row) -> bool:
    return not event["from_state"] or "starts_at" in event["data"].get("after", {})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _moved(row: Row, now: Row) -> bool:
    return any(row[name] != now[name] for name in ("state", "starts_at", "is_counted", "visit_type", "reason"))


def _wall(at: dt.datetime, zone: str) -> tuple[dt.date, int]:
    local = at.astimezone(ZoneInfo(zone))
    return local.date(), local.hour * 60 + local.minute


def _minutes(time: dt.time) -> int:
    return time.hour * 60 + time.minute
