"""Addresses for machines."""

from typing import Any

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from api.permissions import Declared
from api.views import (
    attention,
    authorizations,
    changes,
    course_changes,
    courses,
    docs,
    health,
    holds,
    hooks,
    house,
    life,
    lookups,
    patients,
    sessions,
)
from attention import actions as answers
from clinic.domain.permissions import Permission
from scheduling.actions import attendance, undoing

V1 = "api/v1/"

_STEPS = {
    "arrive": attendance.arrive,
    "monitor": attendance.monitor,
    "no-show": attendance.mark_no_show,
    "undo": undoing.undo,
}
_OF_SESSION: tuple[tuple[str, str, Any], ...] = (
    ("start", "start", sessions.Start),
    ("complete", "complete", sessions.Complete),
    ("not-treated", "not-treated", sessions.NotTreated),
    ("stop-early", "stop-early", sessions.StopEarly),
    ("count", "count", sessions.Count),
    ("error", "error", sessions.InError),
    ("cancel", "cancel", sessions.Cancel),
    ("history", "history", course_changes.SessionHistory),
    ("move", "move", changes.Move),
    ("move-preview", "move/preview", changes.MovePreview),
    ("make-up", "make-up", changes.MakeUp),
    ("make-up-preview", "make-up/preview", changes.MakeUpPreview),
)
_OF_COURSE: tuple[tuple[str, str, Any], ...] = (
    ("hold", "hold", course_changes.Hold),
    ("resume", "resume", course_changes.Resume),
    ("resume-preview", "resume/preview", course_changes.ResumePreview),
    ("discontinue", "discontinue", course_changes.Discontinue),
    ("undo", "undo", course_changes.Undo),
    ("history", "history", course_changes.CourseHistory),
)

_OF_ITEM: dict[str, tuple[type[attention.Answer], Any]] = {
    "hold": (attention.Hold, answers.hold_item),
    "done": (attention.Answer, answers.finish_item),
    "take": (attention.Answer, answers.take_item),
    "give-up": (attention.Answer, answers.give_up_item),
    "reopen": (attention.Answer, answers.reopen_item),
}


_LIFE: tuple[tuple[str, str, type[life.OfPatient]], ...] = (
    ("life", "life", life.Life),
    ("absences", "absences", life.Absences),
    ("absence", "absences/<int:row_id>", life.Absence),
    ("people", "related-people", life.People),
    ("interpreter", "interpreter", life.Interpreter),
    ("flags", "flags", life.Flags),
    ("flag-clear", "flags/<int:row_id>/clear", life.ClearFlag),
    ("measures", "measures", life.Measures),
    ("authorizations", "authorizations", authorizations.Authorizations),
    ("authorization", "authorizations/<int:row_id>", authorizations.Authorization),
)


class Schema(SpectacularJSONAPIView):
    """The OpenAPI description."""

    permission = Permission.VIEW_DAY
    permission_classes = [Declared]


urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("hooks/twilio/status/<uuid:message_id>/", hooks.twilio_status, name="hook-twilio-status"),
    path(f"{V1}sites/", lookups.Sites.as_view(), name="api-sites"),
    path(f"{V1}protocols/", lookups.Protocols.as_view(), name="api-protocols"),
    path(f"{V1}resources/", lookups.Resources.as_view(), name="api-resources"),
    path(f"{V1}attention/", attention.Attention.as_view(), name="api-attention"),
    path(f"{V1}attention/counts/", attention.Counts.as_view(), name="api-attention-counts"),
    *(
        path(f"{V1}attention/<str:key>/{step}/", view.as_view(verb=verb), name=f"api-attention-{step}")
        for step, (view, verb) in _OF_ITEM.items()
    ),
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
    path(f"{V1}sessions/<int:session_id>/", sessions.Session.as_view(), name="api-session"),
    *(
        path(f"{V1}sessions/<int:session_id>/{step}/", sessions.Record.as_view(verb=verb), name=f"api-session-{step}")
        for step, verb in _STEPS.items()
    ),
    *(
        path(f"{V1}sessions/<int:session_id>/{address}/", view.as_view(), name=f"api-session-{name}")
        for name, address, view in _OF_SESSION
    ),
    *(
        path(f"{V1}courses/<int:course_id>/{address}/", view.as_view(), name=f"api-course-{name}")
        for name, address, view in _OF_COURSE
    ),
    path(f"{V1}recording-gaps/<int:gap_id>/settle/", course_changes.SettleGap.as_view(), name="api-gap-settle"),
    path(f"{V1}patients/<int:patient_id>/burn-down/", course_changes.BurnDown.as_view(), name="api-patient-burn-down"),
    path("api/schema/", Schema.as_view(), name="schema"),
    path("api/docs/", docs.Docs.as_view(), name="api-docs"),
    re_path(r"^api/", docs.Nowhere.as_view()),
]
