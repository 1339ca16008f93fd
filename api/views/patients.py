"""Patients: list, find, add."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes, show
from api.fields import Strict, site_of
from api.views.base import Endpoint
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from patients import actions, phones, queries
from patients.domain.contact import Language
from patients.domain.details import NewPatient, clean_name, parse_birth_date
from scheduling.domain import local_time

_FOUND = shapes.page_of(shapes.PatientOut)


class PatientIn(Strict):
    """A new patient."""

    site = serializers.JSONField(required=False, default=None)
    first_name = serializers.CharField(max_length=60)
    last_name = serializers.CharField(max_length=60)
    preferred_name = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    birth_date = serializers.CharField(max_length=20)
    phone = serializers.CharField(max_length=30, required=False, allow_null=True, default=None)
    email = serializers.CharField(max_length=254, required=False, allow_null=True, default=None)
    language = serializers.ChoiceField(choices=[x.value for x in Language], required=False, default="en")
    record_number = serializers.CharField(max_length=20, required=False, allow_null=True, default=None)
    sms_consent = serializers.BooleanField(required=False, default=False)
    email_consent = serializers.BooleanField(required=False, default=False)
    someone_else = serializers.BooleanField(required=False, default=False)


class FindIn(Strict):
    """What a patient is looked for by: parts of names, a birth date, a number."""

    search = serializers.CharField(max_length=100, allow_blank=True)


class Patients(Endpoint):
    """`GET` and `POST`."""

    @property
    def permission(self) -> Permission:  # type: ignore[override]
        return Permission.ADD_PATIENT if self.request.method == "POST" else Permission.VIEW_PATIENT

    @extend_schema(
        operation_id="patients_list",
        parameters=[shapes.SITE, *shapes.PAGE],
        responses=_FOUND,
    )
    def get(self, request: Request) -> Response:
        return _listed(self, request, "")

    @extend_schema(
        operation_id="patients_add",
        request=PatientIn,
        responses=shapes.answers({201: shapes.PatientOut}, 400, 404, 409, 422),
    )
    def post(self, request: Request) -> Response:
        now = clock.now()
        asker = self.asker(request)
        body = PatientIn(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        site = site_of(request.user, data["site"], Permission.ADD_PATIENT)
        details = _details(data, region=site.region, today=local_time.today(now, site.zone))
        row = actions.add_patient(
            request=asker, site=site, details=details, now=now, how="by api", allow_twin=data["someone_else"]
        )
        return Response(show.patient(row), status=201)


class Find(Endpoint):
    """`POST`: a search changes nothing, but addresses are logged, and names don't belong there."""

    permission = Permission.VIEW_PATIENT

    @extend_schema(
        operation_id="patients_find",
        parameters=[shapes.SITE, *shapes.PAGE],
        request=FindIn,
        responses=_FOUND,
    )
    def post(self, request: Request) -> Response:
        body = FindIn(data=request.data)
        body.is_valid(raise_exception=True)
        return _listed(self, request, body.validated_data["search"])


def _listed(view: Endpoint, request: Request, text: str) -> Response:
    sites = view.sites(request, Permission.VIEW_PATIENT)
    region = sites[0].region if sites else "US"
    rows = queries.patients_matching(site_ids=[site.pk for site in sites], text=text, region=region)
    return view.paged_records(request, rows, show.patient, sites=sites, action="patient.listed", patient_of="pk")


def _details(data: dict[str, Any], *, region: str, today: Any) -> NewPatient:
    faults: dict[str, str] = {}

    def read(field: str, parse: Any) -> Any:
        try:
            return parse(data[field])
        except ValueError as error:
            faults[field] = str(error)
            return None

    first = read("first_name", lambda text: clean_name(text, what="first name"))
    last = read("last_name", lambda text: clean_name(text, what="last name"))
    born = read("birth_date", lambda text: parse_birth_date(text, today=today, region=region))
    phone = read("phone", lambda text: phones.to_e164(text, region=region) if text else None)
    if faults:
        raise Rejected("Some fields need another look.", code="fields", fields=faults)
    return NewPatient(
        first_name=first,
        last_name=last,
        preferred_name=data["preferred_name"],
        birth_date=born,
        phone=phone,
        email=data["email"] or None,
        language=Language(data["language"]),
        sms_consent=data["sms_consent"],
        email_consent=data["email_consent"],
        record_number=data["record_number"],
    )
