"""What must be there before a visit and is not; documents and forms that run out of time; holds that are complete."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

from attention.domain.items import Item, Kind, Severity, look, on_course, on_session
from attention.queries.at_risk import days_after
from attention.queries.subjects import of_course, of_visit
from scheduling.domain import local_time
from scheduling.domain.gate_kinds import NAMED, GateScope
from scheduling.domain.gates import Gate, GateState, Lack, sentence
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.operations import GateKind
from scheduling.queries import watch
from scheduling.queries.watch import FormDue, GatedCourse, GatedHold, WatchedCourse, WatchedSession

EXPIRES_AHEAD = 7  # days: a document that a visit within them outlives is asked for anew
SOON = dt.timedelta(days=2)


def of_gates(
    courses: Sequence[WatchedCourse], site_ids: Sequence[int], now: dt.datetime, *, ending: Collection[int | None]
) -> list[Item]:
    """Return everything about gates that needs a person at some sites; eight statements.

    `ending`: courses whose hold is about to end, which is said already.
    """
    gated, held = watch.gates_watched(courses, site_ids=site_ids, now=now)
    return [
        *(item for each in gated for item in _of_course(each, now)),
        *(item for each in held for item in _of_hold(each, now, is_ending=each.first.course_id in ending)),
        *(_form(each, now) for each in watch.forms_due(site_ids=site_ids, now=now)),
    ]


def _of_course(found: GatedCourse, now: dt.datetime) -> Iterator[Item]:
    yield from _ride(found)
    yield from _expiring(found, now)
    lacking = [gate for gate in _due(found.gates) if not _is_said(found.session, gate)]
    if lacking:
        which = "next" if found.course.delivered else "first"
        yield Item(
            key=f"gates:{found.course.course_id}:{found.session.id}",
            kind=Kind.GATE_DUE,
            title=_what_lacks(which, lacking),
            detail=f"{_when(found.session.day, found.session.minute)}. {_words(lacking)}.",
            severity=_severity(found.course.starts_at(found.session), now),
            since=min(gate.due_at for gate in lacking),
            deadline=found.course.starts_at(found.session),
            action=look(f"courses/{found.course.course_id}/gates/", "Open what is missing"),
            **of_course(found.course, found.session),
        )


def _due(gates: Sequence[Gate]) -> list[Gate]:
    """Return what is red and has no item of its own; fasting is asked at the door, on the board."""
    own = {*NAMED, GateKind.FASTING}
    return [gate for gate in gates if gate.state is GateState.RED and gate.kind not in own]


def _is_said(session: WatchedSession, gate: Gate) -> bool:
    """Tell whether another item says it: a document that expired, a visit the payer does not cover."""
    is_uncovered = gate.kind is GateKind.AUTHORIZATION and bool(session.uncovered)
    return is_uncovered or (gate.lack is Lack.EXPIRED and gate.scope is not GateScope.SESSION)


def _what_lacks(which: str, lacking: Sequence[Gate]) -> str:
    names = [gate.info.in_a_sentence for gate in lacking]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"Before the {which} visit: {listed}"


def _words(gates: Sequence[Gate]) -> str:
    return "; ".join(sentence(gate) for gate in gates)


def _ride(found: GatedCourse) -> Iterator[Item]:
    """Yield a visit after which nobody may drive, and nobody has said yes to take the patient home."""
    for gate in found.gates:
        if gate.kind not in NAMED or gate.state is not GateState.RED:
            continue
        session = found.session
        yield Item(
            key=f"ride:{session.id}:{session.day}:{session.minute}{_no(gate)}",
            kind=Kind.RIDE_NOT_CONFIRMED,
            title=f"{gate.info.name} not confirmed",
            detail=f"{_when(session.day, session.minute)}: {gate.words}. Call, and record who comes.",
            severity=Severity.HIGH,
            since=gate.due_at,
            deadline=found.course.starts_at(session),
            action=look(f"sessions/{session.id}/gates/", "Call"),
            **of_course(found.course, session),
        )


def _no(gate: Gate) -> str:
    """Return what sets a no apart: it is asked about though somebody saw to the ride before."""
    return f":{gate.shown_id}" if gate.lack is Lack.REFUSED else ""


def _expiring(found: GatedCourse, now: dt.datetime) -> Iterator[Item]:
    """Yield the documents that a visit of the coming days outlives."""
    last = found.course.today + dt.timedelta(days=EXPIRES_AHEAD)
    ahead = [found.session, *(each for each in found.course.coming if each.day > found.session.day)]
    for gate in found.gates:
        until = gate.valid_until
        if until is None or gate.scope is GateScope.SESSION or not (gate.is_met or gate.lack is Lack.EXPIRED):
            continue
        outlives = next((each for each in ahead if until < each.day <= last), None)
        if outlives is None:
            continue
        yield Item(
            key=f"expiry:{found.course.course_id}:{gate.kind}:{until}",
            kind=Kind.DOCUMENT_DUE,
            title=f"{gate.info.name} is good until {day_text(until)}",
            detail=f"The visit on {_when(outlives.day, outlives.minute)} needs it anew.",
            severity=_severity(found.course.starts_at(outlives), now),
            since=days_after(outlives.day, -EXPIRES_AHEAD, found.course.zone),
            deadline=found.course.starts_at(outlives),
            action=look(f"courses/{found.course.course_id}/gates/", "Open it"),
            **of_course(found.course, outlives),
        )


def _of_hold(found: GatedHold, now: dt.datetime, *, is_ending: bool) -> Iterator[Item]:
    """Yield held times that can be booked, or what is due for them and is not there."""
    first = found.first
    lacking = _due(found.gates)
    if all(gate.is_met for gate in found.gates) and not is_ending:
        yield Item(
            key=f"ready:{first.course_id}",
            kind=Kind.HOLD_READY,
            title="Ready to book: everything is there",
            detail=f"{found.count} times are held until {_wall(found.held_until, first.zone)}.",
            severity=Severity.MEDIUM,
            since=found.booked_at,
            deadline=found.held_until,
            action=on_course(first.course_id, "confirm", "Book them"),
            **of_visit(first),
        )
    elif lacking:
        yield Item(
            key=f"gates:{first.course_id}:{first.session_id}",
            kind=Kind.GATE_DUE,
            title=_what_lacks("first", lacking),
            detail=f"Held for {_when(first.day, first.minute)}. {_words(lacking)}.",
            severity=_severity(first.starts_at, now),
            since=min(gate.due_at for gate in lacking),
            deadline=found.held_until,
            action=look(f"courses/{first.course_id}/gates/", "Open what is missing"),
            **of_visit(first),
        )


def _form(found: FormDue, now: dt.datetime) -> Item:
    visit = found.visit
    last = visit.day + dt.timedelta(days=found.days)
    deadline = days_after(last, 1, visit.zone)
    return Item(
        key=f"form:{visit.session_id}",
        kind=Kind.DOCUMENT_DUE,
        title=f"A form is due by {day_text(last)}",
        detail=f"For the visit of {day_text(visit.day)}: within {found.days} days, weekends counted.",
        severity=Severity.HIGH if deadline - now <= SOON else Severity.LOW,
        since=visit.since,
        deadline=deadline,
        action=on_session(visit.session_id, "gates/monitoring_form", "It's filed"),
        **of_visit(visit),
    )


def _severity(deadline: dt.datetime, now: dt.datetime) -> Severity:
    return Severity.HIGH if deadline - now <= SOON else Severity.MEDIUM


def _when(day: dt.date, minute: int) -> str:
    return f"{day_text(day)}, {clock_text(minute)}"


def _wall(at: dt.datetime, zone: str) -> str:
    return _when(*local_time.wall(at, zone))
