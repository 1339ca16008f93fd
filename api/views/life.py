"""A patient's life as planning respects it: absences, who comes along, interpreter, screening, scores, grants."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes, show_life
from api.fields import Strict, WallTime
from api.views.base import Endpoint
from clinic import clock
from clinic.domain.permissions import Permission
from patients import access, life_actions
from patients import actions as patient_actions
from patients import life as patient_life
from patients.domain.clinical import Instrument, RelatedRole, ScreeningCode
from patients.life_actions import NewAbsence
from scheduling.queries import grants


class AbsenceIn(Strict):
    """When somebody can't come: dates, both in, and hours; `weekday` repeats it. `person`: who comes along."""

    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, default=None)
    weekday = serializers.IntegerField(min_value=1, max_value=7, required=False, default=None)
    from_time = WallTime(required=False, default=0)
    to_time = WallTime(required=False, default=24 * 60)
    person = serializers.IntegerField(min_value=1, required=False, default=None)


class PersonIn(Strict):
    """Who comes along."""

    role = serializers.ChoiceField(choices=[role.value for role in RelatedRole])
    name = serializers.CharField(max_length=80)
    phone = serializers.CharField(max_length=30, required=False, default="", allow_blank=True)


class InterpreterIn(Strict):
    """The language an interpreter must speak; empty: none is needed."""

    language = serializers.CharField(max_length=20, allow_blank=True)


class FlagIn(Strict):
    """What screening found."""

    code = serializers.ChoiceField(choices=[code.value for code in ScreeningCode])


class ClearIn(Strict):
    """Why the treatment is safe."""

    because = serializers.CharField(max_length=200)


class MeasureIn(Strict):
    """A score of an outcome scale."""

    instrument = serializers.ChoiceField(choices=[instrument.value for instrument in Instrument])
    score = serializers.IntegerField(min_value=0)
    measured_on = serializers.DateField()


class OfPatient(Endpoint):
    """An endpoint about one patient; every answer shows the whole life."""

    permission = Permission.BOOK_COURSE

    def read(self, request: Request, body: Strict) -> dict[str, Any]:
        """Return the body, checked."""
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def patient(self, request: Request, patient_id: int) -> Any:
        """Return the patient, if this person may plan for them."""
        return access.patient(request.user, patient_id, self.permission or Permission.BOOK_COURSE)  # type: ignore[arg-type]

    def life(self, request: Request, patient_id: int, status: int = 200) -> Response:
        """Return everything that planning respects."""
        row = self.patient(request, patient_id)
        patient_actions.record_access(
            request=self.asker(request),
            site=row.site,
            patient_ids=[row.pk],
            action="patient.life_opened",
            now=clock.now(),
        )
        answer = show_life.life(
            interpreter=row.interpreter,
            absences=patient_life.absences_of([row.pk]),
            people=patient_life.related_people_of(row.pk),
            flags=patient_life.flags_of(row.pk),
            authorizations=grants.authorizations_of(row.pk),
        )
        return Response(answer, status=status)


class Life(OfPatient):
    """`GET patients/{id}/life/`."""

    @extend_schema(operation_id="patients_life", responses=shapes.answers(shapes.LifeOut, 404))
    def get(self, request: Request, patient_id: int) -> Response:
        return self.life(request, patient_id)


class Absences(OfPatient):
    """`POST patients/{id}/absences/`."""

    @extend_schema(
        operation_id="absences_add", request=AbsenceIn, responses=shapes.answers({201: shapes.LifeOut}, 400, 404, 422)
    )
    def post(self, request: Request, patient_id: int) -> Response:
        data = self.read(request, AbsenceIn(data=request.data))
        absence = NewAbsence(
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            weekday=data["weekday"],
            from_minute=data["from_time"],
            to_minute=data["to_time"],
            person_id=data["person"],
        )
        life_actions.add_absence(
            request=self.asker(request), patient=self.patient(request, patient_id), absence=absence, now=clock.now()
        )
        return self.life(request, patient_id, 201)


class Absence(OfPatient):
    """`DELETE patients/{id}/absences/{absence}/`."""

    @extend_schema(operation_id="absences_remove", responses=shapes.answers(shapes.LifeOut, 404))
    def delete(self, request: Request, patient_id: int, row_id: int) -> Response:
        life_actions.remove_absence(
            request=self.asker(request),
            patient=self.patient(request, patient_id),
            absence_id=row_id,
            now=clock.now(),
        )
        return self.life(request, patient_id)


class People(OfPatient):
    """`POST patients/{id}/related-people/`."""

    @extend_schema(
        operation_id="related_people_add",
        request=PersonIn,
        responses=shapes.answers({201: shapes.LifeOut}, 400, 404, 422),
    )
    def post(self, request: Request, patient_id: int) -> Response:
        data = self.read(request, PersonIn(data=request.data))
        life_actions.add_related_person(
            request=self.asker(request),
            patient=self.patient(request, patient_id),
            role=RelatedRole(data["role"]),
            name=data["name"],
            phone=data["phone"],
            now=clock.now(),
        )
        return self.life(request, patient_id, 201)


class Interpreter(OfPatient):
    """`PUT patients/{id}/interpreter/`."""

    @extend_schema(
        operation_id="interpreter_set", request=InterpreterIn, responses=shapes.answers(shapes.LifeOut, 400, 404)
    )
    def put(self, request: Request, patient_id: int) -> Response:
        data = self.read(request, InterpreterIn(data=request.data))
        life_actions.set_interpreter(
            request=self.asker(request),
            patient=self.patient(request, patient_id),
            language=data["language"],
            now=clock.now(),
        )
        return self.life(request, patient_id)


class Flags(OfPatient):
    """`POST patients/{id}/flags/`."""

    @extend_schema(operation_id="flags_note", request=FlagIn, responses=shapes.answers({201: shapes.LifeOut}, 400, 404))
    def post(self, request: Request, patient_id: int) -> Response:
        data = self.read(request, FlagIn(data=request.data))
        life_actions.note_flag(
            request=self.asker(request),
            patient=self.patient(request, patient_id),
            code=ScreeningCode(data["code"]),
            now=clock.now(),
        )
        return self.life(request, patient_id, 201)


class ClearFlag(OfPatient):
    """`POST patients/{id}/flags/{flag}/clear/`: a clinician's decision."""

    permission = Permission.CLEAR_FLAG

    @extend_schema(operation_id="flags_clear", request=ClearIn, responses=shapes.answers(shapes.LifeOut, 400, 404, 422))
    def post(self, request: Request, patient_id: int, row_id: int) -> Response:
        data = self.read(request, ClearIn(data=request.data))
        life_actions.clear_flag(
            request=self.asker(request),
            patient=self.patient(request, patient_id),
            flag_id=row_id,
            because=data["because"],
            now=clock.now(),
        )
        return self.life(request, patient_id)


class Measures(OfPatient):
    """`POST patients/{id}/measures/`."""

    permission = Permission.RECORD_ATTENDANCE

    @extend_schema(
        operation_id="measures_record", request=MeasureIn, responses=shapes.answers({201: shapes.IdOut}, 400, 404, 422)
    )
    def post(self, request: Request, patient_id: int) -> Response:
        data = self.read(request, MeasureIn(data=request.data))
        row_id = life_actions.record_measure(
            request=self.asker(request),
            patient=self.patient(request, patient_id),
            instrument=Instrument(data["instrument"]),
            score=data["score"],
            measured_on=data["measured_on"],
            now=clock.now(),
        )
        return Response({"id": row_id}, status=201)
