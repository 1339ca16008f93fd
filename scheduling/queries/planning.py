"""From what the desk asks for to plans: the site, the patient's life and the protocol read, the planner asked."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clinic.models import Site
from scheduling.domain import coverage, local_time
from scheduling.domain.alternatives import Alternative, alternatives
from scheduling.domain.coverage import Coverage
from scheduling.domain.ground import day_book
from scheduling.domain.plan import Fit
from scheduling.domain.planner import (
    Ground,
    Infeasible,
    Lane,
    Plan,
    Wish,
    best_times,
    plan_course,
    plans_to_choose,
)
from scheduling.domain.prescription import NotPermitted, prescribed
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.relax import explained
from scheduling.errors import CannotPlan, NotFound, Rejected
from scheduling.models import Protocol
from scheduling.queries import lists
from scheduling.queries.availability import is_open_on, lanes_of, shut_times
from scheduling.queries.definitions import definition_of
from scheduling.queries.life import Around, around

HORIZON_SLACK_DAYS = 45
FARTHEST_START_DAYS = 366


@dataclass(frozen=True, slots=True)
class CourseWish:
    """What the desk asks for. Minutes are wall-clock minutes after midnight at the site.

    Hard: `pins` (kind to resource), `requires` (kind to capabilities), `weekdays` (ISO), `max_travel_days` a week.
    `is_any_time`: the time may differ from day to day.
    `counts` (phase to sessions) and `per_week` change the prescription within what the protocol permits; `first_only`
    books only so many sessions of it.
    """

    patient_id: int
    protocol_code: str
    start_on: dt.date
    preferred_minute: int | None = None
    window: tuple[int, int] | None = None
    pins: Mapping[str, int] = field(default_factory=dict)
    requires: Mapping[str, Sequence[str]] = field(default_factory=dict)
    weekdays: Sequence[int] | None = None
    max_travel_days: int | None = None
    is_same_trip: bool = False
    is_any_time: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    per_week: int | None = None
    first_only: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan with everything needed to book exactly it. `tastes`: what it is the best for, of the plans offered."""

    site: Site
    protocol: Protocol
    definition: ProtocolDefinition
    wish: CourseWish
    plan: Plan
    coverage: Coverage | None = None
    tastes: tuple[str, ...] = ("as_asked",)

    @property
    def coverage_words(self) -> str:
        """What is authorised, in a sentence; empty where no authorisation is known."""
        return coverage.words(self.coverage) if self.coverage else ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a preview shows: plans to choose from, the first as asked, and how many sessions each half hour fits."""

    proposals: tuple[Proposal, ...]
    fits: tuple[Fit, ...]
    asked: "Asked"


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish made ready for the planner."""

    site: Site
    protocol: Protocol
    definition: ProtocolDefinition
    wish: Wish
    ground: Ground
    around: Around


def current_protocols() -> list[Protocol]:
    """Return the protocols that can be booked, by name."""
    return list(Protocol.objects.filter(is_current=True).order_by("name"))


def is_single(protocol: Protocol) -> bool:
    """Tell whether a protocol is one visit and no course."""
    return sum(phase.planned or 0 for phase in definition_of(protocol).phases) == 1


def current_protocol(code: str) -> Protocol:
    """Return the version of a protocol that new courses are built from.

    :raises NotFound: there is none of that code.
    """
    found = Protocol.objects.filter(code=code, is_current=True).first()
    if found is None:
        raise NotFound(f"There is no protocol {code}.", fields={"protocol": "unknown"})
    return found


def propose_course(*, site: Site, wish: CourseWish, now: dt.datetime) -> Proposal:
    """Return the best plan for a wish; writes nothing.

    :raises NotFound: the protocol or a pinned resource is unknown.
    :raises Rejected: the start is in the past, too far off, on a closed day, or at a time that does not exist; the
        prescription is not permitted.
    :raises CannotPlan: no plan keeps every rule; its fields name what has to give.
    """
    asked = prepared(site=site, wish=wish, now=now)
    try:
        plan = plan_course(asked.wish, asked.ground)
    except Infeasible as refusal:
        raise refused(refusal, asked) from refusal
    return _proposal(asked, wish, plan, ("as_asked",))


def offer_courses(*, site: Site, wish: CourseWish, now: dt.datetime) -> Offer:
    """Return the plans to choose from for a wish and the half hours it would fit; writes nothing.

    :raises NotFound, Rejected, CannotPlan: as `propose_course`.
    """
    asked = prepared(site=site, wish=wish, now=now)
    try:
        choices = plans_to_choose(asked.wish, asked.ground)
    except Infeasible as refusal:
        raise refused(refusal, asked) from refusal
    return Offer(
        proposals=tuple(_proposal(asked, wish, choice.plan, choice.tastes) for choice in choices),
        fits=tuple(best_times(asked.wish, asked.ground, choices[0].plan)),
        asked=asked,
    )


