"""What follows from a text: one open visit is confirmed, asked about or late; everything else is for a person."""

import datetime as dt
from typing import Any

import pytest

from config.celery import app
from notifications.actions import replies
from notifications.actions.inbound import handle_inbound
from notifications.actions.sending import drain_messages
from notifications.management.commands import poll_messages
from notifications.models import InboundMessage, Message
from patients.models import Consent, ContactPoint
from scheduling.actions import moving
from scheduling.models import Session, SessionEvent
from scheduling.queries.history import session_history_of
from tests.factories import NOW, World, make_patient
from tests.notifications.letters import BASE, MARIA, OURS, STRANGER, answers_to, deliver, told, write

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR
MINUTE = dt.timedelta(minutes=1)
WEDNESDAY = dt.date(2026, 11, 18)


@pytest.fixture(autouse=True)
def public(settings: Any, clock: Any) -> None:
    settings.BASE_URL = BASE
    settings.SMS = {"account": "AC1", "token": "secret", "from": OURS}


@pytest.fixture
def visit(world: World) -> Session:
    """Maria's only visit, the day after tomorrow; Daniel has one beside it and never wrote."""
    world.visit(world.daniel, start_on=WEDNESDAY, preferred_minute=780)
    return world.visit(start_on=WEDNESDAY)


