"""The day: late (Q1), freed (Q4), out of service (Q12), not closed and not recorded (Q15), to settle (Q17)."""

import datetime as dt

import pytest

from clinic.models import AuditEntry
from scheduling.actions import attendance, course_states, misses, moving, setup
from scheduling.domain.states import EndReason
from scheduling.models import AttendancePolicy, RecordingGap, Resource, Session
from tests.attention.desk import DAY, HOUR, Desk, deliver, nth, step
from tests.attention.scenes import MINUTE, sweep
from tests.factories import FIRST_DAY, NOW


@pytest.mark.parametrize(("minutes", "is_shown"), [(9, False), (10, False), (11, True), (44, True)])
def test_a_patient_is_late_ten_minutes_after_the_start(desk: Desk, minutes: int, is_shown: bool) -> None:
    visit = desk.visit()

    assert bool(desk.keys(visit.starts_at + minutes * MINUTE, "late_arrival")) is is_shown


def test_once_the_clock_has_to_flag_the_visit_nobody_is_asked_to_call(desk: Desk) -> None:
    visit = desk.visit()
    assert visit.missed_after

    assert desk.keys(visit.missed_after, "late_arrival") == []


def test_the_site_says_how_late_is_late_for_each_treatment(desk: Desk) -> None:
    AttendancePolicy.objects.create(site=desk.site, modality="", late_minutes=20)
    AttendancePolicy.objects.create(site=desk.site, modality="consult", late_minutes=5)
    consult, [daily] = desk.visit(), nth(desk.book(preferred_minute=660), 1)

    at_six = desk.items(consult.starts_at + 6 * MINUTE, kind="late_arrival")
    at_eleven = desk.items(daily.starts_at + 11 * MINUTE, kind="late_arrival")
    at_twenty_one = desk.items(daily.starts_at + 21 * MINUTE, kind="late_arrival")

    assert [item["session"] for item in at_six] == [consult.pk]
    assert [item["session"] for item in at_eleven if item["session"] == daily.pk] == []
    assert daily.pk in [item["session"] for item in at_twenty_one]


def test_who_is_late_is_said_with_the_time_and_until_when(desk: Desk) -> None:
    visit = desk.visit()

    [item] = desk.items(visit.starts_at + 25 * MINUTE, kind="late_arrival")

    assert (item["title"], item["detail"]) == (
        "Expected at 8:30am",
        "25 minutes late. Call; if nobody comes, record it.",
    )
    assert (item["since"], item["deadline"]) == ("2026-11-24T08:40:00-05:00", "2026-11-24T09:45:00-05:00")
    assert (item["session"], item["session_version"]) == (visit.pk, 1)


@pytest.mark.parametrize(("before", "is_shown"), [(6 * DAY, False), (5 * DAY, True), (MINUTE, True), (-MINUTE, False)])
def test_a_freed_time_is_offered_within_five_days_of_it(desk: Desk, before: dt.timedelta, is_shown: bool) -> None:
    visit = desk.visit()
    desk.cancel(visit, now=NOW)

    items = desk.items(visit.starts_at - before, kind="freed_slot")

    assert [item["title"] for item in items] == ["Tue Nov 24, 8:30am is free"] * is_shown
    if is_shown:
        device = Resource.objects.get(site=desk.site, name="Dr. Weiss")
        assert (items[0]["since"], items[0]["resource"]) == ("2026-11-16T09:00:00-05:00", device.pk)


def test_a_freed_time_is_free_as_long_as_its_main_place_is(desk: Desk) -> None:
    devices = {name: Resource.objects.get(site=desk.site, name=name).pk for name in ("NeuroStar 1", "NeuroStar 2")}
    [second] = nth(desk.book(pins={"tms_device": devices["NeuroStar 1"]}), 2)
    eve = second.starts_at - DAY
    desk.cancel(second, now=eve)
    # Somebody else has an operator then, on another device: this one is still free.
    desk.book(pins={"tms_device": devices["NeuroStar 2"]})
    [item] = desk.items(eve, kind="freed_slot")
    assert (item["title"], item["resource"]) == ("Wed Nov 25, 8:30am is free", devices["NeuroStar 1"])

    desk.book(pins={"tms_device": devices["NeuroStar 1"]})

    assert desk.keys(eve, "freed_slot") == []