def asked_again(proposal: Proposal, *, now: dt.datetime) -> tuple["Asked", Proposal]:
    """Return what a plan read back from its token was planned on, and the plan with what its authorisations pay for.

    :raises NotFound, Rejected, CannotPlan: as `propose_course`.
    """
    asked = prepared(site=proposal.site, wish=proposal.wish, now=now)
    return asked, _proposal(asked, proposal.wish, proposal.plan, proposal.tastes)


def with_plan(asked: "Asked", proposal: Proposal, plan: Plan) -> Proposal:
    """Return a proposal with another plan, and what its authorisations pay for of it."""
    return _proposal(asked, proposal.wish, plan, ("chosen",))


def instead_of(
    asked: "Asked", proposal: Proposal, numbers: Sequence[int], *, enough: int | None = None
) -> dict[int, list[tuple[Alternative, Proposal]]]:
    """Return where else some sessions of a plan could be, by number, each with the whole plan it makes.

    `enough`: a later day is searched for only where the day itself has fewer places.
    """
    book = day_book(asked.wish, asked.ground)
    return {
        number: [
            (each, _proposal(asked, proposal.wish, each.plan, ("chosen",)))
            for each in alternatives(asked.wish, asked.ground, proposal.plan, number, book=book, enough=enough)
        ]
        for number in numbers
    }


def alternatives_to(proposal: Proposal, *, number: int, now: dt.datetime) -> list[tuple[Alternative, Proposal]]:
    """Return where else one session of a previewed plan could be, each with the whole plan it makes.

    :raises NotFound: the plan has no session of that number.
    """
    if not 1 <= number <= len(proposal.plan.sessions):
        raise NotFound("The plan has no such session.", fields={"number": "unknown"})
    asked = prepared(site=proposal.site, wish=proposal.wish, now=now)
    return instead_of(asked, proposal, [number])[number]


def prepared(*, site: Site, wish: CourseWish, now: dt.datetime, draft: ProtocolDefinition | None = None) -> Asked:
    """Return a wish with everything the planner looks at; the checks that need no search are made here.

    `draft`: a protocol nobody published yet, instead of the one that is named.

    :raises NotFound, Rejected, CannotPlan: as `propose_course`.
    """
    protocol = Protocol(code=draft.code, name=draft.name) if draft else current_protocol(wish.protocol_code)
    definition = _prescribed(draft or definition_of(protocol), wish)
    today, minute_now = local_time.wall(now, site.zone)
    frozen = lists.frozen_through(site=site, definition=definition, now=now)
    starts_at = definition.phases[0].offset_weeks * 7
    _check_start(wish, today=today, zone=site.zone, may_be_past_days=starts_at)
    _check_list(wish, frozen)
    _check_window(wish, definition)
    days = definition.longest_days(_pace(wish, definition)) + HORIZON_SLACK_DAYS
    person = around(patient_id=wish.patient_id, definition=definition, first=wish.start_on, days=days, zone=site.zone)
    kinds = definition.kinds() | ({"interpreter"} if person.interpreter else set())
    lanes, closures = lanes_of(site=site, kinds=kinds, first=wish.start_on, days=days)
    if not starts_at:
        _check_open(site, wish.start_on, closures)
    _check_pins(wish, lanes)
    covered = tuple((grant.starts_on.toordinal(), grant.ends_on.toordinal()) for grant in _covering(definition, person))
    return Asked(
        site=site,
        protocol=protocol,
        definition=definition,
        wish=Wish(
            protocol=definition,
            start_on=wish.start_on,
            preferred_minute=wish.preferred_minute,
            window=wish.window,
            pins=wish.pins,
            not_before=(frozen + dt.timedelta(days=1), 0) if frozen else (today, minute_now),
            horizon_days=days,
            requires={kind: frozenset(having) for kind, having in wish.requires.items()},
            weekdays=frozenset(wish.weekdays) if wish.weekdays else None,
            max_travel_days=wish.max_travel_days,
            is_same_trip=wish.is_same_trip,
            is_any_time=wish.is_any_time,
            interpreter=person.interpreter,
            covered=covered or None,
            frozen_through=frozen,
        ),
        ground=Ground(
            lanes=lanes,
            zone=site.zone,
            life=person.life,
            closures=closures,
            shut=shut_times(site=site, first=wish.start_on, days=days),
        ),
        around=person,
    )


def refused(refusal: Infeasible, asked: Asked) -> CannotPlan:
    """Return a refusal for the desk: what does not fit, and the smallest set of wishes and rules that has to give."""
    full = explained(refusal, asked.wish, asked.ground)
    return CannotPlan(str(full), code=full.code, fields=dict.fromkeys(full.relax, "has to give"))


def coverage_of(definition: ProtocolDefinition, person: Around, plan: Plan) -> Coverage | None:
    """Return which sessions of a plan the patient's authorisations pay for; None if no authorisation is known."""
    if not person.grants:
        return None
    visits = [
        coverage.Visit(session.day, code, definition.billing.expected_dose(None, is_first=session.number == 1))
        for session, code in zip(plan.sessions, codes_of(definition, plan), strict=True)
    ]
    return coverage.cover_after(person.billed, visits, person.grants)


