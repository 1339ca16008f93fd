import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from clinic import queries
from clinic.models import Site, StaffUser
from patients.models import Patient
from scheduling.models import Course, CourseEvent, Resource, Session, SessionEvent
from tests.factories import World

TUESDAY_MORNING = dt.datetime(2026, 11, 24, 14, 42, tzinfo=dt.UTC)
SECRET = {"password", "last_login"}


def dump() -> dict[str, list[dict[str, Any]]]:
    """Return every row of our tables, keys apart from the first one's number, without password hashes."""
    tables = {}
    for model in apps.get_models():
        if model._meta.app_label in ("clinic", "patients", "scheduling", "notifications"):
            fields = [f.attname for f in model._meta.concrete_fields if f.attname not in SECRET]
            tables[model._meta.label] = list(model._default_manager.order_by("pk").values(*fields))
    return tables


@pytest.fixture
def demo(db: None, clock: Any) -> None:
    clock(TUESDAY_MORNING)
    call_command("seed_demo", seed=1, patients=16)


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


def test_two_runs_with_one_seed_and_clock_are_equal_to_the_last_key(transactional_db: None, clock: Any) -> None:
    clock(TUESDAY_MORNING)
    dumps = []

    for _run in range(2):
        call_command("flush", verbosity=0, interactive=False, reset_sequences=True)
        call_command("seed_demo", seed=7, patients=8)
        dumps.append(dump())

    assert dumps[0] == dumps[1]
    assert len(dumps[0]["scheduling.Course"]) == 8 + 24


@pytest.mark.once
def test_the_board_is_in_full_life_on_a_morning(db: None, clock: Any) -> None:
    clock(TUESDAY_MORNING)

    call_command("seed_demo", seed=1)

    today = Session.objects.filter(day=TUESDAY_MORNING.date(), site__slug="riverside")
    states = Counter(today.values_list("state", flat=True))
    late = today.filter(state="booked", starts_at__lt=TUESDAY_MORNING)
    assert set(states) == {"completed", "in_treatment", "arrived", "missed", "booked"}
    assert (0 < states["in_treatment"] < 5, states["missed"], late.count()) == (True, 1, 1)
    tms = Course.objects.filter(protocol__code="tms_mdd_36")
    assert (tms.count(), set(tms.values_list("state", flat=True))) == (60, {"active", "completed"})
    names = Counter(Patient.objects.values_list("first_name", "last_name"))
    assert max(names.values()) == 2
    assert not Session.objects.filter(day__lt=TUESDAY_MORNING.date(), state="booked").exists()


@pytest.mark.once
def test_no_message_is_planned_for_visits_of_the_past(demo: None) -> None:
    assert dump()["notifications.Message"] == []


def test_a_real_clinic_is_never_seeded(world: World) -> None:
    before = StaffUser.objects.count()

    with pytest.raises(CommandError, match="holds a real clinic"):
        call_command("seed_demo", seed=1)

    assert StaffUser.objects.count() == before


@pytest.mark.once
@pytest.mark.parametrize(
    "at", ["2026-11-22T05:00:00+00:00", "2027-01-01T15:00:00+00:00"], ids=["Saturday night", "New Year"]
)
def test_the_demo_can_be_made_at_any_hour(db: None, clock: Any, at: str) -> None:
    clock(at)

    call_command("seed_demo", seed=1, patients=8)

    assert Session.objects.filter(starts_at__gt=dt.datetime.fromisoformat(at)).exists()
