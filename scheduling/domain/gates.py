"""Pure: whether what must be there before a visit is there, when it is due, and in words what is lacking.

What was shown is a fact kept elsewhere; without one a gate is not there, and nothing but a fact or a person's word
makes it so.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scheduling.domain import local_time
from scheduling.domain.gate_kinds import AFTER, GATES, NAMED, GateInfo, GateScope, Requirement, WorkingDays
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.operations import GateKind

CUTOFF_MINUTE = 15 * 60  # by then on its last working day a gate is due; the desk still has time to call (Q9)


class GateState(StrEnum):
    """`open` and `red` both stop: the one is not due yet, the other is."""

    GREEN = "green"
    OVERRIDDEN = "overridden"
    OPEN = "open"
    RED = "red"


class Lack(StrEnum):
    """What is wrong with a gate that is not there."""

    NOTHING = ""
    MISSING = "missing"
    EXPIRED = "expired"
    NOT_CONFIRMED = "not_confirmed"
    REFUSED = "refused"  # who was asked to drive can't
    NOT_PAID = "not_paid"
    TOO_EARLY = "too_early"  # the patient ate: not before a time
    NOT_TODAY = "not_today"  # the patient ate after midnight


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown for a gate, or a person's word that it may be passed; `on` is the local day of it."""

    id: int
    kind: GateKind
    on: dt.date
    is_override: bool = False
    is_confirmed: bool = True
    valid_until: dt.date | None = None
    ate_at: dt.datetime | None = None
    drank_at: dt.datetime | None = None
    is_refused: bool = False  # by who was named: nobody waits any longer for a yes


