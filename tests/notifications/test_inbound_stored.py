"""A text that comes in: signed or refused, kept before anything is done, once; STOP and START count as it is kept."""

import datetime as dt
import random
from typing import Any

import pytest
from django.test import Client, RequestFactory

from api.views import hooks
from notifications.actions.inbound import handle_inbound
from notifications.actions.transitions import address_hash
from notifications.models import InboundMessage, Message, Suppression
from patients.models import Consent, ContactPoint
from tests.factories import NOW, World, make_patient
from tests.notifications.letters import BASE, MARIA, OURS, PATH, STRANGER, deliver, fields_of, signed

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def public(settings: Any, clock: Any) -> None:
    """The address the provider knows us by; the web server itself hears another one."""
    settings.BASE_URL = BASE
    settings.SMS = {"account": "AC1", "token": "secret", "from": OURS}


def in_force(phone: str = MARIA) -> int:
    return Consent.objects.filter(patient__contact_points__value=phone, channel="sms", revoked_at=None).count()


def off() -> list[tuple[str, str]]:
    return list(Suppression.objects.order_by("pk").values_list("address_hash", "cause"))


def test_a_signed_text_is_kept_answered_with_nothing_to_say_and_not_yet_worked(world: World) -> None:
    visit = world.visit(start_on=dt.date(2026, 11, 18))

    answer = Client().post(**signed(fields_of("1", sid="SM1")))

    row = InboundMessage.objects.get()
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert answer.content.decode() == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    assert (row.provider_sid, row.address, row.body, row.meaning) == ("SM1", MARIA, "1", "confirm")
    assert (row.received_at, row.handled_at, row.site) == (NOW, None, world.site)
    visit.refresh_from_db()
    assert (visit.confirmed_at, Message.objects.count()) == (None, 0)


def test_a_forged_unsigned_or_altered_text_is_refused_and_leaves_nothing(world: World) -> None:
    honest = signed(fields_of("STOP"))
    unsigned = {name: value for name, value in honest.items() if name != "HTTP_X_TWILIO_SIGNATURE"}
    altered = honest | {"data": honest["data"] | {"From": "+15550102041"}}
    calls = [signed(fields_of("STOP"), "forged"), signed(fields_of("STOP"), ""), unsigned, altered]

    answers = [Client().post(**call).status_code for call in calls]

    assert (answers, InboundMessage.objects.count(), off(), in_force()) == ([403] * 4, 0, [], 1)


def test_both_tokens_count_while_one_is_exchanged(world: World, settings: Any) -> None:
    settings.SMS |= {"old_token": "older"}

    answers = [Client().post(**signed(fields_of("hi"), token)).status_code for token in ("older", "secret", "oldest")]

    assert (answers, InboundMessage.objects.count()) == ([200, 200, 403], 2)


def test_only_a_post_is_a_text_and_a_text_without_an_id_is_none(world: World) -> None:
    without = {name: value for name, value in fields_of("hi").items() if name != "MessageSid"}

    assert (Client().get(PATH).status_code, Client().post(**signed(without)).status_code) == (405, 400)
    assert InboundMessage.objects.count() == 0


def test_the_same_text_five_times_is_one(world: World) -> None:
    answers = [deliver("STOP", sid="SM1") for _time in range(5)]
    handled = [handle_inbound(now=LATER) for _time in range(2)]

    assert (answers, handled, InboundMessage.objects.count()) == ([200] * 5, [1, 0], 1)
    assert list(Message.objects.values_list("kind", flat=True)) == ["stop_ack"]


def test_a_text_is_worked_even_if_nobody_could_be_woken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(**_more: Any) -> None:
        raise OSError("no broker")

    monkeypatch.setattr("notifications.tasks.handle_inbound.apply_async", down)

    assert (deliver("hello"), handle_inbound(now=LATER)) == (200, 1)


