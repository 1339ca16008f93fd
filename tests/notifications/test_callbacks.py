"""What a provider calls back to say: signed, kept once, applied forward only, in any order, however often."""

import datetime as dt
import random
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client, RequestFactory

from api.views import hooks
from notifications.actions import events, planning, sending
from notifications.domain import twilio
from notifications.domain.states import MessageState
from notifications.models import Message, MessageAttempt, ProviderEvent, Suppression
from tests.factories import NOW, World
from tests.servers import Gateway

SOON = NOW + dt.timedelta(minutes=4)
SID = f"SM{1:032}"
BASE = "https://visits.example.org"
TOKEN = "secret"


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    """The address the provider knows us by; the web server itself hears another one."""
    settings.BASE_URL = BASE
    settings.SMS = {"account": "AC1", "token": "secret", "from": "+15550109999"}


def message_of(world: World, **facts: Any) -> Message:
    """Return a planned message in any state."""
    course = world.book()
    planning.plan_messages(now=SOON)
    message = Message.objects.get(course=course)
    Message.objects.filter(pk=message.pk).update(**facts)
    return message


def signed(message_id: uuid.UUID, fields: dict[str, str], token: str = TOKEN) -> dict[str, Any]:
    path = f"/hooks/twilio/status/{message_id}/"
    return {"path": path, "data": fields, "HTTP_X_TWILIO_SIGNATURE": twilio.signature(f"{BASE}{path}", fields, token)}


def fields_of(status: str, sid: str = SID, code: str = "") -> dict[str, str]:
    return {"AccountSid": "AC1", "MessageSid": sid, "MessageStatus": status} | ({"ErrorCode": code} if code else {})


def call(message: Message, *statuses: str, sid: str = SID, code: str = "") -> list[int]:
    return [Client().post(**signed(message.pk, fields_of(status, sid, code))).status_code for status in statuses]


def state(message: Message) -> str:
    message.refresh_from_db()
    return str(message.state)


def test_twilios_own_example_is_signed_as_they_say() -> None:
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }

    made = twilio.signature("https://mycompany.com/myapp.php?foo=1&bar=2", fields, "12345")

    assert made == "GvWf1cFY/Q7PnoempGyD5oXAezc="


def test_a_signed_call_is_kept_and_answered_and_changes_nothing_yet(world: World) -> None:
    message = message_of(world, state="accepted", provider_sid=SID)

    answers = call(message, "delivered")

    event = ProviderEvent.objects.get()
    assert (answers, event.message_id, event.status, event.applied_at) == ([204], message.pk, "delivered", None)
    assert state(message) == "accepted"


@pytest.mark.parametrize("token", ["forged", ""])
def test_a_forged_call_is_refused_and_leaves_nothing(world: World, token: str) -> None:
    message = message_of(world, state="accepted", provider_sid=SID)

    answer = Client().post(**signed(message.pk, fields_of("delivered"), token))

    assert (answer.status_code, answer.content, ProviderEvent.objects.count()) == (403, b"", 0)


def test_an_unsigned_call_a_changed_field_and_another_messages_address_are_refused(world: World) -> None:
    message = message_of(world, state="accepted", provider_sid=SID)
    honest = signed(message.pk, fields_of("sent"))
    unsigned = {name: value for name, value in honest.items() if name != "HTTP_X_TWILIO_SIGNATURE"}
    changed = honest | {"data": fields_of("delivered")}
    moved = honest | {"path": f"/hooks/twilio/status/{uuid.uuid4()}/"}
    doubled = honest | {"data": fields_of("sent") | {"MessageStatus": ["sent", "delivered"]}}

    answers = [Client().post(**each).status_code for each in (unsigned, changed, moved, doubled)]

    assert (answers, ProviderEvent.objects.count()) == ([403] * 4, 0)


def test_without_a_provider_no_signature_is_good(world: World, settings: Any) -> None:
    message = message_of(world)
    settings.SMS = {}

    assert Client().post(**signed(message.pk, fields_of("sent"), "")).status_code == 403


