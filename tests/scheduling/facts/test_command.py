"""The facts hold for what `manage.py plan` prints, in a clinic set up by the product's own actions."""

import datetime as dt
import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from scheduling.actions import groups, setup
from scheduling.actions.groups import NewGroup
from scheduling.actions.setup import NewResource
from scheduling.domain.plan import Plan, PlannedSession, PlannedUse
from tests.factories import World
from tests.scheduling.facts import checks, clinic
from tests.scheduling.facts.course import Course
from tests.scheduling.facts.facts import read_facts

MORNING = {day: [(dt.time(7, 30), dt.time(12, 30))] for day in range(1, 6)}
EVERYTHING = [
    NewResource("tms_device", "Navigated 1", "TMS", capabilities=("neuronavigation",)),
    NewResource("deep_tms_device", "BrainsWay 1"),
    NewResource("h1_helmet", "H1 helmet"),
    NewResource("h7_helmet", "H7 helmet"),
    NewResource("ect_room", "ECT suite", "ECT", hours=MORNING),
    NewResource("anesthesia", "Anesthesia", hours=MORNING),
    NewResource("preop_bay", "Pre-op bay 1"),
    NewResource("recovery_bay", "Recovery bay 1"),
    NewResource("infusion_chair", "Chair 1"),
    NewResource("iv_nurse", "Nurse 1"),
    NewResource("iv_watch", "Nurse 1, watch 1"),
    NewResource("observation_chair", "Spravato 1"),
    NewResource("observer", "Observer 1"),
    NewResource("observation_place", "Observer 1, place 1"),
    NewResource("exam_room", "Exam room"),
    NewResource("vns_programmer", "Programming wand"),
    NewResource("coordinator", "Coordinator"),
    NewResource("therapist", "Therapist Ito", capabilities=("dbt",)),
]
EARLY = {"saint_50", "ect_index", "ect_cont_stable", "ect_maint_ladder"}


@pytest.fixture
def whole(world: World, clock: Any) -> World:
    """A clinic that has everything the catalogue needs, with nobody in it yet."""
    setup.add_resources(site=world.site, resources=EVERYTHING)
    for topic, minutes, meetings in (("mbct", 120, 8), ("dbt", 150, 54)):
        group = NewGroup(topic, topic, 8, clinic.START + dt.timedelta(days=1), 14 * 60, minutes, meetings, ())
        groups.add_group(site=world.site, group=group)
    return world


def printed(code: str, minute: int) -> list[PlannedSession]:
    out = StringIO()
    call_command("plan", protocol=code, start=clinic.START, time=minute, json=True, stdout=out)
    return [_session(row) for row in json.loads(out.getvalue())["sessions"]]


def _session(row: dict[str, Any]) -> PlannedSession:
    uses = tuple(PlannedUse(0, use["kind"], use["name"], use["from"], use["to"]) for use in row.pop("uses"))
    return PlannedSession(uses=uses, **(row | {"day": dt.date.fromisoformat(row["day"])}))


@pytest.mark.parametrize("code", sorted(clinic.shipped()))
def test_the_course_the_command_prints_meets_every_fact(code: str, whole: World) -> None:
    minute = 450 if code in EARLY else 540
    sessions = printed(code, minute)

    plan = Plan("", "", minute, 0, tuple(sessions), (), ())
    course = Course(
        definition=clinic.shipped()[code],
        plan=plan,
        start=clinic.START,
        open_days=checks.course_of(code).open_days,
        wished=minute,
    )
    # What a resource can is known by its id, which is not printed.
    facts = [fact for fact in read_facts()[code] if fact.kind != "capabilities"]
    assert checks.failures(course, facts) == []


def test_the_command_names_what_a_site_lacks(world: World, clock: Any) -> None:
    with pytest.raises(CommandError, match="There is no deep TMS device at this site"):
        call_command("plan", protocol="dtms_mdd_36", start=clinic.START, time=540)
