"""What no text may say, be or forget: each rule by a text that breaks it, and the catalogue that breaks none."""

import pytest

from notifications.domain import texts
from notifications.domain.texts import FORMS, Words, grade, linter, samples
from notifications.domain.texts.forms import Form

ALL = [
    pytest.param(form, channel, language, id=f"{form.name}-{channel}-{language}")
    for channel in texts.CHANNELS
    for form in texts.forms_in(channel)
    for language in texts.LANGUAGES
]
GOOD = "{clinic}: You have a visit {when}. Can you come? {link} STOP to opt out."


def codes(
    body: str, *, form: str = "day_before", channel: str = "sms", language: str = "en", subject: str = ""
) -> list[str]:
    return [fault.code for fault in texts.lint(FORMS[form], channel, language, Words(body, subject))]


@pytest.mark.parametrize("zone_name", ["", "ET"])
@pytest.mark.parametrize(("form", "channel", "language"), ALL)
def test_every_template_in_every_language_with_the_longest_values_has_no_fault(
    form: Form, channel: str, language: str, zone_name: str
) -> None:
    words = texts.catalogue(form.name, channel, language)

    assert texts.lint(form, channel, language, words, zone_name=zone_name) == []


@pytest.mark.parametrize(("form", "channel", "language"), ALL)
def test_every_template_is_as_easy_to_read_as_screens_4_4_asks(form: Form, channel: str, language: str) -> None:
    facts = linter.longest_facts(form, language) | {"clinic": "", "link": "", "phone": ""}
    said = texts.filled(texts.catalogue(form.name, channel, language).body, facts)

    if language == "es":
        assert grade.fernandez_huerta(said) >= 80
    else:
        assert grade.flesch_kincaid(said) <= (2.2 if channel == "sms" else 3.0)


@pytest.mark.parametrize(("form", "channel", "language"), ALL)
def test_every_template_fills_with_the_longest_values_into_one_segment(form: Form, channel: str, language: str) -> None:
    body = texts.filled(
        texts.catalogue(form.name, channel, language).body, linter.longest_facts(form, language, zone_name="ET")
    )

    assert channel == "email" or (texts.segments(body), texts.faults(body, is_sms=True, form=form.name)) == (1, [])


def test_the_longest_values_are_the_ones_the_specification_names() -> None:
    values = samples.longest("en")

    assert (len(values["clinic"]), len(values["link"])) == (20, 53)
    assert [len(samples.longest(language)["when"]) for language in texts.LANGUAGES] == [22, 22]


def test_a_good_text_of_ones_own_passes() -> None:
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (GOOD.replace("visit", "TMS visit"), ["banned"]),
        (GOOD.replace("visit", "Tms-visit"), ["banned"]),
        (GOOD.replace("a visit", "a therapy"), ["banned"]),
        (GOOD.replace("a visit", "an ECT visit"), ["banned"]),
        (GOOD.replace("{when}", "{when}, 12 of 36"), ["count"]),
        (GOOD.replace("{when}", "tomorrow, {when}"), ["relative"]),
        (GOOD.replace("{when}", "this week, {when}"), ["relative"]),
        (GOOD.replace("Can you come?", "Can you come to us, as we have said so many times before?"), ["long"]),
        (GOOD.replace("?", "…"), ["alphabet"]),
        (GOOD.replace(" STOP to opt out.", ""), ["stop"]),
        (GOOD.replace("Can you come?", "Reply CANCEL to cancel."), ["keyword"]),
        (GOOD.replace("Can you come?", "Reply YES."), ["keyword"]),
        (GOOD.replace("Can you come?", "Text START."), ["keyword"]),
        (GOOD.replace("STOP to opt out", "STOP to change it"), ["keyword"]),
        (GOOD.replace("{link}", "{lnk}"), ["placeholder"]),
        (GOOD.replace("{link}", "{until}"), ["placeholder"]),
        (GOOD.replace("{link}", "{link"), ["placeholder"]),
        (GOOD.replace("{link}", "{Link}"), ["placeholder"]),
        (GOOD.replace("{link}", ""), ["missing"]),
        (GOOD.replace("{clinic}: ", ""), ["missing"]),
        (GOOD.replace(" {when}", ""), ["missing"]),
        ("", ["missing"]),
    ],
)
def test_each_rule_finds_the_text_that_breaks_it(body: str, found: list[str]) -> None:
    assert codes(body) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("{clinic}: Visita {when}. {link} STOP: no recibir.", []),
        ("{clinic}: Visita mañana, {when}. {link} STOP: no recibir.", ["relative"]),
        ("{clinic}: Sesion {when}. {link} STOP: no recibir.", ["banned"]),
        ("{clinic}: Sesión {when}. {link} STOP: no recibir.", ["banned", "alphabet"]),
        ("{clinic}: Visita {when}. Responda CANCELAR. {link} STOP: no recibir.", ["keyword"]),
        ("{clinic}: Visita {when}. Responda ALTO. {link} STOP: no recibir.", ["keyword"]),
    ],
)
def test_the_rules_know_spanish_with_and_without_accents(body: str, found: list[str]) -> None:
    assert codes(body, language="es") == found


