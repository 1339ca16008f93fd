"""Nobody is written to at night, nor more often than a site or the law allows."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from notifications import hours
from notifications.domain.window import LAW, USUAL, Hours
from notifications.models import AskedFor, Message, SitePolicy
from patients.models import ContactPoint
from scheduling.models import Session
from tests.factories import NOW, World, make_patient
from tests.notifications.days import DAY, HOUR, MINUTE, at, left, look, settle
from tests.notifications.desk import cancel_visit, move_visit

NEW_YORK, KOLKATA, HONOLULU = "America/New_York", "Asia/Kolkata", "Pacific/Honolulu"
HERE = ZoneInfo(NEW_YORK)
VISIT_DAY = dt.date(2026, 11, 24)


def here(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> dt.datetime:
    return at(dt.date(year, month, day), hour, minute, zone=HERE)


@pytest.mark.parametrize(
    ("zone", "due", "until", "said"),
    [
        (NEW_YORK, here(11, 23, 10), here(11, 24, 11), here(11, 23, 10)),
        (NEW_YORK, here(11, 23, 22), here(11, 24, 11), here(11, 24, 9)),  # at night: in the morning
        (NEW_YORK, here(11, 24, 6, 30), here(11, 24, 8), here(11, 23, 19)),  # too late by then: the evening before
        (KOLKATA, here(11, 23, 10), here(11, 23, 20), here(11, 23, 8, 30)),  # half past eight there: before it is night
        (HONOLULU, here(11, 23, 10), here(11, 23, 20), here(11, 23, 14)),  # five in the morning there: at nine
    ],
)
def test_what_is_due_at_night_is_said_after_it_or_where_that_is_too_late_before_it(
    zone: str, due: dt.datetime, until: dt.datetime, said: dt.datetime
) -> None:
    assert hours.placed(due, until=until, zone=zone, hours=USUAL, now=here(11, 22, 12)) == said


def test_what_can_neither_be_said_after_the_night_nor_before_it_is_never_said() -> None:
    due, until = here(11, 23, 22), here(11, 24, 8, 30)

    assert hours.placed(due, until=until, zone=NEW_YORK, hours=USUAL, now=due) is None
    assert hours.placed(due, until=until, zone=NEW_YORK, hours=LAW, now=due) == here(11, 24, 8)


@pytest.mark.parametrize(
    "day", [dt.date(2027, 3, 13), dt.date(2027, 3, 14), dt.date(2026, 10, 31), dt.date(2026, 11, 1)]
)
def test_the_window_is_on_the_wall_on_days_of_23_and_25_hours(day: dt.date) -> None:
    assert hours.next_opening(at(day, 7, zone=HERE), NEW_YORK, USUAL) == at(day, 9, zone=HERE)
    assert hours.opening_of_next_day(at(day, 7, zone=HERE), NEW_YORK, USUAL) == at(day + DAY, 9, zone=HERE)
    assert hours.is_open(at(day, 19, 59, zone=HERE), NEW_YORK, USUAL)
    assert not hours.is_open(at(day, 20, zone=HERE), NEW_YORK, USUAL)


def test_half_open_hours() -> None:
    assert [Hours(60, 120).is_open(minute) for minute in (59, 60, 119, 120)] == [False, True, True, False]


def test_somebody_far_away_is_reminded_in_their_own_morning(world: World) -> None:
    ContactPoint.objects.filter(patient=world.maria).update(zone=KOLKATA)
    world.visit(start_on=VISIT_DAY, preferred_minute=780)

    for hour in (10, 15, 20, 22):
        look(here(11, 23, hour))
    look(here(11, 23, 22, 30))

    assert [m.handed_at for m in left(kind="day_before")] == [here(11, 23, 22, 30)]  # 9am in Kolkata


def test_a_reminder_asked_for_two_hours_before_an_early_visit_is_sent_the_evening_before(world: World) -> None:
    AskedFor.objects.create(patient=world.maria, kind="same_day", since=NOW)
    world.visit(start_on=VISIT_DAY, preferred_minute=510)

    for hour in (10, 18, 19, 20):
        look(here(11, 23, hour))
    for hour in (6, 7, 8):
        look(here(11, 24, hour))

    assert [m.handed_at for m in left(kind="same_day")] == [here(11, 23, 19)]


def test_a_reminder_on_the_day_is_sent_two_hours_before_and_to_nobody_who_did_not_ask(world: World) -> None:
    AskedFor.objects.create(patient=world.maria, kind="same_day", since=NOW)
    for patient, minute in ((world.maria, 780), (world.daniel, 900)):
        world.visit(patient, start_on=VISIT_DAY, preferred_minute=minute)

    for hour in (9, 10, 11, 12, 13):
        look(here(11, 24, hour))

    assert [(m.patient_id, m.handed_at) for m in left(kind="same_day")] == [(world.maria.pk, here(11, 24, 11))]


def test_a_daily_patient_who_asked_is_reminded_of_every_visit(world: World) -> None:
    AskedFor.objects.create(patient=world.maria, kind="day_before", since=NOW)
    world.book()
    look(here(11, 20, 12))

    for day in (23, 24, 26):
        settle(here(11, day, 10))

    assert [str(m.session and m.session.day) for m in left(kind="day_before")] == [
        "2026-11-24",
        "2026-11-25",
        "2026-11-27",
    ]


def test_a_site_narrows_the_window(world: World) -> None:
    SitePolicy.objects.create(site=world.site, opens=10 * 60, closes=18 * 60)
    world.book()

    look(NOW + 5 * MINUTE)  # 9:05am
    before = left()
    look(here(11, 16, 10))

    assert before == []
    assert [m.kind for m in left()] == ["booked"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (here(11, 23, 20, 30), here(11, 23, 20, 33)),  # after the site's hours and within the law's
        (here(11, 23, 21, 30), here(11, 24, 8)),
    ],
)
def test_a_cancellation_for_the_next_morning_uses_the_hours_of_the_law(
    world: World, change: dt.datetime, said: dt.datetime
) -> None:
    session = world.visit(start_on=VISIT_DAY, preferred_minute=510)  # 8:30am
    settle(NOW + 4 * MINUTE)
    cancel_visit(world, session, now=change)

    look(change + 3 * MINUTE)
    look(here(11, 24, 7))
    look(here(11, 24, 8))

    assert [m.handed_at for m in left(kind="cancelled")] == [said]


def test_a_third_text_of_a_day_waits_for_the_next(world: World) -> None:
    for minute in (600, 660, 720):
        world.visit(start_on=VISIT_DAY, preferred_minute=minute, now=NOW + (minute - 600) * MINUTE)
        settle(NOW + (minute - 596) * MINUTE)
    same_day = [m.kind for m in left()]
    settle(NOW + DAY)

    assert same_day == ["booked", "booked"]
    assert [m.kind for m in left()] == ["booked", "booked", "booked"]


def test_a_site_may_allow_one_text_a_day_only(world: World) -> None:
    SitePolicy.objects.create(site=world.site, daily_cap=1)
    session = world.visit(start_on=VISIT_DAY, preferred_minute=780)
    settle(NOW + 4 * MINUTE)
    move_visit(world, session, VISIT_DAY + DAY, 600, now=NOW + HOUR)

    settle(NOW + HOUR + 4 * MINUTE)
    same_day = [m.kind for m in left()]
    settle(NOW + DAY)

    assert same_day == ["booked"]
    assert [m.kind for m in left()] == ["booked", "moved"]


def test_the_cap_does_not_drop_what_keeps_somebody_from_coming_in_vain(world: World) -> None:
    SitePolicy.objects.create(site=world.site, daily_cap=1)
    session = world.visit(start_on=dt.date(2026, 11, 17), preferred_minute=540, now=NOW)  # next morning, 9am
    settle(NOW + 4 * MINUTE)
    assert len(left()) == 1
    cancel_visit(world, session, now=NOW + HOUR)

    settle(NOW + HOUR + 4 * MINUTE)

    assert [m.kind for m in left()][-1] == "cancelled"


def test_seven_texts_a_week_are_enough_whoever_the_records_are(world: World) -> None:
    twin = make_patient(world.site, world.receptionist, "Rosa", "Garcia", birth_date=dt.date(2010, 1, 1))
    session = world.visit(twin, start_on=dt.date(2026, 12, 14), preferred_minute=780)
    point = ContactPoint.objects.get(patient=world.maria)
    settle(NOW + 4 * MINUTE)
    [booked] = left()
    copies = [
        Message(
            dedupe_key=f"past-{number}",
            site=world.site,
            patient=world.maria,
            contact_point=point,
            session=session,
            address_hash=booked.address_hash,
            kind="moved",
            channel="sms",
            state="delivered",
            due_at=NOW + number * DAY,
            send_by=NOW + 30 * DAY,
            handed_at=NOW + number * DAY,
            created_at=NOW + number * DAY,
        )
        for number in range(1, 7)
    ]
    Message.objects.bulk_create(copies)
    move_visit(world, session, dt.date(2026, 12, 15), 600, now=NOW + 6 * DAY + HOUR)

    settle(NOW + 6 * DAY + HOUR + 4 * MINUTE)
    in_the_week = left(patient=twin)
    settle(NOW + 7 * DAY + HOUR)

    assert [m.kind for m in in_the_week] == ["booked"]
    assert [m.kind for m in left(patient=twin)] == ["booked", "moved"]
    assert Session.objects.get(pk=session.pk).day == dt.date(2026, 12, 15)
