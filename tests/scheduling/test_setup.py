import datetime as dt
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, models

from clinic.models import OpeningHours, Site
from scheduling.actions import setup
from scheduling.actions.setup import NewResource
from scheduling.domain import local_time
from scheduling.errors import NotFound, Rejected
from scheduling.models import Closure, Course, Outage, Resource, ResourceHours, Session
from tests.factories import FIRST_DAY, NOW, World

TABLES: list[type[models.Model]] = [Site, OpeningHours, Resource, ResourceHours, Closure]
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "site.yaml"
SITE = """
site: {slug: oak, name: Oak Clinic, message_name: Oak, zone: America/Denver, address: 1 Oak St, phone: 555-010-2000}
hours: {1: [["08:00", 17:00]]}
"""
Run = Callable[..., str]


@pytest.fixture
def run(db: None, tmp_path: Path) -> Run:
    def setting_up(text: str, *more: str) -> str:
        path = tmp_path / "oak.yaml"
        path.write_text(text)
        said = StringIO()
        call_command("set_up_site", str(path), *more, stdout=said)
        return said.getvalue()

    return setting_up


def stored() -> dict[str, list[Any]]:
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in TABLES}


def test_a_name_that_tells_what_patients_are_treated_for_is_warned_of_by_its_words(run: Run) -> None:
    neutral, telling = run(SITE), run(SITE.replace("slug: oak", "slug: tms").replace("name: Oak,", "name: Oak TMS,"))

    assert neutral == "Oak Clinic made.\n0 resources and 0 closed days added to Oak Clinic.\n"
    assert telling.splitlines()[1] == (
        "Warning: patients read the name Oak TMS in every message, and so may whoever sees their phone. "
        'It says "tms". Give the site a message_name that does not.'
    )


def test_the_example_sets_up_a_whole_site(run: Run) -> None:
    said = run(EXAMPLE.read_text())

    site = Site.objects.get()
    assert said == "Elm Clinic made.\n7 resources and 24 closed days added to Elm Clinic.\n"
    assert (site.slug, site.zone, site.phone, site.is_demo) == ("elm", "America/New_York", "+15550102000", False)
    friday = OpeningHours.objects.get(site=site, weekday=5)
    assert (friday.opens, friday.closes) == (dt.time(8), dt.time(15))
    assert list(Resource.objects.order_by("position").values_list("kind", "name", "group"))[:3] == [
        ("tms_device", "NeuroStar 1", "TMS"),
        ("tms_device", "NeuroStar 2", "TMS"),
        ("operator", "TMS operator 1", ""),
    ]
    assert list(
        ResourceHours.objects.filter(resource__name="Dr. Weiss")
        .order_by("weekday", "opens")
        .values_list("weekday", "opens", "closes")
    ) == [(1, dt.time(9), dt.time(12)), (3, dt.time(9), dt.time(12)), (3, dt.time(13), dt.time(16))]
    closed = {local_time.today(at, site.zone): why for at, why in Closure.objects.values_list("starts_at", "reason")}
    assert (closed[dt.date(2026, 11, 26)], closed[dt.date(2026, 12, 24)]) == ("Thanksgiving Day", "Team day")
    assert dt.date(2026, 10, 12) not in closed  # Columbus Day: open_on


def test_the_same_file_again_changes_nothing(run: Run) -> None:
    run(EXAMPLE.read_text())
    before = stored()

    assert run(EXAMPLE.read_text()) == "0 resources and 0 closed days added to Elm Clinic.\n"
    assert stored() == before


def test_a_longer_file_adds_only_what_is_new_and_sets_the_hours(run: Run) -> None:
    run(SITE + "resources: [{kind: operator, name: A}]\n")

    said = run(SITE.replace('"08:00"', '"09:00"') + "resources: [{kind: operator, name: A}, {kind: operator, name: B}]")

    assert said == (
        "The opening hours of Oak Clinic are as the file says.\n1 resources and 0 closed days added to Oak Clinic.\n"
    )
    assert list(Resource.objects.order_by("position").values_list("name", "position")) == [("A", 0), ("B", 1)]
    assert list(OpeningHours.objects.values_list("opens", "closes")) == [(dt.time(9), dt.time(17))]


