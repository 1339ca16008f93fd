import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connections

from notifications.actions import events, planning, reconciling, sending
from notifications.domain.states import MOVES, MessageState
from notifications.models import Message, MessageAttempt, Suppression
from notifications.rendering import said
from patients import links
from patients.models import Consent
from tests.factories import NOW, World, cancel, make_patient
from tests.servers import Gateway, Mailbox

SOON = NOW + dt.timedelta(minutes=4)


def plan_booked(world: World, **wish: Any) -> Message:
    world.book(**wish)
    planning.plan_messages(now=SOON)
    return Message.objects.get(kind="booked", channel="sms", patient=world.maria)


def states() -> list[str]:
    return sorted(Message.objects.values_list("state", flat=True))


def test_a_text_leaves_over_twilios_protocol_with_everything_it_needs(world: World, gateway: Gateway) -> None:
    message = plan_booked(world)

    sending.drain_messages(now=SOON)

    text = gateway.texts[0]
    assert (text["path"], text["To"], text["From"]) == (
        "/2010-04-01/Accounts/AC1/Messages.json",
        "+15550102040",
        "+15550109999",
    )
    link = links.address_of(links.link_of(patient_id=world.maria.pk, now=SOON))
    assert text["Body"] == (
        f"Riverside Clinic: Your visits are booked, Nov 24 - Jan 25. See your times: {link} STOP to opt out."
    )
    assert text["authorization"].startswith("Basic ")
    assert int(text["ValidityPeriod"]) == 36_000
    message.refresh_from_db()
    assert (message.state, message.provider_sid, message.attempt) == ("accepted", f"SM{1:032}", 1)


def test_oemr_1_ten_sweeps_send_one_text(world: World, gateway: Gateway) -> None:
    plan_booked(world)

    for minute in range(10):
        now = SOON + dt.timedelta(minutes=minute)
        planning.plan_messages(now=now)
        sending.drain_messages(now=now)

    assert [text["To"] for text in gateway.texts] == ["+15550102040"]


def test_every_attempt_leaves_a_row_when_it_begins_and_one_when_it_ends(world: World, gateway: Gateway) -> None:
    message = plan_booked(world)

    sending.drain_messages(now=SOON)

    rows = MessageAttempt.objects.filter(message=message).order_by("pk")
    assert list(rows.values_list("number", "step", "outcome")) == [(1, "started", ""), (1, "ended", "accepted")]


def test_an_e_mail_leaves_over_smtp_plain_and_neutral(world: World, mailbox: Mailbox) -> None:
    patient = make_patient(
        world.site,
        world.receptionist,
        "Lucía",
        "Núñez",
        phone=None,
        sms_consent=False,
        email="lucia@example.com",
        email_consent=True,
    )
    world.book(patient)
    planning.plan_messages(now=SOON)

    for _sweep in range(3):
        sending.drain_messages(now=SOON)

    (mail,) = mailbox.mails
    message = Message.objects.get(channel="email")
    assert (mail["To"], mail["Subject"]) == ("lucia@example.com", "Your visits, Nov 24 to Jan 25")
    assert mail["Message-ID"] == f"<{message.pk}@riverside.example>"
    plain = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    body = plain.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().splitlines()[0] == "Your visits are booked."
    assert message.state == "accepted"


def test_a_patient_without_consent_has_a_phone_and_is_never_texted(world: World, gateway: Gateway) -> None:
    silent = make_patient(world.site, world.receptionist, "Olga", "Petrov", phone="+15550107777", sms_consent=False)
    world.book(silent)
    planning.plan_messages(now=SOON)

    sending.drain_messages(now=SOON)

    assert gateway.texts == []
    assert list(Message.objects.values_list("state", "reason")) == [
        ("unreachable", "No consent with a usable phone or e-mail. Call the patient.")
    ]


def test_consent_taken_back_after_planning_stops_the_text(world: World, gateway: Gateway) -> None:
    plan_booked(world)
    Consent.objects.filter(patient=world.maria).update(revoked_at=NOW)

    sending.drain_messages(now=SOON)

    assert (gateway.texts, states()) == ([], ["unreachable"])


