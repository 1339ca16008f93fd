"""What payers grant a patient: entered, answered, corrected."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes
from api.fields import Strict
from api.views.base import expected_version
from api.views.life import OfPatient
from clinic import clock
from scheduling.actions import authorizations
from scheduling.actions.authorizations import NewAuthorization
from scheduling.domain.states import UNITS, AuthorizationState

_STATES = [state.value for state in AuthorizationState]


class PoolIn(Strict):
    """Units that may be used for any of some codes."""

    codes = serializers.ListField(child=serializers.CharField(max_length=12), min_length=1)
    units = serializers.IntegerField(min_value=1, max_value=30_000)


class FrequencyIn(Strict):
    """The most units a payer accepts."""

    day = serializers.IntegerField(min_value=1, required=False)
    week = serializers.IntegerField(min_value=1, required=False)


class AuthorizationIn(Strict):
    """What a payer grants, or was asked for."""

    payer = serializers.CharField(max_length=80)
    number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    state = serializers.ChoiceField(choices=_STATES)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    unit = serializers.ChoiceField(choices=UNITS, required=False)
    pools = PoolIn(many=True)
    plan = serializers.CharField(max_length=80, required=False, allow_blank=True)
    diagnosis = serializers.CharField(max_length=12, required=False, allow_blank=True)
    provider = serializers.CharField(max_length=80, required=False, allow_blank=True)
    requested_on = serializers.DateField(required=False, allow_null=True)
    decided_on = serializers.DateField(required=False, allow_null=True)
    frequency = FrequencyIn(required=False)
    conditions = serializers.CharField(max_length=300, required=False, allow_blank=True)
    documents = serializers.ListField(child=serializers.CharField(max_length=120), required=False)


class AnswerIn(AuthorizationIn):
    """A payer's answer, or a correction: only what changes."""

    def get_fields(self) -> dict[str, Any]:
        """Return the same fields, none of them required."""
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class Authorizations(OfPatient):
    """`POST patients/{id}/authorizations/`."""

    @extend_schema(
        operation_id="authorizations_add",
        request=AuthorizationIn,
        responses=shapes.answers({201: shapes.LifeOut}, 400, 404, 422),
    )
    def post(self, request: Request, patient_id: int) -> Response:
        data = self.read(request, AuthorizationIn(data=request.data))
        new = NewAuthorization(**({"number": ""} | _entered(data)))
        authorizations.add_authorization(
            request=self.asker(request),
            patient=self.patient(request, patient_id),
            authorization=new,
            now=clock.now(),
        )
        return self.life(request, patient_id, 201)


class Authorization(OfPatient):
    """`PATCH patients/{id}/authorizations/{authorization}/`: the payer answered, or something was entered wrong."""

    @extend_schema(
        operation_id="authorizations_change",
        request=AnswerIn,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(shapes.LifeOut, 400, 404, 412, 422, 428),
    )
    def patch(self, request: Request, patient_id: int, row_id: int) -> Response:
        version = expected_version(request)
        data = self.read(request, AnswerIn(data=request.data))
        authorizations.change_authorization(
            request=self.asker(request),
            patient=self.patient(request, patient_id),
            authorization_id=row_id,
            version=version,
            now=clock.now(),
            **_entered(data),
        )
        return self.life(request, patient_id)


def _entered(data: dict[str, Any]) -> dict[str, Any]:
    found = dict(data)
    if "pools" in found:
        found["pools"] = [(pool["codes"], pool["units"]) for pool in found["pools"]]
    if "state" in found:
        found["state"] = AuthorizationState(found["state"])
    return found
