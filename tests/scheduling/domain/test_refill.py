"""Who is asked first, how often, with how much notice, and until when an answer counts."""

import datetime as dt
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.domain import local_time
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.operations import Urgency
from scheduling.domain.refill import (
    LEAD_MINUTES,
    Applicant,
    Rate,
    Wanted,
    answer_by,
    asked_enough,
    expires_at,
    in_order,
    lead_minutes,
    too_soon,
    why,
)
from tests.scheduling.domain.plain import DAY, HOUR, MINUTE, MONDAY, ZONE, protocol, slot_at

pytestmark = pytest.mark.once


NOW = dt.datetime(2026, 11, 16, 14, 0, tzinfo=dt.UTC)


# Who is asked first.


def applicant(entry_id: int, **more: Any) -> Applicant:
    asked: dict[str, Any] = {"urgency": Urgency.ROUTINE, "since": NOW} | more
    return Applicant(entry_id, **asked)


def test_the_order_is_urgency_then_not_helped_lately_then_behind_then_owed_then_waiting() -> None:
    expected = [
        applicant(1, urgency=Urgency.URGENT, was_helped=True),
        applicant(2, urgency=Urgency.SOON),
        applicant(3, behind=3),
        applicant(4, behind=1, owed=2, since=NOW + DAY),
        applicant(5, behind=1, owed=1, since=NOW - DAY),
        applicant(6, since=NOW - DAY),
        applicant(7),
        applicant(8),
        applicant(9, behind=30, was_helped=True),
    ]

    for seed in range(20):
        assert in_order(random.Random(seed).sample(expected, len(expected))) == expected


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(), ""),
        (Wanted(to_minute=720), "asked for mornings"),
        (Wanted(from_minute=720), "asked for afternoons"),
        (Wanted(to_minute=600), "asked for before 10am"),
        (Wanted(from_minute=900), "asked for 3pm or later"),
        (Wanted(from_minute=540, to_minute=630), "asked for 9am to 10:30am"),
        (Wanted(frozenset({3, 1})), "asked for Mondays and Wednesdays"),
        (Wanted(frozenset({5}), to_minute=720), "asked for mornings, Fridays"),
    ],
)
def test_what_was_asked_for_reads_as_people_say_it(wanted: Wanted, words: str) -> None:
    assert wanted.words == words


@pytest.mark.parametrize(
    ("minute", "day", "is_allowed"),
    [(540, 0, True), (625, 0, True), (630, 0, False), (535, 0, False), (540, 1, False)],
)
def test_a_visit_begins_within_what_was_asked_for(minute: int, day: int, is_allowed: bool) -> None:
    wanted = Wanted(frozenset({1}), 540, 630)

    assert wanted.allows(MONDAY + day * DAY, minute) is is_allowed


def test_the_reason_says_what_counted() -> None:
    behind = applicant(1, behind=3, owed=1, urgency=Urgency.SOON)

    assert why(behind, Wanted(to_minute=720), sooner=2, now=NOW) == (
        "soon, asked for mornings, 3 days behind, 1 visit owed, comes 2 days sooner"
    )
    assert why(applicant(1), Wanted(), sooner=0, now=NOW) == "comes sooner that day"
    assert why(applicant(1), Wanted(), sooner=None, now=NOW + 30 * HOUR) == "waits 1 day"


def test_the_longest_reason_still_fits_its_column() -> None:
    everything = applicant(1, behind=100, owed=10, urgency=Urgency.URGENT)
    wanted = Wanted(frozenset(range(1, 8)), 545, 1085)

    assert len(why(everything, wanted, sooner=100, now=NOW)) == 120


# How often.


@pytest.mark.parametrize(("today", "is_asked"), [(0, True), (1, True), (2, False), (3, False)])
def test_nobody_is_asked_a_third_time_on_a_day(today: int, is_asked: bool) -> None:
    assert asked_enough(today=today, was_asked=False) == ("" if is_asked else "was asked twice today")


