"""Addresses for machines."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from api.permissions import Declared
from api.views import courses, docs, health, holds, house, life, lookups, patients, sessions
from clinic.domain.permissions import Permission
from scheduling.actions import attendance

V1 = "api/v1/"

_STEPS = {
    "arrive": attendance.arrive,
    "start": attendance.start,
    "monitor": attendance.monitor,
    "complete": attendance.complete,
    "no-show": attendance.mark_no_show,
    "undo": attendance.undo,
}
_STEPS_WITH_REASON = {"not-treated": attendance.turn_away, "cancel": attendance.cancel}


_LIFE: tuple[tuple[str, str, type[life.OfPatient]], ...] = (
    ("life", "life", life.Life),
    ("absences", "absences", life.Absences),
    ("absence", "absences/<int:row_id>", life.Absence),
    ("people", "related-people", life.People),
    ("interpreter", "interpreter", life.Interpreter),
    ("flags", "flags", life.Flags),
    ("flag-clear", "flags/<int:row_id>/clear", life.ClearFlag),
    ("measures", "measures", life.Measures),
    ("authorizations", "authorizations", life.Authorizations),
    ("authorization", "authorizations/<int:row_id>", life.Authorization),
)


class Schema(SpectacularJSONAPIView):
    """The OpenAPI description."""

    permission = Permission.VIEW_DAY
    permission_classes = [Declared]


urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path(f"{V1}sites/", lookups.Sites.as_view(), name="api-sites"),
    path(f"{V1}protocols/", lookups.Protocols.as_view(), name="api-protocols"),
    path(f"{V1}resources/", lookups.Resources.as_view(), name="api-resources"),
    path(f"{V1}attention/", lookups.Attention.as_view(), name="api-attention"),
    path(f"{V1}messages/", lookups.Messages.as_view(), name="api-messages"),
    path(f"{V1}patients/", patients.Patients.as_view(), name="api-patients"),
    *(
        path(f"{V1}patients/<int:patient_id>/{address}/", view.as_view(), name=f"api-patient-{name}")
        for name, address, view in _LIFE
    ),
    path(f"{V1}groups/", house.Groups.as_view(), name="api-groups"),
    path(f"{V1}shifts/", house.Shifts.as_view(), name="api-shifts"),
    path(f"{V1}payers/", house.Payers.as_view(), name="api-payers"),
    path(f"{V1}courses/preview/", courses.Preview.as_view(), name="api-course-preview"),
    path(f"{V1}courses/preview/alternatives/", courses.Alternatives.as_view(), name="api-course-alternatives"),
    path(f"{V1}courses/", courses.Courses.as_view(), name="api-courses"),
    path(f"{V1}courses/<int:course_id>/", courses.Course.as_view(), name="api-course"),
    path(f"{V1}courses/<int:course_id>/confirm/", holds.Confirm.as_view(), name="api-course-confirm"),
    path(f"{V1}courses/<int:course_id>/release/", holds.Release.as_view(), name="api-course-release"),
    path(f"{V1}courses/<int:course_id>/protocol/", holds.Version.as_view(), name="api-course-protocol"),
    path(f"{V1}sessions/", sessions.Sessions.as_view(), name="api-sessions"),
    *(
        path(f"{V1}sessions/<int:session_id>/{step}/", view.as_view(verb=verb), name=f"api-session-{step}")
        for view, steps in ((sessions.Record, _STEPS), (sessions.RecordWithReason, _STEPS_WITH_REASON))
        for step, verb in steps.items()
    ),
    path("api/schema/", Schema.as_view(), name="schema"),
    path("api/docs/", docs.Docs.as_view(), name="api-docs"),
    re_path(r"^api/", docs.Nowhere.as_view()),
]