def test_both_tokens_count_while_one_is_exchanged(world: World, settings: Any) -> None:
    message = message_of(world)
    settings.SMS |= {"old_token": "older"}

    answers = [
        Client().post(**signed(message.pk, fields_of(status), token)).status_code
        for status, token in (("sent", "older"), ("delivered", "secret"), ("failed", "oldest"))
    ]

    assert answers == [204, 204, 403]


def test_a_large_body_is_refused_unread(world: World) -> None:
    fields = fields_of("sent") | {"Body": "x" * hooks.LARGEST_BODY}

    assert Client().post(**signed(uuid.uuid4(), fields)).status_code == 403


def test_a_call_about_nothing_here_is_kept_and_does_no_harm(world: World) -> None:
    answer = Client().post(**signed(uuid.uuid4(), fields_of("delivered")))

    assert (answer.status_code, events.apply_events(now=SOON), ProviderEvent.objects.count()) == (204, 0, 1)


def test_only_a_post_is_a_call() -> None:
    assert Client().get(f"/hooks/twilio/status/{uuid.uuid4()}/").status_code == 405


@pytest.mark.parametrize("order", [["sent", "delivered"], ["delivered", "sent"], ["delivered", "queued", "sent"]])
def test_a_status_only_goes_forward(world: World, order: list[str]) -> None:
    message = message_of(world, state="accepted", provider_sid=SID)

    for status in order:
        call(message, status)
        events.apply_events(now=SOON)

    assert state(message) == "delivered"


def test_the_same_call_five_times_is_one(world: World) -> None:
    message = message_of(world, state="accepted", provider_sid=SID)

    answers = call(message, *["sent"] * 5)

    assert (answers, ProviderEvent.objects.count(), events.apply_events(now=SOON)) == ([204] * 5, 1, 1)


def test_a_call_that_is_faster_than_the_answer_to_the_post_brings_the_id(world: World, gateway: Gateway) -> None:
    message = message_of(world)
    take = gateway.take

    def called_back_first(text: dict[str, str]) -> tuple[str, str]:
        answer = take(text)
        early.append(answer[1])
        return answer

    early: list[str] = []
    gateway.take = called_back_first  # type: ignore[method-assign]
    sending.drain_messages(now=SOON)
    Message.objects.filter(pk=message.pk).update(
        state="sending", provider_sid=None, lease_token=uuid.uuid4(), lease_until=SOON
    )
    call(message, "delivered", sid=early[0])
    events.apply_events(now=SOON)

    message.refresh_from_db()
    assert (message.state, message.provider_sid, message.lease_token is None) == ("delivered", early[0], False)


@pytest.mark.parametrize("before", ["unknown", "abandoned", "pending"])
def test_a_call_about_a_lost_answer_settles_it_and_saves_the_second_text(world: World, before: str) -> None:
    message = message_of(world, state=before, attempt=1)

    call(message, "sent")
    events.apply_events(now=SOON)

    message.refresh_from_db()
    assert (message.state, message.provider_sid) == ("sent", SID)


def test_a_call_with_the_id_of_another_text_moves_nothing(world: World) -> None:
    message = message_of(world, state="accepted", provider_sid=SID)

    call(message, "delivered", sid=f"SM{2:032}")
    events.apply_events(now=SOON)

    assert state(message) == "accepted"


def test_a_text_that_was_not_delivered_says_why(world: World) -> None:
    message = message_of(world, state="accepted", provider_sid=SID)

    call(message, "undelivered", code="30006")
    events.apply_events(now=SOON)

    message.refresh_from_db()
    assert (message.state, message.error_code, message.reason) == (
        "undelivered",
        "30006",
        "This is a landline, or its carrier can't be reached.",
    )


