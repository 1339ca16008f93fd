"""What stands around the words: a "like" that quotes our text, a STOP in a longer sentence, two answers in one."""

import pytest

from notifications.domain.keywords import Meaning, is_plain, read
from notifications.domain.texts import LANGUAGES, catalogue, filled, forms_in
from notifications.domain.texts.samples import ordinary

pytestmark = pytest.mark.once
M = Meaning

LIKES = [
    "Liked “{}”",
    "Loved “{}”",
    "Disliked “{}”",
    "Laughed at “{}”",
    "Emphasized “{}”",
    "Questioned “{}”",
    "Removed a like from “{}”",
    'Reacted 👍 to "{}"',
    "\u200a\u200b👍\u200b to “\u200a{}\u200a”\u200b",
    "Le gustó “{}”",
    "Le encantó a “{}”",
    "A Maria le gustó «{}»",
    "Indicó que le gusta “{}”",
    "Reaccionó con 👍 a “{}”",
]
OURS = "Riverside Clinic: You have a visit Tue, Nov 24 at 9am. Can you come? STOP to opt out."


@pytest.mark.parametrize("like", LIKES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_like_of_any_of_our_texts_is_no_stop_and_no_crisis(like: str, language: str) -> None:
    facts = ordinary(
        language, clinic="Riverside Clinic", phone="(555) 010-2000", address="", link="https://go.example/v/x/"
    )
    said = {
        form.name: read(like.format(filled(catalogue(form.name, "sms", language).body, facts)))
        for form in forms_in("sms")
    }

    assert {name: each for name, each in said.items() if each.meaning is not M.FREE or each.is_crisis} == {}


def test_what_is_said_before_a_quotation_counts() -> None:
    texts = [f'{lead} "{OURS}"' for lead in ("STOP", "1", "2 sorry", "What is this?")]

    assert [read(text).meaning for text in texts] == [M.STOP, M.CONFIRM, M.FREE, M.FREE]


@pytest.mark.parametrize(
    "text",
    [
        f"I want to die “{OURS}”",
        f"Liked “{OURS}” but I want to die",
        f"“{OURS}” quiero morir",
        'my son wrote "I want to kill myself and nobody would even notice"',
        "“I want to kill myself and nobody would even notice”",
    ],
)
def test_a_crisis_around_or_in_a_quotation_is_heard(text: str) -> None:
    assert read(text).is_crisis is True


def test_a_short_quotation_is_part_of_what_is_said() -> None:
    assert read('I told you "stop texting me"').meaning is M.STOP


def test_a_stop_that_is_all_that_is_said_leaves_nothing_to_read() -> None:
    texts = ["STOP", "stop texting me", "Please stop sending me these", "take me off your list", "I revoke my consent"]
    texts += ["I want to opt out of this", "dont text me again", "no quiero más textos", "dejen de mandarme mensajes"]

    assert [(text, read(text).meaning, read(text).is_more) for text in texts] == [
        (text, M.STOP, False) for text in texts
    ]


def test_a_stop_among_other_words_leaves_them_to_read() -> None:
    texts = [
        "Please stop texting, I can't come Tuesday, cancel my appointment",
        "stop texting me, my father died",
        "No me escriban más, ya no puedo ir el martes",
    ]

    assert [(read(text).meaning, read(text).is_more) for text in texts] == [(M.STOP, True)] * len(texts)


def test_who_does_not_text_and_drive_has_not_said_stop() -> None:
    texts = ["Sorry, I don't text and drive, running late", "we don't text much", "I never text", "do not text me"]

    assert [read(text).meaning for text in texts] == [M.LATE, M.FREE, M.FREE, M.STOP]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("running late, can't make it today, please reschedule", M.ASK),
        ("voy tarde, no puedo ir hoy", M.ASK),
        ("stuck in traffic, not going to make it", M.ASK),
        ("running late, can't be there until 9:30", M.LATE),
        ("I'm running late, can't make it on time", M.LATE),
        ("voy tarde, no puedo llegar a tiempo", M.LATE),
    ],
)
def test_who_is_late_and_can_not_come_asks_for_another_time(text: str, meaning: Meaning) -> None:
    assert read(text).meaning is meaning


def test_a_bare_number_yes_or_no_answers_the_question_that_was_asked() -> None:
    texts = ["1", "Yes please", "sí", "2", "no thanks", "I can't come", "reschedule", "I'll be there", "12"]

    assert [is_plain(text) for text in texts] == [True] * 5 + [False] * 4
