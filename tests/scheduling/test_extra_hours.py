"""One day opened beside the week's template: what it opens, what keeps it closed, and taking it back."""

import datetime as dt
from typing import Any

import pytest

from scheduling.actions import catalogue, courses, extra_hours, setup
from scheduling.actions.setup import NewResource
from scheduling.domain import local_time
from scheduling.errors import IllegalMove, NotFound, PlanGone, Rejected
from scheduling.models import ExtraHours, Resource, Session
from scheduling.queries import availability, outages
from scheduling.queries.board import board
from scheduling.queries.working_days import working_days
from tests.factories import NOW, World, propose
from tests.scheduling.outage_scenes import Clinic

SATURDAY = dt.date(2026, 12, 5)
EIGHT, NOON = 8 * 60, 12 * 60


def opened(world: World, *, day: dt.date = SATURDAY, **more: Any) -> int:
    asked: dict[str, Any] = {"from_minute": EIGHT, "to_minute": NOON} | more
    row, _again = extra_hours.open_extra(request=world.request, site=world.site, day=day, now=NOW, **asked)
    return row


def removed(world: World, row: int) -> None:
    extra_hours.remove_extra(request=world.request, extra_id=row, now=NOW)


@pytest.fixture
def any_day(world: World, tmp_path: Any) -> str:
    """A protocol of one visit on a device, given on any day of the week."""
    (tmp_path / "any_day.yaml").write_text(ANY_DAY)
    catalogue.load_protocols(folder=tmp_path, now=NOW)
    return "any_day"


def asked(world: World, code: str, day: dt.date = SATURDAY) -> Any:
    return propose(world.site, world.maria, protocol_code=code, start_on=day, preferred_minute=EIGHT)


def test_a_saturday_of_the_site_opens_everything_in_it_for_its_hours(world: World, any_day: str) -> None:
    with pytest.raises(Rejected, match="closed on Sat Dec 5"):
        asked(world, any_day)

    opened(world)

    [planned] = asked(world, any_day).plan.sessions
    lanes, _closures = availability.lanes_of(site=world.site, kinds=["tms_device"], first=SATURDAY, days=0)
    assert (planned.day, planned.minute) == (SATURDAY, EIGHT)
    assert [lane.hours for lane in lanes] == [{SATURDAY.toordinal(): _mask(EIGHT, NOON)}] * 3


def test_hours_of_one_device_open_nothing_else(world: World) -> None:
    device = Resource.objects.get(site=world.site, name="NeuroStar 2")

    opened(world, resource_id=device.pk)

    lanes, _closures = availability.lanes_of(site=world.site, kinds=["tms_device"], first=SATURDAY, days=0)
    assert {lane.name: lane.hours for lane in lanes} == {
        "NeuroStar 1": {},
        "NeuroStar 2": {SATURDAY.toordinal(): _mask(EIGHT, NOON)},
        "NeuroStar 3": {},
    }


def test_who_keeps_hours_of_their_own_does_not_come_because_the_house_opens(world: World) -> None:
    mondays = {1: [(dt.time(8), dt.time(12))]}
    setup.add_resources(site=world.site, resources=[NewResource("psychiatrist", "Dr. Moss", hours=mondays)])

    opened(world)

    lanes, _closures = availability.lanes_of(site=world.site, kinds=["psychiatrist"], first=SATURDAY, days=0)
    assert {lane.name for lane in lanes if lane.hours} == {"Dr. Weiss"}


def test_the_week_stays_as_it_is(world: World) -> None:
    opened(world)

    assert not availability.is_open_on(site=world.site, day=SATURDAY + dt.timedelta(days=7))
    assert availability.is_open_on(site=world.site, day=SATURDAY)


def test_closing_wins(world: World, any_day: str) -> None:
    opened(world)
    Clinic(world).block_now(first=SATURDAY, last=SATURDAY)

    with pytest.raises(Rejected, match="closed on Sat Dec 5"):
        asked(world, any_day)


def test_the_board_and_the_working_days_know_it(world: World) -> None:
    before = board(site=world.site, day=SATURDAY, now=NOW)

    opened(world)

    after = board(site=world.site, day=SATURDAY, now=NOW)
    assert (before.closed, after.closed) == ("No opening hours", "")
    assert (after.opens, after.closes, after.columns[0].blocked) == (EIGHT, NOON, ())
    days = working_days([world.site.pk], first=SATURDAY, last=SATURDAY)[world.site.pk]
    assert days.is_working(SATURDAY) is True
    friday = SATURDAY - dt.timedelta(days=1)
    assert availability.next_open_day(site=world.site, after=friday) == SATURDAY


