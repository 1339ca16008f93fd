"""Gates, purely: what a protocol asks for, when it is due, and whether what was shown is good enough at an instant."""

import datetime as dt
from typing import Any

import pytest

from clinic.domain.permissions import Role
from scheduling.catalogue import SHIPPED, read_folder
from scheduling.domain import gates
from scheduling.domain.gate_kinds import AFTER, GATES, GateScope, Owner, Requirement, WorkingDays, form, requirements
from scheduling.domain.gates import Gate, GateState, Lack, Occasion, Payment, Shown, look
from scheduling.domain.local_time import to_utc
from scheduling.domain.operations import GateKind

K = GateKind
ZONE = "America/New_York"
MONDAY = dt.date(2026, 11, 30)  # Thanksgiving was on the Thursday before
WORKING = WorkingDays(frozenset(range(1, 6)), closed=frozenset({dt.date(2026, 11, 26)}))
PROTOCOLS = {file.definition.code: file.definition for file in read_folder(SHIPPED)}
WAY = {kind: Requirement(kind, info.due_days, info.valid_days) for kind, info in GATES.items()}
HOURS = {"food_hours": 4.0, "fluid_hours": 2.0}
HALF_HOURS = {"food_hours": 2.0, "fluid_hours": 0.5}


def at(day: dt.date, clock: str) -> dt.datetime:
    hour, minute = clock.split(":")
    return to_utc(day, 60 * int(hour) + int(minute), ZONE)


def visit(**more: Any) -> Occasion:
    return Occasion(MONDAY, at(MONDAY, "9:00"), ZONE, **more)


def shown(kind: GateKind, **more: Any) -> Shown:
    facts: dict[str, Any] = {"id": 1, "on": dt.date(2026, 11, 23)} | more
    return Shown(kind=kind, **facts)


def state(asked: Requirement, *rows: Shown, now: dt.datetime, **more: Any) -> Gate:
    return look(asked, rows, visit(**more), WORKING, now=now)


ORDINARY = [kind for kind in K if kind not in (K.FASTING, K.MONITORING_FORM)]
every_ordinary_kind = pytest.mark.parametrize("kind", ORDINARY)


def test_every_kind_has_its_words_an_owner_of_the_staff_and_a_place_it_is_shown_for() -> None:
    assert set(GATES) == set(K)
    assert {info.owner.value for info in GATES.values()} == set(Owner) <= set(Role)
    assert {info.scope for info in GATES.values()} == set(GateScope)
    assert len({info.name for info in GATES.values()}) == len(GATES)
    assert max(len(info.chip) for info in GATES.values()) <= 13


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("tms_mdd_36", [K.CONSULT, K.SCREENING, K.CONSENT, K.AUTHORIZATION]),
        ("saint_50", [K.CONSULT, K.SCREENING, K.CONSENT, K.AUTHORIZATION, K.FMRI_TARGET]),
        ("ect_index", [K.CONSULT, K.PREOP_CLEARANCE, K.CONSENT, K.AUTHORIZATION, K.ESCORT, K.FASTING]),
        # An adult who takes the patient home brings the ride: one question, not two.
        ("ket_iv_6", [K.CONSULT, K.MEDICAL_CLEARANCE, K.CONSENT, K.ESCORT, K.FASTING]),
        (
            "esk_trd",
            [K.CONSULT, K.REMS_ENROLLMENT, K.CONSENT, K.AUTHORIZATION, K.DRUG_ON_HAND, K.RIDE, K.FASTING],
        ),
        ("vns_titration", [K.IMPLANT_RECORD, K.WOUND_CHECK, K.CONSENT, K.AUTHORIZATION]),
        ("consult", []),
        ("cbt_16", []),
    ],
)
def test_a_protocols_gates_follow_from_what_it_lists_who_comes_along_and_what_is_eaten(
    code: str, kinds: list[GateKind]
) -> None:
    assert [each.kind for each in requirements(PROTOCOLS[code])] == kinds


def test_only_enrolment_stands_before_booking_and_only_esketamine_asks_for_a_form() -> None:
    before = {(code, each.kind) for code, d in PROTOCOLS.items() for each in requirements(d) if each.is_before_booking}

    assert before == {("esk_trd", K.REMS_ENROLLMENT)}
    assert {code for code, definition in PROTOCOLS.items() if form(definition)} == {"esk_trd"}


