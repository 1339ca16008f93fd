"""How the words of messages look on their pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from notifications.domain.texts.composing import PLACEHOLDER
from notifications.site_texts import InForceText

LANGUAGES = {"en": "English", "es": "Spanish"}
CHANNELS = {"sms": "Texts", "email": "E-mails"}
# What each is called and when it is sent, in the order in which a patient meets them.
PARTS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Coming visits",
        (
            ("booked", "Course booked", "Three minutes after booking"),
            ("first_visit", "First visit", "Three days before it"),
            ("ahead", "Later visit", "Three days before, where each visit is reminded of"),
            ("ride", "Ride home", "Three days before, where nobody goes home alone"),
            ("week", "Week ahead", "Fridays, for daily courses"),
            ("week_many", "Week ahead, times differ", "Where the times don't fit into one text"),
            ("day_before", "Day before", "10am the day before"),
            ("prep", "Get ready", "The day before, where nobody goes home alone"),
            ("same_day", "Same day", "Two hours before, where the patient asked"),
            ("escort", "To the driver", "The day before, to whoever takes the patient home"),
        ),
    ),
    (
        "Changes",
        (
            ("moved", "Visit moved", "Three minutes after the change"),
            ("escort_off", "To the driver: not needed", "Moved, cancelled, or somebody else drives; who was asked"),
            ("moved_many", "Several visits moved", "One message for all of them"),
            ("cancelled", "Visit cancelled", "Three minutes after the change"),
            ("cancelled_many", "Several visits cancelled", "One message for all of them"),
            ("missed", "Missed", "Once somebody settled the no-show"),
            ("missed_last", "Missed, none left", "Where no other visit is booked"),
        ),
    ),
    (
        "Asking",
        (
            ("opening", "Free time", "To three on the waitlist at once"),
            ("recall", "Time for a next visit", "When maintenance is due"),
            ("form_due", "Form due", "Before the visit it is for"),
        ),
    ),
    (
        "Answers to a text",
        (
            ("confirmed", "Confirmed", "After 1 or C"),
            ("confirmed_many", "Confirmed, several visits", "After 1 to a whole week"),
            ("asked", "Asked for a change", "After 2 or R; the visit stays booked"),
            ("late", "Running late", "After 3"),
            ("escort_yes", "Driver said yes", "After 1"),
            ("stop_ack", "Stop", "Once, within five minutes"),
            ("start_ack", "Start again", "After START"),
            ("help", "Help", "After HELP or AYUDA"),
            ("free_text", "Anything else", "Once a day; a person reads it"),
            ("crisis", "Somebody in danger", "At once, and the desk is alarmed"),
            ("stranger", "Number nobody here has", "Once a day"),
        ),
    ),
)
NAMES = {form: (name, when) for _title, rows in PARTS for form, name, when in rows}


@dataclass(frozen=True, slots=True)
class Said:
    """The words of one form in one language. `pieces`: what is filled in, and the words between."""

    language: str
    lang: str
    subject: Sequence[tuple[bool, str]]
    paragraphs: Sequence[Sequence[tuple[bool, str]]]
    is_own: bool
    faults: int
    letters: int


@dataclass(frozen=True, slots=True)
class Line:
    """One form, in every language."""

    form: str
    name: str
    when: str
    said: Sequence[Said]


def parts_of(rows: Sequence[InForceText], channel: str) -> list[tuple[str, list[Line]]]:
    """Return the forms of a channel as the page lists them."""
    found = {(row.place.form.name, row.place.language): row for row in rows if row.place.channel == channel}
    parts = [
        (
            title,
            [
                Line(form, name, when, [_said(found[form, code]) for code in LANGUAGES])
                for form, name, when in forms
                if (form, "en") in found
            ],
        )
        for title, forms in PARTS
    ]
    return [(title, lines) for title, lines in parts if lines]


def _said(row: InForceText) -> Said:
    place = row.place
    return Said(
        language=LANGUAGES[place.language],
        lang=place.language,
        subject=pieces(row.words.subject),
        paragraphs=[pieces(part) for part in row.words.body.split("\n\n")],
        is_own=row.is_own,
        faults=len(row.faults),
        letters=row.letters,
    )


def pieces(text: str) -> list[tuple[bool, str]]:
    """Return a text cut where something is filled in: (is it filled in, the words)."""
    return [(place % 2 == 1, part) for place, part in enumerate(PLACEHOLDER.split(text)) if part]
