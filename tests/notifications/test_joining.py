"""One record of two: what moves, what is said no second time, what is refused, and the way back for a day."""

import datetime as dt
import uuid
from typing import Any

import pytest

from clinic.actions import Request
from clinic.models import AuditEntry
from notifications.actions import joining
from notifications.actions.planning import plan_messages
from notifications.actions.transitions import address_hash
from notifications.models import Message
from patients import contact_actions, feed_actions, feeds, life_actions, links
from patients.consents import end_texts, owners_of
from patients.domain.clinical import ScreeningCode
from patients.domain.contact import ContactKind
from patients.errors import Conflict, Merged, Rejected, Stale
from patients.models import Consent, ContactPoint, FormRun, Patient, PatientMerge
from patients.queries import patients_found
from patients.reach import reach_of
from scheduling.actions import courses
from scheduling.models import Course, Prerequisite, Session, WaitlistEntry
from tests.factories import NOW, World, make_patient
from tests.notifications.made import agree, texted
from tests.notifications.records import PIECES, manager_of, picture, second_record

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def twin(world: World, clock: Any) -> Patient:
    return second_record(world)


@pytest.fixture
def manager(world: World) -> Request:
    return manager_of(world)


def join(manager: Request, kept: Patient, gone: Patient, **more: Any) -> int:
    """Merge two records as they stand."""
    versions = tuple(Patient.objects.get(pk=each.pk).version for each in (kept, gone))
    asked: dict[str, Any] = {"versions": versions, "now": NOW} | more
    return joining.join_records(request=manager, kept_id=kept.pk, gone_id=gone.pk, **asked)[0]


def part(manager: Request, merge_id: int, *, now: dt.datetime = NOW + HOUR) -> int:
    return joining.part_records(request=manager, merge_id=merge_id, now=now)


def test_courses_visits_and_messages_go_to_the_record_that_is_kept(
    world: World, twin: Patient, manager: Request
) -> None:
    text = texted(world, twin)

    join(manager, world.maria, twin)

    text.refresh_from_db()
    of = {Course.objects.get().patient_id, Session.objects.get().patient_id, text.patient_id}
    assert (of, Patient.objects.get(pk=twin.pk).state) == ({world.maria.pk}, "merged")


def test_the_number_of_the_kept_record_is_used_and_the_other_one_stays_beside_it(
    world: World, twin: Patient, manager: Request
) -> None:
    join(manager, world.maria, twin)

    rows = ContactPoint.objects.filter(patient=world.maria).order_by("pk").values_list("value", "is_preferred")
    assert list(rows) == [("+15550102040", True), ("+15550102099", False)]


def test_what_a_person_said_is_right_in_the_other_record_is_taken_over(
    world: World, twin: Patient, manager: Request
) -> None:
    join(manager, world.maria, twin, take=["first_name", "phone"])

    kept = Patient.objects.get(pk=world.maria.pk)
    phone = ContactPoint.objects.get(patient=kept, is_preferred=True).value
    assert (kept.first_name, kept.last_name, phone) == ("Marie", "Garcia", "+15550102099")


@pytest.mark.parametrize("said", ["garcía marie", "P-1003", "5550102099"])
def test_a_search_for_the_other_record_finds_the_kept_one(
    world: World, twin: Patient, manager: Request, said: str
) -> None:
    join(manager, world.maria, twin)

    found = patients_found(site_ids=[world.site.pk], text=said)

    assert (twin.record_number, [row.pk for row in found]) == ("P-1003", [world.maria.pk])


def test_a_form_begun_in_either_record_goes_on_and_what_alarmed_is_known(
    world: World, twin: Patient, manager: Request
) -> None:
    for patient in (world.maria, twin):
        PIECES["form"](world, patient)
    before = picture()

    merge_id = join(manager, world.maria, twin)
    rows = list(FormRun.objects.order_by("pk").values_list("patient_id", "alarm", "dropped_at"))
    part(manager, merge_id)

    assert rows == [(world.maria.pk, 1, None), (world.maria.pk, 1, NOW)]
    assert picture() == before


