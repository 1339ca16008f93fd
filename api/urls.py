"""Addresses for machines."""

from typing import Any

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from api.permissions import Declared
from api.views import (
    attention,
    authorizations,
    blocks,
    changes,
    consents,
    course_changes,
    courses,
    docs,
    gates,
    health,
    holds,
    hooks,
    house,
    inbound,
    life,
    load,
    lookups,
    messages,
    metrics,
    opening,
    patients,
    policies,
    refill,
    sessions,
    texts,
    unsubscribe,
    waitlist,
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
    ("resize-preview", "resize/preview", course_changes.ResizePreview),
    ("resize", "resize", course_changes.Resize),
    ("resume-preview", "resume/preview", course_changes.ResumePreview),
    ("discontinue", "discontinue", course_changes.Discontinue),
    ("undo", "undo", course_changes.Undo),
    ("history", "history", course_changes.CourseHistory),
)

_OF_BLOCK: tuple[tuple[str, str, Any], ...] = (
    ("read", "", blocks.Outage),
    ("left", "preview/", blocks.Left),
    ("undo", "undo/", blocks.Undo),
    ("reopen", "reopen/", blocks.Reopen),
    ("return", "return/", blocks.Return),
)
_OF_SITE: tuple[tuple[str, str, Any], ...] = (
    ("extra-hours", "extra-hours", opening.ExtraHours),
    ("extra-hours-close", "extra-hours/<int:extra_id>", opening.Extra),
    ("public-holidays", "public-holidays", opening.PublicHolidays),
    ("message-policy", "message-policy", policies.Policy),
    ("texts", "texts", texts.Texts),
    ("text", "texts/<str:form>/<str:channel>/<str:language>", texts.Text),
    ("text-preview", "texts/<str:form>/<str:channel>/<str:language>/preview", texts.TextPreview),
)
_OF_PROPOSAL: tuple[tuple[str, str, Any], ...] = (
    ("", "", load.LevelProposal),
    ("-accept", "accept/", load.Accept),
    ("-dismiss", "dismiss/", load.Dismiss),
)
_OF_FREED: tuple[tuple[str, str, type[refill.OfFreed]], ...] = (
    ("candidates", "candidates", refill.Candidates),
    ("offers", "offers", refill.Offers),
    ("book", "book", refill.Book),
)
_OF_ITEM: dict[str, tuple[type[attention.Answer], Any]] = {
    "hold": (attention.Hold, answers.hold_item),
    "done": (attention.Answer, answers.finish_item),
    "take": (attention.Answer, answers.take_item),
    "give-up": (attention.Answer, answers.give_up_item),
    "reopen": (attention.Answer, answers.reopen_item),
}


