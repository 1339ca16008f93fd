"""Freed times and the people who wait for one, ready to print."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from clinic.models import Site
from notifications import queries as messages
from notifications.domain.states import MessageState
from patients import phones
from patients.numbers import phones_of
from scheduling.domain import local_time
from scheduling.domain.local_time import MINUTES_A_DAY, clock_text, day_text
from scheduling.domain.operations import Urgency
from scheduling.domain.refill import AT_ONCE, LEAST_OFFERS, Rate
from scheduling.queries import offers as stored
from scheduling.queries import refill
from scheduling.queries.refill import FreedTime
from scheduling.queries.waitlist import Asked, applicants, asked_lately, open_entries, rate_of, wanted_by

DAYS = ((1, "Mon"), (2, "Tue"), (3, "Wed"), (4, "Thu"), (5, "Fri"), (6, "Sat"), (7, "Sun"))
NOON = 12 * 60
TIMES = (("any", "Any time", 0, MINUTES_A_DAY), ("am", "Mornings", 0, NOON), ("pm", "Afternoons", NOON, MINUTES_A_DAY))
URGENCIES = tuple((each.value, each.value.capitalize()) for each in Urgency)
_LOST = (
    MessageState.UNDELIVERED,
    MessageState.FAILED,
    MessageState.DEAD,
    MessageState.UNREACHABLE,
    MessageState.ABANDONED,
)
_SAID = {
    MessageState.DELIVERED: "Text delivered",
    MessageState.SENT: "Text sent",
    MessageState.ACCEPTED: "Text sent",
    MessageState.SHOWN: "Messages are off",
    MessageState.UNKNOWN: "Not known whether the text left",
}
_WHY = {"moved": "Moved away", "cancelled": "Cancelled", "no_show": "No-show", "not_treated": "Turned away"}


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One open offer and what became of its text."""

    id: int
    entry_id: int
    last: str
    first: str
    phone: str
    words: str
    is_lost: bool


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A freed time."""

    session_id: int
    starts_at: str
    when: str
    place: str
    left: str
    why: str
    is_soon: bool
    offered: str
    offers: tuple[OfferLine, ...]
    is_wanted: bool  # somebody waits who would come, as far as that is known
    book: str  # what the planner is told to book a visit then


@dataclass(frozen=True, slots=True)
class MatchLine:
    """Somebody who would come."""

    entry_id: int
    last: str
    first: str
    phone: str
    number: str
    why: str
    is_call_only: bool
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class EntryLine:
    """Somebody who waits."""

    id: int
    version: int
    patient_id: int
    last: str
    first: str
    tag: str
    asked: str
    urgency: str
    is_urgent: bool
    is_call_only: bool
    waiting: str
    behind: str
    weekdays: tuple[int, ...]
    times: str
    lead: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits at a site, the longest first, and what was offered to them lately."""

    rows: tuple[Any, ...]
    asked: Asked


def waiting_at(site: Site, now: dt.datetime) -> Waiting:
    """Return who waits at a site; two statements."""
    rows = tuple(open_entries([site.pk]))
    return Waiting(rows, asked_lately(rows, now=now))


def slot_lines(site: Site, waiting: Waiting, now: dt.datetime, *, opened: int = 0) -> list[SlotLine]:
    """Return the freed times of a site with what is offered of them; statements do not depend on how many.

    `opened`: the visit whose time is looked at, or 0 for the first: for it, it is worked out whether anybody fits.
    """
    found = refill.freed_times(site_ids=[site.pk], now=now)
    offers = stored.open_by_place([site.pk], now=now)
    rows = [row for held in offers.values() for row in held]
    states = messages.messages_of_offers([row.pk for row in rows])
    numbers = phones_of({row.patient_id for row in rows})
    looked_at = opened or next((each.session_id for each in found), 0)
    return [
        _slot(
            each,
            offers.get((each.slot.resource_id, each.slot.starts_at), ()),
            states,
            numbers,
            now,
            is_wanted=_is_wanted(each, waiting, now, is_looked_at=each.session_id == looked_at),
        )
        for each in found
    ]


def _is_wanted(freed: FreedTime, waiting: Waiting, now: dt.datetime, *, is_looked_at: bool) -> bool:
    if not refill.is_wanted(freed, waiting.rows, waiting.asked):
        return False
    return not is_looked_at or bool(refill.candidates(freed, now=now, shown=1).candidates)


def book_query(freed: FreedTime) -> str:
    """Return what the planner is told to book a visit in a freed time."""
    slot = freed.slot
    time = f"{slot.minute // 60:02}:{slot.minute % 60:02}"
    asked = {"start_on": str(slot.day), "preferred_time": time, "device": slot.resource_id, "single": 1}
    return urlencode(asked)