def test_what_was_told_by_text_is_not_told_again_by_the_mail_the_other_record_brings(
    world: World, twin: Patient, manager: Request
) -> None:
    PIECES["mail"](world, world.maria)
    world.visit(twin)
    plan_messages(now=NOW)
    Message.objects.update(state="delivered", handed_at=NOW, settled_at=NOW)

    merge_id = join(manager, world.maria, twin)
    after_join = plan_messages(now=NOW + HOUR)
    part(manager, merge_id)

    assert (after_join, plan_messages(now=NOW + HOUR)) == (0, 0)
    assert Message.objects.filter(state="skipped_merged").count() == 0


def test_without_the_twin_row_planning_would_tell_it_again(world: World, twin: Patient, manager: Request) -> None:
    PIECES["mail"](world, world.maria)
    world.visit(twin)
    plan_messages(now=NOW)
    Message.objects.update(state="delivered", handed_at=NOW, settled_at=NOW)
    join(manager, world.maria, twin)

    dropped = Message.objects.filter(state="skipped_merged", channel="email").delete()[0]

    assert (dropped, plan_messages(now=NOW + HOUR)) == (1, 1)


def test_a_text_that_waits_goes_to_the_number_that_is_used_and_back_again(
    world: World, twin: Patient, manager: Request
) -> None:
    text = texted(world, twin, state="pending", handed_at=None, settled_at=None)
    was = (text.contact_point_id, text.address_hash)

    merge_id = join(manager, world.maria, twin)
    text.refresh_from_db()
    used = ContactPoint.objects.get(patient=world.maria, is_preferred=True)
    merged = (text.contact_point_id, text.address_hash)
    part(manager, merge_id)
    text.refresh_from_db()

    assert merged == (used.pk, address_hash("+15550102040"))
    assert (text.contact_point_id, text.address_hash) == was


def test_what_a_worker_holds_is_put_back_for_it_looked_at_the_other_record(
    world: World, twin: Patient, manager: Request
) -> None:
    lease = {"lease_token": "0f8fad5b-d9cb-469f-a165-70867728950e", "lease_until": NOW + HOUR}
    text = texted(world, twin, state="claimed", handed_at=None, settled_at=None, **lease)

    join(manager, world.maria, twin)

    text.refresh_from_db()
    assert (text.state, text.lease_token, text.attempt) == ("pending", None, 0)


@pytest.mark.parametrize("who", ["kept", "gone"])
def test_a_stop_in_either_record_wins_and_the_yes_comes_back_with_the_way_back(
    world: World, twin: Patient, manager: Request, who: str
) -> None:
    stopped = world.maria if who == "kept" else twin
    Consent.objects.filter(patient=stopped).update(revoked_at=NOW - DAY)

    merge_id = join(manager, world.maria, twin)
    merged = reach_of([world.maria.pk, twin.pk])
    part(manager, merge_id)

    other = twin if who == "kept" else world.maria
    assert (merged, [patient for patient, _channel in reach_of([world.maria.pk, twin.pk])]) == ({}, [other.pk])


def test_a_stop_said_while_they_were_one_still_holds_when_they_are_two(
    world: World, twin: Patient, manager: Request
) -> None:
    ContactPoint.objects.filter(patient=twin).update(value="+15550102040")
    merge_id = join(manager, world.maria, twin)

    end_texts("+15550102040", now=NOW)
    part(manager, merge_id)

    assert Consent.objects.filter(patient__in=[world.maria, twin], revoked_at=None).count() == 0


def test_nobody_answers_for_the_record_that_is_gone(world: World, twin: Patient, manager: Request) -> None:
    ContactPoint.objects.filter(patient=twin).update(value="+15550102040")
    join(manager, world.maria, twin)

    assert [owner.patient_id for owner in owners_of("+15550102040")] == [world.maria.pk]


def test_the_link_in_the_texts_they_have_leads_on(world: World, twin: Patient, manager: Request) -> None:
    token = links.token_of(links.link_of(patient_id=twin.pk, now=NOW))

    join(manager, world.maria, twin)

    found = links.find(token)
    assert found is not None
    assert found.patient_id == world.maria.pk