@pytest.mark.parametrize("word", ["detected", "objects", "subject", "neurology", "shockingly", "Main", "Estes", "deft"])
def test_a_word_that_only_contains_a_banned_one_is_judged_by_its_stem(word: str) -> None:
    assert codes(GOOD.replace("Can", f"{word}. Can")) == (["banned"] if word in ("neurology", "shockingly") else [])


@pytest.mark.parametrize("link", ["https://v.example/v/a-ect-TMS-shock-0123456789/", "https://v.example/u/1.-ECT-/"])
def test_letters_by_chance_in_a_link_say_nothing_and_its_name_does(link: str) -> None:
    text = f"Riverside: a visit Tue, Nov 24. {link} STOP to opt out."

    assert texts.faults(text, is_sms=True) == []
    assert len(texts.faults(text.replace("v.example", "tms.example"), is_sms=True)) == 1


def test_a_text_for_somebody_in_danger_names_the_numbers() -> None:
    words = texts.catalogue("crisis", "sms", "en")

    assert codes(words.body.replace("988", "us"), form="crisis") == ["missing"]
    assert codes(words.body, form="crisis") == []


def test_an_e_mail_needs_a_short_neutral_subject_and_no_stop() -> None:
    body = "You have a visit {when}."

    assert codes(body, channel="email", subject="Your visit on {when}") == []
    assert codes(body, channel="email") == ["subject"]
    assert codes(body, channel="email", subject="Your ketamine visit") == ["banned"]
    assert codes(body, channel="email", subject="x" * 79) == ["subject"]


def test_hard_words_are_found_in_both_languages() -> None:
    hard = (
        "{clinic}: Notwithstanding considerations, attendance {when} necessitates confirmation. {link} STOP to opt out."
    )
    duro = "{clinic}: Necesitamos confirmación administrativa {when}. {link} STOP: no recibir."

    assert "hard" in codes(hard)
    assert "hard" in codes(duro, language="es")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The cat sat on the mat.", grade.Count(6, 1, 6)),
        ("Please read this. Can you come?", grade.Count(6, 2, 6)),
        ("Your visits are here: https://a.example/very/long", grade.Count(4, 1, 5)),
    ],
)
def test_english_is_counted_as_the_formula_means_it(text: str, count: grade.Count) -> None:
    assert grade.count(text, "en") == count


def test_the_two_formulas_give_the_figures_of_their_books() -> None:
    assert round(grade.flesch_kincaid("The cat sat on the mat."), 2) == -1.45
    assert round(grade.fernandez_huerta("El gato come. La casa es roja."), 2) == round(
        206.84 - 60 * 11 / 7 - 1.02 * 3.5, 2
    )


@pytest.mark.parametrize(("word", "syllables"), [("día", 2), ("visita", 3), ("hacia", 2), ("leer", 2), ("quiere", 2)])
def test_spanish_syllables_know_which_vowels_stand_apart(word: str, syllables: int) -> None:
    assert grade.count(word, "es").syllables == syllables


@pytest.mark.parametrize(
    ("text", "segments"),
    [("a" * 160, 1), ("a" * 161, 2), ("á" * 70, 1), ("á" * 71, 2), ("€" * 80, 1), ("€" * 81, 2), ("a" * 307, 3)],
)
def test_segments_are_counted_as_carriers_do(text: str, segments: int) -> None:
    assert texts.segments(text) == segments


@pytest.mark.parametrize(
    ("name", "is_neutral"),
    [
        ("Riverside Clinic", True),
        ("TMS Center", False),
        ("Mindful Psychiatry", False),
        ("Ketamine Wellness", False),
        ("Depression Care", False),
        ("Clínica Río", False),  # two texts each time
    ],
)
def test_a_clinics_name_must_be_neutral(name: str, is_neutral: bool) -> None:
    assert (texts.name_faults(name) == []) is is_neutral


def test_what_staff_read_may_count_visits_and_not_name_treatments() -> None:
    assert texts.faults("30 of 36 visits are paid by the insurance.", is_sms=False) == []
    assert len(texts.faults("12 of 36", is_sms=False, form="day_before")) == 1
    assert len(texts.faults("Her ketamine visit.", is_sms=False)) == 1