def test_stop_counts_in_the_transaction_that_keeps_it(world: World) -> None:
    course = world.book()
    Message.objects.create(
        dedupe_key="waiting",
        site=world.site,
        patient=world.maria,
        course=course,
        kind="booked",
        channel="sms",
        address_hash=address_hash(MARIA),
        due_at=NOW,
        send_by=LATER,
        created_at=NOW,
        template_version="2026-11",
    )

    deliver("Stop please")

    assert off() == [(address_hash(MARIA), "said STOP")]
    assert (in_force(), Message.objects.get().state) == (0, "suppressed")


def test_a_stop_that_can_not_be_kept_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(InboundMessage, "save", full)
    with pytest.raises(RuntimeError):
        deliver("STOP")

    assert (off(), in_force(), InboundMessage.objects.count()) == ([], 1, 0)


def test_stop_ends_texts_to_everybody_with_that_number_and_to_nobody_else(world: World) -> None:
    twin = make_patient(world.site, world.receptionist, "Ana", "Garcia", birth_date=dt.date(2010, 5, 5))
    old = make_patient(
        world.site, world.receptionist, "Bo", "Lee", phone="+15550108888", birth_date=dt.date(1990, 1, 1)
    )
    ContactPoint.objects.create(
        patient=old,
        kind="phone",
        value=MARIA,
        is_preferred=False,
        is_usable=False,
        problem="wrong_person",
        problem_at=NOW,
    )

    deliver("ALTO")

    given = Consent.objects.filter(channel="sms", revoked_at=None, person=None)
    assert set(given.values_list("patient", flat=True)) == {world.daniel.pk, world.foreign.pk, old.pk}
    assert Consent.objects.get(patient=twin).revoked_at == NOW


def test_stop_from_a_former_number_silences_that_one_and_not_the_new_one(world: World) -> None:
    ContactPoint.objects.filter(patient=world.maria).update(is_preferred=False)
    ContactPoint.objects.create(patient=world.maria, kind="phone", value="+15550102077", is_preferred=True)

    deliver("STOP")

    assert (off(), in_force("+15550102077")) == ([(address_hash(MARIA), "said STOP")], 1)
    assert InboundMessage.objects.get().outcome == "stopped"


def test_a_stop_among_other_words_counts_at_once_and_a_person_reads_the_rest(world: World) -> None:
    deliver("Please stop texting, cancel my appointment")
    handle_inbound(now=LATER)

    row = InboundMessage.objects.get()
    assert (row.outcome, in_force(), len(off())) == ("stopped_and_more", 0, 1)
    assert list(Message.objects.values_list("kind", flat=True)) == ["stop_ack"]


def test_words_beside_a_second_stop_are_read_too_and_it_is_not_confirmed_again(world: World) -> None:
    for body in ("STOP", "stop texting me, I can't come tomorrow"):
        deliver(body)
    handle_inbound(now=LATER)

    assert InboundMessage.objects.latest("pk").outcome == "free"
    assert list(Message.objects.values_list("kind", flat=True)) == ["stop_ack"]


def test_stop_says_nothing_about_e_mail(world: World) -> None:
    Consent.objects.create(patient=world.maria, channel="email", wording="2026-11", how="at the desk", given_at=NOW)

    deliver("STOP")

    assert Consent.objects.get(channel="email").revoked_at is None


def test_a_stranger_may_say_stop_too(world: World) -> None:
    deliver("unsubscribe", sender=STRANGER)

    assert (off(), in_force()) == ([(address_hash(STRANGER), "said STOP")], 1)


def test_start_gives_anew_what_stop_took_and_nothing_more(world: World) -> None:
    Consent.objects.create(
        patient=world.maria, channel="sms", purpose="offers", wording="2026-11", how="at the desk", given_at=NOW,
        revoked_at=NOW - dt.timedelta(days=1),
    )  # fmt: skip
    deliver("STOP")

    deliver("START")

    again = Consent.objects.get(patient=world.maria, channel="sms", revoked_at=None)
    assert (again.purpose, again.how, again.recorded_by, off()) == ("reminders", "sms START", None, [])
    assert Consent.objects.filter(patient=world.maria, purpose="reminders").count() == 2


