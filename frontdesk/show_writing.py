"""The form of when a site writes, in words instead of minutes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clinic.models import WEEKDAYS
from frontdesk.forms_settings import refused
from frontdesk.show_settings import Field, with_errors
from notifications.actions.policies import MAY_BE_OFF
from notifications.domain.states import Kind
from scheduling.domain import local_time

if TYPE_CHECKING:
    from notifications.models import SitePolicy

_TIMES = {
    "opens": ("First message of the day", "The law allows 8am to 9pm, on the clock of whoever is written to."),
    "closes": ("Last message of the day", ""),
    "remind_minute": ("Reminders the day before, at", ""),
    "digest_minute": ("The week ahead, at", ""),
}
_PROGRESS = (("1", "Visit 3 of 36"), ("0", "No count"))
_FIELD_OF = {"digest_at": "digest_minute", "remind_at": "remind_minute"}
_COUNTS = {"daily_cap": ("Texts a day, at most", ("1", "2")), "weekly_cap": ("Texts a week, at most", tuple("1234567"))}
KINDS = {
    Kind.WEEK: "The week ahead, in one text",
    Kind.FIRST_VISIT: "Three days before the first visit",
    Kind.AHEAD: "Three days before visits that take preparing",
    Kind.SAME_DAY: "On the day, two hours before",
    Kind.MISSED: "After a missed visit",
    Kind.OPENING: "Offers of freed times",
    Kind.RECALL: "Asking back in after a course",
    Kind.FORM_DUE: "Forms that are due",
}
assert set(KINDS) == MAY_BE_OFF


def wanted(typed: Mapping[str, str], kinds_on: Sequence[str]) -> dict[str, Any]:
    """Return a policy as it was typed.

    :raises Rejected: with the words for every field that can't be read.
    """
    found: dict[str, Any] = {"kinds_off": sorted(kind.value for kind in KINDS if kind.value not in kinds_on)}
    faults = {}
    for name in _TIMES:
        try:
            found[name] = local_time.parse_wall(typed.get(name, "")[:5])
        except ValueError as error:
            faults[name] = str(error)
    found["shows_progress"] = typed.get("shows_progress", "1") != "0"
    for name in (*_COUNTS, "digest_weekday"):
        text = typed.get(name, "")
        if text.isdecimal() and len(text) < 3:
            found[name] = int(text)
        else:
            faults[name] = "Pick one of the list."
    if faults:
        raise refused(faults)
    return found


def form_of(
    row: "SitePolicy", typed: Mapping[str, str], faults: Mapping[str, str], kinds_on: Sequence[str] | None
) -> dict[str, Any]:
    """Return the form, in two parts, and the kinds of messages that can be switched off."""
    times = [
        Field(name, label, _clock(getattr(row, name)), hint=hint, kind="time") for name, (label, hint) in _TIMES.items()
    ]
    counts = [
        Field(name, label, str(getattr(row, name)), kind="select", options=tuple((each, each) for each in options))
        for name, (label, options) in _COUNTS.items()
    ]
    days = tuple((str(number), name) for number, name in WEEKDAYS)
    counts.append(Field("digest_weekday", "The week ahead, on", str(row.digest_weekday), kind="select", options=days))
    progress = str(int(row.shows_progress))
    counts.append(Field("shows_progress", "Patients see on their page", progress, kind="select", options=_PROGRESS))
    said = {_FIELD_OF.get(name, name): _sentence(words) for name, words in faults.items()}
    on = [kind.value for kind in KINDS if kind.value not in row.kinds_off] if kinds_on is None else kinds_on
    return {
        "times": with_errors(times, typed, said),
        "counts": with_errors(counts, typed, said),
        "kinds": [(kind.value, words, kind.value in on) for kind, words in KINDS.items()],
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _sentence(words: str) -> str:
    """Return a fault as it stands beside a field: the rule says it after the field's name."""
    if words.startswith("and closes lie"):
        return "Both times lie between 8am and 9pm, the first before the last."
    return words if words[:1].isupper() else f"This {words}."
