"""Pure: what a protocol says, as values. The form it is written in is parsed by `protocol_form`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scheduling.domain.operations import GateKind

MAX_SESSIONS = 120  # a year of weekly maintenance twice over; more is a typing mistake, not a prescription
MAX_VISIT_MINUTES = 12 * 60


class ProtocolError(ValueError):
    """A protocol breaks the form: where (a dotted path) and why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Need:
    """`count` resources of a kind during a step; set-up and turnover (minutes) occupy them before and after.

    `position_minutes`: the resource works through a list; visits begin at whole positions from where its hours begin.
    """

    kind: str
    count: int = 1
    capabilities: tuple[str, ...] = ()
    setup: int = 0
    turnover: int = 0
    position_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a visit: starts `at` minutes after the visit begins and lasts `minutes`."""

    name: str
    at: int
    minutes: int
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class VisitType:
    """A kind of visit. `minutes` is what the patient is told."""

    code: str
    name: str
    minutes: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a course. Exactly one way of counting is set: `sessions`, `weeks`, `windows_days` or `rule`.

    A course under way may count `sessions` of its own over a pattern of `weeks`.
    Phases of one `series` follow each other; two series run side by side. `plan_ahead`: how many sessions of an
    open-ended phase are booked at a time; a nightly task adds the next ones. Several visits a day begin
    `spacing_minutes` after each other, or `rest_minutes` after the end of the one before.
    """

    name: str
    series: str = ""
    visit: str | None = None
    sessions: int | None = None
    weeks: tuple[int, ...] = ()
    windows_days: tuple[tuple[int, int], ...] = ()
    rule: str | None = None
    rule_weeks: tuple[int, int] | None = None
    open_ended: bool = False
    plan_ahead: int | None = None
    per_week: int | None = None
    min_per_week: int | None = None
    first_weeks: int = 0
    first_weeks_per_week: int | None = None
    interval_weeks: int | None = None
    range_weeks: tuple[int, int] | None = None
    per_day: int = 1
    spacing_minutes: int | None = None
    rest_minutes: int | None = None
    consecutive_days: int | None = None
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    min_gap_days: int = 1
    wish_gap_days: int | None = None
    starts: str = "next_day"
    offset_weeks: int = 0
    least_sessions: int | None = None
    stop: str | None = None
    checkpoint_after: int | None = None

    @property
    def planned(self) -> int:
        """How many sessions are booked with the course; a rule-driven phase is booked week by week instead."""
        if self.rule:
            return 0
        if self.open_ended:
            return self.plan_ahead or 0
        return self.sessions or sum(self.weeks) or len(self.windows_days)


@dataclass(frozen=True, slots=True)
class Gaps:
    """Days since the last delivered session after which somebody looks, re-maps, or stops."""

    soft_days: int | None = None
    remap_days: int | None = None
    flag_days: int | None = None
    hard_days: int | None = None
    close_days: int | None = None


@dataclass(frozen=True, slots=True)
class MissReview:
    """How many misses a clinician is asked about: so many in a row, or `count` of the last `of_last` sessions."""

    consecutive: int | None = None
    count: int | None = None
    of_last: int | None = None


@dataclass(frozen=True, slots=True)
class GateRule:
    """What must be there before a course or a visit begins; None: as `gates.GATES` has it for the kind.

    `valid_days`: how long what was shown is good. `due_days`: working days before the visit, 0: when it begins.
    `before`: `visit`, or `booking` where times may only be held without it.
    """

    kind: GateKind
    valid_days: int | None = None
    due_days: int | None = None
    before: str = "visit"