def test_a_poisoned_message_does_not_stop_the_others(world: World, gateway: Gateway) -> None:
    poisoned = plan_booked(world)
    world.book(world.daniel)
    planning.plan_messages(now=SOON)
    Message.objects.filter(pk=poisoned.pk).update(kind="no_such_kind", due_at=NOW)

    sending.drain_messages(now=SOON)

    assert [text["To"] for text in gateway.texts] == ["+15550102041"]
    poisoned.refresh_from_db()
    assert (poisoned.state, poisoned.attempt) == ("pending", 1)


def test_a_poisoned_message_ends_after_five_attempts(world: World, gateway: Gateway) -> None:
    poisoned = plan_booked(world)
    Message.objects.filter(pk=poisoned.pk).update(kind="no_such_kind")

    for hour in range(8):
        sending.drain_messages(now=SOON + dt.timedelta(hours=hour))

    poisoned.refresh_from_db()
    assert (poisoned.state, poisoned.attempt) == ("dead", 5)


@pytest.mark.parametrize("mood", ["hang_up", "broken"])
def test_a_lost_answer_is_unknown_and_never_sent_again(world: World, gateway: Gateway, mood: str) -> None:
    plan_booked(world)
    gateway.moods = [mood, "ok"]

    for hour in range(5):
        sending.drain_messages(now=SOON + dt.timedelta(hours=hour))

    assert (len(gateway.texts), states()) == (1, ["unknown"])


def test_a_gateway_that_is_not_there_costs_time_and_nothing_else(world: World, gateway: Gateway, settings: Any) -> None:
    plan_booked(world)
    settings.SMS_API_BASE = "http://127.0.0.1:9"
    sending.drain_messages(now=SOON)
    assert states() == ["pending"]

    settings.SMS_API_BASE = gateway.address
    sending.drain_messages(now=SOON + dt.timedelta(minutes=10))

    assert (len(gateway.texts), states()) == (1, ["accepted"])


def test_a_busy_gateway_is_asked_again_later(world: World, gateway: Gateway) -> None:
    plan_booked(world)
    gateway.moods = ["busy", "ok"]

    sending.drain_messages(now=SOON)
    sending.drain_messages(now=SOON + dt.timedelta(minutes=10))

    assert (len(gateway.texts), states()) == (1, ["accepted"])


def test_a_number_that_is_none_is_given_up(world: World, gateway: Gateway) -> None:
    plan_booked(world)
    gateway.moods = ["refuse:21211"]

    sending.drain_messages(now=SOON)

    assert states() == ["dead"]


def test_a_number_whose_owner_said_stop_is_never_tried_again(world: World, gateway: Gateway) -> None:
    plan_booked(world)
    gateway.moods = ["refuse:21610", "ok"]
    sending.drain_messages(now=SOON)

    world.visit(start_on=dt.date(2026, 11, 20))
    planning.plan_messages(now=SOON)
    sending.drain_messages(now=SOON)

    assert (gateway.texts, states()) == ([], ["suppressed", "suppressed"])
    assert "5550102040" not in str(Suppression.objects.values_list().get())


def test_with_sending_off_a_message_is_shown_and_given_to_nobody(world: World, gateway: Gateway, settings: Any) -> None:
    settings.SEND_MESSAGES = False
    message = plan_booked(world)

    sending.drain_messages(now=SOON)

    message.refresh_from_db()
    assert (gateway.texts, message.state, said(message)[:16]) == ([], "shown", "Riverside Clinic")


def test_send_only_to_keeps_everybody_else_out(world: World, gateway: Gateway, settings: Any) -> None:
    settings.SEND_ONLY_TO = ["+15550102041"]
    plan_booked(world)
    world.book(world.daniel)
    planning.plan_messages(now=SOON)

    sending.drain_messages(now=SOON)

    assert [text["To"] for text in gateway.texts] == ["+15550102041"]


def test_nothing_leaves_at_night_and_everything_in_the_morning(world: World, gateway: Gateway) -> None:
    evening = dt.datetime(2026, 11, 17, 2, 0, tzinfo=dt.UTC)  # 9pm in New York
    world.book(now=evening)
    planning.plan_messages(now=evening + dt.timedelta(minutes=4))
    sending.drain_messages(now=evening + dt.timedelta(minutes=4))
    assert gateway.texts == []

    sending.drain_messages(now=dt.datetime(2026, 11, 17, 13, 59, tzinfo=dt.UTC))
    assert gateway.texts == []
    sending.drain_messages(now=dt.datetime(2026, 11, 17, 14, 0, tzinfo=dt.UTC))

    assert len(gateway.texts) == 1