def test_the_calendar_they_let_goes_on_and_of_two_the_one_of_the_kept_record(
    world: World, twin: Patient, manager: Request
) -> None:
    patient = Request(user=None, actor="patient")
    theirs = feeds.token_of(feed_actions.make_feed(request=patient, patient_id=twin.pk, now=NOW))

    merge_id = join(manager, world.maria, twin)
    led_on = feeds.find(theirs)
    part(manager, merge_id)
    kept = feeds.token_of(feed_actions.make_feed(request=patient, patient_id=world.maria.pk, now=NOW))
    join(manager, world.maria, twin, now=NOW + HOUR)

    assert led_on
    assert led_on.patient_id == world.maria.pk
    assert (feeds.find(theirs), feeds.find(kept) is None) == (None, False)


def test_of_two_places_on_the_list_the_older_one_stays(world: World, twin: Patient, manager: Request) -> None:
    for patient in (world.maria, twin):
        PIECES["wait"](world, patient)
    oldest = WaitlistEntry.objects.order_by("since").first()

    join(manager, world.maria, twin)

    assert oldest is not None
    assert list(WaitlistEntry.objects.filter(closed_at=None).values_list("pk", "patient")) == [
        (oldest.pk, world.maria.pk)
    ]


def test_an_open_flag_of_either_record_stays_open(world: World, twin: Patient, manager: Request) -> None:
    life_actions.note_flag(request=manager, patient=twin, code=ScreeningCode.PACEMAKER, now=NOW)

    join(manager, world.maria, twin)

    assert list(world.maria.screening_flags.values_list("code", "cleared_at")) == [("pacemaker", None)]


def test_two_visits_at_one_time_are_named_and_nothing_is_merged(world: World, twin: Patient, manager: Request) -> None:
    world.visit(world.maria, preferred_minute=600)
    second = world.visit(twin, preferred_minute=840)
    first = Session.objects.get(patient=world.maria)
    Session.objects.filter(pk=second.pk).update(
        starts_at=first.starts_at, ends_at=first.ends_at, minute=first.minute, day=first.day
    )

    with pytest.raises(Conflict, match=r"Both records have a visit Tue Nov 24, 10am\. Cancel one of them first\."):
        join(manager, world.maria, twin)

    assert (PatientMerge.objects.count(), Patient.objects.get(pk=twin.pk).state) == (0, "active")


def test_birth_dates_that_differ_need_a_persons_word(world: World, manager: Request) -> None:
    other = second_record(world, birth_date=dt.date(1948, 3, 7))

    with pytest.raises(Rejected, match="The birth dates differ"):
        join(manager, world.maria, other)

    assert join(manager, world.maria, other, is_sure=True) == PatientMerge.objects.get().pk


@pytest.mark.parametrize("versions", [(2, 1), (1, 2)])
def test_a_record_changed_since_it_was_read_is_not_merged(
    world: World, twin: Patient, manager: Request, versions: tuple[int, int]
) -> None:
    with pytest.raises(Stale, match="Somebody changed one of these records"):
        join(manager, world.maria, twin, versions=versions)


def test_only_both_may_have_died(world: World, twin: Patient, manager: Request) -> None:
    Patient.objects.filter(pk=twin.pk).update(state="deceased")

    with pytest.raises(Rejected, match="has died"):
        join(manager, world.maria, twin)


def test_the_same_again_is_answered_like_the_first(world: World, twin: Patient, manager: Request) -> None:
    asked: dict[str, Any] = {"kept_id": world.maria.pk, "gone_id": twin.pk, "versions": (1, 1), "now": NOW}
    keyed = Request(user=manager.user, key="one", route="merge")

    answers = [joining.join_records(request=keyed, **asked) for _time in range(2)]

    assert answers == [(answers[0][0], False), (answers[0][0], True)]


def test_nothing_is_booked_for_the_record_that_is_gone(world: World, twin: Patient, manager: Request) -> None:
    plan = world.propose(twin, protocol_code="consult")
    join(manager, world.maria, twin)

    with pytest.raises(Merged, match=r"This record was merged into P-1001\. Use that one\.") as refused:
        courses.book_course(request=world.request, proposal=plan, now=NOW)

    assert refused.value.alternatives == [{"patient": world.maria.pk}]


