"""Which messages a protocol has, as data; and when one message says what another one would."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from notifications.domain.cadence import ANSWERS, OPTIONAL, PURPOSES, REMINDERS, SAFETY, Moment, Only, cadence
from notifications.domain.cadence import Purpose as Word
from notifications.domain.merging import About, carries, covers, leads
from notifications.domain.states import Kind
from notifications.domain.unresolved import POLICIES, Policy
from patients.domain.contact import Purpose

TUESDAY, MONDAY = dt.date(2026, 11, 24), dt.date(2026, 11, 23)


def kinds(**asked: Any) -> list[tuple[str, int, str]]:
    usual: dict[str, Any] = {"style": "every_visit", "needs_company": False}
    return [(each.kind.value, each.days, each.only.value) for each in cadence(**usual | asked).moments]


def test_a_daily_course_has_a_digest_its_first_visit_and_what_is_unusual() -> None:
    found = cadence(style="weekly_digest", needs_company=False)

    assert (found.has_digest, found.has_recall) == (True, False)
    assert kinds(style="weekly_digest") == [
        ("first_visit", 3, "first"),
        ("day_before", 1, "unusual"),
        ("same_day", 0, "asked"),
    ]


def test_single_visits_are_reminded_of_three_days_and_one_day_ahead() -> None:
    assert kinds() == [
        ("first_visit", 3, "first"),
        ("ahead", 3, "later"),
        ("day_before", 1, "every"),
        ("same_day", 0, "asked"),
    ]


def test_who_can_not_go_home_alone_is_asked_about_the_ride_and_told_how_to_get_ready() -> None:
    found = cadence(style="every_visit", needs_company=True)

    assert kinds(needs_company=True) == [
        ("ride", 3, "every"),
        ("prep", 1, "every"),
        ("escort", 1, "every"),
        ("same_day", 0, "asked"),
    ]
    assert [moment.by for moment in found.moments] == [None, 16 * 60, 16 * 60, None]
    assert not any(moment.is_answered_by_yes for moment in found.moments)


def test_a_protocol_overrides_days_minute_and_kinds() -> None:
    assert kinds(ahead_days=5, off=("same_day",)) == [
        ("first_visit", 5, "first"),
        ("ahead", 5, "later"),
        ("day_before", 1, "every"),
    ]
    assert kinds(ahead_days=0) == [("day_before", 1, "every"), ("same_day", 0, "asked")]
    assert cadence(style="recall", needs_company=False, at=660).at == 660
    assert cadence(style="recall", needs_company=False).has_recall
    assert not cadence(style="weekly_digest", needs_company=False, off=("week",)).has_digest


def test_every_kind_has_a_purpose_that_somebody_can_agree_to() -> None:
    assert set(PURPOSES) == set(Kind)
    assert {word.value for word in Word} == {purpose.value for purpose in Purpose}


def test_every_kind_has_a_policy_and_what_nobody_must_hear_twice_is_called() -> None:
    assert set(POLICIES) == set(Kind)
    assert {kind for kind, policy in POLICIES.items() if policy is Policy.RESEND} == SAFETY
    assert all(POLICIES[kind] is Policy.CALL for kind in (*ANSWERS, Kind.SAME_DAY, Kind.OPENING, Kind.MISSED))


def test_what_must_be_said_is_never_optional() -> None:
    assert not OPTIONAL & (SAFETY | {Kind.BOOKED, Kind.DAY_BEFORE, Kind.PREP, Kind.OPENING})
    assert Moment(Kind.PREP, 1).only is Only.EVERY
    assert Kind.SAME_DAY not in REMINDERS


BASE = About(Kind.DAY_BEFORE, 1, frozenset({(7, 1)}), frozenset({TUESDAY}))
WEEK = About(Kind.WEEK, 1, week_of=MONDAY)
MOVED = replace(BASE, kind=Kind.MOVED)


@pytest.mark.parametrize(
    ("by", "what", "does"),
    [
        (MOVED, BASE, True),
        (replace(MOVED, visits=frozenset({(7, 2)})), BASE, False),  # another time
        (replace(MOVED, visits=frozenset({(7, 1), (8, 1)})), BASE, False),  # several: no time is said
        (WEEK, BASE, True),
        (replace(WEEK, course_id=2), BASE, False),
        (replace(WEEK, week_of=MONDAY + dt.timedelta(days=7)), BASE, False),
        (replace(WEEK, has_left=True, is_old=True), replace(BASE, is_first=True), False),
        (replace(WEEK, has_left=True, is_old=True), replace(BASE, visits=frozenset({(7, 2)})), False),
        (replace(WEEK, has_left=True, is_old=True), BASE, True),
        (replace(WEEK, has_left=True, is_old=True), replace(BASE, kind=Kind.FIRST_VISIT, is_first=True), True),
        (replace(BASE, kind=Kind.PREP), replace(BASE, kind=Kind.RIDE), True),
        (replace(BASE, kind=Kind.DAY_BEFORE), replace(BASE, kind=Kind.RIDE), False),
        (WEEK, replace(BASE, kind=Kind.PREP), False),
        (BASE, About(Kind.BOOKED, 1), False),
        (BASE, About(Kind.BOOKED, 1, is_late=True), True),
        (About(Kind.BOOKED, 1), MOVED, True),
        (About(Kind.BOOKED, 1, has_left=True), MOVED, False),
        (About(Kind.BOOKED, 2), MOVED, False),
        (BASE, MOVED, False),
        (BASE, replace(BASE, kind=Kind.SAME_DAY), False),
    ],
)
def test_a_message_covers_another_only_if_it_says_all_of_it(by: About, what: About, does: bool) -> None:
    assert covers(by, what) is does


@pytest.mark.parametrize(
    ("by", "what", "does"),
    [
        (BASE, replace(BASE, course_id=2, visits=frozenset({(9, 1)})), True),
        (BASE, replace(BASE, visits=frozenset({(9, 1)}), days=frozenset({MONDAY})), False),
        (replace(BASE, kind=Kind.PREP), replace(BASE, visits=frozenset({(9, 1)})), True),
        (BASE, replace(BASE, kind=Kind.PREP, visits=frozenset({(9, 1)})), False),
        (MOVED, replace(MOVED, visits=frozenset({(9, 1)})), True),
        (MOVED, replace(MOVED, kind=Kind.CANCELLED), True),
        (replace(MOVED, kind=Kind.CANCELLED), MOVED, False),
        (WEEK, replace(WEEK, course_id=2), True),
        (WEEK, replace(WEEK, week_of=TUESDAY), False),
        (About(Kind.OPENING, None), About(Kind.OPENING, None), False),
    ],
)
def test_a_message_carries_another_only_if_its_words_have_place_for_it(by: About, what: About, does: bool) -> None:
    assert carries(by, what) is does


def test_of_two_that_carry_each_other_exactly_one_leads() -> None:
    other = replace(BASE, course_id=2, visits=frozenset({(9, 1)}))

    assert [leads(BASE, other), leads(other, BASE)] == [True, False]
    assert [leads(MOVED, BASE), leads(BASE, MOVED)] == [True, False]
    assert not leads(WEEK, MOVED)