def test_hours_are_taken_back_while_nobody_is_booked(world: World, any_day: str) -> None:
    row = opened(world)

    removed(world, row)

    with pytest.raises(Rejected, match="closed on Sat Dec 5"):
        asked(world, any_day)
    with pytest.raises(NotFound):
        removed(world, row)


def test_hours_somebody_is_booked_in_stay_and_the_words_say_when(world: World, any_day: str) -> None:
    row = opened(world)
    courses.book_course(request=world.request, proposal=asked(world, any_day), now=NOW)

    with pytest.raises(IllegalMove, match="Somebody is booked then: Sat Dec 5, 8am"):
        removed(world, row)

    assert ExtraHours.objects.get(pk=row).removed_at is None
    assert Session.objects.get(day=SATURDAY).state == "booked"


def test_a_plan_made_before_they_were_taken_back_books_nothing(world: World, any_day: str) -> None:
    row = opened(world)
    plan = asked(world, any_day)
    removed(world, row)

    with pytest.raises(PlanGone, match="Sat Dec 5 was closed again meanwhile"):
        courses.book_course(request=world.request, proposal=plan, now=NOW)

    again = opened(world)
    courses.book_course(request=world.request, proposal=plan, now=NOW)
    assert again != row


def test_an_evening_beside_the_week_is_taken_back_without_the_day(world: World) -> None:
    monday = dt.date(2026, 12, 7)
    row = opened(world, day=monday, from_minute=17 * 60, to_minute=19 * 60)
    world.visit(start_on=monday, preferred_minute=16 * 60 + 30)  # until half past five: the week's own hours

    removed(world, row)

    assert ExtraHours.objects.get(pk=row).removed_at == NOW


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"day": NOW.date() - dt.timedelta(days=1)}, "from today on"),
        ({"day": dt.date(2028, 1, 1)}, "up to a year"),
        ({"from_minute": NOON, "to_minute": NOON}, "close after it opens"),
        ({"day": dt.date(2026, 12, 7)}, "open then already"),
        ({"day": dt.date(2027, 3, 14), "from_minute": 150, "to_minute": 240}, "does not exist"),
    ],
)
def test_hours_that_make_no_sense_are_refused(world: World, more: dict[str, Any], words: str) -> None:
    with pytest.raises(Rejected, match=words):
        opened(world, **more)

    assert not ExtraHours.objects.exists()


def test_the_same_hours_are_opened_once(world: World) -> None:
    opened(world)

    with pytest.raises(Rejected, match="open then already"):
        opened(world)
    with pytest.raises(Rejected, match="opened before"):
        opened(world, to_minute=NOON + 60)


def test_a_strange_device_is_not_opened(world: World) -> None:
    other = Resource.objects.filter(site=world.other_site).first()
    assert other is not None

    with pytest.raises(NotFound):
        opened(world, resource_id=other.pk)


def test_an_outage_sends_nobody_to_a_closed_saturday_but_may_to_an_open_one(world: World, any_day: str) -> None:
    clinic = Clinic(world)
    friday = SATURDAY - dt.timedelta(days=1)
    world.book(protocol_code=any_day, start_on=friday, preferred_minute=EIGHT)
    blocking = clinic.blocking(first=friday, last=friday)
    closed = clinic.preview(blocking).rows[0].to

    opened(world)

    open_then = outages.preview_block(blocking=blocking, now=NOW).rows[0].to
    assert closed is not None
    assert open_then is not None
    assert (closed.day.isoweekday(), open_then.day) == (4, friday - dt.timedelta(days=1))
    assert {choice.spot.day for choice in clinic.preview(blocking).rows[0].choices} >= {SATURDAY}


def _mask(first: int, end: int) -> int:
    return (1 << end // local_time.QUANTUM) - (1 << first // local_time.QUANTUM)


ANY_DAY = """
code: any_day
name: Any day
tag: TMS
modality: tms
summary: One visit on a device, on any day.
phases:
  - {name: single, sessions: 1, weekdays: [1, 2, 3, 4, 5, 6, 7]}
visit_types:
  treatment:
    name: Treatment
    minutes: 30
    steps:
      - {name: treatment, minutes: 30, needs: [{kind: tms_device}, {kind: operator}]}
visits: {first: treatment, other: treatment}
sources:
  "phases[0]": default
  "visit_types": default
"""
