import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clinic.models import StaffUser
from patients.models import Patient
from scheduling.models import Course, Session
from tests.factories import World
from tests.scheduling.demo import TUESDAY_MORNING, dump


@pytest.mark.once
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
