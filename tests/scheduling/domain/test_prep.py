"""Steps for getting ready: the product's own for each protocol, and what may be typed instead."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import pytest

from notifications.domain.texts import grade
from scheduling import prep_catalogue
from scheduling.catalogue import SHIPPED, read_folder
from scheduling.domain import prep
from scheduling.domain.protocol import ProtocolDefinition
from tests.canary import TREATMENT

PROTOCOLS = {each.definition.code: each.definition for each in read_folder(SHIPPED)}
NEXT_DAY = "Don’t drive until the next day, after a night of sleep."
TAKEN_HOME = "Have an adult you know take you home."
MAGNET = ["Bring your magnet."]
OF_TMS = [
    "Take off all metal on your head: earrings, pins, glasses.",
    "Tell us if you changed a medicine.",
    "Tell us if you slept badly or drank alcohol.",
]


def steps_of(definition: ProtocolDefinition) -> tuple[prep.PrepStep, ...]:
    return prep.default_steps(definition, prep_catalogue.shipped())


def english(code: str, **changed: Any) -> list[str]:
    return [each.en for each in steps_of(dataclasses.replace(PROTOCOLS[code], **changed))]


@pytest.mark.parametrize(
    ("code", "steps"),
    [
        (
            "esk_trd",
            [
                "Don’t eat for 2 hours before your visit.",
                "Don’t drink anything for 30 minutes before your visit.",
                "Don’t use a nose spray for 1 hour before your visit.",
                "Plan to stay with us for at least 2 hours after you start.",
                "Have a ride home.",
                NEXT_DAY,
            ],
        ),
        (
            "ect_index",
            [
                "Don’t eat or drink after midnight, unless we told you another time.",
                "Take only the medicines we listed for that morning.",
                "Leave rings, chains and other things of value at home.",
                "Tell us if you were sick, saw a doctor or changed a medicine.",
                TAKEN_HOME,
                NEXT_DAY,
            ],
        ),
        (
            "ket_iv_6",
            [
                "Don’t eat or drink for 4 hours before your visit.",
                "Don’t drink alcohol for 12 hours before your visit.",
                TAKEN_HOME,
                NEXT_DAY,
            ],
        ),
        ("tms_mdd_36", OF_TMS),
        ("dtms_ocd_29", OF_TMS),
        ("vns_titration", MAGNET),
        ("consult", []),
        ("cbt_16", []),
    ],
)
def test_the_product_has_steps_for_what_needs_some(code: str, steps: list[str]) -> None:
    assert english(code) == steps


def test_the_other_language_says_the_same_steps() -> None:
    assert [each.said_in("es") for each in steps_of(PROTOCOLS["esk_trd"])] == [
        "No coma durante 2 horas antes de su visita.",
        "No beba nada durante 30 minutos antes de su visita.",
        "No use aerosol para la nariz durante 1 hora antes de su visita.",
        "Cuente con quedarse al menos 2 horas después de empezar.",
        "Tenga quien le lleve a casa.",
        "No maneje hasta el día siguiente, después de dormir toda la noche.",
    ]


def test_who_reads_another_language_reads_english() -> None:
    assert prep.step("One", "Uno").said_in("fr") == "One"


@pytest.mark.parametrize(
    ("fasting", "steps"),
    [
        (None, []),
        ({"food_hours": 6, "fluid_hours": 2}, ["Don’t eat for 6 hours", "Don’t drink anything for 2 hours"]),
        ({"food_hours": 1.5, "fluid_hours": 1.5}, ["Don’t eat or drink for 1 hour and 30 minutes"]),
        ("midnight", ["Don’t eat or drink after midnight, unless we told you another time"]),
    ],
)
def test_what_a_protocol_says_of_fasting_is_what_its_patients_read(
    fasting: Mapping[str, float] | str | None, steps: list[str]
) -> None:
    found = english("esk_trd", fasting=fasting)

    assert [
        line.partition(" before")[0].rstrip(".") for line in found if line.startswith(("Don’t eat", "Don’t drink a"))
    ] == steps


def test_a_step_is_left_out_where_the_protocol_does_not_say_its_time() -> None:
    assert [line for line in english("esk_trd", observe_minutes=None) if "stay" in line] == []
    assert [line for line in english("esk_trd", observe_minutes=90) if "stay" in line] == [
        "Plan to stay with us for at least 1 hour and 30 minutes after you start."
    ]


@pytest.mark.parametrize("definition", PROTOCOLS.values(), ids=PROTOCOLS)
def test_every_step_could_be_typed_by_a_site_and_names_no_treatment(definition: ProtocolDefinition) -> None:
    steps = steps_of(definition)
    en, es = [each.en for each in steps], [each.es for each in steps]

    assert prep.faults(en, es) == {}
    assert [prep.step(*pair) for pair in zip(en, es, strict=True)] == list(steps)
    telling = re.compile("|".join(TREATMENT.values()), re.IGNORECASE)
    assert [line for line in [*en, *es] if telling.search(line)] == (["Bring your magnet."] if en == MAGNET else [])


@pytest.mark.parametrize("definition", PROTOCOLS.values(), ids=PROTOCOLS)
def test_the_steps_are_read_by_a_fourth_grader(definition: ProtocolDefinition) -> None:
    steps = steps_of(definition)

    assert grade.flesch_kincaid("\n\n".join(each.en for each in steps)) < 4.5
    assert not steps or grade.fernandez_huerta("\n\n".join(each.es for each in steps)) > 70


def test_a_step_keeps_its_id_as_long_as_nobody_changes_a_word_of_it() -> None:
    assert prep.step("Eat", "Coma").id == prep.step("Eat", "Coma").id
    assert len({prep.step(*words).id for words in [("Eat", "Coma"), ("Eat!", "Coma"), ("Eat", "Coma ya")]}) == 3


def test_a_field_holds_one_step_a_line_however_it_was_pasted() -> None:
    assert prep.lines_of("  - Come   early\r\n\r\n• Bring\u00a0a friend\n* Rest\n") == [
        "Come early",
        "Bring a friend",
        "Rest",
    ]


@pytest.mark.parametrize(
    ("en", "es", "said"),
    [
        ([], [], {}),
        (["One"], ["Uno"], {}),
        (
            ["One", "Two"],
            ["Uno"],
            {"es": "English has 2 steps, Spanish has 1 step. Every step stands in both, in the same order."},
        ),
        (
            [],
            ["Uno"],
            {"en": "English has 0 steps, Spanish has 1 step. Every step stands in both, in the same order."},
        ),
        (["x" * 121], ["Uno"], {"en": "Step 1 is longer than 120 letters: make two of it."}),
        (["One", "Two"], ["Uno", "Uno"], {"es": "Step 2 stands twice."}),
        (["One\u202e"], ["Uno"], {"en": "Step 1 holds a character that can't be printed."}),
        (
            [f"Step {n}" for n in range(13)],
            [f"Paso {n}" for n in range(13)],
            {
                "en": "English has 13 steps. More than 12 nobody reads.",
                "es": "Spanish has 13 steps. More than 12 nobody reads.",
            },
        ),
    ],
)
def test_what_is_wrong_with_a_list_is_said_where_it_is_put_right(
    en: list[str], es: list[str], said: dict[str, str]
) -> None:
    assert prep.faults(en, es) == said
