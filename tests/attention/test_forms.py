"""Answers in a patient's own form that alarm (Q22): at once, before nearly everything, until a person says done."""

import datetime as dt

import pytest

from attention.domain.items import KINDS, Item, Kind, Severity, in_order, look
from patients.models import Patient
from tests.attention.desk import DAY, HOUR, Desk
from tests.factories import NOW
from tests.patients.filled import answer, begin, fill


@pytest.fixture
def patient(desk: Desk) -> Patient:
    return desk.visit().patient


def test_it_is_there_as_soon_as_the_answer_is_given_and_the_form_is_never_sent(desk: Desk, patient: Patient) -> None:
    begin(patient)
    answer(patient, 9, 0)
    before = desk.kinds(NOW)

    answer(patient, 9, 2)

    [item] = desk.items(NOW, kind="item_nine")
    assert before == []
    assert (item["code"], item["severity"], item["patient"]) == ("Q22", "high", patient.pk)
    assert item["title"] == "PHQ-9 question 9: more than half the days"
    assert item["detail"] == "Answered Mon Nov 16, 9am. A clinician calls the same day."
    assert dt.datetime.fromisoformat(item["deadline"]) == dt.datetime(2026, 11, 17, 5, tzinfo=dt.UTC)


def test_a_form_without_such_an_answer_asks_nobody(desk: Desk, patient: Patient) -> None:
    fill(patient, [3] * 8 + [0, 3])

    assert desk.kinds(NOW) == []


def test_done_it_comes_back_for_a_graver_answer_only(desk: Desk, patient: Patient) -> None:
    begin(patient)
    answer(patient, 9, 2)
    [key] = desk.keys(NOW, "item_nine")
    desk.answer(NOW, key, "done")

    for value in (1, 0, 2):
        answer(patient, 9, value, now=NOW + HOUR)
    same = desk.keys(NOW + HOUR, "item_nine")
    answer(patient, 9, 3, now=NOW + 2 * HOUR)

    assert (same, len(desk.keys(NOW + 2 * HOUR, "item_nine"))) == ([], 1)


def test_the_score_alone_does_not_close_it(desk: Desk, patient: Patient) -> None:
    fill(patient, [1] * 9)

    assert [len(desk.keys(NOW + days * DAY, "item_nine")) for days in (0, 30, 89, 91)] == [1, 1, 1, 0]


def test_another_form_is_another_cause(desk: Desk, patient: Patient) -> None:
    fill(patient, [1] * 9)
    fill(patient, [1] * 9, now=NOW + DAY)

    assert len(set(desk.keys(NOW + DAY, "item_nine"))) == 2


def item(kind: Kind, since: dt.datetime = NOW) -> Item:
    return Item(
        key=kind,
        kind=kind,
        site_id=1,
        zone="UTC",
        title="",
        detail="",
        severity=Severity.HIGH,
        since=since,
        deadline=since,
        action=look("", ""),
    )


@pytest.mark.once
def test_only_a_crisis_and_a_call_from_a_chair_come_before_it() -> None:
    items = [item(kind, NOW if kind is Kind.ITEM_NINE else NOW - DAY) for kind in KINDS]

    assert [each.kind for each in in_order(items)[:3]] == [Kind.CRISIS, Kind.HELP_ASKED, Kind.ITEM_NINE]
