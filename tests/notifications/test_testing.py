"""A test text: one, to the number that was typed, noted before it leaves, and nothing kept of the number."""

import datetime as dt
from typing import Any

import pytest
from django.db import transaction

from clinic.actions import Request
from clinic.domain.permissions import Role
from clinic.errors import Conflict, NotAllowed, NotFound, Rejected
from clinic.models import AuditEntry, Site
from notifications.actions import arming, testing
from notifications.actions.testing import Outcome, in_the_way, send_test
from notifications.actions.transitions import address_hash, suppress
from notifications.channels import registry
from notifications.domain import texts
from notifications.models import Message, MessageAttempt
from tests.factories import NOW, World, make_staff
from tests.servers import Gateway

PHONE = "(555) 010-2049"
NUMBER = "+15550102049"
WORDS = "Riverside Clinic: This is a test. Texts from us look like this. STOP to opt out."


@pytest.fixture
def manager(world: World) -> Request:
    return Request(user=make_staff("maya@example.com", Role.MANAGER, world.site), request_id="r-1")


def send(world: World, request: Request, to: str = PHONE, now: dt.datetime = NOW) -> testing.Tested:
    return send_test(request=request, site=world.site, to=to, now=now)


def noted() -> int:
    return AuditEntry.objects.filter(action="message.tested").count()


def test_the_words_are_neutral_and_one_text() -> None:
    assert (texts.trial_text("Riverside Clinic"), texts.segments(texts.trial_text("x" * 20))) == (WORDS, 1)
    assert texts.faults(texts.trial_text("x" * 20), is_sms=True) == []


def test_it_goes_once_to_the_number_that_was_typed(world: World, manager: Request, gateway: Gateway) -> None:
    tested = send(world, manager)

    assert tested == testing.Tested(Outcome.ACCEPTED, WORDS)
    assert [(text["To"], text["Body"], text["ValidityPeriod"]) for text in gateway.texts] == [(NUMBER, WORDS, "600")]


def test_it_is_in_no_outbox_and_the_log_knows_who_but_not_where(
    world: World, manager: Request, gateway: Gateway
) -> None:
    send(world, manager)

    entry = AuditEntry.objects.get(action="message.tested")
    assert (Message.objects.count(), MessageAttempt.objects.count()) == (0, 0)
    assert (entry.actor, entry.site, entry.at, entry.patient_id, entry.object_type, entry.object_id) == (
        manager.user,
        world.site,
        NOW,
        None,
        "test",
        None,
    )


@pytest.mark.parametrize(
    ("mood", "outcome", "words", "taken"),
    [
        ("refuse:21614", Outcome.REFUSED, "This number can't get texts. It is not a mobile.", 0),
        ("refuse:21610", Outcome.REFUSED, "The owner of this number said STOP.", 0),
        ("busy", Outcome.REFUSED, "The SMS gateway asks to slow down.", 0),
        ("hang_up", Outcome.UNKNOWN, "", 1),
        ("broken", Outcome.UNKNOWN, "", 1),
    ],
)
def test_what_the_gateway_says_is_told_and_nothing_is_tried_again(
    world: World, manager: Request, gateway: Gateway, mood: str, outcome: Outcome, words: str, taken: int
) -> None:
    gateway.moods = [mood, "ok"]

    tested = send(world, manager)

    assert (tested, len(gateway.texts), noted()) == (testing.Tested(outcome, WORDS, words), taken, 1)


def test_a_gateway_nobody_reaches_got_nothing(world: World, manager: Request, gateway: Gateway, settings: Any) -> None:
    settings.SMS_API_BASE = "http://127.0.0.1:9"

    assert send(world, manager) == testing.Tested(Outcome.REFUSED, WORDS, "The SMS gateway can't be reached.")