@every_ordinary_kind
def test_without_anything_shown_a_gate_is_open_until_it_is_due_and_red_from_then_on(kind: GateKind) -> None:
    due = gates.due_at(WAY[kind], visit(), WORKING)

    before = state(WAY[kind], now=due - dt.timedelta(seconds=1))
    after = state(WAY[kind], now=due)

    assert (before.state, after.state) == (GateState.OPEN, GateState.RED)
    assert (before.is_met, after.is_met, after.lack, after.shown_id) == (False, False, Lack.MISSING, 0)


@every_ordinary_kind
def test_what_was_shown_makes_it_green_and_says_which_row_did(kind: GateKind) -> None:
    gate = state(WAY[kind], shown(kind, id=7), now=at(MONDAY, "8:55"))

    assert (gate.state, gate.is_met, gate.lack, gate.shown_id) == (GateState.GREEN, True, Lack.NOTHING, 7)


@every_ordinary_kind
def test_past_its_last_day_it_is_expired_and_says_since_when(kind: GateKind) -> None:
    sunday, monday = dt.date(2026, 11, 29), MONDAY

    over = state(WAY[kind], shown(kind, valid_until=sunday), now=at(MONDAY, "8:55"))
    good = state(WAY[kind], shown(kind, valid_until=monday), now=at(MONDAY, "8:55"))

    assert (over.state, over.lack, over.words) == (GateState.RED, Lack.EXPIRED, "good until Sun Nov 29 only")
    assert (good.state, good.words) == (GateState.GREEN, "until Mon Nov 30")


@every_ordinary_kind
def test_a_persons_word_passes_it_and_is_shown_as_such(kind: GateKind) -> None:
    word = shown(kind, id=9, is_override=True)

    gate = state(WAY[kind], word, now=at(MONDAY, "8:55"))

    assert (gate.state, gate.is_met, gate.shown_id) == (GateState.OVERRIDDEN, True, 9)


def test_what_is_there_counts_before_a_word_and_a_word_before_what_is_not_good_enough() -> None:
    consent, word = shown(K.CONSENT, id=1), shown(K.CONSENT, id=2, is_override=True)
    expired = shown(K.CONSENT, id=3, valid_until=dt.date(2026, 11, 29))
    now = at(MONDAY, "8:55")

    assert state(WAY[K.CONSENT], word, consent, now=now).shown_id == 1
    assert state(WAY[K.CONSENT], expired, word, now=now).shown_id == 2
    assert state(WAY[K.CONSENT], expired, consent, now=now).shown_id == 1


@pytest.mark.parametrize(
    ("kind", "days"), [(K.CONSENT, 182), (K.MEDICAL_CLEARANCE, 30), (K.PREOP_CLEARANCE, 30), (K.CONSULT, None)]
)
def test_how_long_what_was_shown_is_good_is_counted_from_its_day(kind: GateKind, days: int | None) -> None:
    day = dt.date(2026, 11, 23)

    until = gates.valid_until(WAY[kind], shown(kind, on=day))

    assert until == (day + dt.timedelta(days=days) if days else None)


def test_what_it_says_itself_shortens_that_and_never_lengthens_it() -> None:
    day = dt.date(2026, 11, 23)
    sooner, later = dt.date(2026, 12, 1), dt.date(2027, 12, 1)

    assert gates.valid_until(WAY[K.CONSENT], shown(K.CONSENT, on=day, valid_until=sooner)) == sooner
    assert gates.valid_until(WAY[K.CONSENT], shown(K.CONSENT, on=day, valid_until=later)) == dt.date(2027, 5, 24)
    assert gates.valid_until(WAY[K.CONSULT], shown(K.CONSULT, on=day, valid_until=later)) == later


@pytest.mark.parametrize("kind", [K.ESCORT, K.RIDE])
def test_somebody_named_who_has_not_said_yes_is_not_there(kind: GateKind) -> None:
    gate = state(WAY[kind], shown(kind, is_confirmed=False), now=at(MONDAY, "8:55"))

    assert (gate.state, gate.lack, gate.words) == (GateState.RED, Lack.NOT_CONFIRMED, "named, not confirmed")


