"""What an authorisation would pay for after a change that is only looked at."""

from dataclasses import dataclass

from scheduling.domain import coverage
from scheduling.domain.living import Change
from scheduling.models import Course, Session
from scheduling.queries.definitions import definition_of
from scheduling.queries.grants import granted_to


@dataclass(frozen=True, slots=True)
class Uncovered:
    """The numbers, as they would be after a change, that nothing pays for, and that in words."""

    numbers: tuple[int, ...]
    words: str


NOTHING = Uncovered((), "")


def uncovered_after(course: Course, change: Change) -> Uncovered:
    """Return what no authorisation would pay for after a change; nothing where no authorisation is about the course."""
    definition = definition_of(course.protocol)
    codes = definition.billing.codes
    grants = [grant for grant in granted_to(course.patient_id) if any(pool & codes for pool, _units in grant.pools)]
    if not grants:
        return NOTHING
    moved = {move.number: move.to for move in change.moves}
    dropped = {sitting.number for sitting in change.dropped}
    rows = Session.objects.filter(patient=course.patient_id, is_counted=True).order_by("day", "minute", "pk")
    spots = []
    usual = definition.billing
    for row in rows.values_list("course_id", "number", "day", "minute", "billing_code", "dose_mg"):
        course_id, number, day, minute, code, dose = row
        dose = usual.expected_dose(dose, is_first=number == 1)
        if course_id != course.pk:
            spots.append((day, minute, False, code, dose))
        elif number not in dropped:
            to = moved.get(number)
            spots.append((to.day if to else day, to.minute if to else minute, True, code, dose))
    code = usual.code(visit_type=definition.other_visit, is_first=False, is_remap=False) or ""
    dose = usual.expected_dose(None, is_first=False)
    spots += [(added.day, added.minute, True, code, dose) for added in change.added]
    spots.sort(key=lambda spot: spot[:2])
    found = coverage.cover([coverage.Visit(day, code, dose) for day, _minute, _own, code, dose in spots], grants)
    own = [index for index, (_day, _minute, is_own, _code, _dose) in enumerate(spots) if is_own]
    mine = coverage.Coverage(
        tuple(found.grants[index] for index in own),
        {place: found.reasons[index] for place, index in enumerate(own) if index in found.reasons},
    )
    numbers = tuple(place + 1 for place in sorted(mine.reasons))
    return Uncovered(numbers, coverage.words(mine)) if numbers else Uncovered((), "Authorisation still fits.")
