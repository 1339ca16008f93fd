"""The forms patients fill in: the published score, and the published words, which nobody edits by chance."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.domain.clinical import RANGES, Instrument
from patients.domain.contact import Language
from patients.domain.questions import FORMS, MOST, Form, is_alarming, next_open, score
from tests.running import ROOT

pytestmark = pytest.mark.once

PHQ9, GAD7 = FORMS[Instrument.PHQ9], FORMS[Instrument.GAD7]
forms = st.sampled_from(list(FORMS.values()))


def answered(*answers: int) -> dict[int, int]:
    return dict(enumerate(answers, 1))


@pytest.mark.parametrize(
    ("form", "answers", "total"),
    [
        # Kroenke, Spitzer, Williams 2001: 5, 10, 15 and 20 begin mild, moderate, moderately severe and severe.
        (PHQ9, (0, 0, 0, 0, 0, 0, 0, 0, 0), 0),
        (PHQ9, (1, 1, 1, 1, 1, 0, 0, 0, 0), 5),
        (PHQ9, (2, 2, 2, 2, 1, 1, 0, 0, 0), 10),
        (PHQ9, (2, 2, 2, 2, 2, 2, 2, 1, 0), 15),
        (PHQ9, (3, 3, 3, 3, 3, 3, 2, 0, 0), 20),
        (PHQ9, (3, 3, 3, 3, 3, 3, 3, 3, 3), 27),
        # Spitzer and others 2006: 5, 10 and 15 of 21.
        (GAD7, (1, 1, 1, 1, 1, 0, 0), 5),
        (GAD7, (2, 2, 2, 2, 2, 0, 0), 10),
        (GAD7, (3, 3, 3, 3, 3, 3, 3), 21),
    ],
)
def test_the_score_is_the_published_sum(form: Form, answers: tuple[int, ...], total: int) -> None:
    assert score(form, answered(*answers)) == total


@given(form=forms, data=st.data())
def test_a_score_is_the_sum_of_its_questions_on_its_scale_and_the_last_question_adds_nothing(
    form: Form, data: st.DataObject
) -> None:
    answers = answered(
        *data.draw(st.lists(st.integers(0, MOST), min_size=form.questions, max_size=form.questions), "answers")
    )

    found = score(form, answers)

    low, high = RANGES[form.instrument]
    assert low <= found <= high == form.scored * MOST
    assert found == sum(answers[number] for number in range(1, form.scored + 1))


@given(form=forms, data=st.data())
def test_where_a_scored_question_is_open_there_is_no_score(form: Form, data: st.DataObject) -> None:
    missing = data.draw(st.integers(1, form.scored))
    answers = {number: 1 for number in range(1, form.questions + 1) if number != missing}

    with pytest.raises(ValueError, match="every question"):
        score(form, answers)
    assert next_open(form, answers) == missing


def test_only_the_ninth_question_of_one_form_alarms_and_only_above_zero() -> None:
    found = [
        (form.instrument.value, number, answer)
        for form in FORMS.values()
        for number in range(1, form.questions + 1)
        for answer in range(MOST + 1)
        if is_alarming(form, number, answer)
    ]

    assert found == [("phq9", 9, 1), ("phq9", 9, 2), ("phq9", 9, 3)]


def test_every_form_is_whole_in_every_language() -> None:
    for form in FORMS.values():
        assert set(form.words) == set(Language)
        for words in form.words.values():
            assert (len(words.items), words.questions) == (form.scored, form.questions)
            assert {len(words.question(number)[2]) for number in range(1, form.questions + 1)} == {MOST + 1}


def checksum(form: Form, language: str) -> str:
    """Return what tells one wording from another: everything a patient reads of it, in order."""
    words = form.words[language]
    read = [words.lead, *words.items, *words.answers, words.hardship, *words.hardship_answers, words.attribution]
    return hashlib.sha256("\n".join(read).encode()).hexdigest()


def test_the_words_are_those_that_were_checked_against_the_published_forms() -> None:
    text = (ROOT / "docs" / "measures.md").read_text()
    written = re.findall(r"^\| (\w+) \| (\d+) \| (\w+) \| `(\w{64})` \|$", text, re.MULTILINE)

    assert written == [
        (form.instrument.value, str(form.wording), language, checksum(form, language))
        for form in FORMS.values()
        for language in sorted(form.words)
    ]