def codes_of(definition: ProtocolDefinition, plan: Plan) -> list[str | None]:
    """Return what each session of a new course is billed under."""
    first_day = plan.sessions[0].day
    return [
        definition.billing.code(
            visit_type=session.visit_type,
            is_first=session.number == 1 or (definition.billing.unit == "day" and session.day == first_day),
            is_remap=session.visit_type == definition.remap_visit,
        )
        for session in plan.sessions
    ]


def _covering(definition: ProtocolDefinition, person: Around) -> list[coverage.Grant]:
    codes = definition.billing.codes
    return [grant for grant in person.grants if any(pool & codes for pool, _units in grant.pools)]


def _proposal(asked: Asked, wish: CourseWish, plan: Plan, tastes: tuple[str, ...]) -> Proposal:
    return Proposal(
        site=asked.site,
        protocol=asked.protocol,
        definition=asked.definition,
        wish=wish,
        plan=plan,
        coverage=coverage_of(asked.definition, asked.around, plan),
        tastes=tastes,
    )


def _prescribed(definition: ProtocolDefinition, wish: CourseWish) -> ProtocolDefinition:
    counts = dict(wish.counts)
    if wish.first_only is not None:
        left = wish.first_only
        for phase in definition.phases:
            counts[phase.name] = min(left, counts.get(phase.name, phase.planned))
            left -= counts[phase.name]
    try:
        return prescribed(definition, counts=counts, per_week=wish.per_week)
    except NotPermitted as refusal:
        raise Rejected(str(refusal), code="not_permitted", fields={"prescription": "not permitted"}) from refusal


def _check_start(wish: CourseWish, *, today: dt.date, zone: str, may_be_past_days: int) -> None:
    if wish.start_on < today - dt.timedelta(days=may_be_past_days):
        raise Rejected(
            f"{local_time.day_text(wish.start_on)} has passed. Start today or later.",
            code="start_in_past",
            fields={"start_on": "past"},
        )
    if (wish.start_on - today).days > FARTHEST_START_DAYS:
        raise Rejected("Start within a year from today.", code="start_too_far", fields={"start_on": "too far"})
    if wish.preferred_minute is not None:
        try:
            local_time.to_utc(wish.start_on, wish.preferred_minute, zone)
        except local_time.LocalTimeError as error:
            raise Rejected(str(error), code="no_such_time", fields={"preferred_time": "no such time"}) from error


def _check_list(wish: CourseWish, frozen: dt.date | None) -> None:
    if frozen is not None and wish.start_on <= frozen:
        raise Rejected(
            f"The list of {local_time.day_text(frozen)} has gone out; nobody is put on it any more. Start after it.",
            code="list_frozen",
            fields={"start_on": "frozen"},
        )


def _pace(wish: CourseWish, definition: ProtocolDefinition) -> int | None:
    """Return how many days a week the patient can come at the most, or None if nothing limits them.

    :raises Rejected: fewer than the protocol needs.
    """
    limits = [len(wish.weekdays)] if wish.weekdays else []
    limits += [wish.max_travel_days] if wish.max_travel_days else []
    if not limits:
        return None
    pace = min(limits)
    least = max((phase.min_per_week or 1 for phase in definition.phases), default=1)
    if pace < least:
        raise Rejected(
            f"{definition.name} needs at least {least} visits a week; the patient can come on {pace}. "
            "Allow another day, or pick another protocol.",
            code="too_few_days",
            fields={"weekdays": "too few"},
        )
    return pace


def _check_window(wish: CourseWish, definition: ProtocolDefinition) -> None:
    if wish.window is None:
        return
    minutes = definition.visit_types[definition.other_visit].minutes
    first, end = wish.window
    if end - first < minutes:
        raise Rejected(
            f"{local_time.clock_text(first)} to {local_time.clock_text(end)} is shorter than the visit of {minutes} "
            f"minutes. Widen it to {local_time.clock_text(min(first + minutes, 24 * 60 - 1))} or later.",
            code="window_too_short",
            fields={"window": "shorter than the visit"},
        )


def _check_open(site: Site, start_on: dt.date, closures: Mapping[dt.date, str]) -> None:
    name = closures.get(start_on)
    if name or not is_open_on(site=site, day=start_on):
        why = f": {name}" if name else ""
        raise Rejected(
            f"The clinic is closed on {local_time.day_text(start_on)}{why}. Start on another day.",
            code="closed_day",
            fields={"start_on": "closed"},
        )


def _check_pins(wish: CourseWish, lanes: Sequence[Lane]) -> None:
    known = {(lane.kind, lane.id) for lane in lanes}
    if any(pin not in known for pin in wish.pins.items()):
        raise NotFound("There is no such device at this site.", fields={"pins": "unknown"})