def test_a_file_without_a_site_adds_to_the_one_that_is_named(world: World, run: Run) -> None:
    run("resources: [{kind: tms_device, name: Spare}]", "--site", "harbor")

    assert Resource.objects.get(name="Spare").site == world.other_site


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a list", "oak.yaml: (file): must be a mapping"),
        ("a: [", "oak.yaml can't be read as YAML"),
        (SITE + "color: blue", "oak.yaml: color: is not a key of this form"),
        (SITE + "resources: [{kind: operator}]", "oak.yaml: resources[0].name: is missing"),
        (SITE + "resources: [{kind: a, name: b, colour: c}]", "oak.yaml: resources[0].colour: is not a key"),
        (SITE + "resources: [{kind: a, name: b}, {kind: a, name: b}]", "resources: the name b stands twice"),
        (SITE + f"resources: [{{kind: a, name: {'b' * 61}}}]", "resources[0].name: must be at most 60 characters"),
        (SITE + "resources: [{kind: a, name: b, hours: {8: []}}]", "resources[0].hours.8: must be from 1 to 7"),
        (SITE.replace("1:", "Mon:"), "hours.Mon: must be a whole number"),
        (SITE.replace("17:00", '"5pm"'), 'hours.1[0]: "5pm" is not a time of day'),
        (SITE.replace("17:00", '"07:00"'), "hours.1[0]: must close after it opens"),
        (SITE.replace("17:00]]", '"12:00"], ["11:00", "13:00"]]'), "hours.1: must be in order, without overlap"),
        (SITE.replace("slug: oak", "slug: Oak St"), "site.slug: must be lower-case"),
        (SITE.replace("555-010-2000", "none"), "site.phone: This is not a phone number"),
        (SITE.replace("America/Denver", "Mars/Olympus"), "Mars/Olympus is not a time zone"),
        (SITE.replace("hours:", "closed: {days: {}}\n#"), "hours: is missing"),
        (SITE + "closed: {days: {tomorrow: Party}}", "closed.days.tomorrow: must be a date"),
        (SITE + "closed: {days: {2026-12-24: 7}}", "closed.days.2026-12-24: must say why"),
        (SITE + "closed: {public_holidays: {country: XX, years: [2026]}}", "closed.public_holidays: knows no such"),
        (SITE + "closed: {public_holidays: {country: US, years: []}}", "public_holidays.years: must list"),
        (
            SITE + "closed: {public_holidays: {country: US, years: [2026], open_on: [Fish Day]}}",
            "closed.public_holidays.open_on: there is no holiday Fish Day",
        ),
        ("resources: []", "Say which site with --site"),
    ],
)
def test_a_wrong_file_is_refused_with_its_path_and_nothing_is_saved(
    world: World, run: Run, text: str, words: str
) -> None:
    before = stored()

    with pytest.raises(CommandError) as refusal:
        run(text)

    assert words in str(refusal.value)
    assert stored() == before


def test_a_file_that_is_not_there_is_one_sentence(db: None) -> None:
    with pytest.raises(CommandError, match=r"Can't read nowhere.yaml: No such file or directory\."):
        call_command("set_up_site", "nowhere.yaml")


def test_a_closed_day_is_the_whole_local_day_even_when_it_has_25_hours(world: World) -> None:
    setup.close_days(site=world.site, days={dt.date(2026, 11, 1): "Clocks go back"})

    closure = Closure.objects.get(reason="Clocks go back")
    assert (closure.starts_at, closure.ends_at) == (
        dt.datetime(2026, 11, 1, 4, tzinfo=dt.UTC),
        dt.datetime(2026, 11, 2, 5, tzinfo=dt.UTC),
    )


def test_what_cannot_be_saved_leaves_nothing_of_the_set_up(world: World) -> None:
    before = stored()
    twins = [NewResource("operator", "Twin"), NewResource("operator", "Twin")]

    with pytest.raises(IntegrityError):
        setup.set_up(site=world.site, resources=twins, days={dt.date(2027, 3, 1): "Poison"})

    assert stored() == before


def test_a_device_out_of_service_is_not_planned(world: World) -> None:
    since = local_time.to_utc(FIRST_DAY, 0, world.site.zone)
    for number in (1, 2):
        setup.take_out_of_service(
            site=world.site,
            resource_name=f"NeuroStar {number}",
            starts_at=since,
            ends_at=since + dt.timedelta(days=90),
            reason="Repair",
        )

    plan = world.propose().plan

    devices = {use.name for planned in plan.sessions for use in planned.uses if use.name.startswith("NeuroStar")}
    assert devices == {"NeuroStar 3"}


@pytest.mark.parametrize(
    ("name", "hours", "error"), [("NeuroStar 9", 1, NotFound), ("NeuroStar 1", 0, Rejected)], ids=["unknown", "empty"]
)
def test_an_outage_that_makes_no_sense_is_refused(world: World, name: str, hours: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        setup.take_out_of_service(
            site=world.site, resource_name=name, starts_at=NOW, ends_at=NOW + dt.timedelta(hours=hours), reason="Repair"
        )

    assert not Outage.objects.exists()


def printed(clock: Any, *options: str) -> str:
    clock(NOW)
    said = StringIO()
    call_command(
        "plan", "--protocol", "tms_mdd_36", "--start", str(FIRST_DAY), "--time", "08:30", *options, stdout=said
    )
    return said.getvalue()


def test_a_plan_is_printed_session_by_session_and_nothing_is_written(world: World, clock: Any) -> None:
    lines = printed(clock).splitlines()

    assert len(lines) == 37
    assert lines[1].split()[:7] == ["1", "Tue", "Nov", "24,", "8:30am", "90", "min"]
    assert (Course.objects.count(), Session.objects.count()) == (0, 0)


def test_a_plan_is_printed_for_machines(world: World, clock: Any) -> None:
    plan = json.loads(printed(clock, "--json", "--site", "harbor"))

    assert [session["number"] for session in plan["sessions"]] == list(range(1, 37))
    assert plan["sessions"][0]["day"] == "2026-11-24"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--site", "nowhere"), "There is no such site."),
        (("--start", "2026-11-26"), "The clinic is closed on Thu Nov 26: Thanksgiving"),
        (("--protocol", "unknown"), "There is no protocol unknown."),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words(
    world: World, clock: Any, options: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        printed(clock, *options)
