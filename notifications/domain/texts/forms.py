"""Pure: which texts there are, what each must say, and which of them a message takes."""

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.domain.cadence import ANSWERS
from notifications.domain.states import Kind

VERSION = "2026-11c"
LANGUAGES = ("en", "es")
CHANNELS = ("sms", "email")

# Kinds that say it in other words when a fact is not there: the fact, and the name of those words.
_WITHOUT: dict[Kind, tuple[str, str]] = {
    Kind.WEEK: ("times", "week_many"),  # times that differ, and don't fit
    Kind.MOVED: ("when", "moved_many"),  # several visits at once
    Kind.CANCELLED: ("old", "cancelled_many"),
    Kind.MISSED: ("when", "missed_last"),  # no visit is left
    Kind.CONFIRMED: ("when", "confirmed_many"),
}
# Told at once to somebody who just wrote: they know how to stop, or have, or need another number first.
_NO_STOP = frozenset(
    {"confirmed", "confirmed_many", "asked", "late", "escort_yes", "stop_ack", "free_text", "crisis", "stranger"}
)
_NO_WAY_BACK = frozenset({"confirmed", "confirmed_many"})
# Read by somebody without a page of their own, or whose page may have ended by then.
_NO_LINK = ANSWERS | {Kind.ESCORT, Kind.ESCORT_OFF, Kind.RECALL}
# What the words say of somebody in danger, where these are answered: never without the numbers.
EMERGENCY = {"free_text": ("911", "988"), "crisis": ("911", "988"), "stranger": ("911",)}
CATALOGUE_REGIONS = frozenset({"US", "AS", "GU", "MP", "PR", "VI", "CA"})  # where 911 and 988 are answered


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in one form, channel and language. `button` and `subject`: e-mail only."""

    body: str
    subject: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One set of words. `facts`: what it may say; `must`: what it says or is of no use."""

    name: str
    kind: Kind
    facts: frozenset[str]
    must: frozenset[str]
    needs_stop: bool  # as a text
    needs_way_back: bool  # link or phone


_SAID: dict[str, tuple[str, ...]] = {
    "booked": ("first", "last"),
    "week": ("first", "times"),
    "week_many": ("first",),
    "first_visit": ("when",),
    "ahead": ("when",),
    "ride": ("when",),
    "day_before": ("when",),
    "prep": ("when",),
    "same_day": ("when",),
    "escort": ("when",),
    "escort_off": ("when",),
    "moved": ("when",),
    "cancelled": ("old",),
    "missed": ("old", "when"),
    "missed_last": ("old",),
    "opening": ("when", "until"),
    "confirmed": ("when",),
}
_ALWAYS = frozenset({"clinic", "phone"})


def _form(name: str, kind: Kind) -> Form:
    said = frozenset(_SAID.get(name, ()))
    return Form(
        name=name,
        kind=kind,
        facts=_ALWAYS | said | (frozenset() if kind in _NO_LINK else {"link"}),
        must=said,
        needs_stop=name not in _NO_STOP,
        needs_way_back=name not in _NO_WAY_BACK,
    )


FORMS: dict[str, Form] = {kind.value: _form(kind.value, kind) for kind in Kind} | {
    name: _form(name, kind) for kind, (_fact, name) in _WITHOUT.items()
}


def form_of(kind: Kind, facts: Mapping[str, str]) -> str:
    """Return the name of the words a message of a kind takes, by the facts there are."""
    fact, other = _WITHOUT.get(kind, ("", ""))
    return other if fact and fact not in facts else kind.value


def forms_in(channel: str) -> list[Form]:
    """Return the forms a channel has words for: answers are given the way they were asked, by text."""
    return [form for form in FORMS.values() if channel == "sms" or form.kind not in ANSWERS]