def test_a_number_gets_two_texts_a_day_across_all_records_of_it(world: World, gateway: Gateway) -> None:
    twins = [
        make_patient(world.site, world.receptionist, f"Twin{n}", "Lee", birth_date=dt.date(2000, 1, n + 1))
        for n in range(3)
    ]
    for twin in twins:
        world.book(twin)
    planning.plan_messages(now=SOON)

    sending.drain_messages(now=SOON)

    assert ([text["To"] for text in gateway.texts], states()) == (
        ["+15550102040"] * 2,
        ["accepted", "accepted", "pending"],
    )


def test_a_reminder_too_late_to_help_is_skipped_with_the_reason(world: World, gateway: Gateway) -> None:
    world.visit(start_on=dt.date(2026, 11, 18))
    planning.plan_messages(now=dt.datetime(2026, 11, 17, 15, 0, tzinfo=dt.UTC))
    reminder = Message.objects.get(kind="day_before")

    sending.drain_messages(now=dt.datetime(2026, 11, 18, 14, 0, tzinfo=dt.UTC))

    reminder.refresh_from_db()
    assert (reminder.state, reminder.reason) == ("skipped_stale", "Too late to be of use.")


def test_dj_8_a_cancelled_visit_is_not_reminded(world: World, gateway: Gateway) -> None:
    session = world.visit(start_on=dt.date(2026, 11, 18))
    at = dt.datetime(2026, 11, 17, 15, 0, tzinfo=dt.UTC)
    planning.plan_messages(now=at)
    Message.objects.filter(kind="booked").delete()
    cancel(session_id=session.pk, version=1, reason="Ill", now=at, by=world.receptionist)

    sending.drain_messages(now=at)

    assert (gateway.texts, states()) == ([], ["skipped_changed"])


def test_a_worker_that_died_while_sending_leaves_an_unknown_and_one_that_died_before_leaves_it_to_the_next(
    world: World, gateway: Gateway
) -> None:
    sent = plan_booked(world)
    world.book(world.daniel)
    planning.plan_messages(now=SOON)
    claimed = Message.objects.get(patient=world.daniel)
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    Message.objects.filter(pk=sent.pk).update(state="sending", lease_until=long_ago)
    Message.objects.filter(pk=claimed.pk).update(state="claimed", lease_until=long_ago)

    assert reconciling.reconcile_messages(now=SOON) == 2
    sending.drain_messages(now=SOON)

    assert [text["To"] for text in gateway.texts] == ["+15550102041"]
    assert states() == ["accepted", "unknown"]


def test_a_lease_that_runs_is_left_alone(world: World, gateway: Gateway) -> None:
    message = plan_booked(world)
    Message.objects.filter(pk=message.pk).update(state="sending", lease_until=dt.datetime(2100, 1, 1, tzinfo=dt.UTC))

    assert (reconciling.reconcile_messages(now=SOON), states()) == (0, ["sending"])


def test_oemr_2_an_empty_run_is_a_success(world: World, gateway: Gateway) -> None:
    found = [planning.plan_messages, sending.drain_messages, reconciling.reconcile_messages, events.apply_events]

    assert [action(now=NOW) for action in found] == [0, 0, 0, 0]


@pytest.mark.race
def test_two_workers_send_each_message_once(live_world: World, gateway: Gateway) -> None:
    for number in range(12):
        patient = make_patient(
            live_world.site, live_world.receptionist, f"Racer{number}", "Lee", phone=f"+1555010{5000 + number}"
        )
        live_world.book(patient, protocol_code="consult", preferred_minute=None, start_on=dt.date(2026, 11, 23))
    planning.plan_messages(now=SOON)
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        sending.drain_messages(now=SOON)
        connections.close_all()

    workers = [threading.Thread(target=work) for _worker in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(text["To"] for text in gateway.texts) == [f"+1555010{5000 + number}" for number in range(12)]
    assert set(states()) == {"accepted"}


def test_every_state_of_a_message_has_its_moves() -> None:
    assert set(MOVES) == set(MessageState)