# When it is due.


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (0, at(MONDAY, "9:00")),
        (1, at(dt.date(2026, 11, 27), "15:00")),  # the Friday before
        (2, at(dt.date(2026, 11, 25), "15:00")),  # over Thanksgiving
        (3, at(dt.date(2026, 11, 24), "15:00")),
    ],
)
def test_a_gate_is_due_at_three_so_many_working_days_before(days: int, due: dt.datetime) -> None:
    assert gates.due_at(Requirement(K.CONSENT, days), visit(), WORKING) == due


def test_a_day_opened_beside_the_week_is_a_working_day() -> None:
    saturday = dt.date(2026, 11, 28)
    opened = WorkingDays(WORKING.weekdays, WORKING.closed, frozenset({saturday}))

    assert gates.due_at(WAY[K.RIDE], visit(), opened) == at(saturday, "15:00")


def test_a_site_that_never_opens_has_a_due_time_all_the_same() -> None:
    assert gates.due_at(WAY[K.RIDE], visit(), WorkingDays(frozenset())) < at(MONDAY, "9:00")


def test_a_form_is_due_with_the_end_of_the_last_calendar_day_weekends_counted() -> None:
    asked = form(PROTOCOLS["esk_trd"])
    assert asked is not None

    assert gates.due_at(asked, visit(), WORKING) == at(dt.date(2026, 12, 8), "0:00")
    assert state(asked, now=at(dt.date(2026, 12, 7), "23:59")).state is GateState.OPEN
    assert state(asked, now=at(dt.date(2026, 12, 8), "0:00")).state is GateState.RED
    assert state(asked, shown(K.MONITORING_FORM), now=at(dt.date(2026, 12, 8), "0:00")).state is GateState.GREEN


# Fasting.


def fasted(rule: Any, ate: dt.datetime, drank: dt.datetime, now: dt.datetime) -> Gate:
    asked = Requirement(K.FASTING, None, fasting=rule)
    return state(asked, shown(K.FASTING, ate_at=ate, drank_at=drank), now=now)


@pytest.mark.parametrize(
    ("ate", "drank", "now", "expected", "words"),
    [
        ("4:55", "6:55", "8:55", GateState.GREEN, "hours kept"),
        ("5:00", "6:55", "8:55", GateState.OPEN, "not before 9am"),  # in time for nine, if nobody hurries
        ("5:00", "6:55", "9:00", GateState.GREEN, "hours kept"),
        ("7:30", "6:55", "8:55", GateState.RED, "not before 11:30am"),
        ("4:00", "8:00", "8:55", GateState.RED, "not before 10am"),
        ("7:30", "8:00", "11:30", GateState.GREEN, "hours kept"),
    ],
)
def test_the_hours_without_food_and_fluid_are_kept_or_it_says_from_when_on(
    ate: str, drank: str, now: str, expected: GateState, words: str
) -> None:
    gate = fasted(HOURS, at(MONDAY, ate), at(MONDAY, drank), at(MONDAY, now))

    assert (gate.state, gate.words, gate.is_met) == (expected, words, expected is GateState.GREEN)


def test_half_an_hour_without_fluid_is_half_an_hour() -> None:
    gate = fasted(HALF_HOURS, at(MONDAY, "6:00"), at(MONDAY, "8:50"), at(MONDAY, "8:55"))

    assert (gate.state, gate.words) == (GateState.RED, "not before 9:20am")


@pytest.mark.parametrize(("ate", "is_kept"), [("23:59", True), ("0:00", False), ("6:00", False)])
def test_nothing_after_midnight_is_a_matter_of_the_day(ate: str, is_kept: bool) -> None:
    last = at(MONDAY - dt.timedelta(days=1) if ate == "23:59" else MONDAY, ate)
    evening = at(MONDAY - dt.timedelta(days=1), "19:00")

    gate = fasted("midnight", last, evening, at(MONDAY, "16:00"))

    assert (gate.is_met, gate.lack) == (is_kept, Lack.NOTHING if is_kept else Lack.NOT_TODAY)