_GATES: tuple[tuple[str, gates.About], ...] = (
    ("session", gates.SESSION),
    ("course", gates.COURSE),
    ("patient", gates.PATIENT),
)
_OF_GATE: tuple[tuple[str, str, type[gates.OfSomebody]], ...] = (
    ("gates", "", gates.Gates),
    ("gate", "<str:kind>/", gates.Record),
    ("gate-pass", "<str:kind>/pass/", gates.Pass),
    ("gate-withdraw", "<str:kind>/withdraw/", gates.Withdraw),
)
_LIFE: tuple[tuple[str, str, type[life.OfPatient]], ...] = (
    ("life", "life", life.Life),
    ("absences", "absences", life.Absences),
    ("absence", "absences/<int:row_id>", life.Absence),
    ("people", "related-people", life.People),
    ("interpreter", "interpreter", life.Interpreter),
    ("reminders", "reminders", policies.Reminders),
    ("consents", "consents", consents.Give),
    ("consents-end", "consents/end", consents.End),
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
    path("metrics", metrics.metrics, name="metrics"),
    path("u/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("hooks/twilio/status/<uuid:message_id>/", hooks.twilio_status, name="hook-twilio-status"),
    path("hooks/twilio/inbound/", hooks.twilio_inbound, name="hook-twilio-inbound"),
    path(f"{V1}sites/", lookups.Sites.as_view(), name="api-sites"),
    path(f"{V1}protocols/", lookups.Protocols.as_view(), name="api-protocols"),
    path(f"{V1}resources/", lookups.Resources.as_view(), name="api-resources"),
    path(f"{V1}attention/", attention.Attention.as_view(), name="api-attention"),
    path(f"{V1}attention/counts/", attention.Counts.as_view(), name="api-attention-counts"),
    *(
        path(f"{V1}attention/<str:key>/{step}/", view.as_view(verb=verb), name=f"api-attention-{step}")
        for step, (view, verb) in _OF_ITEM.items()
    ),
    path(f"{V1}messages/", messages.Messages.as_view(), name="api-messages"),
    path(f"{V1}messages/<uuid:message_id>/", messages.Message.as_view(), name="api-message"),
    *(
        path(f"{V1}messages/<uuid:message_id>/{step}/", messages.Again.as_view(verb=verb), name=f"api-message-{step}")
        for step, verb in messages.STEPS.items()
    ),
    path(f"{V1}patients/<int:patient_id>/contacts/", messages.Contacts.as_view(), name="api-patient-contacts"),
    *(
        path(
            f"{V1}patients/<int:patient_id>/contacts/<int:row_id>/{verdict}/",
            messages.Judge.as_view(verb=verb),
            name=f"api-patient-contact-{verdict}",
        )
        for verdict, verb in messages.VERDICTS.items()
    ),
    path(f"{V1}inbound/", inbound.Inbound.as_view(), name="api-inbound"),
    path(f"{V1}inbound/<int:inbound_id>/", inbound.OneInbound.as_view(), name="api-inbound-one"),
    path(f"{V1}inbound/<int:inbound_id>/done/", inbound.Done.as_view(), name="api-inbound-done"),
    path(f"{V1}patients/", patients.Patients.as_view(), name="api-patients"),
    path(f"{V1}patients/find/", patients.Find.as_view(), name="api-patients-find"),
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
    path(f"{V1}outages/", blocks.Outages.as_view(), name="api-outages"),
    path(f"{V1}outages/preview/", blocks.Preview.as_view(), name="api-outage-preview"),
    *(
        path(f"{V1}outages/<int:block_id>/{address}", view.as_view(), name=f"api-outage-{name}")
        for name, address, view in _OF_BLOCK
    ),
    *(
        path(f"{V1}sites/<int:site_id>/{address}/", view.as_view(), name=f"api-site-{name}")
        for name, address, view in _OF_SITE
    ),
    path(f"{V1}load/", load.Load.as_view(), name="api-load"),
    path(f"{V1}load/starts/", load.Starts.as_view(), name="api-load-starts"),
    path(f"{V1}load/what-if/", load.Imagine.as_view(), name="api-load-what-if"),
    path(f"{V1}level-proposals/", load.LevelProposals.as_view(), name="api-level-proposals"),
    *(
        path(f"{V1}level-proposals/<int:proposal_id>/{address}", view.as_view(), name=f"api-level-proposal{name}")
        for name, address, view in _OF_PROPOSAL
    ),
    *(
        path(
            f"{V1}{whose}s/<int:row_id>/gates/{address}",
            view.as_view(about=about),
            name=f"api-{whose}-{name}",
        )
        for whose, about in _GATES
        for name, address, view in _OF_GATE
    ),
    path(f"{V1}waitlist/", waitlist.Waitlist.as_view(), name="api-waitlist"),
    path(f"{V1}waitlist/<int:entry_id>/", waitlist.Entry.as_view(), name="api-waitlist-entry"),
    path(f"{V1}waitlist/<int:entry_id>/close/", waitlist.Close.as_view(), name="api-waitlist-close"),
    path(f"{V1}freed-times/", refill.FreedTimes.as_view(), name="api-freed-times"),
    *(
        path(f"{V1}freed-times/<int:session_id>/{address}/", view.as_view(), name=f"api-freed-{name}")
        for name, address, view in _OF_FREED
    ),
    path(f"{V1}offers/<int:offer_id>/accept/", refill.Accept.as_view(), name="api-offer-accept"),
    path(f"{V1}offers/<int:offer_id>/decline/", refill.Decline.as_view(), name="api-offer-decline"),
    path(f"{V1}recording-gaps/<int:gap_id>/settle/", course_changes.SettleGap.as_view(), name="api-gap-settle"),
    path(f"{V1}patients/<int:patient_id>/burn-down/", course_changes.BurnDown.as_view(), name="api-patient-burn-down"),
    path("api/schema/", Schema.as_view(), name="schema"),
    path("api/docs/", docs.Docs.as_view(), name="api-docs"),
    re_path(r"^api/", docs.Nowhere.as_view()),
]