def fresh(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def rows_of(session: Session) -> dict[str, Any]:
    """Return everything stored about a visit but the patient's own answer."""
    row = Session.objects.filter(pk=session.pk).values().get()
    return {name: value for name, value in row.items() if name not in ("confirmed_at", "version")}


def test_one_confirms_the_open_visit_by_the_patients_own_hand(world: World, visit: Session, clock: Any) -> None:
    before = rows_of(visit)

    inbound = write("1", now=NOW + HOUR, clock=clock)

    now = fresh(visit)
    event = SessionEvent.objects.filter(session=visit).latest("pk")
    assert (now.confirmed_at, now.version, rows_of(visit)) == (NOW + HOUR, visit.version + 1, before)
    assert (event.kind, event.by, event.data["actor"], event.data["via"]) == ("confirmed", None, "patient", "text")
    assert (inbound.outcome, inbound.session_id, inbound.patient_id) == ("confirmed", visit.pk, world.maria.pk)
    assert answers_to(inbound) == ["confirmed"]
    assert session_history_of(now)[0].text == "The patient will come, by text"


def test_confirming_again_answers_and_changes_nothing(world: World, visit: Session, clock: Any) -> None:
    write("C", now=NOW + HOUR, clock=clock)

    again = write("yes", now=NOW + 2 * HOUR, clock=clock)

    assert (fresh(visit).confirmed_at, fresh(visit).version) == (NOW + HOUR, visit.version + 1)
    assert (again.outcome, SessionEvent.objects.filter(session=visit, kind="confirmed").count()) == ("confirmed", 1)


def test_two_leaves_the_visit_booked_and_takes_a_yes_back(world: World, visit: Session, clock: Any) -> None:
    write("1", now=NOW + HOUR, clock=clock)
    before = rows_of(visit)

    inbound = write("2", now=NOW + 2 * HOUR, clock=clock)

    assert (fresh(visit).confirmed_at, fresh(visit).state, rows_of(visit)) == (None, "booked", before)
    assert (inbound.outcome, inbound.session_id, answers_to(inbound)) == ("asked", visit.pk, ["asked"])
    assert session_history_of(fresh(visit))[0].text == "The patient took the yes back, by text"


def test_a_no_to_nothing_in_particular_is_a_question_all_the_same(world: World, clock: Any) -> None:
    inbound = write("I can't come tomorrow", now=NOW, clock=clock)

    assert (inbound.outcome, inbound.session_id, answers_to(inbound)) == ("asked", None, ["free_text"])


@pytest.mark.parametrize(("minutes", "outcome"), [(-60, "late"), (30, "late"), (130, "unclear")])
def test_running_late_is_noted_until_two_hours_after_the_start(
    world: World, visit: Session, clock: Any, minutes: int, outcome: str
) -> None:
    before = Session.objects.filter(pk=visit.pk).values().get()

    inbound = write("3 20 min", now=visit.starts_at + minutes * MINUTE, clock=clock)

    assert (inbound.outcome, inbound.minutes) == (outcome, 20)
    assert answers_to(inbound) == ["late" if outcome == "late" else "free_text"]
    assert Session.objects.filter(pk=visit.pk).values().get() == before


def test_a_yes_after_the_start_never_changes_a_past_visit(world: World, visit: Session, clock: Any) -> None:
    before = Session.objects.filter(pk=visit.pk).values().get()

    inbound = write("1", now=visit.starts_at + MINUTE, clock=clock)

    assert (inbound.outcome, Session.objects.filter(pk=visit.pk).values().get()) == ("unclear", before)


def test_a_yes_that_waited_for_a_worker_beyond_the_start_changes_nothing(
    world: World, visit: Session, clock: Any
) -> None:
    clock(visit.starts_at - MINUTE)
    deliver("1")

    handle_inbound(now=visit.starts_at + HOUR)

    assert (InboundMessage.objects.get().outcome, fresh(visit).confirmed_at) == ("unclear", None)


def test_a_late_yes_to_one_visit_does_not_confirm_the_next(world: World, visit: Session, clock: Any) -> None:
    following = world.visit(start_on=WEDNESDAY + DAY, preferred_minute=600)
    told(visit, "day_before", visit.starts_at - DAY)

    inbound = write("1", now=visit.starts_at + MINUTE, clock=clock)

    assert (inbound.outcome, fresh(following).confirmed_at) == ("unclear", None)


def test_of_two_open_visits_none_is_guessed(world: World, visit: Session, clock: Any) -> None:
    other = world.visit(start_on=WEDNESDAY + DAY)

    inbound = write("1", now=NOW + HOUR, clock=clock)

    assert (inbound.outcome, inbound.session_id, inbound.patient_id) == ("unclear", None, world.maria.pk)
    assert [fresh(each).confirmed_at for each in (visit, other)] == [None, None]
    assert answers_to(inbound) == ["free_text"]


def test_of_two_open_visits_the_one_that_was_written_about_is_meant(world: World, visit: Session, clock: Any) -> None:
    other = world.visit(start_on=WEDNESDAY + DAY)
    told(other, "moved", NOW)

    inbound = write("1", now=NOW + HOUR, clock=clock)

    assert (inbound.session_id, fresh(visit).confirmed_at, fresh(other).confirmed_at) == (other.pk, None, NOW + HOUR)


def test_a_visit_weeks_away_is_open_if_it_was_written_about(world: World, clock: Any) -> None:
    far = world.visit(start_on=dt.date(2026, 12, 9))
    unasked = write("1", now=NOW, clock=clock)
    told(far, "moved", NOW)

    inbound = write("1", now=NOW + HOUR, clock=clock)

    assert (unasked.outcome, inbound.outcome, fresh(far).confirmed_at) == ("unclear", "confirmed", NOW + HOUR)


def test_nobody_confirms_a_time_they_never_read(world: World, visit: Session, clock: Any) -> None:
    told(visit, "day_before", NOW)
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=WEDNESDAY, minute=660, now=NOW + HOUR
    )

    inbound = write("1", now=NOW + 2 * HOUR, clock=clock)

    assert (inbound.outcome, fresh(visit).confirmed_at, fresh(visit).minute) == ("unclear", None, 660)


def test_a_move_clears_the_yes(world: World, visit: Session, clock: Any) -> None:
    write("1", now=NOW + HOUR, clock=clock)

    moving.move_to(
        request=world.request,
        session_id=visit.pk,
        version=fresh(visit).version,
        day=WEDNESDAY,
        minute=660,
        now=NOW + 2 * HOUR,
    )

    assert fresh(visit).confirmed_at is None


def test_whoever_had_the_visit_open_is_told_the_patient_answered(world: World, visit: Session, clock: Any) -> None:
    write("1", now=NOW + HOUR, clock=clock)

    with pytest.raises(Exception, match="The patient changed this visit at 10am"):
        moving.move_to(
            request=world.request, session_id=visit.pk, version=visit.version, day=WEDNESDAY, minute=660, now=NOW + HOUR
        )


