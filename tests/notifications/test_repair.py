"""What follows from a message that did not arrive: another way, no more to a wrong number, and else a person."""

import datetime as dt
from typing import Any

import pytest

from attention import queries as attention
from clinic.actions import Request
from clinic.errors import Conflict, Rejected
from clinic.models import AuditEntry
from notifications.actions import repair, resending, sending
from notifications.models import Message
from patients import contact_actions
from patients.models import Consent, ContactPoint, Patient
from patients.reach import reach_of
from scheduling.models import Course, Session
from tests.factories import NOW, World
from tests.notifications.made import DAY, texted, with_mail
from tests.servers import Gateway

SOON = NOW + dt.timedelta(minutes=5)


@pytest.fixture
def lucia(world: World) -> Patient:
    return with_mail(world)


def mails() -> list[tuple[str, str, dt.datetime]]:
    return list(Message.objects.filter(channel="email").values_list("kind", "state", "due_at"))


def point(patient: Patient, kind: str = "phone") -> ContactPoint:
    return ContactPoint.objects.get(patient=patient, kind=kind)


def asked(world: World, key: str = "one") -> Request:
    return Request(user=world.receptionist, key=key)


@pytest.mark.parametrize("state", ["dead", "undelivered", "failed", "suppressed"])
def test_a_text_that_failed_is_said_by_email(world: World, lucia: Patient, state: str) -> None:
    failed = texted(world, lucia, state=state, error_code="30007")

    made = repair.repair_messages(now=SOON)

    copy = Message.objects.get(channel="email")
    assert (made, copy.state, copy.due_at, copy.send_by) == (1, "pending", SOON, failed.send_by)
    assert (copy.session, copy.course, copy.contact_point) == (failed.session, failed.course, point(lucia, "email"))


@pytest.mark.parametrize("state", ["pending", "sending", "accepted", "delivered", "unknown", "abandoned", "shown"])
def test_a_text_that_may_have_arrived_is_not(world: World, lucia: Patient, state: str) -> None:
    held = {"lease_until": SOON} if state == "sending" else {}
    texted(world, lucia, state=state, **held)

    assert (repair.repair_messages(now=SOON), mails()) == (0, [])


def test_it_is_said_once_however_often_it_is_looked_at(world: World, lucia: Patient) -> None:
    texted(world, lucia, state="failed")

    made = [repair.repair_messages(now=SOON) for _time in range(3)]
    Message.objects.update(repaired_at=None)

    assert (made, repair.repair_messages(now=SOON), len(mails())) == ([1, 0, 0], 0, 1)


def test_what_was_planned_by_both_ways_is_not_said_a_third_time(world: World, lucia: Patient) -> None:
    texted(world, lucia, state="failed")
    texted(world, lucia, channel="email", state="delivered")

    assert (repair.repair_messages(now=SOON), len(mails())) == (0, 1)


def test_nobody_is_mailed_who_did_not_agree_to_it(world: World) -> None:
    patient = with_mail(world, email_consent=False)
    texted(world, patient, state="failed")

    assert (repair.repair_messages(now=SOON), mails()) == (0, [])


def test_an_offer_needs_a_yes_to_offers(world: World, lucia: Patient) -> None:
    texted(world, lucia, state="failed", kind="opening")

    assert repair.repair_messages(now=SOON) == 0


@pytest.mark.parametrize(("minutes", "made"), [(11, 1), (9, 0)])
def test_an_email_that_could_not_be_read_in_time_is_not_sent(
    world: World, lucia: Patient, minutes: int, made: int
) -> None:
    texted(world, lucia, state="failed", send_by=SOON + dt.timedelta(minutes=minutes))

    assert repair.repair_messages(now=SOON) == made


