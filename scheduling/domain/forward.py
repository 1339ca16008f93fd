"""Pure: whether a visit of a course under way may come forward into a freed time, and where a new course could begin.

Stricter than a move by hand: what a visit leaves behind must keep every rule as well, for nobody looks it over.
"""

from collections.abc import Sequence
from dataclasses import replace

from scheduling.domain import bitmap, placing, rules, words
from scheduling.domain.cadence import monday
from scheduling.domain.choices import Places, as_counted, expected_visit
from scheduling.domain.ground import Ground, longest_gap
from scheduling.domain.living import Sitting, Under
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.options import uses_of
from scheduling.domain.plan import Plan, PlannedSession
from scheduling.domain.protocol import Phase, ProtocolDefinition
from scheduling.domain.refill import Slot
from scheduling.domain.rules import Broken
from scheduling.domain.wish import Wish

NOTHING_AHEAD = "no visit lies after it"
WHY = "Came forward into a freed time."
OTHER_BEGINNING = "the course can't begin there and keep every rule"


def to_bring(under: Under, slot: Slot, *, is_behind: bool) -> list[Sitting]:
    """Return which of the visits after a freed time would come forward, the one to try first first.

    A course that is behind gets a visit back from the end of its phase, so that it ends sooner and no gap opens; any
    other comes with its next one.
    """
    after = [each for each in under.sittings if each.is_open and (each.day, each.minute) > (slot.day, slot.minute)]
    if not after:
        return []
    after.sort(key=lambda each: (each.day, each.minute))
    nearest = after[0]
    last = [each for each in after if each.phase == nearest.phase][-1]
    order = [last, nearest] if is_behind else [nearest, last]
    return order if last is not nearest else [nearest]


def forbidden(under: Under, sitting: Sitting, slot: Slot) -> str:
    """Return why a visit may not come forward into a freed time whatever is free there, or nothing if it may."""
    counted = as_counted(under)
    phase = next(each for each in counted.wish.protocol.phases if each.name == sitting.phase)
    places = Places(counted, Ground((), slot.zone), phase=sitting.phase, number=sitting.number)
    there = _there(sitting, slot, "")
    there = replace(there, visit_type=expected_visit(places.protocol, places.others, there))
    faults = [*places.faults(slot.day, slot.minute), *_left_behind(counted, sitting, there)]
    belongs = _bound(phase) or _other_provider(counted, sitting, slot)
    return belongs or (f"not allowed, {faults[0].text}" if faults else "")


def brought(under: Under, ground: Ground, sitting: Sitting, slot: Slot) -> PlannedSession | str:
    """Return a visit as it would be in a freed time, or why it can't be there; on the ground only it counts as free."""
    places = Places(as_counted(under), ground, phase=sitting.phase, number=sitting.number)
    visit = expected_visit(places.protocol, places.others, _there(sitting, slot, ""))
    trips = _travel(under.wish, ground, places.others, slot)
    why_not = forbidden(under, sitting, slot) or _other_place(places, visit, slot) or trips
    if why_not:
        return why_not
    found = places.free_at(slot.day, slot.minute, slot.resource_id)
    return found if isinstance(found, str) else replace(found, why=WHY)


def _there(sitting: Sitting, slot: Slot, visit: str) -> Sitting:
    return replace(sitting, day=slot.day, minute=slot.minute, main=slot.resource_id, visit_type=visit)


def _other_place(places: Places, visit: str, slot: Slot) -> str:
    """Return what a visit needs instead, if what is free is of another kind, or is not what was asked for."""
    use = places.book.uses[visit][0]
    if slot.resource_id in placing.mains_of(places.book, visit):
        return ""
    if use.kind in places.under.wish.pins and slot.kind == use.kind:
        return f"was asked for on another {words.kind(use.kind)}"
    having = use.capabilities | places.under.wish.requires.get(use.kind, frozenset())
    return f"needs another place: {words.resource(use.kind, having)}"


def main_kind(protocol: ProtocolDefinition, visit: str) -> str:
    """Return the kind of resource a visit is built around."""
    return protocol.visit_types[visit].steps[0].needs[0].kind


def _bound(phase: Phase) -> str:
    """Return why no visit of a phase moves by itself, or nothing: its days belong together, or stand in windows."""
    if phase.per_day > 1 or phase.consecutive_days or phase.windows_days:
        return f"the visits of {phase.name} belong together"
    return ""


def _other_provider(under: Under, sitting: Sitting, slot: Slot) -> str:
    if under.wish.protocol.keep_provider == "hard" and sitting.main != slot.resource_id:
        return "keeps to the same person"
    return ""


def _left_behind(under: Under, sitting: Sitting, there: Sitting) -> list[Broken]:
    """Return the rules the other visits would break once this one has gone, and did not before."""
    others = [each for each in under.sittings if each.number != sitting.number]
    protocol, longest = under.wish.protocol, longest_gap(under.wish)
    found = []
    for each in others:
        if not each.is_open:
            continue
        beside = [other for other in others if other.number != each.number]
        before = {fault.code for fault in rules.broken(protocol, [*beside, sitting], each, longest_gap=longest)}
        after = rules.broken(protocol, [*beside, there], each, longest_gap=longest)
        found += [fault for fault in after if fault.code not in before]
        if _needs_other_visit(protocol, beside, sitting, there, each):
            found.append(Broken("visit_type", "another visit would have to be of another kind"))
    return found


def _needs_other_visit(
    protocol: ProtocolDefinition, beside: Sequence[Sitting], sitting: Sitting, there: Sitting, each: Sitting
) -> bool:
    now = expected_visit(protocol, [*beside, sitting], each)
    return expected_visit(protocol, [*beside, there], each) != now


def _travel(wish: Wish, ground: Ground, others: Sequence[Sitting], slot: Slot) -> str:
    """Return why the patient does not come on one more day of a week, or nothing."""
    if wish.max_travel_days is None:
        return ""
    own = {each.day.toordinal() for each in others}
    days = own | {day for day, mask in ground.life.visits.items() if mask}
    day = slot.day.toordinal()
    in_week = {each for each in days if monday(each) == monday(day)}
    if day in in_week or len(in_week) < wish.max_travel_days:
        return ""
    return f"not allowed, the patient comes on {wish.max_travel_days} days a week at the most"


def only_at(ground: Ground, definition: ProtocolDefinition, slot: Slot) -> Ground:
    """Return a ground on which a new course, if it begins on a slot's day at all, begins in the slot.

    Several visits a day need their main device all day: there the plan is only looked at, see `begins_at`.
    """
    phase = definition.phases[0]
    use = uses_of(definition.visit_types[phase.visit or definition.first_visit])[0]
    first = slot.minute // QUANTUM + use.at - use.before
    if phase.per_day > 1 or first < 0:
        return ground
    span, day = bitmap.span(first, use.before + use.length + use.after), slot.day.toordinal()
    lanes = [
        replace(lane, free={**lane.free, day: lane.free.get(day, 0) & (span if lane.id == slot.resource_id else 0)})
        if lane.kind == use.kind and day in lane.free
        else lane
        for lane in ground.lanes
    ]
    return replace(ground, lanes=lanes)


def begins_at(plan: Plan, slot: Slot) -> bool:
    """Tell whether the first visit of a plan is in a slot."""
    first = plan.sessions[0]
    return (first.day, first.minute, first.uses[0].resource_id) == (slot.day, slot.minute, slot.resource_id)