def test_of_two_patients_on_one_number_none_is_guessed(world: World, visit: Session, clock: Any) -> None:
    twin = make_patient(world.site, world.receptionist, "Ana", "Garcia", phone=MARIA, birth_date=dt.date(2010, 5, 5))
    other = world.visit(twin, start_on=WEDNESDAY, preferred_minute=600)
    told(other, "day_before", NOW)

    inbound = write("1", now=NOW + HOUR, clock=clock)

    assert (inbound.outcome, inbound.patient_id, inbound.site) == ("unclear", None, world.site)
    assert [fresh(each).confirmed_at for each in (visit, other)] == [None, None]


def test_of_two_patients_on_one_number_the_one_with_an_open_visit_is_meant(
    world: World, visit: Session, clock: Any
) -> None:
    make_patient(world.site, world.receptionist, "Ana", "Garcia", phone=MARIA, birth_date=dt.date(2010, 5, 5))

    inbound = write("1", now=NOW + HOUR, clock=clock)

    assert (inbound.outcome, inbound.patient_id) == ("confirmed", world.maria.pk)


def test_no_text_ever_moves_cancels_or_releases_a_visit(world: World, visit: Session, clock: Any) -> None:
    before = rows_of(visit)
    held = list(visit.reservations.order_by("pk").values())

    for number, body in enumerate(["2", "CANCEL", "cancel my appointment", "delete everything", "STOP", "no", "3"]):
        write(body, now=NOW + number * HOUR, clock=clock)

    assert (rows_of(visit), list(visit.reservations.order_by("pk").values())) == (before, held)


def test_stop_is_confirmed_once_within_five_minutes(world: World, clock: Any) -> None:
    first = write("STOP", now=NOW, clock=clock)
    again = write("STOP", now=NOW + MINUTE, clock=clock)

    ack = Message.objects.get(inbound=first)
    assert (ack.kind, ack.due_at, ack.send_by, ack.state) == ("stop_ack", NOW, NOW + 5 * MINUTE, "pending")
    assert (again.outcome, answers_to(again)) == ("stopped_before", [])


def test_cancel_within_three_days_of_a_visit_points_at_it(world: World, visit: Session, clock: Any) -> None:
    near = write("CANCELAR", now=NOW, clock=clock)

    assert (near.outcome, near.is_maybe_visit, near.session_id, near.timing_version) == ("stopped", True, visit.pk, 1)
    assert fresh(visit).state == "booked"


def test_cancel_without_a_visit_ahead_points_at_nothing(world: World, clock: Any) -> None:
    world.visit(start_on=dt.date(2026, 12, 9))

    assert write("CANCEL", now=NOW, clock=clock).session_id is None


def test_start_and_help_are_answered(world: World, clock: Any) -> None:
    kinds = [
        answers_to(write(body, now=NOW + n * HOUR, clock=clock)) for n, body in enumerate(["STOP", "START", "HELP"])
    ]

    assert kinds == [["stop_ack"], ["start_ack"], ["help"]]


def test_free_text_gets_the_safe_reply_once_a_day(world: World, visit: Session, clock: Any) -> None:
    said = [write("hello?", now=NOW + after, clock=clock) for after in (0 * HOUR, 23 * HOUR, 25 * HOUR)]

    assert [answers_to(each) for each in said] == [["free_text"], [], ["free_text"]]
    assert {each.outcome for each in said} == {"free"}


def test_a_crisis_is_answered_with_the_numbers_and_confirms_nothing(world: World, visit: Session, clock: Any) -> None:
    inbound = write("1 but I want to die", now=NOW + HOUR, clock=clock)

    assert (inbound.outcome, inbound.is_crisis, answers_to(inbound)) == ("crisis", True, ["crisis"])
    assert fresh(visit).confirmed_at is None


def test_a_crisis_that_says_stop_ends_texts_and_is_answered_all_the_same(world: World, clock: Any) -> None:
    inbound = write("stop texting me, I want to die", now=NOW, clock=clock)

    assert (inbound.outcome, inbound.is_crisis, answers_to(inbound)) == ("stopped_and_more", True, ["crisis"])
    assert Consent.objects.get(patient=world.maria).revoked_at == NOW