def test_a_handset_that_was_off_is_tried_once_more_half_an_hour_later(world: World, gateway: Gateway) -> None:
    message = message_of(world)
    sending.drain_messages(now=SOON)
    for number, at in ((1, SOON), (2, SOON + dt.timedelta(hours=2))):
        call(message, "undelivered", "sent", sid=f"SM{number:032}", code="30003")
        events.apply_events(now=at)
        sending.drain_messages(now=at + dt.timedelta(minutes=29))
        sending.drain_messages(now=at + dt.timedelta(minutes=31))

    assert (len(gateway.texts), state(message)) == (2, "undelivered")


def test_a_handset_that_got_it_after_all_gets_no_second_one(world: World, gateway: Gateway) -> None:
    message = message_of(world)
    sending.drain_messages(now=SOON)
    for status in ("undelivered", "delivered"):
        call(message, status, code="30003" if status == "undelivered" else "")
        events.apply_events(now=SOON)

    sending.drain_messages(now=SOON + dt.timedelta(hours=1))

    assert (len(gateway.texts), state(message)) == (1, "delivered")


def test_who_opted_out_at_the_provider_gets_nothing_more(world: World) -> None:
    message = message_of(world, state="accepted", provider_sid=SID)

    call(message, "failed", code="21610")
    events.apply_events(now=SOON)

    assert Suppression.objects.filter(channel="sms", address_hash=Message.objects.get().address_hash).count() == 1


def history(generator: random.Random) -> Sequence[str]:
    """Return what a provider says of one text from its beginning to its end."""
    end = generator.choice([["sent"], ["sent", "delivered"], ["sent", "undelivered"], ["failed"], []])
    return ["queued", "sending", *end]


def test_ten_thousand_calls_shuffled_repeated_and_forged_end_in_the_right_states(world: World) -> None:
    generator = random.Random(14)
    course = world.book()
    planning.plan_messages(now=SOON)
    model = Message.objects.get(course=course)
    rows = [
        Message(
            dedupe_key=f"bulk-{number}",
            site_id=model.site_id,
            patient_id=model.patient_id,
            course=course,
            kind="booked",
            channel="sms",
            due_at=NOW,
            send_by=SOON,
            created_at=NOW,
            template_version="",
            state=generator.choice(["accepted", "sending", "unknown"]),
            lease_until=SOON,
        )
        for number in range(1000)
    ]
    for row in rows:
        row.provider_sid = f"SM{row.pk.hex}" if row.state == "accepted" else None
    Message.objects.bulk_create(rows)
    said = {row.pk: history(generator) for row in rows}
    honest = [(pk, status, "secret") for pk, statuses in said.items() for status in statuses]
    honest = generator.choices(honest, k=7000) + honest
    forged = [(row.pk, "delivered", "forged") for row in rows]
    calls = [*honest, *forged]
    calls += honest[: max(0, 10_000 - len(calls))]
    generator.shuffle(calls)
    factory, answers = RequestFactory(), {"secret": set[int](), "forged": set[int]()}

    for number, (pk, status, token) in enumerate(calls):
        request = factory.post(**signed(pk, fields_of(status, f"SM{pk.hex}"), token))
        answers[token].add(hooks.twilio_status(request, pk).status_code)
        if number % 2000 == 0:
            events.apply_events(now=SOON)
    events.apply_events(now=SOON)

    top = {"sending": "accepted", "queued": "accepted"}
    expected = {pk: top.get(statuses[-1], statuses[-1]) for pk, statuses in said.items()}
    assert (len(calls) >= 10_000, answers) == (True, {"secret": {204}, "forged": {403}})
    assert dict(Message.objects.filter(pk__in=said).values_list("pk", "state")) == expected
    assert ProviderEvent.objects.count() == sum(len(statuses) for statuses in said.values())
    assert MessageAttempt.objects.count() == 0


def test_every_status_has_a_rank_and_every_rank_a_state() -> None:
    assert set(twilio.RANK.values()) == set(range(len(twilio.STATES)))
    assert set(twilio.STATES) < set(MessageState)
