import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.scheduling.facts import checks, clinic
from tests.scheduling.facts.facts import Fact, every, read_facts

pytestmark = pytest.mark.once

FACTS = read_facts()
CODES = sorted(clinic.shipped())
KINDS = sorted(checks.CHECKS)
# domain.md 1.0 to 1.7 and 1.11, 2 for billing; 3 only beside one of these.
SECTION = re.compile(r"(?:1\.[0-7]|1\.11|2)\b")
WRONG: dict[str, Any] = {
    "apart_minutes": {"one": "ect_room", "other": "recovery_bay", "minutes": 5},
    "authorized_units": 35,
    "begins_after_weeks": 3,
    "billing": {"first": "90868"},
    "by_week": [2, 2, 2],
    "capabilities": {"operator": ["neuronavigation"]},
    "checkpoint_after": 3,
    "consecutive_days": 4,
    "consecutive_misses": 3,
    "count": 29,
    "ends_before": {"preop_bay": 5},
    "escort": "ride",
    "fasting": "midnight",
    "form_due_days": 8,
    "gap_days": [1, 2],
    "gap_limits": {"soft_days": 5},
    "gates": ["consult", "fmri_target"],
    "group": False,
    "held_minutes": {"other": {"deep_tms_device": 40}},
    "in_turn": ["preop_bay", "recovery_bay"],
    "interval_days": {"every": 14},
    "keep_provider": "prefer",
    "late_cancel_hours": 48,
    "least_per_week": 2,
    "least_sessions": 5,
    "makeup": "none",
    "measures": {"phq9": [0, 7]},
    "min_gap_days": 2,
    "minutes": {"first": 90, "other": 20},
    "observe_minutes": 115,
    "open_ended": False,
    "paces": {"first": 3, "then": 1},
    "per_day": 9,
    "per_week": 4,
    "phase_change_days": [1, 3],
    "resources": {"other": ["tms_device"]},
    "rest_after": {"first": 0},
    "rest_minutes": 90,
    "rule": {"name": "stable_hamd24", "weeks": [5, 12]},
    "starts_apart_minutes": 50,
    "starts_at": {"first": {"deep_tms_device": 0}},
    "stop": None,
    "throughout": {"other": ["psychiatrist"]},
    "together": ["ect_room", "recovery_bay"],
    "vitals_at_minutes": [0, 120],
    "weekdays": [1, 2, 3, 4],
    "windows_days": [[2, 5], [7, 12], [14, 19], [24, 28]],
    "wish_gap_days": 3,
}


def test_every_protocol_of_the_catalogue_has_facts_and_every_entry_a_protocol() -> None:
    assert sorted(FACTS) == CODES


def test_every_fact_names_the_section_it_is_from() -> None:
    assert [str(fact) for fact in every(FACTS) if not SECTION.match(fact.source)] == []


def test_every_kind_of_fact_is_told_of_some_course() -> None:
    assert sorted({fact.kind for fact in every(FACTS)}) == KINDS


@pytest.mark.parametrize("code", CODES)
def test_a_planned_course_meets_every_fact_of_the_specification(code: str) -> None:
    assert checks.failures(checks.course_of(code), FACTS[code]) == []


@pytest.mark.parametrize("code", CODES)
def test_a_course_in_an_empty_clinic_keeps_the_wished_time_and_device(code: str) -> None:
    assert checks.strays(checks.course_of(code)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_fact_told_otherwise_fails_and_is_named(kind: str) -> None:
    fact = next(fact for fact in every(FACTS) if fact.kind == kind)
    wrong = replace(fact, told=WRONG[kind])

    (failure,) = checks.failures(checks.course_of(fact.code), [wrong])

    assert failure.startswith(f"{wrong}, but ")


def test_a_fact_about_a_phase_that_is_not_there_fails() -> None:
    fact = Fact("tms_mdd_36", "count", 10, "booster", "1.1")

    assert checks.failures(checks.course_of("tms_mdd_36"), [fact]) == [
        "tms_mdd_36, booster: count 10 [1.1], but there is no such phase."
    ]


@pytest.mark.parametrize("code", ["tms_mdd_36", "tms_itbs_36", "tms_10hz_36"])
def test_a_tms_course_begun_on_a_monday_without_misses_ends_in_its_ninth_week(code: str) -> None:
    plan = clinic.plan_of(clinic.shipped()[code], closed=())

    # domain.md 1.11: about day 57 to 61.
    assert 57 <= (plan.sessions[-1].day - clinic.START).days + 1 <= 61


def test_the_clinic_owns_every_kind_of_resource_and_every_capability_the_catalogue_needs() -> None:
    needs = {
        (need.kind, capability)
        for protocol in clinic.shipped().values()
        for visit in protocol.visit_types.values()
        for step in visit.steps
        for need in step.needs
        for capability in ("", *need.capabilities)
    }
    owned = {(lane.kind, having) for lane in clinic.lanes() for having in ("", *lane.capabilities)}

    assert needs - owned == set()


def test_the_clinic_is_closed_on_weekends_and_holidays() -> None:
    days = clinic.open_days()

    assert (days[0], days[19] - days[0], len(clinic.HOLIDAYS)) == (clinic.START, dt.timedelta(days=28), 4)
    assert {day.isoweekday() for day in days} == {1, 2, 3, 4, 5}
    assert set(clinic.HOLIDAYS) & set(days) == set()
