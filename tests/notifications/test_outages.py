"""The worker was down for an hour, a day, a week: what is said afterwards is true, of use, and said once."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest

from attention.queries import listing
from notifications.models import Message
from notifications.rendering import said
from notifications.untold import visits_untold
from patients.models import Patient
from scheduling.domain.states import CancelledBy
from scheduling.models import Session
from tests.factories import NOW, World, make_patient
from tests.notifications.days import DAY, HOUR, MINUTE, at, left, look, settle
from tests.notifications.desk import cancel_visit, move_visit

HERE = ZoneInfo("America/New_York")
RELATIVE = re.compile(r"\b(today|tomorrow|tonight|yesterday|hoy|mañana|ayer)\b", re.IGNORECASE)
SKIPPED = ("skipped_stale", "skipped_changed", "skipped_merged", "unreachable")


def here(month: int, day: int, hour: int, minute: int = 0, *, year: int = 2026) -> dt.datetime:
    return at(dt.date(year, month, day), hour, minute, zone=HERE)


def people(world: World, number: int) -> list[Patient]:
    """Return so many patients, each with a phone of their own."""
    names = ["Aisha", "Omar", "Lena", "Pete"][:number]
    return [
        make_patient(world.site, world.receptionist, name, "Lee", phone=f"+1555010205{place}")
        for place, name in enumerate(names)
    ]


@pytest.fixture
def clinic(world: World) -> World:
    """A clinic with daily courses and single visits in the last days of November, told of up to Friday the 20th."""
    world.book()  # daily from Tuesday the 24th, 8:30
    world.visit(world.daniel, start_on=dt.date(2026, 11, 24), preferred_minute=780)
    aisha, omar, lena = people(world, 3)
    world.visit(aisha, start_on=dt.date(2026, 11, 24), preferred_minute=900)
    world.visit(omar, start_on=dt.date(2026, 12, 1), preferred_minute=480)
    world.visit(lena, start_on=dt.date(2026, 12, 2), preferred_minute=660)
    settle(NOW + 4 * MINUTE)
    for day in (20, 21):
        for hour in (10, 12):
            settle(here(11, day, hour))
    return world


def starts_of(message: Message) -> list[dt.datetime]:
    """Return when the visits begin that a message names or should have named."""
    if message.session is not None:
        return [message.session.starts_at]
    of_course = Session.objects.filter(course=message.course_id, state="booked")
    if message.week_of:
        of_course = of_course.filter(day__range=(message.week_of, message.week_of + 6 * DAY))
    return [of_course.latest("starts_at").starts_at]


def check(messages: Sequence[Message]) -> None:
    """Fail if something was said of the past, by a relative day, or twice on one day to one patient."""
    for message in messages:
        assert message.handed_at is not None
        assert max(starts_of(message)) > message.handed_at, "it is about the past"
        assert not RELATIVE.search(said(message)), "it says a relative day"
    days = Counter((m.patient_id, m.handed_at.astimezone(HERE).date()) for m in messages if m.handed_at)
    assert max(days.values(), default=0) <= 1, "two texts on one day"


OUTAGES = {
    "1 h": (here(11, 23, 9, 30), here(11, 23, 10, 30)),
    "26 h": (here(11, 23, 9, 30), here(11, 24, 11, 30)),
    "8 days": (here(11, 23, 9, 30), here(12, 1, 9, 30)),
    "over the Friday digest": (here(11, 27, 11), here(11, 28, 13)),
    "over the week-end, from before the digest": (here(11, 27, 11), here(11, 30, 14)),
}


@pytest.mark.parametrize("name", OUTAGES)
def test_after_an_outage_nothing_is_said_of_the_past_and_nobody_gets_two_texts_a_day(clinic: World, name: str) -> None:
    down, up = OUTAGES[name]
    if down > here(11, 24, 0):
        settle(here(11, 23, 10))
    before = set(Message.objects.values_list("pk", flat=True))

    for hours in (0, 1, 4, 8, 24, 27):
        settle(up + hours * HOUR)

    new = [message for message in left() if message.handed_at and message.handed_at >= up]
    check(new)
    assert new, "what is still of use is said"
    for row in Message.objects.filter(state__in=SKIPPED).exclude(pk__in=before):
        assert row.reason


@pytest.mark.parametrize("name", OUTAGES)
def test_every_visit_ahead_is_told_of_or_somebody_is_asked_to_call(clinic: World, name: str) -> None:
    down, up = OUTAGES[name]
    if down > here(11, 24, 0):
        settle(here(11, 23, 10))
    ahead = Session.objects.filter(course__protocol__code="consult", starts_at__gt=up, starts_at__lt=up + DAY)

    settle(up)

    told = {message.session_id for message in left()}
    asked = {found.session_id for found in visits_untold(site_ids=[clinic.site.pk], now=up)}
    waiting = set(Message.objects.filter(state="pending").values_list("session_id", flat=True))
    assert set(ahead.values_list("pk", flat=True)) <= told | asked | waiting
    keys = {item.key for item in listing.items(site_ids=[clinic.site.pk], now=up) if item.key.startswith("untold:")}
    assert keys == {
        f"untold:{found.session_id}:{found.timing_version}"
        for found in visits_untold(site_ids=[clinic.site.pk], now=up)
    }


def test_a_visit_whose_reminder_came_too_late_is_on_the_list_until_it_begins(world: World) -> None:
    clinic = world
    world.visit(world.daniel, start_on=dt.date(2026, 11, 24), preferred_minute=780)
    settle(NOW + 4 * MINUTE)
    up = here(11, 24, 11, 30)  # an hour and a half ahead

    settle(up)

    [found] = visits_untold(site_ids=[clinic.site.pk], now=up)
    [item] = [each for each in listing.items(site_ids=[clinic.site.pk], now=up) if each.key.startswith("untold")]
    assert (found.patient_id, item.patient_id) == (clinic.daniel.pk, clinic.daniel.pk)
    assert (item.title, item.deadline) == ("Not reminded of a visit", here(11, 24, 13))
    assert item.detail == ("Tue Nov 24, 1pm. There was no time left at which the site may write. Call the patient.")
    assert visits_untold(site_ids=[clinic.site.pk], now=here(11, 24, 13)) == []
    assert visits_untold(site_ids=[clinic.other_site.pk], now=up) == []


def test_a_reminder_two_hours_ahead_is_said_late(clinic: World) -> None:
    settle(here(11, 24, 10, 45))  # 3pm is more than two hours ahead, 1pm is too

    late = {m.patient_id for m in left(kind="day_before") if m.handed_at and m.handed_at >= here(11, 24, 0)}

    assert len(late) == 2  # of single visits; the daily one had begun
    assert visits_untold(site_ids=[clinic.site.pk], now=here(11, 24, 10, 46)) == []


def test_what_the_desk_changed_during_the_outage_is_told_once_and_as_it_stands(clinic: World) -> None:
    settle(here(11, 23, 10))
    daniel = Session.objects.get(patient=clinic.daniel)
    omar = Session.objects.get(patient__first_name="Omar")
    move_visit(clinic, daniel, dt.date(2026, 11, 30), 780, now=here(11, 23, 15))
    move_visit(clinic, daniel, dt.date(2026, 12, 2), 780, now=here(11, 23, 16))
    cancel_visit(clinic, omar, now=here(11, 24, 9), by_whom=CancelledBy.CLINIC)
    up = here(11, 27, 10)

    settle(up)

    new = [m for m in left() if m.handed_at and m.handed_at >= up]
    check(new)
    told = {(m.patient_id, m.kind, m.facts.get("when") or m.facts.get("old")) for m in new if m.kind != "week"}
    assert told == {
        (clinic.daniel.pk, "moved", "Wed, Dec 2 at 1pm ET"),
        (omar.patient_id, "cancelled", "Tue, Dec 1"),
    }


def test_over_a_change_of_the_clocks_ten_o_clock_is_ten_on_the_wall(world: World) -> None:
    world.visit(world.daniel, start_on=dt.date(2027, 3, 15), preferred_minute=780, now=here(3, 1, 9, year=2027))
    settle(here(3, 1, 9, 4, year=2027))
    settle(here(3, 12, 10, year=2027))  # three days ahead
    due = here(3, 14, 10, year=2027)  # the clocks went forward that night

    look(due - MINUTE)
    early = left(kind="day_before")
    settle(due + 26 * HOUR)  # the worker was down for a day

    assert early == []
    assert [m.due_at for m in Message.objects.filter(kind="day_before")] == [due]
    check([m for m in left() if m.handed_at and m.handed_at > due])


def naive(world: World, *, down: dt.datetime, up: dt.datetime) -> list[Message]:
    """Return what a planner sends that only asks what was due: every reminder it missed, at once."""
    rows = []
    for session in Session.objects.filter(site=world.site, state="booked").order_by("pk"):
        due = at(session.day - DAY, 10, zone=HERE)
        if down <= due <= up:
            rows.append(
                Message(
                    dedupe_key=f"naive-{session.pk}",
                    patient_id=session.patient_id,
                    session=session,
                    course_id=session.course_id,
                    kind="day_before",
                    handed_at=up,
                )
            )
    return rows


@pytest.mark.parametrize("name", ["26 h", "8 days"])
def test_a_naive_planner_does_not_pass(clinic: World, name: str) -> None:
    down, up = OUTAGES[name]

    with pytest.raises(AssertionError, match=r"it is about the past|two texts on one day"):
        check(naive(clinic, down=down, up=up))
