"""A protocol changed place by place: its sources stay true, and everything wrong in it is named at once."""

from typing import Any

import pytest

from scheduling.catalogue import SHIPPED, ProtocolFile, read_folder, shipped_codes
from scheduling.domain.protocol_edit import added, arranged, changed, dropped, faults, source_of, value_at
from scheduling.domain.protocol_form import parse_protocol

FILES = {file.definition.code: file for file in read_folder(SHIPPED)}
TMS = FILES["tms_mdd_36"].mapping
SPRAY = FILES["esk_trd"].mapping
BY_MAYA = "set by Maya 2026-11-16"


def test_the_codes_that_come_with_the_product_are_those_of_its_files() -> None:
    assert shipped_codes() == set(FILES)


@pytest.mark.parametrize("file", FILES.values(), ids=list(FILES))
def test_what_is_sound_has_no_faults_and_changing_nothing_changes_nothing(file: ProtocolFile) -> None:
    assert faults(file.mapping, file.mapping) == []
    assert changed(file.mapping, {}, source=BY_MAYA) == file.mapping


def test_a_new_number_says_who_set_it_and_the_others_keep_their_sources() -> None:
    found = changed(TMS, {"phases[0].sessions": 28, "gaps.flag_days": 10, "name": "Ours"}, source=BY_MAYA)

    assert parse_protocol(found).phases[0].sessions == 28
    new = {key: words for key, words in found["sources"].items() if words == BY_MAYA}
    assert set(new) == {"phases[0].sessions", "gaps.flag_days"}
    assert {key for key in TMS["sources"] if key not in found["sources"]} == set()


def test_a_number_taken_out_takes_its_source_along_and_an_empty_table_goes() -> None:
    found = changed(TMS, {"late_cancel_hours": None, "measures.phq9": None}, source=BY_MAYA)

    assert ("late_cancel_hours" in found, "measures" in found) == (False, False)
    assert set(TMS["sources"]) - set(found["sources"]) == {"late_cancel_hours", "measures.phq9"}
    assert faults(found, TMS) == []


def test_a_phase_taken_out_leaves_the_others_their_own_sources() -> None:
    found = dropped(SPRAY, "phases[0]")

    assert [phase["name"] for phase in found["phases"]] == ["weekly", "maintenance"]
    assert found["sources"]["phases[1]"] == SPRAY["sources"]["phases[2]"]
    assert found["sources"]["phases[0].min_gap_days"] == SPRAY["sources"]["phases[1].min_gap_days"]
    assert faults(found, SPRAY) == []


def test_entries_in_another_order_keep_their_sources() -> None:
    found = arranged(SPRAY, "gates", [1, 0])

    assert found["sources"]["gates[0]"] == SPRAY["sources"]["gates[1]"]
    assert "gates[1]" not in found["sources"]


def test_what_is_added_has_a_source() -> None:
    found = added(TMS, "phases", {"name": "more", "sessions": 2, "per_week": 1}, source=BY_MAYA)

    assert (source_of(found, "phases[2].sessions"), faults(found, TMS)) == (BY_MAYA, [])


def test_all_that_is_wrong_is_named_at_once() -> None:
    wrong = {"phases[0].per_week": 9, "gaps.soft_days": "soon", "tag": "TOOLONG", "visit_types.remap.minutes": 12}

    found = faults(changed(TMS, wrong, source=BY_MAYA), TMS)

    assert sorted(found) == [
        ("gaps.soft_days", "must be a whole number"),
        ("phases[0].per_week", "must be from 1 to 7, not 9"),
        ("tag", "must be at most 6 letters"),
        ("visit_types.remap.minutes", "must be a multiple of 5 minutes"),
    ]


def test_a_fault_has_no_consequences_that_are_named_too() -> None:
    without = changed(TMS, {"phases[0].sessions": "thirty"}, source=BY_MAYA)

    assert faults(without, {}) == [("phases[0].sessions", "must be a whole number")]


@pytest.mark.parametrize(
    ("path", "found"), [("gaps.soft_days", 4), ("phases[1].weeks[0]", 3), ("phases[9].name", None), ("name.x", None)]
)
def test_a_place_is_found_by_its_path(path: str, found: Any) -> None:
    assert value_at(TMS, path) == found
