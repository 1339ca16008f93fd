import datetime as dt
import itertools

import pytest

from notifications.domain import texts
from notifications.domain.states import Kind
from notifications.rendering import times_text
from scheduling.queries.messaging import Visit

LONGEST = {
    "clinic": "Riverside Clinic Two",
    "phone": "(555) 010-2040",
    "address": "12 Main St",
    "first": "30 sep",
    "last": "30 sep",
    "when": "mié 30 sep, 10:30 a.m.",
    "times": "lun-vie 10:30 a.m.",
}


@pytest.mark.parametrize(("language", "kind"), list(itertools.product(["en", "es"], Kind)))
def test_every_text_is_one_segment_neutral_and_says_how_to_stop(language: str, kind: Kind) -> None:
    assert texts.faults(texts.sms(kind, language, LONGEST), is_sms=True) == []


@pytest.mark.parametrize(("language", "kind"), list(itertools.product(["en", "es"], Kind)))
def test_every_e_mail_is_neutral_in_subject_and_body(language: str, kind: Kind) -> None:
    subject, body = texts.mail(kind, language, LONGEST)

    assert (texts.faults(subject, is_sms=False), texts.faults(body, is_sms=False)) == ([], [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Your TMS is tomorrow. STOP", ["says TMS", "says tomorrow"]),
        ("Su terapia. STOP", ["says terapia"]),
        ("Llamar al miércoles á STOP", ["holds á, which make it two texts"]),
        ("x" * 157 + " STOP", ["is 162 letters long"]),
        ("Your visit", ["does not say how to stop"]),
    ],
)
def test_the_linter_finds_what_would_out_a_patient_or_double_the_price(text: str, fault: list[str]) -> None:
    assert texts.faults(text, is_sms=True) == fault


def visit(day: int, minute: int) -> Visit:
    return Visit(dt.date(2026, 11, day), minute, dt.datetime(2026, 11, day, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("visits", "text"),
    [
        ([visit(day, 510) for day in range(16, 21)], "Mon-Fri 8:30am"),
        ([visit(16, 510), visit(18, 510), visit(20, 540)], "Mon Wed 8:30am, Fri 9am"),
        ([visit(17, 720)], "Tue 12pm"),
    ],
)
def test_a_weeks_times_read_as_people_say_them(visits: list[Visit], text: str) -> None:
    assert times_text(visits, "en") == text


def test_spanish_keeps_the_clock_an_american_reader_expects() -> None:
    assert texts.when_text(dt.date(2026, 11, 24), 510, "es") == "mar 24 nov, 8:30 a.m."
