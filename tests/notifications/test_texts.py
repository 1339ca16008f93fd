"""The words: days and times as people of a region read them, and which words a message takes."""

import datetime as dt
import hashlib
import json

import pytest

from notifications.domain import texts
from notifications.domain.cadence import ANSWERS
from notifications.domain.states import Kind
from notifications.domain.texts import english, samples, spanish

TUESDAY = dt.date(2026, 11, 24)


def visit(day: int, minute: int) -> tuple[dt.date, int]:
    return dt.date(2026, 11, day), minute


@pytest.mark.parametrize(
    ("visits", "text"),
    [
        ([visit(day, 510) for day in range(16, 21)], "Mon-Fri 8:30am"),
        ([visit(16, 510), visit(18, 510), visit(20, 540)], "Mon Wed 8:30am, Fri 9am"),
        ([visit(17, 720)], "Tue 12pm"),
    ],
)
def test_a_weeks_times_read_as_people_say_them(visits: list[tuple[dt.date, int]], text: str) -> None:
    assert texts.times_text(visits, "en") == text


def test_a_span_of_days_in_spanish_is_from_day_to_day() -> None:
    assert texts.times_text([visit(day, 510) for day in range(16, 21)], "es") == "lun a vie 8:30 a.m."


@pytest.mark.parametrize(
    ("language", "region", "text"),
    [
        ("en", "US", "Tue, Nov 24 at 8:30am"),
        ("es", "US", "mar 24 nov, 8:30 a.m."),
        ("en", "DE", "Tue, Nov 24 at 08:30"),
        ("es", "ES", "mar 24 nov, 08:30"),
        ("es", "PR", "mar 24 nov, 8:30 a.m."),
    ],
)
def test_the_region_decides_the_clock_and_the_language_the_words(language: str, region: str, text: str) -> None:
    assert texts.when_text(TUESDAY, 510, language, region=region) == text


@pytest.mark.parametrize(
    ("zone", "name"),
    [("America/New_York", "ET"), ("America/Phoenix", "MT"), ("Europe/Berlin", "CET"), ("America/Anchorage", "AKT")],
)
def test_a_zone_is_named_as_people_call_it_in_any_season(zone: str, name: str) -> None:
    assert texts.zone_name(TUESDAY, 510, zone) == name
    assert texts.when_text(TUESDAY, 510, "en", zone_name=name) == f"Tue, Nov 24 at 8:30am {name}"


def test_who_is_picked_up_is_never_promised_to_the_minute() -> None:
    assert [texts.when_text(TUESDAY, 690, language, is_about=True) for language in texts.LANGUAGES] == [
        "Tue, Nov 24, about 11:30am",
        "mar 24 nov, hacia las 11:30 a.m.",
    ]


@pytest.mark.parametrize(
    ("minute", "region", "text"),
    [
        (690, "US", "hacia las 11:30 a.m."),
        (780, "US", "hacia la 1 p.m."),
        (75, "US", "hacia la 1:15 a.m."),
        (840, "US", "hacia las 2 p.m."),
        (780, "ES", "hacia las 13:00"),
        (60, "ES", "hacia la 01:00"),
    ],
)
def test_a_time_in_spanish_has_its_article(minute: int, region: str, text: str) -> None:
    assert texts.around_text(minute, "es", region=region) == text


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_kind_has_words_for_a_text_and_all_but_answers_for_an_e_mail(language: str) -> None:
    written = {"en": (english.SMS, english.MAIL), "es": (spanish.SMS, spanish.MAIL)}[language]

    answers = {form.name for form in texts.FORMS.values() if form.kind in ANSWERS}
    assert set(written[0]) == set(texts.FORMS) >= {kind.value for kind in Kind}
    assert set(written[1]) == set(texts.FORMS) - answers


@pytest.mark.parametrize(
    ("kind", "fact", "form"),
    [
        (Kind.WEEK, "times", "week_many"),
        (Kind.MOVED, "when", "moved_many"),
        (Kind.CANCELLED, "old", "cancelled_many"),
        (Kind.MISSED, "when", "missed_last"),
        (Kind.CONFIRMED, "when", "confirmed_many"),
    ],
)
def test_a_message_that_lacks_a_fact_says_it_without(kind: Kind, fact: str, form: str) -> None:
    facts = samples.longest("en")

    assert (texts.form_of(kind, facts), texts.form_of(kind, {k: v for k, v in facts.items() if k != fact})) == (
        kind.value,
        form,
    )


def test_a_fact_that_is_missing_is_an_error_and_no_hole_in_a_text() -> None:
    with pytest.raises(KeyError):
        texts.sms(Kind.DAY_BEFORE, "en", {"clinic": "Riverside"})


def test_a_time_that_ends_in_a_point_ends_the_sentence_too() -> None:
    facts = {"clinic": "Riverside", "when": "mar 24 nov, 8:30 a.m."}

    assert texts.sms(Kind.CONFIRMED, "es", facts) == "Riverside: Gracias. Le esperamos el mar 24 nov, 8:30 a.m."


def test_a_brace_inside_a_fact_is_only_a_letter() -> None:
    facts = samples.longest("en") | {"clinic": "{phone}", "link": "L"}

    assert texts.sms(Kind.CONFIRMED, "en", facts).startswith("{phone}: Thank you.")


def test_an_e_mail_says_the_words_the_link_whom_to_call_and_how_to_stop() -> None:
    facts = samples.longest("en") | {"when": "Tue, Nov 24 at 8:30am", "link": "https://v.example/v/T/", "stop": "S"}

    assert texts.mail(Kind.DAY_BEFORE, "en", facts) == (
        "Your visit on Tue, Nov 24 at 8:30am",
        "You have a visit Tue, Nov 24 at 8:30am.\n\nCan you come?\n\nTell us you will come: https://v.example/v/T/\n\n"
        "Questions? Call (555) 010-2040.\n\nRiverside Clinic Two\n12 Main Street, Suite 300, Riverside, New York 10001"
        "\n\nStop these e-mails: S\n",
    )


def test_the_words_of_a_version_never_change() -> None:
    """A message keeps the version and its facts: other words under the same name would make the proof a lie."""
    every = {
        f"{language} {channel} {form.name}": repr(texts.catalogue(form.name, channel, language))
        for language in texts.LANGUAGES
        for channel in texts.CHANNELS
        for form in texts.forms_in(channel)
    }
    digest = hashlib.sha256(json.dumps(every, sort_keys=True).encode()).hexdigest()

    assert (texts.VERSION, digest[:12]) == ("2026-11c", "6dfe2d580749")
