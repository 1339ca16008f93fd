"""Freed times, recalls and forms: said only to whom they are of use, and who agreed to hear of them."""

import datetime as dt

import pytest

from notifications.models import Message
from notifications.rendering import said
from patients.models import Consent, MeasureResult, Patient
from scheduling.actions import offers as slot_offers
from scheduling.models import Protocol, Session, SlotOffer
from tests.factories import NOW, World
from tests.notifications.days import DAY, HOUR, MINUTE, left, look, settle
from tests.scheduling.freed import FreedDesk

TUESDAY = dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)  # 10am in New York


def agree(patient_id: int, purpose: str) -> None:
    Consent.objects.create(
        patient_id=patient_id, channel="sms", purpose=purpose, wording="2026-11", how="at the desk", given_at=NOW
    )


@pytest.fixture
def asked(world: World) -> list[SlotOffer]:
    """Three people were asked about a freed time; the first one agreed to be."""
    desk = FreedDesk(world)
    gone = desk.gone()
    desk.three()
    rows = desk.offer(gone, now=gone.starts_at - 2 * DAY + HOUR)  # 9:30am
    agree(rows[0].patient_id, "offers")
    return rows


def test_a_freed_time_is_offered_at_once_to_who_agreed_and_the_desk_hears_of_the_others(
    asked: list[SlotOffer],
) -> None:
    look(asked[0].asked_at + MINUTE)

    assert [(m.offer, m.patient_id) for m in left(kind="opening")] == [(asked[0], asked[0].patient_id)]
    assert "Want it? Tap by" in said(left(kind="opening")[0])
    assert set(Message.objects.filter(kind="opening", state="unreachable").values_list("offer_id", flat=True)) == {
        row.pk for row in asked[1:]
    }


@pytest.mark.parametrize("how", ["declined", "expired", "by phone"])
def test_an_offer_that_is_over_or_was_made_by_phone_is_not_texted(
    world: World, asked: list[SlotOffer], how: str
) -> None:
    now = asked[0].asked_at
    if how == "declined":
        slot_offers.decline(request=world.request, offer_id=asked[0].pk, now=now)
    elif how == "by phone":
        SlotOffer.objects.update(is_by_phone=True)
    else:
        now = asked[0].expires_at

    look(now + MINUTE)

    assert left(kind="opening") == []


def test_a_second_look_asks_nobody_again(asked: list[SlotOffer]) -> None:
    look(asked[0].asked_at + MINUTE)
    before = Message.objects.count()

    look(asked[0].asked_at + 2 * MINUTE)

    assert Message.objects.count() == before


@pytest.fixture
def last(world: World) -> Session:
    """The last visit of a course whose visits are four weeks apart, with none ahead."""
    session = world.visit(start_on=TUESDAY.date(), preferred_minute=780)
    protocol = session.course.protocol
    definition = protocol.definition | {"reminders": {"style": "recall"}}
    definition["phases"] = [definition["phases"][0] | {"interval_weeks": 4}]
    Protocol.objects.filter(pk=protocol.pk).update(definition=definition)
    Session.objects.filter(pk=session.pk).update(state="completed", arrived_at=session.starts_at)
    return session


def test_a_patient_with_no_visit_ahead_is_recalled_when_the_time_opens_and_a_week_later(last: Session) -> None:
    opens = TUESDAY + 21 * DAY
    for days in range(45):
        settle(TUESDAY + days * DAY)

    assert [(m.kind, m.handed_at) for m in left(kind="recall")] == [("recall", opens), ("recall", opens + 7 * DAY)]


def test_who_has_a_visit_ahead_is_not_recalled(world: World, last: Session) -> None:
    Session.objects.filter(pk=last.pk).update(state="booked", arrived_at=None)

    settle(TUESDAY + 21 * DAY)

    assert left(kind="recall") == []


def course_with_form(world: World) -> Patient:
    world.book()
    return world.maria


def test_a_form_is_due_two_days_before_the_visit_it_belongs_to_for_who_agreed(world: World) -> None:
    patient = course_with_form(world)
    agree(patient.pk, "forms")

    settle(TUESDAY - 2 * DAY)

    [message] = left(kind="form_due")
    assert message.session is not None
    assert message.session.number == 1


def test_in_a_daily_course_it_is_due_on_the_day_of_the_visit_it_is_about(world: World) -> None:
    patient = course_with_form(world)
    agree(patient.pk, "forms")
    fifth, sixth = Session.objects.filter(patient=patient, number__in=(5, 6)).order_by("number")

    found = []
    for day in (fifth.day - DAY, fifth.day):
        settle(dt.datetime.combine(day, dt.time(17), dt.UTC))
        found.append(Message.objects.filter(kind="form_due", session=sixth).count())

    assert (sixth.day - fifth.day, found) == (DAY, [0, 1])


@pytest.mark.parametrize("why", ["did not agree", "is filled in"])
def test_no_form_is_asked_for_where_nobody_agreed_or_it_is_there(world: World, why: str) -> None:
    patient = course_with_form(world)
    if why == "is filled in":
        agree(patient.pk, "forms")
        MeasureResult.objects.create(
            patient=patient, instrument="phq9", score=12, measured_on=NOW.date(), recorded_at=NOW
        )

    settle(TUESDAY - 2 * DAY)
    settle(TUESDAY - DAY + HOUR)

    assert Message.objects.filter(kind="form_due").count() == 0