@pytest.mark.parametrize(("later", "is_open"), [(DAY, True), (DAY + dt.timedelta(seconds=1), False)])
def test_it_can_be_taken_back_for_a_day(
    world: World, twin: Patient, manager: Request, later: dt.timedelta, is_open: bool
) -> None:
    merge_id = join(manager, world.maria, twin)

    if is_open:
        part(manager, merge_id, now=NOW + later)
    else:
        with pytest.raises(Conflict, match="for 24 hours"):
            part(manager, merge_id, now=NOW + later)

    assert Patient.objects.get(pk=twin.pk).state == ("active" if is_open else "merged")


def test_taken_back_twice_is_refused_in_words(world: World, twin: Patient, manager: Request) -> None:
    merge_id = join(manager, world.maria, twin)
    part(manager, merge_id)

    with pytest.raises(Conflict, match="taken back already"):
        part(manager, merge_id)


def test_of_two_merges_in_a_chain_the_newer_goes_first(world: World, twin: Patient, manager: Request) -> None:
    third = make_patient(world.site, world.receptionist, "Mary", "Garcia", phone="+15550102077")
    older = join(manager, world.maria, twin)
    newer = join(manager, third, world.maria)

    with pytest.raises(Conflict, match="Take back the newer merge first"):
        part(manager, older)
    part(manager, newer)
    part(manager, older)

    assert set(Patient.objects.filter(pk__in=[world.maria.pk, twin.pk, third.pk]).values_list("state", flat=True)) == {
        "active"
    }


def test_what_was_done_to_a_course_meanwhile_goes_back_with_it_and_the_texts_that_left_are_counted(
    world: World, twin: Patient, manager: Request
) -> None:
    before = texted(world, twin)
    merge_id = join(manager, world.maria, twin)
    meanwhile = Message.objects.get(pk=before.pk)
    meanwhile.pk, meanwhile.dedupe_key, meanwhile.handed_at = uuid.uuid4(), "meanwhile", NOW + HOUR
    meanwhile.save(force_insert=True)
    Prerequisite.objects.create(
        patient=world.maria, course_id=before.course_id, kind="wound_check", evidence="Came by fax", at=NOW + HOUR
    )

    left = part(manager, merge_id, now=NOW + 2 * HOUR)

    seen = Prerequisite.objects.get(evidence="Came by fax").patient_id
    assert (left, seen) == (1, twin.pk)
    assert set(Message.objects.values_list("patient", flat=True)) == {twin.pk}


def test_a_number_noted_meanwhile_stays_with_the_kept_record(world: World, twin: Patient, manager: Request) -> None:
    merge_id = join(manager, world.maria, twin, take=["phone"])
    kept = Patient.objects.get(pk=world.maria.pk)
    contact_actions.record_address(request=manager, patient=kept, kind=ContactKind.PHONE, value="+15550102111", now=NOW)

    part(manager, merge_id)

    used = dict(ContactPoint.objects.filter(is_preferred=True).values_list("patient", "value"))
    assert (used[world.maria.pk], used[twin.pk]) == ("+15550102111", "+15550102099")


def test_both_records_say_in_the_audit_that_they_were_merged_and_parted(
    world: World, twin: Patient, manager: Request
) -> None:
    merge_id = join(manager, world.maria, twin)
    part(manager, merge_id)

    rows = AuditEntry.objects.filter(object_type="merge").order_by("pk")
    assert list(rows.values_list("action", "patient_id", "object_id")) == [
        (action, patient, merge_id)
        for action in ("patient.merged", "patient.parted")
        for patient in (world.maria.pk, twin.pk)
    ]


def test_an_offer_agreed_to_in_one_record_is_agreed_to_in_both(world: World, twin: Patient, manager: Request) -> None:
    agree(twin, "sms", "offers")

    join(manager, world.maria, twin)

    assert set(Consent.objects.filter(patient=world.maria).values_list("channel", "purpose")) == {
        ("sms", "reminders"),
        ("sms", "offers"),
    }
