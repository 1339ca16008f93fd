"""What all pages of a link say: the same in both languages, in plain words, and nothing of a treatment."""

import importlib
import pkgutil
import re
from typing import Any

import pytest

from clinic.domain.neutral import folded
from notifications.domain.texts.grade import fernandez_huerta, flesch_kincaid
from portal import words
from tests.canary import TREATMENT

FEATURES = ["portal.words", *(f"portal.words.{each.name}" for each in pkgutil.iter_modules(words.__path__))]
HARDEST, EASY = 4, 80  # the school grade of what is said in English; how easy the Spanish is to read, of 100


def said(feature: str, language: str) -> dict[str, str]:
    module: Any = importlib.import_module(feature)
    return dict(module.WORDS[language])


@pytest.mark.parametrize("feature", FEATURES)
def test_both_languages_say_the_same_things_with_the_same_facts(feature: str) -> None:
    english, spanish = (said(feature, language) for language in ("en", "es"))

    facts = [{key: set(re.findall(r"{\w+}", text)) for key, text in each.items()} for each in (english, spanish)]
    assert facts[0] == facts[1]


@pytest.mark.parametrize("feature", FEATURES)
def test_no_word_names_a_treatment_or_an_illness(feature: str) -> None:
    text = folded(" ".join([*said(feature, "en").values(), *said(feature, "es").values()]))

    assert [what for what, pattern in TREATMENT.items() if re.search(pattern, text, re.IGNORECASE)] == []


@pytest.mark.parametrize("feature", FEATURES)
def test_they_are_plain_words(feature: str) -> None:
    english, spanish = (". ".join(said(feature, language).values()) for language in ("en", "es"))

    assert flesch_kincaid(english) <= HARDEST
    assert fernandez_huerta(spanish) >= EASY
