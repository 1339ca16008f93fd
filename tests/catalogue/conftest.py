"""A clinic that has everything the catalogue needs, with nobody in it yet."""

import datetime as dt
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from scheduling.actions import groups, setup
from scheduling.actions.groups import NewGroup
from scheduling.actions.setup import NewResource
from tests.catalogue.facts import START
from tests.factories import World

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
    NewResource("therapist", "Therapist Park", capabilities=("dbt",)),
    NewResource("group_room", "Group room"),
]
TIMES = {"saint_50": "07:30", "ect_index": "07:30", "ect_cont_stable": "07:30", "ect_maint_ladder": "07:30"}

Planned = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def planned(world: World, clock: Any) -> Planned:
    """Plan a protocol by the command, as anybody would."""
    setup.add_resources(site=world.site, resources=EVERYTHING)
    for topic, minutes, meetings in (("mbct", 120, 8), ("dbt", 150, 54)):
        group = NewGroup(topic, topic, 8, START + dt.timedelta(days=1), 14 * 60, minutes, meetings, ())
        groups.add_group(site=world.site, group=group)

    def plan(code: str) -> list[dict[str, Any]]:
        out = StringIO()
        when = {"start": START, "time": 60 * int(TIMES.get(code, "09:00")[:2]) + int(TIMES.get(code, "09:00")[3:])}
        call_command("plan", protocol=code, site=world.site.slug, json=True, stdout=out, **when)
        return list(json.loads(out.getvalue())["sessions"])

    return plan
