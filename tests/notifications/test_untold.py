"""Nobody comes in vain and nobody is missed: what was skipped and is still ahead is on somebody's list."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Message
from notifications.together import Together
from notifications.untold import visits_untold
from patients.models import RelatedPerson
from scheduling.actions import course_states
from scheduling.domain.states import CancelledBy
from scheduling.models import Session
from scheduling.queries import messaging
from tests.factories import NOW, World
from tests.notifications.days import DAY, HOUR, MINUTE, at, left, settle
from tests.notifications.desk import cancel_visit
from tests.notifications.made import texted
from tests.scheduling.outage_scenes import TUESDAY, Clinic

HERE = ZoneInfo("America/New_York")
DAY_OF_VISIT = dt.date(2026, 11, 24)


def untold(world: World, now: dt.datetime) -> list[int]:
    return [found.session_id for found in visits_untold(site_ids=[world.site.pk], now=now)]


@pytest.fixture
def visit(world: World) -> Session:
    return world.visit(start_on=DAY_OF_VISIT, preferred_minute=780)


def stale(world: World, session: Session, kind: str) -> Message:
    return texted(
        world, session.patient, kind=kind, state="skipped_stale", timing_version=session.timing_version, handed_at=None
    )


@pytest.mark.parametrize(
    ("by_whom", "is_there"),
    [(CancelledBy.CLINIC, True), (CancelledBy.SYSTEM, True), (CancelledBy.PATIENT, False)],
)
def test_a_cancelled_visit_nobody_was_told_of_is_there_unless_the_patient_cancelled_it(
    world: World, visit: Session, by_whom: CancelledBy, is_there: bool
) -> None:
    row = cancel_visit(world, visit, now=NOW + HOUR, by_whom=by_whom)
    stale(world, row, "cancelled")

    found = visits_untold(site_ids=[world.site.pk], now=NOW + 2 * HOUR)

    assert [(each.session_id, each.is_cancelled) for each in found] == ([(visit.pk, True)] if is_there else [])


@pytest.mark.parametrize(("kind", "is_there"), [("form_due", True), ("ride", True), ("escort", True), ("prep", False)])
def test_only_how_to_get_ready_says_how_to_get_ready(world: World, visit: Session, kind: str, is_there: bool) -> None:
    stale(world, visit, "prep")
    more = {}
    if kind == "escort":
        person = RelatedPerson.objects.create(
            patient=world.maria, role="escort", name="Ines Garcia", phone="+15550107777", language="es"
        )
        more = {"related_person": person, "contact_point": None}
    texted(world, visit.patient, kind=kind, dedupe_key="said", **more)

    assert untold(world, NOW + HOUR) == ([visit.pk] if is_there else [])


def test_a_form_does_not_say_that_there_is_a_visit_and_its_reminder_does(world: World, visit: Session) -> None:
    stale(world, visit, "day_before")
    texted(world, visit.patient, kind="form_due")
    before = untold(world, NOW + HOUR)

    texted(world, visit.patient, kind="first_visit")

    assert (before, untold(world, NOW + HOUR)) == ([visit.pk], [])


def test_a_booking_that_could_not_be_told_in_time_is_there_until_the_visit_begins(world: World) -> None:
    seven = at(DAY_OF_VISIT, 7, zone=HERE)
    session = world.visit(start_on=DAY_OF_VISIT, preferred_minute=510, now=seven)
    settle(seven + 4 * MINUTE)

    assert Message.objects.get(kind="booked").state == "skipped_stale"
    assert untold(world, seven + 5 * MINUTE) == [session.pk]
    assert untold(world, session.starts_at) == []


def test_a_week_that_could_not_be_told_in_time_names_its_next_visit(world: World) -> None:
    course = world.book()
    settle(NOW + 4 * MINUTE)
    up = at(dt.date(2026, 12, 4), 6, zone=HERE)  # Friday: of the week only today's visit is left

    settle(up)

    session = Session.objects.get(course=course, day=dt.date(2026, 12, 4))
    assert Message.objects.filter(kind="week", week_of=dt.date(2026, 11, 30), state="skipped_stale").exists()
    assert session.pk in untold(world, up + 2 * MINUTE)


OUTAGES = {
    "the night before": (at(dt.date(2026, 11, 23), 9, 30, zone=HERE), at(DAY_OF_VISIT, 7, zone=HERE)),
    "eight days": (at(dt.date(2026, 11, 23), 9, 30, zone=HERE), at(dt.date(2026, 12, 1), 7, zone=HERE)),
    "over the digest": (at(dt.date(2026, 11, 27), 11, zone=HERE), at(dt.date(2026, 11, 30), 7, zone=HERE)),
}


@pytest.mark.parametrize("name", OUTAGES)
def test_after_an_outage_each_visit_of_a_skipped_message_is_told_or_on_the_list(world: World, name: str) -> None:
    down, up = OUTAGES[name]
    world.book()
    for day in (24, 30):
        world.visit(world.daniel, start_on=dt.date(2026, 11, day), preferred_minute=780)
    world.visit(world.daniel, start_on=dt.date(2026, 12, 1), preferred_minute=480)
    settle(NOW + 4 * MINUTE)
    settle(down)

    settle(up)
    settle(up + 2 * HOUR + 5 * MINUTE)
    now = up + 2 * HOUR + 7 * MINUTE

    listed = {found.session_id for found in visits_untold(site_ids=[world.site.pk], now=now)}
    waiting = set(Message.objects.filter(state="pending").values_list("session_id", flat=True))
    told = {pk for message in left() if message.handed_at and message.handed_at >= up for pk in visits_of(message)}
    told |= {pk for message in left(kind="week") for pk in visits_of(message)}
    for row in Message.objects.filter(state="skipped_stale"):
        ahead = Session.objects.filter(pk__in=visits_of(row), starts_at__gt=now, state="booked").order_by("starts_at")
        assert {session.pk for session in ahead[:1]} <= told | listed | waiting, row.kind


def visits_of(message: Message) -> set[int]:
    """Return the visits a message says, with those of the messages that are said in it."""
    rows = [message, *message.merged.all()]
    found = {row.session_id for row in rows if row.session_id}
    for row in rows:
        if row.session_id is None:
            visits = Session.objects.filter(course=row.course_id)
            if row.week_of:
                visits = visits.filter(day__range=(row.week_of, row.week_of + 6 * DAY))
            found |= set(visits.values_list("pk", flat=True))
    return found


def test_a_closed_day_of_three_patients_is_one_text_each_though_one_has_two_courses(world: World) -> None:
    clinic = Clinic(world)
    first, second = clinic.course(0, 510), clinic.course(1, 600)
    third = world.visit(clinic.patient(2), start_on=TUESDAY, preferred_minute=780)
    again = world.visit(first.patient, start_on=TUESDAY, preferred_minute=840)
    settle(NOW + 4 * MINUTE)
    settle(at(NOW.date() + DAY, 10, zone=HERE))
    before = {message.pk for message in left()}
    now = at(NOW.date() + DAY, 11, zone=HERE)
    clinic.block(now=now)

    settle(now + 4 * MINUTE)

    new = [message for message in left() if message.pk not in before]
    assert sorted(message.patient_id or 0 for message in new) == sorted(
        [first.patient_id, second.patient_id, third.patient_id]
    )
    own = next(message for message in new if message.patient_id == again.patient_id)
    assert {row.course_id for row in [own, *own.merged.all()]} == {first.pk, again.course_id}


@pytest.mark.parametrize("kind", ["moved", "cancelled"])
def test_what_one_text_says_for_many_is_read_at_once(world: World, kind: str) -> None:
    course = world.book()
    if kind == "cancelled":
        course_states.hold_course(request=world.request, course_id=course.pk, version=1, reason="Flu", now=NOW)
    rows = [
        texted(world, world.maria, kind=kind, session=each, timing_version=each.timing_version, dedupe_key=str(each.pk))
        for each in Session.objects.filter(course=course).order_by("starts_at")
    ]
    counts = []
    for number in (2, 30):
        together = Together(rows[0], rows[1:number], visits=messaging)
        with CaptureQueriesContext(connection) as queries:
            visits = together.moved() if kind == "moved" else together.cancelled(NOW)
        assert len(visits) == number
        counts.append(len(queries))

    assert counts[0] == counts[1]
