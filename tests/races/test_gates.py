"""Two people and one gate at the same moment: one row in force, and the other one is told who was first."""

import os
from collections import Counter
from functools import partial
from typing import Any

import pytest

from clinic import actions as clinic_actions
from clinic.domain.permissions import Role
from scheduling.domain.operations import GateKind
from scheduling.models import CourseEvent, Prerequisite, Session
from tests.factories import NOW, make_staff
from tests.races.conftest import Answer, Crowd
from tests.races.edits import Desk, unexplained

ROUNDS = int(os.environ.get("GATE_ROUNDS", "8"))
SEEN = {"evidence": "Seen"}
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


@pytest.fixture
def two(crowd: Crowd) -> list[Desk]:
    """Two people at the front desk."""
    site = crowd.world.site
    people = [make_staff(f"{name}@example.com", Role.FRONT_DESK, site) for name in ("ines", "olga")]
    tokens = [clinic_actions.create_token(user=each, now=NOW) for each in people]
    return [Desk(crowd.host, each.name, token) for each, token in zip(people, tokens, strict=True)]


@pytest.fixture
def visits(crowd: Crowd) -> list[Session]:
    """Visits of courses whose consent nobody has seen yet."""
    courses = [crowd.world.book(each, preferred_minute=510) for each in crowd.patients(ROUNDS)]
    Prerequisite.objects.filter(kind=GateKind.CONSENT).delete()
    return [Session.objects.get(course=course, number=1) for course in courses]


def in_force(kind: GateKind, **whose: Any) -> list[Prerequisite]:
    return list(Prerequisite.objects.filter(kind=kind, withdrawn_at=None, **whose).select_related("by"))


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(status for status, _body, _headers in answers)


def consent(visit: Session) -> str:
    return f"sessions/{visit.pk}/gates/consent/"


def test_two_who_record_one_gate_leave_one_row_and_the_second_is_told_who(
    crowd: Crowd, two: list[Desk], visits: list[Session]
) -> None:
    for visit in visits:
        answers = crowd.at_once(*(partial(desk.post, consent(visit), SEEN) for desk in two))

        assert statuses(answers) == {200: 1, 409: 1}
        [row] = in_force(GateKind.CONSENT, course=visit.course)
        first = next(desk.name for desk, (status, *_rest) in zip(two, answers, strict=True) if status == 200)
        [told] = [body for status, body, _headers in answers if status == 409]
        assert row.by
        assert row.by.name == first
        assert (told["code"], told["message"].startswith(f"{first} recorded this at ")) == ("already_recorded", True)
    assert CourseEvent.objects.filter(kind="gate_met").count() == len(visits)


def test_two_who_record_a_fact_of_a_patient_through_two_courses_leave_one_row(crowd: Crowd, two: list[Desk]) -> None:
    for patient in crowd.patients(ROUNDS):
        Prerequisite.objects.filter(patient=patient).delete()
        courses = [crowd.world.book(patient, preferred_minute=minute) for minute in (510, 840)]

        answers = crowd.at_once(
            *(
                partial(desk.post, f"courses/{course.pk}/gates/screening/", SEEN)
                for desk, course in zip(two, courses, strict=True)
            )
        )

        assert statuses(answers) == {200: 1, 409: 1}
        assert len(in_force(GateKind.SCREENING, patient=patient)) == 1


def test_a_double_tap_records_once(crowd: Crowd, two: list[Desk], visits: list[Session]) -> None:
    desk, visit = two[0], visits[0]

    answers = crowd.at_once(*[partial(desk.post, consent(visit), SEEN)] * 6)

    assert statuses(answers) == {200: 6}
    assert len(in_force(GateKind.CONSENT, course=visit.course)) == 1
    assert CourseEvent.objects.filter(course=visit.course, kind="gate_met").count() == 1


def test_two_who_pass_one_gate_leave_one_word(crowd: Crowd, two: list[Desk], visits: list[Session]) -> None:
    crowd.world.site.memberships.filter(role=Role.FRONT_DESK).update(role=Role.CLINICIAN)
    for visit in visits:
        answers = crowd.at_once(*(partial(desk.post, f"{consent(visit)}pass/", {"reason": "By fax"}) for desk in two))

        assert statuses(answers) == {200: 1, 409: 1}
        assert len(in_force(GateKind.CONSENT, session=visit)) + len(in_force(GateKind.CONSENT, session=None)) == 1


def test_what_is_withdrawn_while_a_visit_begins_either_stops_it_or_comes_too_late(
    crowd: Crowd, two: list[Desk], visits: list[Session], clock: Any
) -> None:
    for visit in visits:
        clock(visit.starts_at)
        shown = two[0].must(consent(visit), SEEN)["gates"]
        row = next(gate["shown"]["id"] for gate in shown if gate["kind"] == "consent")
        version = two[0].must(f"sessions/{visit.pk}/arrive/", version=visit.version)["version"]

        start, withdrawn = crowd.at_once(
            partial(two[0].post, f"sessions/{visit.pk}/start/", version=version),
            partial(two[1].post, f"{consent(visit)}withdraw/", {"id": row}),
        )

        visit.refresh_from_db()
        is_begun = start[0] == 200
        assert withdrawn[0] == 200
        assert is_begun or start[1]["code"] == "gate_red"
        assert visit.state == ("in_treatment" if is_begun else "arrived")
        assert unexplained(visit.pk) == []
        assert in_force(GateKind.CONSENT, course=visit.course) == []
