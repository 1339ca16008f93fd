"""Whatever two records of one person hold: merged and taken back, the database is as it was."""

import datetime as dt
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from notifications.actions import joining
from notifications.actions.planning import plan_messages
from notifications.domain.states import COUNTED
from notifications.models import Message
from patients.models import ContactPoint, Patient
from scheduling.actions.recount import recount
from tests.factories import NOW, World
from tests.notifications.records import PIECES, manager_of, picture, second_record

HOUR = dt.timedelta(hours=1)
pieces = st.frozensets(st.sampled_from(sorted(PIECES)), max_size=len(PIECES))
FEW = settings(
    max_examples=12,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


def told() -> set[tuple[Any, ...]]:
    """Return what somebody was told, whatever by."""
    rows = Message.objects.filter(state__in=COUNTED)
    return set(rows.values_list("kind", "course_id", "session_id", "timing_version", "week_of"))


def said_again() -> set[tuple[Any, ...]]:
    """Return what planning would say though it was told before; plans nothing."""
    before, known = told(), set(Message.objects.values_list("pk", flat=True))
    here = transaction.savepoint()
    plan_messages(now=NOW)
    rows = Message.objects.exclude(pk__in=known)
    found = set(rows.values_list("kind", "course_id", "session_id", "timing_version", "week_of"))
    transaction.savepoint_rollback(here)
    return found & before


@FEW
@given(
    mine=pieces,
    other=pieces,
    take=st.frozensets(st.sampled_from(["first_name", "last_name", "phone", "email"])),
    same_phone=st.booleans(),
)
def test_what_was_merged_and_taken_back_is_as_it_was(
    world: World, clock: Any, mine: frozenset[str], other: frozenset[str], take: frozenset[str], same_phone: bool
) -> None:
    start = transaction.savepoint()
    try:
        twin = second_record(world)
        if same_phone:
            ContactPoint.objects.filter(patient=twin).update(value="+15550102040")
            found_by = twin.search_text.replace("5550102099", "5550102040")
            Patient.objects.filter(pk=twin.pk).update(search_text=found_by)
        request = manager_of(world)
        for patient, names in ((world.maria, mine), (twin, other)):
            for name in sorted(names):
                PIECES[name](world, patient)
            recount(patient.pk)
        plan_messages(now=NOW)
        before = picture()

        merge_id, _again = joining.join_records(
            request=request, kept_id=world.maria.pk, gone_id=twin.pk, versions=(1, 1), take=take, now=NOW
        )
        again = said_again()
        between = picture()
        joining.part_records(request=request, merge_id=merge_id, now=NOW + HOUR)

        assert (again, Patient.objects.get(pk=twin.pk).state) == (set(), "active")
        assert between != before
        assert picture() == before
        assert plan_messages(now=NOW) == 0
    finally:
        transaction.savepoint_rollback(start)