@dataclass(frozen=True, slots=True)
class Billing:
    """Which procedure code a visit is billed under, and what one authorised unit is: `session`, `day` or `visit`."""

    first: str | None = None
    other: str | None = None
    remap: str | None = None
    visits: Mapping[str, str] = field(default_factory=dict)  # a visit type billed under a code of its own
    unit: str = "session"
    doses: tuple[tuple[int, str], ...] = ()  # the most milligrams and their code, the smallest first
    first_dose: int | None = None  # milligrams, as long as none is recorded
    usual_dose: int | None = None

    @property
    def codes(self) -> frozenset[str]:
        """Every code a course may be billed under."""
        by_dose = (code for _most, code in self.doses)
        return frozenset(code for code in (self.first, self.other, self.remap, *self.visits.values(), *by_dose) if code)

    def code(self, *, visit_type: str, is_first: bool, is_remap: bool, dose: int | None = None) -> str | None:
        """Return the code of a visit; `dose` in milligrams where the dose decides, the expected one if not known."""
        if self.doses:
            given = self.expected_dose(dose, is_first=is_first)
            return next((code for most, code in self.doses if given <= most), self.doses[-1][1])
        if visit_type in self.visits:
            return self.visits[visit_type]
        return self.first if is_first else self.remap if is_remap else self.other

    def expected_dose(self, dose: int | None, *, is_first: bool) -> int:
        """Return a dose in milligrams: the one recorded, else the one a visit usually takes; 0 where none is given."""
        return dose or (self.first_dose if is_first else self.usual_dose) or 0


@dataclass(frozen=True, slots=True)
class ProtocolDefinition:
    """A whole protocol."""

    code: str
    name: str
    tag: str
    modality: str
    summary: str
    phases: tuple[Phase, ...]
    visit_types: Mapping[str, VisitType]
    first_visit: str
    other_visit: str
    remap_visit: str | None
    gaps: Gaps
    makeup: str
    gates: tuple[GateRule, ...] = ()
    escort: str = "none"
    fasting: Mapping[str, float] | str | None = None
    observe_minutes: int | None = None
    vitals_at_minutes: tuple[int, ...] = ()
    form_due_days: int | None = None
    measures: Mapping[str, tuple[int, ...]] | None = None
    miss_review: MissReview | None = None
    clinician_after_days: int | None = None  # `makeup: clinician`: from this gap on, a desk no longer decides alone
    keep_provider: str = "prefer"
    is_group: bool = False
    reminder_style: str = "weekly_digest"
    reminder_ahead_days: int | None = None  # the first reminder of a visit, 0: none; None: as usual for the style
    reminder_at: int | None = None  # wall-clock minute at which reminders are sent; None: as the site has it
    reminders_off: tuple[str, ...] = ()
    late_cancel_hours: int | None = None
    missed_grace_minutes: int | None = None
    missed_from: str = "end"  # what the grace is counted from: the planned end, or the start
    refill_lead_minutes: int | None = None  # least notice when a freed time is offered; None: as usual for the modality
    list_frozen_at: int | None = None  # wall-clock minute on the last working day before, from which a list stands
    authorized_units: int | None = None
    billing: Billing = Billing()

    @property
    def planned(self) -> int:
        """How many sessions a course of this protocol is booked with."""
        return sum(phase.planned for phase in self.phases)

    @property
    def series(self) -> tuple[str, ...]:
        """The series that run side by side, in the order of their first phases."""
        return tuple(dict.fromkeys(phase.series for phase in self.phases))

    def kinds(self) -> frozenset[str]:
        """Return every kind of resource any of the visits needs."""
        return frozenset(
            need.kind for visit in self.visit_types.values() for step in visit.steps for need in step.needs
        )

    def longest_days(self, pace: int | None = None) -> int:
        """Return how many calendar days the course takes, rounded up to whole weeks; `pace`: at most so many a week."""
        return (
            max(
                sum(_phase_days(phase, pace) for phase in self.phases if phase.series == series)
                for series in self.series
            )
            + 7
        )


def _phase_days(phase: Phase, pace: int | None) -> int:
    days = phase.offset_weeks * 7 + (7 if phase.starts == "next_monday" else 0)
    if phase.weeks:
        return days + 7 * len(phase.weeks)
    if phase.windows_days:
        return days + phase.windows_days[-1][1]
    if phase.interval_weeks:
        return days + 7 * phase.interval_weeks * phase.planned
    if phase.per_day > 1:
        return days + 7 * -(-phase.planned // (phase.per_day * min(5, pace or 5)))
    usual = phase.per_week or len(phase.weekdays)
    return days + 7 * -(-phase.planned // (min(usual, pace) if pace else usual))
