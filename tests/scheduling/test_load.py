"""How full a site is, where a course would start best, what some more would meet: read from what is stored."""

import datetime as dt

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from scheduling.actions import setup
from scheduling.domain.load import DayLoad, DeviceLoad
from scheduling.errors import CannotPlan, NotFound
from scheduling.queries import load
from scheduling.queries.load import Load
from tests.factories import FIRST_DAY, NOW, World, make_patient

TOMORROW = dt.date(2026, 11, 17)
HALF_PAST_EIGHT = 17  # the half hour's place in the day


def device(found: Load, name: str) -> DeviceLoad:
    [device] = [each for each in found.devices if each.name == name]
    return device


def on(device: DeviceLoad, day: dt.date) -> DayLoad:
    [found] = [each for each in device.days if each.day == day.toordinal()]
    return found


def test_a_house_with_nothing_booked_is_free_in_its_hours(world: World) -> None:
    found = load.load_of(site=world.site, now=NOW)

    assert (found.first, found.last) == (TOMORROW, dt.date(2027, 1, 11))
    # A device is what some visit needs first: an operator is not, the psychiatrist of a consult is.
    assert [each.name for each in found.devices] == ["NeuroStar 1", "NeuroStar 2", "NeuroStar 3", "Dr. Weiss"]
    days = device(found, "NeuroStar 1").days
    assert len(days) == 40 - 3  # eight weeks of working days, three of them holidays
    assert {sum(day.minutes_free) for day in days} == {600}


def test_what_is_booked_is_taken_and_what_is_closed_is_not_there(world: World) -> None:
    world.book()
    setup.close_days(site=world.site, days={dt.date(2026, 12, 2): "Inspection"})

    found = load.load_of(site=world.site, now=NOW)

    first = on(device(found, "NeuroStar 1"), FIRST_DAY)
    assert (sum(first.minutes_open), sum(first.minutes_free), first.minutes_free[HALF_PAST_EIGHT]) == (600, 510, 0)
    assert dt.date(2026, 12, 2).toordinal() not in {day.day for day in device(found, "NeuroStar 1").days}
    assert {sum(day.minutes_free) for day in device(found, "NeuroStar 2").days} == {600}


def test_what_is_out_of_service_is_not_there(world: World) -> None:
    day = dt.date(2026, 12, 1)
    setup.take_out_of_service(
        site=world.site,
        resource_name="NeuroStar 1",
        starts_at=dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 12, 1, 17, tzinfo=dt.UTC),
        reason="Coil",
    )

    found = on(device(load.load_of(site=world.site, now=NOW), "NeuroStar 1"), day)

    assert (sum(found.minutes_open), sum(found.minutes_free)) == (330, 330)  # from noon to 5:30pm


def test_a_cell_tells_how_scarce_a_half_hour_of_a_weekday_is(world: World) -> None:
    world.book()

    found = dict(load.load_of(site=world.site, now=NOW).cells)

    [mondays] = [cell for cell in found["tms_device"] if (cell.weekday, cell.minute) == (1, 510)]
    # Seven Mondays of eight, the eighth being before the course; three devices; one of them taken on six.
    assert (mondays.days_open, mondays.days_free, mondays.scarcity) == (24, 17, 292)


def test_another_sites_bookings_count_nothing_here(world: World) -> None:
    world.book()

    found = load.load_of(site=world.other_site, now=NOW)

    assert {sum(day.minutes_free) for each in found.devices for day in each.days} == {600}


@pytest.mark.parametrize("weeks", [1, 12])
def test_as_many_weeks_as_are_asked_for(world: World, weeks: int) -> None:
    found = load.load_of(site=world.site, now=NOW, weeks=weeks)

    assert (found.last - found.first).days == 7 * weeks - 1


def test_a_site_without_devices_has_no_load(world: World) -> None:
    world.site.resources.all().delete()

    found = load.load_of(site=world.site, now=NOW)

    assert (found.devices, found.cells) == ((), ())


def test_starts_are_ranked_from_the_next_open_day_on(world: World) -> None:
    world.book()

    starts = load.starts_of(site=world.site, protocol_code="tms_mdd_36", now=NOW)

    assert len(starts) == 10
    assert (starts[0].day, starts[0].minute, starts[0].days_free, starts[0].days) == (TOMORROW, 450, 36, 36)
    assert starts[0].why == "Free on all 36 days on NeuroStar 1; the least asked half hour."


def test_a_closed_day_is_no_start(world: World) -> None:
    setup.close_days(site=world.site, days={TOMORROW: "Inspection"})

    starts = load.starts_of(site=world.site, protocol_code="tms_mdd_36", now=NOW)

    assert min(start.day for start in starts) == dt.date(2026, 11, 18)


def test_a_protocol_the_site_lacks_something_for_has_no_start(world: World) -> None:
    with pytest.raises(CannotPlan, match="There is no ECT room at this site"):
        load.starts_of(site=world.site, protocol_code="ect_index", now=NOW)


def test_an_unknown_protocol_has_no_start(world: World) -> None:
    with pytest.raises(NotFound):
        load.starts_of(site=world.site, protocol_code="nonsense", now=NOW)


def test_more_courses_take_what_they_would_take_and_nothing_is_written(world: World) -> None:
    world.book()
    models = [model for model in apps.get_models() if model is not AuditEntry]
    before = [model._default_manager.count() for model in models]

    found = load.what_if(site=world.site, protocol_code="tms_mdd_36", courses=8, now=NOW)

    assert [each.number for each in found.courses] == [1, 2, 3, 4, 5, 6, 7, 8]
    # Dr. Weiss sees six first visits of 90 minutes in ten hours; the seventh begins the next day.
    assert [each.later_days for each in found.courses] == [0, 0, 0, 0, 0, 0, 1, 1]
    assert found.courses[6].text == "The 7th would start 1 day later."
    taken = [_free(found.before, name) - _free(found.after, name) for name in ("NeuroStar 1", "NeuroStar 2")]
    assert sum(taken) > 0
    assert [model._default_manager.count() for model in models] == before


def _free(found: Load, name: str) -> int:
    return sum(sum(day.minutes_free) for day in device(found, name).days)


def test_where_the_device_is_lacking_no_course_fits(world: World) -> None:
    found = load.what_if(site=world.site, protocol_code="ect_index", courses=3, now=NOW)

    assert [(each.plan, each.text.split(".")[0]) for each in found.courses] == [(None, "The 1st would not fit")]


@pytest.mark.parametrize("patients", [1, 4])
def test_looking_costs_the_same_statements_whatever_is_booked(world: World, patients: int) -> None:
    for number in range(patients):
        patient = make_patient(world.site, world.receptionist, "Ana", f"Sato {number}", phone=f"+1555011000{number}")
        world.book(patient, preferred_minute=510 + 60 * number)

    counts = []
    for ask in (
        lambda: load.load_of(site=world.site, now=NOW),
        lambda: load.starts_of(site=world.site, protocol_code="tms_mdd_36", now=NOW),
        lambda: load.what_if(site=world.site, protocol_code="tms_mdd_36", courses=patients, now=NOW),
    ):
        with CaptureQueriesContext(connection) as statements:
            ask()
        counts.append(len(statements))

    assert counts == [8, 15, 15]
