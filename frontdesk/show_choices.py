"""The choices of a move or a make-up, ready to print: where to, why that one, what it does to the end of the course."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from patients import reach
from patients.domain.contact import Channel
from scheduling.domain.living import Change
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.plan import PlannedSession
from scheduling.queries.repairs import Choice

MOST = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One choice: its number on the keyboard (0: it may not be taken), where to, why, what follows from it."""

    number: int
    label: str
    reason: str
    follows: str
    token: str
    why_not: str = ""
    is_clinicians: bool = False


def move_lines(choices: Sequence[Choice], today: dt.date) -> list[Line]:
    """Return the other places of one visit."""
    return [
        Line(n, *_place(choice.change, today), _end(choice), choice.token, is_clinicians=choice.needs_clinician)
        for n, choice in enumerate(choices[:MOST], start=1)
        if choice.change
    ]


def many_lines(named: Sequence[tuple[str, Choice]]) -> list[Line]:
    """Return what can be done with this visit and all after."""
    return [
        Line(n, label, _many_words(choice), _end(choice), choice.token, is_clinicians=choice.needs_clinician)
        for n, (label, choice) in enumerate(named, start=1)
    ]


def make_up_lines(choices: Sequence[Choice], today: dt.date) -> list[Line]:
    """Return where a lost visit can be made up, in the order of time where it can't; what may not be says why."""
    found = []
    for choice in choices:
        if choice.change is None:
            found.append(Line(0, choice.label, "", "", "", why_not=choice.why_not))
            continue
        added = choice.change.added[0]
        label = _when(added, today)
        if choice.kind == "end":
            label = f"Add at the end: {label}"
        number = 1 + sum(line.number > 0 for line in found)
        follows = _end(choice)
        found.append(Line(number, label, added.uses[0].name, follows, choice.token, "", choice.needs_clinician))
    return found


def told_words(patient_id: int) -> str:
    """Return who hears of a change, and when; two statements."""
    if not settings.SEND_MESSAGES:
        return "Messages are off: nobody is told. Call the patient."
    ways = reach.reach_of([patient_id])
    if way := ways.get((patient_id, Channel.SMS)):
        return f"Text to ...{way.address[-4:]} goes out 3 min later."
    if (patient_id, Channel.EMAIL) in ways:
        return "An email goes out 3 min later."
    return "Nobody is told: there is no consent to text. Call the patient."


def _place(change: Change, today: dt.date) -> tuple[str, str]:
    """Return where the visit that was asked about goes, and in what that is like where it was."""
    move = change.moves[-1]
    same_time = move.to.minute == move.was.minute
    device = move.to.uses[0]
    chair = "same chair" if device.resource_id == move.was.main else device.name
    away = (move.to.day - move.was.day).days
    when = {0: "same day", 1: "next day", -1: "the day before"}.get(away, "end of the course" if away > 14 else "")
    words = [f"same time {when}".strip() if same_time else when, chair]
    text = ", ".join(word for word in words if word)
    return _when(move.to, today), text[0].upper() + text[1:]


def _when(place: PlannedSession, today: dt.date) -> str:
    away = {0: "Today", 1: "Tomorrow"}.get((place.day - today).days, day_text(place.day))
    return f"{away}, {clock_text(place.minute)}"


def _end(choice: Choice) -> str:
    """Return what a change does to the end of the course, and what nothing would pay for any more."""
    assert choice.change is not None
    change = choice.change
    words = f"End stays {_short(change.ended_on)}."
    if change.ends_on != change.ended_on:
        words = f"End {_short(change.ended_on)} \N{RIGHTWARDS ARROW} {_short(change.ends_on)}."
    if not choice.uncovered:
        return words
    many = len(choice.uncovered)
    return f"{words} {many} {'visit is' if many == 1 else 'visits are'} not paid for."


def _many_words(choice: Choice) -> str:
    assert choice.change is not None
    many = len(choice.change.moves) + len(choice.change.added)
    fits = "" if choice.uncovered else " Authorisation still fits."
    return f"{many} {'session moves' if many == 1 else 'sessions move'}.{fits}"


def _short(day: dt.date) -> str:
    return f"{day:%b} {day.day}"
