"""Pure: the kinds of gates, and which of them a protocol asks for: before a course is confirmed, before a visit begins.

Which gates a course has follows from its protocol; whether one is there, `gates` says.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scheduling.domain.operations import GateKind
from scheduling.domain.protocol import GateRule, ProtocolDefinition

LONGEST_BREAK = 60  # days: a site that is never open has no working day to look for


class GateScope(StrEnum):
    """What is shown for a gate is a fact of a patient and outlives the course, of one course, or of one visit."""

    PATIENT = "patient"
    COURSE = "course"
    SESSION = "session"


class Owner(StrEnum):
    """Who sees to a gate, as roles are called."""

    FRONT_DESK = "front_desk"
    TECHNICIAN = "technician"
    CLINICIAN = "clinician"


@dataclass(frozen=True, slots=True)
class GateInfo:
    """A kind of gate as the desk knows it; `chip` is what fits on a card of the board.

    `due_days`: working days before the visit, None: at a time of its own. `valid_days`: how long it is good for.
    """

    name: str
    chip: str
    owner: Owner
    scope: GateScope
    due_days: int | None
    valid_days: int | None = None

    @property
    def in_a_sentence(self) -> str:
        """Return the name as it stands within a sentence: an abbreviation keeps its capitals."""
        return self.name.lower() if self.name[1:].islower() else self.name


_DESK, _CLINICIAN, _TECHNICIAN = Owner.FRONT_DESK, Owner.CLINICIAN, Owner.TECHNICIAN
_PATIENT, _COURSE, _SESSION = GateScope.PATIENT, GateScope.COURSE, GateScope.SESSION
_K = GateKind
# Days are DEFAULT: a protocol may say its own. Consent is good for 6 months, what a physician examined for 30 days
# (domain.md 1.2 [E2 B for the 30 days], 1.3). Results and approvals take days, so they are asked for before forms.
GATES: Mapping[GateKind, GateInfo] = {
    _K.CONSULT: GateInfo("Consult", "Consult", _DESK, _PATIENT, 3),
    _K.SCREENING: GateInfo("Screening", "Screening", _CLINICIAN, _PATIENT, 3),
    _K.REMS_ENROLLMENT: GateInfo("REMS enrolment", "REMS", _DESK, _PATIENT, 2),
    _K.CONSENT: GateInfo("Consent", "Consent", _DESK, _COURSE, 1, 182),
    _K.MEDICAL_CLEARANCE: GateInfo("Medical clearance", "Clearance", _CLINICIAN, _COURSE, 2, 30),
    _K.PREOP_CLEARANCE: GateInfo("Pre-op clearance", "Pre-op", _CLINICIAN, _COURSE, 2, 30),
    _K.IMPLANT_RECORD: GateInfo("Implant record", "Implant", _DESK, _COURSE, 3),
    _K.WOUND_CHECK: GateInfo("Wound check", "Wound", _CLINICIAN, _COURSE, 1),
    _K.FMRI_TARGET: GateInfo("Target from imaging", "Target", _CLINICIAN, _COURSE, 3),
    _K.FINANCIAL: GateInfo("Financial clearance", "Payment", _DESK, _COURSE, 2),
    _K.AUTHORIZATION: GateInfo("Authorisation", "Authorisation", _DESK, _COURSE, 3),
    _K.DRUG_ON_HAND: GateInfo("Drug on hand", "Drug", _TECHNICIAN, _SESSION, 2),
    _K.ESCORT: GateInfo("Escort", "Escort?", _DESK, _SESSION, 1),
    _K.RIDE: GateInfo("Ride home", "Ride?", _DESK, _SESSION, 1),
    _K.FASTING: GateInfo("Fasting", "Fasting?", _TECHNICIAN, _SESSION, None),
    _K.MONITORING_FORM: GateInfo("Monitoring form", "Form", _DESK, _SESSION, None),
}
# Somebody is named and called; what is named is a person, or how the patient gets home.
NAMED = frozenset({GateKind.ESCORT, GateKind.RIDE})
CANT_COME = "Can't come"  # what is kept of the no of somebody who was named
# Asked for after a visit, so it stops none.
AFTER = frozenset({GateKind.MONITORING_FORM})
# `escort` of a protocol, and the gate it means. An adult who takes the patient home brings the ride with them.
_COMPANY = {"required": GateKind.ESCORT, "ride": GateKind.RIDE}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One gate as a protocol asks for it: what stands in `GATES`, and what the protocol says itself."""

    kind: GateKind
    due_days: int | None
    valid_days: int | None = None
    is_before_booking: bool = False
    fasting: Mapping[str, float] | str | None = None
    form_days: int | None = None

    @property
    def scope(self) -> GateScope:
        """What it is shown for."""
        return GATES[self.kind].scope


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """On which days a site works: its weekdays (ISO), the days it is closed, the days opened beside them."""

    weekdays: frozenset[int]
    closed: frozenset[dt.date] = frozenset()
    extra: frozenset[dt.date] = frozenset()

    def before(self, day: dt.date, count: int) -> dt.date:
        """Return the working day so many working days before another day."""
        for _step in range(LONGEST_BREAK):
            if not count:
                return day
            day -= dt.timedelta(days=1)
            count -= self.is_working(day)
        return day

    def is_working(self, day: dt.date) -> bool:
        """Tell whether the site works on a day."""
        return day in self.extra or (day.isoweekday() in self.weekdays and day not in self.closed)


def requirements(definition: ProtocolDefinition) -> tuple[Requirement, ...]:
    """Return the gates of a visit of a protocol, in the order in which they are read."""
    company = _COMPANY.get(definition.escort)
    rules = [rule for rule in definition.gates if company is None or rule.kind not in NAMED]
    if company:
        said = next((rule for rule in definition.gates if rule.kind is company), GateRule(company))
        rules.append(said)
    found = [_requirement(rule) for rule in rules]
    if definition.fasting:
        found.append(Requirement(GateKind.FASTING, None, fasting=definition.fasting))
    return tuple(found)


def form(definition: ProtocolDefinition) -> Requirement | None:
    """Return the form a protocol asks for after each visit, or None."""
    if definition.form_due_days is None:
        return None
    return Requirement(GateKind.MONITORING_FORM, None, form_days=definition.form_due_days)


def _requirement(rule: GateRule) -> Requirement:
    usual = GATES[rule.kind]
    return Requirement(
        kind=rule.kind,
        due_days=usual.due_days if rule.due_days is None else rule.due_days,
        valid_days=usual.valid_days if rule.valid_days is None else rule.valid_days,
        is_before_booking=rule.before == "booking",
    )