def test_it_is_noted_for_good_before_it_leaves(
    world: World, manager: Request, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    class Crash(Exception):
        pass

    class Crashing:
        def send(self, outgoing: Any) -> None:
            seen.append(noted())
            raise Crash

        def close(self) -> None:
            pass

    monkeypatch.setattr(registry, "channel_for", lambda way: Crashing())

    with pytest.raises(Crash):
        send(world, manager)

    assert (seen, noted()) == ([1], 1)


def test_the_same_request_again_sends_nothing(world: World, manager: Request, gateway: Gateway) -> None:
    twice = Request(user=manager.user, key="k-1", route="test-text")
    send(world, twice)

    with pytest.raises(Conflict, match="sent already"):
        send(world, twice)

    assert (len(gateway.texts), noted()) == (1, 1)


def test_three_an_hour_and_the_fourth_says_when(world: World, manager: Request, gateway: Gateway) -> None:
    for minute in (0, 20, 40):
        send(world, manager, now=NOW + dt.timedelta(minutes=minute))

    with pytest.raises(Rejected, match=r"The next one can go in 10 minutes\.$") as caught:
        send(world, manager, now=NOW + dt.timedelta(minutes=50))

    assert (caught.value.code, len(gateway.texts), noted()) == ("too_many", 3, 3)


def test_an_hour_after_the_first_the_next_may_go(world: World, manager: Request, gateway: Gateway) -> None:
    for minute in (0, 20, 40, 60):
        send(world, manager, now=NOW + dt.timedelta(minutes=minute))

    assert len(gateway.texts) == 4


def test_the_limit_is_each_persons_own(world: World, manager: Request, gateway: Gateway) -> None:
    other = Request(user=make_staff("omar@example.com", Role.MANAGER, world.site))
    for _test in range(3):
        send(world, manager)

    assert send(world, other).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("to", "fault"),
    [
        ("", "This is not a phone number. Type it like (555) 010-2040."),
        ("call me", "This is not a phone number. Type it like (555) 010-2040."),
        ("555 01", "This phone number has too few or too many digits."),
    ],
)
def test_what_is_no_number_is_refused_and_costs_no_test(
    world: World, manager: Request, gateway: Gateway, to: str, fault: str
) -> None:
    with pytest.raises(Rejected) as caught:
        send(world, manager, to)

    assert (caught.value.fields, gateway.texts, noted()) == ({"number": fault}, [], 0)


def test_whoever_said_stop_is_not_written_to(world: World, manager: Request, gateway: Gateway) -> None:
    with transaction.atomic():
        suppress(hashed=address_hash(NUMBER), channel="sms", cause="said STOP", now=NOW)

    with pytest.raises(Rejected) as caught:
        send(world, manager)

    assert (list(caught.value.fields), gateway.texts, noted()) == (["number"], [], 0)


def test_a_name_that_tells_too_much_is_not_sent(world: World, manager: Request, gateway: Gateway) -> None:
    Site.objects.filter(pk=world.site.pk).update(message_name="Psychiatry")
    world.site.refresh_from_db()

    with pytest.raises(Rejected, match="Change the site's name in messages"):
        send(world, manager)

    assert (gateway.texts, noted()) == ([], 0)


def test_only_numbers_of_the_list_are_reached(world: World, manager: Request, gateway: Gateway, settings: Any) -> None:
    settings.SEND_ONLY_TO = ["+15550100001"]
    kept = send(world, manager).outcome
    settings.SEND_ONLY_TO = [NUMBER]

    assert (kept, send(world, manager).outcome, len(gateway.texts)) == (Outcome.NOT_LISTED, Outcome.ACCEPTED, 1)


def test_with_sending_off_or_no_gateway_nothing_leaves(
    world: World, manager: Request, gateway: Gateway, settings: Any
) -> None:
    settings.SEND_MESSAGES = False
    off = send(world, manager)
    settings.SEND_MESSAGES, settings.SMS = True, {}

    assert (off, send(world, manager)) == (
        testing.Tested(Outcome.OFF, WORDS),
        testing.Tested(Outcome.NO_GATEWAY, WORDS),
    )
    assert (gateway.texts, noted()) == ([], 0)


def test_a_sender_that_is_not_armed_sends_no_test(world: World, manager: Request, gateway: Gateway) -> None:
    arming.disarm()
    disarmed = send(world, manager).outcome
    arming.arm(now=NOW)

    assert (disarmed, in_the_way(), gateway.texts, noted()) == (Outcome.DISARMED, None, [], 0)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MANAGER])
def test_only_a_manager_tests(world: World, gateway: Gateway, role: Role) -> None:
    with pytest.raises(NotAllowed):
        send(world, Request(user=make_staff("nina@example.com", role, world.site)))

    assert (gateway.texts, noted()) == ([], 0)


def test_a_manager_of_another_site_does_not_know_this_one(world: World, gateway: Gateway) -> None:
    with pytest.raises(NotFound):
        send(world, Request(user=make_staff("omar@example.com", Role.MANAGER, world.other_site)))

    assert (gateway.texts, noted()) == ([], 0)
