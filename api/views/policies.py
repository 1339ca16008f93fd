"""When and how often a site writes, and which reminders a patient asked for beside the usual ones."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes
from api.fields import Strict, WallTime, site_of
from api.views.base import Endpoint, expected_version
from api.views.life import OfPatient
from clinic import clock
from clinic.domain.permissions import Permission
from notifications.actions.policies import MAY_BE_ASKED, MAY_BE_OFF, ask_for, change_policy
from notifications.policies import asked_for, policy_of
from patients import actions as patient_actions

_COLUMNS = {
    "opens": "opens",
    "closes": "closes",
    "digest_at": "digest_minute",
    "remind_at": "remind_minute",
    "digest_weekday": "digest_weekday",
    "daily_cap": "daily_cap",
    "weekly_cap": "weekly_cap",
    "kinds_off": "kinds_off",
}


class PolicyIn(Strict):
    """What to change; times are the wall clock of the site, for the window that of the reader."""

    opens = WallTime(required=False)
    closes = WallTime(required=False)
    digest_at = WallTime(required=False)
    remind_at = WallTime(required=False)
    digest_weekday = serializers.IntegerField(min_value=1, max_value=7, required=False)
    daily_cap = serializers.IntegerField(min_value=1, max_value=2, required=False)
    weekly_cap = serializers.IntegerField(min_value=1, max_value=7, required=False)
    kinds_off = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(kind.value for kind in MAY_BE_OFF)), required=False
    )


class PolicyOut(shapes.Shape):
    """When and how often a site writes."""

    opens = serializers.CharField()
    closes = serializers.CharField()
    digest_at = serializers.CharField()
    remind_at = serializers.CharField()
    digest_weekday = serializers.IntegerField()
    daily_cap = serializers.IntegerField()
    weekly_cap = serializers.IntegerField()
    kinds_off = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()


class RemindersIn(Strict):
    """The reminders a patient wants of every visit, beside the usual ones."""

    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(kind.value for kind in MAY_BE_ASKED)), max_length=len(MAY_BE_ASKED)
    )


class RemindersOut(shapes.Shape):
    """The reminders a patient wants beside the usual ones."""

    kinds = serializers.ListField(child=serializers.CharField())


class Policy(Endpoint):
    """`GET`, `PATCH sites/{id}/message-policy/`: when and how often a site writes; a manager's."""

    permission = Permission.MANAGE_SITE

    @extend_schema(operation_id="sites_message_policy", responses=shapes.answers(PolicyOut, 404))
    def get(self, request: Request, site_id: int) -> Response:
        return _shown(site_of(request.user, site_id, self.permission).pk)

    @extend_schema(
        operation_id="sites_message_policy_change",
        request=PolicyIn,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(PolicyOut, 400, 404, 412, 422, 428),
    )
    def patch(self, request: Request, site_id: int) -> Response:
        version, body = expected_version(request), PolicyIn(data=request.data)
        body.is_valid(raise_exception=True)
        site = site_of(request.user, site_id, self.permission)
        wanted = {_COLUMNS[name]: value for name, value in body.validated_data.items()}
        change_policy(request=self.asker(request), site=site, version=version, wanted=wanted, now=clock.now())
        return _shown(site.pk)


class Reminders(OfPatient):
    """`GET`, `PUT patients/{id}/reminders/`: what a patient wants to be reminded of beside the usual."""

    @extend_schema(operation_id="patients_reminders", responses=shapes.answers(RemindersOut, 404))
    def get(self, request: Request, patient_id: int) -> Response:
        patient = self.patient(request, patient_id)
        patient_actions.record_access(
            request=self.asker(request),
            site=patient.site,
            patient_ids=[patient.pk],
            action="patient.reminders_opened",
            now=clock.now(),
        )
        return Response({"kinds": asked_for(patient.pk)})

    @extend_schema(
        operation_id="patients_reminders_set",
        request=RemindersIn,
        responses=shapes.answers(RemindersOut, 400, 404, 422),
    )
    def put(self, request: Request, patient_id: int) -> Response:
        wanted = self.read(request, RemindersIn(data=request.data))["kinds"]
        patient = self.patient(request, patient_id)
        kinds = ask_for(request=self.asker(request), patient=patient, kinds=wanted, now=clock.now())
        return Response({"kinds": kinds})


def _shown(site_id: int) -> Response:
    row = policy_of(site_id)
    shown: dict[str, Any] = {name: getattr(row, column) for name, column in _COLUMNS.items()}
    for name in ("opens", "closes", "digest_at", "remind_at"):
        shown[name] = f"{shown[name] // 60:02}:{shown[name] % 60:02}"
    return Response(shown | {"version": row.version}, headers={"ETag": f'"{row.version}"'})
