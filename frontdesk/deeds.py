"""What is done about each kind of thing that needs a person: the buttons of its row, the likely one first."""

import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from django.urls import reverse

from attention.domain.items import Item, Kind
from clinic.domain.permissions import Permission
from notifications.inbox import InboundLine
from scheduling.queries.cards import VisitFacts

_P = Permission


@dataclass(frozen=True, slots=True)
class Known:
    """An item and what is printed beside it."""

    item: Item
    phone: str = ""
    facts: VisitFacts | None = None
    line: InboundLine | None = None
    escort: str = ""
    may: Collection[Permission] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Field:
    """The one thing typed before a deed."""

    name: str
    label: str
    mode: str = "text"
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """One button: a link, or a form of `name`; `is_opener`: it shows ways to choose from."""

    word: str
    name: str = ""
    needs: Permission = _P.VIEW_ATTENTION
    fields: tuple[tuple[str, Any], ...] = ()
    url: str = ""
    icon: str = ""
    asks: Field | None = None
    is_opener: bool = False
    n: int = 0  # the digit that presses it


Deeds = tuple[Deed, ...]
_WAYS = {"make-up": "Make a plan", "move": "Offer 3 times", "resume": "Plan the rest"}


def deeds_of(known: Known) -> Deeds:
    """Return the buttons of a row this person may press."""
    digits = itertools.count(1)
    mine = (deed for deed in DEEDS[known.item.kind](known) if deed.needs in known.may)
    return tuple(deed if deed.url or deed.asks else replace(deed, n=next(digits)) for deed in mine)


def _call(known: Known) -> Deeds:
    number = known.line.number if known.line else known.phone
    return (Deed("Call", icon="phone", url=f"tel:{number}", needs=_P.VIEW_PATIENT),) if number else ()


def _step(known: Known, *steps: tuple[str, str]) -> Deeds:
    fields = (("session", known.item.session_id), ("session_version", known.item.session_version))
    return tuple(Deed(word, name, _P.RECORD_ATTENDANCE, fields) for word, name in steps)


def _page(word: str, name: str, *args: Any) -> Deed:
    needs = {"visit": _P.VIEW_DAY, "course": _P.VIEW_COURSE, "patient": _P.VIEW_PATIENT}.get(name, _P.VIEW_MESSAGES)
    return Deed(word, url=reverse(name, args=args), needs=needs)


def _late(known: Known) -> Deeds:
    return (*_call(known), *_step(known, ("No-show", "no-show"), ("Came", "arrive")))


def _came(known: Known) -> Deeds:
    return _step(known, ("Came", "arrive"), ("No-show", "no-show"))


def _open_record(known: Known) -> Deeds:
    words = {"complete": ("Done", "complete"), "start": ("It took place", "start")}
    said = words.get(known.item.action.verb)
    return _step(known, said) if said else _came(known)


def _ways(known: Known) -> Deeds:
    """Return three ways to choose from, where there are any; else the page of the course."""
    verb = known.item.action.verb
    if verb in _WAYS and known.item.action.subject_id:
        return (Deed(_WAYS[verb], "open", _P.SETTLE_MISS, icon="", is_opener=True),)
    return (_page("Open the course", "course", known.item.course_id),) if known.item.course_id else ()


def _at_risk(known: Known) -> Deeds:
    return (*_ways(known), *_call(known))


def _cant_come(known: Known) -> Deeds:
    if not known.item.session_id:
        return _answered(known)
    return (Deed(_WAYS["move"], "open", _P.SETTLE_MISS, is_opener=True), *_call(known))


def _answered(known: Known) -> Deeds:
    """Return reading what somebody wrote, calling, and saying what was done."""
    asks = Field("what", "What you did", hint="Called, comes at 9")
    done = Deed("Answered", "told", _P.SETTLE_MISS, (("inbound", known.item.key.partition(":")[2]),), asks=asks)
    return (*_call(known), done)


def _freed(known: Known) -> Deeds:
    if known.item.action.verb == "offer":
        return (Deed(known.item.action.label, "offer", _P.BOOK_COURSE, (("session", known.item.session_id),)),)
    slot = f"{reverse('waitlist')}?slot={known.item.session_id}"
    return (Deed("See who waits", url=slot, needs=_P.BOOK_COURSE),)


def _granted(known: Known) -> Deeds:
    return (_page(known.item.action.label, "patient", known.item.patient_id),)


def _undelivered(known: Known) -> Deeds:
    head, _colon, rest = known.item.key.partition(":")
    asks = Field("value", "New number", "tel", "(555) 010-2040")
    fix = Deed("Use it", "address", _P.BOOK_COURSE, (("patient", known.item.patient_id),), asks=asks)
    is_of_address = head == "contact" and "number" in known.item.title
    see = (_page("See the message", "message", rest),) if head == "message" else ()
    patient = (_page("Open the record", "patient", known.item.patient_id),) if known.item.patient_id and not see else ()
    return (*((fix,) if is_of_address else ()), *_call(known), *see, *patient)


