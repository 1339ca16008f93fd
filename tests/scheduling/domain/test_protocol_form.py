import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from scheduling import catalogue
from scheduling.domain.gate_kinds import requirements
from scheduling.domain.operations import GateKind
from scheduling.domain.protocol import GateRule, ProtocolError
from scheduling.domain.protocol_form import merge_like, parse_protocol

SHIPPED = Path(__file__).parents[3] / "scheduling" / "protocols"
TMS: dict[str, Any] = yaml.safe_load((SHIPPED / "tms_mdd_36.yaml").read_text())


GATE_KINDS = (
    "must be one of consult, screening, consent, medical_clearance, preop_clearance, rems_enrollment, implant_record, "
    "wound_check, fmri_target, financial, authorization, escort, ride, drug_on_hand"
)
NO_SOURCE = "has no source; write where the number comes from, or the word default"


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the TMS protocol with one value replaced; `path` as in the error messages."""
    data = copy.deepcopy(TMS)
    *way, last = path.replace("[", ".[").split(".")
    node: Any = data
    for key in way:
        node = node[int(key[1:-1])] if key.startswith("[") else node[key]
    if last.startswith("["):
        node[int(last[1:-1])] = value
    else:
        node[last] = value
    return data


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_protocol_is_valid_and_named_as_its_file(path: Path) -> None:
    assert path.stem in {file.definition.code for file in catalogue.read_folder(SHIPPED)}


def test_the_tms_protocol_says_what_the_catalogue_says() -> None:
    definition = parse_protocol(TMS)

    acute, taper = definition.phases
    assert (definition.planned, acute.sessions, acute.per_week, acute.min_per_week, taper.weeks) == (
        36,
        30,
        5,
        3,
        (3, 2, 1),
    )
    assert (definition.gaps.soft_days, definition.gaps.remap_days, definition.gaps.hard_days) == (4, 7, 14)
    assert definition.measures == {"phq9": (0, 5, 10, 15, 20, 25, 30, 36)}
    assert {code: visit.minutes for code, visit in definition.visit_types.items()} == {
        "mapping": 90,
        "treatment": 30,
        "remap": 60,
    }


@pytest.mark.parametrize(
    ("path", "value", "where", "reason"),
    [
        ("phases[0].sessions", 400, "phases", "plan 406 sessions; a course has at most 120"),
        ("phases[0].sessions", "30", "phases[0].sessions", "must be a whole number"),
        ("phases[0].sessions", True, "phases[0].sessions", "must be a whole number"),
        ("phases[0].per_week", 9, "phases[0].per_week", "must be from 1 to 7, not 9"),
        ("phases[0].weekdays", [5, 1], "phases[0].weekdays", "must be in order, each once"),
        ("phases[1].weeks[0]", 0, "phases[1].weeks[0]", "must be from 1 to 7, not 0"),
        ("phases[0].colour", "red", "phases[0].colour", "is not a key of this form"),
        (
            "phases[0].weeks",
            [3],
            "phases[0]",
            "must count in exactly one way: sessions, weeks, windows_days, rule or open_ended",
        ),
        ("phases[0].min_per_week", 6, "phases[0]", "min_per_week must not exceed per_week"),
        ("visit_types.mapping.minutes", 92, "visit_types.mapping.minutes", "must be a multiple of 5 minutes"),
        (
            "visit_types.mapping.minutes",
            60,
            "visit_types.mapping.steps[0]",
            "ends after the visit's 60 minutes",
        ),
        ("visits.first", "mappping", "visits.first", "names no visit type: mappping"),
        ("gaps.soft_days", 20, "gaps.soft_days", "must not be longer than hard_days"),
        ("makeup", "later", "makeup", "must be one of append, none, clinician, day_end"),
        ("phases", [], "phases", "must list at least one phase"),
        ("code", "TMS 36", "code", "must be lower-case letters, digits and underscores"),
        ("tag", "MAGNETIC", "tag", "must be at most 6 letters"),
        ("phases", "thirty", "phases", "must be a list"),
        ("gaps", [4], "gaps", "must be a mapping"),
        ("name", "", "name", "must be text"),
        ("gates[0]", 5, "gates[0]", "must be a mapping"),
        ("gates[0]", "labs", "gates[0]", GATE_KINDS),
        ("gates[0]", {"kind": "labs"}, "gates[0]", GATE_KINDS),
        ("gates[0]", {}, "gates[0].kind", "is missing"),
        ("gates[0]", "fasting", "gates[0]", "follows from fasting and is not listed"),
        ("gates[0]", "monitoring_form", "gates[0]", "follows from form_due_days and is not listed"),
        ("gates[0]", "consent", "gates[2]", "is said twice: consent"),
        ("gates[0]", {"kind": "consult", "valid_days": 0}, "gates[0].valid_days", "must be from 1 to 3660, not 0"),
        ("gates[0]", {"kind": "consult", "due_days": -1}, "gates[0].due_days", "must be from 0 to 30, not -1"),
        ("gates[0]", {"kind": "consult", "before": "lunch"}, "gates[0].before", "must be one of visit, booking"),
        ("gates[0]", {"kind": "consult", "by": "desk"}, "gates[0].by", "is not a key of this form"),
        ("gates[0]", {"kind": "consult", "due_days": 5}, "gates[0].due_days", NO_SOURCE),
    ],
)
def test_a_wrong_value_is_refused_with_path_and_reason(path: str, value: Any, where: str, reason: str) -> None:
    with pytest.raises(ProtocolError) as refusal:
        parse_protocol(changed(path, value))

    assert (refusal.value.path, refusal.value.reason) == (where, reason)


def test_a_number_without_a_source_is_refused() -> None:
    data = copy.deepcopy(TMS)
    del data["sources"]["gaps.hard_days"]

    with pytest.raises(ProtocolError) as refusal:
        parse_protocol(data)

    assert refusal.value.path == "gaps.hard_days"


def test_a_source_that_names_nothing_is_refused() -> None:
    with pytest.raises(ProtocolError, match="names nothing in this file"):
        parse_protocol(changed("sources", TMS["sources"] | {"gaps.medium_days": "default"}))


def test_a_protocol_says_itself_when_it_reminds_and_of_what_not() -> None:
    own = {"style": "every_visit", "ahead_days": 5, "at": "11:30", "off": ["recall", "same_day"]}
    data = TMS | {"reminders": own, "sources": TMS["sources"] | {"reminders.ahead_days": "default"}}

    definition = parse_protocol(data)

    assert (definition.reminder_style, definition.reminder_ahead_days, definition.reminder_at) == (
        "every_visit",
        5,
        11 * 60 + 30,
    )
    assert definition.reminders_off == ("recall", "same_day")


@pytest.mark.parametrize(
    ("own", "where"),
    [
        ({"ahead_days": 9}, "reminders.ahead_days"),
        ({"at": "noon"}, "reminders.at"),
        ({"off": ["moved"]}, "reminders.off"),
        ({"loud": True}, "reminders.loud"),
    ],
)
def test_reminders_nobody_knows_are_refused(own: dict[str, Any], where: str) -> None:
    with pytest.raises(ProtocolError) as refusal:
        parse_protocol(TMS | {"reminders": own})

    assert refusal.value.path == where


def test_like_takes_everything_but_what_is_said_anew() -> None:
    child = {"code": "tms_itbs_36", "like": "tms_mdd_36", "visit_types": {"treatment": {"minutes": 20}}}

    merged = merge_like(TMS, child)

    assert merged["visit_types"]["treatment"]["minutes"] == 20
    assert merged["visit_types"]["mapping"] == TMS["visit_types"]["mapping"]
    assert "like" not in merged


# The shapes of domain.md 1.11 that the shipped files do not use yet: the form must be able to say them.
@pytest.mark.parametrize(
    ("phase", "planned"),
    [
        ({"name": "acute", "sessions": 50, "per_day": 10, "spacing_minutes": 60, "consecutive_days": 5}, 50),
        ({"name": "fixed", "windows_days": [[2, 5], [7, 12], [14, 19], [23, 28]]}, 4),
        ({"name": "titrated", "rule": "stable_hamd24", "rule_weeks": [5, 24]}, 0),
        ({"name": "activation", "offset_weeks": 2, "sessions": 1}, 1),
        ({"name": "weekly", "interval_weeks": 1, "sessions": 5}, 5),
        ({"name": "for life", "interval_weeks": 13, "open_ended": True, "plan_ahead": 2}, 2),
        ({"name": "cbt", "sessions": 16, "per_week": 1, "first_weeks": 2, "first_weeks_per_week": 2}, 16),
        (
            {
                "name": "index",
                "sessions": 12,
                "least_sessions": 6,
                "per_week": 3,
                "min_gap_days": 2,
                "stop": "clinician",
            },
            12,
        ),
        ({"name": "induction", "sessions": 6, "per_week": 3, "checkpoint_after": 2}, 6),
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) else str(value),
)
def test_every_shape_of_the_catalogue_can_be_said(phase: dict[str, Any], planned: int) -> None:
    data = copy.deepcopy(TMS)
    data["phases"] = [phase]
    data["sources"] = {key: text for key, text in TMS["sources"].items() if not key.startswith("phases")} | {
        "phases": "default"
    }

    assert parse_protocol(data).planned == planned


def test_groups_rems_and_observation_can_be_said() -> None:
    more = {
        "group": True,
        "miss_review": {"consecutive": 4},
        "observe_minutes": 120,
        "vitals_at_minutes": [0, 40, 120],
        "form_due_days": 7,
        "fasting": {"food_hours": 2, "fluid_hours": 0.5},
        "escort": "ride",
        "keep_provider": "hard",
        "authorized_units": 12,
    }
    keys = (
        "miss_review",
        "observe_minutes",
        "vitals_at_minutes",
        "form_due_days",
        "fasting",
        "authorized_units",
    )
    data = TMS | more | {"sources": TMS["sources"] | dict.fromkeys(keys, "default")}

    definition = parse_protocol(data)

    assert (definition.is_group, definition.observe_minutes, definition.fasting) == (
        True,
        120,
        {"food_hours": 2.0, "fluid_hours": 0.5},
    )


def test_a_gate_can_say_how_long_it_is_good_when_it_is_due_and_that_nothing_is_booked_without_it() -> None:
    said = {"kind": "consent", "valid_days": 90, "due_days": 5, "before": "booking"}
    data = changed("gates[2]", said) | {"sources": TMS["sources"] | {"gates[2]": "default"}}

    definition = parse_protocol(data)

    assert definition.gates[2] == GateRule(GateKind.CONSENT, valid_days=90, due_days=5, before="booking")
    consent = next(each for each in requirements(definition) if each.kind is GateKind.CONSENT)
    assert (consent.valid_days, consent.due_days, consent.is_before_booking) == (90, 5, True)
    consult = next(each for each in requirements(definition) if each.kind is GateKind.CONSULT)
    assert (consult.valid_days, consult.due_days, consult.is_before_booking) == (None, 3, False)


def test_a_version_stored_when_a_gate_could_be_called_anything_keeps_what_is_known_today() -> None:
    data = TMS | {"gates": ["consult", "labs", "consult", "fasting", "consent"]}

    with pytest.raises(ProtocolError):
        parse_protocol(data)
    kept = parse_protocol(data, is_stored=True)

    assert [rule.kind for rule in kept.gates] == [GateKind.CONSULT, GateKind.CONSENT]
