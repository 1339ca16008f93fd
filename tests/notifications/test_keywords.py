"""What people write back, in two languages: the words that end texts, the answers, the cries for help."""

import pytest

from notifications.domain.keywords import CRISIS, Meaning, Reading, folded, read

pytestmark = pytest.mark.once
M = Meaning


def meanings(*texts: str) -> dict[str, Meaning]:
    return {text: read(text).meaning for text in texts}


def all_mean(meaning: Meaning, *texts: str) -> None:
    assert meanings(*texts) == dict.fromkeys(texts, meaning)


def test_one_or_c_or_a_plain_yes_confirms() -> None:
    all_mean(M.CONFIRM, "1", " 1. ", "1!", "１", "1️⃣", "#1", "C", "c", "1 please", "1 thanks", "1 gracias")
    all_mean(
        M.CONFIRM, "Yes", "YES!", "yes please", "Sí", "si", "SI gracias", "I’ll be there", "Allí estaré", "confirmo"
    )


def test_two_or_r_or_words_for_it_ask_and_are_no_way_to_end_texts() -> None:
    all_mean(M.ASK, "2", "R", "no", "I can't come", "I cannot make it tomorrow", "Can’t make it", "reschedule")
    all_mean(M.ASK, "No puedo ir", "no podré ir mañana", "quiero cambiar la hora", "otro día por favor")
    all_mean(
        M.ASK, "please cancel my appointment", "I need to cancel", "cancel the visit on Tuesday", "cancelar mi cita"
    )


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("3", None),
        ("3 20", 20),
        ("3 20 min", 20),
        ("3 - 15 minutes", 15),
        ("3 10 minutos", 10),
        ("running late", None),
        ("I'm running 20 min late", 20),
        ("I'll be 10 minutes late", 10),
        ("will be about 15 minutes late", 15),
        ("late 15", 15),
        ("20min late", 20),
        ("1 hour late sorry, I am late", 60),
        ("Voy tarde", None),
        ("llego 10 minutos tarde", 10),
        ("Llegaré 15 min tarde", 15),
        ("I'm running late, be there between 10 and 20", None),
    ],
)
def test_three_or_words_for_it_is_late_with_the_minutes_if_one_number_says_them(text: str, minutes: int | None) -> None:
    found = read(text)

    assert (found.meaning, found.minutes) == (M.LATE, minutes)


def test_the_stop_family_ends_texts_in_both_languages() -> None:
    english = [
        "STOP",
        "stop",
        "Stop.",
        "STOPALL",
        "stop all",
        "UNSUBSCRIBE",
        "END",
        "quit",
        "Cancel",
        "REVOKE",
        "opt out",
    ]
    more = ["OPTOUT", "opt-out", "please stop", "Stop please!", "no more texts", "NO MORE MESSAGES", "stop texting me"]
    plain = [
        "Please stop sending me these",
        "don't text me again",
        "do not text me",
        "take me off your list",
        "remove me",
    ]
    revoked = [
        "I revoke my consent",
        "I want to opt out of this",
        "unsubscribe me please",
        "dont send me any more texts",
    ]
    spanish = ["ALTO", "Parar", "CANCELAR", "pare por favor", "no más mensajes", "No me escriban más", "darme de baja"]
    all_mean(M.STOP, *english, *more, *plain, *revoked, *spanish, "dejen de mandarme mensajes", "no quiero más textos")


def test_a_stop_that_is_none_stays_a_text_for_a_person() -> None:
    all_mean(
        M.FREE, "the bus stop is closed", "don't stop texting me", "please do not stop the reminders", "non-stop rain"
    )
    all_mean(M.FREE, "can we stop at 3?", "my weekend was great", "¿para qué es?", "I will end the week with you")


def test_cancel_alone_ends_texts_and_may_have_meant_the_visit() -> None:
    found = [read(text) for text in ("CANCEL", "cancel please", "Cancelar", "STOP")]

    assert [(each.meaning, each.is_maybe_visit) for each in found] == [(M.STOP, True)] * 3 + [(M.STOP, False)]


def test_start_and_help_are_the_carriers_words_and_a_cry_for_help_is_not() -> None:
    all_mean(M.START, "START", "unstop", "Start!", "opt in", "iniciar")
    all_mean(M.HELP, "HELP", "help?", "INFO", "Ayuda")
    all_mean(M.FREE, "help me", "I need help getting there", "ayúdame")


def test_yes_from_a_number_that_said_stop_is_an_opt_in_and_from_no_other() -> None:
    assert [read(text, is_suppressed=True).meaning for text in ("YES", "sí", "1", "hello")] == [
        M.START,
        M.START,
        M.CONFIRM,
        M.FREE,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "I want to die",
        "1 but I want to kill myself",
        "I do not want to kill myself",
        "thinking about SUICIDE",
        "suicidal",
        "I can’t go on",
        "quiero morir",
        "Quiero hacerme daño",
        "no quiero vivir más",
        "STOP. I want to end my life",
    ],
)
def test_a_crisis_is_heard_whatever_else_is_said(text: str) -> None:
    assert read(text).is_crisis is True


def test_parts_of_words_and_other_sentences_are_no_crisis() -> None:
    texts = ["1", "my phone died", "the diet is killing me softly", "overdosedly", "I could die laughing? no", "crisis"]

    assert [text for text in texts if read(text).is_crisis] == []


def test_a_stop_in_a_crisis_is_both() -> None:
    found = read("stop texting me, I want to die")

    assert (found.meaning, found.is_crisis) == (M.STOP, True)


def test_a_sites_own_words_count_folded_and_whole() -> None:
    own = ["Código Rojo", ""]

    assert [read(text, crisis_words=own).is_crisis for text in ("es un codigo rojo!", "codigo rojos", "1")] == [
        True,
        False,
        False,
    ]


def test_the_language_of_the_words_is_known_where_they_have_one() -> None:
    assert [read(text).language for text in ("STOP", "ALTO", "1", "ayuda", "quiero morir", "hm")] == [
        "en",
        "es",
        "",
        "es",
        "es",
        "",
    ]


@pytest.mark.parametrize("text", ["", "   ", "👍", "\x00", "11", "12 1", "1 2", "2 or 3?", "é" * 2000, "a" * 1600])
def test_everything_else_is_for_a_person(text: str) -> None:
    assert read(text) == Reading(M.FREE)


def test_words_are_compared_without_accents_apostrophes_and_marks() -> None:
    assert [folded(text) for text in ("¡Allí  Estaré!", "I’ll", "ca\u200bncel", "NIÑO")] == [
        "alli estare",
        "ill",
        "cancel",
        "nino",
    ]


def test_every_crisis_word_is_written_as_it_is_compared() -> None:
    words = [word for phrases in CRISIS.values() for word in phrases]

    assert ([folded(word) for word in words], len(set(words))) == (words, len(words))
