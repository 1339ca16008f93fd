"""Work of the clock that stands still (Q16): an engineer sees to it."""

import datetime as dt

from clinic.models import AuditEntry
from scheduling.actions import attendance, misses
from scheduling.models import Session
from tests.attention.desk import DAY, Desk, step
from tests.attention.scenes import MINUTE
from tests.factories import FIRST_DAY


def test_visits_the_clock_should_have_looked_at_a_quarter_of_an_hour_ago_are_one_item_a_site(desk: Desk) -> None:
    first, second = desk.visit(), desk.visit(preferred_minute=600)
    assert first.missed_after
    assert second.missed_after

    assert desk.keys(first.missed_after + 15 * MINUTE, "sweep_stuck") == []
    [alone] = desk.items(first.missed_after + 16 * MINUTE, kind="sweep_stuck")
    [both] = desk.items(second.missed_after + 16 * MINUTE, kind="sweep_stuck")

    assert (alone["detail"], both["detail"]) == (
        "1 visit waits to be looked at since Tue Nov 24, 9:45am.",
        "2 visits wait to be looked at since Tue Nov 24, 9:45am.",
    )
    assert alone["key"] == both["key"] == f"sweep:{desk.site.pk}:{first.pk}"
    assert (both["patient"], both["course"], both["session"]) == (None, None, None)
    assert (both["severity"], both["group"], both["action"]["path"]) == ("high", "setup", "/readyz")


def test_what_somebody_recorded_does_not_wait_for_the_clock(desk: Desk) -> None:
    visit = desk.visit()
    step(attendance.arrive, visit, visit.starts_at)

    assert desk.keys(visit.starts_at + DAY, "sweep_stuck") == []


def test_visits_held_back_wait_for_a_person_and_not_for_the_clock(desk: Desk) -> None:
    visit = desk.visit()
    misses.flag_missed_sessions(now=visit.starts_at + DAY)

    assert desk.kinds(visit.starts_at + DAY) == ["day_not_recorded"]


def test_a_visit_whose_flag_was_taken_back_is_not_the_clocks_any_more(desk: Desk) -> None:
    visit = desk.visit()
    Session.objects.filter(pk=visit.pk).update(missed_after=None)

    assert desk.keys(visit.starts_at + DAY, "sweep_stuck") == []


def test_finishing_it_is_noted_for_every_patient_who_waits(desk: Desk) -> None:
    visits = [desk.visit(preferred_minute=minute) for minute in (510, 600)]
    now = dt.datetime.combine(FIRST_DAY, dt.time(23), dt.UTC)
    [key] = desk.keys(now, "sweep_stuck")

    desk.answer(now, key, "done")

    noted = AuditEntry.objects.filter(action="attention.done").values_list("patient_id", flat=True)
    assert sorted(filter(None, noted)) == sorted(visit.patient_id for visit in visits)
