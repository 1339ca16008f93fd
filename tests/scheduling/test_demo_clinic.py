import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from clinic import queries
from clinic.models import Site
from patients.models import Patient
from scheduling.models import Course, CourseEvent, Resource, Session, SessionEvent
from tests.scheduling.demo import TUESDAY_MORNING, dump


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Make the demo once for all of these tests; each looks at it inside a transaction of its own."""
    before, settings.TEST_CLOCK = settings.TEST_CLOCK, TUESDAY_MORNING.isoformat()
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), around:
        call_command("seed_demo", seed=1, patients=16)
        yield
        transaction.set_rollback(True)
    settings.TEST_CLOCK = before


@pytest.fixture
def demo(seeded: None, db: None, clock: Any) -> None:
    clock(TUESDAY_MORNING)


@pytest.mark.once
def test_the_demo_has_two_sites_in_two_zones_with_devices_chairs_and_an_ect_suite(demo: None) -> None:
    kinds = Counter(Resource.objects.values_list("kind", flat=True))

    assert set(Site.objects.values_list("zone", flat=True)) == {"America/New_York", "America/Los_Angeles"}
    assert kinds["tms_device"] >= 3
    assert kinds["infusion_chair"] + kinds["observation_chair"] == 6
    assert (kinds["ect_room"], kinds["preop_bay"], kinds["recovery_bay"]) == (1, 2, 4)
    assert [email.split("@")[0] for email, _name in queries.demo_logins()] == [
        "frontdesk",
        "technician",
        "clinician",
        "manager",
        "auditor",
    ]


@pytest.mark.once
def test_every_row_of_the_demo_has_its_events(demo: None) -> None:
    for session in Session.objects.all():
        latest = SessionEvent.objects.filter(session=session).order_by("pk").last()
        assert latest is not None
        assert latest.to_state == session.state
    booked = CourseEvent.objects.filter(kind="booked").values_list("course_id", flat=True)
    assert set(booked) == set(Course.objects.values_list("pk", flat=True))


@pytest.mark.once
def test_the_demos_courses_are_in_every_stage(demo: None) -> None:
    today = TUESDAY_MORNING.date()
    starts = [Session.objects.filter(course=course).order_by("day")[0].day for course in Course.objects.all()]

    assert min(starts) < today - dt.timedelta(weeks=8)
    assert max(starts) > today
    assert {"completed", "booked", "no_show"} <= set(Session.objects.values_list("state", flat=True))


@pytest.mark.once
def test_nobody_in_the_demo_can_be_reached_by_accident(demo: None) -> None:
    phones = Patient.objects.filter(contact_points__kind="phone").values_list("contact_points__value", flat=True)

    assert all(phone.startswith("+1555010") for phone in phones)


@pytest.mark.once
def test_seeding_again_changes_nothing(demo: None) -> None:
    before = dump()

    call_command("seed_demo", seed=1, patients=16)

    assert dump() == before


@pytest.mark.once
def test_no_message_is_planned_for_visits_of_the_past(demo: None) -> None:
    assert dump()["notifications.Message"] == []
