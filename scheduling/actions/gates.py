"""What was shown for a gate: recorded, passed by somebody who may, withdrawn. A row in force is never altered.

The only way past a gate that is not there.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from clinic import actions as clinic_actions
from patients.models import RelatedPerson
from scheduling.actions import gate_facts, gate_rows, locking
from scheduling.actions.gate_facts import Evidence, Target, Whose
from scheduling.domain import gate_kinds, gates, local_time
from scheduling.domain.gate_kinds import AFTER, CANT_COME, GATES, NAMED, GateScope, Requirement
from scheduling.domain.gates import Gate
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.operations import GateKind
from scheduling.domain.states import SessionState
from scheduling.errors import Conflict, GateRed, NotFound, Rejected, Stale
from scheduling.models import Prerequisite
from scheduling.queries.definitions import definition_of

__all__ = ["Evidence", "Whose", "answer_ride", "company", "pass_gate", "record_gate", "refuse_unmet", "withdraw_gate"]
DRIVER = "driver"
_OUTSIDE = "The patient, or who drives,"


def record_gate(
    *,
    request: clinic_actions.Request,
    whose: Whose,
    kind: GateKind,
    evidence: Evidence,
    now: dt.datetime,
    replaces: int | None = None,
) -> tuple[int, bool]:
    """Record what was shown for a gate; return whose id, and whether this very request was carried out before.

    `replaces`: the row in force that was read: it is withdrawn. Recording the same again changes nothing.

    :raises NotFound: there is no such visit, course, or person beside the patient.
    :raises Rejected: the protocol does not ask for it, it lacks what it needs, or it has expired already.
    :raises IllegalMove: the visit or the course is past that, or a payer's word counts instead.
    :raises Conflict: somebody else recorded something for it meanwhile; the words say who and when.
    :raises Stale: the visit was moved since it was read.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=whose.id, now=now)
        target = gate_facts.locked(whose)
        asked = gate_facts.asked_of(target, kind)
        gate_facts.check_possible(target, asked, now)
        level = target.level(GATES[kind].scope)
        facts = gate_facts.facts_of(target, asked, evidence, now)
        if not _is_there(request, target, {**level, "kind": kind, "is_override": False}, facts, replaces, now):
            gate_rows.insert(request, target, {**level, "kind": kind}, facts, "gate_met", now)
        return whose.id

    return locking.once(request, run)


def pass_gate(
    *, request: clinic_actions.Request, whose: Whose, kind: GateKind, reason: str, now: dt.datetime
) -> tuple[int, bool]:
    """Let one visit, or a whole course, pass a gate that is not there, with a reason; the caller checks who may.

    Return whose id, and whether this very request was carried out before.

    :raises Rejected: no reason is given, the protocol does not ask for it, or it is asked anew at every visit.
    :raises IllegalMove: the visit or the course is past that.
    :raises Conflict: somebody else passed it meanwhile.
    :raises Stale: the visit was moved since it was read.
    """
    if not reason.strip():
        raise Rejected("Say why it may be passed.", fields={"reason": "required"})

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=whose.id, now=now)
        target = gate_facts.locked(whose)
        asked = gate_facts.asked_of(target, kind)
        if target.course is None or kind in AFTER:
            raise Rejected("Only what a course or a visit asks for can be passed.", code="not_a_gate")
        gate_facts.check_open(target, asked)
        level = target.level(GateScope.SESSION if target.session else GateScope.COURSE)
        facts = {"reason": reason.strip()[:120]}
        if not _is_there(request, target, {**level, "kind": kind, "is_override": True}, facts, None, now):
            gate_rows.insert(request, target, {**level, "kind": kind, "is_override": True}, facts, "gate_passed", now)
        return whose.id

    return locking.once(request, run)


