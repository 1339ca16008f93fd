"""Messages that did not get through (Q10), and patients nobody asked about texts (Q11)."""

import pytest

from notifications.actions.planning import plan_messages
from notifications.domain.states import MessageState
from notifications.models import Message
from patients import contact_actions
from patients.models import Consent, ContactPoint, LinkCheck, Patient
from scheduling.actions import course_states, waitlist
from scheduling.actions.waitlist import AskedFor
from scheduling.domain.states import EndReason
from scheduling.models import Course, WaitlistEntry
from tests.attention.desk import DAY, HOUR, Desk, deliver, nth
from tests.factories import NOW


@pytest.mark.parametrize(
    ("state", "titles"),
    [
        (MessageState.UNREACHABLE, ["Could not be reached"]),
        (MessageState.DEAD, ["A message could not be sent"]),
        (MessageState.UNKNOWN, ["A message may not have arrived"]),
        (MessageState.ACCEPTED, []),
        (MessageState.PENDING, []),
    ],
)
def test_only_what_nobody_but_a_person_can_help_is_asked_about(
    desk: Desk, state: MessageState, titles: list[str]
) -> None:
    booked = desk.book()
    plan_messages(now=NOW + HOUR)
    Message.objects.update(state=state, reason="Number not in service", settled_at=NOW + HOUR)

    items = desk.items(NOW + HOUR, kind="not_reached")

    assert [item["title"] for item in items] == titles
    assert [item["action"]["path"] for item in items] == [f"/api/v1/messages/?patient={booked.patient_id}"] * len(
        titles
    )


def test_a_lost_answer_that_is_found_again_closes_its_item(desk: Desk) -> None:
    desk.book()
    plan_messages(now=NOW + HOUR)
    Message.objects.update(state=MessageState.UNKNOWN)
    assert len(desk.keys(NOW + HOUR, "not_reached")) == 1

    Message.objects.update(state=MessageState.ACCEPTED)

    assert desk.keys(NOW + HOUR, "not_reached") == []


def test_bah_1_one_patient_without_a_phone_is_listed_and_the_others_are_not(desk: Desk) -> None:
    desk.book()
    lost = desk.book(desk.new_patient(phone=None, sms_consent=False), preferred_minute=660)
    plan_messages(now=NOW + HOUR)

    items = desk.items(NOW + HOUR, kind="not_reached")

    assert [(item["patient"], item["course"]) for item in items] == [(lost.patient_id, lost.pk)]


def test_nobody_is_asked_to_reach_a_family_in_mourning(desk: Desk) -> None:
    booked = desk.book(desk.new_patient(phone=None, sms_consent=False))
    plan_messages(now=NOW + HOUR)
    assert desk.kinds(NOW + HOUR) == ["not_reached"]

    course_states.discontinue_course(
        request=desk.request,
        course_id=booked.pk,
        version=Course.objects.get(pk=booked.pk).version,
        reason=EndReason.DIED,
        now=NOW + HOUR,
    )

    assert desk.kinds(NOW + HOUR) == []


def test_a_phone_and_no_word_on_texts_is_asked_about_at_the_next_visit(desk: Desk) -> None:
    booked = desk.book(desk.new_patient(sms_consent=False))

    [item] = desk.items(NOW, kind="no_text_consent")

    assert (item["title"], item["detail"]) == ("Texts: nobody asked", "Ask at the visit on Tue Nov 24, 8:30am.")
    assert (item["deadline"], item["severity"]) == ("2026-11-24T08:30:00-05:00", "low")
    assert item["action"]["path"] == f"/api/v1/patients/{booked.patient_id}/life/"


def test_a_patient_with_two_courses_is_asked_once(desk: Desk) -> None:
    patient = desk.new_patient(sms_consent=False)
    booked = desk.book(patient)
    desk.visit(patient, preferred_minute=660)

    assert desk.keys(NOW, "no_text_consent") == [f"consent:{patient.pk}:{booked.pk}"]


def test_who_said_yes_or_stop_or_has_no_phone_is_not_asked(desk: Desk) -> None:
    agreed, stopped = desk.new_patient(), desk.new_patient()
    no_phone = desk.new_patient(phone=None, sms_consent=False, email="ana@example.com", email_consent=True)
    Consent.objects.filter(patient=stopped).update(revoked_at=NOW)
    for place, patient in enumerate((agreed, stopped, no_phone)):
        desk.visit(patient, preferred_minute=510 + 90 * place)

    assert desk.keys(NOW, "no_text_consent") == []


def test_a_yes_to_e_mails_is_no_word_on_texts(desk: Desk) -> None:
    desk.visit(desk.new_patient(sms_consent=False, email="ana@example.com", email_consent=True))

    assert len(desk.keys(NOW, "no_text_consent")) == 1


def test_a_number_that_can_not_be_used_is_no_phone(desk: Desk) -> None:
    patient: Patient = desk.new_patient(sms_consent=False)
    patient.contact_points.update(is_usable=False)
    desk.visit(patient)

    assert desk.keys(NOW, "no_text_consent") == []


def test_after_the_last_visit_there_is_nothing_to_ask_at(desk: Desk) -> None:
    visit = desk.visit(desk.new_patient(sms_consent=False))
    deliver([visit])

    assert desk.keys(visit.ends_at + DAY, "no_text_consent") == []
    assert nth(visit.course, 1) == [visit]


def test_who_only_waits_is_asked_about_as_well_until_they_wait_no_more(desk: Desk) -> None:
    waiting, alone = desk.new_patient(), desk.new_patient()
    entry, _again = waitlist.join_waiting(
        request=desk.request,
        site=desk.site,
        patient_id=waiting.pk,
        protocol_code="consult",
        asked=AskedFor(),
        now=NOW,
    )
    for patient in (waiting, alone):
        point = ContactPoint.objects.get(patient=patient)
        contact_actions.mark_wrong(request=desk.request, patient=patient, contact_point_id=point.pk, now=NOW)
        LinkCheck.objects.create(patient=patient, wrong=5, closed_at=NOW)

    asked = desk.items(NOW + HOUR, kind="not_reached")
    version = WaitlistEntry.objects.get(pk=entry).version
    waitlist.close_entry(request=desk.request, entry_id=entry, version=version, reason="Gone", now=NOW + HOUR)

    assert [(item["title"], item["patient"], item["course"]) for item in asked] == [
        ("The phone number is not right", waiting.pk, None),
        ("Their link was closed: five wrong birth dates", waiting.pk, None),
    ]
    assert desk.keys(NOW + HOUR, "not_reached") == []
