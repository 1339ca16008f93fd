"""Pure: facts about what a visit takes. Each check yields what contradicts the fact, in words."""

from collections.abc import Iterator, Sequence

from scheduling.domain.plan import PlannedSession, PlannedUse
from scheduling.domain.protocol import VisitType
from tests.scheduling.facts import clinic
from tests.scheduling.facts.course import Course, fits
from tests.scheduling.facts.facts import Fact


def minutes(course: Course, fact: Fact) -> Iterator[str]:
    """How long a visit takes, as the patient is told."""
    for which, told, visit, sessions in course.visits(fact.told, fact.phase):
        if not fits(visit.minutes, told):
            yield f"the {which} visit has {visit.minutes} min"
        for session in sessions:
            if not fits(session.minutes, told):
                yield f"session {session.number} takes {session.minutes} min"


def resources(course: Course, fact: Fact) -> Iterator[str]:
    """Exactly these kinds of resource are held."""
    for which, told, visit, sessions in course.visits(fact.told, fact.phase):
        if (needed := {need.kind for step in visit.steps for need in step.needs}) != set(told):
            yield f"the {which} visit needs {', '.join(sorted(needed))}"
        for session in sessions:
            if (held := {use.kind for use in session.uses}) != set(told):
                yield f"session {session.number} holds {', '.join(sorted(held))}"


def capabilities(course: Course, fact: Fact) -> Iterator[str]:
    """Whatever is held of a kind has these capabilities, and every visit asks for them."""
    having = {lane.id: lane.capabilities for lane in clinic.lanes()}
    for visit in _visits_of(course, fact):
        for need in (need for step in visit.steps for need in step.needs if need.kind in fact.told):
            if list(need.capabilities) != fact.told[need.kind]:
                yield f"{visit.name} asks for {need.kind} with {list(need.capabilities)}"
    for session in course.sessions(fact.phase):
        for use in session.uses:
            if not set(fact.told.get(use.kind, [])) <= having[use.resource_id]:
                yield f"session {session.number} is on {use.name}"


def _visits_of(course: Course, fact: Fact) -> list[VisitType]:
    own = [phase.visit for phase in course.phases(fact.phase) if fact.phase and phase.visit]
    types = course.definition.visit_types
    return [types[code] for code in own] or list(types.values())


def throughout(course: Course, fact: Fact) -> Iterator[str]:
    """These are there from the first minute of the visit to its last."""
    for which, told, visit, sessions in course.visits(fact.told, fact.phase):
        for kind in told:
            spans = [
                (step.at, step.at + step.minutes)
                for step in visit.steps
                if any(need.kind == kind for need in step.needs)
            ]
            if _covered(spans) < visit.minutes:
                yield f"{kind} is not there all through the {which} visit"
            for session in sessions:
                if _covered(_spans(session, kind)) < session.minutes:
                    yield f"{kind} is not there all through session {session.number}"


def starts_at(course: Course, fact: Fact) -> Iterator[str]:
    """So many minutes after the visit begins a resource is first held."""
    for _which, told, _visit, sessions in course.visits(fact.told, fact.phase):
        for session in sessions:
            for kind, at in told.items():
                if (first := _from(session, kind)) is None or not fits(first, at):
                    yield f"session {session.number} holds {kind} from minute {first}"


def held_minutes(course: Course, fact: Fact) -> Iterator[str]:
    """So many minutes a resource is held, set-up and turnover included."""
    for _which, told, _visit, sessions in course.visits(fact.told, fact.phase):
        for session in sessions:
            for kind, long in told.items():
                held = sum(end - begin for begin, end in _spans(session, kind))
                if not fits(held, long):
                    yield f"session {session.number} holds {kind} for {held} min"


def in_turn(course: Course, fact: Fact) -> Iterator[str]:
    """One is held after the other, each from the minute at which the one before is left."""
    for session in course.sessions(fact.phase):
        for one, other in zip(fact.told, fact.told[1:], strict=False):
            left, taken = _until(session, one), _from(session, other)
            if left is None or left != taken:
                yield f"session {session.number} leaves {one} at minute {left} and takes {other} at {taken}"


def together(course: Course, fact: Fact) -> Iterator[str]:
    """These are held for the same minutes."""
    for session in course.sessions(fact.phase):
        spans = {kind: _spans(session, kind) for kind in fact.told}
        if len({tuple(span) for span in spans.values()}) != 1:
            yield f"session {session.number} holds {spans}"


def rest_after(course: Course, fact: Fact) -> Iterator[str]:
    """So many minutes the patient still stays, holding nothing, before the visit ends."""
    for which, told, visit, _sessions in course.visits(fact.told, fact.phase):
        left = max(step.at + step.minutes for step in visit.steps if step.needs)
        if not fits(visit.minutes - left, told):
            yield f"the {which} visit ends {visit.minutes - left} min after the last resource is left"


def ends_before(course: Course, fact: Fact) -> Iterator[str]:
    """So many minutes before the visit ends a resource is left."""
    for session in course.sessions(fact.phase):
        for kind, told in fact.told.items():
            until = _until(session, kind)
            if until is None or not fits(session.minutes - until, told):
                yield f"session {session.number} leaves {kind} at minute {until} of {session.minutes}"


def apart_minutes(course: Course, fact: Fact) -> Iterator[str]:
    """So many minutes from the beginning of one to the beginning of the other."""
    for session in course.sessions(fact.phase):
        first, second = _from(session, fact.told["one"]), _from(session, fact.told["other"])
        if first is None or second is None or not fits(second - first, fact.told["minutes"]):
            yield f"session {session.number} begins them at minutes {first} and {second}"


def _uses(session: PlannedSession, kind: str) -> list[PlannedUse]:
    return [use for use in session.uses if use.kind == kind]


def _spans(session: PlannedSession, kind: str) -> list[tuple[int, int]]:
    return [(use.from_minute - session.minute, use.to_minute - session.minute) for use in _uses(session, kind)]


def _from(session: PlannedSession, kind: str) -> int | None:
    return min((begin for begin, _end in _spans(session, kind)), default=None)


def _until(session: PlannedSession, kind: str) -> int | None:
    return max((end for _begin, end in _spans(session, kind)), default=None)


def _covered(spans: Sequence[tuple[int, int]]) -> int:
    """Return until which minute spans cover a visit from its beginning without a hole."""
    reached = 0
    for begin, end in sorted(spans):
        reached = max(reached, end) if begin <= reached else reached
    return reached
