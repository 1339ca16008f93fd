"""How what was shown for a gate is written down: the row, a line in the history of its course, and the audit log.

Nothing else writes these rows.
"""

import datetime as dt
from typing import Any

from clinic import actions as clinic_actions
from scheduling.actions.gate_facts import Target
from scheduling.actions.ledger import Hand
from scheduling.models import CourseEvent, Prerequisite


def insert(
    request: clinic_actions.Request,
    target: Target,
    level: dict[str, Any],
    facts: dict[str, Any],
    what: str,
    now: dt.datetime,
) -> None:
    """Write down what was shown; `level`: for how much of the target, and of which kind."""
    row = Prerequisite.objects.create(**level, **facts, at=now, by=request.user)
    _note(request, target, row, what, facts.get("reason", ""), now)


def withdraw(
    request: clinic_actions.Request, target: Target, row: Prerequisite, now: dt.datetime, *, is_replaced: bool = False
) -> None:
    """Put what was shown out of force; what replaces it says so itself."""
    Prerequisite.objects.filter(pk=row.pk).update(withdrawn_at=now, withdrawn_by=request.user)
    if not is_replaced:
        _note(request, target, row, "gate_withdrawn", "", now)


def _note(
    request: clinic_actions.Request, target: Target, row: Prerequisite, what: str, reason: str, now: dt.datetime
) -> None:
    """Add what happened to the history of the course and to the audit log: which gate, never what was shown."""
    note(request, target, what, {"gate": row.kind} | (visit_of(target) if row.session_id else {}), now, reason=reason)
    clinic_actions.write_audit(
        request=request,
        site=target.site,
        action=f"gate.{what.removeprefix('gate_')}",
        patient_ids=[target.patient.pk],
        object_type="gate",
        object_id=row.pk,
        now=now,
    )


def note(
    request: clinic_actions.Request,
    target: Target,
    what: str,
    data: dict[str, Any],
    now: dt.datetime,
    *,
    reason: str = "",
) -> None:
    """Add a line to the history of the course, if there is one."""
    if target.course:
        CourseEvent.objects.create(
            course=target.course,
            kind=what,
            from_state=target.course.state,
            to_state=target.course.state,
            at=now,
            by=request.user,
            reason=reason,
            data=data | Hand.of(request, now).note,
        )


def visit_of(target: Target) -> dict[str, Any]:
    """Return which visit a line of the history is about."""
    return {"session": target.session.pk, "day": str(target.session.day)} if target.session else {}
