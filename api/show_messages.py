"""Messages and addresses as they go out, and the shapes that describe them."""

from typing import Any

from rest_framework import serializers

from api.shapes import Shape
from api.show import instant
from notifications.proof import Line, Proof, Step


class MessageOut(Shape):
    """`to`: the address by its end. `text`: said anew from its facts, links without their token."""

    id = serializers.CharField()
    patient = serializers.IntegerField(allow_null=True)
    course = serializers.IntegerField(allow_null=True)
    session = serializers.IntegerField(allow_null=True)
    kind = serializers.CharField()
    channel = serializers.CharField()
    to = serializers.CharField()
    why = serializers.CharField()
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    send_by = serializers.DateTimeField()
    handed_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    state = serializers.CharField()
    reason = serializers.CharField()
    attempts = serializers.IntegerField()
    provider = serializers.CharField()
    provider_sid = serializers.CharField()
    provider_status = serializers.CharField()
    code = serializers.CharField()
    language = serializers.CharField()
    version = serializers.CharField()
    merged_into = serializers.CharField(allow_null=True)
    text = serializers.CharField()


class MessageStepOut(Shape):
    """`what`: started, ended, looked_up (at the provider), called_back (by it)."""

    at = serializers.DateTimeField()
    what = serializers.CharField()
    number = serializers.IntegerField()
    outcome = serializers.CharField()
    code = serializers.CharField()
    http_status = serializers.IntegerField(allow_null=True)
    provider_sid = serializers.CharField()
    worker = serializers.CharField()


class ProofOut(MessageOut):
    """`address`: whole, where the reader may see the patient; `others`: the same by another way, or again."""

    address = serializers.CharField(allow_null=True)
    steps = MessageStepOut(many=True)
    merged = MessageOut(many=True)
    others = MessageOut(many=True)


class ContactOut(Shape):
    """`problem`: why nothing is sent to it; empty: it is used."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    value = serializers.CharField()
    is_preferred = serializers.BooleanField()
    is_usable = serializers.BooleanField()
    problem = serializers.CharField()


def line(row: Line) -> dict[str, Any]:
    """Return one message, with what became of it."""
    return {
        "id": row.message_id,
        "patient": row.patient_id,
        "course": row.course_id,
        "session": row.session_id,
        "kind": row.kind,
        "channel": row.channel,
        "to": row.to,
        "why": row.why,
        "created_at": instant(row.created_at, row.zone),
        "due_at": instant(row.due_at, row.zone),
        "send_by": instant(row.send_by, row.zone),
        "handed_at": instant(row.handed_at, row.zone) if row.handed_at else None,
        "settled_at": instant(row.settled_at, row.zone) if row.settled_at else None,
        "state": row.state,
        "reason": row.reason,
        "attempts": row.attempts,
        "provider": row.provider,
        "provider_sid": row.provider_sid,
        "provider_status": row.provider_status,
        "code": row.code,
        "language": row.language,
        "version": row.version,
        "merged_into": row.merged_into or None,
        "text": row.text,
    }


def proof(found: Proof, *, is_whole: bool) -> dict[str, Any]:
    """Return a message with everything known about it; the whole address only for who may see the patient."""
    return line(found.line) | {
        "address": found.line.address if is_whole else None,
        "steps": [_step(step, found.line.zone) for step in found.steps],
        "merged": [line(row) for row in found.merged],
        "others": [line(row) for row in found.others],
    }


def contact(point: Any) -> dict[str, Any]:
    """Return one phone number or address of a patient."""
    return {
        "id": point.pk,
        "kind": point.kind,
        "value": point.value,
        "is_preferred": point.is_preferred,
        "is_usable": point.is_usable,
        "problem": point.problem,
    }


def _step(step: Step, zone: str) -> dict[str, Any]:
    return {
        "at": instant(step.at, zone),
        "what": step.what,
        "number": step.number,
        "outcome": step.outcome,
        "code": step.code,
        "http_status": step.http_status,
        "provider_sid": step.provider_sid,
        "worker": step.worker,
    }
