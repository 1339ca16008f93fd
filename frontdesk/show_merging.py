"""Two records of one person side by side, and what a merge would do."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from notifications import queries as messages
from patients import joined, phones
from patients.domain.contact import ContactKind
from patients.domain.joining import FIELDS, POINTS, UNDO_FOR, differing, ended_by
from patients.joined import Parts
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.queries import courses
from scheduling.queries import joining as visits

_LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "preferred_name": "Goes by",
    "birth_date": "Birth date",
    "language": "Language",
    "interpreter": "Interpreter",
    "phone": "Phone",
    "email": "E-mail",
}
_LANGUAGES = {"en": "English", "es": "Spanish"}
_CHANNELS = {"sms": "texts", "email": "e-mails"}
_NOTHING = "Not known"


@dataclass(frozen=True, slots=True)
class Row:
    """One field in both records; `is_choice`: they differ, and a person says which is right."""

    name: str
    label: str
    kept: str
    gone: str
    is_choice: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A merge into a record, as its page tells of it."""

    id: int
    text: str
    may_part: bool


def preview(kept: Any, gone: Any, *, now: dt.datetime) -> dict[str, Any]:
    """Return what the page before a merge prints."""
    mine, other = joined.parts_of(kept), joined.parts_of(gone)
    clashes = visits.overlapping_visits(kept.pk, gone.pk)
    return {
        "kept": kept,
        "gone": gone,
        "site": kept.site,
        "rows": _rows(mine, other),
        "is_other_day": kept.birth_date != gone.birth_date,
        "born": [_born(kept.birth_date), _born(gone.birth_date)],
        "courses": [courses.courses_of(patient, now=now) for patient in (kept, gone)],
        "moves": _moves(gone, other, now),
        "consents": _consents(mine, other),
        "clashes": [f"{day_text(day)}, {clock_text(minute)}" for day, minute in clashes],
        "is_one_dead": mine.has_died != other.has_died,
        "until": _when(now + UNDO_FOR, kept.site.zone),
    }


def _rows(mine: Parts, other: Parts) -> list[Row]:
    kept = {**mine.values, **{kind: mine.points.get(kind, "") for kind in POINTS}}
    gone = {**other.values, **{kind: other.points.get(kind, "") for kind in POINTS}}
    choices = differing(kept, gone)
    rows = [
        Row(name, _LABELS[name], _words(name, kept[name]), _words(name, gone[name]), name in choices)
        for name in (*FIELDS, *POINTS)
        if kept[name] or gone[name]
    ]
    return [Row("", "Record", mine.patient.record_number, other.patient.record_number, False), *rows]


def _words(name: str, value: Any) -> str:
    if not value:
        return _NOTHING
    if name == "birth_date":
        return _born(value)
    if name == ContactKind.PHONE:
        return phones.readable(value)
    return _LANGUAGES.get(value, value) if name == "language" else str(value)


def _born(day: dt.date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def _moves(gone: Any, other: Parts, now: dt.datetime) -> list[str]:
    """Return what goes to the kept record, in words."""
    counts = visits.counts_of(gone.pk, now=now)
    found = [
        _some(counts.courses, "course"),
        _some(counts.coming, "coming visit"),
        _some(counts.authorizations, "authorization"),
        _some(counts.waiting, "place on the waiting list", "places on the waiting list"),
        _some(len(other.points) + other.others, "phone or e-mail", "phones and e-mails"),
        _some(messages.messages_counted(gone.pk), "message"),
    ]
    return [words for words in found if words]


def _some(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}" if number else ""


def _consents(mine: Parts, other: Parts) -> list[str]:
    """Return what becomes of what both agreed to: a stop in either record wins."""
    over = {channel for channel, _purpose in ended_by(mine.agreed, other.agreed, mine.stops | other.stops)}
    said = []
    for channel, word in _CHANNELS.items():
        yes = [any(topic[0] == channel for topic in each.agreed) for each in (mine, other)]
        if channel in over:
            said.append(f"One of the records says stop to {word}: {word} end.")
        elif all(yes):
            said.append(f"Both agree to {word}.")
        elif any(yes):
            number = (mine, other)[yes.index(True)].patient.record_number
            said.append(f"{number} agrees to {word}; that holds for both.")
    return said


def standing(patient: Any, *, now: dt.datetime, may: bool) -> dict[str, Sequence[Standing]]:
    """Return the merges into a record, each with the way back while there is one."""
    return {"merges": [_standing(row, patient.site.zone, now, may) for row in joined.merges_of(patient.pk)]}


def _standing(row: Any, zone: str, now: dt.datetime, may: bool) -> Standing:
    text = f"{row.gone.record_number} was merged into this record by {row.by.name}, {_when(row.at, zone)}."
    is_open = now <= row.until
    if is_open:
        text = f"{text} It can be taken back until {_when(row.until, zone)}."
    return Standing(row.pk, text, may and is_open)


def _when(at: dt.datetime, zone: str) -> str:
    day, minute = local_time.wall(at, zone)
    return f"{day_text(day)}, {clock_text(minute)}"


def parted(left: int) -> str:
    """Return what is said after a merge was taken back; `left`: texts that had left about what went back."""
    if not left:
        return "Two records again."
    return f"Two records again. {left} {'message' if left == 1 else 'messages'} had left meanwhile: call the patient."
