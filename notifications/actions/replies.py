"""What follows from a stored text: a step of the person's own, an answer, or a person who looks at it."""

import datetime as dt
from collections.abc import Callable, Sequence

from notifications import matching
from notifications.actions.answering import answer
from notifications.domain import keywords
from notifications.domain.inbound import Outcome
from notifications.domain.keywords import Meaning
from notifications.domain.states import Kind
from notifications.matching import Match
from notifications.models import InboundMessage
from patients.consents import Owner
from scheduling.actions import answers, gates
from scheduling.actions.answers import Via


def react(inbound: InboundMessage, owners: Sequence[Owner], *, now: dt.datetime) -> None:
    """Do what a text asks for and set what became of it, inside the caller's transaction; again changes nothing."""
    _name(inbound, owners)
    if inbound.is_crisis:
        _crisis(inbound, owners, now)
        return
    if inbound.meaning in (Meaning.STOP, Meaning.START):
        _switched(inbound, owners, now)
        return
    if inbound.meaning == Meaning.HELP:
        inbound.outcome = Outcome.HELPED
        answer(inbound, Kind.HELP, owner=_one(owners), now=now)
        return
    if not owners:
        inbound.outcome = Outcome.STRANGER
        answer(inbound, Kind.STRANGER, owner=None, now=now)
        return
    _about_a_visit(inbound, owners, now)


def _name(inbound: InboundMessage, owners: Sequence[Owner]) -> None:
    """Write down whose text it is, where the number leaves no doubt."""
    patients = {owner.patient_id for owner in owners}
    if len(patients) == 1:
        [inbound.patient_id] = patients
    if len(owners) == 1:
        inbound.person_id = owners[0].person_id


def _one(owners: Sequence[Owner]) -> Owner | None:
    """Return who answers are for; of several owners the first lends the language, and no answer holds a name."""
    return owners[0] if owners else None


def _crisis(inbound: InboundMessage, owners: Sequence[Owner], now: dt.datetime) -> None:
    """Send the crisis numbers, whatever else was said; STOP counted when it was stored."""
    inbound.outcome = inbound.outcome or Outcome.CRISIS
    answer(inbound, Kind.CRISIS, owner=_one(owners), now=now)


def _switched(inbound: InboundMessage, owners: Sequence[Owner], now: dt.datetime) -> None:
    if inbound.outcome in (Outcome.STOPPED, Outcome.STOPPED_AND_MORE):
        answer(inbound, Kind.STOP_ACK, owner=_one(owners), now=now)
        if inbound.is_maybe_visit or inbound.outcome == Outcome.STOPPED_AND_MORE:
            _point_at(inbound, _soonest(inbound, owners, now))
    elif inbound.outcome == Outcome.STARTED:
        answer(inbound, Kind.START_ACK, owner=_one(owners), now=now)
    elif inbound.outcome == Outcome.NOT_STARTED:
        answer(inbound, Kind.FREE_TEXT if owners else Kind.STRANGER, owner=_one(owners), now=now)


def _soonest(inbound: InboundMessage, owners: Sequence[Owner], now: dt.datetime) -> Match | None:
    """Return the next open visit: CANCEL may have meant it, whichever of several it was."""
    found = matching.open_visits(owners, hashed=inbound.address_hash, now=now)
    return min(found, key=lambda match: (match.visit.starts_at, match.visit.session_id), default=None)


def _about_a_visit(inbound: InboundMessage, owners: Sequence[Owner], now: dt.datetime) -> None:
    if inbound.meaning == Meaning.LATE:
        found = matching.under_way(owners, now=now)
    else:
        found = matching.open_visits(owners, hashed=inbound.address_hash, now=now)
    match = found[0] if len(found) == 1 else None
    _point_at(inbound, match)
    kind = Kind.FREE_TEXT
    if inbound.meaning == Meaning.FREE:
        inbound.outcome = Outcome.FREE
    elif match is None:
        inbound.outcome = Outcome.ASKED if inbound.meaning == Meaning.ASK else Outcome.UNCLEAR
    else:
        inbound.outcome, kind = _step(inbound, match)(match, now)
    visit = match.visit if match and kind is not Kind.FREE_TEXT else None
    answer(inbound, kind, owner=match.owner if match else _one(owners), now=now, visit=visit)


def _point_at(inbound: InboundMessage, match: Match | None) -> None:
    if match is not None:
        inbound.session_id, inbound.timing_version = match.visit.session_id, match.visit.timing_version
        inbound.patient_id, inbound.person_id = match.owner.patient_id, match.owner.person_id


def _step(inbound: InboundMessage, match: Match) -> Callable[[Match, dt.datetime], tuple[Outcome, Kind]]:
    """Return what a text does about a visit; a bare 1 or 2 after "Got a ride?" answers that."""
    meaning = Meaning(inbound.meaning)
    is_about_ride = match.told == Kind.RIDE and match.owner.person_id is None and keywords.is_plain(inbound.body)
    return (_RIDE_STEPS if is_about_ride else _STEPS)[meaning]


def _confirm(match: Match, now: dt.datetime, *, has_ride: bool = False) -> tuple[Outcome, Kind]:
    visit, person = match.visit, match.owner.person_id
    if person is not None:
        if _ride(match, person, now, is_yes=True):
            return Outcome.RIDE_YES, Kind.ESCORT_YES
        return Outcome.UNCLEAR, Kind.FREE_TEXT
    if answers.confirm_visit(
        session_id=visit.session_id, timing_version=visit.timing_version, via=Via.TEXT, now=now, has_ride=has_ride
    ):
        return Outcome.CONFIRMED, Kind.CONFIRMED
    return Outcome.UNCLEAR, Kind.FREE_TEXT


def _ask(match: Match, now: dt.datetime) -> tuple[Outcome, Kind]:
    visit, person = match.visit, match.owner.person_id
    if person is not None:
        _ride(match, person, now, is_yes=False)
        return Outcome.RIDE_NO, Kind.FREE_TEXT
    answers.take_back(session_id=visit.session_id, timing_version=visit.timing_version, via=Via.TEXT, now=now)
    return Outcome.ASKED, Kind.ASKED


def _has_ride(match: Match, now: dt.datetime) -> tuple[Outcome, Kind]:
    """Confirm a visit, and keep the patient's word that they have a ride; who it is, the gate still asks the desk."""
    outcome, kind = _confirm(match, now, has_ride=True)
    return (Outcome.HAS_RIDE if outcome is Outcome.CONFIRMED else outcome), kind


def _no_ride(_match: Match, _now: dt.datetime) -> tuple[Outcome, Kind]:
    return Outcome.NO_RIDE, Kind.ASKED


def _late(match: Match, _now: dt.datetime) -> tuple[Outcome, Kind]:
    return Outcome.LATE, Kind.LATE if match.owner.person_id is None else Kind.FREE_TEXT


def _ride(match: Match, person_id: int, now: dt.datetime, *, is_yes: bool) -> bool:
    visit = match.visit
    return gates.answer_ride(
        session_id=visit.session_id, timing=visit.timing_version, person_id=person_id, is_yes=is_yes, now=now
    )


_STEPS: dict[Meaning, Callable[[Match, dt.datetime], tuple[Outcome, Kind]]] = {
    Meaning.CONFIRM: _confirm,
    Meaning.ASK: _ask,
    Meaning.LATE: _late,
}
_RIDE_STEPS = _STEPS | {Meaning.CONFIRM: _has_ride, Meaning.ASK: _no_ride}