def withdraw_gate(
    *, request: clinic_actions.Request, row_id: int, kind: GateKind, now: dt.datetime
) -> tuple[int, bool]:
    """Withdraw what was shown for a gate, or the word that it may be passed; return the row's id, and if it was before.

    A visit that has begun goes on.

    :raises NotFound: nothing of this kind was shown under this id.
    :raises Conflict: somebody else withdrew it meanwhile.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=row_id, now=now)
        seen = Prerequisite.objects.filter(pk=row_id, kind=kind).first()
        if seen is None:
            raise NotFound("Nothing was recorded there.")
        target = gate_facts.locked(gate_facts.whose_is(seen))
        row = Prerequisite.objects.select_related("withdrawn_by").get(pk=row_id)
        if row.withdrawn_at is None:
            gate_rows.withdraw(request, target, row, now)
        elif row.withdrawn_by_id != request.staff.pk:
            who = row.withdrawn_by.name if row.withdrawn_by else _OUTSIDE
            raise Conflict(f"{who} withdrew this {_at(row.withdrawn_at, target.zone)}.", code="already_withdrawn")
        return row_id

    return locking.once(request, run)


def answer_ride(
    *, session_id: int, timing: int, person_id: int, is_yes: bool, now: dt.datetime, agent: str = ""
) -> bool:
    """Record inside the caller's transaction what a person says who was asked to take a patient home.

    Yes names them and confirms it; no leaves them named and says so, so that the gate asks again, at once. Return
    False if it is not theirs to say: the visit was moved or is over, asks for nobody, or names somebody else. Again
    changes nothing. `agent`: the browser it was said with, if it was on a page.

    :raises NotFound: there is no such visit.
    """
    try:
        target = gate_facts.locked(Whose(session_id=session_id, timing=timing))
    except Stale:
        return False
    asked = company(target, now)
    beside = RelatedPerson.objects.filter(pk=person_id, patient=target.patient, is_active=True)
    if asked is None or not beside.exists():
        return False
    level: dict[str, Any] = {**target.level(GateScope.SESSION), "kind": asked.kind, "is_override": False}
    row = Prerequisite.objects.filter(**level, withdrawn_at=None).first()
    if row and row.person_id != person_id:
        return False
    facts = {"person_id": person_id, "is_confirmed": is_yes, "evidence": "" if is_yes else CANT_COME}
    if row is None or (row.is_confirmed, is_yes or row.evidence == CANT_COME) != (is_yes, True):
        by = clinic_actions.Request(user=None, actor=DRIVER, agent=agent)
        if row:
            gate_rows.withdraw(by, target, row, now, is_replaced=True)
        gate_rows.insert(by, target, level, facts, "gate_met" if is_yes else "gate_refused", now)
    return True


def company(target: Target, now: dt.datetime) -> Requirement | None:
    """Return who must go home with the patient after a visit still ahead, as its protocol asks for it."""
    session = target.session
    if session is None or session.state != SessionState.BOOKED or session.starts_at <= now or target.course is None:
        return None
    wanted = gate_kinds.requirements(definition_of(target.course.protocol))
    return next((each for each in wanted if each.kind in NAMED), None)


def refuse_unmet(found: Iterable[Gate], what: str) -> None:
    """Refuse what can't be done while a gate is not there; `what` says so in a sentence without its full stop.

    :raises GateRed: one of them is not there; fields name each kind.
    """
    lacking = gates.unmet(found)
    if lacking:
        fields = {gate.kind.value: gate.lack.value for gate in lacking}
        raise GateRed(gates.refusal(lacking, what), fields=fields)


def _is_there(
    request: clinic_actions.Request,
    target: Target,
    level: dict[str, Any],
    facts: dict[str, Any],
    replaces: int | None,
    now: dt.datetime,
) -> bool:
    """Tell whether the very same is in force; what was read and is to be replaced is withdrawn.

    :raises Conflict: something else is in force.
    """
    row = Prerequisite.objects.filter(**level, withdrawn_at=None).select_related("by").first()
    if row is None:
        return False
    if row.by_id == request.staff.pk and all(getattr(row, name) == value for name, value in facts.items()):
        return True
    if row.pk == replaces:
        gate_rows.withdraw(request, target, row, now, is_replaced=True)
        return False
    who = row.by.name if row.by else _OUTSIDE
    raise Conflict(f"{who} recorded this {_at(row.at, target.zone)}. Look at it first.", code="already_recorded")


def _at(at: dt.datetime, zone: str) -> str:
    day, minute = local_time.wall(at, zone)
    return f"at {clock_text(minute)} on {day_text(day)}"
