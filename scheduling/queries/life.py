"""A patient's life as the planner sees it: other visits and what they forbid, absences, escort, payer and grants."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from patients import life as patient_life
from patients.domain.clinical import STOPS_MAGNETIC, ScreeningCode
from patients.life import Away, PatientLife
from scheduling.domain import bitmap, conflicts
from scheduling.domain.conflicts import MAGNETIC, OtherVisit, PayerRules
from scheduling.domain.coverage import Grant, Visit
from scheduling.domain.local_time import QUANTUM, day_text
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import GRANTED, OPEN
from scheduling.domain.wish import Life
from scheduling.errors import CannotPlan
from scheduling.models import Authorization, Session
from scheduling.queries.availability import mark
from scheduling.queries.definitions import definitions_of
from scheduling.queries.grants import as_grant, authorizations_of

_PROTOCOL = "course__protocol_id"
Other = tuple[OtherVisit, int, bool]  # a visit, the course it is of, and whether it is ahead or under way


@dataclass(frozen=True, slots=True)
class Around:
    """Everything about a patient that a plan has to respect or report."""

    life: Life
    interpreter: str
    grants: tuple[Grant, ...]
    billed: tuple[Visit, ...]  # what the grants already pay for


def around(
    *,
    patient_id: int,
    definition: ProtocolDefinition,
    first: dt.date,
    days: int,
    zone: str,
    course_id: int | None = None,
    movable: Collection[int] = (),
) -> Around:
    """Return what a course of a protocol has to respect in a patient's life, from a day on; eight statements.

    `course_id`: a course under way, whose sessions in `movable` do not stand in their own way.

    :raises CannotPlan: a screening flag stops the treatment, or a payer forbids it beside another course.
    """
    if not patient_id:
        return Around(Life(), "", (), ())
    last = first + dt.timedelta(days=days)
    person = patient_life.life_of(patient_id=patient_id, first=first, last=last)
    others = _others(patient_id, first, last, zone, movable)
    granted, rules, payer = _authorizations(patient_id)
    life = _life(person, definition, others, (rules, payer), first, days, course_id)
    return Around(life, person.interpreter, granted, _billed(patient_id) if granted else ())


def _life(
    person: PatientLife,
    definition: ProtocolDefinition,
    others: Sequence[Other],
    payer: tuple[PayerRules, str],
    first: dt.date,
    days: int,
    course_id: int | None,
) -> Life:
    """Return what a course has to respect of what was read about a patient.

    :raises CannotPlan: a screening flag stops the treatment, or a payer forbids it beside another course.
    """
    _check_flags(definition, person, others)
    rules, payer_name = payer
    _check_together(definition, others, rules, payer_name, first, course_id)
    visits = [visit for visit, _course, _ahead in others]
    day_rules = conflicts.day_rules(definition.modality, [v for v, course, _a in others if course != course_id], rules)
    calendar = [first + dt.timedelta(days=offset) for offset in range(days + 1)]
    return Life(
        visits=conflicts.busy_of(visits),
        rules=day_rules.masks,
        rule_texts=day_rules.texts,
        away=_masks([away for away in person.away if away.person_id is None], calendar),
        escort=_escort(person, calendar) if definition.escort != "none" else {},
    )


class Lives:
    """What plans have to respect in the lives of some patients from a day on, read at once: six statements."""

    def __init__(self, patient_ids: Collection[int], *, first: dt.date, days: int, zone: str) -> None:
        self.first, self.days = first, days
        last = first + dt.timedelta(days=days)
        self._people = patient_life.lives_of(patient_ids=patient_ids, first=first, last=last)
        self._others: dict[int, list[tuple[int, Other]]] = defaultdict(list)
        for patient_id, session_id, other in _others_of(patient_ids, first, last, zone):
            self._others[patient_id].append((session_id, other))
        self._payers: dict[int, list[Authorization]] = defaultdict(list)
        rows = Authorization.objects.filter(patient__in=patient_ids).select_related("payer").order_by("ends_on", "pk")
        for row in rows:
            self._payers[row.patient_id].append(row)

    def around(
        self, *, patient_id: int, course_id: int, definition: ProtocolDefinition, movable: Collection[int]
    ) -> Life:
        """Return what a course has to respect in a patient's life; sessions in `movable` are not in its way.

        :raises CannotPlan: a screening flag stops the treatment, or a payer forbids it beside another course.
        """
        others = [other for session_id, other in self._others[patient_id] if session_id not in movable]
        rows = self._payers[patient_id]
        payer = self.payer_rules_of(patient_id), rows[0].payer.name if rows else ""
        person = self._people.get(patient_id, patient_life.NOBODY)
        return _life(person, definition, others, payer, self.first, self.days, course_id)

    def payer_rules_of(self, patient_id: int) -> PayerRules:
        """Return what the payers of a patient forbid."""
        return payer_rules(self._payers[patient_id])


def broken_day_rule(
    *, patient_id: int, course_id: int, modality: str, visits: Sequence[tuple[dt.date, int, int]], zone: str
) -> str | None:
    """Return which rule between courses some visits (day, minute, minutes) would break now, or None; two statements.

    Asked again inside the booking: two desks may book two courses of one patient at the same moment.
    """
    first, last = visits[0][0], visits[-1][0]
    found = _others(patient_id, first, last, zone)
    others = [visit for visit, course, _ahead in found if course != course_id]
    if not others:
        return None
    _granted, payer_rules, _payer = _authorizations(patient_id)
    rules = conflicts.day_rules(modality, others, payer_rules)
    for day, minute, minutes in visits:
        if rules.masks.get(day.toordinal(), 0) & bitmap.span(minute // QUANTUM, minutes // QUANTUM):
            return f"{day_text(day)}, {rules.texts[day.toordinal()]}"
    return None


def _others(patient_id: int, first: dt.date, last: dt.date, zone: str, movable: Collection[int] = ()) -> list[Other]:
    return [
        other
        for _patient, session_id, other in _others_of([patient_id], first, last, zone)
        if session_id not in movable
    ]


def _others_of(
    patient_ids: Collection[int], first: dt.date, last: dt.date, zone: str
) -> Iterator[tuple[int, int, Other]]:
    """Yield the visits of some patients, by patient and session; one that crosses midnight is two."""
    rows = Session.objects.filter(patient__in=patient_ids, is_active=True, day__gte=first, day__lte=last)
    columns = ("patient_id", "pk", "starts_at", "ends_at", "course_id", "course__protocol__definition__modality")
    for patient_id, pk, starts_at, ends_at, course, modality, state in rows.values_list(*columns, "state"):
        masks: dict[int, int] = {}
        mark(masks, starts_at, ends_at, zone)
        for day, mask in masks.items():
            for begin, end in bitmap.spans(mask):
                yield patient_id, pk, (OtherVisit(day, begin, end, modality), course, state in OPEN)


def _check_flags(definition: ProtocolDefinition, person: PatientLife, others: Sequence[Other]) -> None:
    """Refuse magnetic stimulation while screening forbids it: an implanted stimulator is itself a flag [T21 B]."""
    if definition.modality not in MAGNETIC:
        return
    flags = set(person.open_flags & STOPS_MAGNETIC)
    implant = ScreeningCode.IMPLANTED_STIMULATOR
    if any(visit.modality == "vns" for visit, _c, _a in others) and implant not in person.cleared_flags:
        flags.add(implant)
    if flags:
        what = " and ".join(sorted(flag.replace("_", " ") for flag in flags))
        raise CannotPlan(
            f"Screening found: {what}. A clinician clears it with a reason, or another treatment is chosen.",
            code="needs_clearance",
        )


def _check_together(
    definition: ProtocolDefinition,
    others: Sequence[Other],
    rules: PayerRules,
    payer: str,
    first: dt.date,
    course_id: int | None,
) -> None:
    spans: dict[str, tuple[int, int]] = {}
    for visit, course, is_ahead in others:
        if is_ahead and course != course_id:
            begin, end = spans.get(visit.modality, (visit.day, visit.day))
            spans[visit.modality] = (min(begin, visit.day), max(end, visit.day))
    clash = conflicts.forbidden_together(definition.modality, spans, rules)
    if clash and clash[1][1] >= first.toordinal():
        other, (_begin, end) = clash
        until = day_text(dt.date.fromordinal(end))
        raise CannotPlan(
            f"{payer} does not pay for {conflicts.name(definition.modality)} beside {conflicts.name(other)}, "
            f"which runs until {until}. Start after it, or end it first.",
            code="payer_forbids",
        )


def _authorizations(patient_id: int) -> tuple[tuple[Grant, ...], PayerRules, str]:
    rows = authorizations_of(patient_id)
    granted = tuple(as_grant(row) for row in rows if row.state in GRANTED)
    return granted, payer_rules(rows), rows[0].payer.name if rows else ""


def payer_rules(rows: Sequence[Authorization]) -> PayerRules:
    """Return what the payers of a patient's authorisations forbid."""
    return PayerRules(
        not_together=frozenset(pair for row in rows for pair in pairs(row.payer.rules, "not_together")),
        not_same_day=frozenset(pair for row in rows for pair in pairs(row.payer.rules, "not_same_day")),
    )


