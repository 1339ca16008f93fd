"""Who agreed to be written to: about what, how, and since when."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes
from api.fields import Strict
from api.views.life import OfPatient
from clinic import clock
from patients.consenting import end_consent, give_consent
from patients.domain.contact import Channel, Purpose


class ConsentIn(Strict):
    """Who agreed to what. `person`: not the patient but who drives."""

    channel = serializers.ChoiceField(choices=[channel.value for channel in Channel])
    purpose = serializers.ChoiceField(choices=[purpose.value for purpose in Purpose])
    person = serializers.IntegerField(min_value=1, required=False, default=None, allow_null=True)


class GivenOut(shapes.Shape):
    """A consent in force."""

    id = serializers.IntegerField()


class EndedOut(shapes.Shape):
    """Whether there was a consent to take back."""

    ended = serializers.BooleanField()


class Give(OfPatient):
    """`POST patients/{id}/consents/`: somebody agreed, in the words shown to them; again changes nothing."""

    @extend_schema(
        operation_id="patients_consents_give",
        request=ConsentIn,
        responses=shapes.answers({201: GivenOut}, 400, 404, 422),
    )
    def post(self, request: Request, patient_id: int) -> Response:
        asked = _asked(self.read(request, ConsentIn(data=request.data)))
        patient = self.patient(request, patient_id)
        found = give_consent(request=self.asker(request), patient=patient, now=clock.now(), **asked)
        return Response({"id": found}, status=201)


class End(OfPatient):
    """`POST patients/{id}/consents/end/`: somebody took it back, by whatever means; again changes nothing."""

    @extend_schema(
        operation_id="patients_consents_end", request=ConsentIn, responses=shapes.answers(EndedOut, 400, 404)
    )
    def post(self, request: Request, patient_id: int) -> Response:
        asked = _asked(self.read(request, ConsentIn(data=request.data)))
        patient = self.patient(request, patient_id)
        return Response({"ended": end_consent(request=self.asker(request), patient=patient, now=clock.now(), **asked)})


def _asked(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "channel": Channel(body["channel"]),
        "purpose": Purpose(body["purpose"]),
        "person_id": body["person"],
    }
