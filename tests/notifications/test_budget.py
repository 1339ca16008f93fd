"""How many texts a course comes to: a few, and each with a purpose."""

import datetime as dt
import sys
from zoneinfo import ZoneInfo

import pytest

from scheduling.models import Session
from tests.factories import NOW, World
from tests.notifications.days import DAY, LOOKS, at, attend, by_kind, left, settle

HERE = ZoneInfo("America/New_York")


def play(world: World, course_id: int, last: dt.date) -> None:
    """Let a course take place day by day, without incident."""
    day = NOW.astimezone(HERE).date()
    settle(NOW + dt.timedelta(minutes=4))
    while day <= last:
        for hour in LOOKS:
            settle(at(day, hour, zone=HERE))
        for session in Session.objects.filter(course=course_id, day=day, state="booked").select_related("course"):
            attend(world, session)
        day += DAY


def test_a_course_of_36_without_incident_sends_at_most_twelve_texts(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    course = world.book()
    last = Session.objects.filter(course=course).latest("starts_at").day

    play(world, course.pk, last)

    texts = by_kind(left(channel="sms"))
    with capsys.disabled():
        sys.stdout.write(f"\n36 visits, texts by kind: {texts}\n")
    assert texts == {"booked": 1, "day_before": 1, "week": 10}
    assert sum(texts.values()) <= 12
    assert set(Session.objects.filter(course=course).values_list("state", flat=True)) == {"completed"}