def test_a_time_that_is_out_of_service_or_closed_is_not_free(desk: Desk) -> None:
    ill, closed = desk.visit(), desk.visit(day=FIRST_DAY + DAY)
    eve = ill.starts_at - DAY
    for visit in (ill, closed):
        desk.cancel(visit, now=eve)
    assert len(desk.keys(eve, "freed_slot")) == 2
    setup.take_out_of_service(
        site=desk.site, resource_name="Dr. Weiss", starts_at=ill.starts_at, ends_at=ill.ends_at, reason="Ill"
    )
    setup.close_days(site=desk.site, days={closed.day: "Snow"})

    assert desk.keys(eve, "freed_slot") == []


def test_a_moved_visit_frees_a_time_nobody_cancelled(desk: Desk) -> None:
    visit = desk.visit()
    moving.move_to(
        request=desk.request,
        session_id=visit.pk,
        version=visit.version,
        day=visit.day,
        minute=840,
        now=visit.starts_at - DAY,
    )

    assert desk.keys(visit.starts_at - HOUR, "freed_slot") == []


def test_an_outage_says_how_many_visits_it_lies_over_and_names_nobody(desk: Desk) -> None:
    visits = [desk.visit(preferred_minute=minute) for minute in (510, 600, 840)]
    setup.take_out_of_service(
        site=desk.site,
        resource_name="Dr. Weiss",
        starts_at=visits[0].starts_at,
        ends_at=visits[1].ends_at,
        reason="Ill",
    )

    [item] = desk.items(NOW, kind="out_of_service")

    assert (item["title"], item["patient"], item["session"]) == ("2 visits to move", None, visits[0].pk)
    assert item["detail"] == "Out of service from Tue Nov 24, 8:30am. The first visit is Tue Nov 24, 8:30am."
    assert item["action"]["path"] == f"/api/v1/sessions/{visits[0].pk}/move/preview/"
    assert not AuditEntry.objects.filter(action="attention.listed").exists()


def test_what_is_past_or_beside_the_outage_needs_no_move(desk: Desk) -> None:
    visit = desk.visit()
    setup.take_out_of_service(
        site=desk.site,
        resource_name="Dr. Weiss",
        starts_at=visit.ends_at,
        ends_at=visit.ends_at + HOUR,
        reason="Ill",
    )
    setup.take_out_of_service(
        site=desk.site,
        resource_name="NeuroStar 1",
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        reason="Coil",
    )

    assert desk.keys(NOW, "out_of_service") == []


def test_care_7_a_day_is_over_when_it_is_over_at_the_clinic(elsewhere: Desk) -> None:
    visit = elsewhere.visit(preferred_minute=960)  # 4pm in Los Angeles: midnight in London
    step(attendance.arrive, visit, visit.starts_at)
    midnight = dt.datetime(2026, 11, 25, 8, tzinfo=dt.UTC)

    assert elsewhere.keys(midnight - MINUTE, "not_closed") == []
    assert elsewhere.keys(midnight, "not_closed") == [f"open:{visit.pk}:1"]


@pytest.mark.parametrize(
    ("verbs", "detail", "path"),
    [
        ([], "The patient was here. Nothing after that is recorded.", "start"),
        ([attendance.start], "It began. Nobody recorded the end.", "complete"),
        (
            [attendance.start, attendance.monitor],
            "The patient was being watched. Nobody recorded the end.",
            "complete",
        ),
    ],
)
def test_bah_3_what_nobody_closed_is_asked_for_the_next_day(
    desk: Desk, verbs: list[object], detail: str, path: str
) -> None:
    visit = desk.visit()
    for verb in (attendance.arrive, *verbs):
        step(verb, visit, visit.starts_at)  # type: ignore[arg-type]

    [item] = desk.items(visit.starts_at + DAY, kind="not_closed")

    assert (item["title"], item["detail"]) == ("8:30am on Tue Nov 24 is still open", detail)
    assert item["action"]["path"] == f"/api/v1/sessions/{visit.pk}/{path}/"
    assert (item["since"], item["session_version"]) == ("2026-11-24T09:30:00-05:00", visit.version)


