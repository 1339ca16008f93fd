"""What needs a person, as its page prints it: the parts, their rows, and the ways of the row that is open."""

import datetime as dt
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from attention.domain.items import Group, Item, Kind
from clinic.domain.permissions import ALLOWED, Permission, Role
from clinic.errors import Rejected
from clinic.queries import memberships_of
from frontdesk.deeds import Deed, Known, deeds_of
from notifications import inbox
from patients import life as patient_life
from patients.numbers import phones_of
from scheduling import access
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.states import Scope
from scheduling.queries import cards, repairs, rides
from scheduling.queries.repairs import Choice

SHOWN_WAYS = 3
SOON = dt.timedelta(hours=1)
PARTS = (
    (Group.TODAY, "Today"),
    (Group.REPLIES, "Patients replied"),
    (Group.AT_RISK, "Courses at risk"),
    (Group.AUTHORIZATIONS, "Authorisations"),
    (Group.DELIVERY, "Delivery problems"),
    (Group.SETUP, "Setup"),
)
_K = Kind
_LOOKS: dict[Kind, tuple[str, str]] = {
    _K.CRISIS: ("late", "is-noshow"),
    _K.CANT_COME: ("calendar-off", "is-confirmed"),
    _K.REPLY: ("message", "is-confirmed"),
    _K.MEANT_VISIT: ("message", "is-late"),
    _K.RUNNING_LATE: ("clock", "is-late"),
    _K.LATE_ARRIVAL: ("late", "is-late"),
    _K.FREED_SLOT: ("hourglass", "is-watch"),
    _K.MISSED_TWICE: ("calendar-off", "is-noshow"),
    _K.GAP_TOO_LONG: ("calendar-off", "is-late"),
    _K.NO_NEXT_SESSION: ("calendar-off", "is-noshow"),
    _K.AUTHORIZATION_SHORT: ("shield-check", "is-watch"),
    _K.NOT_REACHED: ("message", "is-late"),
    _K.NO_TEXT_CONSENT: ("phone", "is-booked"),
    _K.OUT_OF_SERVICE: ("noshow", "is-noshow"),
    _K.MEASURE_DUE: ("chart-bar", "is-booked"),
    _K.HOLD_ENDING: ("hourglass", "is-late"),
    _K.NOT_CLOSED: ("came", "is-came"),
    _K.DAY_NOT_RECORDED: ("came", "is-came"),
    _K.SWEEP_STUCK: ("settings", "is-late"),
    _K.MISSED_TO_SETTLE: ("came", "is-came"),
    _K.CLINICIAN_REVIEW: ("flag", "is-noshow"),
    _K.NEXT_VISIT_TYPE: ("flag", "is-late"),
    _K.HOLD_OVER: ("clock-pause", "is-watch"),
    _K.RIDE_NOT_CONFIRMED: ("car", "is-late"),
    _K.GATE_DUE: ("clipboard-text", "is-late"),
    _K.DOCUMENT_DUE: ("clipboard-text", "is-watch"),
    _K.HOLD_READY: ("done", "is-done"),
    _K.LEVEL_PROPOSAL: ("sparkles", "is-confirmed"),
    _K.HELP_ASKED: ("late", "is-noshow"),
    _K.ITEM_NINE: ("late", "is-noshow"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to do, ready to print; the name stands between `before` and `after`."""

    item: Item
    id: str
    icon: str
    css: str
    before: str
    after: str
    detail: str
    since: str
    deadline: str
    is_soon: bool
    deeds: tuple[Deed, ...]
    quote: str = ""
    held: str = ""
    at: int = 0  # its place on the page
    is_mine: bool = False
    is_taken: bool = False  # by somebody else

    @property
    def opens(self) -> bool:
        """Tell whether one of its buttons shows ways to choose from."""
        return any(deed.is_opener for deed in self.deeds)


@dataclass(frozen=True, slots=True)
class Ways:
    """What an open row offers: up to three choices, or why there is none."""

    choices: tuple[Choice, ...] = ()
    refusal: str = ""
    session_id: int = 0
    session_version: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the list."""

    group: str
    word: str
    rows: tuple[Row, ...] = field(default_factory=tuple)
    number: int = 0

    @property
    def rest(self) -> int:
        """How many of its items are not among the rows."""
        return self.number - len(self.rows)


def row_id(key: str) -> str:
    """Return the element id of an item's row."""
    return f"q-{re.sub('[^a-z0-9]+', '-', key)}"


def held_here(user: Any, site_id: int) -> frozenset[Permission]:
    """Return what a person may do at a site; one statement."""
    found = (ALLOWED[Role(each.role)] for each in memberships_of(user) if each.site.pk == site_id)
    return frozenset().union(*found)


def version_of(items: Sequence[Item], now: dt.datetime) -> str:
    """Return a text that changes whenever the list does."""
    facts = [
        (each.key, each.version, each.title, each.detail, each.session_version, _is_soon(each, now)) for each in items
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def rows_of(items: Sequence[Item], *, user: Any, site_id: int, now: dt.datetime) -> list[Row]:
    """Return items as rows; statements do not depend on how many there are."""
    may = held_here(user, site_id)
    facts = cards.facts_of({item.session_id for item in items if item.session_id})
    sees = Permission.VIEW_PATIENT in may
    patients = {item.patient_id for item in items if item.patient_id}
    phones = phones_of(patients) if sees else {}
    lines = {line.inbound_id: line for line in inbox.waiting(site_ids=[site_id], now=now)} if sees else {}
    escorts = _escorts([item for item in items if item.kind is Kind.RIDE_NOT_CONFIRMED])
    found = []
    for item in items:
        number = item.key.rpartition(":")[2]
        known = Known(
            item=item,
            phone=phones.get(item.patient_id or 0, ""),
            facts=facts.get(item.session_id or 0),
            line=lines.get(int(number)) if item.group in (Group.REPLIES, Group.TODAY) and _is_said(item) else None,
            escort=escorts.get(item.key, ""),
            may=may,
        )
        found.append(_row(known, user.pk, now))
    return found


def _escorts(items: Sequence[Item]) -> dict[str, str]:
    """Return, by the item, whose yes may be noted: who is named for the visit, else who usually comes along."""
    people = patient_life.people_beside({item.patient_id for item in items if item.patient_id})
    named = rides.asked_for([item.session_id for item in items if item.session_id]) if items else {}
    found = {}
    for item in items:
        beside = people.get(item.patient_id or 0, [])
        meant = [each for each in beside if named.get(item.session_id or 0, each.pk) == each.pk]
        if meant:
            found[item.key] = meant[0].name
    return found


def _is_said(item: Item) -> bool:
    said = (Kind.CRISIS, Kind.CANT_COME, Kind.REPLY, Kind.MEANT_VISIT, Kind.RUNNING_LATE)
    return item.kind in said


def _row(known: Known, me: int, now: dt.datetime) -> Row:
    item = known.item
    icon, css = _LOOKS[item.kind]
    before, after = _words(known, now)
    return Row(
        item=item,
        id=row_id(item.key),
        icon=icon,
        css=css,
        before=before,
        after=after,
        detail=_detail(known),
        since=f"Since {_when(item.since, item.zone, now)}",
        deadline=_deadline(item, now),
        is_soon=_is_soon(item, now),
        deeds=deeds_of(known),
        quote=known.line.body if known.line else "",
        held=f"Put off until {_when(item.held_until, item.zone, now)}" if item.held_until else "",
        is_mine=item.owner_id == me,
        is_taken=item.owner_id not in (None, me),
    )


def _words(known: Known, now: dt.datetime) -> tuple[str, str]:
    """Return what stands before and after the name."""
    item, facts = known.item, known.facts
    if not item.last_name:
        return item.title, ""
    if item.kind is Kind.LATE_ARRIVAL and facts:
        return "", f" is {int((now - facts.starts_at).total_seconds() // 60)} min late"
    if item.kind is Kind.MISSED_TO_SETTLE:
        return "Did ", f" come at {item.title}?"
    if item.kind is Kind.FREED_SLOT:
        return f"{item.title}: let go by ", ""
    rest = item.title.partition(" ")[0][1:]
    is_word = rest == rest.lower()  # a scale's name keeps its capitals: MoCA
    return "", f": {item.title[0].lower()}{item.title[1:]}" if is_word else f": {item.title}"


def _detail(known: Known) -> str:
    """Return which visit of how many, where and when, and what the item says."""
    facts, item = known.facts, known.item
    if facts is None or item.kind in (Kind.FREED_SLOT, Kind.OUT_OF_SERVICE):
        return item.detail
    where = f", {facts.place}" if facts.place else ""
    return f"{facts.tag} {facts.number}/{facts.prescribed}{where} at {clock_text(facts.minute)}. {item.detail}"


def _deadline(item: Item, now: dt.datetime) -> str:
    if item.deadline is None:
        return ""
    if item.deadline <= now:
        return f"Was due {_when(item.deadline, item.zone, now)}"
    minutes = int((item.deadline - now).total_seconds() // 60)
    return f"In {minutes} min" if minutes < 60 else f"By {_when(item.deadline, item.zone, now)}"


def _is_soon(item: Item, now: dt.datetime) -> bool:
    return item.deadline is not None and item.deadline - now <= SOON


def _when(at: dt.datetime, zone: str, now: dt.datetime) -> str:
    day, minute = local_time.wall(at, zone)
    if day != local_time.today(now, zone):
        return day_text(day)
    return clock_text(minute) if minute else "today"


def first_of(items: Sequence[Item], *, most: int, opened: str) -> list[Item]:
    """Return the first items of each part of the list, and the opened one wherever it stands."""
    places: Counter[Group] = Counter()
    found = []
    for item in items:
        places[item.group] += 1
        if places[item.group] <= most or item.key == opened:
            found.append(item)
    return found


def parts_of(rows: Sequence[Row], items: Sequence[Item]) -> list[Part]:
    """Return rows by part of the list, parts without any left out; each says how many items it has in all."""
    counts = Counter(item.group for item in items)
    found, at = [], itertools.count()
    for group, word in PARTS:
        mine = tuple(replace(row, at=next(at)) for row in rows if row.item.group is group)
        found += [Part(group.value, word, mine, counts[group])] if mine else []
    return found


def tabs_of(items: Sequence[Item]) -> list[Part]:
    """Return every part of the list with how many items it holds."""
    counts = Counter(item.group for item in items)
    return [Part(group.value, word, number=counts[group]) for group, word in PARTS]


def ways_of(item: Item, *, user: Any, now: dt.datetime) -> Ways:
    """Return what can be chosen for an item: where its visit may go, be made up, or how its course goes on."""
    try:
        session, found = _choices(item, user, now)
    except Rejected as error:
        return Ways(refusal=error.message)
    usable = tuple(choice for choice in found if choice.token)[:SHOWN_WAYS]
    refusal = "" if usable else found[0].why_not if found else "No other time is free."
    version = session.version if session else 0
    return Ways(usable, refusal, session.pk if session else 0, version)


def _choices(item: Item, user: Any, now: dt.datetime) -> tuple[Any, list[Choice]]:
    verb, subject = item.action.verb, item.action.subject_id
    if verb == "resume":
        course = access.course(user, subject, Permission.BOOK_COURSE)
        return None, repairs.resume_choices(course, on=local_time.today(now, item.zone), now=now)
    session = access.session(user, subject or item.session_id or 0, Permission.BOOK_COURSE)
    if verb == "make-up":
        return session, repairs.make_up_choices(session, now=now)
    return session, repairs.move_choices(session, scope=Scope.ONE, now=now)