def _texts(known: Known) -> Deeds:
    yes = Deed("Yes, texts", "texts", _P.BOOK_COURSE, (("patient", known.item.patient_id),))
    return (yes, Deed("No", "done", _P.SETTLE_MISS))


def _displaced(known: Known) -> Deeds:
    head, _colon, number = known.item.key.partition(":")
    if head == "block" and number.isdecimal():
        return (Deed("Find places", url=reverse("block", args=[int(number)]), needs=_P.BOOK_COURSE),)
    return (Deed("Offer 3 times", "open", _P.SETTLE_MISS, is_opener=True),)


def _measure(known: Known) -> Deeds:
    instrument = known.item.key.split(":")[2]
    asks = Field("score", f"{known.item.title.partition(' ')[0]} total", "numeric")
    fields = (("patient", known.item.patient_id), ("instrument", instrument))
    return (Deed("Save", "measure", _P.RECORD_ATTENDANCE, fields, asks=asks),)


def _hold(known: Known) -> Deeds:
    fields = (("course", known.item.course_id),)
    return (Deed("Book them", "book", _P.BOOK_COURSE, fields), Deed("Release", "release", _P.BOOK_COURSE, fields))


def _day(known: Known) -> Deeds:
    fields = (("gap", known.item.key.partition(":")[2]),)
    nobody = Deed("Nobody came", "nobody-came", _P.SETTLE_MISS, fields)
    return (nobody, Deed("It was not recorded", "not-recorded", _P.SETTLE_MISS, fields))


def _engineer(known: Known) -> Deeds:
    return (Deed("Told who runs it", "done", _P.SETTLE_MISS),)


def _review(known: Known) -> Deeds:
    return (_page(known.item.action.label, "course", known.item.course_id), *_call(known))


def _ride(known: Known) -> Deeds:
    fields = (("session", known.item.session_id),)
    yes = (Deed(f"{known.escort} said yes", "ride", _P.RECORD_ATTENDANCE, fields),) if known.escort else ()
    return (*yes, *_call(known), _page("Open it", "visit", known.item.session_id))


def _document(known: Known) -> Deeds:
    filed = Deed("It's filed", "filed", _P.RECORD_ATTENDANCE, (("session", known.item.session_id),))
    is_form = known.item.key.startswith("form:")
    return (*((filed,) if is_form else ()), _page("Open it", "visit", known.item.session_id))


def _help(known: Known) -> Deeds:
    there = Deed("I'm there", "help-given", _P.RECORD_ATTENDANCE, (("session", known.item.session_id),))
    return (there, _page("Open it", "visit", known.item.session_id))


def _alarming(known: Known) -> Deeds:
    record = _page("Open the record", "patient", known.item.patient_id)
    return (*_call(known), Deed("A clinician saw to it", "done", _P.SETTLE_MISS), record)


def _proposal(known: Known) -> Deeds:
    number = known.item.key.split(":")[1]
    return (Deed("Look at it", url=reverse("level-proposal", args=[number]), needs=_P.MANAGE_SITE),)


_K = Kind
DEEDS: dict[Kind, Callable[[Known], Deeds]] = {
    _K.CRISIS: _answered,
    _K.CANT_COME: _cant_come,
    _K.REPLY: _answered,
    _K.MEANT_VISIT: _answered,
    _K.RUNNING_LATE: _answered,
    _K.LATE_ARRIVAL: _late,
    _K.FREED_SLOT: _freed,
    _K.MISSED_TWICE: _at_risk,
    _K.GAP_TOO_LONG: _at_risk,
    _K.NO_NEXT_SESSION: _at_risk,
    _K.AUTHORIZATION_SHORT: _granted,
    _K.NOT_REACHED: _undelivered,
    _K.NO_TEXT_CONSENT: _texts,
    _K.OUT_OF_SERVICE: _displaced,
    _K.MEASURE_DUE: _measure,
    _K.HOLD_ENDING: _hold,
    _K.NOT_CLOSED: _open_record,
    _K.DAY_NOT_RECORDED: _day,
    _K.SWEEP_STUCK: _engineer,
    _K.MISSED_TO_SETTLE: _came,
    _K.CLINICIAN_REVIEW: _review,
    _K.NEXT_VISIT_TYPE: _at_risk,
    _K.HOLD_OVER: _at_risk,
    _K.RIDE_NOT_CONFIRMED: _ride,
    _K.GATE_DUE: _document,
    _K.DOCUMENT_DUE: _document,
    _K.HOLD_READY: _hold,
    _K.LEVEL_PROPOSAL: _proposal,
    _K.HELP_ASKED: _help,
    _K.ITEM_NINE: _alarming,
}