def pairs(rules: Mapping[str, Sequence[Sequence[str]]], key: str) -> list[frozenset[str]]:
    """Return the pairs of modalities a payer's rules name under a key."""
    return [frozenset(pair) for pair in rules.get(key, ())]


def _billed(patient_id: int) -> tuple[Visit, ...]:
    """Return what the patient's other sessions use up, in date order."""
    rows = Session.objects.filter(patient_id=patient_id, is_counted=True)
    visits = list(rows.order_by("day", "minute").values_list("day", "number", "billing_code", "dose_mg", _PROTOCOL))
    definitions = definitions_of(protocol for *_facts, protocol in visits)
    return tuple(
        Visit(day, code, definitions[protocol].billing.expected_dose(dose, is_first=number == 1))
        for day, number, code, dose, protocol in visits
    )


def _escort(person: PatientLife, calendar: Sequence[dt.date]) -> dict[int, int]:
    """Return when none of the escorts can come; without a named escort nothing is known, and nothing forbidden."""
    if not person.escorts:
        return {}
    each = [_masks([away for away in person.away if away.person_id == escort], calendar) for escort in person.escorts]
    days = set.intersection(*(set(masks) for masks in each))
    found = {}
    for day in days:
        together = bitmap.FULL_DAY
        for masks in each:
            together &= masks[day]
        if together:
            found[day] = together
    return found


def _masks(aways: Sequence[Away], calendar: Sequence[dt.date]) -> dict[int, int]:
    found: dict[int, int] = {}
    for away in aways:
        first, end = away.from_minute // QUANTUM, -(-away.to_minute // QUANTUM)
        mask = bitmap.span(first, end - first)
        for day in calendar:
            if away.covers(day):
                found[day.toordinal()] = found.get(day.toordinal(), 0) | mask
    return found
