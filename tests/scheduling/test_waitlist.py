"""The waiting list: who is on it, once for one thing, changed, closed by a person or by itself."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.actions import Request
from clinic.models import AuditEntry
from patients.errors import PatientInactive
from scheduling.actions import course_states, waitlist
from scheduling.actions.waitlist import AskedFor
from scheduling.domain.operations import OfferState, Urgency
from scheduling.domain.states import EndReason
from scheduling.errors import Conflict, IllegalMove, KeyReused, NotFound, Rejected, Stale
from scheduling.models import Course, SlotOffer, WaitlistEntry
from scheduling.queries.waitlist import open_entries, wanted_by
from tests.factories import NOW, World
from tests.scheduling.freed import DAY, FreedDesk, states


@pytest.fixture
def desk(world: World) -> FreedDesk:
    return FreedDesk(world)


def listed(desk: FreedDesk) -> list[WaitlistEntry]:
    return list(open_entries([desk.world.site.pk]))


def end(desk: FreedDesk, course: Course) -> None:
    course.refresh_from_db()
    course_states.discontinue_course(
        request=desk.world.request, course_id=course.pk, version=course.version, reason=EndReason.MOVED_AWAY, now=NOW
    )


def test_a_course_under_way_goes_on_the_list_with_what_was_asked_for(desk: FreedDesk) -> None:
    course = desk.course()

    entry = desk.standby(
        course,
        weekdays=[5, 1, 1],
        from_minute=480,
        to_minute=720,
        lead_minutes=40,
        urgency=Urgency.SOON,
        is_call_only=True,
    )

    assert (entry.kind, entry.course, entry.patient, entry.protocol) == ("standby", course, course.patient, None)
    assert (entry.weekdays, entry.from_minute, entry.to_minute) == ([1, 5], 480, 720)
    assert (entry.lead_minutes, entry.urgency, entry.is_call_only) == (40, "soon", True)
    assert (entry.since, entry.by, entry.version) == (NOW, desk.world.receptionist, 1)
    assert wanted_by(entry).words == "asked for 8am to 12pm, Mondays and Fridays"
    assert AuditEntry.objects.filter(action="waitlist.added", patient_id=course.patient_id, object_id=entry.pk).exists()


def test_a_patient_waits_for_a_protocol_and_nothing_asked_for_is_any_time(desk: FreedDesk) -> None:
    entry = desk.waiting(desk.world.maria)

    assert (entry.kind, entry.course, entry.patient) == ("waiting", None, desk.world.maria)
    assert entry.protocol
    assert (entry.protocol.code, entry.weekdays, entry.from_minute, entry.to_minute) == ("tms_mdd_36", [], 0, 1440)
    assert wanted_by(entry).words == ""


def test_nobody_is_on_the_list_twice_for_one_thing(desk: FreedDesk) -> None:
    course = desk.course(desk.world.maria)
    desk.standby(course)
    desk.waiting(desk.world.maria, "consult")
    desk.waiting(desk.world.maria, "ipt_16")

    with pytest.raises(Conflict, match="on the list for it already"):
        desk.standby(course)
    with pytest.raises(Conflict, match="on the list for it already"):
        desk.waiting(desk.world.maria, "consult")

    assert WaitlistEntry.objects.count() == 3


def test_the_same_request_again_adds_nothing_and_another_with_its_key_is_refused(desk: FreedDesk) -> None:
    course = desk.course()
    request = Request(user=desk.world.receptionist, key="k-1", route="/waitlist/", body_sha256="a")

    first = waitlist.join_standby(request=request, course_id=course.pk, asked=AskedFor(), now=NOW)
    again = waitlist.join_standby(request=request, course_id=course.pk, asked=AskedFor(), now=NOW)

    assert (first[1], again) == (False, (first[0], True))
    other = replace(request, body_sha256="b")
    with pytest.raises(KeyReused):
        waitlist.join_standby(request=other, course_id=course.pk, asked=AskedFor(), now=NOW)


@pytest.mark.parametrize("state", ["draft", "on_hold", "completed", "discontinued"])
def test_only_a_course_under_way_can_have_a_visit_sooner(desk: FreedDesk, state: str) -> None:
    course = desk.course()
    Course.objects.filter(pk=course.pk).update(state=state)

    with pytest.raises(IllegalMove, match="not under way"):
        desk.standby(course)


def test_who_has_times_already_does_not_wait_for_a_course(desk: FreedDesk) -> None:
    course = desk.course(desk.world.maria)

    with pytest.raises(IllegalMove, match="Put that course on standby"):
        desk.waiting(desk.world.maria)
    end(desk, course)

    assert desk.waiting(desk.world.maria).kind == "waiting"


def test_whoever_is_not_here_is_not_put_on_the_list(desk: FreedDesk) -> None:
    desk.world.daniel.state = "inactive"
    desk.world.daniel.save()

    with pytest.raises(PatientInactive):
        desk.waiting(desk.world.daniel)
    with pytest.raises(NotFound):
        desk.waiting(desk.world.foreign)
    with pytest.raises(NotFound, match="no protocol none"):
        desk.waiting(desk.world.maria, "none")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"weekdays": [0]}, "weekdays"),
        ({"weekdays": [8]}, "weekdays"),
        ({"from_minute": 600, "to_minute": 600}, "to_time"),
        ({"to_minute": 1441}, "to_time"),
        ({"lead_minutes": 1441}, "lead_minutes"),
    ],
)
def test_what_does_not_exist_can_not_be_asked_for(desk: FreedDesk, asked: dict[str, Any], field: str) -> None:
    course = desk.course()

    with pytest.raises(Rejected) as refusal:
        desk.standby(course, **asked)

    assert set(refusal.value.fields) == {field}
    assert WaitlistEntry.objects.count() == 0


def change(desk: FreedDesk, entry: WaitlistEntry, *, version: int = 1, **changed: Any) -> None:
    waitlist.change_entry(request=desk.world.request, entry_id=entry.pk, version=version, now=NOW + DAY, **changed)
    entry.refresh_from_db()


def close(desk: FreedDesk, entry: WaitlistEntry, *, version: int = 1, reason: str = "Found a time") -> None:
    waitlist.close_entry(request=desk.world.request, entry_id=entry.pk, version=version, reason=reason, now=NOW + DAY)
    entry.refresh_from_db()


def test_a_change_keeps_the_rest_and_the_place_on_the_list(desk: FreedDesk) -> None:
    entry = desk.standby(desk.course(), weekdays=[2], urgency=Urgency.SOON)

    change(desk, entry, to_minute=720, urgency=Urgency.URGENT)

    assert (entry.weekdays, entry.to_minute, entry.urgency) == ([2], 720, "urgent")
    assert (entry.since, entry.version) == (NOW, 2)
    with pytest.raises(Stale):
        change(desk, entry, version=1, to_minute=600)
    with pytest.raises(Rejected, match="begin before they end"):
        change(desk, entry, version=2, from_minute=800)


def test_a_closed_entry_is_off_the_list_with_its_reason_and_another_may_follow(desk: FreedDesk) -> None:
    course = desk.course()
    entry = desk.standby(course)

    close(desk, entry)

    assert (entry.closed_at, entry.closed_because) == (NOW + DAY, "Found a time")
    assert listed(desk) == []
    with pytest.raises(IllegalMove, match="is closed: Found a time"):
        change(desk, entry, version=2, to_minute=600)
    again = desk.standby(course)
    assert listed(desk) == [again]


def test_to_close_an_entry_somebody_says_why(desk: FreedDesk) -> None:
    entry = desk.standby(desk.course())

    with pytest.raises(Rejected, match="Say why"):
        close(desk, entry, reason="  ")
    with pytest.raises(Stale):
        close(desk, entry, version=2)

    assert listed(desk) == [entry]


def test_what_was_offered_to_who_leaves_the_list_is_declined(desk: FreedDesk) -> None:
    gone = desk.nth(desk.course(), 3)
    now = gone.starts_at - 2 * DAY
    entry = desk.standby(desk.course(preferred_minute=660))
    desk.cancel(gone, now=now)
    [offer] = desk.offer(gone, entry, now=now)

    close(desk, entry)

    assert states(offer) == [OfferState.DECLINED]


def test_an_entry_closes_itself_when_its_course_has_ended(desk: FreedDesk) -> None:
    ended, other = desk.course(), desk.course(preferred_minute=660)
    entry, stays = desk.standby(ended), desk.standby(other)
    end(desk, ended)
    assert listed(desk) == [stays]  # at once, whether or not the clock has looked

    closed = waitlist.close_settled_entries(now=NOW + DAY)

    entry.refresh_from_db()
    assert (closed, entry.closed_at, entry.closed_because) == (1, NOW + DAY, "Nothing to wait for any more")
    assert waitlist.close_settled_entries(now=NOW + DAY) == 0


def test_an_entry_closes_itself_when_the_course_is_booked_and_held_times_are_not_that(desk: FreedDesk) -> None:
    entry = desk.waiting(desk.world.maria)
    other = desk.waiting(desk.world.maria, "consult")
    course = desk.course(desk.world.maria)
    Course.objects.filter(pk=course.pk).update(state="draft", held_until=NOW + 9 * DAY)
    assert listed(desk) == [entry, other]

    Course.objects.filter(pk=course.pk).update(state="active", held_until=None)

    assert listed(desk) == [other]
    assert waitlist.close_settled_entries(now=NOW) == 1
    entry.refresh_from_db()
    assert entry.closed_at == NOW


def test_a_course_booked_before_somebody_began_to_wait_says_nothing(desk: FreedDesk) -> None:
    end(desk, desk.course(desk.world.maria))
    Course.objects.update(state="completed", end_reason="", booked_at=NOW - DAY)

    entry = desk.waiting(desk.world.maria)

    assert listed(desk) == [entry]


def test_what_is_settled_makes_room_before_the_clock_has_looked(desk: FreedDesk) -> None:
    first = desk.waiting(desk.world.maria, now=NOW - DAY)
    end(desk, desk.course(desk.world.maria))
    Course.objects.update(state="completed", end_reason="")

    again = desk.waiting(desk.world.maria, now=NOW + DAY)

    first.refresh_from_db()
    assert first.closed_at == NOW + DAY
    assert listed(desk) == [again]


def test_the_clock_asks_once_where_there_is_nothing_to_close(desk: FreedDesk) -> None:
    for minute in (510, 600, 690):
        desk.standby(desk.course(preferred_minute=minute))

    with CaptureQueriesContext(connection) as seen:
        waitlist.close_settled_entries(now=NOW)

    assert len([one for one in seen if "SAVEPOINT" not in one["sql"]]) == 1


def test_a_row_names_nobody(desk: FreedDesk) -> None:
    entry = desk.standby(desk.course(desk.world.maria))

    assert str(entry) == f"Waitlist entry {entry.pk}"
    assert str(SlotOffer(pk=7)) == "Slot offer 7"


def test_two_sites_have_two_lists(desk: FreedDesk) -> None:
    entry = desk.standby(desk.course())

    assert listed(desk) == [entry]
    assert list(open_entries([desk.world.other_site.pk])) == []


def test_the_longest_waiting_stands_first(desk: FreedDesk) -> None:
    later = desk.standby(desk.course(), now=NOW + DAY)
    first = desk.waiting(now=NOW + dt.timedelta(hours=1))

    assert listed(desk) == [first, later]