def test_start_twice_gives_once(world: World) -> None:
    for body in ("STOP", "START", "start", "UNSTOP"):
        deliver(body)

    assert (in_force(), off()) == (1, [])


def test_start_from_a_number_that_never_had_a_consent_lifts_and_gives_nothing(world: World) -> None:
    Consent.objects.filter(patient=world.maria).delete()
    deliver("STOP")

    deliver("START")

    assert (in_force(), len(off())) == (0, 1)
    assert InboundMessage.objects.latest("pk").outcome == "not_started"


def test_yes_is_an_opt_in_only_from_a_number_that_said_stop(world: World) -> None:
    deliver("YES")
    plain = InboundMessage.objects.latest("pk").meaning
    deliver("STOP")
    deliver("Sí")

    assert (plain, InboundMessage.objects.latest("pk").meaning, in_force(), off()) == ("confirm", "start", 1, [])


def test_the_last_of_stop_and_start_counts_whatever_the_worker_does_when(world: World) -> None:
    for body in ("START", "STOP", "START", "STOP"):
        deliver(body)
    handle_inbound(now=LATER)

    assert (in_force(), len(off())) == (0, 1)


def test_what_the_provider_answered_by_itself_is_not_answered_twice(world: World) -> None:
    deliver("BAJA", OptOutType="STOP")
    handle_inbound(now=LATER)

    assert (in_force(), len(off()), Message.objects.count()) == (0, 1, 0)


def test_null_characters_and_pictures_without_words_are_kept(world: World) -> None:
    answers = [deliver("a\x00b"), deliver("", NumMedia="1"), deliver("x" * 5000)]

    assert answers == [200, 200, 200]
    assert [len(body) for body in InboundMessage.objects.order_by("pk").values_list("body", flat=True)] == [2, 0, 4000]


def test_texts_shuffled_repeated_and_forged_end_as_if_each_had_come_once(world: World) -> None:
    generator = random.Random(6)
    people = [
        make_patient(
            world.site,
            world.receptionist,
            f"P{number}",
            "Lee",
            phone=f"+1555012{number:04}",
            birth_date=dt.date(1980, 1, 1) + dt.timedelta(days=number),
        )
        for number in range(20)
    ]
    phones = [f"+1555012{number:04}" for number in range(len(people))]
    honest = [fields_of("hello", sender=phone, sid=f"SMh{phone}") for phone in phones]
    honest += [fields_of("STOP", sender=phone, sid=f"SMs{phone}") for phone in phones[::2]]
    calls = [(fields, "secret") for fields in generator.choices(honest, k=400) + honest]
    calls += [(fields_of("STOP", sender=phone, sid=f"SMf{phone}"), "forged") for phone in phones]
    generator.shuffle(calls)
    factory, answers = RequestFactory(), {"secret": set[int](), "forged": set[int]()}

    for number, (fields, token) in enumerate(calls):
        request = factory.post(**signed(fields, token))
        answers[token].add(hooks.twilio_inbound(request).status_code)
        if number % 100 == 0:
            handle_inbound(now=LATER)
    handle_inbound(now=LATER)

    assert answers == {"secret": {200}, "forged": {403}}
    assert InboundMessage.objects.filter(handled_at=None).count() == 0
    assert InboundMessage.objects.count() == len(honest)
    silent = {patient.pk for patient in people[::2]}
    taken = Consent.objects.filter(patient__in=people).exclude(revoked_at=None).values_list("patient", flat=True)
    assert set(taken) == silent
    kinds = Message.objects.values_list("kind", "address_hash")
    assert sorted(kinds) == sorted(
        [("free_text", address_hash(phone)) for phone in phones]
        + [("stop_ack", address_hash(phone)) for phone in phones[::2]]
    )