def test_a_day_nobody_recorded_is_one_question_whatever_it_held(desk: Desk) -> None:
    visits = [desk.visit(preferred_minute=minute) for minute in (510, 600, 840)]
    next_day = visits[0].starts_at + DAY
    sweep(next_day)

    [item] = desk.items(next_day)

    gap = RecordingGap.objects.get()
    assert (item["kind"], item["title"]) == ("day_not_recorded", "Nothing was recorded on Tue Nov 24")
    assert item["detail"] == "3 visits wait for an answer: did nobody come, or was it not recorded?"
    assert (item["patient"], item["action"]["path"]) == (None, f"/api/v1/recording-gaps/{gap.pk}/settle/")


def test_a_day_the_system_was_down_says_so(desk: Desk) -> None:
    visit = desk.visit()
    RecordingGap.objects.create(site=desk.site, day=visit.day, is_outage=True, noticed_at=NOW)
    Session.objects.filter(pk=visit.pk).update(recording_gap=RecordingGap.objects.get(), missed_after=None)

    [item] = desk.items(NOW, kind="day_not_recorded")

    assert item["title"] == "The system was down on Tue Nov 24"


def test_answered_they_came_each_visit_is_asked_for_by_itself(desk: Desk) -> None:
    visits = [desk.visit(preferred_minute=minute) for minute in (510, 600)]
    next_day = visits[0].starts_at + DAY
    sweep(next_day)
    gap = RecordingGap.objects.get()

    misses.settle_gap(request=desk.request, gap_id=gap.pk, nobody_came=False, now=next_day)

    items = desk.items(next_day)
    assert [(item["kind"], item["session"]) for item in items] == [("not_closed", visit.pk) for visit in visits]
    assert items[0]["detail"] == "Nothing was recorded that day. Say what happened."
    step(attendance.arrive, visits[0], next_day)
    step(attendance.start, visits[0], next_day)
    step(attendance.complete, visits[0], next_day)
    assert desk.keys(next_day, "not_closed") == [f"open:{visits[1].pk}:1"]


def test_a_flagged_visit_is_settled_by_the_end_of_its_day(desk: Desk) -> None:
    visit, other = desk.visit(), desk.visit(preferred_minute=840)
    step(attendance.arrive, other, visit.starts_at)
    sweep(visit.ends_at + HOUR)

    [item] = desk.items(visit.ends_at + HOUR, kind="missed_to_settle")

    assert (item["title"], item["detail"]) == ("8:30am on Tue Nov 24", "Nobody has said what happened.")
    assert (item["deadline"], item["session_version"]) == ("2026-11-25T00:00:00-05:00", 2)
    assert item["action"]["path"] == f"/api/v1/sessions/{visit.pk}/no-show/"


@pytest.mark.parametrize(
    ("reason", "asked"),
    [(EndReason.DIED, []), (EndReason.WITHDREW, []), (EndReason.MOVED_AWAY, ["missed_to_settle"])],
)
def test_after_a_death_nobody_is_asked_whether_the_patient_came(
    desk: Desk, reason: EndReason, asked: list[str]
) -> None:
    booked = desk.book(preferred_minute=660)
    first, second = nth(booked, 1, 2)
    deliver([first])
    step(attendance.arrive, desk.visit(day=second.day), second.starts_at)
    sweep(second.ends_at + HOUR)
    now = second.ends_at + 2 * HOUR
    assert "missed_to_settle" in desk.kinds(now)
    booked.refresh_from_db()

    course_states.discontinue_course(
        request=desk.request, course_id=booked.pk, version=booked.version, reason=reason, now=now
    )

    assert [item["kind"] for item in desk.items(now) if item["course"] == booked.pk] == asked


def test_whoever_died_in_the_chair_leaves_an_open_record_of_that_day(desk: Desk) -> None:
    booked = desk.book()
    [first] = nth(booked, 1)
    step(attendance.arrive, first, first.starts_at)
    booked.refresh_from_db()
    course_states.discontinue_course(
        request=desk.request,
        course_id=booked.pk,
        version=booked.version,
        reason=EndReason.DIED,
        now=first.starts_at,
    )

    assert desk.kinds(first.starts_at + DAY) == ["not_closed"]