def _slot(
    each: FreedTime, rows: Sequence[Any], states: Any, numbers: Any, now: dt.datetime, *, is_wanted: bool
) -> SlotLine:
    minutes = each.minutes_to_start(now)
    until = local_time.wall(each.offered_until, each.slot.zone)[1] if each.offered_until else None
    return SlotLine(
        session_id=each.session_id,
        starts_at=each.slot.starts_at.isoformat(),
        when=f"{day_text(each.slot.day)}, {clock_text(each.slot.minute)}",
        place=each.resource_name,
        left=f"In {_left(minutes)}",
        why=_WHY.get(each.why, "Free again"),
        is_soon=minutes < 180,
        offered=f"Offered to {each.offers} until {clock_text(until)}" if until is not None else "",
        offers=tuple(_offer(row, states.get(row.pk), numbers.get(row.patient_id, "")) for row in rows),
        is_wanted=is_wanted,
        book=book_query(each),
    )


def _offer(row: Any, state: MessageState | None, number: str) -> OfferLine:
    patient = row.entry.patient
    is_lost = state in _LOST
    said = _SAID.get(state, "Text goes out now") if state else "Text goes out now"
    words = "The offer's text didn't arrive" if is_lost else said
    return OfferLine(
        id=row.pk,
        entry_id=row.entry_id,
        last=patient.last_name,
        first=patient.preferred_name or patient.first_name,
        phone=number,
        words="By phone" if row.is_by_phone else words,
        is_lost=is_lost,
    )


def _left(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def match_context(freed: FreedTime, now: dt.datetime) -> dict[str, Any]:
    """Return who would come in a freed time, and who is not asked."""
    found = refill.candidates(freed, now=now)
    entries = [each.entry for each in found.candidates] + [each.entry for each in found.others]
    numbers = phones_of({entry.patient_id for entry in entries})
    by_text = [each.entry.pk for each in found.candidates if not each.entry.is_call_only][
        : max(0, AT_ONCE - freed.offers)
    ]
    matches = [_match(each, numbers.get(each.entry.patient_id, ""), by_text) for each in found.candidates]
    others = [(*_name(each.entry.patient), each.why_not) for each in found.others]
    return {
        "matches": matches,
        "others": others,
        "asked": len(by_text),
        "chance": chance_text(rate_of([freed.site_id]), len(by_text)),
        "seen": sorted({entry.patient_id for entry in entries}),
    }


def _match(each: Any, number: str, by_text: Sequence[int]) -> MatchLine:
    last, first = _name(each.entry.patient)
    return MatchLine(
        entry_id=each.entry.pk,
        last=last,
        first=first,
        phone=number,
        number=phones.readable(number) if number else "",
        why=each.why,
        is_call_only=each.entry.is_call_only,
        is_ticked=each.entry.pk in by_text,
    )


def _name(patient: Any) -> tuple[str, str]:
    return patient.last_name, patient.preferred_name or patient.first_name


def chance_text(rate: Rate, asked: int) -> str:
    """Return how likely a time is filled, from a clinic's own offers once there are enough."""
    chance = rate.chance(asked)
    if chance is None:
        return f"About 1 in 10 offers is taken elsewhere. Your own number shows after {LEAST_OFFERS}."
    return f"Chance to fill: about {round(chance * 100)} %."


def entry_lines(waiting: Waiting, now: dt.datetime) -> list[EntryLine]:
    """Return who waits at a site, the longest first; statements do not depend on how many."""
    order = applicants(waiting.rows, waiting.asked)
    return [_entry(row, order[row.pk].behind, now) for row in waiting.rows]


def _entry(row: Any, behind: int, now: dt.datetime) -> EntryLine:
    last, first = _name(row.patient)
    days = (now - row.since).days
    words = wanted_by(row).words.removeprefix("asked for ")
    return EntryLine(
        id=row.pk,
        version=row.version,
        patient_id=row.patient_id,
        last=last,
        first=first,
        tag=(row.protocol or row.course.protocol).tag,
        asked=f"{words[:1].upper()}{words[1:]}" if words else "Any time",
        urgency=row.urgency.capitalize(),
        is_urgent=row.urgency != Urgency.ROUTINE,
        is_call_only=row.is_call_only,
        waiting="Since today" if not days else f"Waiting {days} day{'' if days == 1 else 's'}",
        behind=f"{behind} day{'' if behind == 1 else 's'} behind plan" if behind else "",
        weekdays=tuple(row.weekdays),
        times=next((k for k, _w, a, b in TIMES if (a, b) == (row.from_minute, row.to_minute)), "own"),
        lead=row.lead_minutes,
    )
