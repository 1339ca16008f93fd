"""Gates: how they stand for a patient, a course or a visit; what was shown is recorded, passed by hand, withdrawn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import gate_shapes, shapes, show_gates
from api.fields import Strict, WallTime
from api.views.base import Endpoint
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import NotFound
from patients import access as patient_access
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import gates
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain.operations import GateKind
from scheduling.queries import gates as stored
from scheduling.queries.gates import Standing

REFUSALS = (400, 404, 409, 412, 422, 503)


class EvidenceIn(Strict):
    """What was seen or said. `person`: somebody beside the patient. `ate`, `drank`: when the patient last did.

    `replaces`: the id of what is in force and was read. `timing`: the visit's `timing_version` as it was read.
    """

    evidence = serializers.CharField(max_length=160, required=False, default="", allow_blank=True)
    person = serializers.IntegerField(min_value=1, required=False, default=None)
    is_confirmed = serializers.BooleanField(required=False, default=True)
    valid_until = serializers.DateField(required=False, default=None)
    ate = WallTime(required=False, default=None)
    drank = WallTime(required=False, default=None)
    replaces = serializers.IntegerField(min_value=1, required=False, default=None)
    timing = serializers.IntegerField(min_value=1, required=False, default=None)


class PassIn(Strict):
    """Why it may be passed."""

    reason = serializers.CharField(max_length=120)


class WithdrawIn(Strict):
    """The id of what was shown."""

    id = serializers.IntegerField(min_value=1)


@dataclass(frozen=True, slots=True)
class About:
    """Whose gates an address is about: how the row is found, named to an action, and read."""

    row: Callable[[Any, int, Permission], Any]
    whose: Callable[[int, int | None], Whose]
    standing: Callable[..., Standing]


SESSION = About(access.session, lambda pk, timing: Whose(session_id=pk, timing=timing), stored.gates_of_session)
COURSE = About(access.course, lambda pk, _timing: Whose(course_id=pk), stored.gates_of_course)
PATIENT = About(patient_access.patient, lambda pk, _timing: Whose(patient_id=pk), stored.gates_of_patient)


class OfSomebody(Endpoint):
    """What the endpoints share; every answer shows how the gates stand then."""

    about = SESSION  # set by the address

    def look(self, request: Request, row_id: int, *, again: bool = False) -> Response:
        """Return how the gates stand, and note who looked."""
        row, now = self.about.row(request.user, row_id, Permission.VIEW_PATIENT), clock.now()
        patient_actions.record_access(
            request=self.asker(request),
            site=row.site,
            patient_ids=[_patient_of(row)],
            action="gates.opened",
            now=now,
        )
        headers = {"Idempotency-Replayed": "true"} if again else {}
        return Response(show_gates.gates(self.about.standing(row, now=now), row.site.zone), headers=headers)

    def read(self, request: Request, body: Strict) -> dict[str, Any]:
        """Return the body, checked."""
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)


class Gates(OfSomebody):
    """`GET sessions/{id}/gates/`, and of courses and patients."""

    permission = Permission.VIEW_PATIENT

    @extend_schema(responses=shapes.answers(gate_shapes.GatesOut, 404))
    def get(self, request: Request, row_id: int) -> Response:
        return self.look(request, row_id)


class Record(OfSomebody):
    """`POST sessions/{id}/gates/{kind}/`, and of courses and patients: what was shown."""

    permission = Permission.RECORD_ATTENDANCE

    @extend_schema(request=EvidenceIn, responses=shapes.answers(gate_shapes.GatesOut, *REFUSALS))
    def post(self, request: Request, row_id: int, kind: str) -> Response:
        self.about.row(request.user, row_id, Permission.RECORD_ATTENDANCE)
        data = self.read(request, EvidenceIn(data=request.data))
        _id, again = gates.record_gate(
            request=self.asker(request),
            whose=self.about.whose(row_id, data["timing"]),
            kind=_kind(kind),
            evidence=Evidence(
                text=data["evidence"],
                person_id=data["person"],
                is_confirmed=data["is_confirmed"],
                valid_until=data["valid_until"],
                ate_minute=data["ate"],
                drank_minute=data["drank"],
            ),
            replaces=data["replaces"],
            now=clock.now(),
        )
        return self.look(request, row_id, again=again)


class Pass(OfSomebody):
    """`POST sessions/{id}/gates/{kind}/pass/`, and of courses: for who may break a rule, with a reason."""

    permission = Permission.OVERRIDE_RULE

    @extend_schema(request=PassIn, responses=shapes.answers(gate_shapes.GatesOut, *REFUSALS))
    def post(self, request: Request, row_id: int, kind: str) -> Response:
        self.about.row(request.user, row_id, Permission.OVERRIDE_RULE)
        data = self.read(request, PassIn(data=request.data))
        _id, again = gates.pass_gate(
            request=self.asker(request),
            whose=self.about.whose(row_id, None),
            kind=_kind(kind),
            reason=data["reason"],
            now=clock.now(),
        )
        return self.look(request, row_id, again=again)


class Withdraw(OfSomebody):
    """`POST sessions/{id}/gates/{kind}/withdraw/`, and of courses and patients."""

    permission = Permission.RECORD_ATTENDANCE

    @extend_schema(request=WithdrawIn, responses=shapes.answers(gate_shapes.GatesOut, *REFUSALS))
    def post(self, request: Request, row_id: int, kind: str) -> Response:
        row = self.about.row(request.user, row_id, Permission.RECORD_ATTENDANCE)
        data = self.read(request, WithdrawIn(data=request.data))
        if not stored.is_about(data["id"], patient_id=_patient_of(row)):
            raise NotFound("Nothing was recorded there.")
        _id, again = gates.withdraw_gate(
            request=self.asker(request), row_id=data["id"], kind=_kind(kind), now=clock.now()
        )
        return self.look(request, row_id, again=again)


def _patient_of(row: Any) -> int:
    return int(getattr(row, "patient_id", row.pk))


def _kind(text: str) -> GateKind:
    if text not in set(GateKind):
        raise NotFound("There is no such gate.")
    return GateKind(text)
