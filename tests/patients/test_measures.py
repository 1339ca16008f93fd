"""Scores of outcome scales: taken back when they were typed wrong."""

import datetime as dt

import pytest

from clinic.models import AuditEntry
from patients import life, life_actions
from patients.domain.clinical import Instrument
from patients.errors import NotFound
from tests.factories import NOW, World

TODAY = dt.date(2026, 11, 24)


def record(world: World, score: int) -> int:
    return life_actions.record_measure(
        request=world.request,
        patient=world.maria,
        instrument=Instrument.PHQ9,
        score=score,
        measured_on=TODAY,
        now=NOW,
    )


def test_a_total_typed_wrong_is_taken_back_and_the_right_one_recorded(world: World) -> None:
    wrong = record(world, 41 - 20)

    life_actions.withdraw_measure(request=world.request, patient=world.maria, measure_id=wrong, now=NOW)
    record(world, 14)

    assert [row.score for row in life.results_of(world.maria.pk)] == [14]
    actions = AuditEntry.objects.filter(action__startswith="measure").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["measure.recorded", "measure.withdrawn", "measure.recorded"]


def test_somebody_elses_total_stays(world: World) -> None:
    mine = record(world, 21)

    with pytest.raises(NotFound, match="not there any more"):
        life_actions.withdraw_measure(request=world.request, patient=world.daniel, measure_id=mine, now=NOW)

    assert [row.pk for row in life.results_of(world.maria.pk)] == [mine]