def test_nobody_is_asked_for_one_time_twice() -> None:
    assert asked_enough(today=0, was_asked=True) == "was asked for this time already"


def test_a_rate_is_told_from_fifty_answers_on() -> None:
    assert (Rate(25, 49).share, Rate(25, 49).chance(3)) == (None, None)
    assert (Rate(25, 50).share, Rate(25, 50).chance(2), Rate(0, 50).chance(3)) == (0.5, 0.75, 0)


# Notice.


@pytest.mark.parametrize("modality", [*LEAD_MINUTES, "vns", "psychotherapy"])
def test_every_treatment_has_its_notice_and_the_hours_without_food_come_before_the_way(modality: str) -> None:
    usual = LEAD_MINUTES.get(modality, 45)
    fasting = protocol(modality=modality, fasting={"food_hours": 4.0, "fluid_hours": 2.0})

    assert lead_minutes(protocol(modality=modality), 0) == usual
    assert lead_minutes(fasting, 45) == max(usual, 285)
    assert lead_minutes(fasting, 24 * 60) == 28 * 60


def test_a_protocol_says_its_own_notice_but_never_less_than_the_hours_without_food() -> None:
    own = protocol(modality="ect", refill_lead_minutes=60)

    assert lead_minutes(own, 0) == 60
    assert lead_minutes(replace(own, fasting={"food_hours": 2.0}), 0) == 120


def test_too_little_notice_is_said_with_both_numbers() -> None:
    slot = slot_at(MONDAY + DAY, 600)

    assert too_soon(protocol(), slot, 0, now=slot.starts_at - 44 * MINUTE) == (
        "needs 45 minutes of notice, 44 minutes are left"
    )
    assert too_soon(protocol(modality="ect"), slot, 0, now=slot.starts_at - 10 * HOUR) == (
        "needs 18 hours of notice, 10 hours are left"
    )
    assert too_soon(protocol(), slot, 0, now=slot.starts_at - 45 * MINUTE) == ""


@pytest.mark.parametrize("day", [dt.date(2026, 3, 8), dt.date(2026, 11, 1), dt.date(2026, 7, 1)])
def test_who_eats_nothing_from_midnight_is_asked_before_the_clinics_midnight(day: dt.date) -> None:
    night = protocol(modality="ect", fasting="midnight", refill_lead_minutes=60)
    slot = slot_at(day, 600)
    midnight = local_time.day_bounds(day, ZONE)[0]

    assert answer_by(night, slot, 0) == midnight
    assert too_soon(night, slot, 0, now=midnight + MINUTE) == "nothing may be eaten from midnight, and it is past that"


moments = st.integers(1, 6 * 24 * 60).map(lambda minutes: minutes * MINUTE)

fastings = st.sampled_from([None, "midnight", {"food_hours": 4.0, "fluid_hours": 2.0}])


@settings(max_examples=500, deadline=None)
@given(
    before=moments,
    way=st.integers(0, 24 * 60),
    modality=st.sampled_from([*LEAD_MINUTES, "vns"]),
    fasting=fastings,
    minute=st.integers(84, 216).map(lambda quantum: quantum * QUANTUM),
    later=st.floats(0, 1),
)
def test_as_long_as_an_offer_is_open_a_yes_leaves_notice_enough(
    before: dt.timedelta, way: int, modality: str, fasting: Any, minute: int, later: float
) -> None:
    definition, slot = protocol(modality=modality, fasting=fasting), slot_at(MONDAY + 7 * DAY, minute)
    now = slot.starts_at - before

    until = expires_at(slot, answer_by(definition, slot, way), now=now)

    if until is None:
        assert before <= 2 * HOUR or now >= answer_by(definition, slot, way)
        return
    assert now < until <= min(now + 30 * MINUTE, slot.starts_at - 2 * HOUR)
    answered = now + (until - now) * later
    assert too_soon(definition, slot, way, now=answered) == ""
    assert slot.starts_at - answered >= lead_minutes(definition, way) * MINUTE
    assert fasting != "midnight" or local_time.today(answered, ZONE) < slot.day or answered == until
