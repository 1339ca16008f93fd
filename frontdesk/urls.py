"""The staff's pages."""

from django.urls import path, register_converter

from frontdesk.views import board, courses, gates, inbox, me, messages, patients, planner, repairs, texts


class Verb:
    """One step of a visit, as it stands in the address."""

    regex = "arrive|start|monitor|complete|no-show|not-treated|cancel|undo"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Verb, "verb")

urlpatterns = [
    path("", board.day, name="board"),
    path("sessions/<int:session_id>/", board.visit, name="visit"),
    path("sessions/<int:session_id>/move/", repairs.move, name="visit-move"),
    path("sessions/<int:session_id>/make-up/", repairs.make_up, name="visit-make-up"),
    path("sessions/<int:session_id>/<verb:verb>/", board.record, name="record"),
    path("sessions/<int:session_id>/gates/<str:kind>/", gates.record, name="gate-record"),
    path("sessions/<int:session_id>/gates/<str:kind>/pass/", gates.let_pass, name="gate-pass"),
    path("sessions/<int:session_id>/gates/<str:kind>/withdraw/", gates.withdraw, name="gate-withdraw"),
    path("tomorrow/", gates.tomorrow, name="tomorrow"),
    path("courses/new/", planner.new_course, name="course-new"),
    path("courses/preview/", planner.preview, name="course-preview"),
    path("courses/preview/alternatives/", planner.alternatives, name="course-alternatives"),
    path("courses/preview/take/", planner.take, name="course-take"),
    path("courses/<int:course_id>/", courses.course, name="course"),
    path("courses/<int:course_id>/hold/", courses.hold, name="course-hold"),
    path("courses/<int:course_id>/resume/", courses.resume, name="course-resume"),
    path("courses/<int:course_id>/end/", courses.end, name="course-end"),
    path("courses/<int:course_id>/undo/", courses.undo, name="course-undo"),
    path("courses/<int:course_id>/confirm/", courses.confirm, name="course-confirm"),
    path("courses/<int:course_id>/release/", courses.release, name="course-release"),
    path("patients/", patients.index, name="patients"),
    path("patients/find/", patients.find, name="patient-find"),
    path("patients/add/", patients.add, name="patient-add"),
    path("patients/nobody/", patients.choose_none, name="patient-none"),
    path("patients/<int:patient_id>/", patients.patient, name="patient"),
    path("patients/<int:patient_id>/choose/", patients.choose, name="patient-choose"),
    path("messages/", messages.outbox, name="messages"),
    path("messages/export/", messages.export, name="messages-export"),
    path("messages/<uuid:message_id>/", messages.message, name="message"),
    path("messages/<uuid:message_id>/another/", messages.another, name="message-another"),
    path("messages/<uuid:message_id>/number-<str:verdict>/", messages.judge, name="message-judge"),
    path("messages/<uuid:message_id>/<str:step>/", messages.again, name="message-again"),
    path("messages/inbound/<int:inbound_id>/done/", inbox.done, name="inbound-done"),
    path("settings/texts/", texts.index, name="texts"),
    path("settings/texts/<str:form>/<str:language>/page/", texts.mail, name="text-mail"),
    path("settings/texts/<str:form>/<str:channel>/<str:language>/", texts.edit, name="text"),
    path("me/theme/", me.theme, name="theme"),
]
