"""The words of a protocol's form: what each of its places is called, and what can be picked there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.show_settings import KINDS, kind_words
from scheduling.domain.operations import GateKind


@dataclass(frozen=True, slots=True)
class Asked:
    """One place of the form: its key, what it is called, how it is typed, and what stands there if nothing does."""

    key: str
    label: str
    kind: str = "whole"
    options: tuple[tuple[str, str], ...] = ()
    default: Any = None


DAYS = (("1", "Mon"), ("2", "Tue"), ("3", "Wed"), ("4", "Thu"), ("5", "Fri"), ("6", "Sat"), ("7", "Sun"))
YES = (("1", "Yes"),)
GATES = {
    GateKind.CONSULT: "Consult",
    GateKind.SCREENING: "Screening",
    GateKind.CONSENT: "Consent",
    GateKind.MEDICAL_CLEARANCE: "Medical clearance",
    GateKind.PREOP_CLEARANCE: "Pre-op clearance",
    GateKind.REMS_ENROLLMENT: "REMS enrolment",
    GateKind.IMPLANT_RECORD: "Implant record",
    GateKind.WOUND_CHECK: "Wound check",
    GateKind.FMRI_TARGET: "fMRI target",
    GateKind.FINANCIAL: "Payment agreed",
    GateKind.AUTHORIZATION: "Authorization",
    GateKind.ESCORT: "Somebody who comes along",
    GateKind.RIDE: "A ride home",
    GateKind.DRUG_ON_HAND: "Drug on hand",
}
ABOUT = (
    Asked("name", "Name", "text"),
    Asked("tag", "Tag on cards", "text"),
    Asked("summary", "In a sentence", "long"),
    Asked(
        "keep_provider",
        "Same person each time",
        "choice",
        (("prefer", "If possible"), ("hard", "Always")),
        "prefer",
    ),
    Asked("group", "Visits of a group, several patients at once", "flag", YES),
)
STARTS = (("next_day", "The day after"), ("next_monday", "The Monday after"))
PHASE = (
    Asked("name", "Name", "text"),
    Asked("sessions", "Sessions"),
    Asked("per_week", "A week"),
    Asked("min_per_week", "At least, a week"),
    Asked("weeks", "Or visits of each week", "numbers"),
    Asked("interval_weeks", "Or one every … weeks"),
    Asked("weekdays", "On", "days", DAYS, [1, 2, 3, 4, 5]),
)
PHASE_MORE = (
    Asked("min_gap_days", "Days between, at least"),
    Asked("wish_gap_days", "Days between, better"),
    Asked("per_day", "Visits a day"),
    Asked("spacing_minutes", "Minutes from start to start"),
    Asked("rest_minutes", "Or minutes of rest between"),
    Asked(
        "starts", "Begins", "choice", (("next_day", "The day after"), ("next_monday", "The Monday after")), "next_day"
    ),
    Asked("first_weeks", "Faster in the first weeks"),
    Asked("first_weeks_per_week", "Then a week"),
    Asked("least_sessions", "Sessions at least, if shortened"),
    Asked("checkpoint_after", "Clinician looks after session"),
    Asked("offset_weeks", "Begins … weeks after the start"),
    Asked("open_ended", "Goes on without an end", "flag", YES),
    Asked("plan_ahead", "Then booked ahead, sessions"),
    Asked("range_weeks", "Every … to … weeks permitted", "numbers"),
)
OTHERWISE = {"windows_days": "counts by windows of days", "rule": "counts by a rule"}
VISIT = (Asked("name", "Name", "text"), Asked("minutes", "Minutes the patient is told"))
STEP = (Asked("name", "Step", "text"), Asked("at", "Begins after, minutes"), Asked("minutes", "Takes, minutes"))
NEED = (Asked("count", "How many"), Asked("capabilities", "That can", "words"))
NEED_MORE = (Asked("setup", "Minutes before"), Asked("turnover", "Minutes after"))
BEFORE = (
    Asked("gates", "Must be there first", "ticks", tuple((kind.value, word) for kind, word in GATES.items())),
    Asked(
        "escort",
        "Going home",
        "choice",
        (("none", "Alone is fine"), ("ride", "With a ride"), ("required", "With somebody who stays")),
        "none",
    ),
    Asked("fasting.food_hours", "Hours without food", "hours"),
    Asked("fasting.fluid_hours", "Hours without fluid", "hours"),
    Asked("observe_minutes", "Minutes of watching afterwards"),
    Asked("vitals_at_minutes", "Vitals at minutes", "numbers"),
    Asked("form_due_days", "Form due, days after"),
)
MISSES = (
    Asked(
        "makeup",
        "A missed visit",
        "choice",
        (
            ("append", "Is added at the end"),
            ("day_end", "Is added at the end of its day"),
            ("clinician", "A clinician decides"),
            ("none", "Is lost"),
        ),
        "append",
    ),
    Asked("clinician_after_days", "Clinician decides after a gap of days"),
    Asked("gaps.soft_days", "Days off: somebody looks"),
    Asked("gaps.remap_days", "Days off: map again"),
    Asked("gaps.hard_days", "Days off: the course stops"),
    Asked("miss_review.consecutive", "Ask after misses in a row"),
    Asked("miss_review.count", "Or after misses"),
    Asked("miss_review.of_last", "Of the last sessions"),
)
MISSES_MORE = (
    Asked("gaps.flag_days", "Days off: flagged"),
    Asked("gaps.close_days", "Days off: the course is closed"),
    Asked("missed_grace_minutes", "Counts as missed after minutes"),
    Asked(
        "missed_from",
        "Counted from",
        "choice",
        (("end", "The end of the visit"), ("start", "The start of the visit")),
        "end",
    ),
)
REMINDERS = (
    ("week", "The week ahead"),
    ("first_visit", "First visit"),
    ("ahead", "Days ahead"),
    ("ride", "Ride"),
    ("day_before", "The day before"),
    ("prep", "How to prepare"),
    ("escort", "Who comes along"),
    ("same_day", "On the day"),
    ("recall", "Asking back in"),
    ("form_due", "Form due"),
)
NOTICE = (
    Asked(
        "reminders.style",
        "Reminders",
        "choice",
        (("weekly_digest", "Once a week"), ("every_visit", "Before every visit"), ("recall", "Asked back in")),
        "weekly_digest",
    ),
    Asked("reminders.ahead_days", "First reminder, days ahead"),
    Asked("late_cancel_hours", "Late to cancel, hours before"),
)
NOTICE_MORE = (
    Asked("reminders.at", "Reminders at", "time"),
    Asked("reminders.off", "Never sent", "ticks", REMINDERS),
    Asked("refill_lead_minutes", "Freed time offered, minutes before at least"),
    Asked("list_frozen_at", "List stands from, the day before", "time"),
)
PAPER = (
    Asked("authorized_units", "Units usually authorized"),
    Asked("billing.first", "Code of the first visit", "text"),
    Asked("billing.other", "Code of the others", "text"),
    Asked("billing.remap", "Code after a long gap", "text"),
)
SCORES = {
    "phq9": "PHQ-9",
    "qids": "QIDS",
    "gad7": "GAD-7",
    "madrs": "MADRS",
    "hamd17": "HAM-D 17",
    "hamd24": "HAM-D 24",
    "ybocs": "Y-BOCS",
    "moca": "MoCA",
}
PAPER_MORE = (
    Asked(
        "billing.unit",
        "One unit is",
        "choice",
        (("session", "A session"), ("day", "A day"), ("visit", "A visit"), ("mg", "A milligram")),
        "session",
    ),
    Asked("billing.first_dose", "First dose, mg"),
    Asked("billing.usual_dose", "Usual dose, mg"),
)
# What a rule calls by the key of the file.
KEYS = {
    "soft_days": "the days after which somebody looks",
    "hard_days": "the days after which the course stops",
    "interval_weeks": "one every … weeks",
    "per_week": "the visits a week",
    "min_per_week": "the least a week",
    "min_gap_days": "the days between",
    "per_day": "visits a day",
    "spacing_minutes": "minutes from start to start",
    "rest_minutes": "minutes of rest",
    "first_weeks": "the first weeks",
    "first_weeks_per_week": "their visits a week",
    "range_weeks": "the weeks permitted",
    "open_ended": "a phase without an end",
    "plan_ahead": "the sessions booked ahead",
    "consecutive_days": "days in a row",
    "windows_days": "windows of days",
    "rule_weeks": "the weeks of its rule",
    "of_last": "the last sessions",
}


def kinds_of(kinds: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return every kind of thing a visit can need, by what it is called."""
    return tuple(sorted(((kind, kind_words(kind)) for kind in {*kinds, *KINDS}), key=lambda option: option[1]))
