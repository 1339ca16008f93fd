"""One form on several phones at the same moment: begun once, no answer lost, sent once, its alarm never missed."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from patients.errors import NotFound
from patients.forms import answers_of
from patients.models import FormRun, MeasureResult, Patient
from tests.patients.filled import answer, begin, send
from tests.races.conftest import Crowd

ROUNDS = int(os.environ.get("FORM_ROUNDS", "4"))
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


def alone(deed: Callable[..., Any], *args: Any) -> Any:
    """Do it on a connection of its own."""
    try:
        return deed(*args)
    finally:
        connection.close()


def sent(patient: Patient) -> bool:
    try:
        return bool(send(patient))
    except NotFound:
        return False


def test_a_form_begun_answered_and_sent_by_several_at_once_is_one_form_with_every_answer(crowd: Crowd) -> None:
    for patient in crowd.patients(ROUNDS):
        begun = crowd.at_once(*[partial(alone, begin, patient)] * 3)
        alarms = crowd.at_once(*[partial(alone, answer, patient, number, 1) for number in range(1, 10)])
        done = crowd.at_once(*[partial(alone, sent, patient)] * 3)

        [run] = FormRun.objects.filter(patient=patient)
        assert (set(begun), sorted(alarms)) == ({run.pk}, [False] * 8 + [True])
        assert answers_of(run) == dict.fromkeys(range(1, 10), 1)
        assert (sorted(done), run.alarm, run.score) == ([False, False, True], 1, 9)
        assert MeasureResult.objects.get(patient=patient).score == 9