def test_the_hours_pass_on_the_clock_of_the_world_when_the_walls_clock_jumps() -> None:
    # Clocks go back at two: from 1:30 (the first) to 4:30 four hours have passed.
    day = dt.date(2026, 11, 1)
    ate = dt.datetime(2026, 11, 1, 5, 30, tzinfo=dt.UTC)
    asked = Requirement(K.FASTING, None, fasting=HOURS)
    occasion = Occasion(day, at(day, "4:30"), ZONE)

    gate = look(asked, [shown(K.FASTING, ate_at=ate, drank_at=ate)], occasion, WORKING, now=at(day, "4:30"))

    assert gate.state is GateState.GREEN


def test_nobody_has_asked_yet() -> None:
    asked = Requirement(K.FASTING, None, fasting="midnight")

    assert state(asked, now=at(MONDAY, "8:59")).state is GateState.OPEN
    assert state(asked, now=at(MONDAY, "9:00")).words == "not asked yet"


# Authorisation.

PAID = Payment(is_paid=True, is_known=True)
REFUSED = Payment(is_known=True, words="this visit falls after Sun Feb 7")
PENDING = Payment(words="submitted, no answer yet")


@pytest.mark.parametrize(
    ("payment", "by_hand", "expected", "words"),
    [
        (PAID, False, GateState.GREEN, "authorised"),
        (PAID, True, GateState.GREEN, "authorised"),
        (REFUSED, False, GateState.RED, "this visit falls after Sun Feb 7"),
        (REFUSED, True, GateState.RED, "this visit falls after Sun Feb 7"),  # said by hand when nobody had granted any
        (PENDING, False, GateState.RED, "submitted, no answer yet"),
        (PENDING, True, GateState.GREEN, "there"),
        (Payment(), False, GateState.RED, "missing"),
        (Payment(), True, GateState.GREEN, "there"),
    ],
)
def test_what_a_payer_says_counts_and_where_none_is_known_what_the_desk_says(
    payment: Payment, by_hand: bool, expected: GateState, words: str
) -> None:
    rows = [shown(K.AUTHORIZATION)] if by_hand else []

    gate = state(WAY[K.AUTHORIZATION], *rows, now=at(MONDAY, "8:55"), payment=payment)

    assert (gate.state, gate.words) == (expected, words)


def test_an_unpaid_visit_can_be_passed_by_hand() -> None:
    word = shown(K.AUTHORIZATION, is_override=True)

    assert state(WAY[K.AUTHORIZATION], word, now=at(MONDAY, "8:55"), payment=REFUSED).state is GateState.OVERRIDDEN


# Together.


def test_what_stops_a_visit_is_listed_red_first_then_by_when_it_is_due_and_a_form_stops_none() -> None:
    now = at(dt.date(2026, 11, 27), "15:00")
    wanted = [WAY[kind] for kind in (K.RIDE, K.FASTING, K.CONSENT, K.CONSULT)]
    asked = form(PROTOCOLS["esk_trd"])
    assert asked is not None

    found = [state(each, now=now) for each in [asked, *wanted]]

    assert [gate.kind for gate in gates.unmet(found)] == [K.CONSULT, K.RIDE, K.CONSENT, K.FASTING]
    assert {K.MONITORING_FORM} == AFTER


def test_a_refusal_names_what_is_lacking_and_what_to_do() -> None:
    lacking = [state(WAY[K.CONSENT], now=at(MONDAY, "9:00")), state(WAY[K.RIDE], now=at(MONDAY, "9:00"))]
    late = fasted(HOURS, at(MONDAY, "7:30"), at(MONDAY, "6:00"), at(MONDAY, "9:00"))
    never = fasted("midnight", at(MONDAY, "7:30"), at(MONDAY, "6:00"), at(MONDAY, "9:00"))

    assert gates.refusal(lacking, "This visit can't begin") == (
        "This visit can't begin. Consent: missing; Ride home: nobody named. "
        "Record what is there, or ask somebody who may pass it."
    )
    assert gates.refusal([late], "This visit can't begin") == (
        "This visit can't begin. Fasting: not before 11:30am. Wait, or turn the patient away."
    )
    assert gates.refusal([never], "This visit can't begin").endswith("Turn the patient away.")