def test_what_was_merged_into_it_is_said_as_well(world: World, lucia: Patient) -> None:
    failed = texted(world, lucia, state="failed")
    texted(world, lucia, kind="moved", state="skipped_merged", merged_into=failed)

    repair.repair_messages(now=SOON)

    assert sorted(kind for kind, _state, _due in mails()) == ["day_before", "moved"]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("21211", "invalid"),
        ("21614", "landline"),
        ("30006", "landline"),
        ("30005", "out_of_service"),
        ("30003", ""),
        ("30007", ""),
        ("21610", ""),
    ],
)
def test_a_number_that_can_get_no_texts_gets_no_more_and_the_consent_stays(
    world: World, lucia: Patient, code: str, problem: str
) -> None:
    texted(world, lucia, state="undelivered", error_code=code)

    repair.repair_messages(now=SOON)

    found = point(lucia)
    assert (found.problem, found.is_usable, found.problem_at) == (problem, not problem, SOON if problem else None)
    assert (lucia.pk, "sms") not in reach_of([lucia.pk]) or not problem
    assert Consent.objects.filter(patient=lucia, channel="sms", revoked_at=None).count() == 1
    assert AuditEntry.objects.filter(action=f"contact.{problem}", patient_id=lucia.pk).count() == bool(problem)
    assert point(world.maria).is_usable


@pytest.mark.parametrize(
    ("code", "problem"), [("5.1.1", "bounced"), ("5.1.0", "bounced"), ("5.2.1", "bounced"), ("5.2.2", ""), ("554", "")]
)
def test_an_address_that_does_not_exist_gets_no_more_mail(
    world: World, lucia: Patient, code: str, problem: str
) -> None:
    texted(world, lucia, channel="email", state="dead", error_code=code)

    repair.repair_messages(now=SOON)

    assert (point(lucia, "email").problem, point(lucia).is_usable) == (problem, True)


def test_a_person_who_says_the_number_is_right_is_believed(world: World, lucia: Patient) -> None:
    texted(world, lucia, state="undelivered", error_code="30005")
    repair.repair_messages(now=SOON)

    contact_actions.mark_right(request=asked(world), patient=lucia, contact_point_id=point(lucia).pk, now=SOON)
    repair.repair_messages(now=SOON)

    found = point(lucia)
    assert (found.problem, found.is_usable, found.problem_at) == ("", True, None)
    assert AuditEntry.objects.filter(action="contact.right", patient_id=lucia.pk).count() == 1


def test_a_number_of_somebody_else_gets_no_more(world: World, lucia: Patient) -> None:
    for _click in range(2):
        contact_actions.mark_wrong(request=asked(world), patient=lucia, contact_point_id=point(lucia).pk, now=SOON)

    assert (point(lucia).problem, (lucia.pk, "sms") in reach_of([lucia.pk])) == ("wrong_person", False)
    assert AuditEntry.objects.filter(action="contact.wrong_person").count() == 1


def test_nobody_marks_a_number_of_another_patient(world: World, lucia: Patient) -> None:
    with pytest.raises(Rejected):
        contact_actions.mark_wrong(request=asked(world), patient=lucia, contact_point_id=point(world.maria).pk, now=NOW)

    assert point(world.maria).is_usable


@pytest.mark.parametrize(("days", "arrived", "problem"), [(45, None, "unconfirmed"), (44, None, ""), (60, 30, "")])
def test_a_number_nothing_got_through_to_for_45_days_is_asked_about(
    world: World, lucia: Patient, days: int, arrived: int | None, problem: str
) -> None:
    common = {"state": "undelivered", "error_code": "30003"}
    texted(world, lucia, subject="long-ago", due_at=SOON - days * DAY, settled_at=SOON - days * DAY, **common)
    if arrived:
        texted(world, lucia, subject="between", due_at=SOON - arrived * DAY, handed_at=SOON - arrived * DAY)
    texted(world, lucia, **common)

    repair.repair_messages(now=SOON)

    assert point(lucia).problem == problem


def test_old_failures_are_history(world: World, lucia: Patient) -> None:
    texted(world, lucia, state="undelivered", error_code="30005", settled_at=SOON - 3 * DAY)

    repair.repair_messages(now=SOON)

    assert (point(lucia).problem, Message.objects.filter(repaired_at=None).exclude(channel="email").count()) == ("", 0)


def not_reached(world: World) -> list[tuple[str, str]]:
    found = attention.items(site_ids=[world.site.pk], now=SOON)
    return [(item.title, item.detail) for item in found if item.kind == "not_reached"]


def test_what_no_way_is_left_for_is_an_item_for_a_person(world: World) -> None:
    texted(world, world.maria, state="undelivered", error_code="30006", reason="This is a landline.")

    repair.repair_messages(now=SOON)

    assert ("A message did not arrive", "This is a landline.") in not_reached(world)