@dataclass(frozen=True, slots=True)
class Payment:
    """What payers say about a visit: paid, refused, or nothing known; `words` begin with a small letter.

    `is_known`: an authorisation in force is about this treatment, so that nothing said by hand counts.
    """

    is_paid: bool = False
    is_known: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """The visit a gate is asked about, on the clinic's wall."""

    day: dt.date
    starts_at: dt.datetime
    zone: str
    payment: Payment = Payment()


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate of one visit as it stands at an instant; `shown_id` is what makes it so, 0: nothing does."""

    kind: GateKind
    state: GateState
    due_at: dt.datetime
    words: str
    lack: Lack = Lack.NOTHING
    valid_until: dt.date | None = None
    shown_id: int = 0

    @property
    def info(self) -> GateInfo:
        """What the desk knows about the kind."""
        return GATES[self.kind]

    @property
    def scope(self) -> GateScope:
        """What it is shown for."""
        return self.info.scope

    @property
    def is_met(self) -> bool:
        """Whether it stops nothing: what it asks for is there, or somebody took it upon themselves."""
        return self.state in (GateState.GREEN, GateState.OVERRIDDEN)


def due_at(asked: Requirement, visit: Occasion, days: WorkingDays) -> dt.datetime:
    """Return the instant from which on a gate that is not there is red."""
    if asked.form_days is not None:
        # Weekends count: the last of so many calendar days ends with its midnight [S2, S3 A].
        return local_time.day_bounds(visit.day + dt.timedelta(days=asked.form_days), visit.zone)[1]
    if not asked.due_days:
        return visit.starts_at
    day = days.before(visit.day, asked.due_days)
    return local_time.to_utc(day, CUTOFF_MINUTE, visit.zone)


def valid_until(asked: Requirement, shown: Shown) -> dt.date | None:
    """Return the last day what was shown is good for: what it says itself, and no longer than the protocol allows."""
    most = shown.on + dt.timedelta(days=asked.valid_days) if asked.valid_days else None
    known = [day for day in (most, shown.valid_until) if day]
    return min(known) if known else None


def look(asked: Requirement, shown: Iterable[Shown], visit: Occasion, days: WorkingDays, *, now: dt.datetime) -> Gate:
    """Return how one gate of a visit stands; `shown`: what is in force for it, the nearest to the visit first.

    What is there counts before a word that it may be passed, and that before what is not good enough.
    """
    due = due_at(asked, visit, days)
    lacking: Gate | None = None
    overridden: Shown | None = None
    for each in shown:
        if each.is_override:
            overridden = overridden or each
            continue
        gate = _judged(asked, each, visit, due, now)
        if gate.is_met:
            return gate
        lacking = lacking or gate
    if asked.kind is GateKind.AUTHORIZATION and visit.payment.is_paid:
        return Gate(asked.kind, GateState.GREEN, due, "authorised")
    if overridden:
        return Gate(asked.kind, GateState.OVERRIDDEN, due, "passed by hand", shown_id=overridden.id)
    return lacking or _nothing_shown(asked, visit, due, now)


def _nothing_shown(asked: Requirement, visit: Occasion, due: dt.datetime, now: dt.datetime) -> Gate:
    state = GateState.RED if now >= due else GateState.OPEN
    if asked.kind is GateKind.AUTHORIZATION and visit.payment.words:
        return Gate(asked.kind, state, due, visit.payment.words, Lack.NOT_PAID)
    words = "nobody named" if asked.kind in NAMED else "not asked yet" if asked.fasting else "missing"
    return Gate(asked.kind, state, due, words, Lack.MISSING)


def _judged(asked: Requirement, shown: Shown, visit: Occasion, due: dt.datetime, now: dt.datetime) -> Gate:
    if asked.fasting:
        return _fasting(asked.fasting, shown, visit, due, now)
    until = valid_until(asked, shown)
    lack, words = Lack.NOTHING, f"until {day_text(until)}" if until else "there"
    if asked.kind is GateKind.AUTHORIZATION and visit.payment.is_known:
        lack, words = Lack.NOT_PAID, visit.payment.words
    elif until and visit.day > until:
        lack, words = Lack.EXPIRED, f"good until {day_text(until)} only"
    elif shown.is_refused:
        lack, words = Lack.REFUSED, "who was named can't come"
        due = min(due, local_time.day_bounds(shown.on, visit.zone)[0])  # somebody else is looked for at once
    elif not shown.is_confirmed:
        lack, words = Lack.NOT_CONFIRMED, "named, not confirmed"
    state = GateState.GREEN if not lack else GateState.RED if now >= due else GateState.OPEN
    return Gate(asked.kind, state, due, words, lack, until, shown.id)


def _fasting(
    rule: Mapping[str, float] | str, shown: Shown, visit: Occasion, due: dt.datetime, now: dt.datetime
) -> Gate:
    """Return how long the hours without food and fluid still take; past the time of the visit that is red at once."""
    begins = may_begin(rule, shown, visit)
    if begins is None:
        words = "ate or drank after midnight, so not on this day"
        return Gate(GateKind.FASTING, GateState.RED, due, words, Lack.NOT_TODAY, shown_id=shown.id)
    if now >= begins:
        return Gate(GateKind.FASTING, GateState.GREEN, due, "hours kept", shown_id=shown.id)
    state = GateState.RED if begins > visit.starts_at else GateState.OPEN
    words = f"not before {clock_text(local_time.wall(begins, visit.zone)[1])}"
    return Gate(GateKind.FASTING, state, due, words, Lack.TOO_EARLY, shown_id=shown.id)


def may_begin(rule: Mapping[str, float] | str, shown: Shown, visit: Occasion) -> dt.datetime | None:
    """Return from when on the hours without food and fluid are kept; None: not on the day of the visit."""
    midnight = local_time.day_bounds(visit.day, visit.zone)[0]
    if not isinstance(rule, Mapping):
        is_kept = all(at < midnight for at in (shown.ate_at, shown.drank_at) if at)
        return midnight if is_kept else None
    taken = ((shown.ate_at, rule["food_hours"]), (shown.drank_at, rule["fluid_hours"]))
    return max((at + dt.timedelta(hours=hours) for at, hours in taken if at), default=midnight)


def unmet(gates: Iterable[Gate]) -> list[Gate]:
    """Return the gates that stop a visit, what is due first first."""
    stopping = [gate for gate in gates if not gate.is_met and gate.kind not in AFTER]
    return sorted(stopping, key=lambda gate: (gate.state is not GateState.RED, gate.due_at))


def of_course(gates: Iterable[Gate]) -> list[Gate]:
    """Return the gates that are not asked anew at every visit."""
    return [gate for gate in gates if gate.scope is not GateScope.SESSION]


def sentence(gate: Gate) -> str:
    """Return a gate that is not there in a few words: `Consent: missing`."""
    return f"{gate.info.name}: {gate.words}"


def refusal(gates: Sequence[Gate], what: str) -> str:
    """Return why something can't be done while gates are not there, and what to do about it."""
    first = {Lack.TOO_EARLY: "Wait, or turn the patient away.", Lack.NOT_TODAY: "Turn the patient away."}
    advice = next(
        (first[gate.lack] for gate in gates if gate.lack in first),
        "Record what is there, or ask somebody who may pass it.",
    )
    return f"{what}. {'; '.join(sentence(gate) for gate in gates)}. {advice}"
