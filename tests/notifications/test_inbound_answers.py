"""Answers on their way: at once, at any hour, beside the caps; after STOP only the one text that says so."""

import datetime as dt
from typing import Any

import pytest

from notifications.actions.sending import drain_messages
from notifications.models import InboundMessage, Message
from patients.models import Consent
from scheduling.models import Session
from tests.factories import World
from tests.notifications.letters import BASE, MARIA, OURS, STRANGER, write
from tests.servers import Gateway

NIGHT = dt.datetime(2026, 11, 17, 8, 0, tzinfo=dt.UTC)  # three in the morning in New York
MINUTE = dt.timedelta(minutes=1)
NAMES = ("Maria", "Garcia", "Daniel", "Okafor")


@pytest.fixture(autouse=True)
def public(settings: Any, clock: Any, gateway: Gateway) -> None:
    settings.BASE_URL = BASE
    settings.SMS = settings.SMS | {"from": OURS}


@pytest.fixture
def visit(world: World) -> Session:
    return world.visit(start_on=dt.date(2026, 11, 18))


def sent(gateway: Gateway) -> list[tuple[str, str]]:
    return [(text["To"], text["Body"]) for text in gateway.texts]


def state_of(inbound: InboundMessage) -> str:
    return str(Message.objects.get(inbound=inbound).state)


def test_a_yes_at_night_is_answered_at_night(world: World, visit: Session, gateway: Gateway, clock: Any) -> None:
    write("1", now=NIGHT, clock=clock)

    drain_messages(now=NIGHT)

    assert sent(gateway) == [(MARIA, "Riverside Clinic: Thank you. You are set for Wed, Nov 18 at 8:30am ET.")]


def test_after_stop_one_text_says_so_and_nothing_else_follows(
    world: World, visit: Session, gateway: Gateway, clock: Any
) -> None:
    stopped = write("STOP", now=NIGHT, clock=clock)
    asked = write("hello?", now=NIGHT + MINUTE, clock=clock)

    drain_messages(now=NIGHT + MINUTE)

    [(number, body)] = sent(gateway)
    assert (number, "no more texts" in body, state_of(stopped)) == (MARIA, True, "accepted")
    assert state_of(asked) == "suppressed"


def test_the_text_that_confirms_stop_is_not_sent_after_five_minutes(world: World, gateway: Gateway, clock: Any) -> None:
    stopped = write("STOP", now=NIGHT, clock=clock)

    drain_messages(now=NIGHT + 5 * MINUTE)

    assert (sent(gateway), state_of(stopped)) == ([], "skipped_stale")


def test_a_crisis_is_answered_after_stop_and_with_stop(world: World, gateway: Gateway, clock: Any) -> None:
    write("STOP", now=NIGHT, clock=clock)
    drain_messages(now=NIGHT)
    write("stop it, I want to die", now=NIGHT + MINUTE, clock=clock)

    drain_messages(now=NIGHT + MINUTE)

    assert [("988" in body, "911" in body) for _number, body in sent(gateway)] == [(False, False), (True, True)]


def test_after_start_a_text_is_answered_again(world: World, visit: Session, gateway: Gateway, clock: Any) -> None:
    for minutes, body in enumerate(["STOP", "START", "1"]):
        write(body, now=NIGHT + minutes * MINUTE, clock=clock)
        drain_messages(now=NIGHT + minutes * MINUTE)

    assert len(sent(gateway)) == 3


def test_whoever_writes_first_needs_no_consent_to_be_answered_and_gets_nothing_else(
    world: World, visit: Session, gateway: Gateway, clock: Any
) -> None:
    Consent.objects.filter(patient=world.maria).delete()
    write("who are you?", now=NIGHT, clock=clock)
    write("who are you?", now=NIGHT, clock=clock, sender=STRANGER)

    drain_messages(now=NIGHT)

    assert [number for number, _body in sent(gateway)] == [MARIA, STRANGER]


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_answer_holds_a_name_or_a_word_of_a_treatment(
    world: World, visit: Session, gateway: Gateway, clock: Any, language: str
) -> None:
    world.maria.language = language
    world.maria.save()
    bodies = ["1", "2", "3 20 min", "what now?", "HELP", "I want to die", "STOP", "START"]
    for minutes, body in enumerate(bodies):
        write(body, now=visit.starts_at - (60 - minutes) * MINUTE, clock=clock)
        drain_messages(now=visit.starts_at - (60 - minutes) * MINUTE)
    write("hi", now=visit.starts_at - MINUTE, clock=clock, sender=STRANGER)
    drain_messages(now=visit.starts_at - MINUTE)

    texts = [body for _number, body in sent(gateway)]
    assert Message.objects.filter(state="dead").count() == 0
    assert [body for body in texts for word in (*NAMES, "TMS", "treatment") if word in body] == []
    assert len(texts) == len(bodies) + 1
