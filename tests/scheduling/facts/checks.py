"""Pure: one small check for each kind of fact; a message names the fact that failed, where it is from, and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from scheduling.domain.local_time import clock_text
from scheduling.domain.protocol import Phase, ProtocolDefinition
from tests.scheduling.facts import calendar_checks, clinic, visit_checks
from tests.scheduling.facts.course import Course, Told
from tests.scheduling.facts.facts import Fact

Check = Callable[[Course, Fact], Iterator[str]]


def gates(course: Course, fact: Fact) -> Iterator[str]:
    """At least these must be true before the first visit is confirmed."""
    if missing := sorted(set(fact.told) - {rule.kind.value for rule in course.definition.gates}):
        yield f"there is no gate for {', '.join(missing)}"


def gap_limits(course: Course, fact: Fact) -> Iterator[str]:
    """Days without a session after which somebody looks, re-maps, is told, decides or closes."""
    for name, days in fact.told.items():
        if (said := getattr(course.definition.gaps, name)) != days:
            yield f"{name} is {said}"


def measures(course: Course, fact: Fact) -> Iterator[str]:
    """At least after these sessions a scale is due."""
    for scale, told in fact.told.items():
        due = (course.definition.measures or {}).get(scale, ())
        if missing := [number for number in told if number not in due]:
            yield f"{scale} is not due after {', '.join(map(str, missing))}"


def billing(course: Course, fact: Fact) -> Iterator[str]:
    """The procedure code of the first, the other and the re-mapping visits (one of these), or of a visit type."""
    said = course.definition.billing
    codes = {"first": said.first, "other": said.other, "remap": said.remap, "unit": said.unit} | dict(said.visits)
    for which, told in fact.told.items():
        if codes.get(which) not in (told if isinstance(told, list) else [told]):
            yield f"{which} is billed as {codes.get(which)}"


def late_cancel_hours(course: Course, fact: Fact) -> Iterator[str]:
    """How long before a visit a cancellation is late."""
    hours = course.definition.late_cancel_hours
    low, high = fact.told if isinstance(fact.told, list) else (fact.told, fact.told)
    if hours is None or not low <= hours <= high:
        yield f"it is {hours}"


def _same(read: Callable[[ProtocolDefinition], Told]) -> Check:
    def check(course: Course, fact: Fact) -> Iterator[str]:
        if (said := read(course.definition)) != fact.told:
            yield f"the protocol says {said}"

    return check


def _same_in_phase(read: Callable[[Phase], Told]) -> Check:
    def check(course: Course, fact: Fact) -> Iterator[str]:
        for phase in course.phases(fact.phase):
            if (said := read(phase)) != fact.told:
                yield f"{phase.name} says {said}"

    return check


def _fasting(definition: ProtocolDefinition) -> Told:
    return dict(definition.fasting) if isinstance(definition.fasting, Mapping) else definition.fasting


CHECKS: Mapping[str, Check] = {
    "count": calendar_checks.count,
    "open_ended": calendar_checks.open_ended,
    "weekdays": calendar_checks.weekdays,
    "min_gap_days": calendar_checks.min_gap_days,
    "gap_days": calendar_checks.gap_days,
    "phase_change_days": calendar_checks.phase_change_days,
    "wish_gap_days": calendar_checks.wish_gap_days,
    "interval_days": calendar_checks.interval_days,
    "per_week": calendar_checks.per_week,
    "least_per_week": calendar_checks.least_per_week,
    "paces": calendar_checks.paces,
    "by_week": calendar_checks.by_week,
    "per_day": calendar_checks.per_day,
    "starts_apart_minutes": calendar_checks.starts_apart_minutes,
    "rest_minutes": calendar_checks.rest_minutes,
    "consecutive_days": calendar_checks.consecutive_days,
    "windows_days": calendar_checks.windows_days,
    "rule": calendar_checks.rule,
    "begins_after_weeks": calendar_checks.begins_after_weeks,
    "minutes": visit_checks.minutes,
    "resources": visit_checks.resources,
    "capabilities": visit_checks.capabilities,
    "throughout": visit_checks.throughout,
    "starts_at": visit_checks.starts_at,
    "held_minutes": visit_checks.held_minutes,
    "in_turn": visit_checks.in_turn,
    "together": visit_checks.together,
    "rest_after": visit_checks.rest_after,
    "ends_before": visit_checks.ends_before,
    "apart_minutes": visit_checks.apart_minutes,
    "gates": gates,
    "gap_limits": gap_limits,
    "measures": measures,
    "billing": billing,
    "late_cancel_hours": late_cancel_hours,
    "escort": _same(lambda definition: definition.escort),
    "fasting": _same(_fasting),
    "observe_minutes": _same(lambda definition: definition.observe_minutes),
    "vitals_at_minutes": _same(lambda definition: list(definition.vitals_at_minutes)),
    "form_due_days": _same(lambda definition: definition.form_due_days),
    "makeup": _same(lambda definition: definition.makeup),
    "keep_provider": _same(lambda definition: definition.keep_provider),
    "group": _same(lambda definition: definition.is_group),
    "consecutive_misses": _same(lambda definition: definition.miss_review and definition.miss_review.consecutive),
    "authorized_units": _same(lambda definition: definition.authorized_units),
    "least_sessions": _same_in_phase(lambda phase: phase.least_sessions),
    "stop": _same_in_phase(lambda phase: phase.stop),
    "checkpoint_after": _same_in_phase(lambda phase: phase.checkpoint_after),
}


@cache
def course_of(code: str) -> Course:
    """Return a shipped protocol with its course in the empty clinic."""
    definition = clinic.shipped()[code]
    return Course(
        definition=definition,
        plan=clinic.planned(code),
        start=clinic.START,
        open_days=frozenset(clinic.open_days()),
        wished=clinic.wished_minute(definition),
    )


def failures(course: Course, said: Sequence[Fact]) -> list[str]:
    """Return a sentence for each fact a course does not meet."""
    return [failure for fact in said for failure in _failure(course, fact)]


def _failure(course: Course, fact: Fact) -> list[str]:
    if not course.phases(fact.phase):
        return [f"{fact}, but there is no such phase."]
    complaints = list(dict.fromkeys(CHECKS[fact.kind](course, fact)))
    more = f", and {len(complaints) - 2} more" if len(complaints) > 2 else ""
    return [f"{fact}, but {'; '.join(complaints[:2])}{more}."] if complaints else []


def strays(course: Course) -> list[str]:
    """Return a sentence for each session that leaves the wished time or device, though nothing is taken."""
    code = course.definition.code
    main = course.definition.series[0]
    names = {phase.name for phase in course.definition.phases if phase.series == main}
    first = {(session.day, session.phase): session for session in reversed(course.plan.sessions)}.values()
    return [f"{code}: session {odd.number} deviates: {odd.text}" for odd in course.plan.deviations] + [
        f"{code}: session {session.number} is at {clock_text(session.minute)}, not {clock_text(course.wished)}"
        for session in first
        if session.phase in names and session.minute != course.wished
    ]