def test_a_stop_right_after_a_cry_for_help_does_not_take_the_answer_back(world: World, clock: Any) -> None:
    cry = write("I want to die", now=NOW, clock=clock)

    write("STOP", now=NOW + MINUTE, clock=clock)

    assert Message.objects.get(inbound=cry).state == "pending"


def test_a_stranger_gets_one_neutral_reply_a_day_whatever_they_write(world: World, clock: Any) -> None:
    bodies = ["1", "who is this", "HELP", "STOP"]
    said = [write(body, now=NOW + n * HOUR, clock=clock, sender=STRANGER) for n, body in enumerate(bodies)]

    assert [answers_to(each) for each in said] == [["stranger"], [], [], ["stop_ack"]]
    assert [each.outcome for each in said] == ["stranger", "stranger", "helped", "stopped"]
    assert {(each.patient_id, each.person_id, each.session_id) for each in said} == {(None, None, None)}


def test_a_stranger_belongs_to_the_site_that_wrote_to_that_number(world: World, clock: Any) -> None:
    visit = world.visit(start_on=WEDNESDAY)
    message = told(visit, "day_before", NOW, phone=STRANGER)
    Message.objects.filter(pk=message.pk).update(site=world.other_site)

    assert write("hi", now=NOW + HOUR, clock=clock, sender=STRANGER).site == world.other_site


def test_a_number_known_to_be_somebody_elses_is_a_strangers(world: World, visit: Session, clock: Any) -> None:
    ContactPoint.objects.filter(patient=world.maria).update(is_usable=False, problem="wrong_person", problem_at=NOW)

    inbound = write("1", now=NOW, clock=clock)

    assert (inbound.outcome, inbound.patient_id, fresh(visit).confirmed_at) == ("stranger", None, None)


def test_two_machines_that_answer_each_other_come_to_an_end(world: World, clock: Any) -> None:
    said = [write("HELP", now=NOW + n * MINUTE, clock=clock) for n in range(9)]

    assert sum(len(answers_to(each)) for each in said) == 6


def test_an_answer_is_in_the_language_of_the_person_and_a_strangers_in_that_of_the_word(
    world: World, clock: Any
) -> None:
    world.maria.language = "es"
    world.maria.save()

    known = write("HELP", now=NOW, clock=clock)
    foreign = write("ayuda", now=NOW, clock=clock, sender=STRANGER)

    rows = [Message.objects.get(inbound=each) for each in (known, foreign)]
    assert [(row.language, row.contact_point_id is None) for row in rows] == [("es", False), ("es", True)]


def test_a_text_that_can_not_be_handled_stops_no_other_and_is_tried_again(
    world: World, visit: Session, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver("poison")
    deliver("1")
    react = replies.react

    def picky(inbound: InboundMessage, *args: Any, **more: Any) -> None:
        if inbound.body == "poison":
            raise RuntimeError("poison")
        react(inbound, *args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(replies, "react", picky)
        handled = handle_inbound(now=NOW)

    left = InboundMessage.objects.get(handled_at=None)
    assert (handled, left.body, fresh(visit).confirmed_at) == (1, "poison", NOW)
    assert handle_inbound(now=NOW) == 1


def test_handling_the_same_text_twice_is_handling_it_once(world: World, visit: Session, clock: Any) -> None:
    inbound = write("1", now=NOW, clock=clock)
    events, messages = SessionEvent.objects.count(), Message.objects.count()
    InboundMessage.objects.filter(pk=inbound.pk).update(handled_at=None)

    handle_inbound(now=NOW + MINUTE)

    assert (SessionEvent.objects.count(), Message.objects.count()) == (events, messages)


def test_the_beat_and_the_loop_without_a_broker_look_every_twenty_seconds() -> None:
    entry = app.conf.beat_schedule["handle what came in"]

    assert (entry["task"], entry["schedule"]) == ("notifications.handle_inbound", 20)
    assert poll_messages.STEPS.index(handle_inbound) < poll_messages.STEPS.index(drain_messages)