def test_what_was_said_by_email_is_none(world: World, lucia: Patient) -> None:
    texted(world, lucia, state="undelivered", error_code="30003")
    before = not_reached(world)

    repair.repair_messages(now=SOON)

    assert (len(before), not_reached(world)) == (1, [])


def test_what_failed_both_ways_is_one(world: World, lucia: Patient) -> None:
    texted(world, lucia, state="undelivered", error_code="30003")
    repair.repair_messages(now=SOON)
    Message.objects.filter(channel="email").update(state="dead", error_code="554")

    assert len(not_reached(world)) == 2


def test_a_wrong_number_is_an_item_until_somebody_asked(world: World, lucia: Patient) -> None:
    texted(world, lucia)
    contact_actions.mark_wrong(request=asked(world), patient=lucia, contact_point_id=point(lucia).pk, now=SOON)
    before = not_reached(world)

    contact_actions.mark_right(request=asked(world), patient=lucia, contact_point_id=point(lucia).pk, now=SOON)

    assert before == [("The phone number is not right", "It belongs to somebody else. Ask for the right one.")]
    assert not_reached(world) == []


def test_a_message_is_said_again_by_one_click_and_once_by_two(world: World, lucia: Patient) -> None:
    message = texted(world, lucia, state="undelivered")

    first = resending.resend(request=asked(world), message=message, now=SOON)
    double = resending.resend(request=asked(world), message=message, now=SOON)
    later = resending.resend(request=asked(world, "two"), message=message, now=SOON)

    assert (first[1], double, later[1]) == (False, (first[0], True), False)
    assert Message.objects.filter(state="pending", channel="sms", session=message.session).count() == 2
    assert AuditEntry.objects.filter(action="message.again_sms", patient_id=lucia.pk).count() == 2


def test_a_message_is_said_by_the_other_way(world: World, lucia: Patient) -> None:
    message = texted(world, lucia)

    new, _again = resending.send_by_other_channel(request=asked(world), message=message, now=SOON)

    assert Message.objects.get(pk=new).contact_point == point(lucia, "email")


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"state": "pending"}, Conflict),
        ({"state": "unknown"}, Conflict),
        ({"send_by": SOON}, Rejected),
    ],
)
def test_what_may_still_arrive_or_is_too_late_is_not_said_again(
    world: World, lucia: Patient, facts: dict[str, Any], refusal: type[Exception]
) -> None:
    message = texted(world, lucia, **facts)

    with pytest.raises(refusal):
        resending.resend(request=asked(world), message=message, now=SOON)

    assert Message.objects.count() == 1


def test_nothing_is_said_by_a_way_nobody_agreed_to(world: World) -> None:
    message = texted(world, world.maria)

    with pytest.raises(Rejected, match="Call the patient"):
        resending.send_by_other_channel(request=asked(world), message=message, now=SOON)


@pytest.mark.parametrize("kind", ["day_before", "ahead"])
def test_what_a_person_asks_for_is_said_though_the_same_may_have_arrived_that_day(
    world: World, lucia: Patient, gateway: Gateway, kind: str
) -> None:
    message = texted(world, lucia, state="abandoned", kind=kind, send_by=NOW + 30 * DAY)
    new, _again = resending.resend(request=asked(world), message=message, now=SOON)

    sending.drain_messages(now=SOON)

    assert Message.objects.get(pk=new).state == "accepted"
    assert gateway.of_message(new) == len(gateway.texts) == 1


def test_what_a_person_asks_for_keeps_to_the_cap(world: World, lucia: Patient, gateway: Gateway) -> None:
    message = texted(world, lucia, state="abandoned", send_by=NOW + 30 * DAY)
    texted(world, lucia, kind="ahead", subject="another")
    new, _again = resending.resend(request=asked(world), message=message, now=SOON)

    sending.drain_messages(now=SOON)

    assert (gateway.texts, Message.objects.get(pk=new).reason) == ([], "Two texts went to this number that day.")


def test_a_thing_said_again_that_fails_is_repaired_as_any_other(world: World, lucia: Patient) -> None:
    message = texted(world, lucia, state="undelivered")
    new, _again = resending.resend(request=asked(world), message=message, now=SOON)
    Message.objects.filter(pk=new).update(state="failed", settled_at=SOON)
    repair.repair_messages(now=SOON)

    assert Message.objects.filter(channel="email").count() == 2
    assert (Course.objects.count(), Session.objects.count()) == (1, 1)
