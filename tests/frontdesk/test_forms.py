"""Forms patients filled in, as the staff see them: in the trend for everybody, their answers for a clinician."""

import re
from typing import Any

import pytest
from django.test import Client

from clinic.domain.permissions import Role
from patients import life_actions
from patients.models import MeasureResult
from scheduling.models import Course
from tests.factories import NOW, World, make_staff
from tests.patients.filled import PHQ9, fill

ANSWERS = (1, 2, 3, 0, 1, 2, 3, 0, 0, 3)
OWN = "filled in by the patient"


@pytest.fixture
def course(world: World, clock: Any) -> Course:
    return world.book()


def page_of(user: Any, course: Course) -> str:
    client = Client()
    client.force_login(user)
    html = client.get(f"/courses/{course.pk}/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_form_is_a_score_in_the_trend_and_says_whose_hand_it_is(world: World, course: Course) -> None:
    fill(world.maria, ANSWERS)

    page = page_of(world.receptionist, course)

    assert "PHQ-9 is 12" in page
    assert f"Mon Nov 16 {OWN} 12" in page


def test_a_total_somebody_typed_in_is_theirs(world: World, course: Course) -> None:
    life_actions.record_measure(
        request=world.request, patient=world.maria, instrument=PHQ9, score=14, measured_on=NOW.date(), now=NOW
    )
    fill(world.maria, ANSWERS)

    page = page_of(world.receptionist, course)

    assert ("PHQ-9 is 14" in page, OWN in page) == (True, False)


def test_the_answers_are_for_a_clinician(world: World, course: Course) -> None:
    fill(world.maria, ANSWERS)
    clinician = make_staff("weiss@example.com", Role.CLINICIAN, world.site)

    theirs, mine = page_of(clinician, course), page_of(world.receptionist, course)

    assert "Show answers Mon Nov 16, total 12" in theirs
    assert "Feeling down, depressed, or hopeless More than half the days" in theirs
    assert "get along with other people? Extremely difficult" in theirs
    assert "Show answers" not in mine


def test_a_form_beside_a_typed_total_is_still_read(world: World, course: Course) -> None:
    fill(world.maria, ANSWERS)
    MeasureResult.objects.all().delete()
    clinician = make_staff("weiss@example.com", Role.CLINICIAN, world.site)

    assert "Show answers Mon Nov 16, total 12" in page_of(clinician, course)
